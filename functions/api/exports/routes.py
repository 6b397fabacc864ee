"""Files of creatives: ask for one, watch it, fetch it."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query, Response

from adlens.domain.audit import Action
from adlens.domain.exports import Export, ExportFormat, ExportId, ExportOrder, ExportState
from functions.api.dependencies import UseExports, UseRequestExport
from functions.api.errors import documented
from functions.api.exports.schemas import ExportIn, ExportOut, ExportWithLinkOut, export_out, export_with_link_out
from functions.api.pages import PAGE_HEADERS, fitting, written_list
from functions.api.query import json_of
from functions.api.request import Audit, Cursor, Limit, Now, Workspace, media_type
from functions.api.shapes import GroupId

router = APIRouter(prefix="/exports", tags=["exports"])
PAGE = 100


async def export_order(body: ExportIn) -> ExportOrder:
    return ExportOrder(body.format, body.filters.to_filter(), body.include_embeddings, body.separator)


async def export_id(workspace: Workspace, export_id: UUID) -> ExportId:
    return ExportId(workspace, export_id)


ExportKey = Annotated[ExportId, Depends(export_id)]


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    dependencies=[Depends(media_type("application/json"))],
    responses=documented(404, 415),
)
def request_export(
    workspace: Workspace,
    order: Annotated[ExportOrder, Depends(export_order)],
    request: UseRequestExport,
    exports: UseExports,
    audit: Audit,
) -> ExportOut:
    """Asks for a file of the creatives that all filters are true of; it is written in the background."""
    key = ExportId(workspace, uuid4())
    audit(Action.EXPORT_REQUEST, key.id, format=order.format, filters=json.dumps(json_of(order.chosen)))
    request(key, order)
    return _export_out(exports.get(key))


@router.get("", response_model=list[ExportOut], responses={200: {"headers": PAGE_HEADERS}})
def list_exports(
    workspace: Workspace,
    exports: UseExports,
    group_id: Annotated[GroupId | None, Query(description="Those whose filters name this group.")] = None,
    format: ExportFormat | None = None,  # noqa: A002 - what it is called
    state: ExportState | None = None,
    limit: Annotated[Limit, Query(le=PAGE)] = PAGE,
    cursor: Cursor = None,
) -> Response:
    """The exports, newest first. They are kept for seven days."""

    def answer(limit: int) -> Response:
        page = exports.page(workspace, limit, cursor, group_id, format, state)
        asked = {"group_id": group_id, "format": format, "state": state}
        return written_list(list(map(_export_out, page.items)), limit, page.next_cursor, asked)

    return fitting(limit, answer)


@router.get("/{export_id}", responses=documented(404))
def get_export(key: ExportKey, exports: UseExports, now: Now) -> ExportWithLinkOut:
    """How far an export is, and where its file is downloaded once it is DONE."""
    export = exports.get(key)
    return export_with_link_out(export, json_of(export.order.chosen), exports.link(export, now))


@router.delete("/{export_id}", status_code=HTTPStatus.NO_CONTENT, responses=documented(404))
def delete_export(key: ExportKey, exports: UseExports, audit: Audit) -> None:
    """Deletes an export and its file; one that is being written is given up."""
    audit(Action.EXPORT_DELETE, key.id)
    exports.delete(key)


def _export_out(export: Export) -> ExportOut:
    return export_out(export, json_of(export.order.chosen))
