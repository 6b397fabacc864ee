"""What an analysis found, and the topics that people choose: stored with the facts that are searched."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from adlens.domain.analysis import Analysis, Decision
from adlens.domain.words import distinct_words
from adlens.persistence import mapping, schema
from adlens.persistence.search.facts import Findings, store_facts
from adlens.persistence.search.words import meaningful_words


def replace_findings(session: Session, row: schema.Creative, analysis: Analysis) -> None:
    earlier = session.execute(
        delete(schema.Analysis).where(*rows_of(schema.Analysis, row)).returning(schema.Analysis.revision)
    ).first()
    words = meaningful_words(session, distinct_words(block.text for block in analysis.text or ()))
    for table, values in mapping.analysis_rows(row, analysis, words).items():
        if earlier is not None or table is schema.StageRun:
            session.execute(delete(table).where(*rows_of(table, row)))
        if values:
            session.execute(insert(table), values)
    store_facts(
        session,
        row.workspace_id,
        row.id,
        row.filename,
        Findings.of(analysis),
        topic=analysis.topic.topic if analysis.topic else None,
        topic_confidence=round(analysis.topic.confidence, 6) if analysis.topic else None,
        topic_decision=analysis.topic.decision.value if analysis.topic else None,
        width=analysis.facts.width,
        height=analysis.facts.height,
    )
    correction = schema.TopicCorrection
    corrected = session.scalars(
        select(correction.topic).where(*rows_of(correction, row)).order_by(correction.id.desc()).limit(1)
    ).first()
    if corrected is not None:
        found = session.get_one(schema.Analysis, (row.workspace_id, row.id), populate_existing=True)
        apply_correction(session, row, found, corrected)


def apply_correction(session: Session, row: schema.Creative, found: schema.Analysis, topic: str) -> None:
    """A person chose the topic, so its confidence is 1. The scores of the model stay, as training data."""
    found.topic, found.topic_confidence, found.topic_corrected = topic, 1.0, True
    found.topic_scores, found.topic_evidence = found.topic_scores or {}, found.topic_evidence or []
    _store_topic(session, row, topic, 1.0, Decision.PERSON)


def restore_prediction(session: Session, row: schema.Creative, found: schema.Analysis) -> None:
    topic, scores = mapping.predicted_topic(found), found.topic_scores or {}
    found.topic_corrected = False
    if topic is None:  # the model had none
        found.topic = found.topic_confidence = found.topic_scores = found.topic_evidence = None
        _store_topic(session, row, None, None, None)
        return
    found.topic, found.topic_confidence = topic, round(scores[topic], 6)
    decision = Decision.SURE if found.topic_sure else Decision.UNSURE
    _store_topic(session, row, topic, found.topic_confidence, decision)


def _store_topic(
    session: Session, row: schema.Creative, topic: str | None, confidence: float | None, decision: Decision | None
) -> None:
    session.execute(
        update(schema.Facts)
        .where(*rows_of(schema.Facts, row))
        .values(topic=topic, topic_confidence=confidence, topic_decision=decision and decision.value)
    )


def rows_of(table: Any, row: schema.Creative) -> tuple[Any, Any]:
    return table.workspace_id == row.workspace_id, table.creative_id == row.id
