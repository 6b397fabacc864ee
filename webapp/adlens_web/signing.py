"""Signed forms for the files that the browser sends, on every page, as uploads go on everywhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import reflex as rx

from adlens_web.api.answers import RefusedFile, Uploads
from adlens_web.api.client import ApiProblem
from adlens_web.bounds import Ids, Order
from adlens_web.session import TEMPORARY, Session

PARALLEL = 8
"""Requests to the API at a time."""


class Signing(Session):
    """Forms go straight to the browser; nothing of them is kept here."""

    @rx.event
    async def sign(self, order: Order) -> Any:
        """Answers an order of the upload queue: `signed` with the forms, or `unsigned` with the reason."""
        files = order["files"]
        try:
            uploads = await self._api.announce_files(order["group"], files, order["name"])
        except ApiProblem as problem:
            reason = self._say_problem(problem.code, problem.detail)
            ids = [file["creative_id"] for file in files]
            return _call_queue("unsigned", {"ids": ids, "again": problem.code in TEMPORARY, "reason": reason})
        return _call_queue("signed", forms_of(uploads, self._refusal_text, datetime.now(UTC)))

    @rx.event(background=True)
    async def delete_cancelled(self, ids: Ids) -> Any:
        """Deletes creatives whose files were cancelled. If that fails, they end in ERROR by themselves."""
        try:
            api = self._api
        except ApiProblem:
            return None
        for start in range(0, len(ids), PARALLEL):
            batch = [api.delete_creative(creative_id) for creative_id in ids[start : start + PARALLEL]]
            for result in await asyncio.gather(*batch, return_exceptions=True):
                if isinstance(result, BaseException) and not isinstance(result, ApiProblem):
                    raise result
        return rx.call_script("window.adlensUploads.cancelledDeleted()")

    def _refusal_text(self, refusal: RefusedFile) -> str:
        return self._say_problem(refusal["code"], refusal["reason"])


def forms_of(uploads: Uploads, reason: Callable[[RefusedFile], str], now: datetime) -> dict[str, Any]:
    """The message to the upload queue. All forms are valid for `seconds`."""
    forms = [(upload["creative_id"], upload["form"]) for upload in uploads["uploads"]]
    ends = [datetime.fromisoformat(form["expires_at"]) for _, form in forms]
    return {
        "group": uploads["group_id"],
        "seconds": (min(ends) - now).total_seconds() if ends else 0,
        "forms": [{"id": creative_id, "url": form["url"], "fields": form["fields"]} for creative_id, form in forms],
        "refused": [{"id": refusal["creative_id"], "reason": reason(refusal)} for refusal in uploads["refused"]],
    }


def _call_queue(function: str, message: dict[str, Any]) -> Any:
    return rx.call_script(f"window.adlensUploads.{function}({json.dumps(message)})")
