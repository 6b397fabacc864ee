"""Who one is, and the words of the service."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from functions.api.account.schemas import TaxonomyOut
from functions.api.app import create_app


def test_a_key_tells_whose_it_is(client, world) -> None:
    assert client.get("/me").json() == {
        "workspace": {"id": str(world.ours), "name": "ours"},
        "key_name": "web app",
        "scope": "admin",
        "anonymous": False,
    }


def test_without_a_key_one_is_nobody_or_anonymous(client, anonymous, world, settings) -> None:
    assert anonymous.get("/me").status_code == 401
    app = create_app(settings.model_copy(update={"anonymous_workspace": (id_ := world.theirs)}))
    app.dependency_overrides = client.app.dependency_overrides
    found = TestClient(app).get("/me").json()
    assert (found["workspace"]["id"], found["key_name"], found["anonymous"]) == (str(id_), None, True)
    assert TestClient(app, headers={"x-api-key": "adl_wrong"}).get("/me").status_code == 401


@pytest.mark.parametrize("path", ["/me", "/taxonomy"])
def test_a_wrong_key_is_401(anonymous, path: str) -> None:
    assert anonymous.get(path, headers={"x-api-key": "adl_wrong"}).status_code == 401


def test_the_taxonomy(client) -> None:
    found = client.get("/taxonomy").json()
    assert {"topic": "cups", "title": {"ru": "Кружки", "en": "Cups"}} in found["topics"]
    assert len(found["color_classes"]) == 17
    assert found["color_classes"][0] == {"class": "Красный", "class_en": "red", "hex": "#bc0e0e"}


def test_every_value_of_the_taxonomy_is_one_to_filter_by(client) -> None:
    known = TaxonomyOut.model_validate(client.get("/taxonomy").json())
    queries = [{"topic": entry.topic} for entry in known.topics]
    queries += [{"color": entry.class_en} for entry in known.color_classes]
    assert {client.get("/creatives", params=query).status_code for query in queries} == {200}
