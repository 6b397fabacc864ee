"""The use cases of exports: what becomes of a file when the world does not play along."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from adlens.domain.creative import Creative, CreativeId, Failure, Status
from adlens.domain.errors import MalformedEvent, TransientError, UnknownGroup
from adlens.domain.exports import (
    ExportClaim,
    ExportedFile,
    ExportFormat,
    ExportId,
    ExportOrder,
    Snapshot,
    export_request,
    is_export_request,
    parse_export_request,
)
from adlens.domain.gallery import CreativeFilter
from adlens.domain.ports.exports import CreativeReader, ExportJobRepository, ExportRepository, ExportStore, Sink
from adlens.services.end_unfinished import EXPORT_GAVE_UP, EndDeadExport
from adlens.services.request_export import RequestExport
from adlens.services.write_export import CREATIVES_PER_REPORT, NO_SPACE, NO_TIME, ExportOutcome, WriteExport

KEY = ExportId(uuid4(), uuid4())
ORDER = ExportOrder(ExportFormat.JSONL)


@dataclass
class Exports(ExportRepository, ExportJobRepository):
    """Remembers what was asked of it. The claim holds for `reports` reports, then it is void."""

    claimable: bool = True
    reports: int = 1000
    unreachable_at_the_end: bool = False
    recorded: dict[ExportId, ExportOrder] = field(default_factory=dict)
    progressed: list[tuple[int, int]] = field(default_factory=list)
    written: list[UUID] = field(default_factory=list)
    completed: list[ExportedFile] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    released: int = 0

    def record(self, key: ExportId, order: ExportOrder) -> None:
        self.recorded[key] = order

    def delete(self, key: ExportId) -> bool:
        return self.recorded.pop(key, None) is not None

    def claim(self, key: ExportId, claimant: str, lease_seconds: float) -> ExportClaim | None:
        return ExportClaim(key, ORDER, UUID(int=7)) if self.claimable else None

    def progress(self, claim: ExportClaim, done: int, total: int, creative_ids: Sequence[UUID] = ()) -> bool:
        self.progressed.append((done, total))
        self.written += creative_ids
        return len(self.progressed) <= self.reports

    def complete(self, claim: ExportClaim, file: ExportedFile) -> bool:
        if self.unreachable_at_the_end:
            raise TransientError("The database is away.")
        self.completed.append(file)
        return len(self.progressed) <= self.reports and self.reports > 0

    def fail(self, claim: ExportClaim, failure: Failure) -> bool:
        self.failed.append(failure)
        return True

    def release(self, claim: ExportClaim) -> None:
        self.released += 1

    def fail_unfinished(self, key: ExportId, claimant: str, failure: Failure) -> bool:
        self.failed.append(failure)
        return True


@dataclass
class Creatives(CreativeReader):
    count: int = 3
    error: Exception | None = None

    @contextmanager
    def snapshot(self, workspace_id: UUID, chosen: CreativeFilter, with_embeddings: bool) -> Iterator[Snapshot]:
        if self.error:
            raise self.error
        yield Snapshot(self.count, (self._creative(number) for number in range(self.count)))

    def _creative(self, number: int) -> Creative:
        key = CreativeId(KEY.workspace_id, UUID(int=number))
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        return Creative(key, "grp", f"{number}", "key", Status.PENDING, moment, 1, None, None, (), None, None)


@dataclass
class Store(ExportStore):
    error: Exception | None = None
    objects: dict[str, bytes] = field(default_factory=dict)

    def put_file(self, key: str, path: Path, content_type: str) -> None:
        if self.error:
            raise self.error
        self.objects[key] = path.read_bytes()

    def delete(self, keys: list[str]) -> None:
        for key in keys:
            del self.objects[key]


def names(creatives: Iterable[Creative], sink: Sink, order: ExportOrder) -> int:
    return sum(bool(sink.write(f"{creative.filename}\n".encode())) for creative in creatives)


def writing(
    exports: Exports, creatives: Creatives | None = None, store: Store | None = None, **changes: Any
) -> ExportOutcome:
    writers = {ExportFormat.JSONL: changes.get("writer", names)}
    use = WriteExport(exports, creatives or Creatives(), store or Store(), writers)
    return use(KEY, "message", changes.get("seconds", 900))


def test_a_file_is_written_stored_and_told() -> None:
    exports, store = Exports(), Store()
    assert writing(exports, store=store) is ExportOutcome.WRITTEN
    ((key, data),) = store.objects.items()
    assert data == b"0\n1\n2\n"
    assert exports.completed == [ExportedFile(key, 3, 6, hashlib.sha256(data).hexdigest())]
    assert exports.progressed == [(0, 3), (3, 3)]
    assert key == f"{KEY.workspace_id}/{KEY.id}/{UUID(int=7)}.jsonl"


def test_progress_is_told_now_and_then() -> None:
    exports = Exports()
    writing(exports, Creatives(2 * CREATIVES_PER_REPORT + 1))
    assert [done for done, _ in exports.progressed] == [0, 1000, 2000, 2001]
    assert len(exports.written) == len(set(exports.written)) == 2001, "each creative is recorded once"


def test_nothing_is_written_when_there_is_nothing_to_do() -> None:
    store = Store()
    assert writing(Exports(claimable=False), store=store) is ExportOutcome.SKIPPED
    assert not store.objects


def test_a_worker_that_was_overtaken_stops_and_leaves_no_file() -> None:
    exports, store = Exports(reports=1), Store()
    assert writing(exports, Creatives(5000), store) is ExportOutcome.SKIPPED
    assert len(exports.progressed) == 2
    assert not store.objects
    assert not exports.completed
    assert exports.released == 0


def test_a_file_that_came_too_late_is_taken_back() -> None:
    @dataclass
    class Overtaken(Exports):
        def complete(self, claim: ExportClaim, file: ExportedFile) -> bool:
            return False

    store = Store()
    assert writing(Overtaken(), store=store) is ExportOutcome.SKIPPED
    assert not store.objects


def test_a_permanent_failure_is_told_with_its_reason() -> None:
    exports = Exports()
    assert writing(exports, Creatives(error=UnknownGroup("There is no group 'a'."))) is ExportOutcome.FAILED
    assert exports.failed == [Failure("unknown_group", "There is no group 'a'.")]


@pytest.mark.parametrize("broken", ["read", "store", "write"])
def test_other_trouble_goes_back_to_the_queue(broken: str) -> None:
    def fail(*_: Any) -> int:
        raise RuntimeError("a bug")

    exports, away = Exports(), TransientError("Away.")
    with pytest.raises((TransientError, RuntimeError)):
        writing(
            exports,
            Creatives(error=away if broken == "read" else None),
            Store(away if broken == "store" else None),
            **({"writer": fail} if broken == "write" else {}),
        )
    assert exports.released == 1
    assert not exports.failed


def test_a_file_that_cannot_be_told_is_taken_back() -> None:
    exports, store = Exports(unreachable_at_the_end=True), Store()
    with pytest.raises(TransientError):
        writing(exports, store=store)
    assert exports.released == 1
    assert not store.objects


def test_what_takes_too_long_fails_rather_than_beginning_again() -> None:
    exports = Exports()
    assert writing(exports, seconds=0) is ExportOutcome.FAILED
    assert exports.failed == [Failure("export_too_large", NO_TIME)]


def test_a_disk_that_is_full_fails_the_export() -> None:
    def fill(*_: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    exports = Exports()
    assert writing(exports, writer=fill) is ExportOutcome.FAILED
    assert exports.failed == [Failure("export_too_large", NO_SPACE)]


def test_a_request_is_recorded_then_sent() -> None:
    sent: list[ExportId] = []

    class Queue:
        def send(self, key: ExportId) -> None:
            assert key in exports.recorded
            sent.append(key)

    exports = Exports()
    RequestExport(exports, Queue())(KEY, ORDER)
    assert sent == [KEY]
    assert exports.recorded == {KEY: ORDER}


def test_a_dead_letter_fails_its_export() -> None:
    exports = Exports()
    assert EndDeadExport(exports)(KEY, "message")
    assert exports.failed == [EXPORT_GAVE_UP]


def test_a_message_can_be_read_back() -> None:
    assert parse_export_request(export_request(KEY)) == KEY
    assert is_export_request(export_request(KEY))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no json",
        "[]",
        "{}",
        '{"adlens": "analyze"}',
        '{"adlens": "export"}',
        '{"adlens": "export", "workspace_id": 1}',
    ],
)
def test_any_other_message_is_malformed(body: str) -> None:
    with pytest.raises(MalformedEvent):
        parse_export_request(body)
