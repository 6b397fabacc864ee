"""A small client of the AdLens API: what the commands need of it."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from adlens.domain.media import format_of_name

FILES_PER_CALL = 500
PARALLEL_UPLOADS = 4


class ApiError(Exception):
    """The API refused a call; the message is the API's own."""


@dataclass(frozen=True)
class Refusal:
    path: Path
    reason: str


class Client:
    def __init__(self, api_url: str, key: str) -> None:
        self._api = httpx.Client(base_url=api_url, headers={"x-api-key": key}, timeout=60)
        self._store = httpx.Client(timeout=120)

    def get(self, path: str, **params: Any) -> Any:
        return self._answer(self._api.get(path, params=params))

    def post(self, path: str, body: Mapping[str, Any] | None = None, **params: Any) -> Any:
        return self._answer(self._api.post(path, json=body, params=params))

    def upload(
        self, paths: list[Path], on_upload: Callable[[Path], None]
    ) -> tuple[str, dict[str, Path], list[Refusal]]:
        """Sends pictures through presigned forms: the group's id, the creatives' ids with their files, and what was
        refused, by the API or by the store."""
        group_id, forms, refusals = None, [], []
        for start in range(0, len(paths), FILES_PER_CALL):
            batch = paths[start : start + FILES_PER_CALL]
            files = [_announcement(path) for path in batch]
            answer = self._answer(self._api.post("/uploads", json={"group_id": group_id, "files": files}))
            group_id = answer["group_id"]
            refused = {refusal["index"]: refusal["reason"] for refusal in answer["refused"]}
            refusals += [Refusal(batch[index], reason) for index, reason in refused.items()]
            accepted = [path for index, path in enumerate(batch) if index not in refused]
            forms += list(zip(accepted, answer["uploads"], strict=True))
        sent = {}
        with ThreadPoolExecutor(PARALLEL_UPLOADS) as pool:
            jobs = {pool.submit(self._send, path, upload["form"]): (path, upload) for path, upload in forms}
            for job in as_completed(jobs):
                path, upload = jobs[job]
                if (reason := job.result()) is None:
                    sent[upload["creative_id"]] = path
                else:
                    refusals.append(Refusal(path, reason))
                on_upload(path)
        in_order = {upload["creative_id"]: path for path, upload in forms if upload["creative_id"] in sent}
        return group_id or "", in_order, refusals

    def send_table(self, table: bytes, charset: str | None) -> Any:
        """Performance as CSV, compressed with gzip; what became of it."""
        kind = f"text/csv; charset={charset}" if charset else "text/csv"
        headers = {"content-type": kind, "content-encoding": "gzip"}
        return self._answer(self._api.post("/performance", content=table, headers=headers))

    def import_table(self, table: bytes, charset: str | None) -> str:
        """Sends the same through the store, for a job whose id this is."""
        file = self.post("/performance/files")
        form = file["form"]
        answer = self._store.post(form["url"], data=form["fields"], files={"file": ("table", table)})
        if not answer.is_success:
            raise ApiError(f"The store refused the table ({answer.status_code}).")
        job: dict[str, Any] = self.post(f"/performance/files/{file['file_id']}/import", {"charset": charset})
        return str(job["job_id"])

    def group_progress(self, group_id: str) -> Iterator[dict[str, Any]]:
        """Every creative of the group with its stages, page by page."""
        cursor = None
        while True:
            page = self.get(f"/groups/{group_id}/status", **({"cursor": cursor} if cursor else {}))
            yield from page["creatives"]
            if (cursor := page["next_cursor"]) is None:
                return

    def _send(self, path: Path, form: dict[str, Any]) -> str | None:
        with path.open("rb") as file:
            answer = self._store.post(form["url"], data=form["fields"], files={"file": (path.name, file)})
        return None if answer.is_success else f"the store refused it ({answer.status_code})"

    def _answer(self, response: httpx.Response) -> Any:
        if response.is_success:
            return response.json()
        try:
            detail = response.json()["detail"]
        except (ValueError, KeyError, TypeError):
            detail = response.text[:200]
        raise ApiError(f"{response.request.method} {response.request.url.path}: {response.status_code} {detail}")


def _announcement(path: Path) -> dict[str, Any]:
    image_format = format_of_name(path.name)
    content_type = image_format.content_type if image_format else mimetypes.guess_type(path.name)[0]
    return {"filename": path.name, "size": path.stat().st_size, "content_type": content_type}
