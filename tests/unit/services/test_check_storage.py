"""Stores and rows are compared page by page; nothing young counts, nothing changes without being asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adlens.domain.ports.storage import FileRecordRepository
from adlens.domain.stored_files import CheckState, FileKind, FileRecord
from adlens.services.check_storage import CheckStorage, SweepStorage
from adlens.testing.storage import MemoryStore

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
KIND = FileKind.UPLOADS


@dataclass
class MemoryRecords(FileRecordRepository):
    """Rows with whether their file is due."""

    rows: dict[str, bool] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    states: dict[FileKind, CheckState] = field(default_factory=dict)

    def page(
        self, kind: FileKind, after: str, limit: int, settled: datetime, kept_since: datetime | None
    ) -> list[FileRecord]:
        return [FileRecord(key, due) for key, due in sorted(self.rows.items()) if key > after][:limit]

    def without_row(self, kind: FileKind, keys: Sequence[str]) -> list[str]:
        return [key for key in keys if key not in self.rows and key not in self.removed]

    def forget_files(self, kind: FileKind, keys: Sequence[str], settled: datetime) -> None:
        self.rows |= dict.fromkeys(keys, False)

    def state(self, kind: FileKind) -> CheckState:
        return self.states.get(kind, CheckState())

    def save(self, kind: FileKind, state: CheckState) -> None:
        self.states[kind] = state


def whole(check: CheckStorage, repair: bool = False) -> tuple[list[str], list[str]]:
    objects, rows, after = [], [], ""
    while after is not None:
        page = check(KIND, after, NOW, repair=repair)
        objects += page.objects
        rows += page.rows
        after = page.after
    return objects, rows


@pytest.mark.parametrize("page_size", [1, 2, 1000])
def test_differences_are_found_in_both_directions_and_settled_when_asked(page_size: int) -> None:
    records = MemoryRecords({"a": True, "c": True, "d": False, "f": True})
    store = MemoryStore(objects=dict.fromkeys("abef", b"x"))
    check = CheckStorage(records, {KIND: store}, page_size=page_size)
    assert whole(check) == whole(check) == (["b", "e"], ["c"])
    assert whole(check, repair=True) == (["b", "e"], ["c"])
    assert whole(check) == ([], [])
    assert set(store.objects) == {"a", "f"}


def test_young_objects_and_scheduled_removals_are_left_alone() -> None:
    store = MemoryStore(objects={"young": b"", "scheduled": b""})
    store.modified_at["young"] = NOW - timedelta(minutes=59)
    check = CheckStorage(MemoryRecords(removed={"scheduled"}), {KIND: store})
    assert whole(check, repair=True) == ([], [])
    assert set(store.objects) == {"young", "scheduled"}


keys = st.text("ab/é", min_size=1, max_size=4)


@given(stored=st.sets(keys), rows=st.dictionaries(keys, st.booleans()), page_size=st.integers(1, 5))
def test_pages_find_what_one_look_at_all_finds(stored: set[str], rows: dict[str, bool], page_size: int) -> None:
    check = CheckStorage(MemoryRecords(rows), {KIND: MemoryStore(objects=dict.fromkeys(stored, b""))}, None, page_size)
    due = {key for key, is_due in rows.items() if is_due}
    assert whole(check) == (sorted(stored - rows.keys()), sorted(due - stored))


def test_the_sweep_goes_on_where_it_stopped_and_reports_the_last_whole_check() -> None:
    records, store = MemoryRecords({"d": True}), MemoryStore(objects=dict.fromkeys("abc", b""))
    sweep = SweepStorage(CheckStorage(records, {KIND: store}, page_size=2), pages=1)
    assert sweep(NOW) == (2, 0)
    assert sweep(NOW) == (3, 1)
    assert records.states[KIND] == CheckState(last_objects=3, last_rows=1)
    store.objects = {"d": b""}
    assert sweep(NOW) == (0, 0), "the whole of it was checked again"
    assert set(store.objects) == {"d"}
