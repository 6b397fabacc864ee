"""Keys and entries of the audit log as their page shows them."""

from datetime import UTC, datetime

import pytest

from adlens.domain.audit import Action
from adlens.domain.workspaces import Scope
from adlens_web import texts
from adlens_web.pages.keys.rows import LIFETIMES, OVERLAPS, SCOPES, audit_row, expiry, key_row
from adlens_web.pages.keys.view import ACTIONS
from functions.api.keys.schemas import RotationIn

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


def test_a_key_is_shown_by_its_start() -> None:
    row = key_row(
        {
            "key_id": "1",
            "name": "reporting",
            "prefix": "a1b2c3d4",
            "scope": "read",
            "created_at": "2026-12-01T12:00:00Z",
            "expires_at": None,
            "last_used_at": None,
            "expired": False,
        }
    )
    assert (row.start, row.expires_at, row.last_used_at) == ("adl_a1b2c3d4", "", "")


@pytest.mark.parametrize(("days", "expected"), [("30", "2026-12-31T12:00:00+00:00"), ("", None)])
def test_keys_expire_after_days(days: str, expected: str | None) -> None:
    assert expiry(days, NOW) == expected


def test_an_entry_says_who_did_it() -> None:
    entry = {"at": "2026-12-01T12:00:00Z", "subject": "1", "action": "topic.correct", "details": {"topic": "cups"}}
    row = audit_row({**entry, "key_name": None})  # type: ignore[typeddict-item]
    assert (row.who, row.action, row.details) == ("", "topic_correct", "topic: cups")


def test_the_page_knows_all_that_the_api_knows() -> None:
    assert set(SCOPES) == {str(scope) for scope in Scope}
    assert set(ACTIONS) == {str(action) for action in Action}
    for hours in OVERLAPS:
        assert RotationIn(overlap_hours=int(hours))
    names = (
        *(f"keys.scopes.{scope}" for scope in SCOPES),
        *(f"keys.lifetimes.{days or 'never'}" for days in LIFETIMES),
        *(f"audit.actions.{action.replace('.', '_')}" for action in ACTIONS),
    )
    assert [name for name in names if not texts.known(name)] == []
