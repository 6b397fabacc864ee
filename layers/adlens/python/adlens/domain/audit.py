"""The audit log: who deleted, corrected, exported or changed a key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Action(StrEnum):
    CREATIVE_DELETE = "creative.delete"
    GROUP_DELETE = "group.delete"
    EXPORT_DELETE = "export.delete"
    WEBHOOK_DELETE = "webhook.delete"
    TOPIC_CORRECT = "topic.correct"
    TOPIC_TAKE_BACK = "topic.take_back"
    EXPORT_REQUEST = "export.request"
    TRASH_RESTORE = "trash.restore"
    KEY_CREATE = "key.create"
    KEY_ROTATE = "key.rotate"
    KEY_REVOKE = "key.revoke"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`key_id` and `key_name` are those of the key that asked; None for an operator, or without a key. `subject` is the
    id of what it is about.
    """

    id: int
    at: datetime
    key_id: UUID | None
    key_name: str | None
    action: Action
    subject: str
    details: Mapping[str, str]
