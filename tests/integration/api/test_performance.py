"""Figures through the API: sent as people send them, read back, and asked what goes with them."""

from __future__ import annotations

import gzip
import json
import time
import uuid
from functools import partialmethod
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import text

from adlens.domain.analysis import Decision
from adlens.domain.creative import CreativeId
from adlens.domain.errors import InvalidValue
from adlens.domain.gallery import CreativeFilter
from adlens.domain.jobs import JobId, JobKind
from adlens.domain.lift import ElementKind, Metric, lift_request
from adlens.importing.rows import RowLimit
from adlens.importing.table import Table
from adlens.persistence.jobs.pages import PostgresPerformanceImports
from adlens.persistence.jobs.repository import PostgresJobs
from adlens.persistence.performance.lift import PostgresPerformanceFigures
from adlens.services.run_job import JobOutcome, PerformancePages, RunJob
from functions.api import dependencies
from functions.api.performance.table import REQUEST_ROWS
from functions.jobs.handler import read_table

HEADER = "creative_id,day,placement,impressions,clicks,conversions,spend"


@pytest.fixture
def tenant(new_tenant):
    return new_tenant()


def send(tenant: Any, body: str | bytes, **headers: str) -> Any:
    content = body.encode() if isinstance(body, str) else body
    return tenant.client.post(
        "/performance",
        content=content,
        headers={"content-type": "text/csv", **{k.replace("_", "-"): v for k, v in headers.items()}},
    )


def test_a_file_is_sent_and_read_back(tenant) -> None:
    key = tenant.analysed()
    lines = [
        f"{HEADER},campaign",
        f"{key.id},2026-03-02,feed,1000,20,2,12.50,spring",
        f"{key.id},2026-03-01,,500,10,1,0.1,spring",
        f"{key.id},2026-03-01,,500,5,0,0.2,spring",
        f"{uuid.uuid4()},2026-03-01,,7,1,0,0.7,spring",
        f"{key.id},2026-03-01,,5,6,0,1,spring",
    ]
    answer = send(tenant, "\n".join(lines))
    assert answer.status_code == 200
    report = answer.json()
    (lost,) = report.pop("not_matched")
    assert report == {
        "rows": 5,
        "matched": 3,
        "unmatched": 1,
        "malformed": 1,
        "stored": 2,
        "changed": 2,
        "totals": {
            "impressions": {"sent": 2007, "matched": 2000, "unmatched": 7},
            "clicks": {"sent": 36, "matched": 35, "unmatched": 1},
            "conversions": {"sent": 3, "matched": 3, "unmatched": 0},
            "spend": {"sent": "13.5", "matched": "12.8", "unmatched": "0.7"},
        },
        "more_not_matched": 0,
        "malformed_rows": [{"line": 6, "reason": "6 clicks are more than 5 impressions."}],
        "more_malformed_rows": 0,
        "ignored_columns": ["campaign"],
    }
    assert (lost["by"], lost["reason"], lost["line"], lost["rows"], lost["spend"]) == (
        "creative_id",
        "unknown",
        5,
        1,
        "0.7",
    )
    assert send(tenant, "\n".join(lines)).json()["changed"] == 0

    days = tenant.client.get(f"/creatives/{key.id}/performance").json()
    assert days == {
        "items": [
            {"day": "2026-03-01", "placement": "", "impressions": 1000, "clicks": 15, "conversions": 1, "spend": "0.3"},
            {
                "day": "2026-03-02",
                "placement": "feed",
                "impressions": 1000,
                "clicks": 20,
                "conversions": 2,
                "spend": "12.5",
            },
        ],
        "next_cursor": None,
    }
    first = tenant.client.get(f"/creatives/{key.id}/performance?limit=1").json()
    rest = tenant.client.get(f"/creatives/{key.id}/performance", params={"cursor": first["next_cursor"]}).json()
    assert first["items"] + rest["items"] == days["items"]
    for cursor in ("x", "bnVsbA=="):
        refused = tenant.client.get(f"/creatives/{key.id}/performance", params={"cursor": cursor})
        assert (refused.status_code, refused.json()["field"]) == (422, "cursor")
    assert tenant.client.get(f"/creatives/{uuid.uuid4()}/performance").json()["code"] == "unknown_creative"


def test_a_table_may_be_compressed_or_json(tenant) -> None:
    key = tenant.analysed()
    figures = {"impressions": 10, "clicks": 1, "conversions": 0, "spend": 0.1}
    sent = [{"creative_id": str(key.id), "day": "2026-03-01", **figures}]
    by_json = tenant.client.post("/performance", json=sent).json()
    packed = send(
        tenant, gzip.compress(f"{HEADER}\n{key.id},2026-03-01,,10,1,0,0.1\n".encode()), content_encoding="gzip"
    )
    assert (by_json["stored"], by_json["changed"]) == (1, 1)
    assert (packed.json()["stored"], packed.json()["changed"]) == (1, 0)


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (f"{HEADER}\n", {"content_type": "text/plain"}, 415, "unsupported_media_type"),
        (f"{HEADER}\n", {"content_encoding": "br"}, 415, "unsupported_media_type"),
        (gzip.compress(b"[]", mtime=0), {"content_encoding": "gzip", "content_type": "application/json"}, 415, None),
        (f"{HEADER}\n", {"content_encoding": "gzip"}, 400, "malformed_request"),
        (gzip.compress(HEADER.encode() * 50, mtime=0)[:-9], {"content_encoding": "gzip"}, 400, "malformed_request"),
        (
            gzip.compress(b"x" * 65_000_000, mtime=0),
            {"content_encoding": "gzip"},
            422,
            "invalid_value",
        ),  # one endless line
        ("x" * 4_500_001, {}, 413, "request_too_large"),
        ("day,impressions\n", {}, 422, "invalid_value"),
        ("", {}, 422, "invalid_value"),
        ("\xff", {"content_type": "text/csv; charset=nonsense"}, 422, "invalid_value"),
        ("{}", {"content_type": "application/json"}, 422, "invalid_value"),
    ],
)
def test_what_is_no_table_is_refused_and_stores_nothing(tenant, body, headers, status, code) -> None:
    before = tenant.everything()
    answer = send(tenant, body, **headers)
    assert answer.status_code == status
    assert code in (None, answer.json()["code"])
    assert tenant.everything() == before


def test_a_bomb_is_refused_when_it_has_come_to_its_limit(tenant, monkeypatch) -> None:
    monkeypatch.setattr(
        Table, "__init__", partialmethod(Table.__init__, most_bytes=4_000_000)
    )  # of 64 it takes minutes
    key = tenant.analysed()
    line = f"{key.id},2026-03-01,,1,1,1,1\n"
    bomb = gzip.compress((HEADER + "\n" + line * (4_000_000 // len(line) + 1)).encode())
    assert len(bomb) < 100_000
    answer = send(tenant, bomb, content_encoding="gzip")
    assert (answer.status_code, answer.json()["code"]) == (413, "request_too_large")
    assert "4 MB" in answer.json()["detail"]
    assert tenant.client.get(f"/creatives/{key.id}/performance").json()["items"] == []


def test_a_small_body_keeps_no_worker_busy(tenant) -> None:
    started = time.monotonic()
    answer = send(tenant, gzip.compress(b"\n" * 64_000_000), content_encoding="gzip")
    assert (answer.status_code, answer.json()["detail"]) == (
        422,
        "Line 5001 follows 5,000 empty ones. Delete the empty lines.",
    )
    assert time.monotonic() - started < 5


def test_more_rows_than_a_request_has_time_for_go_through_a_file(tenant, monkeypatch) -> None:
    monkeypatch.setattr("functions.api.performance.table.REQUEST_ROWS", RowLimit(9, REQUEST_ROWS.advice))
    answer = send(tenant, "\n".join([HEADER, *([f"{uuid.uuid4()},2026-03-01,,1,0,0,0"] * 10)]))
    assert (answer.status_code, answer.json()["code"]) == (413, "request_too_large")
    assert answer.json()["detail"].endswith("Send it as a file: POST /performance/files.")


def test_a_file_is_announced_sent_and_imported_once(tenant, engine) -> None:
    key = tenant.analysed()
    announced = tenant.client.post("/performance/files")
    file = announced.json()
    assert (announced.status_code, file["form"]["fields"]["key"]) == (
        201,
        f"{tenant.id}/performance/{file['file_id']}",
    )
    address = f"/performance/files/{file['file_id']}/import"
    missing = tenant.client.post(address, json={})
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown_file")

    lines = [f"{HEADER},campaign", f"{key.id},2026-03-01,feed,1000,20,2,12.5,весна", f"{uuid.uuid4()},,,1,1,1,1,"]
    tenant.memory.objects[file["form"]["fields"]["key"]] = gzip.compress("\n".join(lines).encode("windows-1251"))
    asked = [tenant.client.post(address, json={"charset": "windows-1251"}) for _ in range(2)]
    assert [(answer.status_code, answer.json()["job_id"], answer.json()["kind"]) for answer in asked] == [
        (202, file["file_id"], "performance")
    ] * 2
    assert [str(sent.id) for sent in tenant.memory.jobs.sent] == [file["file_id"]]
    assert tenant.client.get(f"/jobs/{file['file_id']}").json()["report"] is None

    jobs = PostgresJobs(engine)
    pages = PerformancePages(jobs, PostgresPerformanceImports(engine), tenant.memory, read_table)
    run = RunJob(jobs, tenant.memory.jobs, {JobKind.PERFORMANCE: pages}, {JobKind.PERFORMANCE: pages.clean_up})
    assert run(JobId(tenant.id, UUID(file["file_id"])), "message", lambda: True) is JobOutcome.DONE
    job = tenant.client.get(f"/jobs/{file['file_id']}").json()
    assert (job["state"], job["progress"], job["failure"]) == ("DONE", {"done": 2, "total": 2}, None)
    at_once = send(tenant, "\n".join(lines)).json()
    assert job["report"] == {**at_once, "changed": 1}
    assert "report" not in tenant.client.get("/jobs").json()[0]
    assert tenant.memory.objects.keys() & {file["form"]["fields"]["key"]} == set()


def test_an_import_is_cancelled_with_its_file(tenant) -> None:
    file = tenant.client.post("/performance/files").json()
    tenant.memory.objects[file["form"]["fields"]["key"]] = b"x"
    assert tenant.client.post(f"/performance/files/{file['file_id']}/import", json={"format": "json"}).is_success
    assert tenant.client.post(f"/jobs/{file['file_id']}/cancel").json()["state"] == "CANCELLED"
    assert tenant.memory.objects == {}
    for body in ({"format": "xlsx"}, [], {"charset": 1}):
        assert tenant.client.post(f"/performance/files/{file['file_id']}/import", json=body).status_code == 422


def delivered(tenant: Any, creatives: int = 80, groups: int = 3) -> list[UUID]:
    """Creatives with findings; half of them are green, and green ones are clicked half as often again."""
    chance = np.random.default_rng(1)
    ids, lines = [], [HEADER]
    for n in range(creatives):
        key = tenant.analysed(f"grp_{n % groups}")
        ids.append(key.id)
        for place, base in (("feed", 0.01), ("story", 0.03)):
            rate = base * (n % groups + 1) * (1.5 if n // groups % 2 else 1.0) * chance.lognormal(0, 0.2)
            impressions = int(chance.integers(3000, 9000))
            clicks = int(chance.binomial(impressions, rate))
            for day in (1, 2):  # half on each
                lines.append(f"{key.id},2026-03-0{day},{place},{impressions},{clicks},{clicks // 10},{clicks / 4}")
    assert send(tenant, "\n".join(lines)).json()["unmatched"] == 0
    with tenant.engine.begin() as connection:
        green, of_green = 1 << 5, [id_ for n, id_ in enumerate(ids) if n // groups % 2]
        connection.execute(
            text(
                "UPDATE creative_facts SET color_classes = :green, objects = '{cup,tie}', object_count = 2 "
                "WHERE workspace_id = :w AND creative_id = ANY(:ids)"
            ),
            {"green": green, "w": tenant.id, "ids": of_green},
        )
    return ids


def test_what_goes_with_clicks_is_told(tenant, new_tenant) -> None:
    delivered(tenant)
    found = tenant.client.get("/analytics/lift?metric=ctr").json()
    assert found["total"]["creatives"] == 80
    assert 0.1 < found["spread"] < 0.5
    by_name = {(told["kind"], told["name"]): told for told in found["elements"]}
    green = by_name["color", "green"]
    assert green["title"] == {"ru": "Зеленый", "en": "green"}
    assert green["clear"]
    assert 1 < green["low"] < 1.5 < green["high"]
    assert green["have"]["creatives"] + green["have_not"]["creatives"] == 80
    assert by_name["object", "tie"]["ratio"] == pytest.approx(green["ratio"])
    assert by_name["color", "red"]["ratio"] == pytest.approx(1 / green["ratio"])
    assert by_name["objects", "2-4"]["clear"]
    topic = by_name["topic", "cups"]
    assert (topic["ratio"], topic["clear"]) == (None, False)
    assert topic["insufficient"].startswith("There is no group")
    assert {"word", "text_share"} <= {kind for kind, _ in by_name}
    assert by_name["word", "кружка"]["raw_ratio"] is None  # all have it

    one = tenant.client.get("/analytics/lift?metric=cvr&group_id=grp_1&color=green").json()
    assert one["total"]["creatives"] < 20
    assert tenant.client.get("/analytics/lift?metric=cpa&from=2030-01-01").json()["elements"] == []
    assert new_tenant().client.get("/analytics/lift?metric=ctr").json()["total"]["creatives"] == 0


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("", 422, "metric"),
        ("metric=cpm", 422, "metric"),
        ("metric=ctr&color=mauve", 422, "color"),
        ("metric=ctr&text=!", 422, "text"),
        ("metric=ctr&group_id=grp_none", 404, None),
    ],
)
def test_a_question_that_does_not_fit_is_refused(tenant, query: str, status: int, field: str | None) -> None:
    answer = tenant.client.get(f"/analytics/lift?{query}")
    assert (answer.status_code, answer.json()["field"]) == (status, field)


def test_the_table_has_what_the_database_has(tenant, engine) -> None:
    ids = delivered(tenant, creatives=9)
    with engine.begin() as connection:
        for decision, id_ in (("unsure", ids[0]), ("unsure", ids[1]), ("person", ids[2])):
            connection.execute(
                text(
                    "UPDATE creative_facts SET topic_decision = :decision WHERE workspace_id = :w AND creative_id = :id"
                ),
                {"decision": decision, "w": tenant.id, "id": id_},
            )
    waiting = tenant.analysed("grp_0")  # nothing delivered
    table = PostgresPerformanceFigures(engine).table(tenant.id, CreativeFilter())
    assert len(table.group_of) == 9
    assert len(table.creative) == 18
    with engine.connect() as connection:
        sums = connection.execute(
            text(
                "SELECT sum(impressions), sum(clicks), sum(conversions), sum(spend) FROM performance "
                "WHERE workspace_id = :w"
            ),
            {"w": tenant.id},
        ).one()
    assert [sum(table.impressions), sum(table.clicks), sum(table.conversions)] == [int(v) for v in sums[:3]]
    assert sum(table.spend) == pytest.approx(float(sums[3]))
    names = {(element.kind, element.name): len(has) for element, has in table.elements.items()}
    assert (names[ElementKind.TOPIC, "cups"], names[ElementKind.TOPIC, "unsure"]) == (7, 2)
    sure = PostgresPerformanceFigures(engine).table(tenant.id, CreativeFilter(topic_decisions=(Decision.SURE,)))
    assert len(sure.group_of) == 6
    assert names[ElementKind.COLOR_CLASS, "green"] == 3
    assert names[ElementKind.OBJECT, "cup"] == 9
    assert waiting.id not in ids
    with pytest.raises(InvalidValue, match="fewer groups"):
        PostgresPerformanceFigures(engine, most_creatives=8).table(tenant.id, CreativeFilter())


def test_the_function_answers_what_the_api_asks(tenant, database_url, monkeypatch) -> None:
    """The handler as Lambda calls it, on the same database."""
    from functions.lift import handler, wiring

    delivered(tenant, creatives=60)
    monkeypatch.setenv("ADLENS_DATABASE_URL", database_url)
    monkeypatch.setenv("POWERTOOLS_TRACE_DISABLED", "true")
    wiring.estimate_lift.cache_clear()

    def ask(chosen: CreativeFilter) -> dict[str, Any]:
        event = json.loads(json.dumps(lift_request(tenant.id, Metric.CTR, chosen)))
        return json.loads(json.dumps(handler.handler(event, Context())))  # type: ignore[arg-type]

    assert ask(CreativeFilter())["lift"]["total"]["creatives"] == 60
    assert ask(CreativeFilter(group_ids=("grp_none",)))["error"]["code"] == "unknown_group"
    assert ask(CreativeFilter(text="!"))["error"]["field"] == "text"


class Context:
    function_name = "lift"
    memory_limit_in_mb = 2048
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:lift"
    aws_request_id = "invocation"


def test_without_a_function_the_rest_works(new_tenant, app) -> None:
    tenant = new_tenant()
    app.dependency_overrides.pop(dependencies.lift_estimator)
    answer = tenant.client.get("/analytics/lift?metric=ctr")
    assert (answer.status_code, answer.json()["code"]) == (503, "temporarily_unavailable")
    key: CreativeId = tenant.analysed()
    assert tenant.client.get(f"/creatives/{key.id}/performance").status_code == 200
