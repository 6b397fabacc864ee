"""Roll-ups of how many creatives have an object, a colour class or a word, and of the time that topics took."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"

_STATEMENTS = (
    """
    CREATE TABLE group_finding_rollup (
        workspace_id uuid,
        group_id text,
        kind text,
        name text,
        creatives bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (workspace_id, group_id, kind, name),
        FOREIGN KEY (workspace_id, group_id) REFERENCES groups (workspace_id, id) ON DELETE CASCADE
    )
    """,
    """
    INSERT INTO group_finding_rollup (workspace_id, group_id, kind, name, creatives)
    SELECT c.workspace_id, c.group_id, f.kind, f.name, count(DISTINCT c.id)
    FROM (
        SELECT workspace_id, creative_id, 'object' AS kind, class_name AS name FROM detected_objects
        UNION ALL SELECT workspace_id, creative_id, 'color_class', color_class FROM swatches
        UNION ALL SELECT workspace_id, creative_id, 'word', unnest(words) FROM analyses
    ) f
    JOIN creatives c ON c.workspace_id = f.workspace_id AND c.id = f.creative_id
    GROUP BY c.workspace_id, c.group_id, f.kind, f.name
    """,
    "ALTER TABLE group_topic_rollup ADD COLUMN seconds numeric(20, 6) NOT NULL DEFAULT 0",
    """
    UPDATE group_topic_rollup r SET seconds = t.seconds
    FROM (
        SELECT c.workspace_id, c.group_id, f.topic, sum(f.seconds) AS seconds
        FROM analyses f JOIN creatives c ON c.workspace_id = f.workspace_id AND c.id = f.creative_id
        WHERE f.topic IS NOT NULL GROUP BY c.workspace_id, c.group_id, f.topic
    ) t
    WHERE t.workspace_id = r.workspace_id AND t.group_id = r.group_id AND t.topic = r.topic
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Migrations run forwards only; restore a backup to go back.")
