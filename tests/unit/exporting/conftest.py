"""Creatives to write: one with findings of every kind, one that failed, one that waits, and nasty names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from adlens.domain.analysis import (
    Analysis,
    BoundingBox,
    BundleInfo,
    DetectedObject,
    Detections,
    Evidence,
    EvidenceKind,
    ImageFacts,
    Stage,
    StageRun,
    StageState,
    Swatch,
    SwatchRole,
    TextBlock,
    TopicPrediction,
)
from adlens.domain.creative import Creative, CreativeId, Failure, Status
from adlens.domain.exports import ExportFormat, ExportOrder, Separator
from adlens.domain.media import ImageFormat
from adlens.exporting.formats import WRITERS

UPLOADED = datetime(2026, 3, 1, 10, 15, 2, 5, tzinfo=UTC)
FACTS = ImageFacts(ImageFormat.JPEG, 900, 1200, 70478, "0" * 64, "f" * 16)
ANALYSIS = Analysis(
    facts=FACTS,
    bundle=BundleInfo("compact", "1", "c" * 64, {Stage.OCR: "rapidocr", Stage.COLOR: "kmeans"}),
    stages=(
        StageRun(Stage.OCR, StageState.SUCCESS, UPLOADED, 0.5),
        StageRun(Stage.COLOR, StageState.SUCCESS, UPLOADED, 0.25),
    ),
    text=(
        TextBlock(
            "=Кружка\t350",
            BoundingBox(0.1, 0.1, 0.5, 0.2),
            0.75,
            ((0.1, 0.1), (0.5, 0.11), (0.5, 0.2), (0.1, 0.19)),
            "ru",
        ),
        TextBlock("SALE", BoundingBox(0.1, 0.3, 0.4, 0.4), 0.25),
    ),
    detections=Detections(
        (
            DetectedObject("cup", 0.5, BoundingBox(0.2, 0.25, 0.75, 1.0)),
            DetectedObject("cup", 0.4, BoundingBox(0, 0, 0.1, 0.1)),
            DetectedObject("bottle", 0.3, BoundingBox(0, 0, 1, 1)),
        ),
        {"cup": 0.5},
        weak=(DetectedObject("spoon", 0.2, BoundingBox(0, 0, 0.5, 1)),),
    ),
    topic=TopicPrediction(
        "cups",
        0.75,
        {"other": 0.05, "cups": 0.75, "ties": 0.2},
        (Evidence(EvidenceKind.WORD, "кружка", 3.125),),
        sure=False,
    ),
    palette=(
        Swatch((255, 0, 0), 50.0, SwatchRole.DOMINANT, "red"),
        Swatch((128, 0, 0), 20.0, SwatchRole.SECONDARY, "red"),
        Swatch((255, 255, 255), 30.0, SwatchRole.DOMINANT, "white"),
    ),
    embedding=(0.5, -0.25, 0.1),
)


@pytest.fixture
def creative() -> Callable[..., Creative]:
    def make(number: int = 1, **changes: Any) -> Creative:
        known: dict[str, Any] = {
            "key": CreativeId(UUID(int=99), UUID(int=number)),
            "group_id": "grp_1",
            "filename": "mug.jpg",
            "object_key": "key",
            "status": Status.SUCCESS,
            "uploaded_at": UPLOADED + timedelta(seconds=number),
            "revision": 1,
            "size": 70478,
            "facts": FACTS,
            "stages": (),
            "failure": None,
            "analysis": ANALYSIS,
        }
        return Creative(**known | changes)

    return make


@pytest.fixture
def creatives(creative: Callable[..., Creative]) -> list[Creative]:
    nothing = Analysis(FACTS, ANALYSIS.bundle, (), None, None, None, None)
    empty = Analysis(FACTS, ANALYSIS.bundle, (), (), Detections(), None, ())
    failure = Failure("invalid_image", "The file is broken.")
    return [
        creative(1),
        creative(2, status=Status.ERROR, facts=None, analysis=None, failure=failure, filename="=cmd|' /C calc'!A0.png"),
        creative(3, status=Status.PENDING, facts=None, analysis=None),
        creative(4, analysis=nothing),
        creative(5, analysis=empty, group_id="grp_2"),
    ]


class Sink:
    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes, /) -> int:
        self.data += data
        return len(data)


@pytest.fixture
def written() -> Callable[..., bytes]:
    """The file of some creatives."""

    def write(
        export_format: ExportFormat,
        creatives: list[Creative],
        with_embeddings: bool = False,
        separator: Separator = Separator.COMMA,
    ) -> bytes:
        sink = Sink()
        order = ExportOrder(export_format, with_embeddings=with_embeddings, separator=separator)
        WRITERS[export_format](iter(creatives), sink, order)
        return sink.data

    return write
