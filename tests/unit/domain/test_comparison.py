"""What is said of two sets of creatives, and how often it is said of sets that are alike."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from adlens.domain.analysis import Decision
from adlens.domain.comparison import FEWEST, MeanCompared, ShareCompared, Side, Sides, Trait, Verdict, compare
from adlens.domain.figures import By, Totals
from adlens.domain.gallery import CreativeFilter
from adlens.domain.statistics import Sample

A, B = CreativeFilter(group_ids=("a",)), CreativeFilter(group_ids=("b",))


def sides(
    size_a: int,
    size_b: int,
    counts: dict[By, dict[str, tuple[int, int]]] | None = None,
    traits: dict[Trait, tuple[Sample, Sample]] | None = None,
    a: CreativeFilter = A,
    b: CreativeFilter = B,
) -> Sides:
    totals = Side(a, Totals(size_a, size_a)), Side(b, Totals(size_b, size_b))
    return Sides(*totals, counts or {}, traits or {}, {By.OBJECT: 0, By.WORD: 0})


def only(found: tuple[Any, ...]) -> Any:
    (row,) = found
    return row


def share(size_a: int, size_b: int, count_a: int, count_b: int) -> ShareCompared:
    return only(compare(sides(size_a, size_b, {By.COLOR: {"red": (count_a, count_b)}})).shares)


def mean(a: list[float], b: list[float]) -> MeanCompared:
    found = compare(sides(len(a), len(b), traits={Trait.OBJECTS: (Sample.of(a), Sample.of(b))}), resamples=199)
    return only(found.traits)


def test_verdicts() -> None:
    assert share(100, 100, 60, 20).difference.verdict is Verdict.HIGHER
    assert share(100, 100, 20, 60).difference.verdict is Verdict.LOWER
    assert share(100, 100, 20, 22).difference.verdict is Verdict.SAME
    assert share(100, 100, 100, 100).difference.verdict is Verdict.SAME
    more, few = [float(n % 5) for n in range(100)], [float(n % 2) for n in range(100)]
    assert mean(more, few).difference.verdict is Verdict.HIGHER
    assert mean(few, more).difference.verdict is Verdict.LOWER
    assert mean(more, more).difference.verdict is Verdict.SAME


def test_too_little_says_nothing_but_the_interval() -> None:
    small = share(FEWEST - 1, 1000, 20, 10).difference
    assert (small.p, small.p_corrected, small.verdict) == (None, None, Verdict.UNKNOWN)
    assert small.interval is not None
    rare = share(40, 1000, 0, 5).difference
    assert rare.verdict is Verdict.UNKNOWN
    nothing = share(0, 100, 0, 10).difference
    assert (nothing.value, nothing.interval, nothing.verdict) == (None, None, Verdict.UNKNOWN)
    few = mean([1.0, 2.0] * 10, [3.0, 4.0] * 50)
    assert (few.difference.interval, few.difference.verdict, few.mean_a) == (None, Verdict.UNKNOWN, 1.5)
    assert mean([], [1.0] * 50).mean_a is None


def test_many_comparisons_ask_for_more() -> None:
    alone = share(100, 100, 35, 20)
    assert alone.difference.verdict is Verdict.HIGHER
    among = compare(sides(100, 100, {By.WORD: {"x": (35, 20)} | {f"word{n}": (30, 30) for n in range(49)}}))
    assert among.tested == 50
    assert among.shares[0].difference.verdict is Verdict.SAME
    assert among.shares[0].difference.p == alone.difference.p


def test_what_a_filter_says_itself_is_no_news() -> None:
    of = CreativeFilter(color_class="red", min_objects=1)
    counts = {By.COLOR: {"red": (50, 0), "blue": (10, 20)}, By.TOPIC: {"cups": (10, 20)}}
    samples = Sample.of([1.0] * 50), Sample.of([2.0] * 50)
    traits = {Trait.OBJECTS: samples, Trait.TEXT_SHARE: samples}
    found = compare(sides(50, 50, counts, traits, of, CreativeFilter(rest_of=of)), resamples=9)
    assert {row.key for row in found.shares} == {"blue", "cups"}
    assert [row.trait for row in found.traits] == [Trait.TEXT_SHARE]
    topics = CreativeFilter(within=CreativeFilter(topics=("cups",)))
    assert not compare(sides(50, 50, {By.TOPIC: counts[By.TOPIC]}, a=topics)).shares
    sure = CreativeFilter(topic_decisions=(Decision.SURE,))
    confidence = {Trait.TOPIC_CONFIDENCE: samples}
    found = compare(sides(50, 50, {By.TOPIC: counts[By.TOPIC]}, confidence, a=sure), resamples=9)
    assert (found.shares, found.traits) == ((), ())


def test_links_are_of_each_side() -> None:
    red = share(50, 50, 10, 20)
    assert red.a == CreativeFilter(group_ids=("a",), color_class="red")
    assert red.b == CreativeFilter(group_ids=("b",), color_class="red")
    of = CreativeFilter(color_class="blue")
    rest = only(compare(sides(50, 50, {By.COLOR: {"red": (1, 2)}}, a=of, b=CreativeFilter(rest_of=of))).shares)
    assert rest.a == CreativeFilter(color_class="red", within=of)
    assert rest.b == CreativeFilter(color_class="red", rest_of=of)


# --- sets that are alike --------------------------------------------------------------------------------------------

TOPICS = {"cups": 30, "bags": 25, "ties": 20, "clocks": 15, "cutlery": 7, "other": 3}


def drawn(chance: random.Random, size: int) -> tuple[dict[By, Counter[str]], dict[Trait, list[float]]]:
    """Creatives of one and the same world, where what goes together does: colours and words follow the topic."""
    counts: dict[By, Counter[str]] = {by: Counter() for by in (By.TOPIC, By.COLOR, By.OBJECT, By.WORD)}
    traits: dict[Trait, list[float]] = {trait: [] for trait in Trait}
    for topic in chance.choices(list(TOPICS), list(TOPICS.values()), k=size):
        place = list(TOPICS).index(topic)
        objects = [f"object{(place + int(chance.random() ** 2 * 12)) % 12}" for _ in range(chance.randrange(5))]
        counts[By.TOPIC][topic] += 1
        counts[By.COLOR].update({f"color{int(place + chance.random() ** 2 * 14) % 14}" for _ in range(4)})
        counts[By.OBJECT].update(set(objects))
        counts[By.WORD].update({f"word{int(chance.random() ** 3 * 40) + place}" for _ in range(7)})
        traits[Trait.OBJECTS].append(float(len(objects)))
        traits[Trait.TEXT_SHARE].append(max(0.0, round(chance.gauss(0.1, 0.1), 1)))
        traits[Trait.TOPIC_CONFIDENCE].append(round(chance.random() ** 0.5, 1))
    return counts, traits


def test_of_sets_that_are_alike_at_most_six_of_a_hundred_answers_tell_any_difference() -> None:
    chance = random.Random(7)
    runs, wrong, tested = 400, 0, 0
    for _ in range(runs):
        size_a, size_b = chance.choice([(40, 60), (100, 50), (35, 180), (120, 120)])
        (of_a, traits_a), (of_b, traits_b) = drawn(chance, size_a), drawn(chance, size_b)
        counts = {by: {key: (of_a[by][key], of_b[by][key]) for key in of_a[by] | of_b[by]} for by in of_a}
        traits = {trait: (Sample.of(traits_a[trait]), Sample.of(traits_b[trait])) for trait in Trait}
        found = compare(sides(size_a, size_b, counts, traits), resamples=2)
        verdicts = {row.difference.verdict for row in (*found.shares, *found.traits)}
        wrong += bool(verdicts & {Verdict.HIGHER, Verdict.LOWER})
        tested += found.tested
    assert wrong / runs <= 0.06
    assert tested / runs > 40


def test_a_difference_that_is_there_is_found() -> None:
    chance = random.Random(8)
    runs, seen = 50, 0
    for _ in range(runs):
        (of_a, _), (of_b, _) = drawn(chance, 200), drawn(chance, 200)
        of_a[By.COLOR]["red"] = sum(chance.random() < 0.5 for _ in range(200))
        of_b[By.COLOR]["red"] = sum(chance.random() < 0.2 for _ in range(200))
        counts = {by: {key: (of_a[by][key], of_b[by][key]) for key in of_a[by] | of_b[by]} for by in of_a}
        (red,) = [row for row in compare(sides(200, 200, counts)).shares if row.key == "red"]
        seen += red.difference.verdict is Verdict.HIGHER
    assert seen / runs >= 0.95
