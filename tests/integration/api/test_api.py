"""What the API says of creatives that are really in the database."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from adlens.domain.analysis import BundleInfo, Stage, StageRun, StageState
from adlens.domain.creative import NewCreative, object_key, preview_key
from adlens.domain.events import ObjectCreated
from adlens.persistence.creatives.repository import PostgresCreatives


@pytest.fixture
def tenant(new_tenant):
    return new_tenant()


def test_an_upload_is_followed_from_its_form_to_its_findings(tenant, engine) -> None:
    api, worker = tenant.client, PostgresCreatives(engine)
    announced = {"files": [{"filename": "Кружка 350 мл.png", "size": 9}, {"filename": "b.txt", "size": 9}]}
    answer = api.post("/uploads", json=announced).json()
    group_id, (upload,) = answer["group_id"], answer["uploads"]
    assert [refused["filename"] for refused in answer["refused"]] == ["b.txt"]
    creative_id = upload["creative_id"]

    assert api.get(f"/status/{creative_id}").json()["overall_status"] == "—"
    assert api.post(f"/creatives/{creative_id}/reanalyze").status_code == 409
    progress = api.get(f"/groups/{group_id}/status").json()
    assert (progress["done"], progress["by_status"]["PENDING"]) == (False, 1)

    event = ObjectCreated("uploads", upload["form"]["fields"]["key"], 9, "etag", "01")
    claim = worker.claim(event, "message", 60)
    assert claim is not None
    worker.record_stages(claim, [StageRun(Stage.OCR, StageState.SUCCESS, None, 1.34)])
    found = api.get(f"/status/{creative_id}").json()
    assert (found["status"], found["ocr_status"], found["detection_status"]) == ("PROCESSING", "1.3 sec", "—")
    assert found["overall_status"] == "1.3 sec "

    from_elsewhere = tenant.analysed(group_id)  # brings the findings of the fixture along
    findings = api.get(f"/creatives/{from_elsewhere.id}").json()
    assert findings["overall_status"] == "SUCCESS"
    assert findings["main_topic"] == "cups"
    assert findings["preview_url"] == f"{findings['file_path']}.webp"
    assert api.get(f"/creatives/{creative_id}").json()["preview_url"] is None
    assert findings["palette_colors"]["Красный"]["percent"] == 75.0
    assert findings["detected_objects"][0]["class"] == "cup"
    rows = api.get(f"/groups/{group_id}/creatives").json()
    assert [(row["original_filename"][:6], row["analysis"]) for row in rows] == [("Кружка", False), ("Кружка", True)]


def test_an_analysis_is_asked_for_once_more(tenant) -> None:
    key = tenant.analysed()
    answer = tenant.client.post(f"/creatives/{key.id}/reanalyze")
    assert (answer.status_code, answer.json()["revision"]) == (202, 2)
    assert [(request.creative, request.revision) for request in tenant.memory.queue.sent] == [(key, 2)]
    found = tenant.client.get(f"/creatives/{key.id}").json()
    assert (found["overall_status"], found["main_topic"]) == ("PENDING", "cups")


def test_pages_lead_through_a_group_without_a_gap(tenant, engine) -> None:
    ids = [uuid4() for _ in range(7)]
    PostgresCreatives(engine).register(tenant.id, "grp", [NewCreative(id_, "a.png", 9) for id_ in ids])
    seen, path = [], "?limit=3"
    while path:
        answer = tenant.client.get(f"/groups/grp/creatives{path}")
        seen += [UUID(row["creative_id"]) for row in answer.json()]
        path = answer.links.get("next", {}).get("url")
    assert seen == ids
    first = tenant.client.get("/groups/grp/status?limit=3").json()
    assert (first["count"], len(first["creatives"])) == (7, 3)
    rest = tenant.client.get("/groups/grp/status", params={"cursor": first["next_cursor"]}).json()
    assert (rest["count"], len(rest["creatives"]), rest["next_cursor"]) == (7, 4, None)


@pytest.mark.parametrize("cursor", ["x", "W10=", "é", "bnVsbA==", "%00", "WyJ0b2RheSIsIjEiXQ=="])
@pytest.mark.parametrize("path", ["/groups", "/groups/grp/creatives", "/groups/grp/status"])
def test_a_cursor_of_somebody_elses_making_is_refused(tenant, path: str, cursor: str) -> None:
    tenant.analysed()
    answer = tenant.client.get(path, params={"cursor": cursor})
    assert (answer.status_code, answer.json()["field"]) == (422, "cursor")


def test_figures_of_a_group_and_of_everything(tenant) -> None:
    tenant.analysed("grp_1")
    tenant.analysed("grp_2")
    group = tenant.client.get("/analytics/group/grp_1").json()
    assert group["total_creatives_in_group"] == 1
    assert group["color_class_distribution"] == {"Красный": 75.0, "Белый": 25.0}
    assert group["dominant_colors"] == [{"hex": "#ff0000", "count": 1}]
    assert group["avg_time_per_creative"] == group["total_processing_time"] == 2.0
    everything = tenant.client.get("/analytics/all").json()
    assert everything["topics"][0]["count"] == 2
    assert everything["summary"]["avg_ocr_confidence"] == 0.75
    assert everything["color_class_distribution"] == {"Красный": 150.0, "Белый": 50.0}


def test_every_answer_says_the_same_decision(tenant) -> None:
    key, api = tenant.analysed(), tenant.client

    def decisions() -> set[str]:
        (listed,) = api.get("/groups/grp/status").json()["creatives"]
        (card,) = api.get("/creatives").json()["items"]
        (hit,) = api.get("/search", params={"q": "кружка"}).json()["items"]
        one, status = api.get(f"/creatives/{key.id}").json(), api.get(f"/status/{key.id}").json()
        return {answer["topic_decision"] for answer in (listed, card, hit, one, status)}

    assert decisions() == {"sure"}
    assert api.put(f"/creatives/{key.id}/topic", json={"topic": "bags"}).json()["topic_decision"] == "person"
    assert decisions() == {"person"}
    assert api.get("/creatives?topic_decision=person&topic_decision=unsure").json()["total"] == 1
    assert api.get("/creatives?topic_decision=sure").json()["total"] == 0
    assert api.delete(f"/creatives/{key.id}/topic").json()["main_topic"] == "cups"
    assert decisions() == {"sure"}
    assert api.get("/analytics/all").json()["topics"][0]["unsure"] == 0


def test_a_workspace_is_analysed_again_batch_by_batch(tenant, engine) -> None:
    keys = sorted((tenant.analysed(f"grp_{n % 2}") for n in range(5)), key=lambda key: key.id)
    first = tenant.client.post("/creatives/reanalyze?limit=3").json()
    assert first == {"count": 3, "next_cursor": str(keys[2].id), "job_id": None}
    rest = tenant.client.post("/creatives/reanalyze?limit=3", params={"cursor": first["next_cursor"]}).json()
    assert rest == {"count": 2, "next_cursor": None, "job_id": None}
    assert [request.creative for request in tenant.memory.queue.sent] == keys
    assert tenant.client.post("/creatives/reanalyze").json() == {"count": 0, "next_cursor": None, "job_id": None}
    assert tenant.client.post("/creatives/reanalyze?cursor=x").json()["field"] == "cursor"


def test_every_figure_leads_to_the_creatives_behind_it(tenant) -> None:
    for group_id in ("grp_1", "grp_1", "grp_2"):
        tenant.analysed(group_id)
    figures = tenant.client.get("/analytics/group/grp_1").json()
    filters = [{"topic": row["topic"]} | {"count": row["count"]} for row in figures["topics"]]
    filters += [{"object": row["class"]} | {"count": row["count"]} for row in figures["objects"]]
    filters += [{"color": row["class_en"]} | {"count": row["count"]} for row in figures["color_classes"]]
    filters += [{"word": row["word"]} | {"count": row["count"]} for row in figures["words"]]
    assert [next(iter(chosen.values())) for chosen in filters] == [
        "cups",
        "cup",
        "red",
        "white",
        "видит",
        "владелец",
        "которую",
        "кружка",
    ]
    for chosen in filters:
        count = chosen.pop("count")
        found = tenant.client.get("/creatives", params={"group_id": "grp_1", **chosen}).json()
        assert found["total"] == len(found["items"]) == count == 2
    assert tenant.client.get("/creatives?group_id=grp_3").json()["code"] == "unknown_group"
    page = tenant.client.get("/creatives?limit=1").json()
    other = {"limit": 1, "cursor": page["next_cursor"], "sort": "filename"}
    assert tenant.client.get("/creatives", params=other).json()["field"] == "cursor"


def test_deleting_leaves_nothing_behind(tenant) -> None:
    one, two = tenant.analysed("grp_1"), tenant.analysed("grp_1")
    assert tenant.client.delete(f"/creatives/{one.id}").status_code == 204
    assert tenant.client.get("/analytics/group/grp_1").json()["total_creatives_in_group"] == 1
    assert list(tenant.memory.objects) == [object_key(two, "grp_1"), preview_key(object_key(two, "grp_1"))]
    assert tenant.client.delete("/groups/grp_1").status_code == 204
    assert tenant.client.delete("/groups/grp_1").status_code == 404
    assert tenant.client.get("/analytics/all").json()["total_creatives_in_group"] == 0
    assert tenant.memory.objects == {}


def test_the_same_file_sent_again_is_the_same_creative(tenant) -> None:
    chosen = str(uuid4())
    body = {"group_id": "grp", "files": [{"filename": "a.png", "size": 9, "creative_id": chosen}]}
    assert tenant.client.post("/uploads", json=body).status_code == 201
    assert tenant.client.post("/uploads", json=body).status_code == 201
    assert tenant.client.get("/groups").json()[0]["count"] == 1
    elsewhere = tenant.client.post("/uploads", json={**body, "group_id": "grp_2"})
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (409, "conflict")
    assert [group["group_id"] for group in tenant.client.get("/groups").json()] == ["grp"]


def test_five_hundred_files_in_one_call(tenant) -> None:
    files = [{"filename": f"{number}.png", "size": 9} for number in range(500)]
    assert len(tenant.client.post("/uploads", json={"group_id": "grp", "files": files}).json()["uploads"]) == 500
    rows = tenant.client.get("/groups/grp/creatives").json()
    assert [row["original_filename"] for row in rows] == [file["filename"] for file in files]


def test_health_names_the_models_that_worked_last(tenant, engine) -> None:
    PostgresCreatives(engine).report_bundle(BundleInfo("compact", "7", "d" * 64, {}))
    found = tenant.client.get("/health").json()
    assert (found["database"]["status"], found["models"]["detail"]) == ("ok", "compact 7")
