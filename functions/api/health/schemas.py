"""Shapes of the state of the service."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from adlens.domain.analysis import BundleInfo, Stage
from adlens.domain.errors import TransientError
from adlens.services.check_health import Checked, Health
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


def health_out(health: Health, version: str) -> HealthOut:
    return HealthOut(
        status="ok" if health.is_ok else "failed",
        version=version,
        database=_part_out(health.database),
        store=_part_out(health.store),
        queue=_part_out(health.queue),
        models=_models_out(health.bundle),
    )


def _part_out(part: Checked[None]) -> PartHealthOut:
    return PartHealthOut(
        status="failed" if part.error else "ok", latency_ms=_milliseconds(part), detail=_detail(part.error)
    )


def _models_out(checked: Checked[BundleInfo]) -> ModelsHealthOut:
    bundle, latency = checked.found, _milliseconds(checked)
    if checked.error:
        return ModelsHealthOut(status="failed", latency_ms=latency, detail=_detail(checked.error))
    if bundle is None:
        return ModelsHealthOut(status="unknown", latency_ms=latency, detail="No worker has reported its models yet.")
    return ModelsHealthOut(
        status="ok",
        latency_ms=latency,
        detail=f"{bundle.name} {bundle.version}",
        checksum=bundle.checksum,
        stages={
            # A worker of another release may tell more than this one knows.
            stage: StageModelOut.model_validate({"engine": engine} | dict(bundle.about.get(stage, {})), extra="ignore")
            for stage, engine in bundle.engines.items()
        },
    )


def _milliseconds(part: Checked[Any]) -> float:
    return round(1000 * part.seconds, 1)


def _detail(error: Exception | None) -> str | None:
    if error is None:
        return None
    return str(error) if isinstance(error, TransientError) else "It cannot be used; the log says why."
