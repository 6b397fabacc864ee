"""Intervals and tests beside published values, and how often they are right when the truth is known."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest

from adlens.domain.statistics import (
    Bin,
    Interval,
    Sample,
    bootstrap,
    fisher,
    holm,
    means_differ,
    n_minus_1,
    newcombe,
    shares_differ,
    smallest_expected,
    wilson,
)


def rounded(interval: Interval, digits: int = 4) -> tuple[float, float]:
    return round(interval.low, digits), round(interval.high, digits)


# --- as published ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "size", "low", "high"),
    # Newcombe, Two-sided confidence intervals for the single proportion, Stat Med 17 (1998) 857, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson(count: int, size: int, low: float, high: float) -> None:
    assert rounded(wilson(count, size)) == (low, high)


@pytest.mark.parametrize(
    ("table", "low", "high"),
    # Newcombe, Interval estimation for the difference between independent proportions, Stat Med 17 (1998) 873,
    # table II, method 10.
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((0, 10, 0, 10), -0.2775, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0),
        ((10, 10, 0, 10), 0.6075, 1.0),
    ],
)
def test_newcombe(table: tuple[int, int, int, int], low: float, high: float) -> None:
    assert rounded(newcombe(*table)) == (low, high)


@pytest.mark.parametrize(
    ("table", "p"),
    [
        ((3, 4, 1, 4), 0.4857),  # Fisher, The Design of Experiments, 1935: the lady tasting tea
        ((1, 12, 9, 12), 0.002759),  # Fisher's exact test, Wikipedia: studying men and women
        ((10, 13, 2, 17), 0.000537),  # Fisher, Statistical Methods for Research Workers, 1934: convictions of twins
    ],
)
def test_fisher(table: tuple[int, int, int, int], p: float) -> None:
    assert fisher(*table) == pytest.approx(p, rel=2e-3)


def test_n_minus_1_is_pearsons_with_one_less() -> None:
    # Convictions of twins again: Pearson's chi-squared is 13.03 (R's chisq.test without correction), here times 29/30.
    pearson = 30 * (10 * 15 - 2 * 3) ** 2 / (13 * 17 * 12 * 18)
    assert pearson == pytest.approx(13.0317, abs=1e-4)
    assert n_minus_1(10, 13, 2, 17) == pytest.approx(math.erfc(math.sqrt(pearson * 29 / 30 / 2)))
    assert n_minus_1(0, 40, 0, 40) == n_minus_1(40, 40, 40, 40) == 1.0


def test_welch() -> None:
    # Rosetta Code, Welch's t-test, as R's t.test answers.
    a = Sample.of([27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4])
    b = Sample.of([27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 30.5, 24.4])
    c = Sample.of([30.02, 29.99, 30.11, 29.97, 30.01, 29.99])
    d = Sample.of([29.89, 29.93, 29.72, 29.98, 30.02, 29.98])
    assert means_differ(c, d) == pytest.approx(0.090773324285671, rel=1e-9)
    assert 0 < means_differ(a, b) < 0.05
    assert means_differ(Sample.of([3.0, 4.0, 1.0, 2.1]), Sample.of([490.2, 340.0, 433.9])) == pytest.approx(
        0.0107515611497845, rel=1e-9
    )


def test_holm() -> None:
    # Holm 1979 as in R's p.adjust(c(0.01, 0.02, 0.03, 0.04), "holm"), and in another order.
    assert holm([0.01, 0.02, 0.03, 0.04]) == pytest.approx([0.04, 0.06, 0.06, 0.06])
    assert holm([0.03, 0.005, 0.9, 0.04]) == pytest.approx([0.09, 0.02, 0.9, 0.09])
    assert holm([]) == []


# --- what must hold of any ------------------------------------------------------------------------------------------


def tables(number: int, largest: int, seed: int = 1) -> list[tuple[int, int, int, int]]:
    chance = random.Random(seed)
    sizes = [(chance.randint(1, largest), chance.randint(1, largest)) for _ in range(number)]
    return [(chance.randint(0, a), a, chance.randint(0, b), b) for a, b in sizes]


def test_an_interval_holds_what_was_seen_and_turns_with_the_sides() -> None:
    for count_a, size_a, count_b, size_b in tables(300, 400):
        own = newcombe(count_a, size_a, count_b, size_b)
        assert -1 <= own.low <= count_a / size_a - count_b / size_b <= own.high <= 1
        turned = newcombe(count_b, size_b, count_a, size_a)
        assert (turned.low, turned.high) == pytest.approx((-own.high, -own.low))
        single = wilson(count_a, size_a)
        assert 0 <= single.low <= count_a / size_a <= single.high <= 1


@pytest.mark.parametrize("test", [fisher, n_minus_1, shares_differ])
def test_a_p_is_a_probability_and_the_same_for_both_sides(test) -> None:
    for count_a, size_a, count_b, size_b in tables(200, 120):
        p = test(count_a, size_a, count_b, size_b)
        assert 0 <= p <= 1
        assert p == pytest.approx(test(count_b, size_b, count_a, size_a))
        assert p == pytest.approx(test(size_a - count_a, size_a, size_b - count_b, size_b))


def test_fisher_counts_every_table() -> None:
    for count_a, size_a, count_b, size_b in tables(100, 12):
        having = count_a + count_b
        weights = [math.comb(size_a, k) * math.comb(size_b, having - k) for k in range(having + 1)]
        expected = sum(weight for weight in weights if weight <= weights[count_a]) / sum(weights)
        assert fisher(count_a, size_a, count_b, size_b) == pytest.approx(expected)


def test_large_counts_neither_overflow_nor_take_long() -> None:
    assert fisher(12, 1_000_000, 0, 2_000_000) < 1e-4
    assert shares_differ(300_000, 1_000_000, 300_500, 1_000_000) == pytest.approx(0.44, abs=0.01)
    assert smallest_expected(12, 1_000_000, 0, 2_000_000) == 4


def test_holm_keeps_the_order_and_only_raises() -> None:
    chance = random.Random(2)
    for _ in range(100):
        ps = [chance.random() ** 3 for _ in range(chance.randint(1, 30))]
        corrected = holm(ps)
        assert all(p <= c <= 1 for p, c in zip(ps, corrected, strict=True))
        ordered = [c for _, c in sorted(zip(ps, corrected, strict=True))]
        assert all(one <= other for one, other in pairwise(ordered))


def test_bins_keep_mean_and_variance() -> None:
    chance = random.Random(3)
    values = [chance.random() ** 2 for _ in range(500)]
    bins: dict[int, list[float]] = {}
    for value in values:
        bins.setdefault(int(value * 8), []).append(value)
    binned = Sample(tuple(Bin(len(of), sum(of), sum(value * value for value in of)) for of in bins.values()))
    whole = Sample.of(values)
    assert (binned.size, binned.mean, binned.variance) == pytest.approx((500, whole.mean, whole.variance))


def test_the_same_samples_have_the_same_interval() -> None:
    a, b = Sample.of([float(n % 7) for n in range(60)]), Sample.of([float(n % 5) for n in range(50)])
    own = bootstrap(a, b)
    assert own == bootstrap(a, b)
    assert own.low <= a.mean - b.mean <= own.high


def test_values_that_are_all_the_same_have_no_spread() -> None:
    ones, twos = Sample.of([1.0] * 40), Sample.of([2.0] * 40)
    assert rounded(bootstrap(twos, ones)) == (1.0, 1.0)
    assert (means_differ(ones, ones), means_differ(ones, twos)) == (1.0, 0.0)


# --- how often they are right ---------------------------------------------------------------------------------------


def binomial(chance: random.Random, size: int, share: float) -> int:
    return sum(chance.random() < share for _ in range(size))


@pytest.mark.parametrize(("size", "share"), [(30, 0.1), (80, 0.5), (200, 0.03)])
def test_wilson_covers(size: int, share: float) -> None:
    # Exactly: each outcome with its probability.
    covered = sum(
        math.comb(size, count) * share**count * (1 - share) ** (size - count)
        for count in range(size + 1)
        if wilson(count, size).low <= share <= wilson(count, size).high
    )
    assert 0.93 <= covered <= 0.98


@pytest.mark.parametrize(
    ("size_a", "share_a", "size_b", "share_b"), [(40, 0.2, 60, 0.35), (30, 0.05, 200, 0.05), (100, 0.5, 90, 0.9)]
)
def test_newcombe_covers(size_a: int, share_a: float, size_b: int, share_b: float) -> None:
    chance = random.Random(4)
    runs = 2000
    covered = 0
    for _ in range(runs):
        found = newcombe(binomial(chance, size_a, share_a), size_a, binomial(chance, size_b, share_b), size_b)
        covered += found.low <= share_a - share_b <= found.high
    assert 0.935 <= covered / runs <= 0.98


@pytest.mark.parametrize(("size_a", "size_b"), [(40, 60), (150, 30)])
def test_the_bootstrap_covers(size_a: int, size_b: int) -> None:
    chance = random.Random(5)
    runs = 400
    covered = 0
    # Objects per creative: few values, skewed.
    often_a, often_b = (40, 30, 15, 10, 5), (60, 20, 10, 5, 5)
    truth = sum(n * (a - b) / 100 for n, (a, b) in enumerate(zip(often_a, often_b, strict=True)))
    for seed in range(runs):
        a, b = (
            Sample.of([float(value) for value in chance.choices(range(5), often, k=size)])
            for often, size in ((often_a, size_a), (often_b, size_b))
        )
        found = bootstrap(a, b, seed, resamples=199)
        covered += found.low <= truth <= found.high
    assert 0.92 <= covered / runs <= 0.98


def test_tests_of_what_is_the_same_are_wrong_at_most_as_often_as_they_say() -> None:
    chance = random.Random(6)
    runs = 2000
    wrong = {"shares": 0, "means": 0}
    for _ in range(runs):
        counts = binomial(chance, 60, 0.3), binomial(chance, 90, 0.3)
        wrong["shares"] += shares_differ(counts[0], 60, counts[1], 90) < 0.05
        a, b = (Sample.of([chance.random() ** 2 for _ in range(size)]) for size in (35, 60))
        wrong["means"] += means_differ(a, b) < 0.05
    assert all(count / runs <= 0.065 for count in wrong.values())
    assert all(count / runs >= 0.03 for count in wrong.values())
