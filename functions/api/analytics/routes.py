"""Figures over any filter, broken down and compared; each leads to the creatives behind it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from adlens.domain.figures import By
from adlens.domain.gallery import CreativeFilter
from functions.api.analytics.overview import AnalyticsOut, analytics_out
from functions.api.analytics.schemas import ComparisonOut, FiguresOut, comparison_out, figures_out
from functions.api.dependencies import UseReadAnalytics
from functions.api.errors import documented
from functions.api.query import MAX_NESTED_LETTERS, Filters, filter_of, query_of
from functions.api.request import Cursor, Workspace
from functions.api.shapes import GroupId

router = APIRouter(prefix="/analytics", tags=["analytics"])
ROWS = 100
REST = "rest"
Breakdown = Annotated[By, Query(description="What the rows are.")]
Rows = Annotated[int, Query(ge=1, le=1000, description="At most so many in one answer.")]


async def side_a(
    a: Annotated[
        str,
        Query(
            max_length=MAX_NESTED_LETTERS,
            description="A filter: the parameters of `GET /creatives` as a query string, encoded once more.",
            examples=["group_id=spring"],
        ),
    ],
) -> CreativeFilter:
    return filter_of(a, "a")


async def side_b(
    a: Annotated[CreativeFilter, Depends(side_a)],
    b: Annotated[
        str,
        Query(
            max_length=MAX_NESTED_LETTERS,
            description="Another one that has no creative in common with it, or `rest`: all others of the workspace.",
            examples=["group_id=summer", REST],
        ),
    ],
) -> CreativeFilter:
    return CreativeFilter(rest_of=a) if b == REST else filter_of(b, "b")


@router.get("", responses=documented(404))
def break_down(
    workspace: Workspace,
    analytics: UseReadAnalytics,
    filters: Filters,
    by: Breakdown = By.TOPIC,
    limit: Rows = ROWS,
    cursor: Cursor = None,
) -> FiguresOut:
    """Figures over the creatives that all filters are true of, in all and row by row. A cursor holds for its `by`."""
    return figures_out(analytics.breakdown(workspace, filters, by, limit, cursor), by, query_of, link_to)


@router.get("/compare", responses=documented(404))
def compare_two(
    workspace: Workspace,
    analytics: UseReadAnalytics,
    a: Annotated[CreativeFilter, Depends(side_a)],
    b: Annotated[CreativeFilter, Depends(side_b)],
) -> ComparisonOut:
    """What sets two sets of creatives apart, with intervals, corrected for looking at many things at once."""
    return comparison_out(analytics.compare(workspace, a, b), query_of, link_to)


@router.get("/all")
def workspace_analytics(workspace: Workspace, analytics: UseReadAnalytics) -> AnalyticsOut:
    """Figures over all creatives."""
    return analytics_out(analytics.of_workspace(workspace))


@router.get("/group/{group_id}", responses=documented(404))
def group_analytics(group_id: GroupId, workspace: Workspace, analytics: UseReadAnalytics) -> AnalyticsOut:
    """Figures over one group."""
    return analytics_out(analytics.of_group(workspace, group_id))


def link_to(chosen: CreativeFilter) -> str:
    query = query_of(chosen)
    return f"/creatives?{query}" if query else "/creatives"
