"""The documents: every decision in one form, every page in an index."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
DECISIONS = sorted((DOCS / "adr").glob("0*.md"))


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_has_its_form(page: Path) -> None:
    lines = page.read_text().splitlines()
    assert lines[0].startswith(f"# {int(page.name[:4])}. ")
    assert re.fullmatch(r"Date: \d{4}-\d\d-\d\d\. Status: \S.*\.", lines[2])
    headings = [line for line in lines if line.startswith("## ")]
    assert headings == ["## Context", "## Decision", "## Considered", "## Consequences"]


def test_decisions_are_numbered_in_turn_and_listed() -> None:
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    index = (DOCS / "adr" / "README.md").read_text()
    for page in DECISIONS:
        title = page.read_text().splitlines()[0].removeprefix("# ")
        assert f"- [{title}]({page.name})" in index


def test_the_index_names_every_page() -> None:
    index = (DOCS / "README.md").read_text()
    pages = [page for folder in (DOCS, DOCS / "howto") for page in folder.glob("*.md") if page.name != "README.md"]
    assert not [page.name for page in pages if f"]({page.relative_to(DOCS)})" not in index]
