"""The groups of the workspace: search, rename, analyse again, delete."""

from __future__ import annotations

from typing import Any

import reflex as rx

from adlens_web.bounds import Id, Name, Text
from adlens_web.browser import open_dialog
from adlens_web.pages.groups.summaries import Group, group_of
from adlens_web.polling import Polling
from adlens_web.routes import GROUPS, address
from adlens_web.session import Session, acts, loads
from adlens_web.working import Working

PAGE = 20
MOST = 1000
"""The API's limit of a page."""
POLLING = Polling(soonest=2000, latest=15_000)
DELETE = "delete-group"


class GroupsState(Session):
    ready: bool = False
    search: str = ""
    groups: list[Group] = []  # noqa: RUF012 - Reflex copies the defaults of states
    next_cursor: str = ""
    """Empty at the end of the list."""
    pause: int = 0
    """Until the next request, in milliseconds; 0 while no creative is being analysed."""
    deleting: Group | None = None
    """The group that the dialog asks about."""

    @rx.event
    @loads
    async def load(self) -> None:
        search = self.router.url.query_parameters.get("search", "")
        await self._load_groups(PAGE if search != self.search else max(PAGE, len(self.groups)), search)

    @rx.event
    @loads
    async def refresh(self) -> None:
        """Asks again for the same groups, while creatives are being analysed."""
        await self._reload()

    @rx.event
    @acts
    async def load_more(self) -> None:
        groups, self.next_cursor = await self._api.groups(PAGE, self.search, self.next_cursor)
        self.groups += map(group_of, groups)
        self._plan_refresh(changed=True)

    @rx.event
    def find(self, text: Text) -> Any:
        return rx.redirect(address(GROUPS, search=text.strip()), replace=True)

    @rx.event
    @acts
    async def rename(self, group_id: Id, name: Name) -> None:
        renamed = group_of(await self._api.rename_group(group_id, name or None))
        self.groups = [renamed if group.group_id == group_id else group for group in self.groups]

    @rx.event
    @acts
    async def reanalyse(self, group_id: Id) -> Any:
        begun = await self._api.reanalyse_group(group_id)
        await self._reload()
        return [rx.toast.success(self._say("groups.reanalysing", count=begun["count"])), Working.load]

    @rx.event
    def ask_to_delete(self, group_id: Id) -> Any:
        self.deleting = next((group for group in self.groups if group.group_id == group_id), None)
        return open_dialog(DELETE)

    @rx.event
    @acts
    async def delete(self) -> Any:
        if self.deleting is None:
            return None
        title = self.deleting.title
        await self._api.delete_group(self.deleting.group_id)
        await self._reload()
        return [rx.toast.success(self._say("groups.deleted", title=title)), Working.load]

    async def _reload(self) -> None:
        await self._load_groups(max(PAGE, len(self.groups)), self.search)

    async def _load_groups(self, limit: int, search: str) -> None:
        found, self.next_cursor = await self._api.groups(min(limit, MOST), search)
        groups = [group_of(group) for group in found]
        changed = groups != self.groups
        self.search, self.groups, self.ready = search, groups, True
        self._plan_refresh(changed)

    def _plan_refresh(self, changed: bool) -> None:
        pending = any(group.pending for group in self.groups)
        self.pause = POLLING.next_pause(self.pause, changed=changed, pending=pending)
