"""What looks and reads alike, as clients get it."""

from __future__ import annotations

from uuid import UUID

import pytest


def test_similar(client, world, analysed) -> None:
    world.add()
    world.add()
    found = client.get(f"/creatives/{analysed.key.id}/similar?limit=1").json()
    assert [card.pop("similarity") for card in found] == [0.75]
    assert found == [client.get("/creatives").json()["items"][1]]


def test_families(client, world, analysed) -> None:
    world.add()
    found = client.get("/groups/grp_1/duplicates").json()
    assert found["next_cursor"] is None
    (family,) = found["items"]
    assert family["size"] == 2
    assert [(card.pop("distance"), card.pop("similarity")) for card in family["members"]] == [(2, None)] * 2
    assert family["members"] == client.get("/creatives").json()["items"]


@pytest.mark.parametrize("path", [f"/creatives/{UUID(int=1)}/similar", "/groups/grp_none/duplicates"])
def test_of_what_is_unknown_there_are_none(client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [f"/creatives/{UUID(int=1)}/similar?limit=101", "/groups/grp_1/duplicates?limit=0", "/groups/a%20b/duplicates"],
)
def test_wrong_values_are_refused_by_name(client, analysed, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 422
    assert answer.json()["field"] in ("limit", "group_id")
