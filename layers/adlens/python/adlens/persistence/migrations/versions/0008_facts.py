"""One narrow row per creative for filters and counts, a vocabulary for search, and roll-ups of whole workspaces.

Triggers keep what follows from other tables by itself, so that it holds whichever release writes: a row of facts for
every creative with its status, and the roll-ups of a workspace as the sums of those of its groups. Findings are put
into the facts by `persistence.search.facts`.
"""

from __future__ import annotations

from alembic import op

from adlens.persistence.search.reindex import fill_facts

revision = "0008"
down_revision = "0007"

# Per roll-up of groups: the key within the group, and the sums; the first of them is zero when nothing is left.
_ROLLUPS = {
    "rollup": (
        (),
        (
            "creatives",
            "analysed",
            "seconds",
            "text_blocks",
            "text_confidence",
            "objects",
            "object_confidence",
            "topics",
            "topic_confidence",
        ),
    ),
    "topic_rollup": (
        ("topic",),
        (
            "creatives",
            "text_blocks",
            "text_confidence",
            "objects",
            "object_confidence",
            "topic_confidence",
            "seconds",
        ),
    ),
    "finding_rollup": (("kind", "name"), ("creatives",)),
    "color_rollup": (("hex",), ("creatives",)),
    "topic_color_rollup": (("topic", "color_class"), ("swatches", "percent")),
}
_WHOLE = {"creatives", "analysed", "text_blocks", "objects", "topics", "swatches"}

_STATEMENTS = (
    """
    CREATE TABLE creative_facts (
        workspace_id uuid,
        creative_id uuid,
        uploaded_at timestamptz NOT NULL,
        topic_confidence double precision,
        text_share double precision NOT NULL DEFAULT 0,
        width integer,
        height integer,
        color_classes integer NOT NULL DEFAULT 0,
        object_count integer NOT NULL DEFAULT 0,
        analysed boolean NOT NULL DEFAULT false,
        status text NOT NULL,
        topic text,
        group_id text NOT NULL,
        filename text NOT NULL,
        objects text[] NOT NULL DEFAULT '{}',
        marks bigint[] NOT NULL DEFAULT '{}',
        words bigint[] NOT NULL DEFAULT '{}',
        palette bigint[] NOT NULL DEFAULT '{}',
        PRIMARY KEY (workspace_id, creative_id),
        FOREIGN KEY (workspace_id, creative_id) REFERENCES creatives (workspace_id, id) ON DELETE CASCADE
    ) WITH (fillfactor = 85)
    """,
    """
    CREATE TABLE vocabulary (
        workspace_id uuid REFERENCES workspaces ON DELETE CASCADE,
        token bigint,
        word text NOT NULL,
        counted boolean NOT NULL,
        keys bigint[] NOT NULL,
        PRIMARY KEY (workspace_id, token)
    )
    """,
    """
    INSERT INTO creative_facts (workspace_id, creative_id, uploaded_at, status, group_id, filename, width, height)
    SELECT workspace_id, id, uploaded_at, status, group_id, filename, width, height FROM creatives
    """,
    """
    CREATE FUNCTION facts_of_new_creatives() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO creative_facts (workspace_id, creative_id, uploaded_at, status, group_id, filename)
        SELECT workspace_id, id, uploaded_at, status, group_id, filename FROM new_rows;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER facts_of_new_creatives AFTER INSERT ON creatives REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION facts_of_new_creatives()
    """,
    """
    CREATE FUNCTION status_of_facts() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE creative_facts SET status = NEW.status
        WHERE workspace_id = NEW.workspace_id AND creative_id = NEW.id;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER status_of_facts AFTER UPDATE OF status ON creatives
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION status_of_facts()
    """,
)

# CIEDE2000 between a colour that `persistence.search.facts` packed and one in CIELAB: `domain.color_distance` for SQL.
_COLOR_DISTANCE = """
    CREATE FUNCTION color_distance(packed bigint, l2 float8, a2 float8, b2 float8) RETURNS float8
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
    DECLARE
        r float8 := (packed >> 26 & 255) / 255.0;
        g float8 := (packed >> 18 & 255) / 255.0;
        b float8 := (packed >> 10 & 255) / 255.0;
        x float8; y float8; z float8;
        l1 float8; a1 float8; b1 float8; c1 float8; c2 float8; h1 float8; h2 float8;
        mean float8; stretch float8; turn float8; dl float8; dc float8; dh float8; t float8;
    BEGIN
        r := CASE WHEN r <= 0.04045 THEN r / 12.92 ELSE ((r + 0.055) / 1.055) ^ 2.4 END;
        g := CASE WHEN g <= 0.04045 THEN g / 12.92 ELSE ((g + 0.055) / 1.055) ^ 2.4 END;
        b := CASE WHEN b <= 0.04045 THEN b / 12.92 ELSE ((b + 0.055) / 1.055) ^ 2.4 END;
        x := (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047;
        y := 0.2126729 * r + 0.7151522 * g + 0.0721750 * b;
        z := (0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883;
        x := CASE WHEN x > 216 / 24389.0 THEN x ^ (1 / 3.0) ELSE (24389 / 27.0 * x + 16) / 116 END;
        y := CASE WHEN y > 216 / 24389.0 THEN y ^ (1 / 3.0) ELSE (24389 / 27.0 * y + 16) / 116 END;
        z := CASE WHEN z > 216 / 24389.0 THEN z ^ (1 / 3.0) ELSE (24389 / 27.0 * z + 16) / 116 END;
        l1 := 116 * y - 16; a1 := 500 * (x - y); b1 := 200 * (y - z);
        mean := ((sqrt(a1 * a1 + b1 * b1) + sqrt(a2 * a2 + b2 * b2)) / 2) ^ 7;
        stretch := 1.5 - 0.5 * sqrt(mean / (mean + 25.0 ^ 7));
        a1 := a1 * stretch; a2 := a2 * stretch;
        c1 := sqrt(a1 * a1 + b1 * b1); c2 := sqrt(a2 * a2 + b2 * b2);
        h1 := atan2d(b1, a1); h2 := atan2d(b2, a2);
        IF h1 < 0 THEN h1 := h1 + 360; END IF;
        IF h2 < 0 THEN h2 := h2 + 360; END IF;
        turn := CASE WHEN c1 * c2 = 0 THEN 0 ELSE h2 - h1 END;
        IF turn > 180 THEN turn := turn - 360; ELSIF turn < -180 THEN turn := turn + 360; END IF;
        dl := l2 - l1; dc := c2 - c1; dh := 2 * sqrt(c1 * c2) * sind(turn / 2);
        mean := CASE WHEN c1 * c2 = 0 THEN h1 + h2 WHEN abs(h1 - h2) <= 180 THEN (h1 + h2) / 2
                     WHEN h1 + h2 < 360 THEN (h1 + h2 + 360) / 2 ELSE (h1 + h2 - 360) / 2 END;
        t := 1 - 0.17 * cosd(mean - 30) + 0.24 * cosd(2 * mean) + 0.32 * cosd(3 * mean + 6)
            - 0.20 * cosd(4 * mean - 63);
        y := (l1 + l2) / 2; z := (c1 + c2) / 2;
        dl := dl / (1 + 0.015 * (y - 50) ^ 2 / sqrt(20 + (y - 50) ^ 2));
        dc := dc / (1 + 0.045 * z);
        dh := dh / (1 + 0.015 * z * t);
        RETURN sqrt(greatest(dl * dl + dc * dc + dh * dh
            - 2 * sqrt(z ^ 7 / (z ^ 7 + 25.0 ^ 7)) * sind(60 * exp(-(((mean - 275) / 25) ^ 2))) * dc * dh, 0));
    END $$
"""

_INDEXES = (
    "CREATE INDEX facts_by_time ON creative_facts (workspace_id, uploaded_at, creative_id)",
    "CREATE INDEX facts_by_name ON creative_facts (workspace_id, filename, creative_id)",
    # One per direction: creatives without a topic come last either way.
    "CREATE INDEX facts_most_confident ON creative_facts (workspace_id, coalesce(topic_confidence, -1), creative_id)",
    "CREATE INDEX facts_least_confident ON creative_facts (workspace_id, coalesce(topic_confidence, 2), creative_id)",
    "CREATE INDEX facts_of_topic ON creative_facts (workspace_id, topic, uploaded_at, creative_id)",
    "CREATE INDEX facts_of_group ON creative_facts (workspace_id, group_id, uploaded_at, creative_id)",
    """
    CREATE INDEX facts_not_successful ON creative_facts (workspace_id, status, uploaded_at, creative_id)
    WHERE status <> 'SUCCESS'
    """,
    "CREATE INDEX facts_marks ON creative_facts USING gin (marks)",
    "CREATE INDEX facts_words ON creative_facts USING gin (words)",
    "CREATE INDEX vocabulary_keys ON vocabulary USING gin (keys)",
    "CREATE INDEX workspace_findings ON workspace_finding_rollup (workspace_id, kind, creatives DESC, name)",
    "CREATE INDEX workspace_colors ON workspace_color_rollup (workspace_id, creatives DESC, hex)",
    # Lets PostgreSQL know how few days there are, and count them in parallel.
    "CREATE STATISTICS facts_days ON (((uploaded_at AT TIME ZONE 'UTC')::date)) FROM creative_facts",
    # What facts answer now.
    "DROP INDEX analyses_words, analyses_of_topic, creatives_by_time, creatives_by_name",
    "DROP INDEX detected_objects_of_class, swatches_of_class",
)


def _rollup_statements(name: str, keys: tuple[str, ...], sums: tuple[str, ...]) -> list[str]:
    group, whole = f"group_{name}", f"workspace_{name}"
    columns = ", ".join(("workspace_id", *keys, *sums))
    place = ", ".join(("workspace_id", *keys))
    same = " AND ".join(f"w.{key} = d.{key}" for key in ("workspace_id", *keys))
    types = [f"{column} {'bigint' if column in _WHOLE else 'numeric(20, 6)'} NOT NULL DEFAULT 0" for column in sums]
    # A group's own row carries when it changed last.
    stamp = keys == ()
    stamped, now = (", updated_at", ", clock_timestamp()") if stamp else ("", "")

    def totals(source: str, sign: str = "") -> str:
        return f"SELECT {place}, {', '.join(f'{sign}{column} AS {column}' for column in sums)} FROM {source}"  # noqa: S608

    def summed(rows: str) -> str:
        # Sorted: who changes several rows locks them in the same order as everybody.
        return (
            f"SELECT {place}, {', '.join(f'sum({column}) AS {column}' for column in sums)} "  # noqa: S608
            f"FROM ({rows}) changed GROUP BY {place} ORDER BY {place}"
        )

    def added(rows: str) -> str:
        fresh = f"SELECT {columns}{now} FROM ({summed(rows)}) summed"  # noqa: S608
        changes = ", ".join(f"{column} = w.{column} + excluded.{column}" for column in sums)
        return (
            f"INSERT INTO {whole} AS w ({columns}{stamped}) {fresh} "
            f"ON CONFLICT ({place}) DO UPDATE SET {changes}{', updated_at = excluded.updated_at' if stamp else ''}"
        )

    subtracted = (
        f"UPDATE {whole} w SET {', '.join(f'{column} = w.{column} - d.{column}' for column in sums)}"  # noqa: S608
        f"{', updated_at = clock_timestamp()' if stamp else ''} FROM ({summed(totals('old_rows'))}) d WHERE {same}"
    )
    cleared = (
        ""
        if stamp
        else f"DELETE FROM {whole} w USING (SELECT DISTINCT {place} FROM old_rows) d "  # noqa: S608
        f"WHERE {same} AND w.{sums[0]} = 0;"
    )
    bodies = {
        "INSERT": (added(totals("new_rows")), "", "NEW TABLE AS new_rows"),
        "UPDATE": (
            added(f"{totals('new_rows')} UNION ALL {totals('old_rows', '-')}"),
            cleared,
            "OLD TABLE AS old_rows NEW TABLE AS new_rows",
        ),
        # Never makes a row: one that is gone went with its workspace.
        "DELETE": (subtracted, cleared, "OLD TABLE AS old_rows"),
    }
    statements = [
        f"CREATE TABLE {whole} (workspace_id uuid REFERENCES workspaces ON DELETE CASCADE, "
        f"{''.join(f'{key} text, ' for key in keys)}{', '.join(types)}, "
        f"{'updated_at timestamptz NOT NULL DEFAULT now(), ' if stamp else ''}PRIMARY KEY ({place}))",
        f"INSERT INTO {whole} ({columns}) {summed(totals(group))}",
    ]
    if stamp:
        statements.append(
            f"UPDATE {whole} w SET updated_at = d.updated_at "  # noqa: S608
            f"FROM (SELECT workspace_id, max(updated_at) AS updated_at FROM {group} GROUP BY workspace_id) d "
            "WHERE w.workspace_id = d.workspace_id"
        )
    for event, (change, clearing, transition) in bodies.items():
        function = f"{whole}_on_{event.lower()}"
        statements += [
            f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN {change}; {clearing} RETURN NULL; END $$",
            f"CREATE TRIGGER {function} AFTER {event} ON {group} REFERENCING {transition} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()",
        ]
    return statements


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    for name, (keys, sums) in _ROLLUPS.items():
        for statement in _rollup_statements(name, keys, sums):
            op.execute(statement)
    for statement in (_COLOR_DISTANCE, *_INDEXES):
        op.execute(statement)
    op.execute("ALTER TABLE analyses ADD COLUMN topic_corrected boolean NOT NULL DEFAULT false")
    fill_facts(op.get_bind())
    op.execute("ANALYZE creative_facts, vocabulary")


def downgrade() -> None:
    raise NotImplementedError("Migrations run forwards only; restore a backup to go back.")
