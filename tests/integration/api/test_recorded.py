"""Answers to requests of every route, as recorded in recorded.json: what nobody meant to change stays byte for byte.

Delete recorded.json to record anew; the difference then shows in review.
"""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from adlens.domain.analysis import (
    Analysis,
    BoundingBox,
    BundleInfo,
    DetectedObject,
    Detections,
    Evidence,
    EvidenceKind,
    ImageFacts,
    Stage,
    StageRun,
    StageState,
    Swatch,
    SwatchRole,
    TextBlock,
    TopicPrediction,
)
from adlens.domain.creative import CreativeId, Failure, NewCreative, object_key
from adlens.domain.events import ObjectCreated
from adlens.domain.gallery import CreativeFilter
from adlens.domain.lift import Delivered, Element, ElementKind, ElementLift, Lift, Metric
from adlens.domain.media import ImageFormat
from adlens.persistence.creatives.repository import PostgresCreatives
from adlens.persistence.workspaces.repository import PostgresWorkspaces
from adlens.testing.storage import MemoryAnalysisQueue, MemoryEventQueue, MemoryExportQueue, MemoryJobQueue, MemoryStore
from functions.api import dependencies, request
from functions.api.app import create_app
from tests.settings import api_settings

RECORDED = Path(__file__).with_name("recorded.json")
WORKSPACE = UUID("6d0ad7f9-0000-4000-8000-000000000000")
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
BOX = BoundingBox(0.1, 0.2, 0.5, 0.6)
HEADERS = ("content-type", "link", "x-next-cursor", "retry-after", "www-authenticate", "cache-control", "allow")
MAX_BODY = 250


def creative_id(number: int) -> UUID:
    return UUID(f"c0ffee00-0000-4000-8000-{number:012d}")


def analysis(number: int) -> Analysis:
    red = Swatch((188, 14, 14), 61.5, SwatchRole.DOMINANT, "red")
    grey = Swatch((64, 64, 64), 38.5, SwatchRole.SECONDARY, "dark grey")
    topic = TopicPrediction(
        ("cups", "ties")[number % 2],
        0.5 + number / 100,
        {"cups": 0.5 + number / 100, "other": 0.25},
        (Evidence(EvidenceKind.WORD, "скидка", 3.125), Evidence(EvidenceKind.LOOKS, "coffee mug", 0.75)),
        sure=number % 3 > 0,
    )
    vector = (1.0, number / 20, *(0.0 for _ in range(14)))
    length = sum(value * value for value in vector) ** 0.5
    return Analysis(
        facts=ImageFacts(ImageFormat.PNG, 900, 1200 + number, 1234, f"{number:064x}", f"{number % 3:016x}"),
        bundle=BundleInfo("compact", "1", "c" * 64, {Stage.OCR: "rapidocr"}),
        stages=tuple(StageRun(stage, StageState.SUCCESS, datetime(2026, 3, 1, tzinfo=UTC), 0.5) for stage in Stage),
        text=(
            TextBlock(("50% СКИДКА & подарок", "новая ёлка")[number % 2], BOX, 0.75),
            TextBlock(f"{number} 350 ml", BOX, 0.5, ((0.1, 0.2), (0.5, 0.2)), "en"),
        ),
        detections=Detections(
            tuple(DetectedObject("cup", 0.5, BOX) for _ in range(number % 3)),
            {"cup": 0.5},
            weak=(DetectedObject("spoon", 0.25, BOX),),
        ),
        topic=None if number == 5 else topic,
        palette=(red, grey)[: 1 + number % 2],
        embedding=tuple(value / length for value in vector),
    )


@pytest.fixture(scope="module")
def shop(engine: Engine) -> TestClient:
    """Twelve creatives of two groups: ten analysed, one failed, one pending."""
    creatives, workspaces = PostgresCreatives(engine), PostgresWorkspaces(engine)
    workspaces.create("shop", WORKSPACE)
    store = Store(forms_expire_at=NOW)
    for number in range(12):
        group_id = ("spring", "summer")[number % 3 == 0]
        key = CreativeId(WORKSPACE, creative_id(number))
        name = "Spring mugs" if group_id == "spring" else None
        creatives.register(WORKSPACE, group_id, [NewCreative(key.id, f"файл {number}.png", 1234)], name)
        if number == 11:
            continue
        path = object_key(key, group_id)
        store.objects[path] = b"picture"
        claim = creatives.claim(ObjectCreated("uploads", path, 1234, "etag", "01"), "worker", 60)
        assert claim is not None
        if number == 10:
            assert creatives.fail(claim, Failure("invalid_image", "The file is no picture."), "etag")
        else:
            assert creatives.complete(claim, analysis(number), "etag")
    creatives.report_bundle(dataclasses.replace(analysis(1).bundle, about={Stage.OCR: {"licence": "Apache-2.0"}}))
    with engine.begin() as connection:
        for statement in (
            "UPDATE creatives SET uploaded_at = timestamptz '2026-03-01 10:00Z'"
            " + right(id::text, 6)::int * interval '5 h'",
            "UPDATE creative_facts f SET uploaded_at = c.uploaded_at FROM creatives c WHERE c.id = f.creative_id",
            "UPDATE groups SET created_at = timestamptz '2026-03-01 10:00Z' + length(id) * interval '1 h'",
            "UPDATE group_rollup SET updated_at = timestamptz '2026-03-01 11:00Z'",
            "UPDATE workspace_rollup SET updated_at = timestamptz '2026-03-01 11:00Z'",
        ):
            connection.execute(text(statement))
    app = create_app(api_settings(engine.url.render_as_string(hide_password=False)))
    _replace_the_cloud(app, store)
    _, key = workspaces.create_key(WORKSPACE, "test")
    return TestClient(app, headers={"x-api-key": key})


class Store(MemoryStore):
    def presigned_url(self, key: str, filename: str, content_type: str | None) -> str:
        return f"https://{self.host}/{key}?{filename}&{content_type}"


def _replace_the_cloud(app: FastAPI, store: Store) -> None:
    for part in (dependencies.object_store, dependencies.preview_store, dependencies.export_store):
        app.dependency_overrides[part] = lambda: store
    analyses, exports, events, jobs = MemoryAnalysisQueue(), MemoryExportQueue(), MemoryEventQueue(), MemoryJobQueue()
    app.dependency_overrides[dependencies.job_queue] = lambda: jobs
    app.dependency_overrides[dependencies.analysis_queue] = lambda: analyses
    app.dependency_overrides[dependencies.export_queue] = lambda: exports
    app.dependency_overrides[dependencies.event_queue] = lambda: events
    app.dependency_overrides[request.now] = lambda: NOW
    app.dependency_overrides[dependencies.lift_estimator] = lambda: _estimated


def _estimated(workspace_id: UUID, metric: Metric, chosen: CreativeFilter) -> Lift:
    have, have_not = Delivered(6, 6000, 120), Delivered(4, 4000, 60)
    elements = (
        ElementLift(Element(ElementKind.TOPIC, "cups"), have, have_not, 1.4, 1.33, 1.1, 1.6, 0.001, 0.004),
        ElementLift(Element(ElementKind.COLOR_CLASS, "red"), have, have_not, None, insufficient="Too few creatives."),
        ElementLift(Element(ElementKind.WORD, f"{len(chosen.topics)}"), have, have_not, None, insufficient="Too few."),
    )
    return Lift(metric, Delivered(10, 10000, 180), 0.25, 1, elements)


ONE, OTHER, PENDING = creative_id(1), creative_id(2), creative_id(11)
NOBODY = UUID(int=0)
FILTERS = (
    "",
    "group_id=spring&group_id=summer",
    "topic=cups&topic=none",
    "topic_decision=sure&topic_decision=unsure",
    "color=dark%20grey",
    "hex=%23bc0e0e&min_share=20",
    "object=cup&min_objects=2&max_objects=3",
    "word=скидка",
    "q=скидки",
    "text=файл",
    "status=ERROR",
    "min_confidence=0.55&max_confidence=0.6",
    "min_text_share=0.1&max_text_share=0.9",
    "from=2026-03-01&before=2026-03-02T11:30:00%2B03:00",
    "min_width=100&max_width=1000&min_height=1203&max_height=1300&min_aspect=0.1&max_aspect=1",
    "within=topic%3Dcups&rest_of=within%3Dobject%253Dcup",
)
FAULTS = (
    "topic=spaceships",
    "topic=",
    "color=Красный",
    "hex=red",
    "min_share=101",
    "min_share=-1&limit=0",
    "limit=0&min_share=-1&min_width=0",
    "limit=0&topic=spaceships",
    "topic=a&color=b",
    "group_id=a b",
    "group_id=nowhere",
    "min_objects=-1",
    "max_confidence=nan",
    "from=yesterday",
    "from=9999-12-31T23:59:59-14:00",
    "status=DONE",
    "status=",
    "status=SUCCESS&status=ERROR",
    "q=",
    "text=" + "x" * 101,
    "sort=size",
    "cursor=x",
    "within=topic%3Dspaceships",
    "within=grup%3Dx",
    "rest_of=within%3Dmin_objects%253D-1",
    "unknown=parameter",
    "topic_decision=maybe&topic_decision=sure",
    "&".join(f"topic_decision={decision}" for decision in ["sure"] * 101),
)
TABLE = f"""creative_id,day,placement,impressions,clicks,conversions,spend,campaign
{ONE},2026-03-01,feed,1000,20,2,12.50,x
{NOBODY},2026-03-01,,7,1,0,0.7,x
{ONE},2026-03-02,,5,6,0,1,x
"""
JSON, CSV = {"content-type": "application/json"}, {"content-type": "text/csv"}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8d"
    "b00000000049454e44ae426082"
)
FILES = [("files", ("a.png", PNG, "image/png")), ("files", ("b.txt", b"no picture", "text/plain"))]
FORM = {"group_id": "sent", "creative_ids": [str(creative_id(n)) for n in (91, 92)], "original_filenames": ["", "b"]}


COMPARED = (
    ("topic=cups", "rest"),
    ("group_id=spring", "group_id=summer"),
    ("color=red", "color=red"),
    ("group=x", "rest"),
    ("topic=a", "topic=b"),
    ("min_share=1", "status=x"),
    ("", ""),
    ("x" * 4001, "rest"),
)
IDS = ("export_id", "webhook_id", "job_id", "key_id")
Asked = tuple[str, str, dict[str, Any]]
"""Method, path and what httpx takes besides. `{export_id}` and such are those of the newest answer with one."""


def requests() -> Iterator[Asked]:
    yield from reads()
    yield from reads_by_id()
    yield from uploads()
    yield from changes()
    yield from export_requests()
    yield from settings_and_webhooks()
    yield from keys()
    yield from analyses_and_deletions()


def reads() -> Iterator[Asked]:
    for path in ("/openapi.json", "/docs", "/health", "/me", "/taxonomy", "/nowhere", "/groups/", "/settings"):
        yield "GET", path, {}
    yield "GET", "/me", {"headers": {"x-api-key": "wrong"}}
    yield "GET", "/me", {"headers": {"x-api-key": ""}}
    yield "POST", "/me", {}
    for query in (*FILTERS, *FAULTS):
        yield "GET", f"/creatives?{query}", {}
        yield "GET", f"/search?{query}", {}
        yield "GET", f"/creatives/{ONE}/neighbours?{query}", {}
        yield "GET", f"/analytics?{query}", {}
        yield "GET", f"/analytics/lift?metric=ctr&{query}", {}
    for sort in ("uploaded_at", "filename", "-filename", "topic_confidence", "-topic_confidence"):
        yield "GET", f"/creatives?limit=3&sort={sort}", {}
        yield "GET", f"/creatives/{ONE}/neighbours?sort={sort}", {}
    for by in ("topic", "color", "object", "word", "group", "day", "week", "month", "size"):
        yield "GET", f"/analytics?by={by}&limit=2", {}
    for a, b in COMPARED:
        yield "GET", "/analytics/compare", {"params": {"a": a, "b": b}}
    yield "GET", "/analytics/compare?b=rest", {}
    yield "GET", "/analytics/lift", {}


def reads_by_id() -> Iterator[Asked]:
    for path in ("/groups", "/groups?search=sum", "/groups?limit=1", "/groups?limit=1001", "/analytics/all"):
        yield "GET", path, {}
    for group_id in ("spring", "summer", "nowhere", "a b"):
        for path in ("", "/creatives?limit=3", "/status", "/status?limit=2", "/duplicates", "/duplicates?limit=101"):
            yield "GET", f"/groups/{group_id}{path}", {}
        yield "GET", f"/analytics/group/{group_id}", {}
    for id_ in (ONE, creative_id(5), creative_id(10), PENDING, NOBODY, "x"):
        for path in ("", "/similar", "/similar?limit=0", "/neighbours", "/performance"):
            yield "GET", f"/creatives/{id_}{path}", {}
        yield "GET", f"/status/{id_}", {}


def uploads() -> Iterator[Asked]:
    announced: list[dict[str, Any]] = [
        {"filename": "Кружка.png", "size": 9, "creative_id": str(creative_id(90))},
        {"filename": "b.txt", "size": 9},
        {"filename": "c.png", "size": 0},
        {"filename": "d", "size": 10**9},
    ]
    yield "POST", "/uploads", {"json": {"group_id": "new", "group_name": " New  one ", "files": announced}}
    yield "POST", "/uploads", {"json": {"group_id": "newer", "files": announced[:1]}}
    yield "POST", "/uploads", {"json": {"group_id": "new", "files": [announced[0], announced[0]]}}
    yield "POST", "/uploads", {"json": {"files": announced[1:2]}}
    yield "POST", "/uploads", {"json": {"files": [], "color": 1, "group_id": "a b"}}
    yield "POST", "/uploads", {"content": b"{", "headers": JSON}
    yield "POST", "/uploads", {"content": b"\xff", "headers": JSON}
    yield "POST", "/uploads", {"content": b"x", "headers": CSV}
    yield "POST", "/upload", {"data": FORM, "files": FILES}
    yield "POST", "/upload", {"data": FORM, "files": FILES[:1]}
    yield "POST", "/upload", {"data": FORM | {"creative_ids": [str(ONE)] * 2}, "files": FILES}
    yield "POST", "/upload", {"data": {"group_id": "a b"}, "files": FILES[:1]}
    yield "POST", "/upload", {"json": {}}


def changes() -> Iterator[Asked]:
    for body in ({"name": "Summer"}, {"name": "  "}, {"name": 1}, {}):
        yield "PATCH", "/groups/summer", {"json": body}
    yield "PATCH", "/groups/nowhere", {"json": {"name": "x"}}
    for id_ in (ONE, PENDING, NOBODY):
        yield "PUT", f"/creatives/{id_}/topic", {"json": {"topic": "bags"}}
        yield "DELETE", f"/creatives/{id_}/topic", {}
    yield "PUT", f"/creatives/{ONE}/topic", {"json": {"topic": "spaceships"}}
    yield "POST", "/performance", {"content": TABLE.encode(), "headers": CSV}
    packed = gzip.compress(TABLE.encode(), mtime=0)
    for content in (packed, b"not gzip"):
        yield "POST", "/performance", {"content": content, "headers": CSV | {"content-encoding": "gzip"}}
    row = {
        "filename": "файл 2.png",
        "day": "2026-03-01",
        "impressions": 10,
        "clicks": 1,
        "conversions": 0.5,
        "spend": 0.1,
    }
    yield "POST", "/performance", {"json": [row]}
    yield "POST", "/performance", {"json": {}}
    yield "POST", "/performance", {"content": b"a", "headers": {"content-type": "text/plain"}}
    yield "GET", f"/creatives/{ONE}/performance?limit=1", {}


def export_requests() -> Iterator[Asked]:
    for order in (
        {"format": "csv", "separator": "semicolon", "filters": {"topic": "cups", "group_id": ["spring"]}},
        {"format": "jsonl", "include_embeddings": True, "filters": {"within": "topic=cups", "from": "2026-03-01"}},
        {"format": "csv", "filters": {"topic": "spaceships"}},
        {"format": "csv", "filters": {"shape": "round", "min_share": 101}},
        {"format": "csv", "filters": {"group_id": "nowhere"}},
        {"format": "doc"},
        [],
    ):  # fmt: skip
        yield "POST", "/exports", {"json": order}
    for path in (
        "/exports",
        "/exports?group_id=spring",
        "/exports?format=jsonl&state=PENDING",
        "/exports?limit=101",
        "/exports/{export_id}",
        f"/exports/{NOBODY}",
    ):
        yield "GET", path, {}
    yield "DELETE", "/exports/{export_id}", {}
    yield "DELETE", "/exports/{export_id}", {}


def settings_and_webhooks() -> Iterator[Asked]:
    for body in (
        {"DOMINANT_COLORS_COUNT": 4},
        {"DOMINANT_COLORS_COUNT": 0},
        {"SIZE": 1},
        {"SECONDARY_COLORS_COUNT": "9" * 5000},
        [],
    ):
        yield "PUT", "/settings/", {"json": body}
    for key in ("DOMINANT_COLORS_COUNT", "SIZE"):
        yield "GET", f"/settings/{key}", {}
        yield "PUT", f"/settings/{key}?value=5", {}
        yield "PUT", f"/settings/{key}?value=x", {}
    yield "PUT", "/settings/DOMINANT_COLORS_COUNT", {}
    for webhook in ({"url": "https://hooks.example.com/a", "events": ["export.done"], "description": " x "},
                    {"url": "gopher://x", "events": ["export.done"]}, {"url": "", "events": []}):  # fmt: skip
        yield "POST", "/webhooks", {"json": webhook}
    for path in (
        "/webhooks",
        "/webhooks/{webhook_id}",
        "/webhooks/{webhook_id}/deliveries",
        f"/webhooks/{NOBODY}",
        f"/webhooks/{NOBODY}/deliveries",
        "/webhooks?cursor=x",
    ):
        yield "GET", path, {}
    yield "POST", "/webhooks/{webhook_id}/test", {}
    yield "GET", "/webhooks/{webhook_id}/deliveries", {}
    yield "POST", f"/webhooks/{NOBODY}/test", {}
    yield "DELETE", "/webhooks/{webhook_id}", {}
    yield "DELETE", "/webhooks/{webhook_id}", {}


def keys() -> Iterator[Asked]:
    for body in (
        {"name": "reports", "scope": "read", "expires_at": "2999-01-01T00:00:00Z"},
        {"name": "  "},
        {"name": "a", "scope": "x"},
        {"name": "a", "expires_at": "2020-01-01T00:00:00Z"},
        [],
    ):
        yield "POST", "/keys", {"json": body}
    yield "POST", "/keys/{key_id}/rotate", {"json": {"overlap_hours": 1}}
    yield "POST", "/keys/{key_id}/rotate", {"json": {"overlap_hours": 721}}
    yield "POST", f"/keys/{NOBODY}/rotate", {"json": {}}
    yield "DELETE", "/keys/{key_id}", {}
    yield "DELETE", "/keys/{key_id}", {}
    for path in ("/keys", "/audit", "/audit?action=key.create", "/audit?limit=2", "/audit?action=x", "/audit?cursor=x"):
        yield "GET", path, {}


def analyses_and_deletions() -> Iterator[Asked]:
    for id_ in (ONE, PENDING, NOBODY):
        yield "POST", f"/creatives/{id_}/reanalyze", {}
    yield "POST", "/creatives/reanalyze?limit=2", {}
    yield "POST", "/creatives/reanalyze?limit=2&outdated=false&group_id=spring", {}
    yield "POST", "/creatives/reanalyze?limit=501&cursor=x&topic_decision=x", {}
    yield "POST", "/groups/summer/reanalyze", {}
    yield "POST", "/groups/nowhere/reanalyze", {}
    for path in ("/jobs", "/jobs?kind=deletion&state=DONE", "/jobs?kind=x", "/jobs/{job_id}", f"/jobs/{NOBODY}"):
        yield "GET", path, {}
    yield "POST", "/jobs/{job_id}/cancel", {}
    yield "POST", f"/jobs/{NOBODY}/cancel", {}
    yield "GET", f"/creatives/{OTHER}", {}
    yield "DELETE", f"/creatives/{OTHER}?trash=true", {}
    yield "GET", f"/creatives/{OTHER}", {}
    for path in ("/trash", "/trash?limit=501", "/trash?cursor=x"):
        yield "GET", path, {}
    for ids in ([str(OTHER), str(NOBODY)], [], ["x"]):
        yield "POST", "/trash/restore", {"json": {"creative_ids": ids}}
    yield "POST", "/trash/delete", {"json": {"creative_ids": [str(OTHER)]}}
    yield "GET", f"/creatives/{OTHER}", {}
    yield "DELETE", f"/creatives/{OTHER}", {}
    yield "DELETE", f"/creatives/{OTHER}", {}
    yield "DELETE", "/groups/spring", {}
    yield "DELETE", "/groups/spring", {}
    yield "GET", "/analytics/all", {}


ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
RANDOM = (
    (re.compile(r"(?!2026-03)\d{4}-\d\d-\d\dT[\d:]+\.\d+(Z|\+00:00)"), "<time>"),
    (re.compile(r"whsec_[\w+/=]+"), "<secret>"),
    (re.compile(r"adl_[a-z0-9]{8}(_[\w-]+)?"), "<key>"),
    (re.compile(r'"prefix":"[a-z0-9]{8}"'), '"prefix":"<prefix>"'),
    (re.compile(r"grp_\d{8}_\d{6}_[0-9a-f]{6}"), "<group>"),
    (re.compile(r'"latency_ms":[\d.]+'), '"latency_ms":0'),
    (re.compile(r'"version":"[\d.]+"'), '"version":"<version>"'),
)


def normalised(answer: str) -> str:
    """Without what is made at random or by the clock."""
    for pattern, text_ in RANDOM:
        answer = pattern.sub(text_, answer)
    fixed = (str(WORKSPACE)[:8], "c0ffee00", "00000000")
    return ID.sub(lambda found: found[0] if found[0].startswith(fixed) else "<id>", answer)


def asked(client: TestClient) -> Iterator[dict[str, Any]]:
    ids: dict[str, str] = {}
    for method, path, sent in requests():
        response = client.request(method, path.format(**ids) if "{" in path else path, **sent)
        is_json = response.content and response.headers.get("content-type") == "application/json"
        if is_json and isinstance(found := response.json(), dict):
            ids |= {name: found[name] for name in IDS if name in found}
        body = normalised(response.text)
        if len(body) > MAX_BODY:
            body = f"{len(body)} letters, sha256 {hashlib.sha256(body.encode()).hexdigest()}"
        yield {
            "request": f"{method} {path[:200]}",
            "status": response.status_code,
            "headers": {name: response.headers[name] for name in HEADERS if name in response.headers},
            "body": body,
        }


def test_every_answer_is_as_recorded(shop: TestClient) -> None:
    found = list(asked(shop))
    if not RECORDED.exists():
        lines = (json.dumps(answer, ensure_ascii=False) for answer in found)
        RECORDED.write_text("[\n" + ",\n".join(lines) + "\n]\n")
        pytest.fail("The answers were recorded anew: look at the difference and commit it.")
    recorded = json.loads(RECORDED.read_text())
    assert len(found) == len(recorded)
    for answer, known in zip(found, recorded, strict=True):
        assert answer == known
