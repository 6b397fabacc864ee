"""Differences between two samples, and how sure they are: pure functions that answer the same every time.

Shares: Wilson's score interval (1927) for one, Newcombe's (1998, method 10) for a difference; tested by the "N - 1"
chi-squared test (Campbell 2007), or by Fisher's exact test where counts are small. Means: Welch's test (1947), and the
BCa interval (Efron 1987) of a Poisson bootstrap (Hanley and MacGibbon 2006). Many at once: Holm (1979).
docs/analytics.md says why these.

By hand, because the API answers comparisons and its zip has no room for SciPy: SciPy and NumPy take 216 MB unpacked,
the layer has 102 MB already, and Lambda accepts 250 MB. `import scipy.stats` takes 1.5 to 2.2 s of a busy core, this
module 0.02 to 0.05 s.
`tests/unit/domain/test_statistics_against_libraries.py` holds every formula against SciPy and statsmodels.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from statistics import NormalDist

CONFIDENCE = 0.95
SMALLEST_EXPECTED = 10.0
"""Where a cell of the table is expected to have less, the normal approximation is too rough for the small p-values that
a correction for many comparisons asks for, and Fisher's exact test is used."""

_NORMAL = NormalDist()
_Z = _NORMAL.inv_cdf((1 + CONFIDENCE) / 2)


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float


# --- shares ---------------------------------------------------------------------------------------------------------


def wilson(count: int, size: int) -> Interval:
    """Where a share is that `count` of `size` was seen of. E. B. Wilson, JASA 22 (1927) 209."""
    share, spread = count / size, _Z * _Z / size
    middle = share + spread / 2
    half = _Z * math.sqrt(share * (1 - share) / size + spread / size / 4)
    # The ends are 0 and 1 by algebra when nothing or all was seen; rounding must not move them.
    low = 0.0 if count == 0 else (middle - half) / (1 + spread)
    high = 1.0 if count == size else (middle + half) / (1 + spread)
    return Interval(low, high)


def newcombe(count_a: int, size_a: int, count_b: int, size_b: int) -> Interval:
    """Where the difference of two shares, a's less b's, is. R. G. Newcombe, Stat Med 17 (1998) 873, method 10."""
    a, b = count_a / size_a, count_b / size_b
    of_a, of_b = wilson(count_a, size_a), wilson(count_b, size_b)
    return Interval(
        a - b - math.hypot(a - of_a.low, of_b.high - b),
        a - b + math.hypot(of_a.high - a, b - of_b.low),
    )


def smallest_expected(count_a: int, size_a: int, count_b: int, size_b: int) -> float:
    """The least that a cell of the two-by-two table would have if both shares were the same."""
    having = count_a + count_b
    size = size_a + size_b
    return min(size_a, size_b) * min(having, size - having) / size


def shares_differ(count_a: int, size_a: int, count_b: int, size_b: int) -> float:
    """The two-sided p of two shares being the same."""
    if smallest_expected(count_a, size_a, count_b, size_b) < SMALLEST_EXPECTED:
        return fisher(count_a, size_a, count_b, size_b)
    return n_minus_1(count_a, size_a, count_b, size_b)


def n_minus_1(count_a: int, size_a: int, count_b: int, size_b: int) -> float:
    """The two-sided p of the "N - 1" chi-squared test. I. Campbell, Stat Med 26 (2007) 3661."""
    size, having = size_a + size_b, count_a + count_b
    if having in (0, size):
        return 1.0
    apart = count_a * (size_b - count_b) - count_b * (size_a - count_a)
    squared = apart * apart * (size - 1) / (having * (size - having) * size_a * size_b)
    return math.erfc(math.sqrt(squared / 2))


def fisher(count_a: int, size_a: int, count_b: int, size_b: int) -> float:
    """The two-sided p of Fisher's exact test: of all tables with these sums that are no likelier than the one seen."""
    having = count_a + count_b
    fewest, most = max(0, having - size_b), min(having, size_a)
    lacking = size_b - having
    # Weights of the tables beside the one seen, each from its neighbour.
    more, fewer = [1.0], [1.0]
    for count in range(count_a, most):
        more.append(more[-1] * (size_a - count) * (having - count) / ((count + 1) * (lacking + count + 1)))
    for count in range(count_a, fewest, -1):
        fewer.append(fewer[-1] * count * (lacking + count) / ((size_a - count + 1) * (having - count + 1)))
    weights = more + fewer[1:]
    # As likely up to rounding counts as as likely.
    return min(1.0, sum(weight for weight in weights if weight <= 1 + 1e-7) / sum(weights))


# --- means ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bin:
    """Values near each other: how many, their sum and the sum of their squares."""

    count: int
    total: float
    squares: float


@dataclass(frozen=True)
class Sample:
    """Values by bins, each bin as two values that have its mean and its variance: mean and variance of the sample are
    exact whatever the bins.
    """

    bins: tuple[Bin, ...]

    @classmethod
    def of(cls, values: Iterable[float]) -> Sample:
        return cls(tuple(Bin(1, value, value * value) for value in values))

    @cached_property
    def size(self) -> int:
        return sum(of.count for of in self.bins)

    @cached_property
    def mean(self) -> float:
        return math.fsum(of.total for of in self.bins) / self.size

    @cached_property
    def variance(self) -> float:
        """Of the population it is from; 0 for less than two values."""
        if self.size < 2:
            return 0.0
        mean = self.mean
        return math.fsum(weight * (value - mean) ** 2 for value, weight in self.points) / (self.size - 1)

    @cached_property
    def points(self) -> tuple[tuple[float, float], ...]:
        """(value, weight); the weights add up to the size."""
        points: dict[float, float] = {}
        for of in self.bins:
            mean = of.total / of.count
            # A spread of nothing but rounding is none.
            spread = of.squares / of.count - mean * mean
            half = math.sqrt(spread) if spread > 1e-12 * (1 + mean * mean) else 0.0
            for value in (mean - half, mean + half):
                points[value] = points.get(value, 0.0) + of.count / 2
        return tuple(points.items())


def means_differ(a: Sample, b: Sample) -> float:
    """The two-sided p of two means being the same. B. L. Welch, Biometrika 34 (1947) 28."""
    error_a, error_b = a.variance / a.size, b.variance / b.size
    error = error_a + error_b
    if error == 0:
        return 1.0 if math.isclose(a.mean, b.mean) else 0.0
    freedom = error**2 / (error_a**2 / (a.size - 1) + error_b**2 / (b.size - 1))
    t = (a.mean - b.mean) / math.sqrt(error)
    return _incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5)


def bootstrap(a: Sample, b: Sample, seed: int = 1, resamples: int = 999) -> Interval:
    """Where the difference of two means, a's less b's, is: BCa, B. Efron, JASA 82 (1987) 171.

    Every value gets a Poisson weight of mean one instead of being drawn again: the same in the limit, and a bin of any
    size is one draw. J. A. Hanley and B. MacGibbon, Comput Methods Programs Biomed 83 (2006) 57.
    """
    chance = random.Random(seed)  # noqa: S311 - statistics, and the same answer every time
    drawn = sorted(
        mean_a - mean_b
        for mean_a, mean_b in zip(_resampled(a, chance, resamples), _resampled(b, chance, resamples), strict=True)
    )
    seen = a.mean - b.mean
    if drawn[0] == drawn[-1]:
        return Interval(seen, seen)
    below = bisect_left(drawn, seen) + 0.5 * drawn.count(seen)
    bias = _NORMAL.inv_cdf(min(max(below, 0.5), resamples - 0.5) / resamples)
    pull = _acceleration(a, b)

    def end(z: float) -> float:
        at = _NORMAL.cdf(bias + (bias + z) / (1 - pull * (bias + z)))
        return drawn[min(max(round(at * (resamples + 1)) - 1, 0), resamples - 1)]

    return Interval(end(-_Z), end(_Z))


def _resampled(sample: Sample, chance: random.Random, resamples: int) -> list[float]:
    """Means of the sample with every value weighted by chance."""
    weights, totals = [0.0] * resamples, [0.0] * resamples
    middle = sample.mean
    for value, rate in sample.points:
        draws = _poisson(rate, chance, resamples)
        away = value - middle
        weights = [weight + draw for weight, draw in zip(weights, draws, strict=True)]
        totals = [total + away * draw for total, draw in zip(totals, draws, strict=True)]
    return [middle + (total / weight if weight else 0.0) for total, weight in zip(totals, weights, strict=True)]


_LARGE_RATE = 50.0


def _poisson(rate: float, chance: random.Random, draws: int) -> Sequence[float]:
    if rate > _LARGE_RATE:
        spread = math.sqrt(rate)
        return [max(0.0, chance.gauss(rate, spread)) for _ in range(draws)]
    likely = [math.exp(-rate)]
    for count in range(1, int(rate + 12 * math.sqrt(rate) + 12)):
        likely.append(likely[-1] * rate / count)
    return chance.choices(range(len(likely)), cum_weights=list(accumulate(likely)), k=draws)


def _acceleration(a: Sample, b: Sample) -> float:
    """From how much each value moves the difference."""
    pulls = [
        (weight, sign * (value - sample.mean) / sample.size)
        for sample, sign in ((a, 1), (b, -1))
        for value, weight in sample.points
    ]
    squares = math.fsum(weight * pull**2 for weight, pull in pulls)
    return math.fsum(weight * pull**3 for weight, pull in pulls) / (6 * squares**1.5) if squares else 0.0


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised one, I_x(a, b), by Lentz's continued fraction. Press et al., Numerical Recipes, 6.4."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(1 - x, b, a)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    tiny = 1e-300
    c, d = 1.0, 1 / ((1 - (a + b) * x / (a + 1)) or tiny)
    fraction = d
    for m in range(1, 10_000):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / ((1 + step * d) or tiny)
            c = (1 + step / c) or tiny
            fraction *= c * d
        if abs(c * d - 1) < 1e-12:
            break
    return math.exp(log_front) * fraction / a


# --- many comparisons -----------------------------------------------------------------------------------------------


def holm(ps: Sequence[float]) -> list[float]:
    """Each p as it counts among all of them: below 0.05 anywhere by chance at most every twentieth time.

    S. Holm, Scand J Stat 6 (1979) 65.
    """
    order = sorted(range(len(ps)), key=lambda place: ps[place])
    corrected = [0.0] * len(ps)
    least = 0.0
    for rank, place in enumerate(order):
        least = max(least, min(1.0, (len(ps) - rank) * ps[place]))
        corrected[place] = least
    return corrected
