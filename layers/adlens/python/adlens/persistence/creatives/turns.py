"""Whose turn it is: creatives that wait for their analysis, in an order that is fair to workspaces (ADR 0011).

Start-time fair queueing (Goyal, Vin, Cheng 1996). A flow is a workspace's uploads, or its repeated analyses. A creative
gets the turn after the last of its flow that waits, but none that is over already; the lowest turn is next. So flows
alternate, however many creatives each of them has.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, text, update
from sqlalchemy.orm import Session

from adlens.domain.creative import CreativeId
from adlens.domain.events import AnalysisRequested
from adlens.persistence import schema

# Messages that failed are back by then (functions/analyze/handler.py), and go on with the same creative.
_KEPT_AFTER_FAILURE = timedelta(minutes=10)

_ENQUEUE = text("""
    INSERT INTO waiting AS w (workspace_id, creative_id, revision, again, turn)
    SELECT :workspace_id, creative_id, revision, :again, start.turn + place - 1
    FROM unnest(CAST(:ids AS uuid[]), CAST(:revisions AS integer[])) WITH ORDINALITY
        AS asked (creative_id, revision, place),
    (
        SELECT greatest(
            (SELECT max(turn) + 1 FROM waiting WHERE workspace_id = :workspace_id AND again = :again),
            coalesce(
                (SELECT min(turn) FROM waiting WHERE taken_by IS NULL),
                (SELECT max(turn) FROM waiting WHERE taken_by IS NOT NULL),
                0
            )
        ) AS turn
    ) AS start
    ON CONFLICT (workspace_id, creative_id) DO UPDATE
    SET revision = excluded.revision, again = excluded.again, turn = excluded.turn, taken_by = NULL, free_at = NULL
    WHERE w.revision < excluded.revision
""")


def enqueue(session: Session, workspace_id: UUID, revisions: Mapping[UUID, int], *, again: bool) -> None:
    """Gives turns to creatives, in the order given; those that wait already keep theirs."""
    if revisions:
        asked = {"ids": list(revisions), "revisions": list(revisions.values())}
        session.execute(_ENQUEUE, {"workspace_id": workspace_id, "again": again, **asked})


def forget(session: Session, workspace_id: UUID, creative_id: UUID, revision: int) -> None:
    """Removes the turn of an analysis up to `revision`."""
    waiting = schema.Waiting
    session.execute(delete(waiting).where(*_key(workspace_id, creative_id), waiting.revision <= revision))


def waits(session: Session, request: AnalysisRequested) -> bool:
    return session.get(schema.Waiting, (request.creative.workspace_id, request.creative.id)) is not None


def taken(session: Session, taker: str) -> AnalysisRequested | None:
    """The analysis that `taker` has taken and not ended."""
    row = session.scalars(select(schema.Waiting).where(schema.Waiting.taken_by == taker).limit(1)).first()
    return None if row is None else _request(row)


def take(session: Session, taker: str, lease: timedelta) -> AnalysisRequested | None:
    """The next turn: the one that `taker` has already, else the lowest, else one whose taker is overdue."""
    waiting = schema.Waiting
    rows = select(waiting).limit(1).with_for_update(skip_locked=True)
    now = func.clock_timestamp()
    for candidates in (
        rows.where(waiting.taken_by == taker),
        rows.where(waiting.taken_by.is_(None)).order_by(waiting.turn),
        rows.where(waiting.taken_by.is_not(None), waiting.free_at < now).order_by(waiting.turn),
    ):
        if row := session.scalars(candidates).first():
            key = _key(row.workspace_id, row.creative_id)
            session.execute(update(waiting).where(*key).values(taken_by=taker, free_at=now + lease))
            return _request(row)
    return None


def keep(session: Session, workspace_id: UUID, creative_id: UUID) -> None:
    """Keeps a creative for its taker, whose message is visible again later."""
    values = {"free_at": func.clock_timestamp() + _KEPT_AFTER_FAILURE}
    session.execute(update(schema.Waiting).where(*_key(workspace_id, creative_id)).values(values))


def free_all(session: Session) -> None:
    """Frees all turns that are taken."""
    waiting = schema.Waiting
    session.execute(update(waiting).where(waiting.taken_by.is_not(None)).values(taken_by=None, free_at=None))


def _key(workspace_id: UUID, creative_id: UUID) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return schema.Waiting.workspace_id == workspace_id, schema.Waiting.creative_id == creative_id


def _request(row: schema.Waiting) -> AnalysisRequested:
    return AnalysisRequested(CreativeId(row.workspace_id, row.creative_id), row.revision)
