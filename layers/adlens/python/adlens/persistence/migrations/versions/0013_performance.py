"""How creatives performed, per day and placement; creatives are found by their content, too."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE performance (
            workspace_id uuid,
            creative_id uuid,
            day date,
            placement text DEFAULT '',
            impressions bigint NOT NULL CHECK (impressions >= 0),
            clicks bigint NOT NULL CHECK (clicks BETWEEN 0 AND impressions),
            conversions bigint NOT NULL CHECK (conversions >= 0),
            spend numeric NOT NULL CHECK (spend >= 0 AND spend < 'Infinity'),
            updated_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (workspace_id, creative_id, day, placement),
            FOREIGN KEY (workspace_id, creative_id) REFERENCES creatives (workspace_id, id) ON DELETE CASCADE
        )
        """
    )
    op.execute("CREATE INDEX creatives_by_sha256 ON creatives (workspace_id, sha256) WHERE sha256 IS NOT NULL")


def downgrade() -> None:
    raise NotImplementedError("Migrations run forwards only; restore a backup to go back.")
