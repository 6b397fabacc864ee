"""Generated creatives as lines for COPY, one per row of a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

import numpy as np

from adlens.domain.analysis import Stage
from adlens.domain.creative import CreativeId, object_key
from adlens.domain.topics import taxonomy
from adlens.domain.words import distinct_words, search_words
from adlens.persistence.search.facts import Findings
from adlens.persistence.search.tokens import Tokens
from benchmarks.scale.content import BUNDLE, DIMENSIONS, OBJECTS, Made

COLUMNS = {
    "creatives": (
        "workspace_id, id, group_id, filename, object_key, uploaded_at, updated_at, status, failure_code, "
        "failure_reason, revision, analysed_revision, etag, event_etag, sequencer, size, format, width, height, "
        "bytes, sha256, phash, has_preview"
    ),
    "stage_runs": "workspace_id, creative_id, stage, state, started_at, seconds",
    "analyses": (
        "workspace_id, creative_id, revision, analysed_at, seconds, stages, bundle_name, bundle_version, "
        "bundle_checksum, engines, has_text, has_palette, class_scores, topic, topic_confidence, topic_scores, "
        "topic_evidence, words, topic_sure, weak_objects"
    ),
    "text_blocks": "workspace_id, creative_id, position, text, confidence, polygon, language, x1, y1, x2, y2",
    "detected_objects": "workspace_id, creative_id, position, class_name, confidence, x1, y1, x2, y2",
    "swatches": "workspace_id, creative_id, position, hex, percent, role, color_class",
}
_FACTS = (
    "workspace_id, creative_id, uploaded_at, status, group_id, filename, analysed, topic, topic_confidence, "
    "topic_decision, width, height"
)
_ENGINES = '{"ocr": "ppocr-ctc", "color": "kmeans-lab", "detection": "yolov8-onnx", "classification": "linear"}'
_SEQUENCER = "0055AED6DCD90281E5"
NOTHING = r"\N"


class CachedTokens(Tokens):
    """Most words and colours come again and again."""

    def __init__(self, workspace_id: UUID) -> None:
        super().__init__(workspace_id)
        self._known: dict[tuple[str, str], int] = {}
        self._pieces: dict[str, list[int]] = {}

    def of(self, piece: str) -> list[int]:
        """The tokens of the words in what stands between two spaces."""
        tokens = self._pieces.get(piece)
        if tokens is None:
            tokens = self._pieces[piece] = [self.word(word) for word in search_words([piece])]
        return tokens

    def _of(self, kind: str, value: str) -> int:
        token = self._known.get((kind, value))
        if token is None:
            token = self._known[kind, value] = super()._of(kind, value)
        return token

    @property
    def words(self) -> set[str]:
        """All that a token was asked for."""
        return {value for kind, value in self._known if kind in ("word", "name")}


def facts_columns() -> str:
    found = Findings().columns(Tokens(UUID(int=0)), "a.png")
    return ", ".join([_FACTS, *found])


def lines_of(
    creatives: Iterable[Made], tenants: Sequence[tuple[UUID, CachedTokens]], stop_words: set[str]
) -> dict[str, str]:
    """What is to be copied into each table of COLUMNS and into `creative_facts`."""
    lines: dict[str, list[str]] = {table: [] for table in (*COLUMNS, "creative_facts")}
    for made in creatives:
        workspace_id, tokens = tenants[made.tenant]
        owner = f"{workspace_id}\t{made.id}"
        ended = made.uploaded + timedelta(seconds=5 + sum(made.seconds))
        lines["creatives"].append(_creative(made, workspace_id, str(ended)))
        own, topic, decision = "", f"{NOTHING}\t{NOTHING}", NOTHING
        if made.analysed:
            if made.topic:
                topic, decision = f"{made.topic}\t{made.confidence}", "sure" if made.sure else "unsure"
            runs = _stages(made)
            lines["stage_runs"] += [f"{owner}\t{stage}\tSUCCESS\t{start}\t{took}" for stage, start, took in runs]
            lines["analyses"].append(_analysis(made, owner, str(ended), runs, stop_words, topic))
            language = "ru" if made.group.russian else "en"
            lines["text_blocks"] += [
                f"{owner}\t{at}\t{text}\t{confidence}\t[[{x1}, {y1}], [{x2}, {y1}], [{x2}, {y2}], [{x1}, {y2}]]"
                f"\t{language}\t{x1}\t{y1}\t{x2}\t{y2}"
                for at, (text, confidence, (x1, y1, x2, y2)) in enumerate(
                    zip(made.lines, made.text_confidences, made.boxes, strict=True)
                )
            ]
            lines["detected_objects"] += [
                f"{owner}\t{at}\t{name}\t{confidence}\t{x1}\t{y1}\t{x2}\t{y2}"
                for at, (name, confidence, (x1, y1, x2, y2)) in enumerate(
                    zip(made.objects, made.object_confidences, made.object_boxes, strict=True)
                )
            ]
            lines["swatches"] += [
                f"{owner}\t{at}\t{hex_}\t{percent}\t{role}\t{name}"
                for at, (hex_, percent, name, role) in enumerate(made.swatches)
            ]
        found = Findings(
            boxes=made.boxes,
            objects=made.objects,
            swatches=[(hex_, percent, name) for hex_, percent, name, _ in made.swatches],
        ).columns(tokens, made.filename)
        # Of the lines, the words: most of these are known from other creatives.
        found["words"] = sorted({token for line in made.lines for piece in line.split() for token in tokens.of(piece)})
        own = "\t".join(map(_shown, found.values()))
        size = f"{made.width}\t{made.height}" if made.analysed else f"{NOTHING}\t{NOTHING}"
        lines["creative_facts"].append(
            f"{owner}\t{made.uploaded}\t{made.status}\t{made.group.id}\t{made.filename}\t{_shown(made.analysed)}\t{topic}"
            f"\t{decision}\t{size}\t{own}"
        )
    return {table: "\n".join([*rows, ""]) for table, rows in lines.items()}


def _creative(made: Made, workspace_id: UUID, ended: str) -> str:
    key = object_key(CreativeId(workspace_id, made.id), made.group.id)
    failure = f"{NOTHING}\t{NOTHING}"
    if made.status == "ERROR":
        failure = (
            "stage_failed\tThe topic could not be found." if made.analysed else "invalid_image\tThis is no picture."
        )
    done = made.status != "PENDING"
    etag = made.sha256[:32] if done else NOTHING
    picture = (
        f"{made.format}\t{made.width}\t{made.height}\t{made.size}\t{made.sha256}\t{made.phash}\tt"
        if made.analysed
        else "\t".join([NOTHING] * 6 + ["f"])
    )
    return (
        f"{workspace_id}\t{made.id}\t{made.group.id}\t{made.filename}\t{key}\t{made.uploaded}\t{ended}\t{made.status}"
        f"\t{failure}\t1\t{int(done)}\t{etag}\t{etag}\t{_SEQUENCER if done else NOTHING}\t{made.size}\t{picture}"
    )


def _stages(made: Made) -> list[tuple[str, str, float]]:
    start, runs = made.uploaded + timedelta(seconds=5), []
    for stage, took in zip(Stage, made.seconds, strict=True):
        runs.append((stage.value, start.isoformat(), took))
        start += timedelta(seconds=took)
    return runs


def _analysis(
    made: Made, owner: str, ended: str, runs: Sequence[tuple[str, str, float]], stop_words: set[str], topic: str
) -> str:
    stages = ", ".join(
        f'{{"stage": "{stage}", "state": "SUCCESS", "started_at": "{start}", "seconds": {took}, "reason": null}}'
        for stage, start, took in runs
    )
    best: dict[str, float] = {}
    for name, confidence in zip(made.objects, made.object_confidences, strict=True):
        best[name] = max(best.get(name, 0), confidence)
    scores = ", ".join([f'"{name}": {best.get(name, 0.012345)}' for name in OBJECTS])
    weak = ", ".join(
        f'{{"class_name": "{name}", "confidence": 0.2, "x1": {x1}, "y1": {y1}, "x2": {x2}, "y2": {y2}}}'
        for name, (x1, y1, x2, y2) in list(zip(made.objects, made.object_boxes, strict=True))[:1]
    )
    judged = f"{NOTHING}\t{NOTHING}"
    if made.topic:
        other = round((1 - made.confidence) / 5, 6)
        by_topic = ", ".join([f'"{name}": {made.confidence if name == made.topic else other}' for name in _TOPICS])
        evidence = [f'{{"kind": "object", "what": "{name}", "weight": 1.5}}' for name in made.objects]
        evidence += [
            f'{{"kind": "word", "what": "{line.partition(" ")[0]}", "weight": 2.25}}' for line in made.lines[:3]
        ]
        judged = f"{{{by_topic}}}\t[{', '.join(evidence)}]"
    found = {word for line in made.lines for piece in line.split() for word in _words_of(piece)}
    words = ",".join(sorted(found - stop_words))
    return (
        f"{owner}\t1\t{ended}\t{sum(made.seconds):.6f}\t[{stages}]\tcompact\t1\t{BUNDLE}\t{_ENGINES}\tt\tt"
        f"\t{{{scores}}}\t{topic}\t{judged}\t{{{words}}}\t{_shown(bool(made.topic) and made.sure)}\t[{weak}]"
    )


_TOPICS = tuple(taxonomy().topics)


@cache
def _words_of(piece: str) -> tuple[str, ...]:
    """The words that are counted in what stands between two spaces."""
    return distinct_words([piece])


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return f"{{{','.join(map(str, value))}}}"
    return NOTHING if value is None else "t" if value is True else "f" if value is False else str(value)


def embeddings(creatives: Sequence[Made], tenants: Sequence[tuple[UUID, Tokens]], vectors: Any, half: bool) -> bytes:
    """The rows of `embeddings` in COPY's binary format: numbers in network order behind their length.

    https://www.postgresql.org/docs/current/sql-copy.html, and vector_send of pgvector.
    """
    number = np.dtype(">f2" if half else ">f4")
    row = np.dtype(
        [
            *(("columns", ">i2"), ("length1", ">i4"), ("workspace", "V16"), ("length2", ">i4"), ("creative", "V16")),
            *(("length3", ">i4"), ("bundle", "S64"), ("length4", ">i4"), ("dimensions", ">i2"), ("unused", ">i2")),
            ("vector", number, (DIMENSIONS,)),
        ]
    )
    chosen = [at for at, made in enumerate(creatives) if made.analysed]
    rows = np.zeros(len(chosen), row)
    rows["columns"] = 4
    rows["length1"] = rows["length2"] = 16
    rows["length3"], rows["bundle"] = 64, BUNDLE.encode()
    rows["length4"] = 4 + DIMENSIONS * number.itemsize
    rows["dimensions"] = DIMENSIONS
    owners = b"".join(tenants[creatives[at].tenant][0].bytes for at in chosen)
    rows["workspace"] = np.frombuffer(owners, "V16")
    rows["creative"] = np.frombuffer(b"".join(creatives[at].id.bytes for at in chosen), "V16")
    rows["vector"] = vectors[chosen]
    return b"PGCOPY\n\xff\r\n\0" + bytes(8) + rows.tobytes() + b"\xff\xff"
