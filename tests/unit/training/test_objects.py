"""What the detector's training takes for true: marks, the teacher's boxes, thresholds. No torch, no weights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from training.objects.classes import CLASSES
from training.objects.marks import Marked, marked
from training.objects.photographs import Photograph, Thing, read_photographs
from training.objects.teacher import Seen, joined
from training.objects.thresholds import NEVER, Found, choose_thresholds

LEFT, RIGHT = (0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 1.0, 1.0)
PAGE = np.zeros((100, 200, 3), np.uint8)
CUP, TIE, CLOCK = map(CLASSES.index, ("cup", "tie", "clock"))


def photograph(*things: tuple[str, tuple[float, float, float, float]], known: str = "", about: str = "") -> Photograph:
    drawn = tuple(Thing(*thing) for thing in things)
    return Photograph(Path("a.jpg"), "drawn", drawn, frozenset(known.split()), frozenset(about.split()))


def rows(made: Marked) -> list[list[float]]:
    return sorted(row for row in made.marks.tolist())


def test_peoples_boxes_are_products_and_the_teachers_where_people_labelled_nothing() -> None:
    seen = [Seen("tie", RIGHT, 0.9), Seen("clock", RIGHT, 0.3)]
    made = marked(photograph(("cup", LEFT), known="cup"), seen, PAGE)
    assert rows(made) == sorted([[CUP, 0, 0, 100, 100, 1], [TIE, 100, 0, 200, 100, 1], [CLOCK, 100, 0, 200, 100, 0]])
    assert len(made.products) == 2


def test_of_a_class_that_people_labelled_the_teacher_can_only_raise_doubt() -> None:
    seen = [Seen("cup", RIGHT, 0.9), Seen("cup", LEFT, 0.9), Seen("tie", RIGHT, 0.4)]
    made = marked(photograph(("cup", LEFT), known="cup tie"), seen, PAGE)
    assert rows(made) == sorted([[CUP, 0, 0, 100, 100, 1], [CUP, 100, 0, 200, 100, 0]])


def test_what_a_photograph_is_about_is_unknown_until_somebody_sees_it() -> None:
    assert rows(marked(photograph(about="cup"), [], PAGE)) == [[CUP, 0, 0, 200, 100, 0]]
    assert rows(marked(photograph(about="cup"), [Seen("cup", LEFT, 0.8)], PAGE)) == [[CUP, 0, 0, 100, 100, 1]]


def test_marks_go_with_the_picture_and_what_is_cut_is_unknown_or_gone() -> None:
    marks = np.array([[CUP, 0, 0, 20, 20, 1], [TIE, 40, 0, 60, 20, 1], [CLOCK, 90, 0, 110, 20, 1]], np.float32)
    left = Marked(PAGE, marks).moved(np.array([[1, 0, -53], [0, 1, 0]], np.float32), (40, 100))
    assert left.pixels.shape == (100, 40, 3)
    assert left.marks.tolist() == [[TIE, 0, 0, 7, 20, 0]]
    larger = Marked(PAGE, marks).moved(np.array([[2, 0, 10], [0, 2, 0]], np.float32), (400, 200))
    assert larger.marks[0].tolist() == [CUP, 10, 0, 50, 40, 1]


def test_looks_at_one_object_are_joined_and_who_does_not_see_it_counts() -> None:
    boxes = np.array([[0, 0, 0.4, 0.4], [0.02, 0, 0.42, 0.4], [0.6, 0.6, 0.9, 0.9]], np.float32)
    scores, views = np.array([0.8, 0.8, 0.9], np.float32), np.array([0, 1, 1])
    found = joined(boxes, scores, views, 2)
    assert [score for _, score in found] == pytest.approx([0.45, 0.8])
    assert found[1][0] == pytest.approx((0.01, 0, 0.41, 0.4))


def found(**scores: float) -> Found:
    labels = np.array([CLASSES.index(name) for name in scores], np.intp)
    return Found(np.zeros((len(scores), 4), np.float32), np.array([*scores.values()], np.float32), labels)


def test_a_class_is_shown_from_where_it_is_right_and_never_when_it_is_not() -> None:
    known = "cup tie clock"
    photographs = [photograph(("cup", LEFT), known=known) for _ in range(20)]
    photographs += [photograph(("tie", LEFT), known=known), photograph(("clock", LEFT), known=known)]
    photographs += [photograph(known=known) for _ in range(20)]
    seen = [found(cup=0.8)] * 20 + [found(tie=0.4), found()] + [found(cup=0.5)] * 16 + [found(tie=0.9)] * 4
    thresholds = choose_thresholds(photographs, seen)
    assert 0.5 < thresholds["cup"] <= 0.8
    assert thresholds["tie"] == NEVER  # wrong where it is surest
    assert thresholds["clock"] == NEVER  # never found
    assert thresholds["bottle"] < NEVER  # nobody labelled it: it follows the others


def test_photographs_are_of_one_use_and_a_watch_is_a_clock(tmp_path: Path) -> None:
    corners = {"x1": 0, "y1": 0, "x2": 0.5, "y2": 1}
    entry = {"source": "s", "topic": "clocks", "labelled_classes": []}
    entry["boxes"] = [{"class": "watch"} | corners, {"class": "bowl"} | corners]
    lines = [json.dumps(entry | {"file": f"{use}.jpg", "use": use}) for use in ("train", "evaluate")]
    (tmp_path / "labels.jsonl").write_text("\n".join(lines))
    (one,) = read_photographs(tmp_path)
    assert one.path == tmp_path / "train.jpg"
    assert one.things == (Thing("clock", LEFT),)
    assert one.about == {"clock"}


@pytest.mark.parametrize(("content", "message"), [(None, "has no labels.jsonl"), ("", "has no photographs for train")])
def test_without_photographs_it_says_so(tmp_path: Path, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / "labels.jsonl").write_text(content)
    with pytest.raises(SystemExit, match=message):
        read_photographs(tmp_path)
