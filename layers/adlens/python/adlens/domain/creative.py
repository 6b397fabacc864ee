"""A creative, its group, and the state it is in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from adlens.domain.analysis import Analysis, Decision, ImageFacts, StageRun
from adlens.domain.errors import InvalidValue

_GROUP_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


class Status(StrEnum):
    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    SUCCESS = "SUCCESS"
    ERROR = "ERROR"

    @property
    def ended(self) -> bool:
        return self in (Status.SUCCESS, Status.ERROR)


@dataclass(frozen=True, slots=True)
class CreativeId:
    """A creative within its workspace: ids are made by clients, so they are unique inside one workspace only."""

    workspace_id: UUID
    id: UUID


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a creative ended in ERROR: a stable code and a sentence for people."""

    code: str
    reason: str


def stage_failure(analysis: Analysis) -> Failure | None:
    """What a creative with this analysis ends with: the first stage that failed, or None when all ended well."""
    return None if analysis.failure is None else Failure("stage_failed", analysis.failure)


@dataclass(frozen=True, slots=True)
class NewCreative:
    """What is known of a creative before its bytes arrive."""

    id: UUID
    filename: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Creative:
    """A creative as it is stored; `analysis` is there once one has ended, and stays while a newer one runs.

    `revision` counts the analyses asked for; `facts` are None until the file has been decoded.
    """

    key: CreativeId
    group_id: str
    filename: str
    object_key: str
    status: Status
    uploaded_at: datetime
    revision: int
    size: int | None
    facts: ImageFacts | None
    stages: tuple[StageRun, ...]
    failure: Failure | None
    analysis: Analysis | None
    has_preview: bool = False


@dataclass(frozen=True, slots=True)
class CreativeSummary:
    """A row of a list: everything but the findings."""

    id: UUID
    group_id: str
    filename: str
    object_key: str
    status: Status
    uploaded_at: datetime
    size: int | None
    facts: ImageFacts | None
    stages: tuple[StageRun, ...]
    failure: Failure | None
    topic: str | None
    topic_confidence: float | None
    topic_decision: Decision | None
    analysed: bool


@dataclass(frozen=True, slots=True)
class CreativeProgress:
    """How far one of a group's creatives is. `stages` are all of them, in the order they run."""

    id: UUID
    filename: str
    status: Status
    stages: tuple[StageRun, ...]
    failure: Failure | None
    topic: str | None
    topic_confidence: float | None
    topic_decision: Decision | None


@dataclass(frozen=True, slots=True)
class GroupSummary:
    """A group at a glance. `topics` holds (topic, creatives, how many of them are unsure), most frequent first;
    `class_percents` adds up the swatches' percents per colour class.
    """

    group_id: str
    name: str | None
    count: int
    created_at: datetime
    by_status: Mapping[Status, int]
    topics: tuple[tuple[str, int, int], ...]
    class_percents: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to analyse one state of a creative's object; a newer claim makes an older one void."""

    key: CreativeId
    group_id: str
    object_key: str
    revision: int
    token: UUID
    dominant_colors: int
    secondary_colors: int


def check_group_id(group_id: str) -> str:
    """Raises InvalidValue unless `group_id` can be a path segment of a URL and of an object key."""
    if not _GROUP_ID.fullmatch(group_id):
        raise InvalidValue(
            "A group id has 1 to 100 letters, digits, '-', '_' or '.', and starts with a letter or digit.", "group_id"
        )
    return group_id


def object_key(key: CreativeId, group_id: str) -> str:
    return f"{key.workspace_id}/{group_id}/{key.id}"


def preview_key(object_key: str) -> str:
    """Where the preview of the creative at `object_key` is, in a store of its own."""
    return f"{object_key}.webp"


def parse_object_key(value: str) -> tuple[CreativeId, str]:
    """The creative and group of an object key; raises InvalidValue when it is not one that `object_key` made."""
    try:
        workspace, group_id, creative = value.split("/")
        return CreativeId(UUID(workspace), UUID(creative)), check_group_id(group_id)
    except ValueError as error:
        raise InvalidValue(f"{value!r} is not the key of a creative.", "key") from error
