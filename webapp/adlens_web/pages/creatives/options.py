"""The values of the filters, the active filters and the corrected words, made from the API's answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adlens_web import filters
from adlens_web.api import answers
from adlens_web.routes import CREATIVES, address
from adlens_web.texts import color_title, object_title


@dataclass
class Option:
    """A value of a filter and its titles; a class of colours has a `hex`."""

    value: str
    ru: str
    en: str
    hex: str = ""


@dataclass
class Chip:
    """An active filter; `address` is the gallery without it. A filter by colour has a `hex`."""

    name: str
    ru: str
    en: str
    address: str
    hex: str = ""


@dataclass
class Correction:
    """A word of the search as `typed`, and the similar `words` that were searched for."""

    typed: str
    words: str


@dataclass
class Options:
    """The values of the filters; objects and words are those of the group. `unsure` of its creatives have a guess for
    a topic."""

    groups: list[Option]
    topics: list[Option]
    colors: list[Option]
    objects: list[Option]
    words: list[str]
    unsure: int


NO_OPTIONS = Options([], [], [], [], [], 0)


def options_of(
    taxonomy: answers.Taxonomy, groups: Sequence[answers.Group], analytics: answers.Analytics, selected_object: str
) -> Options:
    """`analytics` are those of the group, or of all creatives. Each of the groups is listed once, and the selected
    object always, even if it is none of the most frequent."""
    names = {group["group_id"]: group["name"] or group["group_id"] for group in groups}
    classes = dict.fromkeys(
        [*(entry["class"] for entry in analytics["objects"]), *([selected_object] if selected_object else [])]
    )
    return Options(
        groups=[Option(id_, name, name) for id_, name in names.items()],
        topics=[Option(entry["topic"], entry["title"]["ru"], entry["title"]["en"]) for entry in taxonomy["topics"]],
        colors=[
            Option(entry["class_en"], *color_title(entry["class_en"]), entry["hex"])
            for entry in taxonomy["color_classes"]
        ],
        objects=[Option(name, *object_title(name)) for name in classes],
        words=[entry["word"] for entry in analytics["words"]],
        unsure=sum(entry["unsure"] for entry in analytics["topics"]),
    )


def titles_of(options: Options) -> dict[str, dict[str, tuple[str, str]]]:
    by_filter = {"group": options.groups, "topic": options.topics, "color": options.colors}
    return {name: {one.value: (one.ru, one.en) for one in listed} for name, listed in by_filter.items()}


def chips_of(selected: Mapping[str, str], options: Options) -> list[Chip]:
    """The active filters, in the order of the page."""
    titles = titles_of(options)
    return [
        Chip(
            name,
            *filters.value_title(name, value, titles),
            address(CREATIVES, **filters.without(selected, name)),
            hex=f"#{value.removeprefix('#')}" if name == "hex" else "",
        )
        for name in filters.FILTERS
        if (value := selected[name])
    ]


def corrections_of(terms: Sequence[answers.Term]) -> list[Correction]:
    """The words of a search for which similar words were searched."""
    return [Correction(term["typed"], ", ".join(term["guessed"])) for term in terms if term["guessed"]]


def words_of(terms: Sequence[answers.Term]) -> set[str]:
    """All words that were searched for."""
    return {word for term in terms for word in term["words"]}
