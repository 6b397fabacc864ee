"""Exports as they are asked for and listed, and families of duplicates."""

from typing import Any

from adlens_web import filters
from adlens_web.exporting import ExportRow, order_of, row_of
from adlens_web.pages.duplicates.state import SHOWN, family_of

from .test_browsing import CARD, GROUPS, TAXONOMY

EXPORT: dict[str, Any] = {
    "export_id": "e-1",
    "format": "csv",
    "filters": {"group_id": ["g-1", "g-2"], "min_confidence": 0.5},
    "include_embeddings": False,
    "separator": "semicolon",
    "state": "RUNNING",
    "progress": {"done": 30, "total": 120},
    "created_at": "2026-03-01T10:15:02Z",
    "ended_at": None,
    "kept_until": None,
    "failure": None,
    "rows": None,
    "bytes": None,
    "sha256": None,
}
TITLES = filters.titles_of(TAXONOMY, GROUPS)


def test_a_gallery_is_ordered_by_its_filters_as_the_api_types_them() -> None:
    asked = {"group": "g-1", "topic": "cups,none", "q": "скидка", "min_share": "30", "sort": "filename", "word": ""}
    assert order_of(asked, "parquet", embeddings=True, separator="semicolon") == {
        "format": "parquet",
        "filters": {"group_id": ["g-1"], "topic": ["cups", "none"], "q": "скидка", "min_share": 30.0},
        "include_embeddings": True,
    }
    assert order_of({}, "csv", embeddings=False, separator="comma")["filters"] == {}


def test_only_csv_has_a_separator() -> None:
    assert order_of({}, "csv", embeddings=False, separator="semicolon")["separator"] == "semicolon"
    assert "separator" not in order_of({}, "jsonl", embeddings=False, separator="semicolon")
    assert row_of({**EXPORT, "format": "jsonl"}, {}).separator == ""


def test_an_export_tells_how_far_it_is_and_of_which_creatives() -> None:
    assert row_of(EXPORT, TITLES) == ExportRow(
        export_id="e-1",
        format="csv",
        separator="semicolon",
        ru="Группа: Весна, g-2; Уверенность от: 50 %",
        en="Group: Весна, g-2; Confidence from: 50%",
        created_at="2026-03-01T10:15:02Z",
        state="RUNNING",
        percent=25.0,
        rows=0,
        bytes_=0,
        failure="",
        reason="",
    )


def test_an_export_that_was_not_counted_has_no_share_and_an_empty_one_is_no_division_by_zero() -> None:
    assert row_of({**EXPORT, "progress": {"done": 0, "total": None}}, {}).percent == -1
    assert row_of({**EXPORT, "progress": {"done": 0, "total": 0}}, {}).percent == 0


def test_a_family_begins_with_its_representative_and_shows_the_nearest() -> None:
    members = [{**CARD, "creative_id": f"c-{n}", "distance": n, "similarity": 0.9 if n else 1.0} for n in range(20)]
    family = family_of({"size": 40, "members": members}, "g-1")
    assert (family.name, family.size, len(family.cards)) == ("c-0", 40, SHOWN)
    assert [card.similarity for card in family.cards[:2]] == [0, 90]
    assert family.cards[1].address == "/creative/c-1?group=g-1"
    unknown = family_of({"size": 1, "members": [{**CARD, "distance": 0, "similarity": None}]}, "g-1")
    assert unknown.cards[0].similarity == 0
