"""Shapes of the stages of an analysis."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from adlens.domain.analysis import Stage, StageRun, StageState
from adlens.domain.creative import Status
from functions.api.shapes import Shape, Utc


class StageOut(Shape):
    status: StageState
    started_at: Utc | None = None
    seconds: float | None = Field(default=None, description="Wall time; null until the stage has ended.")
    reason: str | None = Field(default=None, description="Why the stage failed or was not available.")


class StagesOut(Shape):
    ocr: StageOut
    detection: StageOut
    classification: StageOut
    color: StageOut


def stages_out(runs: Sequence[StageRun], status: Status) -> StagesOut:
    by_stage = {run.stage: run for run in runs}
    return StagesOut(**{stage: _stage_out(by_stage.get(stage) or StageRun(stage), status) for stage in Stage})


def _stage_out(run: StageRun, status: Status) -> StageOut:
    return StageOut(status=state_of(run, status), started_at=run.started_at, seconds=run.seconds, reason=run.reason)


def state_of(run: StageRun, status: Status) -> StageState:
    # What the analysis was at when it ended for good did not go well; a stage never outlives its creative.
    return StageState.ERROR if status is Status.ERROR and run.state is StageState.PROCESSING else run.state


def stage_seconds(state: StageState, run: StageOut | StageRun, now: datetime) -> float:
    if state is StageState.PROCESSING and run.started_at is not None:
        return max(0.0, (now - run.started_at).total_seconds())
    return run.seconds or 0.0
