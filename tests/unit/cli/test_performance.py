"""Large files are sent in parts, and no creative's day is in two of them."""

from __future__ import annotations

import gzip
import io
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from adlens.domain.performance import SentRow
from adlens.importing.delimited import CsvSheet
from adlens_cli import performance
from adlens_cli.performance import TooLargeToSplit, merged, parts

HEADER = "filename,day,placement,impressions,clicks,conversions,spend"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The API takes very little."""
    monkeypatch.setattr(performance, "LARGEST_TABLE", 6000)
    monkeypatch.setattr(performance, "USUAL_PART", 2000)


def table(path: Path, rows: int, days: int = 28, header: str = HEADER) -> Path:
    lines = []
    for n in range(rows):
        name, place = ("a" if n % 7 else "two\nlines"), ("feed" if n % 2 else "")
        lines.append(f'"{name}{n % 31}.png",2026-03-{n % days + 1:02d},{place},{n},0,0,0.1')
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def rows_in(data: bytes) -> list[SentRow]:
    sheet = CsvSheet(io.StringIO(gzip.decompress(data).decode(), newline=""))
    rows = list(sheet.rows())
    assert all(isinstance(row, SentRow) for row in rows)
    return rows  # type: ignore[return-value]


def test_a_file_that_fits_is_sent_as_it_is(tmp_path: Path) -> None:
    file = table(tmp_path / "a.csv", 100)
    packed = tmp_path / "b.csv.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    for path in (file, packed):
        (part,) = parts(path, None)
        assert gzip.decompress(part.table) == file.read_bytes()
        assert (part.charset, part.lines) == (None, None)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("days", [28, 1])  # with one day the rows are split by creative
def test_a_large_file_is_split_between_days_or_creatives_and_never_within(tmp_path: Path, days: int) -> None:
    file = table(tmp_path / "a.csv", 1000, days)
    whole = rows_in(gzip.compress(file.read_bytes()))
    found = list(parts(file, None))
    assert len(found) > 3
    places = Counter(key for part in found for key in {(r.key, r.day, r.placement) for r in rows_in(part.table)})
    assert set(places.values()) == {1}
    assert all(len(gzip.decompress(part.table)) <= 6000 for part in found)
    back = []
    for part in found:
        assert part.lines is not None
        back += [(part.lines[r.line - 1], r.key, r.figures) for r in rows_in(part.table)]
    assert sorted(back) == [(r.line, r.key, r.figures) for r in whole]


@pytest.mark.usefixtures("small")
def test_what_names_creatives_in_two_ways_is_not_split_by_them(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    row = ",2026-03-01,,1,0,0,0"
    file.write_text("\n".join([f"sha256,{HEADER}", *(f"{'a' * 64},{n}.png{row}" for n in range(200))]))
    with pytest.raises(TooLargeToSplit, match="one column"):
        list(parts(file, None))


def report(line: int, key: str, spend: str) -> dict:
    counts = dict.fromkeys(("rows", "unmatched"), 1) | dict.fromkeys(("matched", "malformed", "stored", "changed"), 0)
    sides = {"sent": 1, "matched": 0, "unmatched": 1}
    money = {"sent": spend, "matched": "0", "unmatched": spend}
    lost = {"by": "filename", "key": key, "reason": "unknown", "line": line, "rows": 1}
    figures = {"impressions": 1, "clicks": 1, "conversions": 1, "spend": spend}
    return {
        **counts,
        "more_not_matched": 0,
        "more_malformed_rows": 0,
        "totals": {**dict.fromkeys(("impressions", "clicks", "conversions"), sides), "spend": money},
        "not_matched": [lost | figures],
        "malformed_rows": [],
        "ignored_columns": ["x"],
    }


def test_what_became_of_parts_is_what_became_of_the_file() -> None:
    found = merged([report(9, "a.png", "0.1"), report(4, "a.png", "0.2"), report(2, "b.png", "5")])
    assert (found["rows"], found["unmatched"]) == (3, 3)
    assert found["totals"]["spend"] == {"sent": "5.3", "matched": "0", "unmatched": "5.3"}
    assert [(row["key"], row["line"], row["rows"], row["spend"]) for row in found["not_matched"]] == [
        ("b.png", 2, 1, "5"),
        ("a.png", 4, 2, "0.3"),
    ]


class Api:
    """Says which way a table came."""

    def send_table(self, table: bytes, charset: str | None) -> dict[str, str]:
        return {"by": "request"}

    def import_table(self, table: bytes, charset: str | None) -> str:
        return "job-1"

    def get(self, path: str) -> dict[str, Any]:
        assert path == "/jobs/job-1"
        return {"state": "DONE", "progress": {"done": 9, "total": 9}, "report": {"by": "job"}}


def test_a_table_over_4_mb_is_imported_by_a_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = table(tmp_path / "a.csv", 100)
    (part,) = parts(file, None)
    assert part.size == file.stat().st_size
    assert performance._send(Api(), part) == {"by": "request"}  # type: ignore[arg-type]
    monkeypatch.setattr(performance, "AT_ONCE", part.size - 1)
    assert performance._send(Api(), part) == {"by": "job"}  # type: ignore[arg-type]
