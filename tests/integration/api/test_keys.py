"""Keys, their scopes and the audit log over HTTP."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest


@pytest.fixture
def tenant(new_tenant: Any) -> Any:
    return new_tenant()


def test_a_key_is_told_once_and_works_at_once(tenant: Any) -> None:
    expires = (datetime.now(UTC) + timedelta(days=90)).isoformat()
    made = tenant.client.post("/keys", json={"name": " reports ", "scope": "read", "expires_at": expires}).json()
    assert tenant.client.get("/me", headers={"x-api-key": made["key"]}).json()["scope"] == "read"
    assert tenant.client.get("/me").json()["scope"] == "admin"

    listed = tenant.client.get("/keys")
    (known,) = [key for key in listed.json()["items"] if key["name"] == "reports"]
    assert made.pop("key") not in listed.text
    assert known.pop("last_used_at") is not None
    assert known == {name: value for name, value in made.items() if name != "last_used_at"}
    assert not known["expired"]


def test_a_rotated_key_expires_and_says_so(tenant: Any) -> None:
    made = tenant.client.post("/keys", json={"name": "sync", "scope": "write"}).json()
    rotate = f"/keys/{made['key_id']}/rotate"
    new = tenant.client.post(rotate, json={"overlap_hours": 0}).json()

    assert (new["name"], new["scope"], new["expires_at"]) == ("sync", "write", None)
    assert tenant.client.get("/me", headers={"x-api-key": new["key"]}).status_code == 200
    refused = tenant.client.get("/me", headers={"x-api-key": made["key"]})
    assert (refused.status_code, refused.json()["code"]) == (401, "expired_key")
    assert "www-authenticate" in refused.headers
    assert tenant.client.post(rotate, json={}).json()["code"] == "unknown_key"
    assert [key["expired"] for key in tenant.client.get("/keys").json()["items"] if key["name"] == "sync"] == [
        True,
        False,
    ]


def test_a_revoked_key_is_listed_no_more(tenant: Any) -> None:
    made = tenant.client.post("/keys", json={"name": "gone", "scope": "admin"}).json()
    assert tenant.client.delete(f"/keys/{made['key_id']}").status_code == 204
    assert tenant.client.get("/me", headers={"x-api-key": made["key"]}).status_code == 401
    assert "gone" not in tenant.client.get("/keys").text
    assert tenant.client.delete(f"/keys/{made['key_id']}").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": " ", "scope": "read"}, "name"),
        ({"name": "x", "scope": "root"}, "scope"),
        ({"name": "x"}, "scope"),
        ({"name": "x", "scope": "read", "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "x", "scope": "read", "expires_at": "2099-01-01T00:00:00"}, "expires_at"),
    ],
)
def test_wrong_keys_are_refused(tenant: Any, body: dict[str, Any], field: str) -> None:
    answer = tenant.client.post("/keys", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_deletions_corrections_and_exports_are_logged(tenant: Any) -> None:
    key, other = tenant.analysed("spring"), tenant.analysed("spring")
    assert tenant.client.put(f"/creatives/{key.id}/topic", json={"topic": "bags"}).is_success
    assert tenant.client.delete(f"/creatives/{key.id}/topic").is_success
    export = tenant.client.post("/exports", json={"format": "csv", "filters": {"topic": "cups"}}).json()["export_id"]
    assert tenant.client.delete(f"/exports/{export}").is_success
    webhook = tenant.webhook(uuid.uuid4())
    assert tenant.client.delete(f"/webhooks/{webhook}").is_success
    assert tenant.client.delete(f"/creatives/{other.id}").is_success
    assert tenant.client.delete("/groups/spring").is_success

    entries = tenant.client.get("/audit").json()["items"]
    assert [(entry["action"], entry["subject"]) for entry in reversed(entries[:-1])] == [
        ("topic.correct", str(key.id)),
        ("topic.take_back", str(key.id)),
        ("export.request", export),
        ("export.delete", export),
        ("webhook.delete", str(webhook)),
        ("creative.delete", str(other.id)),
        ("group.delete", "spring"),
    ]
    assert {entry["key_name"] for entry in entries[:-1]} == {"test"}
    assert entries[-2]["details"] == {"topic": "bags"}
    assert entries[-4]["details"] == {"format": "csv", "filters": '{"topic": ["cups"]}'}

    page = tenant.client.get("/audit", params={"action": "creative.delete", "limit": 1}).json()
    assert [entry["subject"] for entry in page["items"]] == [str(other.id)]
    assert page["next_cursor"] is None


def test_a_change_that_failed_has_an_entry_too(tenant: Any) -> None:
    assert tenant.client.delete("/groups/never").status_code == 404
    assert tenant.client.get("/audit").json()["items"][0]["subject"] == "never"
