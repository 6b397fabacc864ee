"""What the shapes of all capabilities share. Needs pydantic and the domain only: `adlens analyze` prints such shapes.

Names and texts are those of the service this API replaces: its clients parse them. What is new stands beside them
under names of its own (`stages`, `failure`, `main_topic_title`, `class_en`, ...).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from adlens.domain.analysis import Decision
from adlens.domain.creative import Failure, check_group_id
from adlens.domain.text import clean_filename
from adlens.domain.topics import taxonomy


def filename_or_unnamed(name: str) -> str:
    return clean_filename(name) or "unnamed"


GroupId = Annotated[
    str,
    AfterValidator(check_group_id),
    Field(description="The group's id, made by the client.", examples=["grp_20260301_101500_a1b2c3"]),
]
Utc = Annotated[datetime, AfterValidator(lambda value: value.astimezone(UTC))]
Filename = Annotated[
    str, AfterValidator(filename_or_unnamed), Field(description="As its owner knows it.", examples=["mug.jpg"])
]
Fraction = Annotated[float, Field(description="0 to 1.")]
TopicDecision = Annotated[
    Decision | None,
    Field(
        description="`sure`: at least nine of ten such topics are right; `unsure`: `main_topic` is a guess; `person`: "
        "somebody chose it. Null without a topic.",
        examples=["sure"],
    ),
]
MoreThanTotal = Annotated[bool, Field(description="Counting ended at `total`, and there may be more.")]
HexColor = Annotated[str, Field(description="#rrggbb.", examples=["#bc0e0e"])]
CREATIVE_ID = "0b9d5f0c-6a3e-4c1b-9d55-2f4a7c1e8b11"
GROUP_ID = "grp_20260301_101500_a1b2c3"


def named(name: str, **options: Any) -> Any:
    """A field whose name in JSON is no Python name."""
    return Field(validation_alias=name, serialization_alias=name, **options)


class Shape(BaseModel):
    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True, extra="forbid")


class ErrorOut(Shape):
    """Every answer that is not a success."""

    detail: str = Field(description="What went wrong and what to do, for people.")
    code: str = Field(description="The same for machines; it does not change between releases.")
    field: str | None = Field(default=None, description="The part of the request that is at fault, if it is one.")
    request_id: str = Field(description="Name this when you report a problem.")


class TitleOut(Shape):
    ru: str
    en: str


class FailureOut(Shape):
    code: str
    reason: str


def title_of(topic: str) -> TitleOut:
    return TitleOut(ru=taxonomy().title(topic, "ru"), en=taxonomy().title(topic, "en"))


def failure_out(failure: Failure | None) -> FailureOut | None:
    return FailureOut(code=failure.code, reason=failure.reason) if failure else None


def largest_first(percents: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(percents.items(), key=lambda item: (-item[1], item[0]))


def rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
