"""What a reported bundle says of its models, for GET /health. Workers of the release before write no such column."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE model_bundles ADD COLUMN about jsonb NOT NULL DEFAULT '{}'")


def downgrade() -> None:
    raise NotImplementedError("Migrations run forwards only; restore a backup to go back.")
