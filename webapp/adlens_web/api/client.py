"""The only door out: the AdLens API over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar, cast

import httpx

from adlens_web.api import answers
from rxconfig import API_KEY, API_URL

TIMEOUT = httpx.Timeout(20, connect=3)
T = TypeVar("T")
Parameters = Mapping[str, str | Sequence[str]]


class ApiProblem(Exception):
    """A request that did not succeed. `code` is the API's own, or `unreachable` when it gave no answer at all."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


@cache
def _http() -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=API_URL.rstrip("/"), timeout=TIMEOUT)


class Api:
    """The operations that the pages use. Every method raises ApiProblem. Empty parameters are not sent.

    `key` is the user's API key; without one it is the key of this process, if it has one.
    """

    def __init__(self, key: str) -> None:
        self._headers = {"x-api-key": key or API_KEY} if key or API_KEY else {}

    # --- the workspace ---

    async def me(self) -> answers.Me:
        return await self._json(answers.Me, "GET", "/me")

    async def health(self) -> answers.Health:
        return await self._json(answers.Health, "GET", "/health")

    async def taxonomy(self) -> answers.Taxonomy:
        return await self._json(answers.Taxonomy, "GET", "/taxonomy")

    async def settings(self) -> dict[str, int]:
        return await self._json(dict[str, int], "GET", "/settings/")

    async def change_settings(self, values: Mapping[str, int]) -> dict[str, int]:
        return await self._json(dict[str, int], "PUT", "/settings/", json=values)

    # --- keys ---

    async def keys(self) -> answers.ApiKeys:
        return await self._json(answers.ApiKeys, "GET", "/keys")

    async def create_key(self, name: str, scope: str, expires_at: str | None) -> answers.NewApiKey:
        order = {"name": name, "scope": scope, "expires_at": expires_at}
        return await self._json(answers.NewApiKey, "POST", "/keys", json=order)

    async def rotate_key(self, key_id: str, overlap_hours: int) -> answers.NewApiKey:
        order = {"overlap_hours": overlap_hours}
        return await self._json(answers.NewApiKey, "POST", f"/keys/{key_id}/rotate", json=order)

    async def revoke_key(self, key_id: str) -> None:
        await self._request("DELETE", f"/keys/{key_id}")

    async def audit(self, limit: int, action: str = "", cursor: str = "") -> answers.AuditLog:
        return await self._json(answers.AuditLog, "GET", "/audit", limit=limit, action=action, cursor=cursor)

    # --- uploads ---

    async def announce_files(
        self, group_id: str, files: Sequence[Mapping[str, Any]], group_name: str = ""
    ) -> answers.Uploads:
        name = {"group_name": group_name} if group_name else {}
        return await self._json(
            answers.Uploads, "POST", "/uploads", json={"group_id": group_id, "files": files, **name}
        )

    # --- groups ---

    async def groups(self, limit: int, search: str = "", cursor: str = "") -> tuple[list[answers.Group], str]:
        """A page of groups, and the cursor of the next page; empty at the end."""
        response = await self._request("GET", "/groups", limit=limit, search=search, cursor=cursor)
        return response.json(), response.headers.get("X-Next-Cursor", "")

    async def group(self, group_id: str) -> answers.Group:
        return await self._json(answers.Group, "GET", f"/groups/{group_id}")

    async def rename_group(self, group_id: str, name: str | None) -> answers.Group:
        return await self._json(answers.Group, "PATCH", f"/groups/{group_id}", json={"name": name})

    async def delete_group(self, group_id: str) -> None:
        """Into the trash."""
        await self._request("DELETE", f"/groups/{group_id}", trash="true")

    async def reanalyse_group(self, group_id: str) -> answers.GroupReanalysis:
        return await self._json(answers.GroupReanalysis, "POST", f"/groups/{group_id}/reanalyze")

    async def group_progress(self, group_id: str, limit: int, cursor: str = "") -> answers.GroupProgress:
        return await self._json(answers.GroupProgress, "GET", f"/groups/{group_id}/status", limit=limit, cursor=cursor)

    async def duplicates(self, group_id: str, limit: int, cursor: str = "") -> answers.Duplicates:
        return await self._json(answers.Duplicates, "GET", f"/groups/{group_id}/duplicates", limit=limit, cursor=cursor)

    # --- creatives ---

    async def creatives(self, filters: Parameters, limit: int, cursor: str = "") -> answers.Gallery:
        return await self._json(answers.Gallery, "GET", "/creatives", **filters, limit=limit, cursor=cursor)

    async def search(self, filters: Parameters, limit: int, cursor: str = "") -> answers.Gallery:
        return await self._json(answers.Gallery, "GET", "/search", **filters, limit=limit, cursor=cursor)

    async def creative(self, creative_id: str) -> answers.Creative:
        return await self._json(answers.Creative, "GET", f"/creatives/{creative_id}")

    async def neighbours(self, creative_id: str, filters: Parameters) -> answers.Neighbours:
        return await self._json(answers.Neighbours, "GET", f"/creatives/{creative_id}/neighbours", **filters)

    async def similar(self, creative_id: str, limit: int) -> list[answers.Card]:
        return await self._json(list[answers.Card], "GET", f"/creatives/{creative_id}/similar", limit=limit)

    async def delete_creative(self, creative_id: str) -> None:
        """Into the trash."""
        await self._request("DELETE", f"/creatives/{creative_id}", trash="true")

    async def trash(self, limit: int, cursor: str = "") -> answers.Trash:
        return await self._json(answers.Trash, "GET", "/trash", limit=limit, cursor=cursor)

    async def restore(self, creative_ids: Sequence[str]) -> answers.TrashCount:
        return await self._json(answers.TrashCount, "POST", "/trash/restore", json={"creative_ids": creative_ids})

    async def delete_for_good(self, creative_ids: Sequence[str]) -> answers.TrashCount:
        return await self._json(answers.TrashCount, "POST", "/trash/delete", json={"creative_ids": creative_ids})

    async def reanalyse_creative(self, creative_id: str) -> answers.Reanalysis:
        return await self._json(answers.Reanalysis, "POST", f"/creatives/{creative_id}/reanalyze")

    async def set_topic(self, creative_id: str, topic: str) -> answers.Creative:
        return await self._json(answers.Creative, "PUT", f"/creatives/{creative_id}/topic", json={"topic": topic})

    async def reset_topic(self, creative_id: str) -> answers.Creative:
        """Gives the creative the model's topic again."""
        return await self._json(answers.Creative, "DELETE", f"/creatives/{creative_id}/topic")

    # --- analytics ---

    async def analytics(self, group_id: str = "") -> answers.Analytics:
        """The figures of a group, or of all creatives."""
        if not group_id:
            return await self._json(answers.Analytics, "GET", "/analytics/all")
        return await self._json(answers.Analytics, "GET", f"/analytics/group/{group_id}")

    async def breakdown(self, by: str, group_id: str, limit: int) -> answers.Breakdown:
        return await self._json(answers.Breakdown, "GET", "/analytics", by=by, group_id=group_id, limit=limit)

    async def compare(self, a: str, b: str) -> answers.Comparison:
        return await self._json(answers.Comparison, "GET", "/analytics/compare", a=a, b=b)

    # --- exports ---

    async def jobs(self, limit: int) -> list[answers.Job]:
        return await self._json(list[answers.Job], "GET", "/jobs", limit=limit)

    async def cancel_job(self, job_id: str) -> answers.Job:
        return await self._json(answers.Job, "POST", f"/jobs/{job_id}/cancel")

    async def exports(self, limit: int) -> list[answers.Export]:
        return await self._json(list[answers.Export], "GET", "/exports", limit=limit)

    async def order_export(self, order: Mapping[str, Any]) -> answers.Export:
        return await self._json(answers.Export, "POST", "/exports", json=order)

    async def export(self, export_id: str) -> answers.ExportWithLink:
        return await self._json(answers.ExportWithLink, "GET", f"/exports/{export_id}")

    async def delete_export(self, export_id: str) -> None:
        await self._request("DELETE", f"/exports/{export_id}")

    async def _json(self, _answer: type[T], method: str, path: str, *, json: Any = None, **params: Any) -> T:
        """tests/unit/webapp/test_api.py holds the type against the OpenAPI; nothing checks it at run time."""
        return cast(T, (await self._request(method, path, json=json, **params)).json())

    async def _request(self, method: str, path: str, *, json: Any = None, **params: Any) -> httpx.Response:
        sent = {name: value for name, value in params.items() if value not in (None, "")}
        try:
            response = await _http().request(method, path, params=sent, json=json, headers=self._headers)
        except httpx.TransportError as error:
            raise ApiProblem("unreachable", f"{type(error).__name__}: no answer") from error
        if response.is_success:
            return response
        try:
            problem = response.json()
            raise ApiProblem(problem["code"], problem["detail"])
        except (ValueError, KeyError, TypeError):
            # Not the API's words but a gateway's: the API behind it is not there.
            code = "unreachable" if response.status_code >= 500 else "unexpected"
            raise ApiProblem(code, f"HTTP {response.status_code}") from None
