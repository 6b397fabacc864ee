"""Writes of creatives and their analyses: the port `CreativeRepository` on PostgreSQL.

Every method is one transaction. Whoever changes a creative locks its row first and its group's roll-ups after that.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Engine, delete, func, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from adlens.domain.analysis import Analysis, BundleInfo, StageRun, StageState
from adlens.domain.creative import (
    Claim,
    CreativeId,
    Failure,
    NewCreative,
    Status,
    check_group_id,
    object_key,
    parse_object_key,
    stage_failure,
)
from adlens.domain.errors import Conflict, InvalidValue, UnknownCreative, UnknownGroup
from adlens.domain.events import AnalysisRequested, Event, sequencer_order
from adlens.domain.ports import Overdue
from adlens.domain.webhooks import EventType
from adlens.domain.words import distinct_words
from adlens.persistence import mapping, tables
from adlens.persistence.facts import Found, note_names, store_facts
from adlens.persistence.queries import check_group
from adlens.persistence.rollups import count_new, keeping_rollups
from adlens.persistence.session import transactional
from adlens.persistence.webhooks import note
from adlens.persistence.words import meaningful_words
from adlens.persistence.workspaces import read_settings

_UNFINISHED = (Status.PENDING.value, Status.PROCESSING.value)


class PostgresCreatives:
    """Implements `adlens.domain.ports.CreativeRepository`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @transactional
    def register(
        self,
        session: Session,
        workspace_id: UUID,
        group_id: str,
        creatives: Sequence[NewCreative],
        group_name: str | None = None,
    ) -> None:
        check_group_id(group_id)
        group = upsert(tables.Group).values(workspace_id=workspace_id, id=group_id, name=group_name)
        session.execute(
            group.on_conflict_do_nothing()
            if group_name is None
            else group.on_conflict_do_update(index_elements=["workspace_id", "id"], set_={"name": group.excluded.name})
        )
        if not creatives:
            return
        now = _now(session)
        rows = [
            {
                "workspace_id": workspace_id,
                "id": creative.id,
                "group_id": group_id,
                "filename": creative.filename,
                "size": creative.size,
                "object_key": object_key(CreativeId(workspace_id, creative.id), group_id),
                # One microsecond apart: lists keep the order in which the files were given.
                "uploaded_at": now + timedelta(microseconds=position),
                "updated_at": now,
            }
            for position, creative in enumerate(creatives)
        ]
        # Sorted, as in every statement that locks several creatives: two of them never wait for each other.
        made = session.scalars(
            upsert(tables.Creative)
            .values(sorted(rows, key=lambda row: row["id"]))
            .on_conflict_do_nothing()
            .returning(tables.Creative.id)
        ).all()
        elsewhere = session.scalars(
            select(tables.Creative.id).where(
                tables.Creative.workspace_id == workspace_id,
                tables.Creative.id.in_([creative.id for creative in creatives]),
                tables.Creative.group_id != group_id,
            )
        ).first()
        if elsewhere is not None:
            raise Conflict(f"The creative {elsewhere} is in another group already; ids are used once.")
        names = {creative.id: creative.filename for creative in creatives}
        note_names(session, workspace_id, {id_: names[id_] for id_ in made})
        count_new(session, workspace_id, group_id, made)

    @transactional
    def claim(self, session: Session, event: Event, claimant: str, lease_seconds: float) -> Claim | None:
        row = _lock_for(session, event)
        now = _now(session)
        if not _wanted(row, event) or _taken(row, claimant, now):
            return None
        row.status = Status.PROCESSING
        row.failure_code = row.failure_reason = None
        row.claim_token, row.claimant, row.claimed_revision = uuid.uuid4(), claimant, row.revision
        row.claim_expires_at = now + timedelta(seconds=lease_seconds)
        row.updated_at = now
        session.execute(delete(tables.StageRun).where(*_children(tables.StageRun, row)))
        settings = read_settings(session, row.workspace_id)
        return Claim(
            key=CreativeId(row.workspace_id, row.id),
            group_id=row.group_id,
            object_key=row.object_key,
            revision=row.revision,
            token=row.claim_token,
            dominant_colors=settings["DOMINANT_COLORS_COUNT"],
            secondary_colors=settings["SECONDARY_COLORS_COUNT"],
        )

    @transactional
    def record_stage(self, session: Session, claim: Claim, run: StageRun) -> None:
        row = _lock_claimed(session, claim)
        if row is None:
            return
        row.updated_at = _now(session)
        values = mapping.stage_row(row, run)
        session.execute(
            upsert(tables.StageRun)
            .values(values)
            .on_conflict_do_update(index_elements=["workspace_id", "creative_id", "stage"], set_=values)
        )

    @transactional
    def complete(self, session: Session, claim: Claim, analysis: Analysis, etag: str) -> bool:
        row = _lock_claimed(session, claim)
        if row is None:
            return False
        with keeping_rollups(session, row.workspace_id, row.group_id, [row.id]):
            for name, value in mapping.facts_columns(analysis.facts).items():
                setattr(row, name, value)
            row.size = analysis.facts.bytes
            row.has_preview = True
            _end(row, stage_failure(analysis), etag, _now(session))
            _replace_findings(session, row, analysis)
        _note_end(session, row)
        return True

    @transactional
    def fail(self, session: Session, claim: Claim, failure: Failure, etag: str | None) -> bool:
        row = _lock_claimed(session, claim)
        if row is None:
            return False
        _end_in_error(session, row, failure, etag)
        return True

    @transactional
    def release(self, session: Session, claim: Claim) -> None:
        row = _lock_claimed(session, claim)
        if row is None:
            return
        _clear_claim(row)
        row.status = Status.PENDING
        row.updated_at = _now(session)
        session.execute(delete(tables.StageRun).where(*_children(tables.StageRun, row)))

    @transactional
    def fail_unfinished(self, session: Session, event: Event, claimant: str, failure: Failure) -> bool:
        row = _lock_for(session, event)
        if not _wanted(row, event) or _taken(row, claimant, _now(session)):
            return False
        _end_in_error(session, row, failure, etag=None)
        return True

    @transactional
    def correct_topic(self, session: Session, key: CreativeId, topic: str) -> None:
        """Makes `topic` the creative's, for good: analyses to come keep it. Raises UnknownCreative, and Conflict while
        there are no findings.
        """
        row = _lock(session, key)
        found = session.get(tables.Analysis, (key.workspace_id, key.id))
        if found is None:
            raise Conflict("This creative has no findings yet; wait for its analysis.")
        session.add(
            tables.TopicCorrection(
                workspace_id=key.workspace_id, creative_id=key.id, predicted=mapping.predicted_topic(found), topic=topic
            )
        )
        with keeping_rollups(session, row.workspace_id, row.group_id, [row.id]):
            _apply_correction(session, row, found, topic)

    @transactional
    def request_analysis(self, session: Session, key: CreativeId) -> AnalysisRequested:
        row = _lock(session, key)
        if row.event_etag is None and row.etag is None:  # neither heard of nor read, as when its event was lost
            raise Conflict("The file of this creative has not arrived yet; upload it first.")
        return _ask_again(session, key.workspace_id, [row])[0]

    @transactional
    def request_group_analysis(self, session: Session, workspace_id: UUID, group_id: str) -> list[AnalysisRequested]:
        check_group(session, workspace_id, group_id)
        creative = tables.Creative
        rows = session.scalars(
            select(creative)
            .where(creative.workspace_id == workspace_id, creative.group_id == group_id)
            .where(creative.status.not_in(_UNFINISHED), func.coalesce(creative.event_etag, creative.etag).is_not(None))
            .order_by(creative.id)
            .with_for_update()
        ).all()
        return _ask_again(session, workspace_id, rows)

    @transactional
    def overdue(self, session: Session, before: datetime, limit: int) -> list[Overdue]:
        creative = tables.Creative
        rows = session.execute(
            select(
                creative.workspace_id,
                creative.id,
                creative.object_key,
                creative.revision,
                func.coalesce(creative.event_etag, creative.etag).is_not(None),
                creative.updated_at,
            )
            .where(creative.status.in_(_UNFINISHED), creative.updated_at < before)
            .order_by(creative.updated_at)
            .limit(limit)
        )
        return [
            Overdue(CreativeId(workspace_id, id_), key, revision, arrived, since)
            for workspace_id, id_, key, revision, arrived, since in rows
        ]

    def touch(self, keys: Iterable[CreativeId]) -> None:
        self._touch([(key.workspace_id, key.id) for key in keys])

    @transactional
    def _touch(self, session: Session, keys: Sequence[tuple[UUID, UUID]]) -> None:
        rows = _lock_all(session, keys)
        now = _now(session)
        for row in rows:
            row.updated_at = now

    @transactional
    def end_overdue(self, session: Session, key: CreativeId, revision: int, before: datetime, failure: Failure) -> bool:
        rows = _lock_all(session, [(key.workspace_id, key.id)])
        if not rows:
            return False
        row = rows[0]
        if row.revision != revision or row.status not in _UNFINISHED or row.updated_at >= before:
            return False
        _end_in_error(session, row, failure, etag=None)
        return True

    @transactional
    def report_bundle(self, session: Session, bundle: BundleInfo) -> None:
        values = {
            "name": bundle.name,
            "version": bundle.version,
            "engines": mapping.engines_json(bundle),
            "about": {stage.value: dict(about) for stage, about in bundle.about.items()},
        }
        session.execute(
            upsert(tables.ModelBundle)
            .values(checksum=bundle.checksum, **values)
            .on_conflict_do_update(index_elements=["checksum"], set_={**values, "reported_at": func.clock_timestamp()})
        )

    @transactional
    def delete_creatives(self, session: Session, workspace_id: UUID, ids: Sequence[UUID]) -> list[str]:
        """Forgets creatives with all that was found in them; unknown ids are passed over.

        Answers with the keys of their objects, for the caller to remove from the store.
        """
        rows = _lock_all(session, [(workspace_id, id_) for id_ in ids])
        for group_id in sorted({row.group_id for row in rows}):
            chosen = [row.id for row in rows if row.group_id == group_id]
            with keeping_rollups(session, workspace_id, group_id, chosen):
                session.execute(
                    delete(tables.Creative)
                    .where(tables.Creative.workspace_id == workspace_id, tables.Creative.id.in_(chosen))
                    .execution_options(synchronize_session=False)
                )
        return [row.object_key for row in rows]

    @transactional
    def rename_group(self, session: Session, workspace_id: UUID, group_id: str, name: str | None) -> None:
        """Gives a group a name, or takes it away. Raises UnknownGroup."""
        check_group(session, workspace_id, group_id)
        session.execute(
            update(tables.Group)
            .where(tables.Group.workspace_id == workspace_id, tables.Group.id == group_id)
            .values(name=name)
        )

    @transactional
    def delete_group(self, session: Session, workspace_id: UUID, group_id: str) -> list[str]:
        """Forgets a group, its creatives and its roll-ups. Answers with the keys of their objects.

        Raises UnknownGroup.
        """
        # Creatives before their group, as everybody who works on a creative locks them.
        keys = session.scalars(
            select(tables.Creative.object_key)
            .where(tables.Creative.workspace_id == workspace_id, tables.Creative.group_id == group_id)
            .order_by(tables.Creative.id)
            .with_for_update()
        ).all()
        gone = session.execute(
            delete(tables.Group)
            .where(tables.Group.workspace_id == workspace_id, tables.Group.id == group_id)
            .returning(tables.Group.id)
        ).all()
        if not gone:
            raise UnknownGroup(f"There is no group {group_id!r}.")
        return list(keys)


# --- locks ----------------------------------------------------------------------------------------------------------


def _lock_all(session: Session, keys: Sequence[tuple[UUID, UUID]]) -> Sequence[tables.Creative]:
    """The rows of those creatives that exist, locked in an order that is everybody's."""
    if not keys:
        return []
    creative = tables.Creative
    return session.scalars(
        select(creative)
        .where(tuple_(creative.workspace_id, creative.id).in_(keys))
        .order_by(creative.workspace_id, creative.id)
        .with_for_update()
    ).all()


def _lock(session: Session, key: CreativeId) -> tables.Creative:
    rows = _lock_all(session, [(key.workspace_id, key.id)])
    if not rows:
        raise UnknownCreative(f"There is no creative {key.id}.")
    return rows[0]


def _lock_for(session: Session, event: Event) -> tables.Creative:
    """The row that an event is about. Raises UnknownCreative, also when the object is none that we asked for."""
    if isinstance(event, AnalysisRequested):
        return _lock(session, event.creative)
    try:
        key, _ = parse_object_key(event.key)
    except InvalidValue as error:
        raise UnknownCreative(str(error)) from error
    row = _lock(session, key)
    if row.object_key != event.key:
        raise UnknownCreative(f"{event.key!r} is not where the file of the creative {key.id} belongs.")
    return row


def _lock_claimed(session: Session, claim: Claim) -> tables.Creative | None:
    """The row, while the claim is the one that holds it."""
    rows = _lock_all(session, [(claim.key.workspace_id, claim.key.id)])
    return rows[0] if rows and rows[0].claim_token == claim.token else None


def _now(session: Session) -> datetime:
    """The database's clock, which all workers share; not `now()`, which stood still while we waited for a lock."""
    return session.scalars(select(func.clock_timestamp(type_=DateTime(timezone=True)))).one()


# --- decisions ------------------------------------------------------------------------------------------------------


def _wanted(row: tables.Creative, event: Event) -> bool:
    """Whether the event asks for an analysis that has not ended. Notes what the event says about the object.

    Sequencers order the events of one object; stores that give all of them the same one are told apart by the etag.
    """
    ended = row.analysed_revision >= row.revision
    if isinstance(event, AnalysisRequested):
        return event.revision == row.revision and not ended

    order, known = sequencer_order(event.sequencer), row.sequencer or ""
    if order < known:
        return False
    heard_again = order == known and event.etag == row.event_etag
    read_already = event.etag == row.etag
    new_content = row.event_etag is not None and event.etag != row.event_etag
    row.sequencer, row.event_etag = order, event.etag
    if ended and (heard_again or read_already):
        return False
    if ended or new_content:
        row.revision += 1
    return True


def _taken(row: tables.Creative, claimant: str, now: datetime) -> bool:
    """Whether somebody else is at what is to be done now, and still has time for it."""
    return (
        row.claimed_revision == row.revision
        and row.claimant != claimant
        and row.claim_expires_at is not None
        and row.claim_expires_at > now
    )


# --- changes --------------------------------------------------------------------------------------------------------


def _clear_claim(row: tables.Creative) -> None:
    row.claim_token = row.claimant = row.claimed_revision = row.claim_expires_at = None


def _ask_again(session: Session, workspace_id: UUID, rows: Sequence[tables.Creative]) -> list[AnalysisRequested]:
    now = _now(session)
    for row in rows:
        _clear_claim(row)
        row.revision += 1
        row.status = Status.PENDING
        row.failure_code = row.failure_reason = None
        row.updated_at = now
    run = tables.StageRun
    session.execute(delete(run).where(run.workspace_id == workspace_id, run.creative_id.in_([row.id for row in rows])))
    return [AnalysisRequested(CreativeId(workspace_id, row.id), row.revision) for row in rows]


def _end(row: tables.Creative, failure: Failure | None, etag: str | None, now: datetime) -> None:
    """`etag` is that of the bytes that were read; None when none were, so that the next upload counts as new."""
    _clear_claim(row)
    row.status = Status.SUCCESS if failure is None else Status.ERROR
    row.failure_code = failure.code if failure else None
    row.failure_reason = failure.reason if failure else None
    row.analysed_revision = row.revision
    row.etag = etag
    row.updated_at = now


def _end_in_error(session: Session, row: tables.Creative, failure: Failure, etag: str | None) -> None:
    _end(row, failure, etag, _now(session))
    session.execute(
        update(tables.StageRun)
        .where(*_children(tables.StageRun, row), tables.StageRun.state == StageState.PROCESSING.value)
        .values(state=StageState.ERROR.value, reason=failure.reason)
    )
    _note_end(session, row)


def _note_end(session: Session, row: tables.Creative) -> None:
    """What the workspace's webhooks are told: that it ended and how, not what was found."""
    event = EventType.CREATIVE_DONE if row.status == Status.SUCCESS else EventType.CREATIVE_FAILED
    failure = (
        {"code": row.failure_code, "reason": tables.storable(row.failure_reason or "")} if row.failure_code else None
    )
    data = {
        "creative_id": str(row.id),
        "group_id": row.group_id,
        "filename": row.filename,
        "status": str(row.status),
        "revision": row.revision,
        "failure": failure,
    }
    note(session, row.workspace_id, event, data)


def _replace_findings(session: Session, row: tables.Creative, analysis: Analysis) -> None:
    earlier = session.execute(
        delete(tables.Analysis).where(*_children(tables.Analysis, row)).returning(tables.Analysis.revision)
    ).first()
    words = meaningful_words(session, distinct_words(block.text for block in analysis.text or ()))
    for table, values in mapping.analysis_rows(row, analysis, words).items():
        if earlier is not None or table is tables.StageRun:
            session.execute(delete(table).where(*_children(table, row)))
        if values:
            session.execute(insert(table), values)
    store_facts(
        session,
        row.workspace_id,
        row.id,
        row.filename,
        Found.of(analysis),
        topic=analysis.topic.topic if analysis.topic else None,
        topic_confidence=round(analysis.topic.confidence, 6) if analysis.topic else None,
        width=analysis.facts.width,
        height=analysis.facts.height,
    )
    correction = tables.TopicCorrection
    said = session.scalars(
        select(correction.topic).where(*_children(correction, row)).order_by(correction.id.desc()).limit(1)
    ).one_or_none()
    if said is not None:
        found = session.get_one(tables.Analysis, (row.workspace_id, row.id), populate_existing=True)
        _apply_correction(session, row, found, said)


def _apply_correction(session: Session, row: tables.Creative, found: tables.Analysis, topic: str) -> None:
    """Somebody said so: there is no more doubt. What the model scored stays for who wants to learn from it."""
    found.topic, found.topic_confidence, found.topic_corrected = topic, 1.0, True
    found.topic_scores, found.topic_evidence = found.topic_scores or {}, found.topic_evidence or []
    session.execute(update(tables.Facts).where(*_children(tables.Facts, row)).values(topic=topic, topic_confidence=1.0))


def _children(table: Any, row: tables.Creative) -> tuple[Any, Any]:
    return table.workspace_id == row.workspace_id, table.creative_id == row.id
