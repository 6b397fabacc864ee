"""Which elements go with a better metric, among creatives of the same group and placement.

`regression` says how, and why it can be believed. p values are corrected over all elements by Holm's method, from
statsmodels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtr, stdtrit
from statsmodels.stats.multitest import multipletests

from adlens.domain.lift import Delivered, Element, ElementLift, Lift, Metric, PerformanceTable
from adlens.statistics.regression import Flags, Floats, Integers, Strata, fit

CONFIDENCE = 0.95
CELLS = 2_000_000
"""Elements by rows that are worked on at once: some 16 MB for each of two dozen arrays."""


@dataclass(frozen=True, slots=True)
class Minimum:
    """What each side of a comparison must have, in the groups and placements that have both sides."""

    creatives: int = 10
    impressions: int = 1000
    events: int = 10
    freedom: float = 4.0
    """Degrees of freedom: a comparison may hang on a few creatives however many there are."""


class LiftByRegression:
    """Estimates from a table; the same table gives the same answer."""

    def __init__(self, minimum: Minimum | None = None) -> None:
        self._minimum = minimum or Minimum()

    def estimate(self, metric: Metric, table: PerformanceTable) -> Lift:
        """Every element of `table`, the clearest first."""
        rows = _Rows(metric, table)
        if rows.strata is None:
            return Lift(metric, Delivered(0, 0, 0), None, 0, ())
        elements = list(table.elements)
        at_once = max(1, CELLS // len(rows.impressions))
        found = [
            lift
            for start in range(0, len(elements), at_once)
            for lift in self._estimated(metric, rows, rows.strata, table, elements[start : start + at_once])
        ]
        variance = rows.strata.variance
        tested = _corrected([lift for lift in found if lift.p is not None])
        untested = [lift for lift in found if lift.p is None]
        return Lift(
            metric=metric,
            total=rows.total(),
            spread=None if variance is None else float(np.sqrt(variance)),
            tested=len(tested),
            elements=(*tested, *sorted(untested, key=lambda lift: (-lift.have.creatives, lift.element))),
        )

    def _estimated(
        self, metric: Metric, rows: _Rows, strata: Strata, table: PerformanceTable, elements: Sequence[Element]
    ) -> list[ElementLift]:
        having = rows.having([table.elements[element] for element in elements])
        fits = fit(strata, having)
        x = having[:, strata.creative]
        raw = rows.raw_log_ratios(x)
        with_it, without = rows.delivered(fits.compared & x), rows.delivered(fits.compared & ~x)
        sign = -1 if metric is Metric.CPA else 1
        lifts = []
        for n, element in enumerate(elements):
            lift = ElementLift(element, with_it[n], without[n], _exp(sign * raw[n]))
            reason = self._too_little(with_it[n], without[n])
            if reason is None and not fits.freedom[n] >= self._minimum.freedom:  # NaN, too
                reason = "The comparison hangs on very few creatives."
            if reason is not None:
                lifts.append(replace(lift, insufficient=reason))
                continue
            at, error, freedom = sign * fits.log_ratio[n], fits.error[n], fits.freedom[n]
            margin = stdtrit(freedom, (1 + CONFIDENCE) / 2) * error
            lifts.append(
                replace(
                    lift,
                    ratio=_exp(at),
                    low=_exp(at - margin),
                    high=_exp(at + margin),
                    p=min(1.0, 2 * float(stdtr(freedom, -abs(at) / error))),
                )
            )
        return lifts

    def _too_little(self, have: Delivered, have_not: Delivered) -> str | None:
        if have.creatives == 0 or have_not.creatives == 0:
            return "There is no group and placement with creatives that have it and creatives that have not."
        least = self._minimum
        for side, who in ((have, "have it"), (have_not, "have it not")):
            for count, enough, what in (
                (side.creatives, least.creatives, "creatives"),
                (side.impressions, least.impressions, "impressions"),
                (side.events, least.events, "clicks or conversions"),
            ):
                if count < enough:
                    return f"Where they can be compared, those that {who} come to {count} {what} of at least {enough}."
        return None


class _Rows:
    """The rows of a table that have exposure, in the order of groups and placements; `strata` is None without any."""

    def __init__(self, metric: Metric, table: PerformanceTable) -> None:
        of_creative = np.asarray(table.group_of, dtype=np.int64)
        in_order = np.argsort(of_creative, kind="stable")
        self._number = np.empty(len(of_creative), dtype=np.int64)
        self._number[in_order] = np.arange(len(of_creative))
        group = of_creative[in_order]

        events, exposure = _measured(metric, table)
        creative = self._number[np.asarray(table.creative, dtype=np.int64)]
        placement = np.asarray(table.placement, dtype=np.int64)
        used = np.flatnonzero(exposure > 0)
        order = used[np.lexsort((creative[used], placement[used], group[creative[used]]))]
        self.impressions = np.asarray(table.impressions, dtype=float)[order]
        self.events, self._exposure = events[order], exposure[order]
        self._creatives = len(of_creative)
        self.strata = None
        if len(order):
            stratum = _numbered(group[creative[order]], placement[order])
            self.strata = Strata(creative[order], stratum, group, self.events, self._exposure)

    def having(self, positions: Sequence[Sequence[int]]) -> Flags:
        """A row per sequence of creatives, as the table numbers them."""
        having = np.zeros((len(positions), self._creatives), dtype=bool)
        for row, of_element in zip(having, positions, strict=True):
            row[self._number[np.asarray(of_element, dtype=np.int64)]] = True
        return having

    def total(self) -> Delivered:
        return self.delivered(np.ones((1, len(self.impressions)), dtype=bool))[0]

    def delivered(self, chosen: Flags) -> list[Delivered]:
        assert self.strata is not None  # noqa: S101 - who asks has rows
        creatives = np.sum(self.strata.per_creative(chosen.astype(float)) > 0, axis=1)
        sums = (np.where(chosen, values, 0.0).sum(axis=1) for values in (self.impressions, self.events))
        return [Delivered(int(a), int(b), int(c)) for a, b, c in zip(creatives, *sums, strict=True)]

    def raw_log_ratios(self, x: Flags) -> Floats:
        events, exposure = self.events, self._exposure
        events_with, exposure_with = np.where(x, events, 0.0).sum(axis=1), np.where(x, exposure, 0.0).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            rates = events_with / exposure_with, (events.sum() - events_with) / (exposure.sum() - exposure_with)
            return np.asarray(np.log(rates[0] / rates[1]))


def _measured(metric: Metric, table: PerformanceTable) -> tuple[Floats, Floats]:
    """Events and exposure. The CPA is conversions per spend turned over: money is given out, conversions happen."""
    clicks, conversions = np.asarray(table.clicks, dtype=float), np.asarray(table.conversions, dtype=float)
    match metric:
        case Metric.CTR:
            return clicks, np.asarray(table.impressions, dtype=float)
        case Metric.CVR:
            return conversions, clicks
        case Metric.CPA:
            return conversions, np.asarray(table.spend, dtype=float)


def _numbered(group: Integers, placement: Integers) -> Integers:
    """Pairs in ascending order by number."""
    new = (group[1:] != group[:-1]) | (placement[1:] != placement[:-1])
    return np.concatenate(([0], np.cumsum(new)))


def _corrected(tested: list[ElementLift]) -> list[ElementLift]:
    if not tested:
        return []
    _, corrected, _, _ = multipletests([lift.p for lift in tested], method="holm")
    lifts = [replace(lift, corrected_p=float(p)) for lift, p in zip(tested, corrected, strict=True)]
    return sorted(lifts, key=lambda lift: (lift.p, lift.element))


def _exp(value: float) -> float | None:
    """None for a logarithm of nothing, or by nothing."""
    return float(np.exp(np.clip(value, -700, 700))) if np.isfinite(value) else None
