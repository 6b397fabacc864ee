"""The generator's plan and the report of the scale benchmark; what it loads is checked on a real PostgreSQL."""

from __future__ import annotations

import random
from collections import Counter
from xml.etree import ElementTree

from adlens.persistence.search.tokens import one_edit_apart
from benchmarks.scale.content import FULL_GROUP, creatives, dictionary, misread, plan
from benchmarks.scale.measure import Measured
from benchmarks.scale.report import (
    MEASURED,
    Findings,
    Ratio,
    extrapolated,
    growth_section,
    lines,
    plot,
    sizes_section,
)
from benchmarks.scale.sizes import TableSize

FOUND = [
    Findings(
        size,
        size + 500,
        [
            Measured("group analytics", 50, 4.0, 7.5, 70.0, 6.0, 2.0, 7, 100),
            Measured("similar", 150, 80.0, 151.0 * size / 10_000, 400.0, 90.0, 70.0, 9, 100, "/creatives/1/similar"),
            Measured("figures", 500),
        ],
        [Ratio("all analytics", 0.01, 2.5, 300, MEASURED)],
        [TableSize("creatives", size, 300 * size, {"creatives_pkey": 60 * size, "tiny": 1})],
        0.02,
        0.5,
    )
    for size in (10_000, 100_000)
]


def test_a_plan_has_the_groups_and_creatives_asked_for() -> None:
    of = plan(20_000)
    per_group = Counter(of.group.tolist())
    assert [(tenant.groups, tenant.creatives) for tenant in of.tenants] == [(400, 20_000), (12, 600), (8, 400)]
    assert len(of) == 21_000 == sum(per_group.values())
    assert len(of.full_groups) == 1
    assert per_group[next(n for n, group in enumerate(of.groups) if group.id == of.full_groups[0])] == FULL_GROUP
    assert max(per_group.values()) >= 10 * len(of) / len(of.groups)
    assert (of.uploaded[1:] >= of.uploaded[:-1]).all()


def test_the_same_plan_makes_the_same_creatives() -> None:
    of = plan(2_000)
    (first, vectors), (again, _) = creatives(of, 100, 150), creatives(plan(2_000), 100, 150)
    assert first == again
    assert vectors.shape == (50, 512)
    assert all(sum(percent for _, percent, _, _ in one.swatches) < 100.001 for one in first)
    assert any(one.lines for one in first)


def test_a_misread_word_is_one_edit_away() -> None:
    chance = random.Random(1)
    for word in dictionary()[:200]:
        wrong = misread(chance, word)
        assert wrong == word or one_edit_apart(word, wrong)


def test_the_report_tells_what_misses_its_budget() -> None:
    section = growth_section(FOUND, "make bench-scale", "2 cores")
    assert "| similar | 150 | **80 / 151** / 400 | **80 / 1510** / 400 |" in section
    assert "| group analytics | 50 | 4 / 7.5 / 70 | 4 / 7.5 / 70 |" in section
    assert "figures" not in section.split("![growth]")[0]
    assert "| an analysis stored (median) | 24.0 | 20.0 | 20.0 |" in section
    assert "| all analytics, 10,000 | 10.0 ms | 2.50 s | 300 MB | measured | 250 |" in section
    assert "NO  slowest /creatives/1/similar" in lines(FOUND[0])
    assert "not there" in lines(FOUND[0])


def test_what_takes_too_long_is_extrapolated_from_what_was_measured_last() -> None:
    (ratio,) = extrapolated("all analytics", 0.02, 1_000_000, FOUND)
    assert (ratio.theirs, ratio.megabytes, ratio.how) == (25.0, 3000, "extrapolated from 100,000")
    assert ratio.times == 1250
    assert extrapolated("group analytics", 0.02, 1_000_000, FOUND) == []
    assert extrapolated("all analytics", 0.02, 1_000_000, [Findings(10, 10, ratios=[ratio])]) == []


def test_sizes_are_told_per_creative_and_for_a_hundred_million() -> None:
    section = sizes_section(FOUND)
    assert "| creatives | 100,000 | 299 | 60 | 36 GB | creatives_pkey 6 MB |" in section


def test_the_plot_is_a_picture() -> None:
    drawn = ElementTree.fromstring(plot(FOUND))  # noqa: S314 - our own
    assert drawn.tag.endswith("svg")
    assert len([part for part in drawn if part.tag.endswith("polyline")]) == 2
