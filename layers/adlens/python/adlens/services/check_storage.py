"""Compares the object stores with the rows: objects that no row has, and rows whose object is gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from adlens.domain.ports.storage import FileRecordRepository, ListableStore
from adlens.domain.stored_files import CheckedPage, CheckState, FileKind

SETTLED_AFTER = timedelta(hours=1)
"""Objects and rows younger than that may still be on their way to each other."""
PAGE = 1000


@dataclass(frozen=True, slots=True)
class CheckStorage:
    """`keep_for` is after how long the stores let originals and previews expire; None keeps them."""

    records: FileRecordRepository
    stores: Mapping[FileKind, ListableStore]
    keep_for: timedelta | None = None
    page_size: int = PAGE

    def __call__(self, kind: FileKind, after: str, now: datetime, *, repair: bool = False) -> CheckedPage:
        """Checks the keys from `after` on. With `repair` the objects found are deleted, and the rows say that their
        file is gone.
        """
        settled = now - SETTLED_AFTER
        # Objects first: a row that comes between the two reads is too young to count.
        objects = self.stores[kind].page(after, self.page_size)
        kept_since = now - self.keep_for if self.keep_for else None
        records = self.records.page(kind, after, self.page_size, settled, kept_since)
        # Both are known up to the end of the page that ends first.
        ends = [page[-1].key for page in (objects, records) if len(page) == self.page_size]
        end = min(ends, default=None)
        stored = {each.key: each.modified_at for each in objects if end is None or each.key <= end}
        known = {each.key: each.is_due for each in records if end is None or each.key <= end}
        strays = sorted(key for key, modified_at in stored.items() if key not in known and modified_at < settled)
        strays = self.records.without_row(kind, strays) if strays else []
        missing = sorted(key for key, is_due in known.items() if is_due and key not in stored)
        if repair and strays:
            self.stores[kind].delete(strays)
        if repair and missing:
            self.records.forget_files(kind, missing, settled)
        return CheckedPage(tuple(strays), tuple(missing), end)


@dataclass(frozen=True, slots=True)
class SweepStorage:
    """Checks a part of each store every time, changes nothing, and starts again at the end."""

    check: CheckStorage
    pages: int = 10

    def __call__(self, now: datetime) -> tuple[int, int]:
        """Objects without a row and rows without an object, of all stores: those of the last whole check, or of the
        one at work when it has found more.
        """
        states = [self._advance(kind, now) for kind in self.check.stores]
        return (
            sum(max(state.objects, state.last_objects) for state in states),
            sum(max(state.rows, state.last_rows) for state in states),
        )

    def _advance(self, kind: FileKind, now: datetime) -> CheckState:
        state = self.check.records.state(kind)
        for _ in range(self.pages):
            page = self.check(kind, state.after, now)
            state = state.with_page(page)
            if page.after is None:
                break
        self.check.records.save(kind, state)
        return state
