"""Facts of creatives that earlier releases stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, text, update
from sqlalchemy.orm import Session

from adlens.domain.words import search_words
from adlens.persistence.schema import Facts
from adlens.persistence.search.facts import Findings, update_facts
from adlens.persistence.search.tokens import Tokens
from adlens.persistence.search.vocabulary import add_words
from adlens.persistence.session import transaction

_BEFORE = text(
    """
    SELECT c.workspace_id, c.id, c.filename, c.width, c.height, a.creative_id IS NOT NULL AS analysed,
           a.topic, a.topic_confidence,
           (SELECT json_agg(json_build_array(t.text, t.x1, t.y1, t.x2, t.y2)) FROM text_blocks t
            WHERE t.workspace_id = c.workspace_id AND t.creative_id = c.id) AS blocks,
           (SELECT json_agg(o.class_name) FROM detected_objects o
            WHERE o.workspace_id = c.workspace_id AND o.creative_id = c.id) AS objects,
           (SELECT json_agg(json_build_array(s.hex, s.percent, s.color_class) ORDER BY s.position) FROM swatches s
            WHERE s.workspace_id = c.workspace_id AND s.creative_id = c.id) AS swatches
    FROM creatives c LEFT JOIN analyses a ON a.workspace_id = c.workspace_id AND a.creative_id = c.id
    ORDER BY c.workspace_id, c.id
    """
)


def fill_facts(connection: Connection) -> None:
    """Writes facts of the creatives that were analysed before there were facts."""
    for row in connection.execute(_BEFORE, execution_options={"yield_per": 500}):
        blocks = row.blocks or []
        findings = Findings(
            lines=[line for line, *_ in blocks],
            boxes=[(x1, y1, x2, y2) for _, x1, y1, x2, y2 in blocks],
            objects=row.objects or [],
            swatches=[(hex_, float(percent), color_class) for hex_, percent, color_class in row.swatches or []],
        )
        add_words(connection, row.workspace_id, [*findings.lines, row.filename])
        made = findings.columns(Tokens(row.workspace_id), row.filename)
        own = {"analysed": row.analysed, "topic": row.topic, "topic_confidence": row.topic_confidence}
        update_facts(connection, row.workspace_id, row.id, {**made, **own, "width": row.width, "height": row.height})


_NEXT = text(
    """
    SELECT f.workspace_id, f.creative_id, f.filename, f.words, f.marks,
           ARRAY(SELECT t.text FROM text_blocks t
                 WHERE t.workspace_id = f.workspace_id AND t.creative_id = f.creative_id) AS lines
    FROM creative_facts f WHERE (f.workspace_id, f.creative_id) > (:workspace_id, :creative_id)
    ORDER BY f.workspace_id, f.creative_id LIMIT :most
    """
)


def reindex(engine: Engine, batch: int = 500) -> Iterator[int]:
    """Makes creatives of earlier releases searchable like those of this one. Yields the number changed in each batch.

    Each batch is a transaction of its own, so that other work continues. Running it again is safe.
    """
    last = {"workspace_id": UUID(int=0), "creative_id": UUID(int=0)}
    while True:
        with transaction(engine) as session:
            rows = session.execute(_NEXT, {**last, "most": batch}).all()
            changed = _reindexed(session, rows)
        if not rows:
            return
        yield changed
        last = {"workspace_id": rows[-1].workspace_id, "creative_id": rows[-1].creative_id}


def _reindexed(session: Session, rows: Sequence[Any]) -> int:
    changed = 0
    for workspace_id, group in groupby(rows, key=lambda row: row.workspace_id):
        own = list(group)
        tokens = Tokens(workspace_id)
        add_words(session, workspace_id, [line for row in own for line in (*row.lines, row.filename)])
        for row in own:
            words = sorted(map(tokens.word, search_words(row.lines)))
            marks = sorted({*row.marks, *map(tokens.name, search_words([row.filename]))})
            if (words, marks) == (row.words, row.marks):
                continue
            # Unless an analysis has written newer facts meanwhile.
            where = Facts.workspace_id == workspace_id, Facts.creative_id == row.creative_id, Facts.words == row.words
            session.execute(update(Facts).where(*where).values(words=words, marks=marks))
            changed += 1
    return changed
