"""Jobs: bulk work of the workspace that is not finished, its progress, and how to stop it."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from adlens_web.api.answers import Job
from adlens_web.api.client import ApiProblem
from adlens_web.bounds import Id
from adlens_web.polling import Polling
from adlens_web.session import Session, acts

LATEST = 20
UNFINISHED = ("PENDING", "RUNNING")
POLLING = Polling(soonest=1000, latest=10_000)


@dataclass
class JobRow:
    """`percent` is the progress, below 0 where nothing is counted."""

    job_id: str
    kind: str
    subject: str
    """The group that it is about, empty for several."""
    done: int
    total: int
    percent: float


def row_of(job: Job) -> JobRow:
    groups = [job["group_id"]] if job["group_id"] else (job["filters"] or {}).get("group_id", [])
    done, total = job["progress"]["done"], job["progress"]["total"]
    return JobRow(
        job["job_id"],
        job["kind"],
        groups[0] if len(groups) == 1 else "",
        done,
        total,
        round(100 * done / total, 1) if total else -1.0,
    )


class Working(Session):
    jobs: list[JobRow] = []  # noqa: RUF012 - Reflex copies the defaults of states
    pause: int = 0
    """Until the next request, in milliseconds; 0 while no job is unfinished."""
    job_answers: int = 0
    """Counts the answers for this list, as `answers` does for the page."""

    @rx.event
    @acts
    async def load(self) -> None:
        await self._load_jobs()

    @rx.event
    async def refresh(self) -> None:
        """Asks again. A failed request is repeated and shown nowhere: no page depends on it."""
        try:
            await self._load_jobs()
        except ApiProblem:
            self.pause = POLLING.latest
            self.job_answers += 1

    @rx.event
    @acts
    async def cancel(self, job_id: Id) -> None:
        """What is done stays done."""
        await self._api.cancel_job(job_id)
        await self._load_jobs()

    async def _load_jobs(self) -> None:
        found = await self._api.jobs(LATEST)
        rows = [row_of(job) for job in found if job["state"] in UNFINISHED]
        self.pause = POLLING.next_pause(self.pause, changed=rows != self.jobs, pending=bool(rows))
        self.jobs = rows
        self.job_answers += 1
