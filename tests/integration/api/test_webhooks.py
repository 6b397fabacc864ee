"""Webhooks over HTTP: made, listed, tried, deleted, and what is wrong with one is named."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

URL = "https://hooks.example.com/adlens"


@pytest.fixture
def tenant(new_tenant):
    return new_tenant()


def test_a_webhook_from_its_making_to_its_end(tenant) -> None:
    api = tenant.client
    sent = {"url": URL, "events": ["creative.done", "export.done"], "description": "  CRM  "}
    made = api.post("/webhooks", json=sent)
    assert made.status_code == 201
    secret = made.json()["secret"]
    assert secret.startswith("whsec_")
    webhook_id = made.json()["webhook_id"]
    found = api.get(f"/webhooks/{webhook_id}")
    assert found.json() == {name: value for name, value in made.json().items() if name != "secret"}
    assert (found.json()["description"], found.json()["events"]) == ("CRM", ["creative.done", "export.done"])
    assert api.get("/webhooks").json() == {"items": [found.json()], "next_cursor": None}
    for path in ("/webhooks", f"/webhooks/{webhook_id}", f"/webhooks/{webhook_id}/deliveries"):
        assert secret not in api.get(path).text

    pinged = api.post(f"/webhooks/{webhook_id}/test")
    assert pinged.status_code == 202
    (delivery,) = [d for d in tenant.memory.events.sent if d.workspace_id == tenant.id]
    assert str(delivery.id) == pinged.json()["delivery_id"]
    assert (delivery.url, delivery.secret) == (URL, secret)
    assert json.loads(delivery.body)["type"] == "ping"
    (row,) = api.get(f"/webhooks/{webhook_id}/deliveries").json()["items"]
    assert (row["delivery_id"], row["type"], row["state"]) == (str(delivery.id), "ping", "QUEUED")

    key = tenant.analysed()
    assert api.delete(f"/webhooks/{webhook_id}").status_code == 204
    assert api.delete(f"/webhooks/{webhook_id}").status_code == 404
    assert api.get(f"/webhooks/{webhook_id}").json()["code"] == "unknown_webhook"
    assert key


def test_a_ping_waits_when_the_queue_is_down(tenant) -> None:
    webhook_id = tenant.client.post("/webhooks", json={"url": URL, "events": ["creative.done"]}).json()["webhook_id"]
    tenant.memory.events.is_down = True
    assert tenant.client.post(f"/webhooks/{webhook_id}/test").status_code == 202
    (row,) = tenant.client.get(f"/webhooks/{webhook_id}/deliveries").json()["items"]
    assert row["state"] == "PENDING"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "http://hooks.example.com/"}, "url"),
        ({"url": "http://127.0.0.1:9000/"}, "url"),
        ({"url": "https://localhost/"}, "url"),
        ({"url": "https://192.168.0.1/"}, "url"),
        ({"url": "https://169.254.169.254/"}, "url"),
        ({"url": "https://user:secret@hooks.example.com/"}, "url"),
        ({"url": "x" * 3000}, "url"),
        ({"url": ""}, "url"),
        ({"events": []}, "events"),
        ({"events": ["creative.gone"]}, "events.0"),
        ({"events": ["ping"]}, "events.0"),
        ({"description": "x" * 201}, "description"),
        ({"secret": "mine"}, "secret"),
    ],
)
def test_what_is_wrong_is_named(tenant, change: dict[str, object], field: str) -> None:
    answer = tenant.client.post("/webhooks", json={"url": URL, "events": ["creative.done"], **change})
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_there_are_only_so_many(tenant) -> None:
    body = {"url": URL, "events": ["creative.done"]}
    codes = [tenant.client.post("/webhooks", json=body).status_code for _ in range(21)]
    assert codes == [201] * 20 + [409]
    first = tenant.client.get("/webhooks?limit=15").json()
    rest = tenant.client.get("/webhooks", params={"cursor": first["next_cursor"]}).json()
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (15, 5, None)


@pytest.mark.parametrize("path", ["/webhooks", f"/webhooks/{UUID(int=1)}/deliveries"])
def test_a_cursor_of_somebody_elses_making_is_refused(tenant, path: str) -> None:
    answer = tenant.client.get(path, params={"cursor": "x"})
    assert answer.status_code == (422 if path == "/webhooks" else 404)
