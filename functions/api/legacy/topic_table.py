"""The table of topics as users of the service before this one see it: its headers are Russian."""

from __future__ import annotations

from pydantic import Field

from functions.api.shapes import Shape, TitleOut, named


class TopicRowOut(Shape):
    """A row of the table that users see. The "C" that begins the last header is a Latin letter, as clients expect."""

    topic: str = named("Тематики", examples=["cups"])
    count: int = named("Кол-во")
    ocr_confidence: float | None = named("Ср. уверенность (OCR)")
    object_confidence: float | None = named("Ср. уверенность (объекты)")
    topic_confidence: float | None = named("Cр. уверенность (топики)")
    avg_seconds: float | None = Field(description="Mean over its creatives.")
    title: TitleOut
