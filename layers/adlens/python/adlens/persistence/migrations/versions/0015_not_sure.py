"""Whether a topic is sure, objects that may be there, and how many creatives of each topic are unsure.

Analyses of before do not say whether they were sure: they count as unsure until they are made again.
"""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"

_STATEMENTS = (
    "ALTER TABLE analyses ADD COLUMN topic_sure boolean NOT NULL DEFAULT false, "
    "ADD COLUMN weak_objects jsonb NOT NULL DEFAULT '[]'",
    # All rows at once, without writing them; then the few for which it is something else.
    "ALTER TABLE creative_facts ADD COLUMN topic_decision text DEFAULT 'unsure' "
    "CHECK (topic_decision IN ('sure', 'unsure', 'person'))",
    "ALTER TABLE creative_facts ALTER COLUMN topic_decision DROP DEFAULT",
    "UPDATE creative_facts SET topic_decision = NULL WHERE topic IS NULL",
    """
    UPDATE creative_facts f SET topic_decision = 'person' FROM analyses a
    WHERE a.topic_corrected AND a.workspace_id = f.workspace_id AND a.creative_id = f.creative_id
    """,
    "CREATE INDEX facts_of_decision ON creative_facts (workspace_id, topic_decision, uploaded_at, creative_id)",
    # A correction without a topic takes the one before it back.
    "ALTER TABLE topic_corrections ALTER COLUMN topic DROP NOT NULL",
)

# --- roll-ups -------------------------------------------------------------------------------------------------------

_SUMS = (
    "creatives",
    "text_blocks",
    "text_confidence",
    "objects",
    "object_confidence",
    "topic_confidence",
    "seconds",
    "unsure",
)
_PLACE = "workspace_id, topic"
_COLUMNS = ", ".join(_SUMS)


def _summed(rows: str) -> str:
    # Sorted: who changes several rows locks them in the same order as everybody.
    sums = ", ".join(f"sum({column}) AS {column}" for column in _SUMS)
    return f"SELECT {_PLACE}, {sums} FROM ({rows}) changed GROUP BY {_PLACE} ORDER BY {_PLACE}"  # noqa: S608


def _totals(source: str, sign: str = "") -> str:
    return f"SELECT {_PLACE}, {', '.join(f'{sign}{column} AS {column}' for column in _SUMS)} FROM {source}"  # noqa: S608


def _added(rows: str) -> str:
    changes = ", ".join(f"{column} = w.{column} + excluded.{column}" for column in _SUMS)
    return (
        f"INSERT INTO workspace_topic_rollup AS w ({_PLACE}, {_COLUMNS}) {_summed(rows)} "
        f"ON CONFLICT ({_PLACE}) DO UPDATE SET {changes};"
    )


_SUBTRACTED = (
    f"UPDATE workspace_topic_rollup w SET {', '.join(f'{column} = w.{column} - d.{column}' for column in _SUMS)} "  # noqa: S608
    f"FROM ({_summed(_totals('old_rows'))}) d WHERE w.workspace_id = d.workspace_id AND w.topic = d.topic;"
)
_CLEARED = (
    f"DELETE FROM workspace_topic_rollup w USING (SELECT DISTINCT {_PLACE} FROM old_rows) d "  # noqa: S608
    "WHERE w.workspace_id = d.workspace_id AND w.topic = d.topic AND w.creatives = 0;"
)
# As in migration 0008, with one more sum.
_TRIGGERS = {
    "insert": _added(_totals("new_rows")),
    "update": _added(f"{_totals('new_rows')} UNION ALL {_totals('old_rows', '-')}") + _CLEARED,
    "delete": _SUBTRACTED + _CLEARED,
}
# The triggers add it up for the workspaces.
_COUNT_UNSURE = """
    UPDATE group_topic_rollup r SET unsure = f.unsure
    FROM (
        SELECT workspace_id, group_id, topic, count(*) AS unsure FROM creative_facts
        WHERE topic_decision = 'unsure' GROUP BY workspace_id, group_id, topic
    ) f
    WHERE f.workspace_id = r.workspace_id AND f.group_id = r.group_id AND f.topic = r.topic
"""

# --- views for BI tools ---------------------------------------------------------------------------------------------

_DECISION = (
    "sure: at least nine of ten such topics are right; unsure: the best guess; person: somebody said so; null without "
    "a topic"
)
# Views only grow at their end: what stands on them stays.
_BI = (
    "GRANT SELECT (topic_decision) ON creative_facts TO adlens_bi",
    "GRANT SELECT (weak_objects) ON analyses TO adlens_bi",
    """
    CREATE OR REPLACE VIEW bi.creatives WITH (security_invoker = true) AS
    SELECT c.id AS creative_id, c.group_id, c.filename, c.status, c.failure_code, c.failure_reason, c.uploaded_at,
        c.format, c.width, c.height, c.bytes, c.sha256, f.topic, f.topic_confidence, f.text_share, f.object_count,
        a.analysed_at, a.seconds AS analysis_seconds, a.bundle_name, a.bundle_version, f.topic_decision
    FROM creatives c
    LEFT JOIN creative_facts f ON f.workspace_id = c.workspace_id AND f.creative_id = c.id
    LEFT JOIN analyses a ON a.workspace_id = c.workspace_id AND a.creative_id = c.id
    """,
    f"COMMENT ON COLUMN bi.creatives.topic_decision IS '{_DECISION}'",
    """
    CREATE OR REPLACE VIEW bi.daily_topics WITH (security_invoker = true) AS
    SELECT (f.uploaded_at AT TIME ZONE 'UTC')::date AS day, f.topic, count(*) AS creatives,
        avg(f.topic_confidence) AS topic_confidence, count(*) FILTER (WHERE f.topic_decision = 'unsure') AS unsure
    FROM creative_facts f WHERE f.topic IS NOT NULL GROUP BY 1, 2
    """,
    "COMMENT ON COLUMN bi.daily_topics.unsure IS 'How many of them are unsure'",
    """
    CREATE VIEW bi.weak_objects WITH (security_invoker = true) AS
    SELECT a.creative_id, c.group_id, (o.place - 1)::integer AS position, o.class_name, o.confidence,
        o.x1, o.y1, o.x2, o.y2
    FROM analyses a
    JOIN creatives c ON c.workspace_id = a.workspace_id AND c.id = a.creative_id
    CROSS JOIN LATERAL ROWS FROM (
        jsonb_to_recordset(a.weak_objects) AS (
            class_name text, confidence double precision,
            x1 double precision, y1 double precision, x2 double precision, y2 double precision
        )
    ) WITH ORDINALITY AS o (class_name, confidence, x1, y1, x2, y2, place)
    """,
    "COMMENT ON VIEW bi.weak_objects IS 'Objects that may be there, one row each: no figure counts them'",
    "GRANT SELECT ON bi.weak_objects TO adlens_bi",
)
_WEAK_OBJECTS = {
    "creative_id": "The creative, as in bi.creatives",
    "group_id": "The group of the creative",
    "position": "Counts the weak objects of a creative from 0",
    "class_name": "What it may be, such as cup",
    "confidence": "From 0 to 1",
    "x1": "Left side, as a fraction of the width of the upright picture",
    "y1": "Upper side, as a fraction of its height",
    "x2": "Right side, as a fraction of its width",
    "y2": "Lower side, as a fraction of its height",
}


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    for table in ("group_topic_rollup", "workspace_topic_rollup"):
        op.execute(f"ALTER TABLE {table} ADD COLUMN unsure bigint NOT NULL DEFAULT 0")
    for event, body in _TRIGGERS.items():
        op.execute(
            f"CREATE OR REPLACE FUNCTION workspace_topic_rollup_on_{event}() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN {body} RETURN NULL; END $$"
        )
    op.execute(_COUNT_UNSURE)
    for statement in _BI:
        op.execute(statement)
    for column, what in _WEAK_OBJECTS.items():
        op.execute(f"COMMENT ON COLUMN bi.weak_objects.{column} IS '{what}'")


def downgrade() -> None:
    raise NotImplementedError("Migrations run forwards only; restore a backup to go back.")
