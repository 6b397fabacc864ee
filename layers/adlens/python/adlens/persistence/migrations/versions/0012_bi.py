"""A schema for BI tools: documented views, and row-level security so that a reader sees one workspace only.

The workspace follows from the role that logged in, which nobody can SET. Policies are for the group role `adlens_bi`
alone; the owner of the tables, as which AdLens itself connects, passes row-level security by.
"""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"

# Roles belong to the whole server: another database may have made this one, or be about to. Whoever comes second waits
# for the first at the unique index and is told that it is there.
_GROUP_ROLE = """
    DO $$
    BEGIN
        CREATE ROLE adlens_bi NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;
    END $$
"""

_STATEMENTS = (
    """
    CREATE TABLE bi_readers (
        role text PRIMARY KEY,
        workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
        created_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    "CREATE SCHEMA bi",
    "COMMENT ON SCHEMA bi IS 'For BI tools: what one workspace has, in views that stay as they are documented'",
    # With the rights of its owner, so that readers need none on bi_readers; session_user stays that of the caller.
    """
    CREATE FUNCTION bi.workspace_id() RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
        SELECT r.workspace_id FROM public.bi_readers r WHERE r.role = session_user::text
    $$
    """,
    "REVOKE ALL ON FUNCTION bi.workspace_id() FROM PUBLIC",
    "GRANT USAGE ON SCHEMA bi TO adlens_bi",
    "GRANT EXECUTE ON FUNCTION bi.workspace_id() TO adlens_bi",
)

# What readers may read of the tables below the views: nothing of claims, object keys, vectors.
_COLUMNS = {
    "groups": "workspace_id, id, name, created_at",
    "group_rollup": "workspace_id, group_id, creatives, analysed",
    "creatives": "workspace_id, id, group_id, filename, status, failure_code, failure_reason, uploaded_at, format, "
    "width, height, bytes, sha256",
    "creative_facts": "workspace_id, creative_id, uploaded_at, topic, topic_confidence, text_share, object_count",
    "analyses": "workspace_id, creative_id, analysed_at, seconds, bundle_name, bundle_version",
    "text_blocks": "workspace_id, creative_id, position, text, confidence, language, x1, y1, x2, y2",
    "detected_objects": "workspace_id, creative_id, position, class_name, confidence, x1, y1, x2, y2",
    "swatches": "workspace_id, creative_id, position, hex, percent, role, color_class",
}

_OF_CREATIVE = {
    "creative_id": "The creative, as in bi.creatives",
    "group_id": "The group of the creative",
}
_BOX = {
    "x1": "Left side, as a fraction of the width of the upright picture",
    "y1": "Upper side, as a fraction of its height",
    "x2": "Right side, as a fraction of its width",
    "y2": "Lower side, as a fraction of its height",
}


def _of_creatives(table: str, columns: str) -> str:
    return (
        f"SELECT f.creative_id, c.group_id, {columns} FROM {table} f "  # noqa: S608
        "JOIN creatives c ON c.workspace_id = f.workspace_id AND c.id = f.creative_id"
    )


# Left joins lead to unique rows: PostgreSQL leaves out those whose columns a query does not ask for.
_VIEWS: dict[str, tuple[str, str, dict[str, str]]] = {
    "groups": (
        "Groups of creatives that were uploaded together",
        """
        SELECT g.id AS group_id, g.name, g.created_at, coalesce(r.creatives, 0) AS creatives,
            coalesce(r.analysed, 0) AS analysed
        FROM groups g LEFT JOIN group_rollup r ON r.workspace_id = g.workspace_id AND r.group_id = g.id
        """,
        {
            "group_id": "The id that the client gave",
            "name": "The name that people gave, if any",
            "created_at": "When its first creative was announced",
            "creatives": "How many creatives it has",
            "analysed": "How many of them have findings",
        },
    ),
    "creatives": (
        "Creatives, one row each, with what was found that is no list",
        """
        SELECT c.id AS creative_id, c.group_id, c.filename, c.status, c.failure_code, c.failure_reason, c.uploaded_at,
            c.format, c.width, c.height, c.bytes, c.sha256, f.topic, f.topic_confidence, f.text_share, f.object_count,
            a.analysed_at, a.seconds AS analysis_seconds, a.bundle_name, a.bundle_version
        FROM creatives c
        LEFT JOIN creative_facts f ON f.workspace_id = c.workspace_id AND f.creative_id = c.id
        LEFT JOIN analyses a ON a.workspace_id = c.workspace_id AND a.creative_id = c.id
        """,
        {
            "creative_id": "The id that the client or the API gave; leads to GET /creatives/{id}",
            "group_id": "The group that it was uploaded to",
            "filename": "The name of the file, as its owner knows it",
            "status": "PENDING, PROCESSING, SUCCESS or ERROR",
            "failure_code": "Why the status is ERROR, for machines",
            "failure_reason": "Why the status is ERROR, for people",
            "uploaded_at": "When the upload was announced",
            "format": "JPEG, PNG or WEBP; null until the file was read, as are the next four",
            "width": "Pixels of the upright picture",
            "height": "Pixels of the upright picture",
            "bytes": "Size of the file",
            "sha256": "Of the file: equal files have equal ones",
            "topic": "The topic by its id; null when there is none, or none was looked for",
            "topic_confidence": "From 0 to 1; 1 when a person said what the topic is",
            "text_share": "Part of the picture under text, from 0 to 1",
            "object_count": "How many objects were found",
            "analysed_at": "When the findings were stored, which stay when a later analysis fails; null without any",
            "analysis_seconds": "How long the analysis took",
            "bundle_name": "The model bundle that made the findings",
            "bundle_version": "Its version",
        },
    ),
    "text": (
        "Lines of text in the pictures, in reading order",
        _of_creatives("text_blocks", "f.position, f.text, f.confidence, f.language, f.x1, f.y1, f.x2, f.y2"),
        {
            **_OF_CREATIVE,
            "position": "0 is read first",
            "text": "The line as it was read",
            "confidence": "From 0 to 1",
            "language": "ru or en, where the reader says so",
            **_BOX,
        },
    ),
    "objects": (
        "Objects that were detected, one row each",
        _of_creatives("detected_objects", "f.position, f.class_name, f.confidence, f.x1, f.y1, f.x2, f.y2"),
        {
            **_OF_CREATIVE,
            "position": "Counts the objects of a creative from 0",
            "class_name": "What it is, such as cup",
            "confidence": "From 0 to 1",
            **_BOX,
        },
    ),
    "colors": (
        "Swatches of the palettes",
        _of_creatives("swatches", "f.position, f.hex, f.percent, f.role, f.color_class"),
        {
            **_OF_CREATIVE,
            "position": "Counts the swatches of a creative from 0",
            "hex": "#rrggbb",
            "percent": "Share of the picture, from 0 to 100",
            "role": "dominant or secondary",
            "color_class": "The class of the colour by its English name, such as red",
        },
    ),
    "daily_topics": (
        "How many creatives of each topic were uploaded on each day",
        """
        SELECT (f.uploaded_at AT TIME ZONE 'UTC')::date AS day, f.topic, count(*) AS creatives,
            avg(f.topic_confidence) AS topic_confidence
        FROM creative_facts f WHERE f.topic IS NOT NULL GROUP BY 1, 2
        """,
        {
            "day": "Day of the upload in UTC",
            "topic": "The topic by its id",
            "creatives": "Creatives of that day with this topic",
            "topic_confidence": "Mean of their confidence, from 0 to 1",
        },
    ),
}


def upgrade() -> None:
    op.execute(_GROUP_ROLE)
    for statement in _STATEMENTS:
        op.execute(statement)
    for table, columns in _COLUMNS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        # In a sub-select: asked once per query, and its answer is looked up in indexes.
        op.execute(
            f"CREATE POLICY bi_reader ON {table} FOR SELECT TO adlens_bi "
            "USING (workspace_id = (SELECT bi.workspace_id()))"
        )
        op.execute(f"GRANT SELECT ({columns}) ON {table} TO adlens_bi")
    for name, (about, query, described) in _VIEWS.items():
        op.execute(f"CREATE VIEW bi.{name} WITH (security_invoker = true) AS {query}")
        op.execute(f"COMMENT ON VIEW bi.{name} IS '{about}'")
        for column, what in described.items():
            op.execute(f"COMMENT ON COLUMN bi.{name}.{column} IS '{what}'")
        op.execute(f"GRANT SELECT ON bi.{name} TO adlens_bi")


def downgrade() -> None:
    raise NotImplementedError("Migrations run forwards only; restore a backup to go back.")
