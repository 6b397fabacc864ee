"""The small table of docs/figures.md, and which data sets and bundles come into it."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import table as module
from benchmarks import text_alone
from benchmarks.document import DOCS, replace_section
from benchmarks.summary import summary_table
from benchmarks.table import data_sets_here, evaluation_table
from evaluation.evaluate import MVP_RULE
from evaluation.metrics import Row

TOPIC = "classification", "photographs", "macro accuracy"


def test_figures_come_with_their_interval_and_the_mvps_rule_beside_them() -> None:
    rows = {
        "base": [Row("ocr", "samples", "F1", 0.5)],
        "compact": [
            Row(*TOPIC, 0.853, pictures=374, low=0.781, high=0.914),
            Row(*TOPIC, 0.4, pictures=374, by=MVP_RULE),
            Row("detection", "text-alone", "pictures with objects", 2, pictures=106),
            Row("detection", "photographs", "precision", 0.9, "cup", 99),
        ],
        "upstream": [Row(*TOPIC, 0.6, pictures=374, by=MVP_RULE, low=0.55, high=0.66)],
    }
    head, _, *lines = summary_table(rows).splitlines()
    assert head == "|  | pictures of | how many | compact | upstream | the MVP's rule |"
    assert lines == [
        "| topic right, mean over topics, % | photographs | 374 | 85 (78 to 91) | - | 60 (55 to 66) |",
        "| pictures of text alone with objects | text-alone | 106 | 2 | - | - |",
    ]


def test_a_line_of_the_large_table_has_the_intervals() -> None:
    ratios = [
        Row("detection", "photographs", f"box {name}", 0.5, pictures=9, low=0.4, high=0.61)
        for name in ("precision", "recall", "F1")
    ]
    (line,) = evaluation_table({"compact": ratios}).splitlines()[2:]
    cells = " / ".join(["0.50 (0.40-0.61)"] * 3)
    measure = "box precision / box recall / box F1"
    assert line == f"| objects | photographs | all (9) | {measure} | {cells} | `make eval` |"


@pytest.mark.parametrize(("page", "name"), [("figures.md", "eval"), ("figures.md", "summary"), ("speed.md", "bench")])
def test_the_pages_have_the_sections_that_are_written(page: str, name: str) -> None:
    document = (DOCS / page).read_text()
    assert "new figures" in replace_section(document, name, "new figures")


def test_a_data_set_that_is_not_here_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ADLENS_PHOTOGRAPHS", str(tmp_path))
    monkeypatch.setattr(module, "CREATIVES", (tmp_path / "samples", tmp_path / "creatives-dev"))
    monkeypatch.setattr(module, "TEXT_ALONE", tmp_path / "text-alone")
    monkeypatch.setattr(text_alone, "HEADING_FACES", ("NoSuchFont.ttf",) * 3)
    (tmp_path / "samples").mkdir()
    here, notes = data_sets_here()
    assert here == [tmp_path / "samples"]
    assert [note.split(":")[0] for note in notes] == ["creatives", "photographs", "text alone"]
    assert "creatives-dev; ADLENS_CREATIVES" in notes[0]
    assert "ADLENS_PHOTOGRAPHS" in notes[1]
    (tmp_path / "labels.jsonl").touch()
    assert data_sets_here()[0] == [tmp_path / "samples", tmp_path]
