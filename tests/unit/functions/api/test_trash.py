"""The trash over HTTP."""

from __future__ import annotations

from uuid import uuid4

from adlens.domain.creative import Status
from adlens.domain.events import AnalysisRequested


def test_a_creative_goes_to_the_trash_and_comes_back(client, world, analysed) -> None:
    address = f"/creatives/{analysed.key.id}"
    assert client.delete(f"{address}?trash=true").status_code == 204
    assert client.get(address).status_code == 404
    assert world.store.objects, "its file stays"
    assert client.get("/trash").json() == {
        "items": [
            {
                "creative_id": str(analysed.key.id),
                "filename": "mug.jpg",
                "group_id": "grp_1",
                "group_name": None,
                "trashed_at": "2026-03-01T10:15:02Z",
                "deleted_at": "2026-03-08T10:15:02Z",
            }
        ],
        "next_cursor": None,
    }
    answer = client.post("/trash/restore", json={"creative_ids": [str(analysed.key.id), str(uuid4())]})
    assert answer.json() == {"count": 1}
    assert client.get(address).status_code == 200
    assert client.get("/trash").json()["items"] == []


def test_a_group_goes_to_the_trash(client, world) -> None:
    ids = [str(world.add().key.id) for _ in range(3)]
    assert client.delete("/groups/grp_1?trash=true").status_code == 204
    assert client.delete("/groups/grp_1?trash=true").status_code == 404
    assert {entry["creative_id"] for entry in client.get("/trash").json()["items"]} == set(ids)
    assert len(client.get("/trash?limit=2").json()["items"]) == 2


def test_an_interrupted_analysis_begins_anew(client, world) -> None:
    row = world.add(status=Status.PENDING)
    client.delete(f"/creatives/{row.key.id}?trash=true")
    client.post("/trash/restore", json={"creative_ids": [str(row.key.id)]})
    assert world.queue.sent == [AnalysisRequested(row.key, 1)]


def test_what_is_deleted_for_good_takes_its_files_along(client, world, analysed) -> None:
    client.delete(f"/creatives/{analysed.key.id}?trash=true")
    assert client.post("/trash/delete", json={"creative_ids": [str(analysed.key.id)]}).json() == {"count": 1}
    assert (world.store.objects, world.previews.objects) == ({}, {})
    assert client.post("/trash/restore", json={"creative_ids": [str(analysed.key.id)]}).json() == {"count": 0}


def test_an_unknown_creative_and_a_foreign_one_are_404(client, others, analysed) -> None:
    assert client.delete(f"/creatives/{uuid4()}?trash=true").status_code == 404
    assert others.delete(f"/creatives/{analysed.key.id}?trash=true").status_code == 404
    client.delete(f"/creatives/{analysed.key.id}?trash=true")
    assert others.get("/trash").json()["items"] == []
    assert others.post("/trash/restore", json={"creative_ids": [str(analysed.key.id)]}).json() == {"count": 0}


def test_who_asked_is_in_the_log(client, world, analysed) -> None:
    client.delete(f"/creatives/{analysed.key.id}?trash=true")
    client.post("/trash/restore", json={"creative_ids": [str(analysed.key.id)]})
    entries = client.get("/audit").json()["items"]
    assert [(entry["action"], entry["details"]) for entry in entries] == [
        ("trash.restore", {}),
        ("creative.delete", {"trash": "true"}),
    ]
