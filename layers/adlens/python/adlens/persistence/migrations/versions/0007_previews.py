"""Whether a creative has a preview. Those of before get theirs when they are analysed again."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("ALTER TABLE creatives ADD COLUMN has_preview boolean NOT NULL DEFAULT false")


def downgrade() -> None:
    raise NotImplementedError("Migrations run forwards only; restore a backup to go back.")
