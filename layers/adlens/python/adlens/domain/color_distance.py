"""How different two colours look: CIEDE2000, and which colours lie within a distance of one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, lru_cache

from adlens.domain.colors import RGB

Lab = tuple[float, float, float]

NEAR = 10.0
"""CIEDE2000 within which colours count as similar: another shade, not another colour."""

_WHITE = (0.95047, 1.0, 1.08883)  # D65, 2 degrees


def to_lab(rgb: RGB | tuple[float, float, float]) -> Lab:
    """CIELAB (D65) of an sRGB colour with channels from 0 to 255 (IEC 61966-2-1)."""
    r, g, b = ((c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4) for c in (value / 255 for value in rgb))
    x = (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / _WHITE[0]
    y = (0.2126729 * r + 0.7151522 * g + 0.0721750 * b) / _WHITE[1]
    z = (0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / _WHITE[2]
    fx, fy, fz = ((t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116) for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def ciede2000(one: Lab, other: Lab) -> float:
    """The CIEDE2000 difference, 1 being about what the eye just sees.

    Sharma, Wu, Dalal: "The CIEDE2000 color-difference formula" (2005), whose numbering of steps this follows.
    """
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean7 = ((math.hypot(a1, b1) + math.hypot(a2, b2)) / 2) ** 7
    stretch = 1.5 - 0.5 * math.sqrt(mean7 / (mean7 + 25.0**7))
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = math.hypot(a1, b1), math.hypot(a2, b2)
    h1 = math.degrees(math.atan2(b1, a1)) % 360
    h2 = math.degrees(math.atan2(b2, a2)) % 360
    turn = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    if turn == -180:
        turn = 180.0
    dl, dc, dh = l2 - l1, c2 - c1, 2 * math.sqrt(c1 * c2) * math.sin(math.radians(turn / 2))
    l_, c_ = (l1 + l2) / 2, (c1 + c2) / 2
    if c1 * c2 == 0:
        h_ = h1 + h2
    elif abs(h1 - h2) <= 180:
        h_ = (h1 + h2) / 2
    else:
        h_ = (h1 + h2 + 360) / 2 if h1 + h2 < 360 else (h1 + h2 - 360) / 2
    t = (
        1
        - 0.17 * math.cos(math.radians(h_ - 30))
        + 0.24 * math.cos(math.radians(2 * h_))
        + 0.32 * math.cos(math.radians(3 * h_ + 6))
        - 0.20 * math.cos(math.radians(4 * h_ - 63))
    )
    sl = 1 + 0.015 * (l_ - 50) ** 2 / math.sqrt(20 + (l_ - 50) ** 2)
    sc, sh = 1 + 0.045 * c_, 1 + 0.015 * c_ * t
    rt = -2 * math.sqrt(c_**7 / (c_**7 + 25.0**7)) * math.sin(math.radians(60 * math.exp(-(((h_ - 275) / 25) ** 2))))
    return math.sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (dh / sh) ** 2 + rt * (dc / sc) * (dh / sh))


def cell_of(rgb: RGB, bits: int) -> int:
    """The number of the cube that a colour lies in when every channel has so many bits."""
    r, g, b = (value >> (8 - bits) for value in rgb)
    return (r << 2 * bits) | (g << bits) | b


COARSE, FINE = 4, 5


@dataclass(frozen=True, slots=True)
class Shades:
    """The cubes around a colour: `coarse` ones (4 bits a channel) hold every colour within NEAR of it, and of the fine
    ones (5 bits) in them `inside` hold nothing else, while the colours of `border` have to be measured one by one.
    """

    lab: Lab
    coarse: frozenset[int]
    inside: frozenset[int]
    border: frozenset[int]

    def hold(self, rgb: RGB) -> bool:
        """Whether a colour is within NEAR."""
        cell = cell_of(rgb, FINE)
        return cell in self.inside or (cell in self.border and ciede2000(self.lab, to_lab(rgb)) <= NEAR)


@lru_cache(maxsize=256)
def shades_of(rgb: RGB) -> Shades:
    """The cubes that have colours within NEAR of `rgb`."""
    lab = to_lab(rgb)
    coarse: set[int] = set()
    inside: set[int] = set()
    border: set[int] = set()
    for cell, middle, reach in _coarse_cells():
        if not _may_be_within(lab, middle, NEAR + reach) or ciede2000(lab, middle) > NEAR + reach:
            continue
        for child, center, radius in _fine_cells(cell):
            distance = ciede2000(lab, center)
            if distance <= NEAR + radius:
                (inside if distance <= NEAR - radius else border).add(child)
                coarse.add(cell)
    return Shades(lab, frozenset(coarse), frozenset(inside), frozenset(border))


@cache
def _coarse_cells() -> tuple[tuple[int, Lab, float], ...]:
    """Every coarse cube: its number, its middle and how far its colours may be from there."""
    cells = []
    for cell in range(1 << 3 * COARSE):
        corner = (cell >> 8) << 4, (cell >> 4 & 15) << 4, (cell & 15) << 4
        middle = to_lab((corner[0] + 7.5, corner[1] + 7.5, corner[2] + 7.5))
        cells.append((cell, middle, _reach(middle, corner, 15)))
    return tuple(cells)


@cache
def _fine_cells(cell: int) -> tuple[tuple[int, Lab, float], ...]:
    """The same of the eight fine cubes in a coarse one."""
    cells = []
    for child in range(8):
        r, g, b = (cell >> 8) << 1 | child >> 2, (cell >> 4 & 15) << 1 | child >> 1 & 1, (cell & 15) << 1 | child & 1
        corner = r << 3, g << 3, b << 3
        middle = to_lab((corner[0] + 3.5, corner[1] + 3.5, corner[2] + 3.5))
        cells.append(((r << 2 * FINE) | (g << FINE) | b, middle, _reach(middle, corner, 7)))
    return tuple(cells)


def _reach(middle: Lab, corner: RGB, side: int) -> float:
    """How far colours of a cube may be from its middle: its corners are farthest. A little more, because CIEDE2000 does
    not keep the triangle inequality."""
    r, g, b = corner
    return 1.5 * max(
        ciede2000(middle, to_lab((r + side * x, g + side * y, b + side * z)))
        for x, y, z in ((0, 0, 0), (1, 1, 1), (1, 0, 1), (0, 1, 0))
    )


def _may_be_within(one: Lab, other: Lab, distance: float) -> bool:
    """False only where the lightness alone puts the two farther apart: its weight is never above 1.75."""
    return abs(one[0] - other[0]) <= 1.75 * distance
