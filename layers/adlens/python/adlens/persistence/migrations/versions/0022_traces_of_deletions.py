"""Deletions leave no words, no exports and no file names, and the stores are compared with the rows."""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"

_STATEMENTS = (
    "ALTER TABLE removals ADD COLUMN store text NOT NULL DEFAULT 'uploads'",
    'CREATE INDEX creatives_object_key ON creatives (object_key COLLATE "C")',
    """
    CREATE TABLE gone_words (
        workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
        token bigint NOT NULL,
        PRIMARY KEY (workspace_id, token)
    )
    """,
    "INSERT INTO gone_words SELECT workspace_id, token FROM vocabulary",
    """
    CREATE TABLE export_contents (
        workspace_id uuid NOT NULL,
        export_id uuid NOT NULL,
        part bigint NOT NULL,
        creative_ids uuid[] NOT NULL,
        PRIMARY KEY (workspace_id, export_id, part),
        FOREIGN KEY (workspace_id, export_id) REFERENCES exports (workspace_id, id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX export_contents_creatives ON export_contents USING gin (creative_ids)",
    """
    CREATE TABLE storage_checks (
        store text PRIMARY KEY,
        after text NOT NULL DEFAULT '',
        objects bigint NOT NULL DEFAULT 0,
        rows bigint NOT NULL DEFAULT 0,
        last_objects bigint NOT NULL DEFAULT 0,
        last_rows bigint NOT NULL DEFAULT 0
    )
    """,
    "CREATE INDEX deliveries_of_creative ON webhook_deliveries (workspace_id, (data ->> 'creative_id'))",
    """
    UPDATE webhook_deliveries d SET data = d.data - 'filename'
    WHERE d.data ? 'filename' AND NOT EXISTS (
        SELECT FROM creatives c WHERE c.workspace_id = d.workspace_id AND c.id::text = d.data ->> 'creative_id'
    )
    """,
    # Where PUBLIC may not take locks any more (persistence.workspaces.bi), the functions still have to.
    """
    DO $$
    BEGIN
        IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
            GRANT EXECUTE ON FUNCTION pg_advisory_xact_lock(bigint), pg_advisory_xact_lock_shared(bigint) TO adlens_app;
        END IF;
    END $$
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Migrations run forwards only; restore a backup to go back.")
