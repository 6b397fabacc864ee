"""What this API adds to the contract: progress, re-analysis, deletion, pages, health."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from adlens.domain.analysis import BundleInfo, Stage, StageRun, StageState
from adlens.domain.creative import Failure, Status


def test_progress_of_a_group_in_one_call(client, world, analysed, now) -> None:
    running = world.add(
        status=Status.PROCESSING,
        stages=(
            StageRun(Stage.OCR, StageState.SUCCESS, now - timedelta(seconds=2), 0.5),
            StageRun(Stage.DETECTION, StageState.PROCESSING, now - timedelta(seconds=1)),
        ),
    )
    failed = world.add(status=Status.ERROR, failure=Failure("upload_missing", "The file never arrived."))
    found = client.get("/groups/grp_1/status").json()
    assert {key: found[key] for key in ("group_id", "count", "done", "by_status", "next_cursor")} == {
        "group_id": "grp_1",
        "count": 3,
        "done": False,
        "by_status": {"PENDING": 0, "PROCESSING": 1, "SUCCESS": 1, "ERROR": 1},
        "next_cursor": None,
    }
    first, second, third = found["creatives"]
    assert first["creative_id"] == str(analysed.key.id)
    assert (first["status"], first["main_topic"], first["seconds"]) == ("SUCCESS", "cups", 2.11)
    assert second["creative_id"] == str(running.key.id)
    assert second["seconds"] == 1.5
    assert {name: stage["status"] for name, stage in second["stages"].items()} == {
        "ocr": "SUCCESS",
        "detection": "PROCESSING",
        "classification": "PENDING",
        "color": "PENDING",
    }
    assert third["creative_id"] == str(failed.key.id)
    assert third["failure"] == {"code": "upload_missing", "reason": "The file never arrived."}


def test_a_group_is_done_when_every_creative_has_ended(client, world, analysed) -> None:
    world.add(status=Status.ERROR, failure=Failure("invalid_image", "Broken."))
    assert client.get("/groups/grp_1/status").json()["done"] is True


def test_pages_of_creatives(client, world) -> None:
    names = [world.add(filename=f"{number}.png").filename for number in range(5)]
    seen, path = [], "/groups/grp_1/creatives?limit=2"
    while True:
        answer = client.get(path)
        seen += [row["original_filename"] for row in answer.json()]
        if "next" not in answer.links:
            break
        assert len(answer.json()) == 2
        assert answer.headers["x-next-cursor"] in answer.links["next"]["url"]
        path = f"/groups/grp_1/creatives{answer.links['next']['url']}"
    assert seen == names


def test_pages_of_progress_count_the_whole_group(client, world) -> None:
    for _ in range(3):
        world.add()
    first = client.get("/groups/grp_1/status?limit=2").json()
    second = client.get("/groups/grp_1/status", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert (len(first["creatives"]), len(second["creatives"])) == (2, 1)
    assert first["count"] == second["count"] == 3
    assert first["by_status"] == second["by_status"]
    assert second["next_cursor"] is None


def test_pages_of_groups(client, world) -> None:
    for number in range(3):
        world.add(group_id=f"grp_{number}")
    answer = client.get("/groups?limit=2")
    assert [group["group_id"] for group in answer.json()] == ["grp_2", "grp_1"]
    answer = client.get(f"/groups{answer.links['next']['url']}")
    assert [group["group_id"] for group in answer.json()] == ["grp_0"]


def test_a_creative_is_analysed_again(client, world, analysed) -> None:
    answer = client.post(f"/creatives/{analysed.key.id}/reanalyze")
    assert answer.status_code == 202
    assert answer.json() == {"creative_id": str(analysed.key.id), "status": "PENDING", "revision": 2}
    assert [(request.creative, request.revision) for request in world.queue.sent] == [(analysed.key, 2)]


def test_many_are_analysed_again_batch_by_batch(client, world, analysed) -> None:
    rows = [world.add(status=Status.ERROR, group_id="grp_2") for _ in range(3)]
    world.store.objects |= {row.object_key: b"" for row in rows}
    seen, cursor = 0, None
    while True:
        answer = client.post("/creatives/reanalyze", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 202
        seen += answer.json()["count"]
        if (cursor := answer.json()["next_cursor"]) is None:
            break
    assert seen == 4
    assert sorted(request.creative.id for request in world.queue.sent) == sorted(
        row.key.id for row in [analysed, *rows]
    )
    assert client.post("/creatives/reanalyze").json() == {"count": 0, "next_cursor": None, "job_id": None}
    assert world.jobs.jobs == {}
    assert client.post("/creatives/reanalyze?group_id=nowhere").status_code == 404
    assert client.post("/creatives/reanalyze?topic_decision=maybe").json()["field"] == "topic_decision"


def test_what_has_not_arrived_cannot_be_analysed_again(client, world) -> None:
    answer = client.post(f"/creatives/{world.add().key.id}/reanalyze")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert world.queue.sent == []


def test_a_creative_is_deleted_with_its_file(client, world, analysed) -> None:
    assert client.delete(f"/creatives/{analysed.key.id}").status_code == 204
    assert client.get(f"/creatives/{analysed.key.id}").status_code == 404
    assert world.store.objects == world.previews.objects == {}


def test_a_group_is_deleted_with_its_files(client, world, analysed) -> None:
    kept = world.add(group_id="grp_2")
    world.store.objects[kept.object_key] = b""
    answer = client.delete("/groups/grp_1")
    assert (answer.status_code, answer.content) == (204, b"")
    assert list(world.creatives.rows) == [kept.key]
    assert list(world.store.objects) == [kept.object_key]
    assert world.previews.objects == {}


def test_a_store_that_does_not_answer_stops_no_deletion(client, world, analysed) -> None:
    other = world.add(group_id="grp_2")
    world.store.is_down = world.previews.is_down = True
    assert client.delete(f"/creatives/{analysed.key.id}").status_code == 204
    assert client.delete("/groups/grp_2").status_code == 204
    world.store.is_down = world.previews.is_down = False
    assert client.get(f"/creatives/{analysed.key.id}").status_code == 404
    assert client.get(f"/creatives/{other.key.id}").status_code == 404
    assert client.delete(f"/creatives/{analysed.key.id}").status_code == 404
    assert client.delete("/groups/grp_2").status_code == 404


def test_health_needs_no_key_and_tells_nothing_of_anybody(anonymous, world, analysed) -> None:
    answer = anonymous.get("/health")
    assert answer.status_code == 200
    found = answer.json()
    assert found["status"] == "ok"
    assert {part: found[part]["status"] for part in ("database", "store", "queue", "models")} == {
        "database": "ok",
        "store": "ok",
        "queue": "ok",
        "models": "unknown",
    }
    assert found["database"]["latency_ms"] >= 0
    assert str(analysed.key.id) not in answer.text


def test_health_names_the_models_in_use(anonymous, world) -> None:
    engines = {Stage.OCR: "rapidocr", Stage.COLOR: "kmeans-lab"}
    about = {Stage.OCR: {"quality": "F1 0.88", "limits": "no handwriting", "unpinned": "detector"}}
    described = {stage: texts | {"mood": "good"} for stage, texts in about.items()}
    world.creatives.bundle = BundleInfo("compact", "3", "0" * 64, engines, described)
    models = anonymous.get("/health").json()["models"]
    assert (models["status"], models["detail"], models["checksum"]) == ("ok", "compact 3", "0" * 64)
    nothing = {"licence": None, "source": None, "quality": None, "limits": None, "unpinned": None}
    assert models["stages"] == {
        "ocr": nothing | {"engine": "rapidocr"} | about[Stage.OCR],
        "color": nothing | {"engine": "kmeans-lab"},
    }


def test_health_is_503_when_a_part_is_gone(anonymous, world) -> None:
    for part, fake in {"database": world.creatives, "store": world.store, "queue": world.queue}.items():
        fake.is_down = True
        answer = anonymous.get("/health")
        fake.is_down = False
        assert answer.status_code == 503
        found = answer.json()
        assert found["status"] == "failed"
        assert {name for name in ("database", "store", "queue") if found[name]["status"] == "failed"} == {part}


def test_health_survives_what_nobody_thought_of(anonymous, world, monkeypatch) -> None:
    def ping() -> None:
        raise ZeroDivisionError("password=secret")

    monkeypatch.setattr(world.creatives, "ping", ping)
    answer = anonymous.get("/health")
    assert answer.status_code == 503
    assert answer.json()["database"]["status"] == "failed"
    assert "secret" not in answer.text


def test_settings_are_those_of_the_workspace(client, others) -> None:
    client.put("/settings/DOMINANT_COLORS_COUNT?value=9")
    assert others.get("/settings/DOMINANT_COLORS_COUNT").json()["value"] == 3


def test_unknown_ids_and_those_of_others_look_the_same(client, others, world, analysed) -> None:
    unknown = uuid4()
    theirs = others.get(f"/creatives/{analysed.key.id}")
    never = others.get(f"/creatives/{unknown}")
    assert theirs.status_code == never.status_code == 404

    def body(answer, id_):
        return {**answer.json(), "request_id": None, "detail": answer.json()["detail"].replace(str(id_), "…")}

    assert body(theirs, analysed.key.id) == body(never, unknown)
