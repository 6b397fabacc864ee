"""The estimate of lift: right on average, silent where there is nothing, and not fooled by who is in which group."""

from __future__ import annotations

import gc
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import statsmodels.api as sm

from adlens.domain.lift import Element, ElementKind, Lift, Metric, PerformanceTable
from adlens.statistics.lift import LiftByRegression, Minimum
from adlens.statistics.regression import Strata, fit

RED = Element(ElementKind.COLOR_CLASS, "red")
PLACES = np.array([1.0, 0.4, 2.2])
estimate = LiftByRegression().estimate


def market(
    seed: int,
    groups: int = 12,
    differ: float = 0.5,
    effects: dict[Element, float] | None = None,
    kinds: tuple[tuple[ElementKind, int], ...] = (
        (ElementKind.TOPIC, 4),
        (ElementKind.COLOR_CLASS, 10),
        (ElementKind.OBJECT, 8),
        (ElementKind.WORD, 14),
    ),
) -> PerformanceTable:
    """Creatives of groups whose rates differ tenfold, in three placements that differ as well, differently per group.

    The true rates of creatives of one group scatter by exp(N(0, differ²)), impressions over four orders of magnitude.
    What is in a creative depends on its group: elements are more frequent where rates are higher. `effects` multiply
    the rates of creatives that have an element.
    """
    chance = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), chance.integers(4, 25, groups))
    creatives = len(group)
    base = np.exp(chance.normal(np.log(0.015), 0.8, groups))
    by_place = PLACES * np.exp(chance.normal(0, 0.25, (groups, 3)))
    own = np.exp(chance.normal(0, differ, creatives))
    elements = {}
    for kind, number in kinds:
        for n in range(number):
            frequent = np.clip(chance.beta(0.7, 4, groups) * np.sqrt(base / 0.015), 0, 0.9)
            elements[Element(kind, str(n))] = chance.random(creatives) < frequent[group]
    for element, effect in (effects or {}).items():
        elements[element] = chance.random(creatives) < 0.3
        own *= np.where(elements[element], effect, 1.0)
    rows = chance.random((creatives, 3)) < 0.7
    creative, place = np.nonzero(rows)
    wide = chance.normal(7.5, 1.3, creatives)[creative] + chance.normal(0, 0.7, len(creative))
    impressions = np.maximum(1, np.exp(wide)).astype(int)
    rate = base[group[creative]] * by_place[group[creative], place] * own[creative]
    clicks = chance.binomial(impressions, np.minimum(rate * np.exp(chance.normal(0, 0.2, len(rate))), 0.9))
    conversions = chance.binomial(clicks, np.minimum(0.08 * chance.lognormal(0, differ, creatives)[creative], 0.9))
    spend = 0.3 * clicks * chance.lognormal(0, 0.3, len(clicks))
    return PerformanceTable(
        group.tolist(),
        {element: np.flatnonzero(has).tolist() for element, has in elements.items()},
        creative.tolist(),
        place.tolist(),
        impressions.tolist(),
        clicks.tolist(),
        conversions.tolist(),
        spend.tolist(),
    )


def clear(lift: Lift) -> list[Element]:
    return [
        estimated.element
        for estimated in lift.elements
        if estimated.corrected_p is not None and estimated.corrected_p < 0.05
    ]


def of(lift: Lift, element: Element = RED):
    return next(estimated for estimated in lift.elements if estimated.element == element)


@pytest.fixture(autouse=True)
def swift_collections():
    """multipletests collects garbage each time; what is there before a thousand of them need not be looked through."""
    gc.freeze()
    yield
    gc.unfreeze()


def test_of_a_thousand_markets_in_which_nothing_matters_hardly_any_shows_anything() -> None:
    flagged = tested = 0
    for seed in range(1000):
        lift = estimate([Metric.CTR, Metric.CVR, Metric.CPA][seed % 3], market(seed, groups=10 + seed % 5))
        tested += lift.tested
        flagged += bool(clear(lift))
    assert tested > 25_000
    assert flagged <= 60


def test_without_corrections_for_spread_and_number_chance_shows_everywhere() -> None:
    """The markets above are a test: the naive way fails it on each of these."""
    for seed in range(5):
        table = market(seed)
        x = np.zeros(len(table.group_of), dtype=bool)
        signs = []
        for has in table.elements.values():
            x[:] = False
            x[list(has)] = True
            rows = x[list(table.creative)]
            clicks, shown = np.array(table.clicks), np.array(table.impressions)
            counts = [[clicks[side].sum(), (shown - clicks)[side].sum()] for side in (rows, ~rows)]
            signs.append(sm.stats.Table2x2(np.array(counts) + 0.5).log_oddsratio_pvalue() < 0.05 / len(table.elements))
        assert any(signs)


def test_simpsons_paradox_gets_the_sign_of_the_groups() -> None:
    """Red is good everywhere, and used where all is bad."""
    chance = np.random.default_rng(7)
    group = np.repeat([0, 1], 60)
    red = np.concatenate([chance.random(60) < 0.8, chance.random(60) < 0.2])
    rate = np.where(group == 0, 0.005, 0.05) * np.where(red, 1.4, 1.0) * chance.lognormal(0, 0.3, 120)
    impressions = chance.integers(2000, 20000, 120)
    clicks = chance.binomial(impressions, rate)
    zeros = [0] * 120
    table = PerformanceTable(
        group.tolist(),
        {RED: np.flatnonzero(red).tolist()},
        list(range(120)),
        zeros,
        impressions.tolist(),
        clicks.tolist(),
        zeros,
        zeros,
    )
    estimated = of(estimate(Metric.CTR, table))
    assert estimated.raw_ratio is not None
    assert estimated.raw_ratio < 0.6
    assert estimated.low is not None
    assert estimated.low > 1


def test_a_placement_is_no_merit_of_what_is_shown_there() -> None:
    """Within groups, too: red runs in the good placement mostly."""
    chance = np.random.default_rng(3)
    creatives = 400
    red = chance.random(creatives) < 0.5
    place = (chance.random(creatives) < np.where(red, 0.85, 0.15)).astype(int)
    impressions = chance.integers(2000, 20000, creatives)
    rate = np.where(place == 1, 0.04, 0.01) * np.where(red, 0.8, 1.0) * chance.lognormal(0, 0.2, creatives)
    clicks, zeros = chance.binomial(impressions, rate), [0] * creatives
    table = PerformanceTable(
        zeros,
        {RED: np.flatnonzero(red).tolist()},
        list(range(creatives)),
        place.tolist(),
        impressions.tolist(),
        clicks.tolist(),
        zeros,
        zeros,
    )
    estimated = of(estimate(Metric.CTR, table))
    assert estimated.raw_ratio is not None
    assert estimated.raw_ratio > 1.5
    assert estimated.low is not None
    assert estimated.high is not None
    assert estimated.low < 0.8 < estimated.high < 1


@pytest.mark.parametrize(("metric", "truth"), [(Metric.CTR, 1.6), (Metric.CTR, 0.6)])
def test_a_planted_effect_is_found_with_the_truth_in_its_interval(metric: Metric, truth: float) -> None:
    lifts = [estimate(metric, market(seed, groups=40, effects={RED: truth})) for seed in range(20)]
    assert all(RED in clear(lift) for lift in lifts)
    covered = sum(estimated.low <= truth <= estimated.high for estimated in map(of, lifts))  # type: ignore[operator]
    assert covered >= 18
    assert np.mean([np.log(of(lift).ratio or 0) for lift in lifts]) == pytest.approx(np.log(truth), abs=0.06)


def test_a_cheaper_conversion_is_a_ratio_below_one() -> None:
    """Twice the conversions for the same money."""
    table = market(1, groups=40, effects={RED: 1.0})
    red = np.isin(table.creative, list(table.elements[RED]))
    cheaper = replace(table, spend=np.where(red, np.array(table.spend) / 2, table.spend).tolist())
    before, after = of(estimate(Metric.CPA, table)), of(estimate(Metric.CPA, cheaper))
    assert before.ratio is not None
    assert after.ratio is not None
    assert after.ratio == pytest.approx(before.ratio / 2, rel=0.1)
    assert RED in clear(estimate(Metric.CPA, cheaper))


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    hits = total = 0
    for seed in range(60):
        for estimated in estimate(Metric.CTR, market(seed)).elements:
            if estimated.low is not None and estimated.high is not None:
                total += 1
                hits += estimated.low <= 1 <= estimated.high
    assert total > 1500
    assert 0.93 <= hits / total <= 0.985


def strata_of(table: PerformanceTable) -> tuple[Strata, np.ndarray, np.ndarray]:
    """The rows of a market in the order that Strata wants, and the strata and creatives of the rows."""
    group, creative, place = (np.array(v) for v in (table.group_of, table.creative, table.placement))
    order = np.lexsort((creative, place, group[creative]))
    creative, place = creative[order], place[order]
    _, stratum = np.unique(group[creative] * 10 + place, return_inverse=True)
    events, exposure = np.array(table.clicks, float)[order], np.array(table.impressions, float)[order]
    return Strata(creative, stratum, group, events, exposure), stratum, creative


def test_unweighted_it_is_the_glm_of_statsmodels_with_a_dummy_per_stratum() -> None:
    table = market(2, groups=6)
    strata, stratum, creative = strata_of(table)
    strata.weight = np.ones(len(creative))
    for element, has in list(table.elements.items())[:12]:
        having = np.isin(np.arange(len(table.group_of)), list(has))
        found = fit(strata, having[None, :])
        if not np.isfinite(found.log_ratio[0]):
            continue
        rows = found.compared[0]
        dummies = (stratum[rows][:, None] == np.unique(stratum[rows])).astype(float)
        design = np.column_stack([having[creative[rows]].astype(float), dummies])
        model = sm.GLM(
            strata.events[rows], design, family=sm.families.Poisson(), offset=np.log(strata.exposure[rows])
        ).fit(
            tol=1e-12,
            cov_type="cluster",
            cov_kwds={"groups": creative[rows], "use_correction": False},
        )
        assert found.log_ratio[0] == pytest.approx(model.params[0], abs=1e-6), element
        # The sandwich forgets that residuals were fitted to: the fewer creatives, the more.
        assert found.error[0] > model.bse[0]


def test_of_many_creatives_the_error_is_the_sandwich_of_statsmodels() -> None:
    chance, number = np.random.default_rng(6), 3000
    zeros = np.zeros(number, dtype=np.int64)
    exposure = chance.integers(1000, 5000, number).astype(float)
    events = chance.poisson(0.02 * exposure * chance.lognormal(0, 0.5, number)).astype(float)
    has = chance.random(number) < 0.4
    strata = Strata(np.arange(number), zeros, zeros, events, exposure)
    strata.weight = np.ones(number)
    found = fit(strata, has[None, :])
    model = sm.GLM(
        events, np.column_stack([has, np.ones(number)]), family=sm.families.Poisson(), offset=np.log(exposure)
    ).fit(cov_type="HC0")
    assert found.error[0] == pytest.approx(model.bse[0], rel=0.01)


def test_the_error_is_that_of_leaving_every_creative_out_once() -> None:
    table = market(4, groups=8)
    strata, _, creative = strata_of(table)
    has = np.isin(np.arange(len(table.group_of)), list(table.elements[Element(ElementKind.COLOR_CLASS, "1")]))
    whole = fit(strata, has[None, :])
    number = len(np.unique(creative[whole.compared[0]]))
    moved = []
    for left_out in np.unique(creative):
        weight = strata.weight
        strata.weight = np.where(creative == left_out, 1e-12, weight)
        moved.append(fit(strata, has[None, :]).log_ratio[0] - whole.log_ratio[0])
        strata.weight = weight
    exact = np.sqrt((number - 1) / number * np.sum(np.square(moved)))
    assert whole.error[0] == pytest.approx(exact, rel=0.05)


def test_groups_of_equal_creatives_have_the_freedom_of_a_t_test() -> None:
    """One group, equal exposures: two samples of equal variance."""
    group = np.zeros(40, dtype=np.int64)
    chance = np.random.default_rng(0)
    events = chance.poisson(1000 * chance.lognormal(0, 0.4, 40)).astype(float)
    strata = Strata(np.arange(40), group, group, events, np.full(40, 1e5))
    has = np.arange(40) < 20
    assert fit(strata, has[None, :]).freedom[0] == pytest.approx(38, abs=0.5)
    few = fit(strata, (np.arange(40) < 5)[None, :]).freedom[0]
    assert 4 < few < 8


def test_how_much_creatives_differ_is_told() -> None:
    spreads = [estimate(Metric.CTR, market(seed, groups=40)).spread for seed in range(10)]
    # exp(N(0, 0.5²)) has a coefficient of variation of 0.53; placements add some.
    assert np.mean(spreads) == pytest.approx(0.56, abs=0.06)  # type: ignore[arg-type]


def test_what_is_insufficient_says_why_and_does_not_count_in_the_correction() -> None:
    table = market(1)
    everywhere, nowhere, rare = (Element(ElementKind.WORD, name) for name in ("all", "none", "few"))
    of_one_group = Element(ElementKind.TOPIC, "only here")
    first = [n for n, group in enumerate(table.group_of) if group == 0]
    more = {everywhere: range(len(table.group_of)), nowhere: [], rare: [0, 1, 2], of_one_group: first}
    lift = estimate(Metric.CTR, replace(table, elements={**table.elements, **more}))
    reasons = {estimated.element: estimated.insufficient for estimated in lift.elements}
    for element in (everywhere, nowhere, of_one_group):
        assert reasons[element] == (
            "There is no group and placement with creatives that have it and creatives that have not."
        )
        assert of(lift, element).ratio is None
    assert "creatives of at least 10" in (reasons[rare] or "")
    assert lift.tested == sum(reason is None for reason in reasons.values())
    strict = LiftByRegression(Minimum(impressions=10**9)).estimate(Metric.CTR, table)
    assert strict.tested == 0
    assert "impressions of at least 1000000000" in (strict.elements[0].insufficient or "")


def test_elements_come_clearest_first_and_corrected_by_holm() -> None:
    lift = estimate(Metric.CTR, market(3, effects={RED: 1.8}))
    tested = [estimated for estimated in lift.elements if estimated.p is not None]
    assert all(one.p <= other.p for one, other in pairwise(tested))  # type: ignore[operator]
    assert tested[0].corrected_p == pytest.approx(min(1.0, lift.tested * (tested[0].p or 0)))
    assert [estimated.element for estimated in lift.elements[: len(tested)]] == [
        estimated.element for estimated in tested
    ]


def test_nothing_delivered_is_nothing_to_say() -> None:
    lift = estimate(Metric.CTR, PerformanceTable([0, 0], {RED: [0]}))
    assert (lift.total.creatives, lift.tested, lift.elements) == (0, 0, ())
    nothing_clicked = replace(market(1), clicks=[0] * len(market(1).clicks))
    assert estimate(Metric.CTR, nothing_clicked).tested == 0
    assert estimate(Metric.CVR, nothing_clicked).elements == ()


def test_the_same_table_gives_the_same_answer_however_its_creatives_are_numbered() -> None:
    table = market(5)
    number = np.random.default_rng(1).permutation(len(table.group_of))
    renumbered = replace(
        table,
        group_of=[table.group_of[n] for n in np.argsort(number)],
        creative=[int(number[n]) for n in table.creative],
        elements={element: sorted(int(number[n]) for n in has) for element, has in table.elements.items()},
    )
    one, other = estimate(Metric.CTR, table), estimate(Metric.CTR, renumbered)
    assert [estimated.element for estimated in one.elements] == [estimated.element for estimated in other.elements]
    for estimated, again in zip(one.elements, other.elements, strict=True):
        assert estimated.p == (None if again.p is None else pytest.approx(again.p, rel=1e-6))
