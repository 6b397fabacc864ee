"""Groups can have a name."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("ALTER TABLE groups ADD COLUMN name text CHECK (name <> '')")


def downgrade() -> None:
    raise NotImplementedError("Migrations run forwards only; restore a backup to go back.")
