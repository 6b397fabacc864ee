"""Files in the object stores, and how they compare with the rows of the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class FileKind(StrEnum):
    """Each kind has a store of its own."""

    UPLOADS = "uploads"
    PREVIEWS = "previews"
    EXPORTS = "exports"


@dataclass(frozen=True, slots=True)
class ListedObject:
    key: str
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A row and the key of its object. `is_due` is whether the object must be there by now."""

    key: str
    is_due: bool


@dataclass(frozen=True, slots=True)
class CheckedPage:
    """`objects` have no row, `rows` lack the object of this key. The next page starts after `after`; None: the end."""

    objects: tuple[str, ...]
    rows: tuple[str, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class CheckState:
    """How far the check of a store has come, what it has found since the start, and what the last whole one found."""

    after: str = ""
    objects: int = 0
    rows: int = 0
    last_objects: int = 0
    last_rows: int = 0

    def with_page(self, page: CheckedPage) -> CheckState:
        objects, rows = self.objects + len(page.objects), self.rows + len(page.rows)
        if page.after is None:
            return CheckState(last_objects=objects, last_rows=rows)
        return CheckState(page.after, objects, rows, self.last_objects, self.last_rows)
