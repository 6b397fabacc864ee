"""Generated sections of pages in docs/. What stands outside of their marks is written by people and stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"


def replace_section(document: str, name: str, content: str) -> str:
    """`document` with `content` between the marks <!-- name:begin --> and <!-- name:end -->.

    Raises ValueError when it does not have both, once and in this order.
    """
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    if document.count(begin) != 1 or document.count(end) != 1 or document.index(begin) > document.index(end):
        raise ValueError(f"it has to have the lines {begin} and {end} once each, in this order")
    before, _, rest = document.partition(begin)
    return f"{before}{begin}\n{content.strip()}\n{end}{rest.partition(end)[2]}"


def write_section(name: str, content: str, path: Path) -> None:
    """Raises SystemExit when the document has no such section."""
    try:
        path.write_text(replace_section(path.read_text(), name, content))
    except ValueError as error:
        raise SystemExit(f"{path} cannot take the new figures: {error}.") from error


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers_from: int = 1) -> str:
    """A Markdown table; columns from `numbers_from` on are aligned to the right."""
    alignment = ["---" if index < numbers_from else "---:" for index in range(len(head))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, alignment, *rows))
