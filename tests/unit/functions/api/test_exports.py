"""Exports over HTTP."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from adlens.domain.creative import Failure
from adlens.domain.exports import Export, ExportedFile, ExportFormat, ExportId, ExportState
from adlens.domain.gallery import CreativeFilter

QUERY = {
    "group_id": "grp_1",
    "topic": "cups",
    "color": "dark grey",
    "object": "cup",
    "word": "Кружка",
    "text": "350 МЛ",
    "status": "SUCCESS",
    "min_confidence": 0.25,
    "max_confidence": 1.0,
}


def asked(client, **body) -> str:
    answer = client.post("/exports", json={"format": "csv"} | body)
    assert answer.status_code == 202, answer.text
    return answer.json()["export_id"]


@pytest.fixture
def done(client, world, now: datetime) -> Export:
    key = ExportId(world.ours, uuid4())
    file = ExportedFile(f"{world.ours}/{key.id}/1.parquet", 12, 3456, "a" * 64)
    asked(client, format="parquet")
    (pending,) = world.exports.exports.values()
    export = dataclasses.replace(pending, key=key, state=ExportState.DONE, done=12, total=12, ended_at=now, file=file)
    world.exports.exports = {key: export}
    world.files.objects[file.object_key] = b"PAR1"
    return export


def test_a_request_is_accepted_and_sent_to_the_queue(client, world) -> None:
    found = client.post("/exports", json={"format": "jsonl", "include_embeddings": True})
    assert found.status_code == 202
    body = found.json()
    (key,) = world.export_queue.sent
    assert body == {
        "export_id": str(key.id),
        "format": "jsonl",
        "filters": {},
        "include_embeddings": True,
        "separator": "comma",
        "state": "PENDING",
        "progress": {"done": 0, "total": None},
        "created_at": "2026-03-01T10:15:02Z",
        "ended_at": None,
        "kept_until": None,
        "failure": None,
        "rows": None,
        "bytes": None,
        "sha256": None,
    }
    assert key.workspace_id == world.ours


def test_filters_are_those_of_the_gallery_and_come_back_as_they_went(client, world) -> None:
    client.get("/creatives", params=QUERY)
    chosen, _ = world.gallery.asked
    answer = client.post("/exports", json={"format": "coco", "filters": QUERY}).json()
    (export,) = world.exports.exports.values()
    assert export.order.chosen == chosen
    again = client.post("/exports", json={"format": "coco", "filters": answer["filters"]}).json()
    assert again["filters"] == answer["filters"]
    assert len({export.order.chosen for export in world.exports.exports.values()}) == 1


def test_no_filters_are_all_creatives(client, world) -> None:
    asked(client)
    asked(client, filters={})
    assert {export.order.chosen for export in world.exports.exports.values()} == {CreativeFilter()}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"format": "xlsx"}, "format"),
        ({}, "format"),
        ({"format": "csv", "filters": {"topic": "spaceships"}}, "topic"),
        ({"format": "csv", "filters": {"color": "Красный"}}, "color"),
        ({"format": "csv", "filters": {"status": "DONE"}}, "filters.status"),
        ({"format": "csv", "filters": {"min_confidence": 2}}, "filters.min_confidence"),
        ({"format": "csv", "filters": {"word": "x" * 101}}, "filters.word"),
        ({"format": "csv", "filters": {"shape": "round"}}, "filters.shape"),
        ({"format": "csv", "filters": {"group_id": "a b"}}, "group_id"),
        ({"format": "csv", "include_embeddings": "perhaps"}, "include_embeddings"),
        ({"format": "csv", "webhook": "https://example.com"}, "webhook"),
    ],
)
def test_what_cannot_be_is_refused_and_named(client, world, body: dict, field: str) -> None:
    answer = client.post("/exports", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value")
    assert answer.json()["field"].removesuffix(".0") in (field, f"filters.{field}")
    assert not world.exports.exports


def test_a_request_that_the_queue_does_not_take_leaves_nothing_behind(client, world) -> None:
    world.export_queue.is_down = True
    assert client.post("/exports", json={"format": "csv"}).status_code == 503
    assert not world.exports.exports


def test_a_finished_export_has_a_link_that_expires(client, done: Export, now: datetime) -> None:
    found = client.get(f"/exports/{done.key.id}").json()
    assert found["url"].startswith(f"https://exports.test/{done.file.object_key}?name=adlens-20260301-101502.parquet")
    assert found["url"].endswith("&type=None")  # downloaded, never shown
    assert datetime.fromisoformat(found["expires_at"]) == now + timedelta(seconds=900)
    assert datetime.fromisoformat(found["kept_until"]) == now + timedelta(days=7)
    assert (found["rows"], found["bytes"], found["sha256"]) == (12, 3456, "a" * 64)
    assert found["progress"] == {"done": 12, "total": 12}
    assert "url" not in client.get("/exports").json()[0]


def test_an_export_that_is_not_finished_has_none(client, world) -> None:
    export_id = asked(client)
    found = client.get(f"/exports/{export_id}").json()
    assert (found["state"], found["url"], found["expires_at"]) == ("PENDING", None, None)


def test_a_failed_export_says_why(client, world, done: Export) -> None:
    failure = Failure("export_too_large", "There are too many creatives for one file.")
    world.exports.exports[done.key] = dataclasses.replace(done, state=ExportState.FAILED, file=None, failure=failure)
    found = client.get(f"/exports/{done.key.id}").json()
    assert found["failure"] == {"code": "export_too_large", "reason": "There are too many creatives for one file."}
    assert found["url"] is None


def test_a_list_is_paged_and_filtered(client, world) -> None:
    ids = [asked(client, format=format_) for format_ in ("csv", "coco", "csv")][::-1]
    first = client.get("/exports", params={"limit": 2})
    assert [row["export_id"] for row in first.json()] == ids[:2]
    rest = client.get("/exports", params={"limit": 2, "cursor": first.headers["x-next-cursor"]})
    assert [row["export_id"] for row in rest.json()] == ids[2:]
    assert 'rel="next"' in first.headers["link"]
    assert "x-next-cursor" not in rest.headers
    assert [row["export_id"] for row in client.get("/exports?format=coco").json()] == [ids[1]]
    assert client.get("/exports?state=DONE").json() == []


@pytest.mark.parametrize(
    ("name", "value"), [("format", "xlsx"), ("state", "LATE"), ("group_id", "a b"), ("limit", "0")]
)
def test_a_wrong_filter_of_the_list_is_named(client, name: str, value: str) -> None:
    answer = client.get("/exports", params={name: value})
    assert (answer.status_code, answer.json()["field"]) == (422, name)


def test_deleting_takes_the_file_too(client, world, done: Export) -> None:
    assert client.delete(f"/exports/{done.key.id}").status_code == 204
    assert not world.exports.exports
    assert not world.files.objects
    assert client.delete(f"/exports/{done.key.id}").status_code == 404


def test_an_unknown_export_is_404(client) -> None:
    answer = client.get(f"/exports/{uuid4()}")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_export")


def test_every_format_has_its_name_in_a_file(client) -> None:
    assert {format_.extension for format_ in ExportFormat} == {"csv", "parquet", "coco.json", "jsonl"}
