"""The states of a creative: which analyses are wanted, and how one is requested again and ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, select, update
from sqlalchemy.orm import Session

from adlens.domain.analysis import StageState
from adlens.domain.creative import (
    CreativeId,
    Failure,
    Status,
)
from adlens.domain.events import AnalysisRequested, Event, sequencer_order
from adlens.domain.webhooks import EventType
from adlens.persistence import schema
from adlens.persistence.creatives import turns
from adlens.persistence.creatives.findings import rows_of
from adlens.persistence.creatives.locks import database_time
from adlens.persistence.webhooks.outbox import enqueue_event


def accept_event(row: schema.Creative, event: Event) -> bool:
    """Whether the event requests an analysis that has not ended. Stores the sequencer and etag of a newer object.

    Sequencers order the events of one object; where a store gives all of them the same one, the etag decides.
    """
    ended = row.analysed_revision >= row.revision
    if isinstance(event, AnalysisRequested):
        return event.revision == row.revision and not ended

    order, known = sequencer_order(event.sequencer), row.sequencer or ""
    if order < known:
        return False
    repeated = order == known and event.etag == row.event_etag
    analysed_already = event.etag == row.etag
    new_content = row.event_etag is not None and event.etag != row.event_etag
    row.sequencer, row.event_etag = order, event.etag
    if ended and (repeated or analysed_already):
        return False
    if ended or new_content:
        row.revision += 1
    return True


def ensure_waiting(session: Session, request: AnalysisRequested) -> None:
    """Gives a new turn to a creative that lost its turn, or waited before there were turns."""
    if turns.waits(session, request):
        return
    row = session.get(schema.Creative, (request.creative.workspace_id, request.creative.id))
    if row is not None and row.revision == request.revision and row.analysed_revision < row.revision:
        turns.enqueue(session, row.workspace_id, {row.id: row.revision}, again=row.revision > 1)


def is_held_by_another(row: schema.Creative, claimant: str, now: datetime) -> bool:
    """Whether another claimant works on the current revision and its lease has not run out."""
    return (
        row.claimed_revision == row.revision
        and row.claimant != claimant
        and row.claim_expires_at is not None
        and row.claim_expires_at > now
    )


def has_newest_findings() -> ColumnElement[bool]:
    """The condition that a creative has findings of the bundle reported last."""
    creative, analysis, bundle = schema.Creative, schema.Analysis, schema.ModelBundle
    newest = select(bundle.checksum).order_by(bundle.reported_at.desc()).limit(1).scalar_subquery()
    return exists().where(
        analysis.workspace_id == creative.workspace_id,
        analysis.creative_id == creative.id,
        analysis.bundle_checksum == newest,
    )


def clear_claim(row: schema.Creative) -> None:
    row.claim_token = row.claimant = row.claimed_revision = row.claim_expires_at = None


def request_again(session: Session, workspace_id: UUID, rows: Sequence[schema.Creative]) -> list[AnalysisRequested]:
    now = database_time(session)
    for row in rows:
        clear_claim(row)
        row.revision += 1
        row.status = Status.PENDING
        row.failure_code = row.failure_reason = None
        row.updated_at = now
    run = schema.StageRun
    session.execute(delete(run).where(run.workspace_id == workspace_id, run.creative_id.in_([row.id for row in rows])))
    turns.enqueue(session, workspace_id, {row.id: row.revision for row in rows}, again=True)
    return [AnalysisRequested(CreativeId(workspace_id, row.id), row.revision) for row in rows]


def end_analysis(session: Session, row: schema.Creative, failure: Failure | None, etag: str | None) -> None:
    """`etag` is that of the bytes that were read; None when none were, so that the next upload counts as new."""
    clear_claim(row)
    row.status = Status.SUCCESS if failure is None else Status.ERROR
    row.failure_code = failure.code if failure else None
    row.failure_reason = failure.reason if failure else None
    row.analysed_revision = row.revision
    row.etag = etag
    row.updated_at = database_time(session)
    turns.forget(session, row.workspace_id, row.id, row.revision)


def end_in_error(session: Session, row: schema.Creative, failure: Failure, etag: str | None) -> None:
    end_analysis(session, row, failure, etag)
    session.execute(
        update(schema.StageRun)
        .where(*rows_of(schema.StageRun, row), schema.StageRun.state == StageState.PROCESSING.value)
        .values(state=StageState.ERROR.value, reason=failure.reason)
    )
    enqueue_end_event(session, row)


def enqueue_end_event(session: Session, row: schema.Creative) -> None:
    """The event says how the analysis ended, not what it found."""
    event = EventType.CREATIVE_DONE if row.status == Status.SUCCESS else EventType.CREATIVE_FAILED
    failure = {"code": row.failure_code, "reason": row.failure_reason or ""} if row.failure_code else None
    data = {
        "creative_id": str(row.id),
        "group_id": row.group_id,
        "filename": row.filename,
        "status": str(row.status),
        "revision": row.revision,
        "failure": failure,
    }
    enqueue_event(session, row.workspace_id, event, data)
