"""What galleries filter by: the distinct words of every creative, and indexes."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

from adlens.domain.words import distinct_words
from adlens.persistence.search.words import meaningful_words

revision = "0004"
down_revision = "0003"

_LINES = text("SELECT workspace_id, creative_id, array_agg(text) FROM text_blocks GROUP BY 1, 2")
_FILL = text("UPDATE analyses SET words = :words WHERE workspace_id = :workspace_id AND creative_id = :creative_id")


def upgrade() -> None:
    op.execute("ALTER TABLE analyses ADD COLUMN words text[] NOT NULL DEFAULT '{}'")
    connection = op.get_bind()
    for rows in connection.execute(_LINES, execution_options={"yield_per": 1000}).partitions():
        connection.execute(
            _FILL,
            [
                {
                    "workspace_id": workspace_id,
                    "creative_id": creative_id,
                    "words": meaningful_words(connection, distinct_words(lines)),
                }
                for workspace_id, creative_id, lines in rows
            ],
        )
    for statement in (
        "CREATE INDEX analyses_words ON analyses USING gin (words)",
        "CREATE INDEX analyses_of_topic ON analyses (workspace_id, topic, topic_confidence)",
        "CREATE INDEX creatives_by_time ON creatives (workspace_id, uploaded_at, id)",
        "CREATE INDEX creatives_by_name ON creatives (workspace_id, filename, id)",
        "CREATE INDEX detected_objects_of_class ON detected_objects (workspace_id, class_name, creative_id)",
        "CREATE INDEX swatches_of_class ON swatches (workspace_id, color_class, creative_id)",
    ):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Migrations run forwards only; restore a backup to go back.")
