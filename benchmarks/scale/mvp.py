"""The MVP's way to analytics: load every row, count in Python.

It is treated kindly: one query per table instead of one per creative, and no more columns than it counts.
"""

from __future__ import annotations

import resource
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import URL, create_engine, select
from sqlalchemy.orm import Session, defer

from adlens.persistence.schema import Analysis, Creative, DetectedObject, Swatch, TextBlock


@dataclass(frozen=True, slots=True)
class Counted:
    """What came out, to be held against ours, and what it cost."""

    creatives: int
    topics: dict[str, int]
    seconds: float
    megabytes: float


def count(url: URL, workspace_id: UUID, group_id: str | None = None) -> Counted:
    """Figures of a group, or of all."""
    engine = create_engine(url)
    with Session(engine) as session:
        session.connection()
        started = time.perf_counter()

        def rows(table: Any, *options: Any) -> Iterator[Any]:
            statement = select(table).where(table.workspace_id == workspace_id).options(*options)
            if group_id is not None:
                in_group = select(Creative.id).where(
                    Creative.workspace_id == workspace_id, Creative.group_id == group_id
                )
                own = table.id if table is Creative else table.creative_id
                statement = statement.where(own.in_(in_group))
            yield from session.scalars(statement).all()

        creatives = sum(1 for _ in rows(Creative))
        topic_of: dict[UUID, str | None] = {}
        topics: Counter[str] = Counter()
        confidences: list[float] = []
        seconds: list[float] = []
        for found in rows(
            Analysis, defer(Analysis.stages), defer(Analysis.topic_evidence), defer(Analysis.class_scores)
        ):
            topic_of[found.creative_id] = found.topic
            seconds.append(found.seconds)
            if found.topic is not None:
                topics[found.topic] += 1
                confidences.append(found.topic_confidence)
        read, seen = defaultdict(list), defaultdict(list)
        for block in rows(TextBlock, defer(TextBlock.polygon)):
            read[topic_of[block.creative_id]].append(block.confidence)
        for thing in rows(DetectedObject):
            seen[topic_of[thing.creative_id]].append(thing.confidence)
        colors: Counter[str] = Counter()
        classes: dict[tuple[str | None, str], float] = defaultdict(float)
        for swatch in rows(Swatch):
            classes[topic_of[swatch.creative_id], swatch.color_class] += swatch.percent
            if swatch.role == "dominant":
                colors[swatch.hex] += 1
        for numbers in (confidences, seconds, *read.values(), *seen.values()):
            sum(numbers) / len(numbers) if numbers else None
        colors.most_common(100)
    return Counted(
        creatives,
        dict(topics),
        time.perf_counter() - started,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )
