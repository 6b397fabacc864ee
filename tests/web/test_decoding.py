"""Pictures look to the analysis as they do in a browser: the same size and the same colours, of every kind of file."""

from __future__ import annotations

import base64

import numpy as np
import numpy.typing as npt
import pytest
from playwright.sync_api import Browser

from adlens.domain.errors import InvalidImage
from adlens.vision.image import Image, PillowDecoder
from functions.api.uploads.pictures import CheckPictures

from .drawn import pictures

TOLERANCE = 3
"""Levels of 255: what rounding in two colour managements adds up to."""
WITHOUT_ITS_LAST_ROWS = {"jpeg-no-end", "jpeg-half-end", "jpeg-no-end-restarts", "jpeg-half-end-restarts"}
"""Chromium leaves out the last rows of small JPEGs that lack their end; they are in the file."""
DRAW = """async (files) => {
  const drawn = {};
  for (const [name, type, data] of files) {
    const picture = new Image();
    picture.src = `data:${type};base64,${data}`;
    try { await picture.decode(); } catch { if (!picture.naturalWidth) { continue; } }
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
    const pen = canvas.getContext("2d");
    pen.drawImage(picture, 0, 0);
    const bytes = pen.getImageData(0, 0, canvas.width, canvas.height).data;
    drawn[name] = [canvas.width, canvas.height, btoa(String.fromCharCode(...bytes))];
  }
  return drawn;
}"""


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return pictures()


@pytest.fixture(scope="module")
def shown(browser: Browser, files: dict[str, bytes]) -> dict[str, npt.NDArray[np.uint8]]:
    """RGBA (height, width, 4) as the browser draws it, of the files that it shows."""
    page = browser.new_page()
    try:
        told = [[name, f"image/{name.split('-')[0]}", base64.b64encode(data).decode()] for name, data in files.items()]
        drawn = page.evaluate(DRAW, told)
    finally:
        page.close()
    return {
        name: np.frombuffer(base64.b64decode(rgba), np.uint8).reshape(height, width, 4)
        for name, (width, height, rgba) in drawn.items()
    }


def read(data: bytes) -> Image | None:
    try:
        return PillowDecoder().decode(data)
    except InvalidImage:
        return None


def test_what_a_browser_shows_is_read_and_nothing_else(
    files: dict[str, bytes], shown: dict[str, npt.NDArray[np.uint8]]
) -> None:
    assert {name for name, data in files.items() if read(data)} == shown.keys()


def test_the_upload_route_takes_what_the_analysis_reads(files: dict[str, bytes]) -> None:
    def is_taken(data: bytes) -> bool:
        try:
            return bool(CheckPictures()(data))
        except InvalidImage:
            return False

    assert {name for name, data in files.items() if is_taken(data)} == {
        name for name, data in files.items() if read(data)
    }


def test_sizes_and_colours_are_those_of_the_browser(
    files: dict[str, bytes], shown: dict[str, npt.NDArray[np.uint8]]
) -> None:
    faults = {}
    for name, rgba in shown.items():
        image = PillowDecoder().decode(files[name])
        if image.pixels.shape != (*rgba.shape[:2], 3):
            faults[name] = f"{image.pixels.shape} instead of {rgba.shape}"
            continue
        ground = int((image.facts.ground or "#ffffff")[1:3], 16)
        opacity = rgba[:, :, 3:] / 255
        expected = rgba[:, :, :3] * opacity + ground * (1 - opacity)
        off = np.abs(image.pixels - expected)
        if name in WITHOUT_ITS_LAST_ROWS:
            off = off[rgba[:, :, 3] == 255]
        if off.max() > TOLERANCE:
            faults[name] = f"off by {off.max():.0f}"
    assert faults == {}
