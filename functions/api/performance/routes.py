"""Delivery figures: tables in, those of a creative out, and the lift of elements."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from adlens.domain.jobs import JobId, PerformanceOrder
from adlens.domain.lift import Metric
from adlens.domain.performance import MOST_LISTED
from adlens.importing.table import Table
from functions.api.dependencies import UseAnnounceFile, UseImportFile, UseLiftEstimator, UseRecordPerformance
from functions.api.errors import documented
from functions.api.jobs.schemas import JobOut, job_out
from functions.api.pages import fitting, written
from functions.api.performance.schemas import (
    CreativePerformanceOut,
    ImportIn,
    LiftOut,
    PerformanceFileOut,
    PerformanceReportOut,
    creative_performance_out,
    lift_out,
    report_out,
)
from functions.api.performance.table import TABLE_BODY, sent_table
from functions.api.query import Filters
from functions.api.request import PAGE, Caller, CreativeKey, Cursor, Limit, Now, Workspace, media_type
from functions.api.uploads.schemas import UploadFormOut

router = APIRouter()


@router.post(
    "/performance",
    tags=["performance"],
    response_model=PerformanceReportOut,
    responses=documented(400, 413, 415),
    openapi_extra=TABLE_BODY,
)
def send_performance(
    workspace: Workspace, table: Annotated[Table, Depends(sent_table)], performance: UseRecordPerformance
) -> Response:
    """Takes impressions, clicks, conversions and spend per creative and day, and says what became of every row.

    Columns: `creative_id`, `sha256` or `filename` (one of them at least; a row goes by the first that it has), `day`,
    `impressions`, `clicks`, `conversions`, `spend`, and `placement` if you like. CSV with commas, semicolons or tabs,
    or a JSON list of objects; 4.5 MB and 200,000 rows, compressed with gzip if it is CSV. Larger tables go through
    `POST /performance/files`. The rows of one file for the same creative, day and placement are added up, and the sum
    replaces what was stored for these: sending a file again changes nothing. What matches no creative or cannot be read
    is listed and not stored; all the rest is.
    """
    report = performance(workspace, table)
    return fitting(MOST_LISTED, lambda most: written(report_out(report, most)))


@router.post("/performance/files", tags=["performance"], status_code=HTTPStatus.CREATED, responses=documented(429))
def announce_performance_file(workspace: Workspace, announce: UseAnnounceFile, now: Now) -> PerformanceFileOut:
    """Signs a form for a table of up to 64 MB, as it is sent and when it is unpacked, and 2,000,000 rows. Send the file
    with it straight to the store, then ask for its import. A file is deleted after its import, else after a day.
    """
    file_id, form = announce(workspace, now)
    return PerformanceFileOut(
        file_id=file_id, form=UploadFormOut(url=form.url, fields=dict(form.fields), expires_at=form.expires_at)
    )


@router.post(
    "/performance/files/{file_id}/import",
    tags=["performance"],
    status_code=HTTPStatus.ACCEPTED,
    dependencies=[Depends(media_type("application/json"))],
    responses=documented(404, 409, 415),
)
def import_performance_file(file_id: UUID, body: ImportIn, caller: Caller, import_file: UseImportFile) -> JobOut:
    """Starts the job that imports a file as `POST /performance` takes a table; `GET /jobs/{job_id}` has its report. The
    job has the id of the file: asking again changes nothing.
    """
    order = PerformanceOrder(body.format == "json", body.charset)
    return job_out(import_file(JobId(caller.workspace_id, file_id), order, caller.key_name))


@router.get("/creatives/{creative_id}/performance", tags=["performance"], responses=documented(404))
def get_performance(
    key: CreativeKey, performance: UseRecordPerformance, limit: Limit = PAGE, cursor: Cursor = None
) -> CreativePerformanceOut:
    """What was delivered of one creative, by day and placement, oldest first."""
    page = performance.of_creative(key, limit, cursor)
    return creative_performance_out(page.items, page.next_cursor)


@router.get("/analytics/lift", tags=["analytics"], responses=documented(404))
def get_lift(
    workspace: Workspace,
    estimate: UseLiftEstimator,
    filters: Filters,
    metric: Annotated[Metric, Query(description="Clicks per impression, conversions per click, spend per conversion.")],
) -> LiftOut:
    """How each topic, colour class, object, word, share of text and number of objects goes with a metric.

    Creatives that have it are compared with creatives of the same group and placement that have not. The intervals
    allow for how much creatives differ anyway, the corrected p values for how many elements are looked at. It is what
    goes together, not what causes what. docs/performance.md says how it is calculated.
    """
    return lift_out(estimate(workspace, metric, filters))
