"""Shapes of jobs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import Field

from adlens.domain.jobs import DeletionOrder, Job, JobKind, JobState, ReanalysisOrder
from functions.api.performance.schemas import PerformanceReportOut, report_out
from functions.api.query import json_of
from functions.api.shapes import FailureOut, Shape, Utc

JOB_ID = "3f0a7c52-4a3d-4a64-9c44-0f6d2b8f1e07"


class JobProgressOut(Shape):
    done: int = Field(description="Creatives worked on; rows of a file.", examples=[4000])
    total: int = Field(
        description="Creatives when the job was recorded, 0 for a file; `done` once it is DONE.", examples=[12000]
    )


class JobOut(Shape):
    job_id: UUID = Field(examples=[JOB_ID])
    kind: JobKind
    filters: dict[str, Any] | None = Field(
        description="Of a re-analysis: the parameters of `GET /creatives`, as asked.", examples=[{"topic": ["cups"]}]
    )
    group_id: str | None = Field(description="Of a deletion: the group.")
    state: JobState
    progress: JobProgressOut
    asked_by: str | None = Field(description="Name of the API key that asked for it.", examples=["nightly"])
    created_at: Utc
    ended_at: Utc | None
    failure: FailureOut | None = Field(description="Why state is FAILED.")


class JobDetailOut(JobOut):
    report: PerformanceReportOut | None = Field(description="What became of a file of figures that was imported.")


def job_out(job: Job) -> JobOut:
    return JobOut(**_fields(job))


def job_detail_out(job: Job, most: int) -> JobDetailOut:
    """With the first `most` entries of the lists in the report."""
    return JobDetailOut(**_fields(job), report=job.report and report_out(job.report, most))


def _fields(job: Job) -> dict[str, Any]:
    order, failure = job.order, job.failure
    return {
        "job_id": job.key.id,
        "kind": order.kind,
        "filters": json_of(order.filters) if isinstance(order, ReanalysisOrder) else None,
        "group_id": order.group_id if isinstance(order, DeletionOrder) else None,
        "state": job.state,
        "progress": JobProgressOut(done=job.done, total=job.total),
        "asked_by": job.asked_by,
        "created_at": job.created_at,
        "ended_at": job.ended_at,
        "failure": failure and FailureOut(code=failure.code, reason=failure.reason),
    }
