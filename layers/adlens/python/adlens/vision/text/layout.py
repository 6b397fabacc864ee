"""Reading order and language of lines of text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median

from adlens.domain.analysis import BoundingBox, TextBlock

_Span = Callable[[TextBlock], tuple[float, float]]


def reading_order(blocks: Sequence[TextBlock], aspect: float = 1.0) -> tuple[TextBlock, ...]:
    """Columns from left to right, in each the rows from top to bottom, in each row from left to right: a recursive X-Y
    cut (Nagy and Seth, 1984). `aspect` is the picture's width over its height.

    Columns are lines side by side with a gap of a line's height or more between them. Where their lines stand level
    with one another and far apart, they are the cells of a table, and its rows are read first.
    """
    if len(blocks) < 2:
        return tuple(blocks)
    for parts in _columns(blocks, aspect), _widest_cut(blocks, _rows_of, least=0):
        if parts:
            return tuple(block for part in parts for block in reading_order(part, aspect))
    return _row_by_row(blocks)


def _rows_of(block: TextBlock) -> tuple[float, float]:
    return block.bbox.y1, block.bbox.y2


def _columns_of(block: TextBlock) -> tuple[float, float]:
    return block.bbox.x1, block.bbox.x2


def _columns(blocks: Sequence[TextBlock], aspect: float) -> tuple[list[TextBlock], list[TextBlock]] | None:
    height = median(block.bbox.y2 - block.bbox.y1 for block in blocks)
    parts = _widest_cut(blocks, _columns_of, least=height / aspect)
    if parts is None:
        return None
    fewer, more = sorted(parts, key=len)
    level = sum(any(_side_by_side(a.bbox, b.bbox) for b in more) for a in fewer)
    is_table = (
        len(fewer) > 1 and 2 * level > len(fewer) and any(_widest_gap(part, _rows_of)[0] > height for part in parts)
    )
    return None if is_table else parts


def _widest_cut(
    blocks: Sequence[TextBlock], span: _Span, least: float
) -> tuple[list[TextBlock], list[TextBlock]] | None:
    """The blocks before and after the widest gap that no block reaches into, if it is wider than `least`."""
    gap, at = _widest_gap(blocks, span)
    if gap <= least:
        return None
    return [block for block in blocks if span(block)[0] < at], [block for block in blocks if span(block)[0] >= at]


def _widest_gap(blocks: Sequence[TextBlock], span: _Span) -> tuple[float, float]:
    """Its width (0 when there is none) and where it ends."""
    spans = sorted(map(span, blocks))
    widest, at, reach = 0.0, 0.0, spans[0][1]
    for start, end in spans[1:]:
        if start - reach > widest:
            widest, at = start - reach, start
        reach = max(reach, end)
    return widest, at


def _row_by_row(blocks: Sequence[TextBlock]) -> tuple[TextBlock, ...]:
    """Blocks share a row when their vertical extents overlap by more than half of the lower one's height."""
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
