"""Which creatives a request is about: one filter for lists, search, figures, comparisons and exports.

A filter is written as query parameters, as JSON in a body, or as a query string within a parameter; `CreativeQuery`
declares its parameters for all three.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import Depends, Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from adlens.domain.analysis import Decision
from adlens.domain.colors import BY_NAME
from adlens.domain.creative import Status
from adlens.domain.errors import InvalidValue
from adlens.domain.gallery import NO_TOPIC, CreativeFilter
from adlens.domain.topics import taxonomy
from functions.api.shapes import GroupId

T = TypeVar("T")

MAX_VALUES = 100
MAX_NESTED_LETTERS = 4000
MAX_DEPTH = 5
"""Filters within filters."""


def known_topic(topic: str) -> str:
    """Raises InvalidValue unless the taxonomy has it."""
    if topic not in (topics := taxonomy().topics):
        raise InvalidValue(f"There is no topic {topic!r}; there are {', '.join(topics)}.", "topic")
    return topic


def _topic_or_none(topic: str) -> str:
    return topic if topic == NO_TOPIC else known_topic(topic)


def _known_color(name: str) -> str:
    if name not in BY_NAME:
        raise InvalidValue(f"There is no colour class {name!r}; there are {', '.join(BY_NAME)}.", "color")
    return name


def _first_moment(value: Any) -> Any:
    """A day stands for its first moment in UTC."""
    if isinstance(value, str):
        try:
            return datetime.combine(date.fromisoformat(value), time(), UTC)
        except ValueError:
            pass
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("This is beyond the calendar") from error


def _distinct(values: list[T]) -> list[T]:
    return list(dict.fromkeys(values))


Topic = Annotated[str, AfterValidator(_topic_or_none)]
ColorName = Annotated[str, AfterValidator(_known_color)]
Hex = Annotated[
    str, Field(pattern="^#?[0-9a-fA-F]{6}$"), AfterValidator(lambda hex_: f"#{hex_.removeprefix('#').lower()}")
]
Moment = Annotated[datetime, BeforeValidator(_first_moment), AfterValidator(_in_utc)]
Several = Annotated[list[T], Field(max_length=MAX_VALUES), AfterValidator(_distinct)]
Text = Annotated[str, Field(max_length=100)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Pixels = Annotated[int, Field(ge=1, le=100_000)]
Aspect = Annotated[float, Field(gt=0, le=1000)]
Count = Annotated[int, Field(ge=0, le=1000)]
NestedQuery = Annotated[str, Field(max_length=MAX_NESTED_LETTERS)]


class CreativeQuery(BaseModel):
    """The parameters of a `CreativeFilter`: its fields, under the names that the API gives them."""

    group_ids: Several[GroupId] = Field([], alias="group_id", description="One of these groups.")
    topics: Several[Topic] = Field(
        [], alias="topic", description="One of these topics, by id; `none` for creatives without one."
    )
    topic_decisions: Several[Decision] = Field(
        [],
        alias="topic_decision",
        description="One of these: the topic is `sure`, the model is `unsure` of it, a `person` chose it.",
    )
    color_class: ColorName | None = Field(None, alias="color", description="The `class_en` of one of its colours.")
    hex: Hex | None = Field(None, description="One of its colours is within CIEDE2000 10 of this one.")
    min_share: float = Field(0, ge=0, le=100, description="Percent of the picture that `hex` covers.")
    object_class: Text | None = Field(None, alias="object", description="The class of an object found.")
    min_objects: Count | None = Field(None, description="Of `object`, or in all.")
    max_objects: Count | None = Field(None, description="In all.")
    word: Text | None = Field(None, description="A word of its text, whole, as in `words`.")
    phrase: Text | None = Field(
        None,
        alias="q",
        min_length=1,
        description="Words in the picture, Russian or English: other forms, parts of words and slips count.",
    )
    text: Text | None = Field(
        None, description="Words of its text or its file name: other forms, parts and slips count."
    )
    status: Status | None = None
    min_confidence: Fraction | None = Field(None, description="Of the topic.")
    max_confidence: Fraction | None = Field(None, description="Of the topic.")
    min_text_share: Fraction | None = Field(None, description="Part of the picture under text.")
    max_text_share: Fraction | None = Field(None, description="Part of the picture under text.")
    uploaded_from: Moment | None = Field(
        None, alias="from", description="Uploaded then or later: a day (UTC) or a moment."
    )
    uploaded_before: Moment | None = Field(
        None, alias="before", description="Uploaded earlier: a day (UTC) or a moment."
    )
    min_width: Pixels | None = None
    max_width: Pixels | None = None
    min_height: Pixels | None = None
    max_height: Pixels | None = None
    min_aspect: Aspect | None = Field(None, description="Width by height.")
    max_aspect: Aspect | None = Field(None, description="Width by height.")
    within: NestedQuery | None = Field(None, description="A filter as a query string: only what it leaves.")
    rest_of: NestedQuery | None = Field(None, description="A filter as a query string: only what it does not leave.")

    def to_filter(self, name: str = "", depth: int = 0) -> CreativeFilter:
        """The filter, with those nested in it; `name` and `depth` say where it is nested itself. Raises InvalidValue
        naming the parameter at fault."""
        given: dict[str, Any] = {}
        for field in PARAMETERS:
            value = getattr(self, field)
            given[field] = tuple(value) if isinstance(value, list) else value
        for nested in ("within", "rest_of"):
            if given[nested] is not None:
                given[nested] = filter_of(given[nested], f"{name}.{nested}" if name else nested, depth + 1)
        return CreativeFilter(**given)


PARAMETERS = {name: field.alias or name for name, field in CreativeQuery.model_fields.items()}
"""Fields of a filter, and what their parameters are called."""
LISTS = frozenset(PARAMETERS[name] for name, field in CreativeQuery.model_fields.items() if field.default == [])
"""Parameters that may have several values."""


async def creative_filter(query: Annotated[CreativeQuery, Query()]) -> CreativeFilter:
    return query.to_filter()


Filters = Annotated[CreativeFilter, Depends(creative_filter)]


class _StrictQuery(CreativeQuery):
    model_config = ConfigDict(extra="forbid")


def filter_of(query: str, name: str, depth: int = 1) -> CreativeFilter:
    """The filter that a query string stands for, which came as the parameter `name`. Raises InvalidValue naming what is
    at fault."""
    if depth > MAX_DEPTH:
        raise InvalidValue(f"{name}: there are more than {MAX_DEPTH} filters within each other.", name)
    given: dict[str, Any] = {}
    for key, value in parse_qsl(query.removeprefix("?"), keep_blank_values=True):
        given.setdefault(key, []).append(value)
    for key, values in given.items():
        if len(values) == 1 and key not in LISTS:
            given[key] = values[0]
    try:
        parameters = _StrictQuery.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join((name, *map(str, first["loc"][:1])))
        is_unknown = first["type"] == "extra_forbidden"
        reason = "This is no filter" if is_unknown else first["msg"].removeprefix("Value error, ")
        raise InvalidValue(f"{field}: {reason}.", field) from error
    except InvalidValue as error:
        raise InvalidValue(f"{name}.{error.field}: {error}", f"{name}.{error.field}") from error
    return parameters.to_filter(name, depth)


def query_of(filters: CreativeFilter) -> str:
    """The query string, without `?`, that `filter_of` reads as `filters`."""
    given: list[tuple[str, str]] = []
    for field in fields(filters):
        value = getattr(filters, field.name)
        if value == field.default:
            continue
        for one in value if isinstance(value, tuple) else (value,):
            given.append((PARAMETERS[field.name], _parameter(one)))
    return urlencode(given, quote_via=quote)


def _parameter(value: object) -> str:
    if isinstance(value, CreativeFilter):
        return query_of(value)
    return value.isoformat() if isinstance(value, datetime) else str(value)


_FILTER = TypeAdapter(CreativeFilter)


def json_of(filters: CreativeFilter) -> dict[str, Any]:
    """The same as a JSON body has it."""
    given = _FILTER.dump_python(filters, mode="json", exclude_defaults=True)
    nested = ((name, getattr(filters, name)) for name in ("within", "rest_of"))
    given |= {name: query_of(inner) for name, inner in nested if inner is not None}
    return {PARAMETERS[name]: value for name, value in given.items()}
