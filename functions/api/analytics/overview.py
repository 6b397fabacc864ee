"""Shapes of the figures over a group and over all of a workspace's creatives."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from adlens.domain.analytics import Analytics
from adlens.domain.colors import BY_NAME
from functions.api.legacy.topic_table import TopicRowOut
from functions.api.shapes import HexColor, Shape, TitleOut, Utc, largest_first, named, rounded, title_of


class SummaryOut(Shape):
    total_creatives: int
    analysed_creatives: int = Field(description="Creatives with findings: all figures are over these.")
    avg_ocr_confidence: float | None = Field(description="Mean over text blocks; null when there are none.")
    avg_object_confidence: float | None = Field(description="Mean over shown objects; null when there are none.")
    avg_topic_confidence: float | None = Field(
        description="Mean over creatives with a topic; null when there are none."
    )


class TopicCountOut(Shape):
    topic: str = Field(examples=["cups"])
    count: int = Field(description="Creatives with this `main_topic`, whatever the decision.", examples=[12])
    unsure: int = Field(description="Those of them whose topic is a guess.", examples=[3])
    title: TitleOut


class TopicColorOut(Shape):
    color_class: str = named("class", examples=["Красный"])
    hex: HexColor
    percent: float
    class_en: str = Field(examples=["red"])


class ColorCountOut(Shape):
    hex: HexColor
    count: int = Field(description="Creatives with this dominant colour.")


class ObjectCountOut(Shape):
    class_name: str = named("class", examples=["cup"])
    count: int = Field(description="Creatives in which it was found.")


class WordCountOut(Shape):
    word: str = Field(description="In lower case, ё as е.", examples=["скидка"])
    count: int = Field(description="Creatives whose text has it.")


class ColorClassCountOut(TopicColorOut):
    count: int = Field(description="Creatives with a colour of the class.")


class AnalyticsOut(Shape):
    summary: SummaryOut
    topics: list[TopicCountOut]
    dominant_colors: list[ColorCountOut]
    topics_table: list[TopicRowOut]
    total_processing_time: float = Field(description="Seconds.")
    total_creatives_in_group: int
    avg_time_per_creative: float | None = Field(description="Seconds; null when nothing was analysed.")
    color_class_distribution: dict[str, float] = Field(
        description="Sum of percents by colour class.", examples=[{"Красный": 181.5, "Белый": 118.5}]
    )
    topic_color_distribution: dict[str, list[TopicColorOut]] = Field(
        description="By topic: its five largest colour classes, normalised to 100."
    )
    objects: list[ObjectCountOut] = Field(description="The 30 most frequent.")
    words: list[WordCountOut] = Field(
        description="The 50 most frequent of at least three letters; stop words are left out."
    )
    color_classes: list[ColorClassCountOut] = Field(
        description="`percent` is the mean over analysed creatives, largest first."
    )
    updated_at: Utc | None


def analytics_out(figures: Analytics) -> AnalyticsOut:
    return AnalyticsOut(
        summary=SummaryOut(
            total_creatives=figures.creatives,
            analysed_creatives=figures.analysed,
            avg_ocr_confidence=rounded(figures.mean_ocr_confidence),
            avg_object_confidence=rounded(figures.mean_object_confidence),
            avg_topic_confidence=rounded(figures.mean_topic_confidence),
        ),
        topics=[
            TopicCountOut(topic=row.topic, count=row.count, unsure=row.unsure, title=title_of(row.topic))
            for row in figures.topics
        ],
        dominant_colors=[ColorCountOut(hex=color, count=count) for color, count in figures.colors],
        topics_table=[
            TopicRowOut(
                topic=row.topic,
                count=row.count,
                ocr_confidence=rounded(row.mean_ocr_confidence),
                object_confidence=rounded(row.mean_object_confidence),
                topic_confidence=rounded(row.mean_topic_confidence),
                avg_seconds=rounded(row.mean_seconds),
                title=title_of(row.topic),
            )
            for row in figures.topics
        ],
        total_processing_time=round(figures.processing_seconds, 3),
        total_creatives_in_group=figures.creatives,
        avg_time_per_creative=round(figures.processing_seconds / figures.analysed, 3) if figures.analysed else None,
        color_class_distribution={
            BY_NAME[name].title_ru: round(percent, 2) for name, percent in largest_first(figures.class_percents)
        },
        topic_color_distribution={
            topic: top_colors(percents) for topic, percents in figures.topic_class_percents.items()
        },
        objects=[ObjectCountOut(class_name=name, count=count) for name, count in figures.objects],
        words=[WordCountOut(word=word, count=count) for word, count in figures.words],
        color_classes=_color_classes_out(figures),
        updated_at=figures.updated_at,
    )


def top_colors(percents: Mapping[str, float], top: int = 5) -> list[TopicColorOut]:
    largest = [(name, percent) for name, percent in largest_first(percents)[:top] if percent > 0]
    total = sum(percent for _, percent in largest)
    return [
        TopicColorOut(
            color_class=BY_NAME[name].title_ru,
            hex=BY_NAME[name].shown,
            percent=round(100 * percent / total, 2),
            class_en=name,
        )
        for name, percent in largest
    ]


def _color_classes_out(figures: Analytics) -> list[ColorClassCountOut]:
    counts = dict(figures.color_classes)
    return [
        ColorClassCountOut(
            color_class=BY_NAME[name].title_ru,
            hex=BY_NAME[name].shown,
            percent=round(percent / figures.analysed, 2),
            class_en=name,
            count=counts[name],
        )
        for name, percent in largest_first(figures.class_percents)
        if name in counts
    ]
