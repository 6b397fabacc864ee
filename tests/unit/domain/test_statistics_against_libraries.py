"""The statistics that are written by hand answer as SciPy and statsmodels do."""

from __future__ import annotations

import math
import random

import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from adlens.domain.statistics import Sample, fisher, holm, means_differ, n_minus_1, newcombe, wilson

CHANCE = random.Random(7)
SIZES = [(CHANCE.randint(2, 400), CHANCE.randint(2, 400)) for _ in range(100)]
TABLES = [(CHANCE.randint(0, a), a, CHANCE.randint(0, b), b) for a, b in SIZES]


@pytest.mark.parametrize("table", TABLES)
def test_shares(table: tuple[int, int, int, int]) -> None:
    count_a, size_a, count_b, size_b = table
    cells = [[count_a, size_a - count_a], [count_b, size_b - count_b]]

    own = wilson(count_a, size_a)
    assert (own.low, own.high) == pytest.approx(proportion_confint(count_a, size_a, method="wilson"), abs=1e-9)
    difference = newcombe(count_a, size_a, count_b, size_b)
    theirs = confint_proportions_2indep(count_a, size_a, count_b, size_b, method="newcomb", compare="diff")
    assert (difference.low, difference.high) == pytest.approx(theirs, abs=1e-9)
    assert fisher(count_a, size_a, count_b, size_b) == pytest.approx(stats.fisher_exact(cells).pvalue, rel=1e-6)
    if 0 < count_a + count_b < size_a + size_b:
        pearson = stats.chi2_contingency(cells, correction=False).statistic
        size = size_a + size_b
        expected = stats.chi2.sf(pearson * (size - 1) / size, 1)
        assert n_minus_1(count_a, size_a, count_b, size_b) == pytest.approx(expected, rel=1e-6, abs=1e-300)


@pytest.mark.parametrize("size", [2, 3, 10, 200])
def test_means(size: int) -> None:
    for _ in range(20):
        a = [CHANCE.gauss(0, 1) for _ in range(size)]
        b = [CHANCE.gauss(CHANCE.random(), 3) for _ in range(size + 5)]
        expected = stats.ttest_ind(a, b, equal_var=False).pvalue
        assert means_differ(Sample.of(a), Sample.of(b)) == pytest.approx(expected, rel=1e-8)
        assert Sample.of(a).variance == pytest.approx(stats.tvar(a))


def test_many_comparisons() -> None:
    ps = [CHANCE.random() ** 3 for _ in range(50)]
    assert holm(ps) == pytest.approx(multipletests(ps, method="holm")[1])
    assert not math.isnan(sum(holm(ps)))
