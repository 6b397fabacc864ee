"""Signed forms for the files that the browser sends: on whatever page, as uploads go on everywhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import reflex as rx

from adlens_web.api_client import ApiProblem
from adlens_web.session import Session

PASSING = ("unreachable", "temporarily_unavailable", "internal_error")
"""Problems that are over some time: the browser asks again by itself."""

AT_ONCE = 8
"""Calls of the API at a time."""


class Signing(Session):
    """Forms go straight to the browser; nothing of them is kept here."""

    @rx.event
    async def sign(self, order: dict[str, Any]) -> Any:
        """Answers an order of uploads.js: `signed` with the forms, or `unsigned` with the reason."""
        files = order["files"]
        body = {"group_id": order["group"], "files": files}
        if order["name"]:
            body["group_name"] = order["name"]
        try:
            answer = await self.call("POST", "/uploads", json=body)
        except ApiProblem as problem:
            again = problem.code in PASSING
            reason = self.say_problem(problem.code, problem.detail)
            told = {"ids": [file["creative_id"] for file in files], "again": again, "reason": reason}
            return _tell("unsigned", told)
        return _tell("signed", forms_of(answer, self.say_refusal, datetime.now(UTC)))

    @rx.event(background=True)
    async def forget(self, ids: list[str]) -> Any:
        """Deletes creatives whose files will not come. Those that cannot be deleted now end in ERROR by themselves."""
        for start in range(0, len(ids), AT_ONCE):
            some = [self.call("DELETE", f"/creatives/{creative_id}") for creative_id in ids[start : start + AT_ONCE]]
            for result in await asyncio.gather(*some, return_exceptions=True):
                if isinstance(result, BaseException) and not isinstance(result, ApiProblem):
                    raise result
        return rx.call_script("window.adlensUploads.forgotten()")

    def say_refusal(self, refusal: dict[str, Any]) -> str:
        return self.say_problem(refusal["code"], refusal["reason"])


def forms_of(answer: dict[str, Any], reason: Callable[[dict[str, Any]], str], now: datetime) -> dict[str, Any]:
    """What uploads.js needs of an answer of `POST /uploads`; `seconds` is how long all its forms are valid."""
    forms = [(upload["creative_id"], upload["form"]) for upload in answer["uploads"]]
    ends = [datetime.fromisoformat(form["expires_at"]) for _, form in forms]
    return {
        "group": answer["group_id"],
        "seconds": (min(ends) - now).total_seconds() if ends else 0,
        "forms": [{"id": creative_id, "url": form["url"], "fields": form["fields"]} for creative_id, form in forms],
        "refused": [{"id": refusal["creative_id"], "reason": reason(refusal)} for refusal in answer["refused"]],
    }


def _tell(what: str, told: dict[str, Any]) -> Any:
    return rx.call_script(f"window.adlensUploads.{what}({json.dumps(told)})")
