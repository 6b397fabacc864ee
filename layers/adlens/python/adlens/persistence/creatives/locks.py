"""Row locks of creatives, taken in the same order everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, func, select, tuple_
from sqlalchemy.orm import Session

from adlens.domain.creative import (
    Claim,
    CreativeId,
    parse_object_key,
)
from adlens.domain.errors import InvalidValue, UnknownCreative
from adlens.domain.events import AnalysisRequested, Event
from adlens.persistence import schema


def lock_all(session: Session, keys: Sequence[tuple[UUID, UUID]]) -> Sequence[schema.Creative]:
    """Locks the rows of the creatives that exist, always in the same order."""
    if not keys:
        return []
    creative = schema.Creative
    return session.scalars(
        select(creative)
        .where(tuple_(creative.workspace_id, creative.id).in_(keys))
        .order_by(creative.workspace_id, creative.id)
        .with_for_update()
    ).all()


def lock_creative(session: Session, key: CreativeId) -> schema.Creative:
    rows = lock_all(session, [(key.workspace_id, key.id)])
    if not rows:
        raise UnknownCreative(f"There is no creative {key.id}.")
    return rows[0]


def lock_for_event(session: Session, event: Event) -> schema.Creative:
    """Locks the row of the creative of an event. Raises UnknownCreative, also for an object with an unexpected key."""
    if isinstance(event, AnalysisRequested):
        return lock_creative(session, event.creative)
    try:
        key, _ = parse_object_key(event.key)
    except InvalidValue as error:
        raise UnknownCreative(str(error)) from error
    row = lock_creative(session, key)
    if row.object_key != event.key:
        raise UnknownCreative(f"{event.key!r} is not where the file of the creative {key.id} belongs.")
    return row


def lock_claimed(session: Session, claim: Claim) -> schema.Creative | None:
    """Locks the row. None when the claim is void."""
    rows = lock_all(session, [(claim.key.workspace_id, claim.key.id)])
    return rows[0] if rows and rows[0].claim_token == claim.token else None


def database_time(session: Session) -> datetime:
    """The clock of the database, which all workers share; not `now()`, the start of the transaction."""
    return session.scalars(select(func.clock_timestamp(type_=DateTime(timezone=True)))).one()
