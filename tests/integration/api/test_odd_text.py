"""Whatever text a client sends, in whichever part of a request: it is cleaned or refused, and never a fault of ours."""

from __future__ import annotations

import base64
import json
import unicodedata
import uuid
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import quote

import pytest
from PIL import Image

from adlens.domain.performance import performance_file_key
from functions.api.app import create_app
from tests.settings import api_settings

GROUP = "grp_odd"
NUL, SURROGATE = "a\x00b", "a\ud800b"
PATHS = create_app(api_settings()).openapi()["paths"]
OPERATIONS = sorted(
    ((method.upper(), path) for path, methods in PATHS.items() for method in methods),
    key=lambda operation: operation[0] == "DELETE",  # last: the others need what it deletes
)
FIGURES = {"day": "2026-03-01", "impressions": "1", "clicks": 1, "conversions": 0, "spend": "1"}
FILTERS = {"group_id": [GROUP], "text": "a", "q": "a", "word": "a", "object": "a", "within": "q=a"}
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/uploads"): {
        "group_id": GROUP,
        "group_name": "name",
        "files": [{"filename": "a.png", "size": 9, "content_type": "image/png"}],
    },
    ("PATCH", "/groups/{group_id}"): {"name": "name"},
    ("POST", "/exports"): {"format": "csv", "filters": FILTERS},
    ("POST", "/performance"): [{"filename": "a.png", "placement": "a", **FIGURES}],
    ("POST", "/performance/files/{file_id}/import"): {"format": "csv", "charset": "utf-8"},
    ("PUT", "/creatives/{creative_id}/topic"): {"topic": "cups"},
    ("PUT", "/settings/"): {"DOMINANT_COLORS_COUNT": 3},
    ("POST", "/keys"): {"name": "a", "scope": "read", "expires_at": "2099-01-01T00:00:00Z"},
    ("POST", "/keys/{key_id}/rotate"): {"overlap_hours": 1, "expires_at": "2099-01-01T00:00:00Z"},
    ("POST", "/trash/restore"): {"creative_ids": ["6d0ad7f9-0000-4000-8000-000000000000"]},
    ("POST", "/trash/delete"): {"creative_ids": ["6d0ad7f9-0000-4000-8000-000000000000"]},
    ("POST", "/webhooks"): {"url": "https://hooks.example.com/a", "events": ["export.done"], "description": "a"},
}
CHARSETS = ("utf-16", "utf-16-le", "", "undefined", "idna", "utf%008", "base64", "7")


@pytest.fixture
def tenant(new_tenant: Any) -> Any:
    tenant = new_tenant()
    tenant.key = tenant.analysed(GROUP)
    tenant.webhook(tenant.key.id)
    tenant.memory.objects[performance_file_key(tenant.id, tenant.key.id)] = b"x"
    return tenant


def spoilt(value: Any, odd: str) -> Iterator[Any]:
    """`value` with one of its texts replaced, and with one of its names, in every place in turn."""
    match value:
        case dict():
            for name, inner in value.items():
                yield {**value, odd: inner}
                for replaced in spoilt(inner, odd):
                    yield {**value, name: replaced}
        case list():
            for at, inner in enumerate(value):
                for replaced in spoilt(inner, odd):
                    yield [*value[:at], replaced, *value[at + 1 :]]
        case _:
            yield odd


def test_odd_text_anywhere_is_no_fault_of_ours(tenant: Any) -> None:
    ids = {"group_id": GROUP, "key": "DOMINANT_COLORS_COUNT"}
    ids |= dict.fromkeys(("creative_id", "webhook_id", "export_id", "job_id", "key_id", "file_id"), str(tenant.key.id))

    def ask(method: str, address: str, **options: Any) -> None:
        answer = tenant.client.request(method, address, **options)
        assert answer.status_code < 500, (method, address, options, answer.text)

    for method, path in OPERATIONS:
        parameters = PATHS[path][method.lower()].get("parameters", ())
        names = {place: {one["name"] for one in parameters if one["in"] == place} for place in ("query", "path")}
        good, needed = path.format_map(ids), "metric=ctr&" if "metric" in names["query"] else ""
        for name in names["query"]:
            ask(method, f"{good}?{needed}{name}={quote(NUL)}")
        if "within" in names["query"]:
            ask(method, f"{good}?{needed}within={quote('q=' + quote(NUL))}")
        for name in names["path"]:
            ask(method, path.format_map({**ids, name: quote(NUL)}))
        for odd in (NUL, SURROGATE):
            for body in spoilt(BODIES[method, path], odd) if (method, path) in BODIES else ():
                ask(method, good, content=json.dumps(body), headers={"content-type": "application/json"})


def test_every_body_is_tried() -> None:
    bodies = {(method, path): PATHS[path][method.lower()].get("requestBody", {}) for method, path in OPERATIONS}
    takes_json = {operation for operation, body in bodies.items() if "application/json" in body.get("content", {})}
    assert takes_json == set(BODIES)


def test_a_cursor_may_say_anything(tenant: Any) -> None:
    days = f"/creatives/{tenant.key.id}/performance"
    for path in ("/groups", "/creatives", "/exports", f"/groups/{GROUP}/creatives", days):
        for told in ([NUL, NUL], ["2026-03-01", NUL], ["2026-03-01", NUL, "performance"], [1e308, str(tenant.key.id)]):
            cursor = base64.urlsafe_b64encode(json.dumps(told).encode()).decode()
            assert tenant.client.get(path, params={"cursor": cursor}).status_code < 500


def test_a_table_of_any_charset_is_read_or_refused(tenant: Any) -> None:
    table = "filename\tday\timpressions\tclicks\tconversions\tspend\nmug.jpg\t2026-03-01\t1\t1\t0\t1\n"
    answers = [
        tenant.client.post(
            "/performance", content=table.encode("utf-16-le"), headers={"content-type": f"text/csv; charset={charset}"}
        )
        for charset in CHARSETS
    ]
    assert [answer.status_code for answer in answers] == [200] * 3 + [422] * (len(CHARSETS) - 3)
    assert [answer.json()["rows"] for answer in answers[:3]] == [1, 1, 1]


def test_odd_text_is_stored_without_what_no_text_has(tenant: Any) -> None:
    answer = tenant.client.post("/exports", json={"format": "csv", "filters": {"text": NUL, "word": "a\\u0000"}})
    assert answer.status_code == 202
    assert answer.json()["filters"] == {"text": "ab", "word": "a\\u0000"}


def test_a_name_is_found_as_another_system_writes_it(tenant: Any) -> None:
    same = ["Мой тёплый й.jpg", f"{'я' * 300}.png"]
    sent = [*same, "баннер\u00a0два.jpg", "мяг\u00adкий.jpg", "👨\u200d👩 1.jpg", "папка/в папке.jpg", "B.JPG"]
    uploads = tenant.client.post("/uploads", json={"files": [{"filename": name, "size": 9} for name in sent]}).json()
    written = [
        *(unicodedata.normalize("NFD", name) for name in same),
        *("баннер два.jpg", "мягкий.jpg", "👨👩 1.jpg", r"C:\x\в папке.jpg", "B.jpg", "b.jpg"),
    ]
    rows = [
        {"filename": name, "day": "2026-03-01", "impressions": 9, "clicks": 1.0, "conversions": 0.25, "spend": 1}
        for name in [*sent, *written]
    ]
    report = tenant.client.post("/performance", json=rows).json()
    assert [lost["key"] for lost in report["not_matched"]] == ["b.jpg"]
    assert report["totals"]["conversions"] == {"sent": 3.75, "matched": 3.5, "unmatched": 0.25}
    days = tenant.client.get(f"/creatives/{uploads['uploads'][0]['creative_id']}/performance").json()["items"]
    assert [(day["impressions"], day["conversions"]) for day in days] == [(18, 0.5)]


def test_a_form_may_hold_odd_names(tenant: Any) -> None:
    picture = BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    for field in ("group_id", "creative_ids", "original_filenames"):
        form = {"group_id": GROUP, "creative_ids": str(uuid.uuid4()), "original_filenames": "a.png", field: NUL}
        answer = tenant.client.post("/upload", data=form, files={"files": ("a.png", picture.getvalue())})
        assert answer.status_code == (200 if field == "original_filenames" else 422)
