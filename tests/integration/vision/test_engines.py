"""The engines on their real models: those in the rapidocr wheel, and weights that a checkout may lack."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageDraw

from adlens.domain.analysis import BoundingBox, Looks, TextBlock
from adlens.domain.ports.vision import DecodedImage, Engines
from adlens.settings import CommandLineSettings
from adlens.vision.bundle import load_bundle

CHECKOUT = Path(__file__).parents[3]
WEIGHTS = CHECKOUT / CommandLineSettings().weights
CREATIVES = CHECKOUT / CommandLineSettings().creatives

needs_weights = pytest.mark.skipif(not (WEIGHTS / "yolov8n.onnx").exists(), reason="no weights of coco-dev here")
needs_creatives = pytest.mark.skipif(not CREATIVES.exists(), reason="no development creatives here")


@pytest.fixture(scope="module")
def base() -> Engines:
    return load_bundle(CHECKOUT / "models/base", threads=2)


@pytest.fixture(scope="module")
def coco_dev() -> Engines:
    return load_bundle(CHECKOUT / "models/coco-dev", threads=2, variables={"weights": str(WEIGHTS)})


def decoded(picture: Pillow.Image, engines: Engines) -> DecodedImage:
    buffer = BytesIO()
    picture.save(buffer, "PNG")
    return engines.decoder.decode(buffer.getvalue())


def card(*lines: tuple[str, tuple[int, int]], size: tuple[int, int] = (700, 400)) -> Pillow.Image:
    picture = Pillow.new("RGB", size, "#f4f1ea")
    draw = ImageDraw.Draw(picture)
    for text, position in lines:
        draw.text(position, text, fill="#20303a", font_size=48)
    return picture


def read(picture: Pillow.Image, engines: Engines) -> tuple[TextBlock, ...]:
    assert engines.text
    return engines.text.read(decoded(picture, engines))


# --- text -----------------------------------------------------------------------------------------------------------


def test_lines_are_read_where_they_are_in_reading_order(base: Engines) -> None:
    picture = card(("SUMMER SALE", (60, 50)), ("Free delivery", (60, 200)), ("from $25", (420, 204)))
    blocks = read(picture, base)
    assert [block.text for block in blocks] == ["SUMMER SALE", "Free delivery", "from $25"]
    assert all(block.confidence > 0.9 and block.language == "en" for block in blocks)
    first = blocks[0]
    assert first.bbox.x1 == pytest.approx(60 / 700, abs=0.02)
    assert first.bbox.y1 == pytest.approx(60 / 400, abs=0.04)
    (left, top), (right, _), _, (_, bottom) = first.polygon
    assert BoundingBox(left, top, right, bottom).as_tuple() == pytest.approx(first.bbox.as_tuple(), abs=0.01)


def test_no_text_is_no_blocks(base: Engines) -> None:
    assert read(card(), base) == ()


def test_a_picture_on_its_head_is_read_and_its_polygons_start_where_the_text_does(base: Engines) -> None:
    (block,) = read(card(("SUMMER SALE", (60, 50))).rotate(180), base)
    assert block.text == "SUMMER SALE"
    start, end = block.polygon[0], block.polygon[1]
    assert start == pytest.approx((block.bbox.x2, block.bbox.y2), abs=0.02)
    assert end == pytest.approx((block.bbox.x1, block.bbox.y2), abs=0.02)


@pytest.mark.parametrize(("angle", "corner"), [(90, "bottom left"), (270, "top right")])
def test_text_up_or_down_the_side(base: Engines, angle: int, corner: str) -> None:
    (block,) = read(card(("SUMMER SALE", (60, 50))).rotate(angle, expand=True), base)
    assert block.text == "SUMMER SALE"
    box = block.bbox
    expected = {"bottom left": (box.x1, box.y2), "top right": (box.x2, box.y1)}[corner]
    assert block.polygon[0] == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (40_000, 30), (33, 31)])
def test_pictures_of_every_shape_have_text_or_none(base: Engines, size: tuple[int, int]) -> None:
    assert read(Pillow.new("RGB", size, "white"), base) == ()


def test_a_banner_wider_than_opencv_warps(base: Engines) -> None:
    (block,) = read(card(("SUMMER SALE", (33_500, 20)), size=(34_000, 100)), base)
    assert "SALE" in block.text
    assert block.bbox.x1 > 33_000 / 34_000


# --- objects and topic ----------------------------------------------------------------------------------------------


@needs_weights
def test_objects_of_a_photograph(coco_dev: Engines) -> None:
    from skimage import data

    assert coco_dev.objects
    detections = coco_dev.objects.detect(decoded(Pillow.fromarray(data.coffee()), coco_dev), Looks())
    cup = next(found for found in detections.objects if found.class_name == "cup")
    assert cup.confidence >= 0.5
    assert cup.bbox.as_tuple() == pytest.approx((0.27, 0.12, 0.78, 0.82), abs=0.1)
    confidences = [found.confidence for found in detections.objects]
    assert confidences == sorted(confidences, reverse=True)
    assert min(confidences) >= 0.35
    assert detections.class_scores["cup"] >= cup.confidence - 1e-6
    assert any(score < 0.35 for score in detections.class_scores.values())


@needs_weights
@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (40_000, 30)])
def test_pictures_of_every_shape_have_objects_or_none(coco_dev: Engines, size: tuple[int, int]) -> None:
    assert coco_dev.objects
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    for found in coco_dev.objects.detect(decoded(Pillow.fromarray(pixels), coco_dev), Looks()).objects:
        assert found.bbox.x1 <= found.bbox.x2


@needs_weights
@needs_creatives
def test_the_baseline_finds_most_topics_of_real_creatives(coco_dev: Engines) -> None:
    assert coco_dev.objects
    assert coco_dev.topic
    assert coco_dev.looks
    labels = json.loads((CREATIVES / "labels.json").read_text())
    right = 0
    for label in labels:
        image = coco_dev.decoder.decode((CREATIVES / "images" / label["file"]).read_bytes())
        looks = coco_dev.looks.extract(image)
        topic = coco_dev.topic.classify((), coco_dev.objects.detect(image, looks), looks)
        right += topic.topic == label["topic"]
    assert right >= 20  # of 27, by looks and objects alone
