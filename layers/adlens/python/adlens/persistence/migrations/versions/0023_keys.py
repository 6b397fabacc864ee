"""API keys have a scope and may expire; what people delete, correct and export is logged; workspaces have limits.

Keys of before keep all their rights.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "0023"
down_revision = "0022"

_STATEMENTS = (
    """
    ALTER TABLE api_keys
        ADD COLUMN scope text NOT NULL DEFAULT 'admin' CHECK (scope IN ('read', 'write', 'admin')),
        ADD COLUMN expires_at timestamptz
    """,
    """
    CREATE TABLE audit_log (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
        at timestamptz NOT NULL DEFAULT now(),
        key_id uuid,
        key_name text,
        action text NOT NULL,
        subject text NOT NULL,
        details jsonb NOT NULL
    )
    """,
    "CREATE INDEX audit_log_newest ON audit_log (workspace_id, id DESC)",
    # The functions add entries, and change none.
    "REVOKE UPDATE, DELETE, TRUNCATE ON audit_log FROM adlens_app",
    # NULL is no limit.
    """
    CREATE TABLE plans (
        name text PRIMARY KEY,
        key_requests_per_second integer CHECK (key_requests_per_second > 0),
        workspace_requests_per_second integer CHECK (workspace_requests_per_second > 0),
        uploads_per_day bigint,
        bytes_per_day bigint,
        unfinished_creatives bigint,
        unfinished_exports integer
    )
    """,
    """
    INSERT INTO plans VALUES
        ('standard', 100, 200, 200000, 500000000000, 200000, 20),
        ('unlimited', NULL, NULL, NULL, NULL, NULL, NULL)
    """,
    "REVOKE INSERT, UPDATE, DELETE ON plans FROM adlens_app",
    "ALTER TABLE workspaces ADD COLUMN plan text NOT NULL DEFAULT 'standard' REFERENCES plans (name)",
    """
    CREATE TABLE usage (
        workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
        day date NOT NULL,
        uploads bigint NOT NULL,
        bytes bigint NOT NULL,
        PRIMARY KEY (workspace_id, day)
    )
    """,
    # Unlogged: a request then waits for no disk. After a crash everybody starts anew.
    """
    CREATE UNLOGGED TABLE request_turns (subject uuid PRIMARY KEY, next_at timestamptz NOT NULL) WITH (fillfactor = 50)
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    with op.get_context().autocommit_block():
        op.create_index(
            "creatives_never_analysed",
            "creatives",
            ["workspace_id"],
            postgresql_where=text("status IN ('PENDING', 'PROCESSING') AND analysed_revision = 0"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    raise NotImplementedError("Migrations run forwards only; restore a backup to go back.")
