"""Two workspaces never see each other, on any route. A route that has no probe here fails the first test."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from httpx import Response
from PIL import Image

from adlens.domain.creative import CreativeId
from adlens.domain.performance import performance_file_key
from adlens.persistence.workspaces.repository import PostgresWorkspaces

GROUP = "grp_20260301_101500_a1b2c3"
OPEN = {"GET /docs", "GET /openapi.json", "HEAD /openapi.json", "GET /health"}
"""Routes without a workspace: nobody's data can be in their answers."""
COMMON = {"GET /taxonomy"}
"""Routes that want a key and tell everybody the same."""


@dataclass(frozen=True)
class Probe:
    """A request about another workspace's things. `check` says what a stranger must get; None: as if never there."""

    path: str = ""
    check: Callable[[Any], bool] | None = None
    request: Callable[[CreativeId], dict[str, Any]] = field(default=lambda key: {})


def _png() -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (3, 2)).save(buffer, "PNG")
    return buffer.getvalue()


def _form(key: CreativeId) -> dict[str, Any]:
    data = {"group_id": GROUP, "creative_ids": [str(key.id)], "original_filenames": ["mine.png"]}
    return {"data": data, "files": [("files", ("mine.png", _png()))]}


def _files(key: CreativeId) -> dict[str, Any]:
    return {
        "json": {"group_id": GROUP, "files": [{"filename": "mine.png", "size": 9, "creative_id": str(key.id)}]},
    }


def _delivered(key: CreativeId) -> dict[str, Any]:
    figures = {"impressions": 1000, "clicks": 30, "conversions": 2, "spend": 1.5}
    return {"json": [{"creative_id": str(key.id), "day": "2026-03-01", **figures}]}


def _key(key: CreativeId) -> dict[str, Any]:
    return {"json": {"name": "mine", "scope": "read"}}


def _trashed(key: CreativeId) -> dict[str, Any]:
    return {"json": {"creative_ids": [str(key.id)]}}


DEFAULTS = {"DOMINANT_COLORS_COUNT": 3, "SECONDARY_COLORS_COUNT": 3}
PROBES = {
    # Ids are the clients' own: using those of another workspace makes things of one's own.
    "POST /uploads": Probe(request=_files, check=lambda found: len(found["uploads"]) == 1),
    "POST /upload": Probe(request=_form, check=lambda found: found["uploaded"] == 1),
    "GET /groups": Probe(check=lambda found: found == []),
    "GET /groups/{group_id}": Probe(),
    "PATCH /groups/{group_id}": Probe(request=lambda key: {"json": {"name": "mine"}}),
    "DELETE /groups/{group_id}": Probe(),
    "POST /groups/{group_id}/reanalyze": Probe(),
    "GET /groups/{group_id}/creatives": Probe(),
    "GET /groups/{group_id}/status": Probe(),
    "GET /creatives": Probe(check=lambda found: not found["items"] and not found["total"]),
    "GET /groups/{group_id}/duplicates": Probe(),
    "GET /creatives/{creative_id}": Probe(),
    "GET /creatives/{creative_id}/neighbours": Probe(),
    "GET /creatives/{creative_id}/similar": Probe(),
    "PUT /creatives/{creative_id}/topic": Probe(request=lambda key: {"json": {"topic": "bags"}}),
    "DELETE /creatives/{creative_id}/topic": Probe(),
    "GET /search": Probe(
        request=lambda key: {"params": {"q": "кружка"}}, check=lambda found: not found["items"] and not found["total"]
    ),
    "DELETE /creatives/{creative_id}": Probe(),
    "POST /creatives/{creative_id}/reanalyze": Probe(),
    "POST /creatives/reanalyze": Probe(check=lambda found: found == {"count": 0, "next_cursor": None, "job_id": None}),
    "GET /status/{creative_id}": Probe(),
    "GET /analytics/all": Probe(check=lambda found: found["total_creatives_in_group"] == 0 and not found["topics"]),
    "GET /analytics/group/{group_id}": Probe(),
    "GET /analytics": Probe(
        request=lambda key: {"params": {"by": "word"}},
        check=lambda found: not found["totals"]["creatives"] and not found["rows"],
    ),
    "GET /analytics/compare": Probe(
        request=lambda key: {"params": {"a": "topic=cups", "b": "rest"}},
        check=lambda found: not any(found[side]["creatives"] for side in "ab") and not found["words"],
    ),
    "POST /exports": Probe(
        request=lambda key: {"json": {"format": "csv"}}, check=lambda found: found["state"] == "PENDING"
    ),
    "GET /exports": Probe(check=lambda found: found == []),
    "GET /exports/{export_id}": Probe(),
    "DELETE /exports/{export_id}": Probe(),
    "GET /jobs": Probe(check=lambda found: found == []),
    "GET /jobs/{job_id}": Probe(),
    "POST /jobs/{job_id}/cancel": Probe(),
    "POST /performance": Probe(request=_delivered, check=lambda found: (found["stored"], found["unmatched"]) == (0, 1)),
    "GET /creatives/{creative_id}/performance": Probe(),
    "POST /performance/files": Probe(check=lambda found: found["form"]["fields"]["key"].endswith(found["file_id"])),
    "POST /performance/files/{file_id}/import": Probe(request=lambda key: {"json": {}}),
    "GET /analytics/lift": Probe(
        request=lambda key: {"params": {"metric": "ctr"}}, check=lambda found: found["total"]["creatives"] == 0
    ),
    "GET /me": Probe(check=lambda found: found["workspace"]["name"] == "test"),
    "POST /webhooks": Probe(
        request=lambda key: {"json": {"url": "https://hooks.example.com/mine", "events": ["creative.done"]}},
        check=lambda found: found["url"] == "https://hooks.example.com/mine",
    ),
    "GET /webhooks": Probe(check=lambda found: found == {"items": [], "next_cursor": None}),
    "GET /webhooks/{webhook_id}": Probe(),
    "DELETE /webhooks/{webhook_id}": Probe(),
    "GET /webhooks/{webhook_id}/deliveries": Probe(),
    "POST /webhooks/{webhook_id}/test": Probe(),
    "GET /keys": Probe(check=lambda found: [key["name"] for key in found["items"]] == ["test"]),
    "POST /keys": Probe(request=_key, check=lambda found: found["key"].startswith("adl_")),
    "POST /keys/{key_id}/rotate": Probe(request=lambda key: {"json": {}}),
    "DELETE /keys/{key_id}": Probe(),
    "GET /audit": Probe(check=lambda found: [entry["action"] for entry in found["items"]] == ["key.create"]),
    "GET /trash": Probe(check=lambda found: found["items"] == []),
    "POST /trash/restore": Probe(request=_trashed, check=lambda found: found == {"count": 0}),
    "POST /trash/delete": Probe(request=_trashed, check=lambda found: found == {"count": 0}),
    "GET /settings/": Probe(check=lambda found: found == DEFAULTS),
    "GET /settings": Probe(check=lambda found: found == DEFAULTS),
    "PUT /settings/": Probe(
        request=lambda key: {"json": {"SECONDARY_COLORS_COUNT": 7}},
        check=lambda found: found == {**DEFAULTS, "SECONDARY_COLORS_COUNT": 7},
    ),
    "PUT /settings": Probe(
        request=lambda key: {"json": {"SECONDARY_COLORS_COUNT": 7}},
        check=lambda found: found == {**DEFAULTS, "SECONDARY_COLORS_COUNT": 7},
    ),
    "GET /settings/{key}": Probe(check=lambda found: found["value"] == 3),
    "PUT /settings/{key}": Probe(
        request=lambda key: {"params": {"value": "5"}}, check=lambda found: found["value"] == 5
    ),
}


def routes_of(app: FastAPI) -> set[str]:
    return {f"{method} {route.path}" for route in iter_route_contexts(app.routes) for method in route.methods or ()}


def ask(tenant: Any, route: str, key: CreativeId, group_id: str = GROUP) -> Response:
    method, _, path = route.partition(" ")
    ids = dict.fromkeys(("creative_id", "export_id", "job_id", "webhook_id", "key_id"), key.id)
    path = path.format(group_id=group_id, key="DOMINANT_COLORS_COUNT", file_id=file_of(key), **ids)
    return tenant.client.request(method, path, **PROBES[route].request(key))


def file_of(key: CreativeId) -> uuid.UUID:
    """An id that no job has: that of a file is its job's."""
    return uuid.uuid5(key.id, "file")


def send_file(tenant: Any, key: CreativeId) -> None:
    tenant.memory.objects[performance_file_key(tenant.id, file_of(key))] = b"Figures"


@pytest.fixture
def owner(new_tenant):
    tenant = new_tenant("owner")
    assert tenant.client.put("/settings/DOMINANT_COLORS_COUNT?value=9").status_code == 200
    return tenant


@pytest.fixture
def theirs(owner) -> CreativeId:
    """A creative of the owner's, and an export, a job, a webhook and a key with the same id, and a file."""
    key = owner.analysed(GROUP)
    send_file(owner, key)
    owner.exported(key.id)
    owner.job(key.id)
    owner.webhook(key.id)
    owner.key(key.id)
    owner.analysed("grp_trash")
    assert owner.client.delete("/groups/grp_trash?trash=true").status_code == 204
    assert owner.client.post("/performance", **_delivered(key)).json()["stored"] == 1
    return key


def test_every_route_is_probed(app: FastAPI) -> None:
    assert routes_of(app) == PROBES.keys() | OPEN | COMMON


@pytest.mark.parametrize("route", PROBES)
def test_a_stranger_sees_and_changes_nothing(route: str, new_tenant, owner, theirs: CreativeId) -> None:
    stranger, before = new_tenant(), owner.everything()
    answer = ask(stranger, route, theirs)

    if (check := PROBES[route].check) is None:
        never = CreativeId(stranger.id, uuid.uuid4())
        unknown = ask(stranger, route, never, "grp_never")
        assert answer.status_code == unknown.status_code == 404
        assert shown(answer, theirs, GROUP) == shown(unknown, never, "grp_never")
    else:
        assert answer.is_success
        assert check(answer.json())
    assert "Кружка" not in answer.text
    assert str(owner.id) not in answer.text
    assert owner.everything() == before


@pytest.mark.parametrize("route", PROBES)
def test_its_owner_gets_an_answer_to_the_same_request(route: str, owner, theirs: CreativeId) -> None:
    answer = ask(owner, route, theirs)
    assert answer.is_success
    if PROBES[route].check is not None and route.startswith("GET"):
        assert not PROBES[route].check(answer.json())


@pytest.mark.parametrize("route", PROBES)
def test_both_may_use_the_same_ids(route: str, new_tenant, owner, theirs: CreativeId) -> None:
    other = new_tenant()
    other.analysed(GROUP, theirs.id)
    other.exported(theirs.id)
    other.job(theirs.id)
    other.webhook(theirs.id)
    send_file(other, theirs)
    if "{key_id}" in route:  # these ids are ours, and unique
        return
    before = owner.everything()
    assert ask(other, route, theirs).is_success
    assert owner.everything() == before


@pytest.mark.parametrize("route", PROBES)
def test_without_a_key_nothing_happens(route: str, new_tenant, owner, theirs: CreativeId) -> None:
    before = owner.everything()
    owner.client.headers.pop("x-api-key")
    answer = ask(owner, route, theirs)
    assert answer.status_code == 401
    assert owner.everything() == before


@pytest.mark.parametrize("route", sorted(OPEN))
def test_open_routes_tell_nothing_of_anybody(route: str, owner, theirs: CreativeId) -> None:
    method, path = route.split()
    text = owner.client.request(method, path).text
    assert not [secret for secret in ("Кружка-", str(owner.id), str(theirs.id)) if secret in text]


@pytest.mark.parametrize("route", sorted(COMMON))
def test_what_is_common_is_the_same_for_everybody_with_a_key(route: str, new_tenant, owner, theirs: CreativeId) -> None:
    method, path = route.split()
    answer, other = (tenant.client.request(method, path) for tenant in (owner, new_tenant()))
    assert answer.is_success
    assert answer.json() == other.json()
    owner.client.headers.pop("x-api-key")
    assert owner.client.request(method, path).status_code == 401


ADMIN = {
    *("GET /keys", "POST /keys", "POST /keys/{key_id}/rotate", "DELETE /keys/{key_id}", "GET /audit"),
    *("POST /webhooks", "DELETE /webhooks/{webhook_id}"),
}
"""Routes that take a key with the scope `admin`."""


@pytest.mark.parametrize("scope", ["read", "write"])
@pytest.mark.parametrize("route", sorted(PROBES.keys() | COMMON))
def test_a_key_does_what_its_scope_allows(route: str, scope: str, owner, theirs: CreativeId) -> None:
    made = owner.client.post("/keys", json={"name": "limited", "scope": scope}).json()
    owner.client.headers["x-api-key"] = made["key"]
    before = owner.everything()
    answer = ask(owner, route, theirs) if route in PROBES else owner.client.request(*route.split())
    if route not in ADMIN and (scope == "write" or route.startswith("GET")):
        assert answer.is_success
    else:
        assert answer.status_code == 403
        assert answer.json()["code"] == "forbidden"
        assert owner.everything() == before


def test_a_revoked_key_opens_nothing(new_tenant, engine) -> None:
    tenant, workspaces = new_tenant(), PostgresWorkspaces(engine)
    (key,) = workspaces.keys(tenant.id)
    assert tenant.client.get("/groups").status_code == 200
    assert workspaces.revoke(tenant.id, key.id)
    assert tenant.client.get("/groups").status_code == 401


def shown(answer: Response, key: CreativeId, group_id: str) -> tuple[Any, Any]:
    """An answer without what the request said itself, and without its own id."""
    body = {**answer.json(), "request_id": ""}
    for named in (str(key.id), str(file_of(key)), group_id):
        body["detail"] = body["detail"].replace(named, "…")
    own = ("x-request-id", "content-length")
    return body, {name: value for name, value in answer.headers.items() if name not in own}
