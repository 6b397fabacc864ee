"""Prices as shops print them: the kopecks small and raised behind the roubles (89⁹⁹), the sign of the rouble below."""

from __future__ import annotations

import re
from dataclasses import dataclass

from adlens.domain.analysis import BoundingBox
from adlens.vision.image import Pixels
from adlens.vision.text.ink import parts_of

IS_NUMBER = re.compile(r"\d[\d .,:;'\"*°-]{1,9}(?P<unit>(?:₽|р\.|руб\.?)(?: ?/ ?(?:\d+ ?)?\w{1,4}\.?)?)?")
IS_PRICE = re.compile(r"(?:от |до )?\d[\d ]*(?:[.,]\d\d)? ?(?:₽|р\.?|руб\.?)?")
IS_ROUBLES = re.compile(r"\d[\d ]*")
ARE_KOPECKS = re.compile(r"\d\d")
_LIKE_A_ROUBLE = frozenset("DPpРрFБ")
_TALL, _SMALL = 0.75, 0.7
_RAISED, _FROM_TOP = 0.2, 0.25
_SPECK = 0.25
_ROOM = 0.15


@dataclass(frozen=True, slots=True)
class Parts:
    """Of a line, as fractions of its width and height: where the roubles end, and the box of the kopecks."""

    roubles_end: float
    kopecks: BoundingBox


def raised_part(line: Pixels) -> Parts | None:
    """Whether small figures stand raised behind tall ones."""
    height, width = line.shape[:2]
    tall, small = _split(_signs(line))
    if not tall or not small:
        return None
    left, top = min(sign[0] for sign in small), min(sign[1] for sign in small)
    right, bottom = max(sign[0] + sign[2] for sign in small), max(sign[1] + sign[3] for sign in small)
    end = max(sign[0] + sign[2] for sign in tall)
    room = _ROOM * (bottom - top)
    box = BoundingBox(
        max(0.0, min(left - room, (left + end) / 2 if end < left else left) / width),
        max(0.0, (top - room) / height),
        min(1.0, (right + room) / width),
        min(1.0, (bottom + room) / height),
    )
    return Parts(min(1.0, (end + left) / 2 / width), box)


def _signs(line: Pixels) -> list[tuple[int, int, int, int]]:
    """x, y, width and height of the connected parts of its ink, from left to right."""
    _, found = parts_of(line)
    least = _SPECK * max((int(part[3]) for part in found[1:]), default=0)
    return sorted((int(x), int(y), int(w), int(h)) for x, y, w, h, _ in found[1:] if h >= least)


def _split(
    signs: list[tuple[int, int, int, int]],
) -> tuple[list[tuple[int, int, int, int]], list[tuple[int, int, int, int]]]:
    """Tall ones and the raised ones right behind them; nothing when that is not how they stand."""
    most = max((sign[3] for sign in signs), default=0)
    count = next((index for index, sign in enumerate(signs) if sign[3] < _TALL * most), len(signs))
    tall, rest = signs[:count], signs[count:]
    if not tall or any(sign[3] > _SMALL * most for sign in rest):
        return [], []
    top, foot = min(sign[1] for sign in tall), max(sign[1] + sign[3] for sign in tall)
    raised = [sign for sign in rest if sign[1] - top < _FROM_TOP * most and foot - sign[1] - sign[3] > _RAISED * most]
    return tall, raised


def is_rouble(text: str, box: BoundingBox, numbers: list[BoundingBox], aspect: float) -> bool:
    """Whether a sign that the reader took for a letter stands small beside a number: alone, or as in ₽/шт."""
    if text.partition("/")[0] not in _LIKE_A_ROUBLE:
        return False

    def beside(number: BoundingBox) -> bool:
        height = number.y2 - number.y1
        near = number.x1 < box.x1 < number.x2 + height / aspect
        return near and box.y2 - box.y1 < height and box.y1 < number.y2 + height / 2 and box.y2 > number.y1

    return any(map(beside, numbers))
