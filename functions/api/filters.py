"""Which creatives a request is about: the same parameters in lists, search, figures and exports."""

from __future__ import annotations

import functools
from dataclasses import fields, replace
from datetime import UTC, date, datetime, time
from inspect import signature
from typing import Annotated, Any, get_type_hints
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import Depends, Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError, create_model

from adlens.domain.analysis import Decision
from adlens.domain.colors import BY_NAME
from adlens.domain.creative import Status
from adlens.domain.errors import InvalidValue
from adlens.domain.gallery import NO_TOPIC, CreativeFilter
from adlens.domain.topics import taxonomy
from functions.api.schemas import GroupId

MOST_VALUES = 100


def known_topic(topic: str) -> str:
    """Raises InvalidValue unless the taxonomy has it."""
    if topic not in (topics := taxonomy().topics):
        raise InvalidValue(f"There is no topic {topic!r}; there are {', '.join(topics)}.", "topic")
    return topic


def _topic_or_none(topic: str) -> str:
    return topic if topic == NO_TOPIC else known_topic(topic)


def known_color(name: str) -> str:
    """Raises InvalidValue unless it is the English name of a colour class."""
    if name not in BY_NAME:
        raise InvalidValue(f"There is no colour class {name!r}; there are {', '.join(BY_NAME)}.", "color")
    return name


def _moment(value: Any) -> Any:
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


Moment = Annotated[datetime, BeforeValidator(_moment), AfterValidator(_in_utc)]
Fraction = Annotated[float | None, Query(ge=0, le=1)]
Pixels = Annotated[int | None, Query(ge=1, le=100_000)]
Aspect = Annotated[float | None, Query(gt=0, le=1000, description="Width by height.")]
Count = Annotated[int | None, Query(ge=0, le=1000)]
MOST_LETTERS = 4000
Nested = Annotated[str | None, Query(max_length=MOST_LETTERS)]


async def creative_filter(
    group_id: Annotated[list[GroupId], Query(max_length=MOST_VALUES, description="One of these groups.")] = [],  # noqa: B006
    topic: Annotated[
        list[Annotated[str, AfterValidator(_topic_or_none)]],
        Query(max_length=MOST_VALUES, description="One of these topics, by id; `none` for creatives without one."),
    ] = [],  # noqa: B006
    topic_decision: Annotated[
        list[Decision],
        Query(
            max_length=MOST_VALUES,
            description="One of these: the topic is `sure`, the model is `unsure` of it, a `person` chose it.",
        ),
    ] = [],  # noqa: B006
    color: Annotated[
        Annotated[str, AfterValidator(known_color)] | None, Query(description="The `class_en` of one of its colours.")
    ] = None,
    hex: Annotated[  # noqa: A002 - what it is called
        str | None,
        Query(pattern="^#?[0-9a-fA-F]{6}$", description="One of its colours is within CIEDE2000 10 of this one."),
    ] = None,
    min_share: Annotated[float, Query(ge=0, le=100, description="Percent of the picture that `hex` covers.")] = 0,
    object_class: Annotated[
        str | None, Query(alias="object", max_length=100, description="The class of an object found.")
    ] = None,
    min_objects: Annotated[Count, Query(description="Of `object`, or in all.")] = None,
    max_objects: Annotated[Count, Query(description="In all.")] = None,
    word: Annotated[str | None, Query(max_length=100, description="A word of its text, whole, as in `words`.")] = None,
    q: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=100,
            description="Words in the picture, Russian or English: other forms, parts of words and slips count.",
        ),
    ] = None,
    text: Annotated[
        str | None,
        Query(max_length=100, description="Words of its text or its file name: other forms, parts and slips count."),
    ] = None,
    status: Status | None = None,
    min_confidence: Annotated[Fraction, Query(description="Of the topic.")] = None,
    max_confidence: Annotated[Fraction, Query(description="Of the topic.")] = None,
    min_text_share: Annotated[Fraction, Query(description="Part of the picture under text.")] = None,
    max_text_share: Annotated[Fraction, Query(description="Part of the picture under text.")] = None,
    uploaded_from: Annotated[
        Moment | None, Query(alias="from", description="Uploaded then or later: a day (UTC) or a moment.")
    ] = None,
    uploaded_before: Annotated[
        Moment | None, Query(alias="before", description="Uploaded earlier: a day (UTC) or a moment.")
    ] = None,
    min_width: Pixels = None,
    max_width: Pixels = None,
    min_height: Pixels = None,
    max_height: Pixels = None,
    min_aspect: Aspect = None,
    max_aspect: Aspect = None,
    within: Annotated[Nested, Query(description="A filter as a query string: only what it leaves.")] = None,
    rest_of: Annotated[Nested, Query(description="A filter as a query string: only what it does not leave.")] = None,
) -> CreativeFilter:
    return CreativeFilter(
        group_ids=tuple(dict.fromkeys(group_id)),
        topics=tuple(dict.fromkeys(topic)),
        topic_decisions=tuple(dict.fromkeys(topic_decision)),
        color_class=color,
        hex=None if hex is None else f"#{hex.removeprefix('#').lower()}",
        min_share=min_share,
        object_class=object_class,
        min_objects=min_objects,
        max_objects=max_objects,
        word=word,
        phrase=q,
        text=text,
        status=status,
        min_confidence=min_confidence,
        max_confidence=max_confidence,
        min_text_share=min_text_share,
        max_text_share=max_text_share,
        uploaded_from=uploaded_from,
        uploaded_before=uploaded_before,
        min_width=min_width,
        max_width=max_width,
        min_height=min_height,
        max_height=max_height,
        min_aspect=min_aspect,
        max_aspect=max_aspect,
        within=None if within is None else await filter_of(within, "within"),
        rest_of=None if rest_of is None else await filter_of(rest_of, "rest_of"),
    )


Filters = Annotated[CreativeFilter, Depends(creative_filter)]

DEEPEST = 5
"""Filters within filters."""


def filters_model(name: str, base: type[BaseModel], doc: str | None = None) -> type[BaseModel]:
    """A model with the parameters of `creative_filter` as its fields, to read them from elsewhere than from a query."""
    types = get_type_hints(creative_filter, include_extras=True)
    defaults = {key: parameter.default for key, parameter in signature(creative_filter).parameters.items()}
    fields: dict[str, Any] = {key: (types[key], default) for key, default in defaults.items()}
    return create_model(name, __base__=base, __doc__=doc, **fields)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


@functools.cache
def _parameters() -> type[BaseModel]:
    return filters_model("Parameters", _Strict)


async def filter_of(query: str, name: str, depth: int = 1) -> CreativeFilter:
    """What a query string asks for that came as the parameter `name`. Raises InvalidValue naming what is at fault."""
    if depth > DEEPEST:
        raise InvalidValue(f"{name}: there are more than {DEEPEST} filters within each other.", name)
    given: dict[str, Any] = {}
    for key, value in parse_qsl(query.removeprefix("?"), keep_blank_values=True):
        given.setdefault(key, []).append(value)
    for key, values in given.items():
        if len(values) == 1 and key not in _LISTS:
            given[key] = values[0]
    try:
        chosen = _parameters().model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join((name, *map(str, first["loc"][:1])))
        unknown = first["type"] == "extra_forbidden"
        said = "This is no filter" if unknown else first["msg"].removeprefix("Value error, ")
        raise InvalidValue(f"{place}: {said}.", place) from error
    except InvalidValue as error:
        raise InvalidValue(f"{name}.{error.field}: {error}", f"{name}.{error.field}") from error
    asked = dict(chosen)
    parts = {part: asked.pop(part) for part in ("within", "rest_of")}
    nested: dict[str, Any] = {
        part: await filter_of(inner, f"{name}.{part}", depth + 1) for part, inner in parts.items() if inner is not None
    }
    return replace(await creative_filter(**asked), **nested)


_LISTS = ("group_id", "topic", "topic_decision")

PARAMETERS = {
    "group_ids": "group_id",
    "topics": "topic",
    "topic_decisions": "topic_decision",
    "color_class": "color",
    "object_class": "object",
    "phrase": "q",
    "uploaded_from": "from",
    "uploaded_before": "before",
}


def _written(value: object) -> str:
    if isinstance(value, CreativeFilter):
        return query_of(value)
    return value.isoformat() if isinstance(value, datetime) else str(value)


def query_of(chosen: CreativeFilter) -> str:
    """The parameters that `creative_filter` reads as `chosen`, as a query string without `?`."""
    given: list[tuple[str, str]] = []
    for field in fields(chosen):
        value = getattr(chosen, field.name)
        if value == field.default:
            continue
        name = PARAMETERS.get(field.name, field.name)
        for one in value if isinstance(value, tuple) else (value,):
            given.append((name, _written(one)))
    return urlencode(given, quote_via=quote)
