"""Keys and entries of the audit log as the page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from adlens_web.api import answers

SCOPES = ("read", "write", "admin")
LIFETIMES = ("30", "90", "365", "")
"""Days that a key works; the last one for ever."""
OVERLAPS = ("0", "1", "24", "168")
"""Hours that a rotated key works beside the new one."""


@dataclass
class KeyRow:
    """`start` is how the key begins. Times are empty where there is none."""

    key_id: str
    name: str
    start: str
    scope: str
    created_at: str
    expires_at: str
    last_used_at: str
    expired: bool


@dataclass
class AuditRow:
    """`who` is the name of the key, empty for an operator; `details` are in one line."""

    at: str
    who: str
    action: str
    subject: str
    details: str


def key_row(key: answers.ApiKey) -> KeyRow:
    return KeyRow(
        key_id=key["key_id"],
        name=key["name"],
        start=f"adl_{key['prefix']}",
        scope=key["scope"],
        created_at=key["created_at"],
        expires_at=key["expires_at"] or "",
        last_used_at=key["last_used_at"] or "",
        expired=key["expired"],
    )


def audit_row(entry: answers.AuditEntry) -> AuditRow:
    return AuditRow(
        at=entry["at"],
        who=entry["key_name"] or "",
        action=entry["action"].replace(".", "_"),
        subject=entry["subject"],
        details=", ".join(f"{name}: {value}" for name, value in entry["details"].items()),
    )


def expiry(days: str, now: datetime) -> str | None:
    """When a key that is made now expires, after so many `days`; None for never."""
    return (now.astimezone(UTC) + timedelta(days=int(days))).isoformat() if days else None
