"""`adlens jobs`: bulk work of the API's workspace."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from adlens_cli.api import chosen_api
from adlens_cli.client import ApiError, Client

POLL_SECONDS = 0.5


class JobEnded(Exception):
    """The job failed or was cancelled; the message says why."""


def wait_for(client: Client, job_id: str) -> dict[str, Any]:
    """What the API says of the job once it is DONE. Raises ApiError and JobEnded."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        working = progress.add_task("Working", total=None)
        job: dict[str, Any] = client.get(f"/jobs/{job_id}")
        while job["state"] in ("PENDING", "RUNNING"):
            progress.update(working, completed=job["progress"]["done"], total=job["progress"]["total"] or None)
            time.sleep(POLL_SECONDS)
            job = client.get(f"/jobs/{job_id}")
    if job["state"] == "FAILED":
        raise JobEnded(job["failure"]["reason"])
    if job["state"] == "CANCELLED":
        raise JobEnded(f"The job was cancelled after {job['progress']['done']} creatives or rows.")
    return job


def show(state: str | None) -> int:
    return _run(lambda client: _print(client.get("/jobs", **({"state": state} if state else {}))))


def cancel(job_id: str) -> int:
    return _run(lambda client: _print([client.post(f"/jobs/{job_id}/cancel")]))


def wait(job_id: str) -> int:
    return _run(lambda client: _print([wait_for(client, job_id)]))


def _run(ask: Callable[[Client], None]) -> int:
    try:
        ask(chosen_api())
    except (ApiError, JobEnded, httpx.HTTPError) as error:
        print(f"adlens: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("adlens: stopped waiting; the job goes on.", file=sys.stderr)
        return 130
    return 0


def _print(jobs: list[dict[str, Any]]) -> None:
    table = Table("job", "kind", "state", "done", "asked by", "created at", "why", box=None)
    for job in jobs:
        progress, failure = job["progress"], job["failure"]
        table.add_row(
            job["job_id"],
            job["kind"],
            job["state"],
            f"{progress['done']} of {progress['total']}",
            job["asked_by"] or "",
            job["created_at"],
            failure["reason"] if failure else "",
        )
    Console(soft_wrap=True).print(table)
