"""Shapes of the audit log."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from adlens.domain.audit import Action, AuditEntry
from functions.api.shapes import CREATIVE_ID, Shape, Utc


class AuditEntryOut(Shape):
    at: Utc
    key_id: UUID | None = Field(description="The key that asked; null for an operator, or without a key.")
    key_name: str | None = Field(examples=["web app"])
    action: Action
    subject: str = Field(description="The id of what it is about.", examples=[CREATIVE_ID])
    details: dict[str, str] = Field(examples=[{"topic": "cups"}])


class AuditLogOut(Shape):
    items: list[AuditEntryOut]
    next_cursor: str | None


def entry_out(entry: AuditEntry) -> AuditEntryOut:
    return AuditEntryOut(
        at=entry.at,
        key_id=entry.key_id,
        key_name=entry.key_name,
        action=entry.action,
        subject=entry.subject,
        details=dict(entry.details),
    )
