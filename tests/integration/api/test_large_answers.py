"""Pages of long names, long addresses and many hits are no larger than Lambda can return, and none gets lost."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from adlens.domain.creative import NewCreative
from adlens.persistence.creatives.repository import PostgresCreatives
from functions.api import pages

LAMBDA = 6_000_000
GROUP = "grp_large"
CREATIVES = 300
NAME = "щ" * 200


@pytest.fixture
def tenant(new_tenant: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    tenant = new_tenant()
    creatives = [NewCreative(uuid.uuid4(), f"{NAME} {n}.png", 9) for n in range(CREATIVES)]
    PostgresCreatives(tenant.engine).register(tenant.id, GROUP, creatives)
    tenant.ids = {str(creative.id) for creative in creatives}
    # As signed with the credentials of a role, whose session token is longer than the rest, and with the name encoded.
    monkeypatch.setattr(
        type(tenant.memory), "presigned_url", lambda *_: "https://store.test/?" + '%D0%A9"' * 2500 + "token" * 1000
    )
    return tenant


def followed(tenant: Any, path: str, **parameters: Any) -> Iterator[Any]:
    """The pages that begin at `path`."""
    cursor = None
    while True:
        answer = tenant.client.get(path, params={"limit": 1000, **parameters, **({"cursor": cursor} if cursor else {})})
        assert answer.status_code == 200
        assert len(json.dumps(answer.text, ensure_ascii=False).encode()) < LAMBDA
        body = answer.json()
        yield body
        cursor = answer.headers.get("x-next-cursor") or (body.get("next_cursor") if isinstance(body, dict) else None)
        if cursor is None:
            return


@pytest.mark.parametrize(
    ("path", "items"),
    [("/creatives", "items"), (f"/groups/{GROUP}/creatives", None), ("/search", "items")],
)
def test_pages_shrink_and_hold_every_creative_once(tenant: Any, path: str, items: str | None) -> None:
    found = [page[items] if items else page for page in followed(tenant, path)]
    assert len(found) > 1
    assert sorted(one["creative_id"] for page in found for one in page) == sorted(tenant.ids)


def test_a_status_of_many_long_names_is_one_page_where_it_fits(tenant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [len(page["creatives"]) for page in followed(tenant, f"/groups/{GROUP}/status")] == [CREATIVES]
    monkeypatch.setattr(pages, "MAX_ANSWER_BYTES", 100_000)
    shrunk = list(followed(tenant, f"/groups/{GROUP}/status"))
    assert len(shrunk) > 1
    assert sorted(one["creative_id"] for page in shrunk for one in page["creatives"]) == sorted(tenant.ids)


def test_hits_count_as_well(tenant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(tenant.memory), "presigned_url", lambda *_: "https://store.test/")
    ids = [str(tenant.analysed(GROUP).id) for _ in range(3)]
    with tenant.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO text_blocks (workspace_id, creative_id, position, text, confidence, polygon, "
                "x1, y1, x2, y2) "
                "SELECT :w, unnest(CAST(:ids AS uuid[])), n, 'кружка ' || repeat('щ', 1000), 1, '[]', 0, 0, 1, 1 "
                "FROM generate_series(10, 40) n"
            ),
            {"w": tenant.id, "ids": ids},
        )
    assert [len(page["items"]) for page in followed(tenant, "/search", q="кружка")] == [3]
    monkeypatch.setattr(pages, "MAX_ANSWER_BYTES", 100_000)
    found = [page["items"] for page in followed(tenant, "/search", q="кружка")]
    assert [len(page) for page in found] == [1, 1, 1]
    assert {one["creative_id"] for page in found for one in page} == set(ids)


def test_a_report_of_many_long_names_is_cut_and_says_so(tenant: Any) -> None:
    row = {"day": "2026-03-01", "impressions": 9, "clicks": 1, "conversions": 0, "spend": 1}
    rows = [{"filename": f"{n} {'щ' * 3900}", **row} for n in range(540)]
    body = json.dumps(rows, ensure_ascii=False).encode()
    answer = tenant.client.post("/performance", content=body, headers={"content-type": "application/json"})
    report = answer.json()
    assert (answer.status_code, report["unmatched"], report["more_not_matched"]) == (200, 540, 0)
    assert pages.carried_bytes(answer.content) < LAMBDA
