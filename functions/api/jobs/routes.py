"""Bulk work in the background: watch it, cancel it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from adlens.domain.jobs import JobId, JobKind, JobState
from functions.api.dependencies import UseJobs
from functions.api.errors import documented
from functions.api.jobs.schemas import JobOut, job_out
from functions.api.pages import PAGE_HEADERS, fitting, written_list
from functions.api.request import Cursor, Limit, Workspace

router = APIRouter(prefix="/jobs", tags=["jobs"])
PAGE = 100


async def job_id(workspace: Workspace, job_id: UUID) -> JobId:
    return JobId(workspace, job_id)


JobKey = Annotated[JobId, Depends(job_id)]


@router.get("", response_model=list[JobOut], responses={200: {"headers": PAGE_HEADERS}})
def list_jobs(
    workspace: Workspace,
    jobs: UseJobs,
    kind: JobKind | None = None,
    state: JobState | None = None,
    limit: Annotated[Limit, Query(le=PAGE)] = PAGE,
    cursor: Cursor = None,
) -> Response:
    """The jobs, newest first. They are kept for thirty days after their end."""

    def answer(limit: int) -> Response:
        page = jobs.page(workspace, limit, cursor, kind, state)
        asked = {"kind": kind, "state": state}
        return written_list([job_out(job) for job in page.items], limit, page.next_cursor, asked)

    return fitting(limit, answer)


@router.get("/{job_id}", responses=documented(404))
def get_job(key: JobKey, jobs: UseJobs) -> JobOut:
    """How far a job is."""
    return job_out(jobs.get(key))


@router.post("/{job_id}/cancel", responses=documented(404, 409))
def cancel_job(key: JobKey, jobs: UseJobs) -> JobOut:
    """Stops a job after the page of creatives it is at. What is done stays done."""
    return job_out(jobs.cancel(key))
