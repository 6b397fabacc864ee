"""The colours of a large group are read from their index: nearly every one has a row, and these lie scattered."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE group_color_rollup DROP CONSTRAINT group_color_rollup_pkey, "
        "ADD PRIMARY KEY (workspace_id, group_id, hex) INCLUDE (creatives)"
    )


def downgrade() -> None:
    raise NotImplementedError("Migrations run forwards only; restore a backup to go back.")
