"""Bulk work in the background: watch it, cancel it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from adlens.domain.jobs import JobId, JobKind, JobState
from adlens.domain.performance import MOST_LISTED
from functions.api.dependencies import UseJobs
from functions.api.errors import documented
from functions.api.jobs.schemas import JobDetailOut, JobOut, job_detail_out, job_out
from functions.api.pages import PAGE_HEADERS, fitting, written, written_list
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


@router.get("/{job_id}", response_model=JobDetailOut, responses=documented(404))
def get_job(key: JobKey, jobs: UseJobs) -> Response:
    """How far a job is, and the report of a file that it has imported."""
    job = jobs.get(key)
    return fitting(MOST_LISTED, lambda most: written(job_detail_out(job, most)))


@router.post("/{job_id}/cancel", responses=documented(404, 409))
def cancel_job(key: JobKey, jobs: UseJobs) -> JobOut:
    """Stops a job after the page of creatives it is at. What is done stays done; of a file nothing is stored then."""
    return job_out(jobs.cancel(key))
