"""Figures over a group, and over all of a workspace's creatives."""

from __future__ import annotations

from fastapi import APIRouter

from functions.api.dependencies import Queries, Workspace
from functions.api.errors import documented
from functions.api.schemas import AnalyticsOut, GroupId, analytics_out

router = APIRouter(prefix="/analytics", tags=["analytics"])


@router.get("/all")
def workspace_analytics(workspace: Workspace, queries: Queries) -> AnalyticsOut:
    """Figures over all creatives."""
    return analytics_out(queries.workspace_analytics(workspace))


@router.get("/group/{group_id}", responses=documented(404))
def group_analytics(group_id: GroupId, workspace: Workspace, queries: Queries) -> AnalyticsOut:
    """Figures over one group."""
    return analytics_out(queries.group_analytics(workspace, group_id))
