"""The taxonomy: what a creative can advertise, as topics.toml beside this file says. No code names a topic."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Topic:
    """`titles`, `words` and `clues` go by language, ru and en; `objects` are classes of an object detector, `looks` of
    ImageNet."""

    id: str
    titles: Mapping[str, str]
    words: Mapping[str, Sequence[str]]
    clues: Mapping[str, Sequence[str]]
    objects: Sequence[str]
    looks: Sequence[str]


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """Topics by id in the order of the file; `fallback` is the id of the one for what fits no other."""

    topics: Mapping[str, Topic]
    fallback: str

    def title(self, topic: str, language: str) -> str:
        """The id itself where a model knows a topic that the taxonomy does not."""
        return self.topics[topic].titles[language] if topic in self.topics else topic

    def topic_of_class(self, class_name: str) -> str | None:
        """The topic an object of this class shows, if any."""
        return next((topic.id for topic in self.topics.values() if class_name in topic.objects), None)


@cache
def taxonomy() -> Taxonomy:
    """The one of topics.toml, read on first use."""
    return parse(tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")))


def parse(table: Mapping[str, Any]) -> Taxonomy:
    """Raises ValueError when ids repeat, a class shows two topics, or the fallback is none of the topics."""
    topics = [
        Topic(row["id"], row["title"], row["words"], row["clues"], tuple(row["objects"]), tuple(row["looks"]))
        for row in table["topics"]
    ]
    by_id = {topic.id: topic for topic in topics}
    named = ["objects", "looks"]
    classes = {kind: [name for topic in topics for name in getattr(topic, kind)] for kind in named}
    if len(by_id) < len(topics) or any(len(set(names)) < len(names) for names in classes.values()):
        raise ValueError("topics.toml: an id, an object class or a class of looks is there twice")
    if table["fallback"] not in by_id:
        raise ValueError(f"topics.toml: the fallback {table['fallback']!r} is none of its topics")
    return Taxonomy(by_id, table["fallback"])
