"""What was deleted and can still be restored."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from adlens.domain.audit import Action
from functions.api.dependencies import Settings, UseTrash
from functions.api.errors import documented
from functions.api.request import Audit, Cursor, Limit, Workspace, media_type
from functions.api.trash.schemas import MOST, TrashCountOut, TrashedIdsIn, TrashOut, trashed_out

router = APIRouter(prefix="/trash", tags=["trash"])
_JSON = [Depends(media_type("application/json"))]


@router.get("")
def list_trash(
    workspace: Workspace,
    trash: UseTrash,
    settings: Settings,
    limit: Annotated[Limit, Query(le=MOST)] = 100,
    cursor: Cursor = None,
) -> TrashOut:
    """Creatives that were deleted with `trash=true`, the last first. No other answer has them."""
    page = trash.page(workspace, limit, cursor)
    kept_for = timedelta(days=settings.trash_days)
    return TrashOut(items=[trashed_out(entry, kept_for) for entry in page.items], next_cursor=page.next_cursor)


@router.post("/restore", dependencies=_JSON, responses=documented(415))
def restore(body: TrashedIdsIn, workspace: Workspace, trash: UseTrash, audit: Audit) -> TrashCountOut:
    """Brings creatives back as they were, with their groups. Ids that are not in the trash, or that were uploaded under
    again, are skipped.
    """
    for id_ in body.creative_ids:
        audit(Action.TRASH_RESTORE, id_)
    return TrashCountOut(count=trash.restore(workspace, body.creative_ids))


@router.post("/delete", dependencies=_JSON, responses=documented(415))
def delete_for_good(body: TrashedIdsIn, workspace: Workspace, trash: UseTrash, audit: Audit) -> TrashCountOut:
    """Deletes creatives of the trash, their files and all that was found in them, for good."""
    for id_ in body.creative_ids:
        audit(Action.CREATIVE_DELETE, id_)
    return TrashCountOut(count=trash.purge(workspace, body.creative_ids))
