"""Trash: creatives that can still be restored belong to a workspace of their own, which no key opens."""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"

_OF_CREATIVES = (
    "stage_runs",
    "analyses",
    "text_blocks",
    "detected_objects",
    "swatches",
    "embeddings",
    "topic_corrections",
    "creative_facts",
    "performance",
    "waiting",
)
_STATEMENTS = (
    "ALTER TABLE workspaces ADD COLUMN trash_of uuid UNIQUE REFERENCES workspaces (id) ON DELETE CASCADE",
    "ALTER TABLE creatives ADD COLUMN trashed_at timestamptz",
    "CREATE INDEX creatives_trashed ON creatives (trashed_at) WHERE trashed_at IS NOT NULL",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    for table in _OF_CREATIVES:  # their rows follow a creative into the trash and back
        name = f"{table}_workspace_id_creative_id_fkey"
        op.execute(
            f"ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} "
            "FOREIGN KEY (workspace_id, creative_id) REFERENCES creatives (workspace_id, id) "
            "ON UPDATE CASCADE ON DELETE CASCADE NOT VALID"
        )
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def downgrade() -> None:
    raise NotImplementedError("Migrations run forwards only; restore a backup to go back.")
