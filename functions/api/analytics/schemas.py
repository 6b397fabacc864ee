"""Shapes of figures over a filter, row by row, and of two sets of creatives compared."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import Field

from adlens.domain.colors import BY_NAME
from adlens.domain.comparison import Comparison, Difference, MeanCompared, ShareCompared, Side, Trait, Verdict
from adlens.domain.figures import By, Figures, Row, Totals, analysed_of
from adlens.domain.gallery import NO_TOPIC, UNSURE, CreativeFilter
from adlens.domain.statistics import CONFIDENCE
from functions.api.shapes import Shape, TitleOut, rounded, title_of

Link = Callable[[CreativeFilter], str]
"""The address of exactly the creatives that a filter leaves."""


class FilteredOut(Shape):
    creatives: int = Field(description="That the filters leave.", examples=[120])
    analysed: int = Field(description="Of these, those with findings.", examples=[118])
    mean_topic_confidence: float | None = Field(description="Over creatives with a topic.", examples=[0.81])
    mean_objects: float | None = Field(description="Objects per analysed creative.", examples=[2.4])
    mean_text_share: float | None = Field(description="Part of the picture under text, 0 to 1.", examples=[0.12])


class WholeOut(FilteredOut):
    link: str = Field(description="Leads to the creatives.", examples=["/creatives?group_id=spring"])
    analysed_link: str = Field(description="Leads to those with findings.")


class FiguresRowOut(FilteredOut):
    """Means are null by object and by word."""

    key: str = Field(
        description="The id of a topic that is sure or a person's (`unsure`: all whose topic is a guess; `none`: "
        "analysed, without one) or of a group, the `class_en` of a colour, the class "
        "of an object, a word, or the first day of a day, week or month (UTC).",
        examples=["cups"],
    )
    title: TitleOut | None = Field(description="Of a topic or a colour.")
    name: str | None = Field(description="Of a group.")
    share: float | None = Field(
        description="0 to 1: of the analysed creatives by topic, colour, object and word, else of all.", examples=[0.4]
    )
    link: str = Field(description="Leads to exactly these creatives.", examples=["/creatives?topic=cups"])


class FiguresOut(Shape):
    filter: str = Field(description="The filters as they were read.", examples=["group_id=spring"])
    by: By
    totals: WholeOut
    rows: list[FiguresRowOut] = Field(description="Largest first; by day, week and month earliest first, none missing.")
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class DifferenceOut(Shape):
    """`a` less `b`."""

    difference: float | None = Field(examples=[0.18])
    interval: tuple[float, float] | None = Field(
        description="Where the difference is, 95 times of 100; for this comparison alone.", examples=[[0.05, 0.31]]
    )
    p: float | None = Field(description="How often chance makes such a difference; null without enough data.")
    p_corrected: float | None = Field(description="The same among all comparisons of this answer (Holm).")
    verdict: Verdict = Field(description="Of `a` beside `b`, by `p_corrected`.")


class SharePartOut(Shape):
    count: int = Field(examples=[42])
    share: float | None = Field(description="Of the analysed creatives, 0 to 1.", examples=[0.35])
    link: str = Field(description="Leads to exactly these creatives.")


class ShareComparedOut(DifferenceOut):
    key: str = Field(description="As in `GET /analytics`.", examples=["cups"])
    title: TitleOut | None = Field(description="Of a topic or a colour.")
    a: SharePartOut
    b: SharePartOut


class MeanPartOut(Shape):
    mean: float | None
    size: int = Field(description="Creatives that it is over.")


class MeanComparedOut(DifferenceOut):
    trait: Trait
    a: MeanPartOut
    b: MeanPartOut


class SideOut(WholeOut):
    filter: str = Field(description="The filter as it was read.", examples=["group_id=spring"])


class LeftOutOut(Shape):
    objects: int
    words: int


class ComparisonOut(Shape):
    a: SideOut
    b: SideOut
    confidence: float = Field(description="Of the intervals.", examples=[0.95])
    tested: int = Field(description="Comparisons that `p_corrected` allows for.")
    topics: list[ShareComparedOut]
    colors: list[ShareComparedOut]
    objects: list[ShareComparedOut] = Field(description="The 30 most frequent in both together.")
    words: list[ShareComparedOut] = Field(description="The 50 most frequent in both together.")
    traits: list[MeanComparedOut]
    left_out: LeftOutOut = Field(description="How many objects and words there are besides.")


def figures_out(figures: Figures, by: By, query_of: Link, link: Link) -> FiguresOut:
    return FiguresOut(
        filter=query_of(figures.chosen),
        by=by,
        totals=_whole_out(figures.chosen, figures.totals, link),
        rows=[_row_out(row, by, link) for row in figures.rows],
        next_cursor=figures.next_cursor,
    )


def comparison_out(found: Comparison, query_of: Link, link: Link) -> ComparisonOut:
    sides = found.sides
    analysed = sides.a.totals.analysed, sides.b.totals.analysed

    def shares(by: By) -> list[ShareComparedOut]:
        return [_share_out(row, analysed, link) for row in found.shares if row.by is by]

    return ComparisonOut(
        a=_side_out(sides.a, query_of, link),
        b=_side_out(sides.b, query_of, link),
        confidence=CONFIDENCE,
        tested=found.tested,
        topics=shares(By.TOPIC),
        colors=shares(By.COLOR),
        objects=shares(By.OBJECT),
        words=shares(By.WORD),
        traits=[_mean_out(row) for row in found.traits],
        left_out=LeftOutOut(objects=sides.left_out[By.OBJECT], words=sides.left_out[By.WORD]),
    )


def _filtered(totals: Totals) -> dict[str, int | float | None]:
    return {
        "creatives": totals.creatives,
        "analysed": totals.analysed,
        "mean_topic_confidence": rounded(totals.mean_topic_confidence),
        "mean_objects": rounded(totals.mean_objects),
        "mean_text_share": rounded(totals.mean_text_share),
    }


def _whole_out(chosen: CreativeFilter, totals: Totals, link: Link) -> WholeOut:
    return WholeOut.model_validate(
        {**_filtered(totals), "link": link(chosen), "analysed_link": link(analysed_of(chosen))}
    )


def _side_out(side: Side, query_of: Link, link: Link) -> SideOut:
    whole = _whole_out(side.chosen, side.totals, link)
    return SideOut.model_validate({**dict(whole), "filter": query_of(side.chosen)})


def _row_out(row: Row, by: By, link: Link) -> FiguresRowOut:
    return FiguresRowOut.model_validate(
        {
            **_filtered(row.totals),
            "key": row.key,
            "title": _title(by, row.key),
            "name": row.name,
            "share": rounded(row.share),
            "link": link(row.chosen),
        }
    )


def _title(by: By, key: str) -> TitleOut | None:
    if by is By.TOPIC and key not in (NO_TOPIC, UNSURE):
        return title_of(key)
    if by is By.COLOR:
        return TitleOut(ru=BY_NAME[key].title_ru, en=key)
    return None


def _share_out(row: ShareCompared, analysed: tuple[int, int], link: Link) -> ShareComparedOut:
    def part(count: int, size: int, chosen: CreativeFilter) -> SharePartOut:
        return SharePartOut(count=count, share=rounded(count / size) if size else None, link=link(chosen))

    return ShareComparedOut(
        key=row.key,
        title=_title(row.by, row.key),
        a=part(row.count_a, analysed[0], row.a),
        b=part(row.count_b, analysed[1], row.b),
        **dict(_difference_out(row.difference)),
    )


def _mean_out(row: MeanCompared) -> MeanComparedOut:
    return MeanComparedOut(
        trait=row.trait,
        a=MeanPartOut(mean=rounded(row.mean_a), size=row.size_a),
        b=MeanPartOut(mean=rounded(row.mean_b), size=row.size_b),
        **dict(_difference_out(row.difference)),
    )


def _difference_out(of: Difference) -> DifferenceOut:
    return DifferenceOut(
        difference=rounded(of.value),
        interval=None if of.interval is None else (round(of.interval.low, 4), round(of.interval.high, 4)),
        p=of.p,
        p_corrected=of.p_corrected,
        verdict=of.verdict,
    )
