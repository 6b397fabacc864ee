"""Shapes of delivery figures and of lift."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, PlainSerializer

from adlens.domain.colors import BY_NAME
from adlens.domain.lift import Delivered, Element, ElementKind, ElementLift, Lift, Metric
from adlens.domain.performance import (
    MOST_LISTED,
    DailyPerformance,
    KeyKind,
    Metrics,
    PerformanceReport,
    Reason,
)
from adlens.domain.topics import taxonomy
from functions.api.shapes import Shape, TitleOut, title_of
from functions.api.uploads.schemas import UploadFormOut


def exact(value: Decimal) -> str:
    """Without the zeros that PostgreSQL adds, and never with an exponent."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


Money = Annotated[
    Decimal,
    PlainSerializer(exact, return_type=str),
    Field(description="Exact, as a decimal text in the currency that was sent.", examples=["12.5"]),
]


def number(value: Decimal) -> int | float:
    return int(value) if value == int(value) else float(value)


Conversions = Annotated[
    Decimal,
    PlainSerializer(number, return_type=int | float),
    Field(description="To four digits after the point: platforms share conversions out.", examples=[9, 2.37]),
]


class DeliveryFiguresOut(Shape):
    impressions: int
    clicks: int
    conversions: Conversions
    spend: Money


class CountTotalsOut(Shape):
    sent: int
    matched: int
    unmatched: int


class ConversionTotalsOut(Shape):
    sent: Conversions
    matched: Conversions
    unmatched: Conversions


class MoneyTotalsOut(Shape):
    sent: Money
    matched: Money
    unmatched: Money


class TotalsOut(Shape):
    """Over all well-formed rows: `sent` is `matched` and `unmatched` together."""

    impressions: CountTotalsOut
    clicks: CountTotalsOut
    conversions: ConversionTotalsOut
    spend: MoneyTotalsOut


class NotMatchedOut(DeliveryFiguresOut):
    by: KeyKind
    key: str = Field(description="As it was sent.")
    reason: Reason = Field(description="`ambiguous`: several creatives have it, so none was chosen.")
    line: int = Field(description="Where it is first: the line of the file, or the number of the row in JSON.")
    rows: int


class MalformedRowOut(Shape):
    line: int
    reason: str


class PerformanceReportOut(Shape):
    """What became of every row: `rows` are `matched`, `unmatched` and `malformed` together."""

    rows: int
    matched: int
    unmatched: int
    malformed: int
    stored: int = Field(description="Days and placements of creatives that the file tells of.")
    changed: int = Field(description="Of these, those that were not stored like this before.")
    totals: TotalsOut
    not_matched: list[NotMatchedOut] = Field(description="Up to 1,000 keys in the order of the file.")
    more_not_matched: int = Field(description="Further keys.")
    malformed_rows: list[MalformedRowOut] = Field(description="Up to 1,000 rows that could not be read.")
    more_malformed_rows: int
    ignored_columns: list[str] = Field(description="Columns of the header that mean nothing here.")


class DailyPerformanceOut(DeliveryFiguresOut):
    day: date
    placement: str = Field(description="Empty when none was named.")


class CreativePerformanceOut(Shape):
    items: list[DailyPerformanceOut]
    next_cursor: str | None


class DeliveredOut(Shape):
    creatives: int
    impressions: int
    events: int = Field(description="Clicks for `ctr`, conversions for `cvr` and `cpa`.")


class ElementLiftOut(Shape):
    kind: ElementKind
    name: str = Field(description="A topic's id, a colour's `class_en`, an object's class, a word, or a band.")
    title: TitleOut | None = Field(default=None, description="For people, where the taxonomy has one.")
    have: DeliveredOut = Field(description="Creatives that have it, where they can be compared.")
    have_not: DeliveredOut = Field(description="Creatives of the same groups and placements that have it not.")
    ratio: float | None = Field(
        description="The metric of those by that of these, in the same group and placement; 1.2 is 20 % more."
    )
    low: float | None = Field(description="With 95 % confidence the ratio is at least this,")
    high: float | None = Field(description="and at most this.")
    raw_ratio: float | None = Field(description="The same with nothing adjusted, over all creatives: it may mislead.")
    p: float | None
    corrected_p: float | None = Field(description="After Holm's correction over all elements that were tested.")
    clear: bool = Field(description="`corrected_p` is below 0.05.")
    insufficient: str | None = Field(description="Why there is no estimate.")


class LiftOut(Shape):
    metric: Metric
    total: DeliveredOut = Field(description="All creatives with figures that the filters leave.")
    spread: float | None = Field(
        description="Coefficient of variation of the true rates of creatives of the same group and placement."
    )
    tested: int = Field(description="Elements with an estimate: so many were corrected for.")
    elements: list[ElementLiftOut] = Field(description="The clearest first; those without an estimate last.")


class PerformanceFileOut(Shape):
    file_id: UUID
    form: UploadFormOut


class ImportIn(Shape):
    """How to read the file; its first bytes say whether it is compressed with gzip."""

    format: Literal["csv", "json"] = "csv"
    charset: str | None = Field(
        default=None, max_length=100, description="UTF-8 or UTF-16 when you send none.", examples=["windows-1251"]
    )


def report_out(report: PerformanceReport, most: int = MOST_LISTED) -> PerformanceReportOut:
    """With the first `most` of the keys without a creative, and of the rows that could not be read."""
    sent, matched, unmatched = report.sent, report.matched, report.unmatched

    def counts(name: str) -> CountTotalsOut:
        return CountTotalsOut(
            sent=getattr(sent, name), matched=getattr(matched, name), unmatched=getattr(unmatched, name)
        )

    return PerformanceReportOut(
        rows=report.rows,
        matched=report.matched_rows,
        unmatched=report.unmatched_rows,
        malformed=report.malformed,
        stored=report.stored,
        changed=report.changed,
        totals=TotalsOut(
            impressions=counts("impressions"),
            clicks=counts("clicks"),
            conversions=ConversionTotalsOut(
                sent=sent.conversions, matched=matched.conversions, unmatched=unmatched.conversions
            ),
            spend=MoneyTotalsOut(sent=sent.spend, matched=matched.spend, unmatched=unmatched.spend),
        ),
        not_matched=[
            NotMatchedOut(
                by=lost.kind,
                key=lost.key,
                reason=lost.reason,
                line=lost.line,
                rows=lost.rows,
                **_figures(lost.figures),
            )
            for lost in report.not_matched[:most]
        ],
        more_not_matched=report.not_matched_keys - len(report.not_matched[:most]),
        malformed_rows=[MalformedRowOut(line=row.line, reason=row.reason) for row in report.malformed_rows[:most]],
        more_malformed_rows=report.malformed - len(report.malformed_rows[:most]),
        ignored_columns=list(report.ignored_columns),
    )


def creative_performance_out(days: Sequence[DailyPerformance], next_cursor: str | None) -> CreativePerformanceOut:
    return CreativePerformanceOut(
        items=[DailyPerformanceOut(day=row.day, placement=row.placement, **_figures(row.figures)) for row in days],
        next_cursor=next_cursor,
    )


def lift_out(lift: Lift) -> LiftOut:
    return LiftOut(
        metric=lift.metric,
        total=_delivered_out(lift.total),
        spread=lift.spread,
        tested=lift.tested,
        elements=[_element_out(element) for element in lift.elements],
    )


CLEAR = 0.05


def _element_out(lift: ElementLift) -> ElementLiftOut:
    return ElementLiftOut(
        kind=lift.element.kind,
        name=lift.element.name,
        title=_title(lift.element),
        have=_delivered_out(lift.have),
        have_not=_delivered_out(lift.have_not),
        ratio=lift.ratio,
        low=lift.low,
        high=lift.high,
        raw_ratio=lift.raw_ratio,
        p=lift.p,
        corrected_p=lift.corrected_p,
        clear=lift.corrected_p is not None and lift.corrected_p < CLEAR,
        insufficient=lift.insufficient,
    )


def _title(element: Element) -> TitleOut | None:
    if element.kind is ElementKind.TOPIC and element.name in taxonomy().topics:
        return title_of(element.name)
    if element.kind is ElementKind.COLOR_CLASS and element.name in BY_NAME:
        return TitleOut(ru=BY_NAME[element.name].title_ru, en=element.name)
    return None


def _figures(figures: Metrics) -> dict[str, Any]:
    return {
        "impressions": figures.impressions,
        "clicks": figures.clicks,
        "conversions": figures.conversions,
        "spend": figures.spend,
    }


def _delivered_out(delivered: Delivered) -> DeliveredOut:
    return DeliveredOut(creatives=delivered.creatives, impressions=delivered.impressions, events=delivered.events)
