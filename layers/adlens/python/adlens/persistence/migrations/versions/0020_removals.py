"""Files of deleted creatives go from their stores, whatever stores them meanwhile."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"

_STATEMENTS = (
    """
    CREATE TABLE removals (
        workspace_id uuid NOT NULL,
        object_key text NOT NULL,
        deleted_at timestamptz NOT NULL DEFAULT now(),
        due timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (workspace_id, object_key)
    )
    """,
    "CREATE INDEX removals_due ON removals (due)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Migrations run forwards only; restore a backup to go back.")
