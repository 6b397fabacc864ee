"""Make, rotate and revoke keys. A new key goes straight to the page: it is in no state."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import reflex as rx

from adlens_web.bounds import Form, Id, Word
from adlens_web.browser import open_dialog, show_once
from adlens_web.pages.keys.rows import LIFETIMES, OVERLAPS, SCOPES, AuditRow, KeyRow, audit_row, expiry, key_row
from adlens_web.session import Session, acts, loads

PAGE = 20
NEW, ROTATE, REVOKE = "new-key", "rotate-key", "revoke-key"


class KeysState(Session):
    ready: bool = False
    keys: list[KeyRow] = []  # noqa: RUF012 - Reflex copies the defaults of states
    asked: KeyRow | None = None
    """The key that a dialog asks about."""
    entries: list[AuditRow] = []  # noqa: RUF012
    action: str = ""
    """The action whose entries are shown, as the API names it; empty for all."""
    next_cursor: str = ""

    @rx.event
    @loads
    async def load(self) -> None:
        await self._load()
        self.ready = True

    @rx.event
    @acts
    async def create(self, form: Form) -> Any:
        scope, days = form.get("scope", ""), form.get("days", "")
        if scope not in SCOPES or days not in LIFETIMES:
            return None
        made = await self._api.create_key(form.get("name", "").strip(), scope, expiry(days, datetime.now(UTC)))
        await self._load()
        return show_once(NEW, made["key"])

    @rx.event
    def ask_to_rotate(self, key_id: Id) -> Any:
        return self._ask(ROTATE, key_id)

    @rx.event
    def ask_to_revoke(self, key_id: Id) -> Any:
        return self._ask(REVOKE, key_id)

    @rx.event
    @acts
    async def rotate(self, form: Form) -> Any:
        overlap = form.get("overlap", "")
        if self.asked is None or overlap not in OVERLAPS:
            return None
        made = await self._api.rotate_key(self.asked.key_id, int(overlap))
        await self._load()
        return show_once(NEW, made["key"])

    @rx.event
    @acts
    async def revoke(self) -> Any:
        if self.asked is None:
            return None
        name = self.asked.name
        await self._api.revoke_key(self.asked.key_id)
        await self._load()
        return rx.toast.success(self._say("keys.revoked", name=name))

    @rx.event
    @acts
    async def choose_action(self, action: Word) -> None:
        self.action = action
        await self._load_entries()

    @rx.event
    @acts
    async def load_more(self) -> None:
        log = await self._api.audit(PAGE, self.action, self.next_cursor)
        self.entries += map(audit_row, log["items"])
        self.next_cursor = log["next_cursor"] or ""

    def _ask(self, dialog: str, key_id: str) -> Any:
        self.asked = next((key for key in self.keys if key.key_id == key_id), None)
        return open_dialog(dialog)

    async def _load(self) -> None:
        keys, _ = await asyncio.gather(self._api.keys(), self._load_entries())
        self.keys = list(map(key_row, keys["items"]))

    async def _load_entries(self) -> None:
        log = await self._api.audit(PAGE, self.action)
        self.entries, self.next_cursor = list(map(audit_row, log["items"])), log["next_cursor"] or ""
