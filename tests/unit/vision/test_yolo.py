"""Geometry and suppression of the detector; its weights are in tests/integration/vision."""

from __future__ import annotations

import math
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from adlens.domain.analysis import DetectedObject, Detections, Looks
from adlens.domain.errors import InvalidBundle
from adlens.vision.image import PillowDecoder
from adlens.vision.objects import context, yolo
from adlens.vision.objects.yolo import Letterbox, YoloDetector, groups_of, overlaps, postprocess, suppress

Floats = npt.NDArray[np.float32]
APART = np.arange(3)
"""Groups of three classes that do not exclude each other."""


def prediction(*anchors: tuple[tuple[float, float, float, float], dict[int, float]], classes: int = 3) -> Floats:
    """A model's output from (centre x, centre y, width, height) and scores by class."""
    output = np.zeros((4 + classes, len(anchors)), dtype=np.float32)
    for column, (box, scores) in enumerate(anchors):
        output[:4, column] = box
        for label, score in scores.items():
            output[4 + label, column] = score
    return output


def overlap(a: Floats, b: Floats) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, 0) * max(height, 0)
    return float(shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared))


def suppress_slowly(boxes: Floats, scores: Floats, iou: float) -> list[int]:
    kept: list[int] = []
    for candidate in sorted(range(len(boxes)), key=lambda index: -scores[index]):
        if all(overlap(boxes[candidate], boxes[other]) <= iou for other in kept):
            kept.append(candidate)
    return kept


# --- letterbox ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (900, 1200, Letterbox(480, 640, 80, 0)),
        (1200, 900, Letterbox(640, 480, 0, 80)),
        (640, 640, Letterbox(640, 640, 0, 0)),
        (100, 50, Letterbox(640, 320, 0, 160)),
        (641, 640, Letterbox(640, 639, 0, 0)),  # the odd row goes below
        (640, 637, Letterbox(640, 637, 0, 1)),
        (5000, 1, Letterbox(640, 1, 0, 319)),
    ],
)
def test_letterbox_keeps_the_aspect_and_centres(width: int, height: int, expected: Letterbox) -> None:
    assert Letterbox.of(width, height) == expected


def test_letterbox_input_is_planar_unit_range_and_grey_outside() -> None:
    pixels = np.zeros((100, 200, 3), dtype=np.uint8)
    pixels[..., 0], pixels[..., 2] = 255, 51
    square = Letterbox.of(200, 100).apply(pixels)
    assert square.shape == (1, 3, 640, 640)
    assert square.dtype == np.float32
    assert square.flags.c_contiguous
    np.testing.assert_allclose(square[0, :, 320, 320], [1, 0, 0.2])
    np.testing.assert_allclose(square[0, :, 159, 320], 114 / 255)
    np.testing.assert_allclose(square[0, :, 160, 320], [1, 0, 0.2])
    np.testing.assert_allclose(square[0, :, 480, 320], 114 / 255)


@given(width=st.integers(1, 5000), height=st.integers(1, 5000))
def test_the_whole_picture_maps_to_the_whole_picture(width: int, height: int) -> None:
    box = Letterbox.of(width, height)
    corners = np.array([[box.left, box.top, box.left + box.width, box.top + box.height]], dtype=np.float32)
    np.testing.assert_allclose(box.to_fractions(corners), [[0, 0, 1, 1]])
    assert box.left >= 0
    assert box.top >= 0
    assert box.left + box.width <= 640
    assert box.top + box.height <= 640


def test_boxes_are_clipped_to_the_picture() -> None:
    fractions = Letterbox.of(900, 1200).to_fractions(np.array([[0, -5, 320, 700]], dtype=np.float32))
    np.testing.assert_allclose(fractions, [[0, 0, 0.5, 1]])


# --- suppression ----------------------------------------------------------------------------------------------------


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 60), iou=st.sampled_from([0.3, 0.45, 0.7]))
def test_suppression_equals_its_definition(seed: int, count: int, iou: float) -> None:
    random = np.random.default_rng(seed)
    corners = random.integers(0, 60, (count, 2))
    boxes = np.concatenate([corners, corners + random.integers(1, 50, (count, 2))], axis=1).astype(np.float32)
    scores = random.permutation(count).astype(np.float32)
    assert suppress(boxes, scores, iou).tolist() == suppress_slowly(boxes, scores, iou)


def test_boxes_without_area_are_kept() -> None:
    boxes = np.array([[5, 5, 5, 5], [5, 5, 5, 5]], dtype=np.float32)
    assert suppress(boxes, np.array([0.4, 0.9], dtype=np.float32), 0.7).tolist() == [1, 0]


def test_one_object_seen_twice_is_one_and_classes_do_not_suppress_each_other() -> None:
    output = prediction(
        ((100, 100, 50, 50), {0: 0.6}),
        ((101, 100, 50, 50), {0: 0.9}),
        ((100, 100, 50, 50), {1: 0.7}),
        ((300, 300, 20, 40), {2: 0.5}),
    )
    boxes, scores, labels = postprocess(output, threshold=0.35, iou=0.7, groups=APART)
    assert labels.tolist() == [0, 1, 2]
    np.testing.assert_allclose(scores, [0.9, 0.7, 0.5])
    np.testing.assert_allclose(boxes[2], [290, 280, 310, 320])


def test_of_classes_that_are_taken_for_each_other_the_surest_is_kept() -> None:
    classes = ["handbag", "tie", "backpack", "cup", "suitcase", "bottle"]
    groups = groups_of(classes, [["handbag", "backpack", "suitcase"], ["cup", "bottle"]])
    assert groups.tolist() == [0, 1, 0, 3, 0, 3]
    everywhere = ((100, 100, 50, 50), {0: 0.6}), ((101, 100, 50, 50), {4: 0.7}), ((100, 101, 50, 50), {1: 0.5})
    elsewhere = ((300, 300, 50, 50), {2: 0.4})
    _, _, labels = postprocess(prediction(*everywhere, elsewhere, classes=6), 0.35, 0.7, groups)
    assert [classes[label] for label in labels] == ["suitcase", "tie", "backpack"]


def test_overlaps_are_shares_of_the_union() -> None:
    boxes = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 20, 20]], dtype=np.float32)
    np.testing.assert_allclose(overlaps(boxes, boxes), [[1, 1 / 3, 0], [1 / 3, 1, 0], [0, 0, 0]], rtol=1e-6)
    assert overlaps(boxes, boxes[:0]).shape == (3, 0)


def test_a_box_belongs_to_its_best_class_only_and_weak_ones_are_not_shown() -> None:
    output = prediction(((50, 50, 10, 10), {0: 0.5, 1: 0.8}), ((200, 50, 10, 10), {2: 0.34}))
    _, scores, labels = postprocess(output, threshold=0.35, iou=0.7, groups=APART)
    assert labels.tolist() == [1]
    np.testing.assert_allclose(scores, [0.8])


def test_nothing_seen_is_nothing() -> None:
    boxes, scores, labels = postprocess(prediction(((50, 50, 10, 10), {})), threshold=0.35, iou=0.7, groups=APART)
    assert boxes.shape == (0, 4)
    assert scores.shape == labels.shape == (0,)


def test_at_most_three_hundred_are_shown() -> None:
    grid = [((x * 20.0, y * 20.0, 10.0, 10.0), {0: 0.9}) for x in range(20) for y in range(20)]
    assert len(postprocess(prediction(*grid), threshold=0.35, iou=0.7, groups=APART)[0]) == 300


# --- the engine on a session that answers what it is told -----------------------------------------------------------


class Session:
    """Answers the same outputs to every picture and remembers the shape it was given."""

    def __init__(self, *outputs: Floats) -> None:
        self.outputs = outputs
        self.given: tuple[int, ...] = ()

    def get_inputs(self) -> list[Any]:
        return [SimpleNamespace(name="images")]

    def run(self, names: None, inputs: dict[str, Floats]) -> list[Floats]:
        self.given = inputs["images"].shape
        return list(self.outputs)


def detector(
    monkeypatch: pytest.MonkeyPatch,
    session: Session,
    side: int,
    thresholds: dict[str, float] | None = None,
    weak: float = 0.15,
    rivals: tuple[tuple[str, ...], ...] = (),
) -> YoloDetector:
    monkeypatch.setattr(yolo, "make_session", lambda model, threads: session)
    monkeypatch.setattr(context, "make_session", lambda model, threads: ContextSession())
    settings = {"threshold": 0.35, "thresholds": thresholds or {}, "weak": weak, "rivals": rivals, "iou": 0.7}
    classes = ["tie", "cup", "clock"]
    whole = context.Context(Path("context.onnx"), ["cup", "tie"], classes, 0.5, threads=1)
    return YoloDetector(Path("model.onnx"), classes, **settings, side=side, threads=1, context=whole)


class ContextSession:
    """The first feature speaks for cups, the second for ties."""

    def get_outputs(self) -> list[Any]:
        return [SimpleNamespace(name="logits", shape=[1, 2])]

    def run(self, names: list[str], inputs: dict[str, Floats]) -> list[Floats]:
        return [inputs["features"]]


NOTHING = Looks()


def picture(width: int, height: int) -> Any:
    file = BytesIO()
    Image.new("RGB", (width, height), "white").save(file, "PNG")
    return PillowDecoder().decode(file.getvalue())


@pytest.mark.parametrize("side", [416, 640])
def test_the_model_sees_its_own_side_and_boxes_come_back_in_the_picture(
    monkeypatch: pytest.MonkeyPatch, side: int
) -> None:
    # The picture is twice as wide as high: it fills the middle half of the square.
    session = Session(prediction(((side / 2, side / 2, side / 2, side / 4), {1: 0.9, 2: 0.2}))[None])
    found = detector(monkeypatch, session, side).detect(picture(200, 100), NOTHING)
    assert session.given == (1, 3, side, side)
    assert [one.class_name for one in found.objects] == ["cup"]
    assert isinstance(found.objects[0], DetectedObject)
    np.testing.assert_allclose(found.objects[0].bbox.as_tuple(), [0.25, 0.25, 0.75, 0.75], atol=1e-6)
    assert found.class_scores == pytest.approx({"cup": 0.9, "clock": 0.2})


def names(detections: Detections) -> tuple[list[str], list[str]]:
    return [one.class_name for one in detections.objects], [one.class_name for one in detections.weak]


def test_each_class_is_shown_from_its_own_threshold_on(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = prediction(
        ((10, 10, 10, 10), {0: 0.5}), ((30, 10, 10, 10), {1: 0.5}), ((50, 10, 10, 10), {2: 0.5}),
        ((10, 50, 10, 10), {2: 0.2}), ((50, 50, 10, 10), {0: 0.1}),
    )[None]  # fmt: skip
    assert names(detector(monkeypatch, Session(seen), 64).detect(picture(64, 64), NOTHING)) == (
        ["tie", "cup", "clock"],
        ["clock"],
    )
    strict = detector(monkeypatch, Session(seen), 64, {"cup": 0.6, "clock": 0.5}, weak=0.3)
    assert names(strict.detect(picture(64, 64), NOTHING)) == (["tie", "clock"], ["cup"])


def test_a_class_with_the_threshold_1_is_never_a_fact(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = prediction(((30, 30, 10, 10), {0: 1.0}))[None]
    found = detector(monkeypatch, Session(seen), 64, {"tie": 1.0}).detect(picture(64, 64), NOTHING)
    assert names(found) == ([], ["tie"])
    assert found.class_scores == {"tie": 1.0}


def test_a_threshold_below_weak_still_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = prediction(((30, 30, 10, 10), {0: 0.2}), ((50, 50, 10, 10), {1: 0.2}))[None]
    found = detector(monkeypatch, Session(seen), 64, {"tie": 0.1}, weak=0.5).detect(picture(64, 64), NOTHING)
    assert names(found) == (["tie"], [])


def test_a_weak_box_on_a_shown_one_of_any_class_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = prediction(
        ((30, 30, 20, 20), {0: 0.9}), ((31, 30, 20, 20), {1: 0.2}), ((38, 30, 20, 20), {2: 0.2}),
    )[None]  # fmt: skip
    assert names(detector(monkeypatch, Session(seen), 64).detect(picture(64, 64), NOTHING)) == (["tie"], ["clock"])


def test_of_rivals_in_one_place_the_surest_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = prediction(((30, 30, 20, 20), {0: 0.9}), ((31, 30, 20, 20), {1: 0.8}), ((30, 31, 20, 20), {2: 0.7}))[None]
    found = detector(monkeypatch, Session(seen), 64, rivals=(("tie", "cup"),)).detect(picture(64, 64), NOTHING)
    assert names(found) == (["tie", "clock"], [])


def test_settings_name_classes_of_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidBundle, match="mug"):
        detector(monkeypatch, Session(), 64, {"mug": 0.5})
    with pytest.raises(InvalidBundle, match="vase"):
        detector(monkeypatch, Session(), 64, rivals=(("cup", "vase"),))


def test_the_whole_picture_speaks_for_and_against_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = prediction(((20, 20, 10, 10), {0: 0.5}), ((50, 50, 10, 10), {1: 0.1}), ((20, 50, 10, 10), {2: 0.2}))[None]
    found = detector(monkeypatch, Session(seen), 64).detect(picture(64, 64), Looks({}, (3.0, -2.0)))
    assert names(found) == (["cup"], ["clock"])
    odds = 0.5 * math.log(0.1 / 0.9) + 3
    assert found.objects[0].confidence == pytest.approx(1 / (1 + math.exp(-odds)), abs=1e-5)
    assert found.class_scores == pytest.approx({"tie": 0.5, "cup": 0.1, "clock": 0.2})  # evidence stays the detector's


def test_no_context_makes_an_object_where_there_is_no_box(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = prediction(((20, 20, 10, 10), {1: 0.004}))[None]
    assert names(detector(monkeypatch, Session(seen), 64).detect(picture(64, 64), Looks({}, (9.0, 0.0)))) == ([], [])


def test_a_context_of_other_classes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "make_session", lambda model, threads: ContextSession())
    for known in ["cup"], ["cup", "mug"]:
        with pytest.raises(InvalidBundle, match="knows 2 classes"):
            context.Context(Path("context.onnx"), known, ["tie", "cup", "clock"], 0.5, threads=1)
