"""Creatives and their groups in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from adlens.domain.analysis import Analysis, BundleInfo, Decision, Stage, StageRun, TopicPrediction
from adlens.domain.analytics import NOTHING, Analytics
from adlens.domain.creative import (
    Creative,
    CreativeId,
    CreativeProgress,
    CreativeSummary,
    GroupSummary,
    NewCreative,
    Status,
    object_key,
)
from adlens.domain.errors import Conflict, UnknownCreative, UnknownGroup
from adlens.domain.events import AnalysisRequested
from adlens.domain.gallery import CreativeFilter
from adlens.domain.paging import Page
from adlens.domain.ports.analytics import OverviewQueries
from adlens.domain.ports.creatives import CreativeQueries, CreativeRepository, GroupQueries, RequestedAnalyses
from adlens.domain.ports.health import BundleQueries
from adlens.testing.paging import page_of
from adlens.testing.storage import CanBeDown, MemoryStore

UPLOADED = datetime(2026, 3, 1, 10, 15, 2, tzinfo=UTC)
"""When the first creative was uploaded; each later one is a microsecond younger."""


@dataclass
class MemoryCreatives(CanBeDown, CreativeRepository, CreativeQueries, GroupQueries, OverviewQueries, BundleQueries):
    """`store` says which files have arrived. `figures` are those of every group and workspace."""

    store: MemoryStore = field(default_factory=MemoryStore)
    rows: dict[CreativeId, Creative] = field(default_factory=dict)
    names: dict[tuple[UUID, str], str | None] = field(default_factory=dict)
    bundle: BundleInfo | None = None
    figures: Analytics = NOTHING

    def add(self, workspace_id: UUID, group_id: str, **changes: Any) -> Creative:
        """A new creative: PENDING, but for what `changes` say."""
        key = CreativeId(workspace_id, changes.pop("id", None) or uuid4())
        fields: dict[str, Any] = {
            "filename": "mug.jpg",
            "status": Status.PENDING,
            "uploaded_at": UPLOADED + timedelta(microseconds=len(self.rows)),
            "revision": 1,
            "size": 70478,
            "facts": None,
            "stages": (),
            "failure": None,
            "analysis": None,
            **changes,
        }
        row = Creative(key=key, group_id=group_id, object_key=object_key(key, group_id), **fields)
        self.rows[key] = row
        return row

    def of_workspace(self, workspace_id: UUID) -> list[Creative]:
        """In the order they were given."""
        self.ping()
        return [row for key, row in self.rows.items() if key.workspace_id == workspace_id]

    def of_group(self, workspace_id: UUID, group_id: str) -> list[Creative]:
        """The same of a group. Raises UnknownGroup."""
        rows = [row for row in self.of_workspace(workspace_id) if row.group_id == group_id]
        if not rows:
            raise UnknownGroup(f"There is no group {group_id!r}.")
        return rows

    # --- CreativeRepository ---

    def register(
        self, workspace_id: UUID, group_id: str, creatives: Sequence[NewCreative], group_name: str | None = None
    ) -> None:
        self.ping()
        for new in creatives:
            known = self.rows.get(CreativeId(workspace_id, new.id))
            if known and known.group_id != group_id:
                raise Conflict(f"The creative {new.id} is in another group already; ids are used once.")
        for new in creatives:
            if CreativeId(workspace_id, new.id) not in self.rows:
                self.add(workspace_id, group_id, id=new.id, filename=new.filename, size=new.size)
        if group_name is not None:
            self.names[workspace_id, group_id] = group_name

    def rename_group(self, workspace_id: UUID, group_id: str, name: str | None) -> None:
        self.of_group(workspace_id, group_id)
        self.names[workspace_id, group_id] = name

    def correct_topic(self, key: CreativeId, topic: str) -> None:
        row = self.creative(key.workspace_id, key.id)
        if row.analysis is None or row.analysis.topic is None:
            raise Conflict("This creative has no findings yet; wait for its analysis.")
        self._replace_topic(row, row.analysis, replace(row.analysis.topic, topic=topic, confidence=1.0, corrected=True))

    def take_back_correction(self, key: CreativeId) -> None:
        row = self.creative(key.workspace_id, key.id)
        if row.analysis is None or row.analysis.topic is None:
            return
        scores = row.analysis.topic.scores
        best = max(scores, key=lambda topic: scores[topic])
        topic = replace(row.analysis.topic, topic=best, confidence=scores[best], corrected=False)
        self._replace_topic(row, row.analysis, topic)

    def _replace_topic(self, row: Creative, analysis: Analysis, topic: TopicPrediction) -> None:
        self.rows[row.key] = replace(row, analysis=replace(analysis, topic=topic))

    def request_analysis(self, key: CreativeId) -> AnalysisRequested:
        row = self.creative(key.workspace_id, key.id)
        if row.object_key not in self.store.objects:
            raise Conflict("The file of this creative has not arrived yet; upload it first.")
        self.rows[key] = replace(row, revision=row.revision + 1, status=Status.PENDING)
        return AnalysisRequested(key, row.revision + 1)

    def request_analyses(
        self, workspace_id: UUID, chosen: CreativeFilter, outdated: bool, limit: int, after: UUID | None = None
    ) -> RequestedAnalyses:
        """Of the groups that `chosen` names, or of all; each is outdated."""
        for group_id in chosen.group_ids:
            self.of_group(workspace_id, group_id)
        keys = sorted(
            row.key.id
            for row in self.of_workspace(workspace_id)
            if row.group_id in (chosen.group_ids or (row.group_id,))
            and row.status.ended
            and row.object_key in self.store.objects
            and (after is None or row.key.id > after)
        )[:limit]
        requests = tuple(self.request_analysis(CreativeId(workspace_id, id_)) for id_ in keys)
        return RequestedAnalyses(requests, keys[-1] if len(keys) == limit else None)

    def delete_creatives(self, workspace_id: UUID, ids: Sequence[UUID]) -> list[str]:
        self.ping()
        keys = [CreativeId(workspace_id, id_) for id_ in ids]
        return [self.rows.pop(key).object_key for key in keys if key in self.rows]

    def delete_group(self, workspace_id: UUID, group_id: str) -> list[str]:
        return self.delete_creatives(workspace_id, [row.key.id for row in self.of_group(workspace_id, group_id)])

    # --- CreativeQueries and GroupQueries ---

    def creative(self, workspace_id: UUID, creative_id: UUID) -> Creative:
        self.ping()
        try:
            return self.rows[CreativeId(workspace_id, creative_id)]
        except KeyError:
            raise UnknownCreative(f"There is no creative {creative_id}.") from None

    def summary(self, workspace_id: UUID, creative_id: UUID) -> CreativeSummary:
        return summary_of(self.creative(workspace_id, creative_id))

    def groups(
        self, workspace_id: UUID, limit: int, cursor: str | None = None, search: str | None = None
    ) -> Page[GroupSummary]:
        ids = dict.fromkeys(row.group_id for row in self.of_workspace(workspace_id))
        groups = [self.group(workspace_id, id_) for id_ in ids if (search or "") in id_]
        return page_of(groups[::-1], limit, cursor)

    def group(self, workspace_id: UUID, group_id: str) -> GroupSummary:
        rows = [summary_of(row) for row in self.of_group(workspace_id, group_id)]
        return GroupSummary(
            group_id,
            self.names.get((workspace_id, group_id)),
            len(rows),
            rows[0].uploaded_at,
            Counter(row.status for row in rows),
            tuple(
                (topic, count, sum(row.topic == topic and row.topic_decision is Decision.UNSURE for row in rows))
                for topic, count in Counter(row.topic for row in rows if row.topic).most_common()
            ),
            {"red": 150.0, "white": 50.0},
        )

    def creatives(
        self, workspace_id: UUID, group_id: str, limit: int, cursor: str | None = None
    ) -> Page[CreativeSummary]:
        return page_of([summary_of(row) for row in self.of_group(workspace_id, group_id)], limit, cursor)

    def progress(
        self, workspace_id: UUID, group_id: str, limit: int, cursor: str | None = None
    ) -> Page[CreativeProgress]:
        return page_of([_progress_of(row) for row in self.of_group(workspace_id, group_id)], limit, cursor)

    def by_status(self, workspace_id: UUID, group_id: str) -> Mapping[Status, int]:
        return Counter(row.status for row in self.of_group(workspace_id, group_id))

    # --- OverviewQueries and BundleQueries ---

    def group_analytics(self, workspace_id: UUID, group_id: str) -> Analytics:
        self.of_group(workspace_id, group_id)
        return self.figures

    def workspace_analytics(self, workspace_id: UUID) -> Analytics:
        self.ping()
        return self.figures

    def latest_bundle(self) -> BundleInfo | None:
        self.ping()
        return self.bundle


def summary_of(row: Creative) -> CreativeSummary:
    topic = row.analysis.topic if row.analysis else None
    return CreativeSummary(
        row.key.id,
        row.group_id,
        row.filename,
        row.object_key,
        row.status,
        row.uploaded_at,
        row.size,
        row.facts,
        row.stages,
        row.failure,
        topic.topic if topic else None,
        topic.confidence if topic else None,
        topic.decision if topic else None,
        row.analysis is not None,
    )


def _progress_of(creative: Creative) -> CreativeProgress:
    row = summary_of(creative)
    runs = {run.stage: run for run in row.stages}
    stages = tuple(runs.get(stage) or StageRun(stage) for stage in Stage)
    return CreativeProgress(
        row.id, row.filename, row.status, stages, row.failure, row.topic, row.topic_confidence, row.topic_decision
    )
