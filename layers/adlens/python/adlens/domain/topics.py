"""The topics a creative can have, and the COCO classes that speak for each of them."""

from __future__ import annotations

from enum import StrEnum


class Topic(StrEnum):
    TIES = "ties"
    CUPS = "cups"
    CUTLERY = "cutlery"
    BAGS = "bags"
    CLOCKS = "clocks"
    OTHER = "other"


COCO_EVIDENCE: dict[Topic, tuple[str, ...]] = {
    Topic.TIES: ("tie",),
    Topic.CUPS: ("cup",),
    Topic.CUTLERY: ("fork", "knife", "spoon", "bowl", "wine glass"),
    Topic.BAGS: ("handbag", "backpack", "suitcase"),
    Topic.CLOCKS: ("clock",),
}
