"""Two sets of creatives side by side."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    Select,
    Subquery,
    func,
    literal,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from adlens.domain.comparison import Trait
from adlens.domain.figures import By, Totals
from adlens.domain.gallery import NO_TOPIC
from adlens.domain.statistics import Bin, Sample
from adlens.persistence.analytics.counting import KINDS, add_up, count_by_class, read_sums
from adlens.persistence.schema import Facts, Vocabulary, WorkspaceFindingRollup
from adlens.persistence.search.conditions import certain_topic
from adlens.persistence.search.plan import FilterPlan

_BINS = 16
Counts = dict[str, tuple[int, int]]
"""Creatives of a and of b that have something."""


class BothSides:
    """Two sets of creatives side by side."""

    def __init__(self, session: Session, a: FilterPlan, b: FilterPlan) -> None:
        self.session = session
        self.a, self.b = a, b

    def rows(self, *columns: Any) -> Subquery:
        """`columns` of the facts of all creatives, and whether they are in a."""
        return union_all(
            self.a.select(*columns, literal_column("true").label("in_a")),
            self.b.select(*columns, literal_column("false").label("in_a")),
        ).subquery("both")

    def topics(self) -> tuple[dict[bool, Totals], Counts]:
        topic = certain_topic().label("topic")
        both = self.rows(topic, Facts.analysed, Facts.topic_confidence, Facts.object_count, Facts.text_share)
        columns = both.c
        found = self.session.execute(
            select(
                *(columns.in_a, columns.topic),
                func.count().label("creatives"),
                func.count().filter(columns.analysed).label("analysed"),
                func.count(columns.topic_confidence).label("topics"),
                func.sum(columns.topic_confidence).label("confidence"),
                func.sum(columns.object_count).label("objects"),
                func.sum(columns.text_share).label("text_share"),
            ).group_by(columns.in_a, columns.topic)
        ).all()
        counts: dict[str, dict[bool, int]] = defaultdict(dict)
        for row in found:
            if row.analysed:
                counts[NO_TOPIC if row.topic is None else row.topic][row.in_a] = row.analysed
        return (
            {side: add_up([read_sums(row) for row in found if row.in_a is side]) for side in (True, False)},
            {key: (of.get(True, 0), of.get(False, 0)) for key, of in sorted(counts.items())},
        )

    def colors(self) -> Select[Any]:
        both = self.rows(Facts.color_classes)
        counted = select(both.c.color_classes, *_of_each(both)).group_by(both.c.color_classes).cte("counted")
        sums = (func.sum(counted.c.a).label("a"), func.sum(counted.c.b).label("b"))
        return count_by_class(counted, counted.c.color_classes, *sums)

    def objects(self) -> Select[Any]:
        both = self.rows(Facts.objects)
        named = select(func.unnest(both.c.objects).label("key"), both.c.in_a).subquery("named")
        return select(named.c.key, *_of_each(named)).group_by(named.c.key)

    def words(self) -> Select[Any]:
        both = self.rows(Facts.words)
        listed = select(func.unnest(both.c.words).label("token"), both.c.in_a).subquery("listed")
        counted = select(listed.c.token, *_of_each(listed)).group_by(listed.c.token).subquery("counted")
        return (
            select(Vocabulary.word.label("key"), counted.c.a, counted.c.b)
            .join(counted, counted.c.token == Vocabulary.token)
            .where(Vocabulary.workspace_id == self.a.workspace_id, Vocabulary.counted)
        )

    def most_frequent(self, counts: Select[Any], most: int) -> tuple[Counts, int]:
        """The first of them, and how many more there are."""
        counted = counts.subquery("counts")
        columns = counted.c
        found = self.session.execute(
            select(columns.key, columns.a, columns.b, func.count().over().label("kinds"))
            .order_by((columns.a + columns.b).desc(), columns.key)
            .limit(most)
        ).all()
        left_out = found[0].kinds - len(found) if found else 0
        return {row.key: (int(row.a), int(row.b)) for row in found}, left_out

    def traits(self) -> dict[Trait, tuple[Sample, Sample]]:
        """By bins, counted together and then added up for each trait."""
        both = self.rows(Facts.analysed, Facts.object_count, Facts.text_share, Facts.topic_confidence)
        columns = both.c
        # Floats: the squares of integers would overflow.
        values = {
            Trait.OBJECTS: columns.object_count.cast(Float),
            Trait.TEXT_SHARE: columns.text_share,
            Trait.TOPIC_CONFIDENCE: columns.topic_confidence,
        }
        width = {Trait.OBJECTS: 1, Trait.TEXT_SHARE: _BINS, Trait.TOPIC_CONFIDENCE: _BINS}
        bins = {trait: func.floor(value * width[trait]) for trait, value in values.items()}
        counted = (
            select(
                columns.in_a,
                *(bins[trait].label(f"{trait}_bin") for trait in Trait),
                func.count().label("size"),
                *(func.sum(values[trait]).label(f"{trait}_total") for trait in Trait),
                *(func.sum(values[trait] * values[trait]).label(f"{trait}_squares") for trait in Trait),
            )
            .where(columns.analysed)
            .group_by(columns.in_a, *bins.values())
            .cte("counted")
        )
        of = counted.c
        summed = union_all(
            *(
                select(
                    literal(trait.value).label("trait"),
                    of.in_a,
                    func.sum(of.size).label("size"),
                    func.sum(of[f"{trait}_total"]).label("total"),
                    func.sum(of[f"{trait}_squares"]).label("squares"),
                )
                .where(of[f"{trait}_bin"].is_not(None))
                .group_by(of.in_a, of[f"{trait}_bin"])
                for trait in Trait
            )
        )
        found: dict[tuple[str, bool], list[Bin]] = defaultdict(list)
        for row in self.session.execute(summed):
            found[row.trait, row.in_a].append(Bin(int(row.size), float(row.total), float(row.squares)))
        # In one order: a bootstrap draws for one after the other.
        samples = {key: Sample(tuple(sorted(of, key=lambda one: one.total / one.count))) for key, of in found.items()}
        nothing = Sample(())
        return {
            trait: (samples.get((trait.value, True), nothing), samples.get((trait.value, False), nothing))
            for trait in Trait
        }


def count_with_rest(plan_a: FilterPlan, by: By, of_a: Select[Any]) -> Select[Any]:
    """What a has, and what is left of the whole workspace, whose counts are kept."""
    own, whole = of_a.subquery("own"), WorkspaceFindingRollup
    a = func.coalesce(own.c.creatives, 0)
    counts = select(whole.name.label("key"), a.label("a"), (whole.creatives - a).label("b"))
    return counts.outerjoin(own, own.c.key == whole.name).where(
        whole.workspace_id == plan_a.workspace_id, whole.kind == KINDS[by].value
    )


def _of_each(both: Subquery) -> tuple[ColumnElement[int], ColumnElement[int]]:
    return func.count().filter(both.c.in_a).label("a"), func.count().filter(~both.c.in_a).label("b")
