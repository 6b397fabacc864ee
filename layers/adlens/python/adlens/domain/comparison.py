"""How two sets of creatives differ, and which differences chance hardly explains.

All comparisons of one answer are corrected together: of two sets without a difference, at most one answer in twenty
reports any.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from adlens.domain import statistics
from adlens.domain.figures import By, Totals, having
from adlens.domain.gallery import CreativeFilter
from adlens.domain.statistics import CONFIDENCE, Interval, Sample

FEWEST = 30
"""Analysed creatives that a side needs to be compared."""
LEAST_EXPECTED = 1.0
"""Creatives that each side is expected to have, and to lack, if they do not differ; fewer are not compared."""
RESAMPLES = 999


class Trait(StrEnum):
    OBJECTS = "objects"
    TEXT_SHARE = "text_share"
    TOPIC_CONFIDENCE = "topic_confidence"


class Verdict(StrEnum):
    """Of a beside b."""

    HIGHER = "higher"
    LOWER = "lower"
    SAME = "no difference seen"
    UNKNOWN = "not enough data"


@dataclass(frozen=True, slots=True)
class Side:
    chosen: CreativeFilter
    totals: Totals


@dataclass(frozen=True, slots=True)
class Sides:
    """Two disjoint sets of creatives. `counts` are of (a, b) with a finding, `traits` the values of (a, b); `left_out`
    is how many more findings of a kind there are than are compared.
    """

    a: Side
    b: Side
    counts: Mapping[By, Mapping[str, tuple[int, int]]]
    traits: Mapping[Trait, tuple[Sample, Sample]]
    left_out: Mapping[By, int]


@dataclass(frozen=True, slots=True)
class Difference:
    """a's value less b's. `interval` is where it is with CONFIDENCE, for this comparison alone; `p_corrected` and the
    verdict allow for all others. None where a side has nothing to count, and p without enough data.
    """

    value: float | None
    interval: Interval | None
    p: float | None
    p_corrected: float | None = None
    verdict: Verdict = Verdict.UNKNOWN


@dataclass(frozen=True, slots=True)
class ShareCompared:
    """Of the analysed creatives of a side those that have a finding. `a` and `b` leave exactly these."""

    by: By
    key: str
    count_a: int
    count_b: int
    a: CreativeFilter
    b: CreativeFilter
    difference: Difference


@dataclass(frozen=True, slots=True)
class MeanCompared:
    """`size_a` and `size_b` creatives have the trait."""

    trait: Trait
    mean_a: float | None
    mean_b: float | None
    size_a: int
    size_b: int
    difference: Difference


@dataclass(frozen=True, slots=True)
class Comparison:
    """`tested` is how many comparisons the corrected p-values allow for."""

    sides: Sides
    shares: tuple[ShareCompared, ...]
    traits: tuple[MeanCompared, ...]
    tested: int


def compare(sides: Sides, resamples: int = RESAMPLES) -> Comparison:
    """Leaves out findings and traits that a filter of either side names itself."""
    shares = [
        _share(sides, by, key, count_a, count_b)
        for by, counts in sides.counts.items()
        for key, (count_a, count_b) in counts.items()
        if not any(_names(of.chosen, by, key) for of in (sides.a, sides.b))
    ]
    traits = [
        _mean(trait, *samples, resamples)
        for trait, samples in sides.traits.items()
        if not any(_limits(of.chosen, trait) for of in (sides.a, sides.b))
    ]
    differences = [*(row.difference for row in shares), *(row.difference for row in traits)]
    corrected = iter(statistics.holm([of.p for of in differences if of.p is not None]))
    judged = iter([_judged(of, None if of.p is None else next(corrected)) for of in differences])
    return Comparison(
        sides,
        tuple(replace(row, difference=next(judged)) for row in shares),
        tuple(replace(row, difference=next(judged)) for row in traits),
        tested=sum(of.p is not None for of in differences),
    )


def _share(sides: Sides, by: By, key: str, count_a: int, count_b: int) -> ShareCompared:
    size_a, size_b = sides.a.totals.analysed, sides.b.totals.analysed
    counts = (count_a, size_a, count_b, size_b)
    if size_a and size_b:
        difference = Difference(
            count_a / size_a - count_b / size_b,
            statistics.newcombe(*counts),
            statistics.shares_differ(*counts) if _enough(*counts) else None,
        )
    else:
        difference = Difference(None, None, None)
    a, b = sides.a.chosen, sides.b.chosen
    return ShareCompared(by, key, count_a, count_b, having(a, by, key), having(b, by, key), difference)


def _enough(count_a: int, size_a: int, count_b: int, size_b: int) -> bool:
    """By the sums of the table alone, which are the same whether the sides differ or not."""
    if min(size_a, size_b) < FEWEST:
        return False
    all_have_it = count_a + count_b == size_a + size_b
    return all_have_it or statistics.smallest_expected(count_a, size_a, count_b, size_b) >= LEAST_EXPECTED


def _mean(trait: Trait, a: Sample, b: Sample, resamples: int) -> MeanCompared:
    if not a.size or not b.size:
        difference = Difference(None, None, None)
    elif min(a.size, b.size) < FEWEST:
        difference = Difference(a.mean - b.mean, None, None)
    else:
        difference = Difference(
            a.mean - b.mean, statistics.bootstrap(a, b, resamples=resamples), statistics.means_differ(a, b)
        )
    return MeanCompared(trait, a.mean if a.size else None, b.mean if b.size else None, a.size, b.size, difference)


def _judged(difference: Difference, corrected: float | None) -> Difference:
    if corrected is None or difference.value is None:
        return difference
    if corrected >= 1 - CONFIDENCE or difference.value == 0:
        verdict = Verdict.SAME
    else:
        verdict = Verdict.HIGHER if difference.value > 0 else Verdict.LOWER
    return replace(difference, p_corrected=corrected, verdict=verdict)


# --- what filters name themselves -----------------------------------------------------------------------------------


def _names(chosen: CreativeFilter, by: By, key: str) -> bool:
    def own(of: CreativeFilter) -> bool:
        match by:
            case By.TOPIC:
                return bool(of.topics or of.topic_decisions)
            case By.COLOR:
                return of.color_class == key
            case By.OBJECT:
                return of.object_class == key
            case _:
                return of.word == key

    return any(map(own, _parts(chosen)))


def _limits(chosen: CreativeFilter, trait: Trait) -> bool:
    def own(of: CreativeFilter) -> bool:
        match trait:
            case Trait.OBJECTS:
                return (of.min_objects, of.max_objects, of.object_class) != (None, None, None)
            case Trait.TEXT_SHARE:
                return (of.min_text_share, of.max_text_share) != (None, None)
            case Trait.TOPIC_CONFIDENCE:
                return (of.min_confidence, of.max_confidence) != (None, None) or bool(of.topic_decisions)

    return any(map(own, _parts(chosen)))


def _parts(chosen: CreativeFilter) -> Iterator[CreativeFilter]:
    yield chosen
    for part in (chosen.within, chosen.rest_of):
        if part is not None:
            yield from _parts(part)
