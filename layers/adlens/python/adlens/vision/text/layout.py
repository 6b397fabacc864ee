"""Reading order and language of lines of text."""

from __future__ import annotations

from collections.abc import Sequence

from adlens.domain.analysis import BoundingBox, TextBlock


def reading_order(blocks: Sequence[TextBlock]) -> tuple[TextBlock, ...]:
    """Rows from top to bottom, each from left to right. Blocks share a row when their vertical extents overlap by more
    than half of the lower one's height.
    """
    rows: list[list[TextBlock]] = []
    for block in sorted(blocks, key=lambda block: block.bbox.y1 + block.bbox.y2):
        row = next((row for row in rows if all(_side_by_side(block.bbox, other.bbox) for other in row)), None)
        if row is None:
            rows.append([block])
        else:
            row.append(block)
    return tuple(block for row in rows for block in sorted(row, key=lambda block: block.bbox.x1))


def _side_by_side(a: BoundingBox, b: BoundingBox) -> bool:
    overlap = min(a.y2, b.y2) - max(a.y1, b.y1)
    return overlap > min(a.y2 - a.y1, b.y2 - b.y1) / 2


def language_of(text: str) -> str | None:
    """'ru' or 'en' by the script of most letters, None when there is no letter of either."""
    cyrillic = sum("\u0400" <= character <= "\u04ff" for character in text)
    latin = sum(character.isascii() and character.isalpha() for character in text)
    if cyrillic == latin == 0:
        return None
    return "ru" if cyrillic >= latin else "en"
