"""Writes of creatives and their analyses: two ports on PostgreSQL.

Every method is one transaction. It locks the row of a creative first, the roll-ups of its group after that.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine, delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from adlens.domain.analysis import Analysis, BundleInfo, StageRun
from adlens.domain.creative import (
    Claim,
    CreativeId,
    Failure,
    NewCreative,
    Status,
    check_group_id,
    object_key,
    stage_failure,
)
from adlens.domain.errors import Conflict, TransientError, UnknownCreative, UnknownGroup
from adlens.domain.events import AnalysisRequested, Event, ObjectCreated
from adlens.domain.gallery import CreativeFilter
from adlens.domain.ports.creatives import Overdue, RequestedAnalyses
from adlens.persistence import mapping, schema
from adlens.persistence.analytics.rollups import count_new, keeping_rollups
from adlens.persistence.checks import check_group, lock_exports
from adlens.persistence.creatives import turns
from adlens.persistence.creatives.findings import apply_correction, replace_findings, restore_prediction, rows_of
from adlens.persistence.creatives.locks import database_time, lock_all, lock_claimed, lock_creative, lock_for_event
from adlens.persistence.creatives.reanalysis import UNFINISHED, request_page
from adlens.persistence.creatives.removals import cancel_removals, delete_rows, schedule_removals
from adlens.persistence.creatives.states import (
    accept_event,
    clear_claim,
    end_analysis,
    end_in_error,
    enqueue_end_event,
    ensure_waiting,
    is_held_by_another,
    request_again,
)
from adlens.persistence.creatives.traces import remove_traces
from adlens.persistence.creatives.trash import is_trashed
from adlens.persistence.search.facts import index_filenames
from adlens.persistence.session import transactional
from adlens.persistence.workspaces.limits import count_uploads
from adlens.persistence.workspaces.settings import read_settings


class PostgresCreatives:
    """Implements `CreativeRepository` and `AnalysisRepository` of `adlens.domain.ports.creatives`."""

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
        group = upsert(schema.Group).values(workspace_id=workspace_id, id=group_id, name=group_name)
        session.execute(
            group.on_conflict_do_nothing()
            if group_name is None
            else group.on_conflict_do_update(index_elements=["workspace_id", "id"], set_={"name": group.excluded.name})
        )
        if not creatives:
            return
        now = database_time(session)
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
            upsert(schema.Creative)
            .values(sorted(rows, key=lambda row: row["id"]))
            .on_conflict_do_nothing()
            .returning(schema.Creative.id)
        ).all()
        elsewhere = session.scalars(
            select(schema.Creative.id).where(
                schema.Creative.workspace_id == workspace_id,
                schema.Creative.id.in_([creative.id for creative in creatives]),
                schema.Creative.group_id != group_id,
            )
        ).first()
        if elsewhere is not None:
            raise Conflict(f"The creative {elsewhere} is in another group already; ids are used once.")
        cancel_removals(session, workspace_id, [object_key(CreativeId(workspace_id, id_), group_id) for id_ in made])
        names = {creative.id: creative.filename for creative in creatives}
        index_filenames(session, workspace_id, {id_: names[id_] for id_ in made})
        count_new(session, workspace_id, group_id, made)
        if made:
            sizes = {creative.id: creative.size for creative in creatives}
            count_uploads(session, workspace_id, len(made), sum(sizes[id_] or 0 for id_ in made))

    def arrive(self, objects: Iterable[ObjectCreated]) -> list[AnalysisRequested]:
        """In the order of their keys, so that two calls never deadlock."""
        return self._arrive(sorted(objects, key=lambda created: created.key))

    @transactional
    def _arrive(self, session: Session, objects: Sequence[ObjectCreated]) -> list[AnalysisRequested]:
        waiting: dict[UUID, dict[UUID, int]] = {}
        for created in objects:
            try:
                row = lock_for_event(session, created)
            except UnknownCreative:
                continue
            if not accept_event(row, created):
                continue
            if row.claim_token and row.claimed_revision != row.revision:  # it works on the content of before
                clear_claim(row)
                row.status = Status.PENDING
            waiting.setdefault(row.workspace_id, {})[row.id] = row.revision
        for workspace_id, revisions in waiting.items():
            turns.enqueue(session, workspace_id, revisions, again=False)
        return [
            AnalysisRequested(CreativeId(workspace_id, id_), revision)
            for workspace_id, revisions in waiting.items()
            for id_, revision in revisions.items()
        ]

    @transactional
    def take_turn(
        self, session: Session, request: AnalysisRequested, claimant: str, lease_seconds: float
    ) -> AnalysisRequested | None:
        ensure_waiting(session, request)
        turn = turns.take(session, claimant, timedelta(seconds=lease_seconds))
        if turn is None and turns.waits(session, request):
            raise TransientError("Another message has this creative.")
        return turn

    @transactional
    def claim(self, session: Session, event: Event, claimant: str, lease_seconds: float) -> Claim | None:
        row = lock_for_event(session, event)
        now = database_time(session)
        if not accept_event(row, event):
            if isinstance(event, AnalysisRequested):
                turns.forget(session, row.workspace_id, row.id, event.revision)
            return None
        if is_held_by_another(row, claimant, now):
            return None
        row.status = Status.PROCESSING
        row.failure_code = row.failure_reason = None
        row.claim_token, row.claimant, row.claimed_revision = uuid.uuid4(), claimant, row.revision
        row.claim_expires_at = now + timedelta(seconds=lease_seconds)
        row.updated_at = now
        session.execute(delete(schema.StageRun).where(*rows_of(schema.StageRun, row)))
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
    def record_stages(self, session: Session, claim: Claim, runs: Sequence[StageRun]) -> None:
        row = lock_claimed(session, claim)
        if row is None or not runs:
            return
        row.updated_at = database_time(session)
        stages = upsert(schema.StageRun).values([mapping.stage_row(row, run) for run in runs])
        changes = {name: stages.excluded[name] for name in ("state", "started_at", "seconds", "reason")}
        session.execute(
            stages.on_conflict_do_update(index_elements=["workspace_id", "creative_id", "stage"], set_=changes)
        )

    @transactional
    def complete(self, session: Session, claim: Claim, analysis: Analysis, etag: str) -> bool:
        row = lock_claimed(session, claim)
        if row is None:
            return False
        with keeping_rollups(session, row.workspace_id, row.group_id, [row.id]):
            for name, value in mapping.facts_columns(analysis.facts).items():
                setattr(row, name, value)
            row.size = analysis.facts.bytes
            row.has_preview = True
            end_analysis(session, row, stage_failure(analysis), etag)
            replace_findings(session, row, analysis)
        enqueue_end_event(session, row)
        return True

    @transactional
    def fail(self, session: Session, claim: Claim, failure: Failure, etag: str | None) -> bool:
        row = lock_claimed(session, claim)
        if row is None:
            return False
        end_in_error(session, row, failure, etag)
        return True

    @transactional
    def release(self, session: Session, claim: Claim) -> None:
        row = lock_claimed(session, claim)
        if row is None:
            return
        clear_claim(row)
        row.status = Status.PENDING
        row.updated_at = database_time(session)
        turns.keep(session, row.workspace_id, row.id)
        session.execute(delete(schema.StageRun).where(*rows_of(schema.StageRun, row)))

    @transactional
    def release_all(self, session: Session) -> int:
        creative, run = schema.Creative, schema.StageRun
        released = session.execute(
            update(creative)
            .where(creative.status == Status.PROCESSING)
            .values(
                status=Status.PENDING.value,
                claim_token=None,
                claimant=None,
                claimed_revision=None,
                claim_expires_at=None,
                updated_at=func.clock_timestamp(),
            )
            .returning(creative.workspace_id, creative.id)
        ).all()
        session.execute(
            delete(run).where(tuple_(run.workspace_id, run.creative_id).in_([tuple(key) for key in released]))
        )
        turns.free_all(session)
        return len(released)

    @transactional
    def fail_unfinished(self, session: Session, event: Event, claimant: str, failure: Failure) -> bool:
        event = turns.taken(session, claimant) or event
        row = lock_for_event(session, event)
        if not accept_event(row, event) or is_held_by_another(row, claimant, database_time(session)):
            return False
        end_in_error(session, row, failure, etag=None)
        return True

    @transactional
    def correct_topic(self, session: Session, key: CreativeId, topic: str) -> None:
        """Sets the topic of a creative; later analyses keep it. Raises UnknownCreative, and Conflict while there are no
        findings.
        """
        row = lock_creative(session, key)
        found = session.get(schema.Analysis, (key.workspace_id, key.id))
        if found is None:
            raise Conflict("This creative has no findings yet; wait for its analysis.")
        session.add(
            schema.TopicCorrection(
                workspace_id=key.workspace_id, creative_id=key.id, predicted=mapping.predicted_topic(found), topic=topic
            )
        )
        with keeping_rollups(session, row.workspace_id, row.group_id, [row.id]):
            apply_correction(session, row, found, topic)

    @transactional
    def take_back_correction(self, session: Session, key: CreativeId) -> None:
        """Restores the topic of the model; changes nothing without a correction. Raises UnknownCreative."""
        row = lock_creative(session, key)
        found = session.get(schema.Analysis, (key.workspace_id, key.id))
        if found is None or not found.topic_corrected:
            return
        session.add(
            schema.TopicCorrection(
                workspace_id=key.workspace_id, creative_id=key.id, predicted=mapping.predicted_topic(found), topic=None
            )
        )
        with keeping_rollups(session, row.workspace_id, row.group_id, [row.id]):
            restore_prediction(session, row, found)

    @transactional
    def request_analysis(self, session: Session, key: CreativeId) -> AnalysisRequested:
        row = lock_creative(session, key)
        if row.event_etag is None and row.etag is None:  # neither heard of nor read, as when its event was lost
            raise Conflict("The file of this creative has not arrived yet; upload it first.")
        return request_again(session, key.workspace_id, [row])[0]

    @transactional
    def request_analyses(
        self,
        session: Session,
        workspace_id: UUID,
        filters: CreativeFilter,
        outdated: bool,
        limit: int,
        after: UUID | None = None,
    ) -> RequestedAnalyses:
        return request_page(session, workspace_id, filters, outdated, limit, after)

    @transactional
    def overdue(
        self, session: Session, missing: datetime, lost: datetime, limit: int, after: Overdue | None = None
    ) -> list[Overdue]:
        creative = schema.Creative
        arrived = func.coalesce(creative.event_etag, creative.etag).is_not(None)
        order = (creative.updated_at, creative.workspace_id, creative.id)
        statement = (
            select(creative.workspace_id, creative.id, creative.object_key, creative.revision, arrived, order[0])
            .where(creative.status.in_(UNFINISHED), creative.updated_at < missing, creative.trashed_at.is_(None))
            .where(~arrived | (creative.updated_at < lost))
            .order_by(*order)
            .limit(limit)
        )
        if after is not None:
            statement = statement.where(tuple_(*order) > (after.since, after.key.workspace_id, after.key.id))
        rows = session.execute(statement)
        return [
            Overdue(CreativeId(workspace_id, id_), key, revision, arrived, since)
            for workspace_id, id_, key, revision, arrived, since in rows
        ]

    def touch(self, keys: Iterable[CreativeId]) -> None:
        self._touch([(key.workspace_id, key.id) for key in keys])

    @transactional
    def _touch(self, session: Session, keys: Sequence[tuple[UUID, UUID]]) -> None:
        rows = lock_all(session, keys)
        now = database_time(session)
        for row in rows:
            row.updated_at = now

    @transactional
    def end_overdue(self, session: Session, key: CreativeId, revision: int, before: datetime, failure: Failure) -> bool:
        rows = lock_all(session, [(key.workspace_id, key.id)])
        if not rows:
            return False
        row = rows[0]
        if row.revision != revision or row.status not in UNFINISHED or row.updated_at >= before:
            return False
        end_in_error(session, row, failure, etag=None)
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
            upsert(schema.ModelBundle)
            .values(checksum=bundle.checksum, **values)
            .on_conflict_do_update(index_elements=["checksum"], set_={**values, "reported_at": func.clock_timestamp()})
        )

    @transactional
    def exists(self, session: Session, key: CreativeId) -> bool:
        creative = schema.Creative
        kept = (creative.workspace_id == key.workspace_id) | is_trashed(key.workspace_id)
        return session.scalars(select(creative.id).where(creative.id == key.id, kept)).first() is not None

    @transactional
    def delete_creatives(self, session: Session, workspace_id: UUID, ids: Sequence[UUID]) -> list[str]:
        lock_exports(session, workspace_id, shared=True)
        rows = lock_all(session, [(workspace_id, id_) for id_ in ids])
        remove_traces(session, workspace_id, {row.id: row.filename for row in rows})
        delete_rows(session, workspace_id, rows)
        keys = [row.object_key for row in rows]
        schedule_removals(session, workspace_id, keys)
        return keys

    @transactional
    def rename_group(self, session: Session, workspace_id: UUID, group_id: str, name: str | None) -> None:
        """Sets the name of a group; None removes it. Raises UnknownGroup."""
        check_group(session, workspace_id, group_id)
        session.execute(
            update(schema.Group)
            .where(schema.Group.workspace_id == workspace_id, schema.Group.id == group_id)
            .values(name=name)
        )

    @transactional
    def delete_group(self, session: Session, workspace_id: UUID, group_id: str) -> list[str]:
        lock_exports(session, workspace_id, shared=True)
        # Creatives before their group: all transactions lock them in this order.
        rows = session.execute(
            select(schema.Creative.id, schema.Creative.filename, schema.Creative.object_key)
            .where(schema.Creative.workspace_id == workspace_id, schema.Creative.group_id == group_id)
            .order_by(schema.Creative.id)
            .with_for_update()
        ).all()
        remove_traces(session, workspace_id, {row.id: row.filename for row in rows})
        gone = session.execute(
            delete(schema.Group)
            .where(schema.Group.workspace_id == workspace_id, schema.Group.id == group_id)
            .returning(schema.Group.id)
        ).all()
        if not gone:
            raise UnknownGroup(f"There is no group {group_id!r}.")
        keys = [row.object_key for row in rows]
        schedule_removals(session, workspace_id, keys)
        return keys
