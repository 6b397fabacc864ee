"""How right an analysis is, as counts that add up over pictures.

Words are compared whatever their order and case, and whichever of two scripts a letter is taken from that looks the
same in both: nobody can see whether СОК is written with a Latin C.

A figure with an interval is a function of how often each picture counts. The interval is the percentile bootstrap
(Efron and Tibshirani, 1993, chapter 13): pictures are drawn with replacement, always the same ones.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from unicodedata import name

import numpy as np
import numpy.typing as npt

from adlens.domain.analysis import BoundingBox, DetectedObject

RESAMPLES, SEED, LEVEL = 1000, 0, 0.95
LEAST_OVERLAP = 0.5
"""Intersection over union from which a box is right: AP50's."""
CALIBRATION_BINS = 10
Floats = npt.NDArray[np.float64]
Measure = Callable[[Floats], Floats]
"""From how often each picture counts (..., pictures) to a figure (...), NaN where there is none."""

_WORD = re.compile(r"[^\W_]+")
_REMARK = re.compile(r"\([^)]*\)")
# Case-folded; of several pairs only the capitals look alike (В B, Н H), and small letters cannot tell what they were.
_LOOK_ALIKES = str.maketrans("авсенкмортхуіјѕ", "abcehkmoptxyijs")


@dataclass(frozen=True, slots=True)
class Counts:
    """True positives, false positives, false negatives. A ratio of nothing is None."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)

    @property
    def precision(self) -> float | None:
        return _ratio(self.right, self.right + self.wrong)

    @property
    def recall(self) -> float | None:
        return _ratio(self.right, self.right + self.missed)

    @property
    def f1(self) -> float | None:
        return _ratio(2 * self.right, 2 * self.right + self.wrong + self.missed)


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def words(text: str) -> list[str]:
    """Runs of letters and digits, case-folded, ё as е: 'USB-C • 2.4 А' -> usb, c, 2, 4, а."""
    return _WORD.findall(text.casefold().replace("ё", "е"))


def fold_script(word: str) -> str:
    """A case-folded word with its Cyrillic letters replaced by the Latin ones that look the same: 'сок' -> 'cok'."""
    return word.translate(_LOOK_ALIKES)


def score_words(found: Iterable[str], expected: Iterable[str], optional: str = "") -> Counts:
    """Compares as multisets, scripts folded. A found word of `optional` (small print, but for remarks in brackets) is
    neither right nor wrong."""
    found_words, expected_words = Counter(map(fold_script, found)), Counter(map(fold_script, expected))
    right = found_words & expected_words
    extra = found_words - expected_words
    small_print = set(map(fold_script, words(_REMARK.sub(" ", optional))))
    wrong = sum(count for word, count in extra.items() if word not in small_print)
    return Counts(right.total(), wrong, (expected_words - found_words).total())


def score_sets(found: Iterable[str], expected: Iterable[str]) -> Counts:
    found_set, expected_set = set(found), set(expected)
    return Counts(len(found_set & expected_set), len(found_set - expected_set), len(expected_set - found_set))


def script_of(text: str) -> str:
    """'cyrillic', 'latin', 'mixed', or 'digits' when there is no letter of either."""
    cyrillic = any("\u0400" <= character <= "\u04ff" for character in text)
    latin = any("LATIN" in name(character, "") for character in text)
    if cyrillic and latin:
        return "mixed"
    return "cyrillic" if cyrillic else "latin" if latin else "digits"


def line_is_right(line: str, found_lines: Sequence[str], spaces: bool = True) -> bool:
    """Whether the words of `line` were found next to each other, in order: within one found line or across lines that
    follow one another. Without `spaces`, words that run together, or fall apart, are right too."""
    wanted = [fold_script(word) for word in words(line)]
    found = [fold_script(word) for found_line in found_lines for word in words(found_line)]
    runs = (found[start:end] for start in range(len(found)) for end in range(start + 1, len(found) + 1))
    return any(run == wanted if spaces else "".join(run) == "".join(wanted) for run in runs)


# --- intervals ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure over all pictures, and its interval at LEVEL."""

    value: float
    low: float
    high: float


def estimate(measure: Measure, pictures: int) -> Estimate | None:
    """None where the figure of all pictures is undefined. The same pictures give the same interval."""
    value = float(measure(np.ones(pictures)))
    if np.isnan(value):
        return None
    drawn = np.random.default_rng(SEED).multinomial(pictures, np.full(pictures, 1 / pictures), RESAMPLES)
    tail = (1 - LEVEL) / 2
    low, high = np.nanquantile(measure(drawn.astype(float)), (tail, 1 - tail))
    return Estimate(value, float(low), float(high))


def ratio(part: npt.ArrayLike, whole: npt.ArrayLike) -> Measure:
    """The sum of `part` over the sum of `whole`; both have a number for each picture."""
    upper, lower = np.asarray(part, float), np.asarray(whole, float)
    return lambda weights: _divided(weights @ upper, weights @ lower)


def mean_of(measures: Sequence[Measure]) -> Measure:
    """The mean of those that are defined."""

    def mean(weights: Floats) -> Floats:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # where none is defined, neither is the mean
            return np.asarray(np.nanmean([measure(weights) for measure in measures], axis=0))

    return mean


def calibration_error(confidences: Sequence[float], right: Sequence[bool]) -> Measure:
    """Expected calibration error over ten equal bins of confidence (Guo et al., 2017, arXiv:1706.04599)."""
    gaps = np.asarray(confidences, float) - np.asarray(right, float)
    bins = np.minimum((np.asarray(confidences) * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    members = np.eye(CALIBRATION_BINS)[bins]
    return lambda weights: _divided(np.abs(weights @ (members * gaps[:, None])).sum(-1), weights.sum(-1))


def _divided(part: Floats, whole: Floats) -> Floats:
    divided: Floats = np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=np.asarray(whole) > 0)
    return divided


# --- boxes ----------------------------------------------------------------------------------------------------------

Truth = tuple[str, BoundingBox]


def match_boxes(found: Sequence[DetectedObject], truths: Sequence[Truth]) -> list[bool]:
    """Which of the boxes found in a picture are right, as COCO counts them: the most confident takes the box of its
    class that it overlaps most, and each box is taken once.
    """
    free = list(truths)
    right = [False] * len(found)
    for place in sorted(range(len(found)), key=lambda place: -found[place].confidence):
        one = found[place]
        near = [truth for truth in free if truth[0] == one.class_name and overlap(one.bbox, truth[1]) >= LEAST_OVERLAP]
        if near:
            free.remove(max(near, key=lambda truth: overlap(one.bbox, truth[1])))
            right[place] = True
    return right


def overlap(one: BoundingBox, other: BoundingBox) -> float:
    """Intersection over union."""
    width = min(one.x2, other.x2) - max(one.x1, other.x1)
    height = min(one.y2, other.y2) - max(one.y1, other.y1)
    shared = max(width, 0.0) * max(height, 0.0)
    areas = sum((box.x2 - box.x1) * (box.y2 - box.y1) for box in (one, other))
    return shared / (areas - shared) if shared else 0.0


def average_precision(
    confidences: Sequence[float], right: Sequence[bool], pictures: Sequence[int], truths: npt.ArrayLike
) -> Measure:
    """The area under precision, made to fall, over recall, of one class: of each box its confidence, whether it is
    right, and the place of its picture; of each picture the boxes there are.
    """
    order = np.argsort(-np.asarray(confidences, float), kind="stable")
    of_picture, hits, there = (
        np.asarray(pictures, int)[order],
        np.asarray(right, float)[order],
        np.asarray(truths, float),
    )

    def area(weights: Floats) -> Floats:
        counted = weights[..., of_picture]
        gained = counted * hits
        precision = np.nan_to_num(_divided(gained.cumsum(-1), counted.cumsum(-1)))
        falling = np.maximum.accumulate(precision[..., ::-1], -1)[..., ::-1]
        return _divided((falling * gained).sum(-1), weights @ there)

    return area
