"""Shapes of the state of the service."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from adlens.domain.analysis import BundleInfo, Stage
from functions.api.shapes import Shape


class PartHealthOut(Shape):
    status: Literal["ok", "failed", "unknown"]
    latency_ms: float | None = None
    detail: str | None = None


class StageModelOut(Shape):
    """What finds the findings of one stage, in the words of its maker."""

    engine: str
    licence: str | None = None
    source: str | None = None
    quality: str | None = Field(default=None, description="What was measured, on which data.")
    limits: str | None = Field(default=None, description="What it is known to get wrong.")
    unpinned: str | None = Field(default=None, description="Files that its manifest gives no sha256 of.")


class ModelsHealthOut(PartHealthOut):
    """The bundle that a worker reported last. A stage that is not in `stages` has no model."""

    checksum: str | None = Field(default=None, description="As in each creative's `models`.")
    stages: dict[Stage, StageModelOut] = Field(default_factory=dict)


class HealthOut(Shape):
    status: Literal["ok", "failed"]
    version: str
    database: PartHealthOut
    store: PartHealthOut
    queue: PartHealthOut
    models: ModelsHealthOut


def models_health_out(bundle: BundleInfo) -> ModelsHealthOut:
    return ModelsHealthOut(
        status="ok",
        detail=f"{bundle.name} {bundle.version}",
        checksum=bundle.checksum,
        stages={
            # A worker of another release may tell more than this one knows.
            stage: StageModelOut.model_validate({"engine": engine} | dict(bundle.about.get(stage, {})), extra="ignore")
            for stage, engine in bundle.engines.items()
        },
    )
