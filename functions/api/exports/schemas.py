"""Shapes of exports."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from adlens.domain.exports import KEPT_FOR, Export, ExportFormat, ExportState, Separator
from adlens.services.exports import ExportLink
from functions.api.query import LISTS, CreativeQuery
from functions.api.shapes import FailureOut, Shape, Utc

_EXPORT_ID = "6a1f0f6e-9d0c-4b43-8f0e-2f1f3a5b7c91"


class ExportFiltersIn(CreativeQuery):
    """The parameters of `GET /creatives` that say which creatives are meant; without any, all are."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _one_is_a_list_of_one(cls, given: Any) -> Any:
        """As in a query, where one value and several look alike."""
        if not isinstance(given, dict):
            return given
        return {
            name: [value] if name in LISTS and not isinstance(value, list) else value for name, value in given.items()
        }


class ExportIn(Shape):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"format": "parquet", "filters": {"group_id": ["grp_1"], "topic": ["cups"]}}]}
    )

    format: ExportFormat
    filters: ExportFiltersIn = Field(default_factory=ExportFiltersIn)
    include_embeddings: bool = Field(default=False, description="Adds the vector that `similar` compares by.")
    separator: Separator = Field(default=Separator.COMMA, description="Of CSV: `semicolon` opens in Russian Excel.")


class ExportProgressOut(Shape):
    done: int = Field(description="Creatives written.", examples=[4000])
    total: int | None = Field(description="Creatives to write; null until they are counted.", examples=[12000])


class ExportOut(Shape):
    export_id: UUID = Field(examples=[_EXPORT_ID])
    format: ExportFormat
    filters: dict[str, Any] = Field(
        description="As asked: the parameters of `GET /creatives`.",
        examples=[{"group_id": ["grp_1"], "topic": ["cups"]}],
    )
    include_embeddings: bool
    separator: Separator = Field(description="Of CSV.")
    state: ExportState
    progress: ExportProgressOut
    created_at: Utc
    ended_at: Utc | None
    kept_until: Utc | None = Field(description="When the export and its file are deleted; null until it has ended.")
    failure: FailureOut | None = Field(description="Why state is FAILED.")
    rows: int | None = Field(description="Creatives in the file; null until it is DONE.", examples=[12000])
    bytes: int | None = Field(examples=[7340032])
    sha256: str | None = Field(description="Of the file, in hex.")


class ExportWithLinkOut(ExportOut):
    url: str | None = Field(description="Where the file is downloaded, without a key; null until it is DONE.")
    expires_at: Utc | None = Field(description="When `url` stops working; this address then gives another.")


def export_out(export: Export, filters: dict[str, Any]) -> ExportOut:
    return ExportOut(**_fields(export, filters))


def export_with_link_out(export: Export, filters: dict[str, Any], link: ExportLink | None) -> ExportWithLinkOut:
    return ExportWithLinkOut(**_fields(export, filters), url=link and link.url, expires_at=link and link.expires_at)


def _fields(export: Export, filters: dict[str, Any]) -> dict[str, Any]:
    file, failure = export.file, export.failure
    return {
        "export_id": export.key.id,
        "format": export.order.format,
        "filters": filters,
        "include_embeddings": export.order.with_embeddings,
        "separator": export.order.separator,
        "state": export.state,
        "progress": ExportProgressOut(done=export.done, total=export.total),
        "created_at": export.created_at,
        "ended_at": export.ended_at,
        "kept_until": export.ended_at and export.ended_at + KEPT_FOR,
        "failure": failure and FailureOut(code=failure.code, reason=failure.reason),
        "rows": file and file.rows,
        "bytes": file and file.bytes,
        "sha256": file and file.sha256,
    }
