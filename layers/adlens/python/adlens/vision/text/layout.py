"""Reading order and language of lines of text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import atan2, cos, degrees, radians, sin
from statistics import median

from adlens.domain.analysis import BoundingBox, TextBlock

_TURNED, _ALIKE = 8, 15
"""Degrees: lines turned by more than the first are read in an order of their own, if they differ by less than the
second."""
_NEAR = 1.5
"""Heights of a line."""
_Span = Callable[[TextBlock], tuple[float, float]]


def reading_order(blocks: Sequence[TextBlock], aspect: float = 1.0) -> tuple[TextBlock, ...]:
    """As `_upright_order` has it; lines that are turned and beside each other are read as they would be upright, and
    stand where they are as one. `aspect` is the picture's width over its height.
    """
    turned = [block for block in blocks if abs(_angle(block, aspect)) > _TURNED]
    read: dict[int, tuple[TextBlock, ...]] = {}
    units = [block for block in blocks if block not in turned]
    for group in _neighbours(turned, aspect):
        boxes = [block.bbox for block in group]
        around = BoundingBox(
            min(box.x1 for box in boxes),
            min(box.y1 for box in boxes),
            max(box.x2 for box in boxes),
            max(box.y2 for box in boxes),
        )
        unit = replace(group[0], bbox=around)
        read[id(unit)] = _turned_order(group, aspect)
        units.append(unit)
    return tuple(block for unit in _upright_order(units, aspect) for block in read.get(id(unit), (unit,)))


def _angle(block: TextBlock, aspect: float) -> float:
    """Of its writing, in degrees; clockwise is positive."""
    if len(block.polygon) != 4:
        return 0.0
    (x1, y1), (x2, y2) = block.polygon[:2]
    return degrees(atan2(y2 - y1, (x2 - x1) * aspect))


def _neighbours(blocks: Sequence[TextBlock], aspect: float) -> list[list[TextBlock]]:
    """Turned lines, grouped by angle and nearness."""
    groups: list[list[TextBlock]] = []
    for block in blocks:
        near = [group for group in groups if any(_belong_together(block, other, aspect) for other in group)]
        groups = [group for group in groups if group not in near]
        groups.append([block, *(other for group in near for other in group)])
    return groups


def _belong_together(a: TextBlock, b: TextBlock, aspect: float) -> bool:
    angle = _angle(a, aspect)
    if abs((_angle(b, aspect) - angle + 180) % 360 - 180) > _ALIKE:
        return False
    (left, top, right, bottom), (left2, top2, right2, bottom2) = (_upright(block, angle, aspect) for block in (a, b))
    room = _NEAR * min(bottom - top, bottom2 - top2)
    return max(left, left2) - min(right, right2) < room and max(top, top2) - min(bottom, bottom2) < room


def _turned_order(blocks: Sequence[TextBlock], aspect: float) -> tuple[TextBlock, ...]:
    angle = _angle(max(blocks, key=lambda block: len(block.text)), aspect)
    corners = [_upright(block, angle, aspect) for block in blocks]
    left, top = min(corner[0] for corner in corners), min(corner[1] for corner in corners)
    size = max(max(corner[2] - left, corner[3] - top) for corner in corners)
    uprights = [
        replace(
            block, bbox=BoundingBox(*((x1 - left) / size, (y1 - top) / size, (x2 - left) / size, (y2 - top) / size))
        )
        for block, (x1, y1, x2, y2) in zip(blocks, corners, strict=True)
    ]
    originals = {id(upright): block for upright, block in zip(uprights, blocks, strict=True)}
    return tuple(originals[id(upright)] for upright in _upright_order(uprights, 1.0))


def _upright(block: TextBlock, angle: float, aspect: float) -> tuple[float, float, float, float]:
    """The box around it after the picture, of height 1, is turned back by `angle`."""
    cosine, sine = cos(radians(angle)), sin(radians(angle))
    xs = [x * aspect * cosine + y * sine for x, y in block.polygon]
    ys = [y * cosine - x * aspect * sine for x, y in block.polygon]
    return min(xs), min(ys), max(xs), max(ys)


def _upright_order(blocks: Sequence[TextBlock], aspect: float) -> tuple[TextBlock, ...]:
    """Columns from left to right, in each the rows from top to bottom, in each row from left to right: a recursive X-Y
    cut (Nagy and Seth, 1984).

    Columns are lines side by side with a gap of a line's height or more between them. Where their lines stand level
    with one another and far apart, they are the cells of a table, and its rows are read first.
    """
    if len(blocks) < 2:
        return tuple(blocks)
    for parts in _columns(blocks, aspect), _widest_cut(blocks, _rows_of, least=0):
        if parts:
            return tuple(block for part in parts for block in _upright_order(part, aspect))
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
