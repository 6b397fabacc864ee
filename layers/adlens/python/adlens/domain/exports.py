"""Files made of a workspace's creatives: what was asked for, how far it is, and the message that starts one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from adlens.domain.creative import Creative, Failure
from adlens.domain.gallery import CreativeFilter
from adlens.domain.work_request import is_work_request, parse_work_request, work_request

KEPT_FOR = timedelta(days=7)
"""How long an export and its file are kept. The bucket's lifecycle rule has the same number (infra_cdk/buckets.py)."""


class ExportFormat(StrEnum):
    CSV = "csv"
    PARQUET = "parquet"
    COCO = "coco"
    JSONL = "jsonl"

    @property
    def extension(self) -> str:
        return "coco.json" if self is ExportFormat.COCO else self.value

    @property
    def content_type(self) -> str:
        return _CONTENT_TYPES[self]


_CONTENT_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.PARQUET: "application/vnd.apache.parquet",
    ExportFormat.COCO: "application/json",
    ExportFormat.JSONL: "application/jsonl",
}


class Separator(StrEnum):
    """Between the cells of CSV. Excel expects the semicolon where the decimal sign is a comma."""

    COMMA = "comma"
    SEMICOLON = "semicolon"
    TAB = "tab"

    @property
    def character(self) -> str:
        return {Separator.COMMA: ",", Separator.SEMICOLON: ";", Separator.TAB: "\t"}[self]


class ExportState(StrEnum):
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"

    @property
    def ended(self) -> bool:
        return self in (ExportState.DONE, ExportState.FAILED)


@dataclass(frozen=True, slots=True)
class ExportId:
    workspace_id: UUID
    id: UUID


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """What an export holds and how it is written; the separator is that of CSV."""

    format: ExportFormat
    chosen: CreativeFilter = field(default_factory=CreativeFilter)
    with_embeddings: bool = False
    separator: Separator = Separator.COMMA


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A finished file in the store. `rows` counts the creatives in it."""

    object_key: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Export:
    """`done` of `total` creatives are written; the total is None until a worker has counted. `file` is there when the
    state is DONE, `failure` when it is FAILED.
    """

    key: ExportId
    order: ExportOrder
    state: ExportState
    done: int
    total: int | None
    created_at: datetime
    ended_at: datetime | None
    failure: Failure | None
    file: ExportedFile | None


@dataclass(frozen=True, slots=True)
class ExportClaim:
    """The right to write an export; a newer claim makes an older one void."""

    key: ExportId
    order: ExportOrder
    token: UUID

    @property
    def object_key(self) -> str:
        """Each claim has an object of its own: a worker that was overtaken cannot change the file that is served."""
        return f"{self.key.workspace_id}/{self.key.id}/{self.token}.{self.order.format.extension}"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A workspace's creatives at one moment: `total` of them, in the order of their upload, then of their ids."""

    total: int
    creatives: Iterator[Creative]


# --- messages -------------------------------------------------------------------------------------------------------


def export_request(key: ExportId) -> str:
    """The queue message that `parse_export_request` reads back."""
    return work_request("export", key.workspace_id, key.id)


def is_export_request(body: str) -> bool:
    """Whether a message is about an export, well formed or not."""
    return is_work_request("export", body)


def parse_export_request(body: str) -> ExportId:
    """Raises MalformedEvent for anything that `export_request` did not make."""
    return ExportId(*parse_work_request("export", body))
