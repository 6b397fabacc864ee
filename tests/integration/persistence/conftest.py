"""A workspace per test, findings by the dozen, and a recount that shares no code with the roll-ups."""

from __future__ import annotations

import itertools
import random
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, text

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
from adlens.domain.colors import COLOR_CLASSES
from adlens.domain.creative import Claim, CreativeId, NewCreative, object_key
from adlens.domain.events import ObjectCreated
from adlens.domain.media import ImageFormat
from adlens.domain.topics import taxonomy
from adlens.domain.words import search_words
from adlens.persistence.creatives.repository import PostgresCreatives
from adlens.persistence.workspaces.repository import PostgresWorkspaces

BUNDLE = BundleInfo("test", "1", "c" * 64, {Stage.OCR: "rapidocr", Stage.COLOR: "kmeans"})


@dataclass
class Tenant:
    """A workspace of its own in the database of the module, with short methods for what tests do in it."""

    engine: Engine
    workspace_id: UUID
    repository: PostgresCreatives = field(init=False)

    def __post_init__(self) -> None:
        self.repository = PostgresCreatives(self.engine)

    def add(self, group_id: str = "grp", *ids: UUID) -> CreativeId:
        """Registers creatives. Returns the key of the first."""
        ids = ids or (uuid.uuid4(),)
        self.repository.register(self.workspace_id, group_id, [NewCreative(id_, f"{id_}.png", 10) for id_ in ids])
        return CreativeId(self.workspace_id, ids[0])

    def created(
        self, key: CreativeId, etag: str = "a", sequencer: str = "0055AED6DCD90281E5", group_id: str = "grp"
    ) -> ObjectCreated:
        return ObjectCreated("uploads", object_key(key, group_id), 10, etag, sequencer)

    def claimed(self, key: CreativeId, etag: str = "a", sequencer: str = "01", group_id: str = "grp") -> Claim:
        claim = self.repository.claim(self.created(key, etag, sequencer, group_id), str(uuid.uuid4()), 60)
        assert claim is not None
        return claim

    def analysed(self, key: CreativeId, analysis: Analysis, group_id: str = "grp", sequencer: str = "01") -> None:
        assert self.repository.complete(self.claimed(key, "a", sequencer, group_id), analysis, "a")

    def rows(self, statement: str, **parameters: Any) -> list[dict[str, Any]]:
        with self.engine.connect() as connection:
            result = connection.execute(text(statement), {"workspace_id": self.workspace_id, **parameters})
            return [dict(row) for row in result.mappings()]

    def row(self, key: CreativeId) -> dict[str, Any]:
        (row,) = self.rows("SELECT * FROM creatives WHERE workspace_id = :workspace_id AND id = :id", id=key.id)
        return row

    def rollups(self, group_id: str = "grp") -> dict[str, Any]:
        return stored_rollups(self, group_id)

    def recount(self, group_id: str = "grp") -> dict[str, Any]:
        return recount(self, group_id)

    def workspace_rollups(self) -> dict[str, Any]:
        return stored_rollups(self, None)

    @staticmethod
    def decision_of(analysis: Mapping[str, Any]) -> str | None:
        """The decision on the topic of a row of `analyses`."""
        if analysis["topic"] is None:
            return None
        return "person" if analysis["topic_corrected"] else "sure" if analysis["topic_sure"] else "unsure"

    def facts(self) -> dict[UUID, tuple[Any, ...]]:
        """The facts of every creative, in the form of `recounted_facts`."""
        words = {row["token"]: row["word"] for row in self.rows("SELECT * FROM vocabulary")}
        return {
            row["creative_id"]: (
                *(row[name] for name in ("group_id", "status", "topic", "topic_decision", "analysed")),
                *(row["objects"], row["object_count"]),
                sorted(c.name for n, c in enumerate(COLOR_CLASSES) if row["color_classes"] >> n & 1),
                sorted(words[token] for token in row["words"]),
                len(row["palette"]),
                round(row["text_share"], 6),
            )
            for row in self.rows("SELECT * FROM creative_facts WHERE workspace_id = :workspace_id")
        }

    def recounted_facts(self) -> dict[UUID, tuple[Any, ...]]:
        def of(table: str, id_: UUID) -> list[dict[str, Any]]:
            where = "WHERE workspace_id = :workspace_id AND creative_id = :id"
            return self.rows(f"SELECT * FROM {table} {where}", id=id_)

        found = {}
        for row in self.rows("SELECT * FROM creatives WHERE workspace_id = :workspace_id"):
            id_ = row["id"]
            analysis, objects, swatches = of("analyses", id_), of("detected_objects", id_), of("swatches", id_)
            blocks = of("text_blocks", id_)
            found[id_] = (
                *(row["group_id"], row["status"], analysis[0]["topic"] if analysis else None),
                *(self.decision_of(analysis[0]) if analysis else None, bool(analysis)),
                *(sorted({thing["class_name"] for thing in objects}), len(objects)),
                sorted({swatch["color_class"] for swatch in swatches}),
                search_words([block["text"] for block in blocks]),
                len(swatches),
                round(min(1, sum((b["x2"] - b["x1"]) * (b["y2"] - b["y1"]) for b in blocks)), 6),
            )
        return found


@pytest.fixture(scope="module")
def new_tenant(engine: Engine) -> Callable[[], Tenant]:
    def make() -> Tenant:
        return Tenant(engine, PostgresWorkspaces(engine).create("test").id)

    return make


@pytest.fixture
def tenant(new_tenant: Callable[[], Tenant]) -> Tenant:
    return new_tenant()


@pytest.fixture(scope="session")
def findings() -> Callable[..., Analysis]:
    return make_findings


@pytest.fixture(scope="session")
def statements() -> Callable[[Engine], AbstractContextManager[list[str]]]:
    return statements_of


@contextmanager
def statements_of(engine: Engine) -> Iterator[list[str]]:
    """The statements that an engine runs meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture(scope="session")
def rich() -> Analysis:
    """Findings of every kind."""
    every = (make_findings(seed) for seed in itertools.count())
    return next(a for a in every if a.text and a.detections and a.detections.objects and a.topic and a.palette)


def make_findings(seed: int = 0, **changes: Any) -> Analysis:
    """An analysis that `seed` decides: any number of findings, and now and then a stage that found or had nothing."""
    chance = random.Random(seed)

    def box() -> BoundingBox:
        (x1, x2), (y1, y2) = sorted([chance.random(), chance.random()]), sorted([chance.random(), chance.random()])
        return BoundingBox(x1, y1, x2, y2)

    words = ("Скидка", "ЁЛКА для всех", "the Sale", "скидка sale", "кружка-елка")
    blocks = tuple(
        TextBlock(f"{words[(seed + n) % 5]} {n}%", box(), chance.random(), ((0.1, 0.2), (0.3, 0.4)), "ru")
        for n in range(chance.randrange(4))
    )
    things = tuple(
        DetectedObject(chance.choice(["cup", "tie", "clock"]), chance.random(), box())
        for _ in range(chance.randrange(3))
    )
    weak = tuple(DetectedObject("spoon", 0.125, BoundingBox(0, 0.25, 0.5, 1)) for _ in range(seed % 3))
    topic = chance.choice(list(taxonomy().topics))
    shades = [0, 128, 255]
    palette = tuple(
        Swatch(
            (chance.choice(shades), chance.choice(shades), 0),
            chance.random() * 20,
            chance.choice(list(SwatchRole)),
            chance.choice(COLOR_CLASSES[:4]).name,
        )
        for _ in range(chance.randrange(6))
    )
    parts: dict[str, Any] = {
        "facts": ImageFacts(ImageFormat.PNG, 900, 1200, 1234, "a" * 64, "f" * 16),
        "bundle": BUNDLE,
        "stages": tuple(
            StageRun(stage, StageState.SUCCESS, datetime(2026, 1, 2, tzinfo=UTC), chance.random()) for stage in Stage
        ),
        "text": chance.choice([None, blocks, blocks, blocks]),
        "detections": chance.choice([None, *[Detections(things, {"cup": 0.25}, weak=weak)] * 3]),
        "topic": chance.choice(
            [
                None,
                *[
                    TopicPrediction(
                        topic,
                        chance.random(),
                        {topic: 0.75, "other": 0.25},
                        (Evidence(EvidenceKind.OBJECT, "cup", 1.25),),
                        sure=seed % 3 > 0,
                    )
                ]
                * 3,
            ]
        ),
        "palette": chance.choice([None, palette, palette, palette]),
        "embedding": (0.5, -0.25, 1.0),
    }
    return Analysis(**parts | changes)


def stored_rollups(tenant: Tenant, group_id: str | None) -> dict[str, Any]:
    """Those of a group, or of the whole workspace."""
    of, where = "workspace", "WHERE workspace_id = :workspace_id"
    if group_id is not None:
        of, where = "group", f"{where} AND group_id = :group_id"

    def rows(name: str) -> list[dict[str, Any]]:
        return tenant.rows(f"SELECT * FROM {of}_{name} {where}", group_id=group_id)

    (total,) = rows("rollup")
    topics, colors, findings = rows("topic_rollup"), rows("color_rollup"), rows("finding_rollup")
    classes = rows("topic_color_rollup")
    own = ("workspace_id", "group_id", "updated_at", "topic")
    return {
        "total": {name: value for name, value in total.items() if name not in own},
        "topics": {row["topic"]: {name: value for name, value in row.items() if name not in own} for row in topics},
        "colors": {row["hex"]: row["creatives"] for row in colors},
        "classes": {(row["topic"], row["color_class"]): (row["swatches"], row["percent"]) for row in classes},
        "findings": {(row["kind"], row["name"]): row["creatives"] for row in findings},
    }


def recount(tenant: Tenant, group_id: str) -> dict[str, Any]:
    """What the roll-ups must hold, counted one raw row after the other."""

    def figures(*names: str) -> dict[str, Any]:
        return dict.fromkeys(("creatives", "text_blocks", "objects", *names), 0) | dict.fromkeys(
            ("text_confidence", "object_confidence", "topic_confidence"), Decimal(0)
        )

    def of_group(table: str) -> list[dict[str, Any]]:
        return tenant.rows(
            f"SELECT t.* FROM {table} t JOIN creatives c ON c.workspace_id = t.workspace_id AND c.id = t.creative_id "
            "WHERE c.workspace_id = :workspace_id AND c.group_id = :group_id",
            group_id=group_id,
        )

    total = figures("analysed", "topics") | {"seconds": Decimal(0)}
    topics: dict[str, dict[str, Any]] = defaultdict(lambda: figures("unsure") | {"seconds": Decimal(0)})
    findings: dict[tuple[str, str], set[UUID]] = defaultdict(set)
    topic_of = {row["creative_id"]: row["topic"] for row in of_group("analyses")}
    total["creatives"] = len(
        tenant.rows(
            "SELECT id FROM creatives WHERE workspace_id = :workspace_id AND group_id = :group_id", group_id=group_id
        )
    )
    for row in of_group("analyses"):
        total["analysed"] += 1
        total["seconds"] += row["seconds"]
        if row["topic"] is not None:
            total["topics"] += 1
            total["topic_confidence"] += row["topic_confidence"]
            topics[row["topic"]]["creatives"] += 1
            topics[row["topic"]]["unsure"] += tenant.decision_of(row) == "unsure"
            topics[row["topic"]]["topic_confidence"] += row["topic_confidence"]
            topics[row["topic"]]["seconds"] += row["seconds"]
        for word in row["words"]:
            findings["word", word].add(row["creative_id"])
    for table, count, confidence in (
        ("text_blocks", "text_blocks", "text_confidence"),
        ("detected_objects", "objects", "object_confidence"),
    ):
        for row in of_group(table):
            topic = topic_of[row["creative_id"]]
            for sums in [total] if topic is None else [total, topics[topic]]:
                sums[count] += 1
                sums[confidence] += row["confidence"]
    for row in of_group("detected_objects"):
        findings["object", row["class_name"]].add(row["creative_id"])
    colors: dict[str, set[UUID]] = defaultdict(set)
    classes: dict[tuple[str, str], tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
    for row in of_group("swatches"):
        if row["role"] == "dominant":
            colors[row["hex"]].add(row["creative_id"])
        findings["color_class", row["color_class"]].add(row["creative_id"])
        cell = (topic_of[row["creative_id"]] or "", row["color_class"])
        classes[cell] = (classes[cell][0] + 1, classes[cell][1] + row["percent"])
    return {
        "total": total,
        "topics": dict(topics),
        "colors": {hex_: len(creatives) for hex_, creatives in colors.items()},
        "classes": dict(classes),
        "findings": {what: len(creatives) for what, creatives in findings.items()},
    }
