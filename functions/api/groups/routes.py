"""Groups of creatives and how far they are."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from adlens.domain.audit import Action
from adlens.domain.gallery import CreativeFilter
from functions.api.dependencies import UseDeleteGroup, UseGroups, UsePictureLinks, UseReanalyzeAll
from functions.api.errors import documented
from functions.api.groups.schemas import (
    CreativeRowOut,
    GroupChangeIn,
    GroupOut,
    GroupReanalysisOut,
    GroupStatusOut,
    creative_row_out,
    group_out,
    group_status_json,
)
from functions.api.jobs.schemas import JobOut, job_out
from functions.api.pages import PAGE_HEADERS, fitting, written_list
from functions.api.request import PAGE, Audit, Caller, Cursor, Limit, Now, Workspace, media_type
from functions.api.shapes import GroupId
from functions.api.trash.parameters import ToTrash, trashed

router = APIRouter(prefix="/groups", tags=["groups"])


@router.get("", response_model=list[GroupOut], responses={200: {"headers": PAGE_HEADERS}})
def list_groups(
    workspace: Workspace,
    groups: UseGroups,
    search: Annotated[str | None, Query(max_length=100, description="Part of the id or the name.")] = None,
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> Response:
    """The groups, newest first."""

    def answer(limit: int) -> Response:
        page = groups.page(workspace, limit, cursor, search)
        return written_list([group_out(group) for group in page.items], limit, page.next_cursor, {"search": search})

    return fitting(limit, answer)


@router.get("/{group_id}", responses=documented(404))
def get_group(group_id: GroupId, workspace: Workspace, groups: UseGroups) -> GroupOut:
    """One group."""
    return group_out(groups.get(workspace, group_id))


@router.patch("/{group_id}", dependencies=[Depends(media_type("application/json"))], responses=documented(404, 415))
def rename_group(group_id: GroupId, workspace: Workspace, groups: UseGroups, change: GroupChangeIn) -> GroupOut:
    """Gives a group a name, or takes it away."""
    return group_out(groups.rename(workspace, group_id, change.name))


@router.get(
    "/{group_id}/creatives",
    response_model=list[CreativeRowOut],
    responses={200: {"headers": PAGE_HEADERS}, **documented(404)},
)
def list_creatives(
    group_id: GroupId,
    workspace: Workspace,
    groups: UseGroups,
    links: UsePictureLinks,
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> Response:
    """The creatives of a group, in the order of their upload."""

    def answer(limit: int) -> Response:
        page = groups.creatives_of(workspace, group_id, limit, cursor)
        rows = [creative_row_out(creative, links.original(creative)) for creative in page.items]
        return written_list(rows, limit, page.next_cursor)

    return fitting(limit, answer)


@router.get("/{group_id}/status", response_model=GroupStatusOut, responses=documented(404))
def group_status(
    group_id: GroupId, workspace: Workspace, groups: UseGroups, now: Now, limit: Limit = PAGE, cursor: Cursor = None
) -> Response:
    """How far a whole group is: counts over all of it, and each creative with its stages."""

    def answer(limit: int) -> Response:
        progress = groups.progress(workspace, group_id, limit, cursor)
        body = group_status_json(group_id, progress, now)
        return Response(body, media_type="application/json")

    return fitting(limit, answer)


@router.post("/{group_id}/reanalyze", status_code=HTTPStatus.ACCEPTED, responses=documented(404, 409))
def reanalyze_group(group_id: GroupId, caller: Caller, reanalyze: UseReanalyzeAll) -> GroupReanalysisOut:
    """Analyses all creatives of a group once more that have ended and whose file has arrived, by a job."""
    filters = CreativeFilter(group_ids=(group_id,))
    job = reanalyze(caller.workspace_id, filters, False, caller.key_name)
    return GroupReanalysisOut(group_id=group_id, count=job.total if job else 0, job_id=job and job.key.id)


@router.delete(
    "/{group_id}",
    status_code=HTTPStatus.NO_CONTENT,
    responses={
        HTTPStatus.ACCEPTED.value: {"model": JobOut, "description": "A large group: a job deletes it."},
        **documented(404, 409),
    },
)
def delete_group(
    group_id: GroupId, caller: Caller, delete: UseDeleteGroup, audit: Audit, trash: ToTrash = False
) -> Response:
    """Deletes a group, its creatives, their files and all that was found in them: one of up to a thousand creatives at
    once, a larger one by a job.
    """
    audit(Action.GROUP_DELETE, group_id, **trashed(trash))
    job = delete(caller.workspace_id, group_id, caller.key_name, to_trash=trash)
    if job is None:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    return Response(job_out(job).model_dump_json(), status_code=HTTPStatus.ACCEPTED, media_type="application/json")
