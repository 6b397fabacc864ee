"""Palettes of pictures whose colours are known, and the class of every kind of colour."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest

from adlens.domain.analysis import ImageFacts, Swatch, SwatchRole
from adlens.domain.colors import COLOR_CLASSES, RGB, ColorClass, from_hex
from adlens.domain.media import ImageFormat
from adlens.vision.image import Image, Pixels
from adlens.vision.palette import KMeansPalette, color_class, sample

RED, BLUE, WHITE, BLACK = (255, 0, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0)


def image(pixels: Pixels) -> Image:
    height, width = pixels.shape[:2]
    return Image(pixels, ImageFacts(ImageFormat.PNG, width, height, 0, "", ""))


def bars(*parts: tuple[RGB, int], height: int = 60) -> Image:
    """Upright bars of a colour and a width each."""
    row = np.concatenate([np.full((width, 3), color, dtype=np.uint8) for color, width in parts])
    return image(np.repeat(row[None], height, axis=0))


def noise(height: int, width: int) -> Image:
    return image(np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8))


def extract(picture: Image, dominant: int = 3, secondary: int = 3) -> tuple[Swatch, ...]:
    return KMeansPalette().extract(picture, dominant, secondary)


def test_flat_colours_are_found_exactly_with_their_shares() -> None:
    palette = extract(bars((RED, 50), (BLUE, 30), (WHITE, 15), (BLACK, 5)), 2, 1)
    assert [swatch.rgb for swatch in palette[:2]] == [RED, BLUE]
    assert [swatch.percent for swatch in palette[:2]] == [50, 30]
    assert [swatch.role for swatch in palette] == [SwatchRole.DOMINANT] * 2 + [SwatchRole.SECONDARY]


@pytest.mark.parametrize("parts", [((RED, 60),), ((RED, 40), (BLUE, 20)), ((RED, 1), (BLUE, 1))])
def test_fewer_colours_than_asked_for_are_just_those(parts: tuple[tuple[RGB, int], ...]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        palette = extract(bars(*parts))
    assert {swatch.rgb for swatch in palette} == {color for color, _ in parts}
    assert all(swatch.role is SwatchRole.DOMINANT for swatch in palette)


def test_noise_around_two_colours_is_two_groups() -> None:
    picture = bars((RED, 70), (BLUE, 30))
    jitter = np.random.default_rng(1).integers(-6, 7, picture.pixels.shape)
    pixels = np.clip(picture.pixels.astype(int) + jitter, 0, 255).astype(np.uint8)
    palette = extract(image(pixels), 2, 0)
    assert [swatch.color_class for swatch in palette] == ["red", "blue"]
    assert palette[0].percent == pytest.approx(70, abs=2)


@pytest.mark.parametrize(("dominant", "secondary"), [(3, 3), (1, 0), (0, 2), (8, 8)])
def test_percents_add_up_and_the_largest_comes_first(dominant: int, secondary: int) -> None:
    palette = extract(noise(120, 90), dominant, secondary)
    assert len(palette) == dominant + secondary
    assert sum(swatch.percent for swatch in palette) == pytest.approx(100)
    assert [swatch.percent for swatch in palette] == sorted((s.percent for s in palette), reverse=True)
    assert len({swatch.rgb for swatch in palette}) == len(palette)


def test_no_colours_wanted_is_no_palette() -> None:
    assert extract(noise(20, 20), 0, 0) == ()


def test_the_same_picture_has_the_same_palette() -> None:
    assert extract(noise(500, 400)) == extract(noise(500, 400))


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (3, 60_000), (1200, 900), (30, 30), (7000, 2)])
def test_the_sample_is_small_and_never_empty(shape: tuple[int, int]) -> None:
    chosen = sample(np.zeros((*shape, 3), dtype=np.uint8))
    assert 1 <= len(chosen) <= 9000
    assert len(chosen) >= min(shape[0] * shape[1], 2000)


def test_the_sample_covers_the_whole_picture() -> None:
    columns = np.broadcast_to(np.arange(1000)[None, :, None] // 4, (1000, 1000, 3)).astype(np.uint8)
    assert np.ptp(sample(columns)[:, 0]) >= 245


@pytest.mark.parametrize(("height", "width"), [(1080, 1080), (1920, 1080), (1200, 900)])
def test_patterns_of_every_period_have_their_shares(height: int, width: int) -> None:
    row, column = np.ogrid[:height, :width]
    for period in range(1, 41):
        middle = (period - 1) / 2
        patterns = {
            "upright stripes": np.broadcast_to(column // period % 2 == 0, (height, width)),
            "dots": (column % period - middle) ** 2 + (row % period - middle) ** 2 <= (0.32 * period) ** 2,
        }
        for name, marked in patterns.items():
            found = sample(np.repeat(marked[:, :, None].astype(np.uint8), 3, axis=2))[:, 0].mean()
            assert found == pytest.approx(marked.mean(), abs=0.03), (name, period)


def test_a_halftone_has_both_of_its_colours() -> None:
    row, column = np.mgrid[:1080, :1080]
    marked = ((column % 12 - 5.5) ** 2 + (row % 12 - 5.5) ** 2 <= 14)[:, :, None]
    first, second = extract(image(np.where(marked, np.uint8(RED), np.uint8(WHITE))), 2, 0)
    assert (first.rgb, second.rgb) == (WHITE, RED)
    assert second.percent == pytest.approx(100 * marked.mean(), abs=3)


def test_transparent_pixels_are_no_paint() -> None:
    picture = bars((RED, 30), (WHITE, 30))
    painted = np.broadcast_to(np.arange(60) < 20, (60, 60))
    assert [(swatch.rgb, swatch.percent) for swatch in extract(replace(picture, painted=painted))] == [(RED, 100)]
    assert extract(replace(picture, painted=np.zeros((60, 60), bool))) == ()


@pytest.mark.parametrize("entry", COLOR_CLASSES, ids=lambda entry: entry.name)
def test_every_reference_is_of_its_own_class(entry: ColorClass) -> None:
    assert {color_class(from_hex(reference)) for reference in entry.references} == {entry.name}


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((38, 0, 38), "black"),  # V = 14.9 %
        ((39, 39, 39), "dark grey"),  # V = 15.3 %
        ((200, 170, 170), "light grey"),  # S = 15 %
        ((200, 168, 168), "red"),  # S = 16 %: chromatic, however pale
        ((250, 250, 245), "white"),
        ((100, 100, 100), "grey"),
        ((255, 0, 10), "red"),  # hue 358 and hue 0 are neighbours
        ((250, 120, 20), "orange"),
        ((20, 30, 120), "blue"),
        ((120, 90, 60), "brown"),
        ((30, 160, 40), "green"),
        ((240, 230, 60), "yellow"),
    ],
)
def test_colours_find_their_class(rgb: RGB, name: str) -> None:
    assert color_class(rgb) == name
