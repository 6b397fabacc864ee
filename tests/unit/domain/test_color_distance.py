"""CIEDE2000 against its authors' test data, and the cubes around a colour."""

from __future__ import annotations

import random

import pytest

from adlens.domain.color_distance import COARSE, FINE, NEAR, cell_of, ciede2000, shades_of, to_lab

# Sharma, Wu, Dalal (2005), table 1: pairs that go through every branch of the formula.
PAIRS = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, 3.1571, -77.2803), (50.0, 0.0, -82.7485), 2.8615),
    ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0000),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0009), 7.1792),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0011), 7.2195),
    ((50.0, -0.0010, 2.4900), (50.0, 0.0011, -2.4900), 4.7461),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((50.0, 2.5, 0.0), (56.0, -27.0, -3.0), 31.9030),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("one", "other", "difference"), PAIRS)
def test_ciede2000_is_what_its_authors_publish(one, other, difference) -> None:
    assert ciede2000(one, other) == pytest.approx(difference, abs=5e-5)
    assert ciede2000(other, one) == pytest.approx(difference, abs=5e-5)


def test_lab_of_known_colours() -> None:
    assert to_lab((255, 255, 255)) == pytest.approx((100, 0, 0), abs=0.01)
    assert to_lab((255, 0, 0)) == pytest.approx((53.24, 80.09, 67.20), abs=0.01)
    assert to_lab((0, 0, 0)) == (0, 0, 0)


def test_the_cubes_around_a_colour_hold_what_is_near_and_nothing_else_inside() -> None:
    chance = random.Random(1)
    for _ in range(12):
        asked = tuple(chance.randrange(256) for _ in range(3))
        shades = shades_of(asked)
        for _ in range(1500):
            other = tuple(min(255, max(0, value + chance.randrange(-60, 61))) for value in asked)
            near = ciede2000(to_lab(asked), to_lab(other)) <= NEAR
            fine = cell_of(other, FINE)
            if near:
                assert cell_of(other, COARSE) in shades.coarse
                assert fine in shades.inside | shades.border
            else:
                assert fine not in shades.inside
