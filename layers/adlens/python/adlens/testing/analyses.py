"""What a worker does to creatives, remembered instead of done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from uuid import uuid4

from adlens.domain.analysis import Analysis, BundleInfo, StageRun
from adlens.domain.creative import Claim, CreativeId, Failure
from adlens.domain.errors import UnknownCreative
from adlens.domain.events import AnalysisRequested, Event, ObjectCreated
from adlens.domain.ports.creatives import AnalysisRepository, Overdue


@dataclass
class RecordingAnalyses(AnalysisRepository):
    """`known` holds the creatives that a claim succeeds for, with the keys of their objects; `void` voids every claim,
    and `turns` come before those of the requests."""

    known: dict[CreativeId, str] = field(default_factory=dict)
    turns: list[AnalysisRequested | None] = field(default_factory=list)
    void: bool = False
    nothing_to_do: bool = False
    stages: list[StageRun] = field(default_factory=list)
    completed: list[tuple[Analysis, str]] = field(default_factory=list)
    failed: list[tuple[Failure, str | None]] = field(default_factory=list)
    released: int = 0
    waiting: list[Overdue] = field(default_factory=list)
    ended: list[tuple[CreativeId, Failure]] = field(default_factory=list)
    touched: list[CreativeId] = field(default_factory=list)
    bundles: list[BundleInfo] = field(default_factory=list)

    def arrive(self, objects: Iterable[ObjectCreated]) -> list[AnalysisRequested]:
        return [
            AnalysisRequested(key, 1) for created in objects for key, path in self.known.items() if path == created.key
        ]

    def take_turn(self, request: AnalysisRequested, claimant: str, lease_seconds: float) -> AnalysisRequested | None:
        return self.turns.pop(0) if self.turns else request

    def claim(self, event: Event, claimant: str, lease_seconds: float) -> Claim | None:
        if not isinstance(event, AnalysisRequested):
            raise UnknownCreative(event.key)
        if event.creative not in self.known:
            raise UnknownCreative("unknown")
        if self.nothing_to_do:
            return None
        return Claim(event.creative, "g", self.known[event.creative], event.revision, uuid4(), 3, 2)

    def record_stages(self, claim: Claim, runs: Sequence[StageRun]) -> None:
        self.stages.extend(runs)

    def complete(self, claim: Claim, analysis: Analysis, etag: str) -> bool:
        if not self.void:
            self.completed.append((analysis, etag))
        return not self.void

    def fail(self, claim: Claim, failure: Failure, etag: str | None) -> bool:
        if not self.void:
            self.failed.append((failure, etag))
        return not self.void

    def release(self, claim: Claim) -> None:
        self.released += 1

    def fail_unfinished(self, event: Event, claimant: str, failure: Failure) -> bool:
        if not isinstance(event, AnalysisRequested):
            raise UnknownCreative(event.key)
        self.ended.append((event.creative, failure))
        return not self.void

    def overdue(self, missing: datetime, lost: datetime, limit: int, after: Overdue | None = None) -> list[Overdue]:
        start = 0 if after is None else self.waiting.index(after) + 1
        listed = (one for one in self.waiting[start:] if one.since < (lost if one.arrived else missing))
        return list(islice(listed, limit))

    def touch(self, keys: Iterable[CreativeId]) -> None:
        self.touched.extend(keys)

    def end_overdue(self, key: CreativeId, revision: int, before: datetime, failure: Failure) -> bool:
        self.ended.append((key, failure))
        return True

    def exists(self, key: CreativeId) -> bool:
        return key in self.known

    def report_bundle(self, bundle: BundleInfo) -> None:
        self.bundles.append(bundle)

    def release_all(self) -> int:
        return 0
