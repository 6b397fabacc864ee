"""Delivery figures: tables in, those of a creative out, and the lift of elements."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from adlens.domain.lift import Metric
from adlens.domain.performance import MOST_LISTED
from functions.api.dependencies import UseLiftEstimator, UseRecordPerformance
from functions.api.errors import documented
from functions.api.pages import fitting, written
from functions.api.performance.schemas import (
    CreativePerformanceOut,
    LiftOut,
    PerformanceReportOut,
    creative_performance_out,
    lift_out,
    report_out,
)
from functions.api.performance.table import TABLE_BODY, Table, sent_table
from functions.api.query import Filters
from functions.api.request import PAGE, CreativeKey, Cursor, Limit, Workspace

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
    or a JSON list of objects; 4.5 MB, or CSV compressed with gzip, 64 MB when unpacked. The rows of one file for the
    same creative, day and placement are added up, and the sum replaces what was stored for these: sending a file again
    changes nothing. What matches no creative or cannot be read is listed and not stored; all the rest is.
    """
    report = performance(workspace, table.rows)
    ignored = table.header.ignored if table.header else ()
    return fitting(MOST_LISTED, lambda most: written(report_out(report, ignored, most)))


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
