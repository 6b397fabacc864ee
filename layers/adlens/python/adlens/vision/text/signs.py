"""Fractions (½) and small raised figures behind letters (м²), by their shape.

A reader easily takes them for something else: ½ for %, ³ for з.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from unicodedata import normalize

import cv2
import numpy as np
import numpy.typing as npt

from adlens.vision.image import Pixels
from adlens.vision.text.ink import Labels, parts_of
from adlens.vision.text.reading import Reading

_FRACTIONS = {tuple(normalize("NFKC", sign).split("\N{FRACTION SLASH}")): sign for sign in "½⅓⅔¼¾⅕⅛"}
_NUMERATORS = frozenset("12357")
"""Figures without a hole."""
_RAISED = {"2": "²", "3": "³"}
_SURE = 0.6
_HEIGHT, _LEAST = 48, 12
"""Pixels: lower lines are enlarged, so that parts that nearly touch come apart; lower figures are not looked at."""
_MOST_PARTS = 400
"""More are a photograph."""
_HIGHEST, _LOWEST = 0.85, 0.15
"""Figures of a fraction by its stroke."""
_GAP = 0.8
_ROOM = 0.35
_STOPS = frozenset(" .,:;!)]»")
"""What stands right behind a sign and is not read in its place."""


@dataclass(frozen=True, slots=True)
class Character:
    """`x` is where it was read, in pixels of the line."""

    text: str
    x: float


@dataclass(frozen=True, slots=True)
class _Part:
    """A connected part of a line's ink, by its number in the map of them."""

    number: int
    left: int
    top: int
    right: int
    bottom: int

    @property
    def height(self) -> int:
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class _Sign:
    text: str
    left: int
    right: int


def with_signs(line: Pixels, read: Sequence[Character], step: float, figure: Callable[[Pixels], Reading]) -> str:
    """The text of a line (height, width, 3; RGB) with such signs in place of what was read there.

    Characters lie within `step` pixels of where they were read. `figure` reads a picture of a single figure.
    """
    scale = max(1.0, _HEIGHT / line.shape[0])
    if scale > 1:
        line = np.asarray(cv2.resize(line, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)
    characters = [Character(one.text, scale * one.x) for one in read]
    for sign in _signs(line, characters, figure):
        left, right, middle = sign.left - scale * step / 2, sign.right + scale * step / 2, (sign.left + sign.right) / 2
        kept = [one for one in characters if one.text in _STOPS or not left <= one.x <= right]
        place = sum(one.x < middle for one in kept)
        characters = [*kept[:place], Character(sign.text, middle), *kept[place:]]
    return "".join(one.text for one in characters)


def _signs(line: Pixels, read: Sequence[Character], figure: Callable[[Pixels], Reading]) -> Iterator[_Sign]:
    labels, found = parts_of(line)
    parts = _from_left(found)
    if not 1 < len(parts) <= _MOST_PARTS:
        return
    taken: set[_Part] = set()
    for three in zip(parts, parts[1:], parts[2:], strict=False):
        if not _is_fraction(*three) or _has_hole(labels, three[0]):
            continue
        upper, lower = (figure(_alone(labels, part)) for part in (three[0], three[2]))
        if upper.text in _NUMERATORS and upper.confidence >= _SURE:
            taken |= set(three)
            text = _FRACTIONS.get((upper.text, lower.text), "")  # an unknown one is left out: it is no %
            yield _Sign(text, three[0].left, three[2].right)
    foot = sorted(part.bottom for part in parts)[len(parts) // 2]
    raised = [
        (letter, part) for letter, part in pairwise(parts) if part not in taken and _is_raised(part, letter, foot)
    ]
    for letter, part in raised:
        if any(letter.left <= one.x <= letter.right and one.text.isalpha() for one in read):
            found_figure = figure(_alone(labels, part))
            if found_figure.text in _RAISED and found_figure.confidence >= _SURE:
                yield _Sign(_RAISED[found_figure.text], part.left, part.right)


def _from_left(found: npt.NDArray[np.int32]) -> list[_Part]:
    parts = [
        _Part(number, x, y, x + width, y + height)
        for number, (x, y, width, height, _) in enumerate(found.tolist())
        if number and height >= _LEAST
    ]
    return sorted(parts, key=lambda part: part.left)


def _is_fraction(upper: _Part, stroke: _Part, lower: _Part) -> bool:
    """A small part at the head of a high stroke, another at its foot behind it."""
    height = stroke.height
    return (
        all(_LOWEST * height < part.height < _HIGHEST * height for part in (upper, lower))
        and abs(upper.top - stroke.top) < height / 4 < stroke.bottom - upper.bottom
        and abs(lower.bottom - stroke.bottom) < height / 4 < lower.top - stroke.top
        and upper.left < stroke.left < lower.left
        and upper.right < stroke.right < lower.right
        and lower.left - upper.right < height
    )


def _is_raised(part: _Part, letter: _Part, foot: int) -> bool:
    """Right behind a letter, smaller and higher than it. The line's letters stand on `foot`."""
    return (
        part.height < letter.height
        and part.top <= letter.top + part.height / 3
        and min(letter.bottom, foot) - part.bottom > part.height / 3
        and -1 <= part.left - letter.right < _GAP * part.height
    )


def _has_hole(labels: Labels, part: _Part) -> bool:
    paper = (labels[part.top : part.bottom, part.left : part.right] != part.number).astype(np.uint8)
    count, _ = cv2.connectedComponents(np.pad(paper, 1, constant_values=1), connectivity=4)
    return count > 2  # the ink, what is around it, and what it surrounds


def _alone(labels: Labels, part: _Part) -> Pixels:
    """The part in black on white, with room around it."""
    ink = labels[part.top : part.bottom, part.left : part.right] == part.number
    picture = np.pad(np.where(ink, 0, 255).astype(np.uint8), round(_ROOM * part.height), constant_values=255)
    return np.repeat(picture[:, :, None], 3, axis=2)
