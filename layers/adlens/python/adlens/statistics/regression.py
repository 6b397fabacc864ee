"""A Poisson regression on one yes-or-no property at a time, within strata, for many properties at once.

Only the regression's mean is believed: creatives differ far more than a Poisson allows. So

- a creative counts by 1 / (1 + variance · expected events), the weight that a negative binomial would give it: what has
  millions of impressions says little more about creatives than what has a hundred thousand (Breslow 1984, Applied
  Statistics 33:38-44, whose moment equation gives the variance);
- the standard error is the jackknife over creatives (one step of Newton for each that is left out, known as CR3), so
  that all rows of a creative are one observation, with the degrees of freedom of Bell and McCaffrey (2002, Survey
  Methodology 28:169-181), which are few when few creatives have the property.

The effects of the strata are profiled out (Hausman, Hall and Griliches 1984, Econometrica 52:909-938), for there are
tens of thousands of them: given the events of a stratum, those of one side are binomial. Without weights the estimate
is that of a GLM with a dummy per stratum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

_STEPS = 60
_FARTHEST = 30.0  # of the logarithm of a ratio


class Strata:
    """Rows in the order of their strata; creatives go by number and in the order of their groups.

    A creative has one row in a stratum at most. `weight` is that of each row, for both `events` and `exposure`.
    """

    def __init__(
        self, creative: Integers, stratum: Integers, group: Integers, events: Floats, exposure: Floats
    ) -> None:
        """`stratum` and `group` ascend; `group` is that of each creative, the others are of each row."""
        self.creative, self.group, self.events, self.exposure = creative, group, events, exposure
        self.starts, self.counts = _runs(stratum)
        self.by_creative = np.argsort(creative, kind="stable")
        self.creative_starts, _ = _runs(creative[self.by_creative])
        self.delivering = creative[self.by_creative][self.creative_starts]  # creatives that have rows
        rate = np.add.reduceat(events, self.starts) / np.add.reduceat(exposure, self.starts)
        expected_rows = exposure * np.repeat(rate, self.counts)
        observed, expected = self.per_creative(events), self.per_creative(expected_rows)
        self.variance = _variance_between(observed, expected, group[self.delivering])
        """Squared coefficient of variation of creatives' true rates within strata; None when it cannot be estimated."""
        of_creative = 1 / (1 + (self.variance or 0.0) * expected)
        self.expected = of_creative * expected
        self.weight = np.empty(len(creative))
        self.weight[self.by_creative] = np.repeat(of_creative, _lengths(self.creative_starts, len(creative)))

    def per_stratum(self, rows: Floats) -> Floats:
        return np.asarray(np.add.reduceat(rows, self.starts, axis=-1))

    def per_creative(self, rows: Floats) -> Floats:
        """Sums over the rows of those in `delivering`."""
        return np.asarray(np.add.reduceat(rows[..., self.by_creative], self.creative_starts, axis=-1))

    def spread_out(self, strata: Floats) -> Floats:
        """The value of its stratum, for each row."""
        return np.repeat(strata, self.counts, axis=-1)


@dataclass(frozen=True, slots=True)
class Fits:
    """Per property: the logarithm of the ratio of rates, its standard error, and the degrees of freedom of that.

    NaN where the regression has no solution. `compared` says which rows are in strata with creatives of either side.
    """

    log_ratio: Floats
    error: Floats
    freedom: Floats
    compared: Flags


def fit(data: Strata, having: Flags) -> Fits:
    """`having` is a row per property and a column per creative."""
    x = having[:, data.creative]
    number = data.per_stratum(x.astype(float))
    both = (number > 0) & (number < data.counts)
    compared = np.repeat(both, data.counts, axis=1)
    events, exposure = data.weight * data.events, data.weight * data.exposure
    x_events, x_exposure = np.where(x, events, 0.0), np.where(x, exposure, 0.0)
    sides = _Sides(
        events_with=np.where(both, data.per_stratum(x_events), 0.0),
        events_all=np.where(both, data.per_stratum(events), 0.0),
        exposure_with=np.where(both, data.per_stratum(x_exposure), 0.0),
        exposure_without=np.where(both, data.per_stratum(exposure - x_exposure), 0.0),
    )
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        log_ratio = sides.solved()
        ratio = np.exp(log_ratio)[:, None]
        score, information = sides.parts(ratio)
        # The same without one row. What was the only one of its side leaves exactly none, and its stratum says nothing.
        alone = np.where(x, data.spread_out(number) == 1, data.spread_out(data.counts - number) == 1)
        useful = compared & ~alone
        left = _Sides(
            events_with=np.where(useful, data.spread_out(sides.events_with) - x_events, 0.0),
            events_all=np.where(useful, data.spread_out(sides.events_all) - events, 0.0),
            exposure_with=np.where(useful, data.spread_out(sides.exposure_with) - x_exposure, 0.0),
            exposure_without=np.where(useful, data.spread_out(sides.exposure_without) - (exposure - x_exposure), 0.0),
        )
        score_left, information_left = left.parts(ratio)
        moved = data.per_creative(score_left - data.spread_out(score))
        total = information.sum(axis=1)
        kept = total[:, None] + data.per_creative(information_left - data.spread_out(information))
        creatives = np.sum(data.per_creative(compared.astype(float)) > 0, axis=1)
        steps = np.sum((moved / kept) ** 2, axis=1) * (creatives - 1) / creatives
        error = np.where(kept.min(axis=1) > 1e-9 * total, np.sqrt(steps), np.nan)
        freedom = _freedom(data, having, compared)
    solved = np.isfinite(log_ratio) & (error > 0) & (freedom > 0)
    nothing = np.full(len(having), np.nan)
    return Fits(
        np.where(solved, log_ratio, nothing),
        np.where(solved, error, nothing),
        np.where(solved, freedom, nothing),
        compared,
    )


@dataclass(frozen=True, slots=True)
class _Sides:
    """Weighted sums with the property and in all, in places that all are zero where there is nothing to compare."""

    events_with: Floats
    events_all: Floats
    exposure_with: Floats
    exposure_without: Floats

    def parts(self, ratio: Floats) -> tuple[Floats, Floats]:
        """Score and information about the logarithm of the ratio, of each place."""
        odds = self.exposure_with * ratio
        whole = odds + self.exposure_without
        share = np.where(whole > 0, odds / whole, 0.0)
        expected = self.events_all * share
        return self.events_with - expected, expected * (1 - share)

    def solved(self) -> Floats:
        """Where the score is zero: Newton's method between bounds, from the estimate of Mantel and Haenszel."""
        exposure = self.exposure_with + self.exposure_without
        one = np.nansum(self.events_with * self.exposure_without / exposure, axis=1)
        other = np.nansum((self.events_all - self.events_with) * self.exposure_with / exposure, axis=1)
        at = np.clip(np.log(one / other), -_FARTHEST, _FARTHEST)
        low, high = np.full(len(at), -_FARTHEST), np.full(len(at), _FARTHEST)
        for _ in range(_STEPS):
            score, information = (part.sum(axis=1) for part in self.parts(np.exp(at)[:, None]))
            low, high = np.where(score > 0, at, low), np.where(score > 0, high, at)
            nearer = at + score / information
            nearer = np.where((nearer > low) & (nearer < high), nearer, (low + high) / 2)
            done = not np.nanmax(np.abs(nearer - at), initial=0.0) > 1e-10
            at = nearer
            if done:
                break
        return np.asarray(np.where((one > 0) & (other > 0), at, np.nan))


def _freedom(data: Strata, having: Flags, compared: Flags) -> Floats:
    """Degrees of freedom of the jackknife's variance, as if the creatives of a group were compared in one place.

    Bell and McCaffrey: trace(G)² / trace(G²) of the quadratic form that the variance is in the residuals. These share
    what was fitted to a group, and the estimate.
    """
    group, x = data.group[data.delivering], having[:, data.delivering]
    starts, counts = _runs(group)

    def summed(values: Floats) -> Floats:
        return np.asarray(np.add.reduceat(values, starts, axis=1))

    part = data.per_creative(compared * (data.weight * data.exposure)) / data.per_creative(data.weight * data.exposure)
    amount = data.expected * part
    whole = summed(amount)
    mean = np.where(whole > 0, summed(amount * x) / whole, 0.0)
    centred = np.where(amount > 0, x - np.repeat(mean, counts, axis=1), 0.0)
    information = np.sum(amount * centred**2, axis=1, keepdims=True)
    of_group = np.repeat(whole, counts, axis=1)
    leverage = np.where(of_group > 0, amount / of_group, 0.0) + amount * centred**2 / information
    squares = np.where((leverage < 1 - 1e-9) & (amount > 0), (centred / (1 - leverage)) ** 2, 0.0)
    own = squares * amount * (1 - leverage)
    shared = squares * amount**2
    shared_within = np.where(whole > 0, summed(shared) / whole, 0.0)
    crossed_within = np.where(whole > 0, summed(shared * centred) ** 2 / whole, 0.0)
    information = information[:, 0]
    off_diagonal = (
        np.sum(shared_within**2, axis=1)
        + 2 / information * np.sum(crossed_within, axis=1)
        + (np.sum(shared * centred**2, axis=1) / information) ** 2
        - np.sum((squares * amount * leverage) ** 2, axis=1)
    )
    return np.asarray(np.sum(own, axis=1) ** 2 / (np.sum(own**2, axis=1) + np.maximum(off_diagonal, 0.0)))


def _variance_between(observed: Floats, expected: Floats, group: Integers) -> float | None:
    known = expected > 0
    squares, expected = (observed[known] - expected[known]) ** 2, expected[known]
    freedom = len(expected) - len(np.unique(group[known]))
    if freedom < 1:
        return None

    def excess(variance: float) -> float:
        return float(np.sum(squares / (expected + variance * expected**2))) - freedom

    low, high = 0.0, 1.0
    if excess(low) <= 0:
        return 0.0
    while excess(high) > 0 and high < 1e6:
        high *= 4
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return high


def _runs(ascending: Integers) -> tuple[Integers, Integers]:
    """Where each value begins, and how often it is there."""
    starts = np.flatnonzero(np.concatenate(([True], ascending[1:] != ascending[:-1])))
    return starts, _lengths(starts, len(ascending))


def _lengths(starts: Integers, end: int) -> Integers:
    return np.diff(np.append(starts, end))
