"""Groups with their counts, topics and colours, made from the API's answers."""

from __future__ import annotations

from dataclasses import dataclass

from adlens_web.api import answers
from adlens_web.cards import Strip, strip_of
from adlens_web.filters import SETTLED
from adlens_web.routes import CREATIVES, address


@dataclass
class TopicCount:
    """Creatives whose topic is no guess; `address` is their gallery."""

    topic: str
    ru: str
    en: str
    count: int
    address: str


@dataclass
class Group:
    """`title` is the name, or the id of a group without a name."""

    group_id: str
    name: str
    title: str
    created_at: str
    count: int
    pending: int
    done: int
    failed: int
    topics: list[TopicCount]
    strip: Strip


def group_of(group: answers.Group) -> Group:
    by_status, name = group["by_status"], group["name"] or ""
    return Group(
        group_id=group["group_id"],
        name=name,
        title=name or group["group_id"],
        created_at=group["created_at"],
        count=group["count"],
        pending=by_status.get("PENDING", 0) + by_status.get("PROCESSING", 0),
        done=by_status.get("SUCCESS", 0),
        failed=by_status.get("ERROR", 0),
        topics=_topics_of(group),
        strip=strip_of(group["colors"]),
    )


def _topics_of(group: answers.Group) -> list[TopicCount]:
    found = [
        TopicCount(
            entry["topic"],
            entry["title"]["ru"],
            entry["title"]["en"],
            entry["count"] - entry["unsure"],
            address(CREATIVES, group=group["group_id"], topic=entry["topic"], topic_decision=SETTLED),
        )
        for entry in group["topics"]
    ]
    return sorted((topic for topic in found if topic.count), key=lambda topic: -topic.count)
