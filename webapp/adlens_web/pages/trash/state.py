"""The trash: creatives that were deleted, by group, to restore or to delete for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import reflex as rx

from adlens_web.api.answers import TrashedCreative
from adlens_web.bounds import Id
from adlens_web.browser import open_dialog
from adlens_web.session import Session, acts, loads

PAGE = 100
DELETE = "delete-for-good"


@dataclass
class Item:
    creative_id: str
    filename: str
    until: str
    """ISO 8601: when it is deleted for good."""


@dataclass
class Section:
    """Creatives of one group, as far as they are loaded."""

    group_id: str
    title: str
    creatives: list[Item]


def sections_of(entries: Sequence[TrashedCreative]) -> list[Section]:
    return [
        Section(
            group_id,
            title,
            [Item(entry["creative_id"], entry["filename"], entry["deleted_at"]) for entry in of_group],
        )
        for (group_id, title), of_group in groupby(
            entries, key=lambda entry: (entry["group_id"], entry["group_name"] or entry["group_id"])
        )
    ]


class TrashState(Session):
    ready: bool = False
    sections: list[Section] = []  # noqa: RUF012 - Reflex copies the defaults of states
    next_cursor: str = ""
    """Empty at the end of the list."""
    deleting: Item | None = None
    """The creative that the dialog asks about."""

    @rx.event
    @loads
    async def load(self) -> None:
        await self._reload()

    @rx.event
    @acts
    async def load_more(self) -> None:
        self.sections += await self._load_sections(self.next_cursor)

    @rx.event
    @acts
    async def restore(self, creative_id: Id) -> Any:
        return await self._restore([creative_id])

    @rx.event
    @acts
    async def restore_group(self, group_id: Id) -> Any:
        ids = [
            item.creative_id for section in self.sections if section.group_id == group_id for item in section.creatives
        ]
        return await self._restore(ids[:PAGE])

    @rx.event
    def ask_to_delete(self, creative_id: Id) -> Any:
        items = (item for section in self.sections for item in section.creatives)
        self.deleting = next((item for item in items if item.creative_id == creative_id), None)
        return open_dialog(DELETE)

    @rx.event
    @acts
    async def delete(self) -> Any:
        if self.deleting is None:
            return None
        item = self.deleting
        await self._api.delete_for_good([item.creative_id])
        await self._reload()
        return rx.toast.success(self._say("trash.deleted", name=item.filename))

    async def _restore(self, ids: list[str]) -> Any:
        found = await self._api.restore(ids)
        await self._reload()
        return rx.toast.success(self._say("trash.restored", count=found["count"]))

    async def _reload(self) -> None:
        self.sections = await self._load_sections("")
        self.ready = True

    async def _load_sections(self, cursor: str) -> list[Section]:
        found = await self._api.trash(PAGE, cursor)
        self.next_cursor = found["next_cursor"] or ""
        return sections_of(found["items"])
