"""The audit log of a workspace. Only keys with the scope `admin` may read it; nobody can change it."""

from __future__ import annotations

from fastapi import APIRouter

from adlens.domain.audit import Action
from functions.api.audit.schemas import AuditLogOut, entry_out
from functions.api.dependencies import UseAuditLog
from functions.api.request import Administrator, Cursor, Limit

router = APIRouter(prefix="/audit", tags=["keys"])


@router.get("")
def read_audit_log(
    by: Administrator, log: UseAuditLog, action: Action | None = None, limit: Limit = 50, cursor: Cursor = None
) -> AuditLogOut:
    """Deletions, corrections, exports and changes of keys, newest first.

    Except for keys, an entry is written before the change: no change is without one, and one that failed has one too.
    """
    page = log.page(by.workspace_id, limit, cursor, action)
    return AuditLogOut(items=list(map(entry_out, page.items)), next_cursor=page.next_cursor)
