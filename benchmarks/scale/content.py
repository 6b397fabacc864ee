"""What the generated creatives hold: skewed as real ones are, decided by a seed, drawn in bulk.

Groups have a topic, a language, words and colours of their own, so that findings go together; words follow Zipf's law
and a part of them is misread, so that the vocabulary grows with the creatives as it does with a real reader.
"""

from __future__ import annotations

import random
import tomllib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np

from adlens.domain.colors import COLOR_CLASSES, from_hex
from adlens.domain.topics import taxonomy

WORDS = Path(__file__).resolve().parent.parent.parent / "training" / "text" / "words.toml"
YEAR = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = 365
DIMENSIONS = 512
BUNDLE = "5" * 64
FULL_GROUP = 500
"""Files of the groups whose status is asked for."""
_SECOND = 1_000_000  # in the microseconds that times are kept in

OBJECTS = ("person", "backpack", "handbag", "tie", "suitcase", "bottle", "cup", "fork", "knife", "spoon", "clock")
_SIZES = ((900, 1200), (1080, 1080), (1200, 628), (300, 250), (1080, 1920), (728, 90), (970, 250), (1600, 900))
_FORMATS = (("JPEG", "jpg"), ("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp"))


@dataclass(frozen=True, slots=True)
class Tenant:
    """`groups` and `creatives` are how many it has."""

    id: UUID
    name: str
    groups: int
    creatives: int


@dataclass(frozen=True, slots=True)
class Group:
    tenant: int
    id: str
    name: str | None
    created: int
    """Microseconds since YEAR."""
    topic: int
    russian: bool
    words: tuple[int, ...]
    colors: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Which creatives there are. `group`, `place` (in its group) and `uploaded` (microseconds since YEAR) have one
    entry per creative, in the order of their uploads.
    """

    seed: int
    tenants: tuple[Tenant, ...]
    groups: tuple[Group, ...]
    group: Any
    place: Any
    uploaded: Any

    @property
    def full_groups(self) -> tuple[str, ...]:
        """Groups of the first tenant with FULL_GROUP creatives."""
        counts = np.bincount(self.group, minlength=len(self.groups))
        return tuple(
            g.id for g, count in zip(self.groups, counts, strict=True) if count == FULL_GROUP and g.tenant == 0
        )

    def __len__(self) -> int:
        return len(self.group)


def plan(size: int, seed: int = 5) -> Plan:
    """`size` creatives in a first workspace with a fiftieth as many groups, and five per cent more in two others."""
    rng = np.random.default_rng((seed, size))
    shares = (("first", 1.0), ("second", 0.03), ("third", 0.02))
    tenants = tuple(
        Tenant(uuid.UUID(int=rng.integers(1 << 62).item() << 64 | at + 1), name, max(1, round(size * share / 50)), n)
        for at, (name, share) in enumerate(shares)
        if (n := round(size * share))
    )
    groups: list[Group] = []
    sizes: list[int] = []
    for at, tenant in enumerate(tenants):
        of_tenant = _group_sizes(rng, tenant.creatives, tenant.groups)
        sizes += of_tenant
        groups += [_group(rng, at, len(groups) + n) for n in range(len(of_tenant))]
    group = np.repeat(np.arange(len(groups)), sizes)
    place = np.concatenate([np.arange(n) for n in sizes])
    # Most come in one go; some are added in the weeks after.
    later = np.where(rng.random(len(group)) < 0.85, 0, rng.exponential(12 * 86_400 * _SECOND, len(group)))
    created = np.array([g.created for g in groups])[group]
    uploaded = np.minimum(created + place * 40_000 + later.astype(np.int64), DAYS * 86_400 * _SECOND) + place
    order = np.argsort(uploaded, kind="stable")
    return Plan(seed, tenants, tuple(groups), group[order], place[order], uploaded[order])


def _group_sizes(rng: np.random.Generator, creatives: int, groups: int) -> list[int]:
    full = max(1, min(20, creatives // 20_000)) if creatives >= 2 * FULL_GROUP and groups > 3 else 0
    others = groups - full
    left = creatives - full * FULL_GROUP
    weights = 1 / (np.arange(others) + 10) ** 0.75
    sizes = 1 + np.floor((left - others) * weights / weights.sum()).astype(int)
    sizes[: left - sizes.sum()] += 1
    sizes = np.concatenate([sizes, np.full(full, FULL_GROUP)])
    rng.shuffle(sizes)
    return [int(n) for n in sizes]


def _group(rng: np.random.Generator, tenant: int, number: int) -> Group:
    # More and more of them through the year.
    created = int(DAYS * 86_400 * _SECOND * rng.random() ** 0.7)
    moment = YEAR + timedelta(microseconds=created)
    return Group(
        tenant,
        f"grp_{moment:%Y%m%d_%H%M%S}_{number:06x}",
        f"Campaign {number}" if rng.random() < 0.3 else None,
        created,
        int(rng.choice(len(_topics()), p=_topic_weights())),
        bool(rng.random() < 0.7),
        tuple(int(w) for w in rng.integers(len(dictionary()), size=3)),
        tuple(int(c) for c in rng.choice(len(_colors()), size=6, p=_color_weights())),
    )


# --- words ----------------------------------------------------------------------------------------------------------


@cache
def dictionary() -> tuple[str, ...]:
    """Words by how frequent they are; behind those of advertisements come made-up ones that look like words."""
    chance = random.Random(7)
    known = [*_listed("ru"), *_listed("en"), *_listed("brands")]
    chance.shuffle(known)
    syllables = {
        True: ["ко", "ра", "ли", "но", "ва", "те", "ми", "су", "по", "да", "же", "бо", "ры", "ну", "ля", "ше", "ги"],
        False: ["ro", "ta", "li", "ne", "mo", "sha", "ver", "con", "del", "pri", "sto", "ber", "ca", "du", "fin"],
    }
    ends = {True: ["", "й", "ть", "ный", "ная", "ов", "ами", "ка", "ство"], False: ["", "s", "ing", "er", "ed", "ly"]}
    seen = dict.fromkeys(known)
    while len(seen) < 40_000:
        russian = chance.random() < 0.65
        parts = chance.choices(syllables[russian], k=chance.randrange(2, 5))
        seen["".join(parts) + chance.choice(ends[russian])] = None
    return tuple(seen)


def _listed(kind: str) -> list[str]:
    return [str(word) for word in tomllib.loads(WORDS.read_text(encoding="utf-8"))[kind]]


@cache
def _topics() -> tuple[str, ...]:
    return tuple(taxonomy().topics)


@cache
def _topic_weights() -> Any:
    weights = 1 / np.arange(1, len(_topics()) + 1)
    return weights / weights.sum()


@cache
def _topic_words() -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """Per topic what is written about it, in English and in Russian."""
    known = taxonomy().topics.values()
    common = {language: _listed(language)[:20] for language in ("en", "ru")}
    return tuple(
        (
            tuple([*topic.words.get("en", ()), *topic.clues.get("en", ())] or common["en"]),
            tuple([*topic.words.get("ru", ()), *topic.clues.get("ru", ())] or common["ru"]),
        )
        for topic in known
    )


_LETTERS = "абвгдежзиклмнопрстуabcdeiklnorst"


def misread(chance: random.Random, word: str) -> str:
    """`word` as a reader gets it wrong: a letter left out, put in, changed, or two of them swapped."""
    at = chance.randrange(len(word))
    letter = chance.choice(_LETTERS)
    match chance.randrange(4):
        case 0:
            return word[:at] + word[at + 1 :] or letter
        case 1:
            return word[:at] + letter + word[at:]
        case 2:
            return word[:at] + letter + word[at + 1 :]
        case _:
            return word[:at] + word[at : at + 2][::-1] + word[at + 2 :]


# --- colours and vectors --------------------------------------------------------------------------------------------


@cache
def _colors() -> tuple[tuple[tuple[int, int, int], str], ...]:
    """Colours that others gather around, with their class."""
    return tuple((from_hex(hex_), c.name) for c in COLOR_CLASSES for hex_ in c.references)


@cache
def _color_weights() -> Any:
    weights = np.random.default_rng(3).permutation(1 / np.arange(1, len(_colors()) + 1) ** 0.8)
    achromatic = np.array([max(rgb) == min(rgb) for rgb, _ in _colors()])
    weights = np.where(achromatic, weights + 0.25, weights)
    return weights / weights.sum()


@cache
def _books() -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(11)

    def book(count: int) -> Any:
        vectors = rng.standard_normal((count, DIMENSIONS), dtype=np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    return book(len(_topics())), book(4093), book(4099)


def vectors(rng: np.random.Generator, topic: Any, group: Any, design: Any) -> Any:
    """Unit vectors: alike within a topic, more so within a group, and almost the same for one design."""
    of_topic, of_group, of_design = _books()
    mixed = 0.5 * of_topic[topic]
    mixed += 0.42 * (of_group[group % 4093] + of_design[(group * 7919) % 4099])
    mixed += 0.4 * of_design[(group * 31 + design * 104_729) % 4099]
    mixed += (0.15 / DIMENSIONS**0.5) * rng.standard_normal(mixed.shape, dtype=np.float32)
    return mixed / np.linalg.norm(mixed, axis=1, keepdims=True)


# --- creatives ------------------------------------------------------------------------------------------------------

Box = tuple[float, float, float, float]


SURE = 0.7
"""Two of three topics are at least as confident."""


@dataclass(slots=True)
class Made:
    """One creative with its findings, ready to be written down. `topic` is None without an analysis or a topic."""

    id: UUID
    tenant: int
    group: Group
    uploaded: datetime
    filename: str
    size: int
    format: str
    width: int
    height: int
    sha256: str
    phash: str
    status: str
    analysed: bool
    seconds: tuple[float, float, float, float]
    topic: str | None
    confidence: float
    lines: list[str]
    text_confidences: list[float]
    boxes: list[Box]
    objects: list[str]
    object_confidences: list[float]
    object_boxes: list[Box]
    swatches: list[tuple[str, float, str, str]]
    """(hex, percent, colour class, role)"""

    @property
    def sure(self) -> bool:
        return self.confidence >= SURE


def creatives(of: Plan, start: int, stop: int) -> tuple[list[Made], Any]:
    """Those from `start` to `stop` of the plan's order, and their vectors, one row each."""
    rng = np.random.default_rng((of.seed, start, 1))
    chance = random.Random(start * 7919 + of.seed)
    n = stop - start
    group, place, uploaded = (column[start:stop] for column in (of.group, of.place, of.uploaded))
    groups = [of.groups[g] for g in group]
    design = (place * rng.random(n) ** 2 / 3).astype(int)
    own_topic = np.array([g.topic for g in groups])
    topic = np.where(rng.random(n) < 0.8, own_topic, rng.choice(len(_topics()), size=n, p=_topic_weights()))
    has_topic = rng.random(n) > 0.02
    confidence = np.round(np.clip(rng.beta(6, 2, n), 0.2, 0.999), 6)
    fate = rng.random(n)
    pending = (uploaded > np.int64(DAYS * 86_400 * _SECOND * 0.999)) & (fate > 0.9)
    texts = _texts(rng, chance, groups, topic)
    things = _things(rng, topic)
    palettes = _palettes(rng, groups)
    seconds = np.round(rng.gamma(4.0, (0.12, 0.05, 0.01, 0.02), (n, 4)), 6).tolist()
    sizes = rng.integers(20_000, 3_000_000, n).tolist()
    shapes = rng.integers(len(_SIZES), size=n)
    formats = rng.integers(len(_FORMATS), size=n)
    hashes, ids = rng.bytes(32 * n).hex(), rng.bytes(16 * n)

    made: list[Made] = []
    for i, g in enumerate(groups):
        unreadable, half = fate[i] < 0.007, 0.007 <= fate[i] < 0.01
        analysed = not (unreadable or pending[i])
        lines, text_confidences, boxes = texts[i] if analysed else ([], [], [])
        objects, object_confidences, object_boxes = things[i] if analysed else ([], [], [])
        moment = YEAR + timedelta(microseconds=int(uploaded[i]))
        image_format, ending = _FORMATS[formats[i]]
        width, height = _SIZES[shapes[i]]
        copied = chance.random() < 0.02
        made.append(
            Made(
                id=uuid.UUID(bytes=ids[16 * i : 16 * i + 16], version=4),
                tenant=g.tenant,
                group=g,
                uploaded=moment,
                filename=_filename(chance, g, moment, width, height, ending),
                size=sizes[i],
                format=image_format,
                width=width,
                height=height,
                sha256=f"{int(group[i]):032x}{int(design[i]):032x}" if copied else hashes[64 * i : 64 * i + 64],
                phash=_phash(chance, int(group[i]), int(design[i])),
                status="ERROR" if unreadable or half else "PENDING" if pending[i] else "SUCCESS",
                analysed=analysed,
                seconds=tuple(seconds[i]),
                topic=_topics()[topic[i]] if analysed and has_topic[i] and not half else None,
                confidence=float(confidence[i]),
                lines=lines,
                text_confidences=text_confidences,
                boxes=boxes,
                objects=objects,
                object_confidences=object_confidences,
                object_boxes=object_boxes,
                swatches=palettes[i] if analysed else [],
            )
        )
    return made, vectors(rng, topic, group, design)


def _texts(
    rng: np.random.Generator, chance: random.Random, groups: Sequence[Group], topic: Any
) -> list[tuple[list[str], list[float], list[Box]]]:
    """Lines of each creative, with their confidences and boxes."""
    n = len(groups)
    blocks = np.where(rng.random(n) < 0.1, 0, 1 + np.minimum(rng.poisson(2.6, n), 9)).tolist()
    count = sum(blocks)
    words = rng.integers(1, 5, count).tolist()
    total = sum(words)
    kinds, picks = rng.random(total).tolist(), rng.random(total).tolist()
    ranks = (np.minimum(rng.zipf(1.25, total) - 1, 10**9) % len(dictionary())).tolist()
    confidences = np.round(np.clip(rng.beta(9, 1.5, count), 0.5, 1), 6).tolist()
    boxes = _boxes(rng, count, 0.6, 0.12)
    texts = []
    block = word = 0
    for g, of_topic, many in zip(groups, topic.tolist(), blocks, strict=True):
        lines = []
        for length in words[block : block + many]:
            part = slice(word, word + length)
            lines.append(_line(chance, g, of_topic, kinds[part], ranks[part], picks[part]))
            word += length
        own = slice(block, block + many)
        texts.append((lines, confidences[own], boxes[own]))
        block += many
    return texts


def _things(rng: np.random.Generator, topic: Any) -> list[tuple[list[str], list[float], list[Box]]]:
    """Objects of each creative: classes, confidences and boxes."""
    counts = np.minimum(rng.poisson(1.1, len(topic)), 3).tolist()
    total = sum(counts)
    confidences = np.round(rng.uniform(0.3, 0.99, total), 6).tolist()
    boxes, picks = _boxes(rng, total, 0.5, 0.5), rng.random(total).tolist()
    things = []
    at = 0
    for of_topic, many in zip(topic.tolist(), counts, strict=True):
        own = slice(at, at + many)
        things.append(([_object(pick, of_topic) for pick in picks[own]], confidences[own], boxes[own]))
        at += many
    return things


def _palettes(rng: np.random.Generator, groups: Sequence[Group]) -> list[list[tuple[str, float, str, str]]]:
    """Three dominant and three secondary swatches each, most of them near the group's colours."""
    n = len(groups)
    percents = np.sort(rng.dirichlet((3.0, 2.0, 1.5, 1.0, 0.8, 0.6), n) * 100, axis=1)[:, ::-1].round(6)
    near = rng.random((n, 6))
    own = np.array([g.colors for g in groups])[np.arange(n)[:, None], (near * 7.5).astype(int) % 6]
    chosen = np.where(near < 0.8, own, ((near - 0.8) * 5 * len(_colors())).astype(int))
    base = np.array([rgb for rgb, _ in _colors()])[chosen]
    shades = (base + rng.normal(0, 9, (n, 6, 3))).clip(0, 255).astype(np.uint8).tobytes().hex()
    names = [name for _, name in _colors()]
    return [
        [
            (
                f"#{shades[36 * i + 6 * at : 36 * i + 6 * at + 6]}",
                percent,
                names[chosen[i, at]],
                "dominant" if at < 3 else "secondary",
            )
            for at, percent in enumerate(percents[i].tolist())
        ]
        for i in range(n)
    ]


def _line(
    chance: random.Random, g: Group, topic: int, kinds: Sequence[float], ranks: Sequence[int], picks: Sequence[float]
) -> str:
    words: list[str] = []
    listed, about = dictionary(), _topic_words()[topic][g.russian]
    for kind, rank, pick in zip(kinds, ranks, picks, strict=True):
        if kind < 0.3:
            word = about[int(pick * len(about))]
        elif kind < 0.4:
            word = listed[g.words[int(pick * len(g.words))]]
        elif kind < 0.5:
            word = f"{int(pick * 200) * 10 - 10 or 99}" if pick < 0.6 else f"-{int(pick * 90)}%"
        else:
            word = listed[rank]
        if pick * 1000 % 1 < 0.03 and len(word) > 2:
            word = misread(chance, word)
        words.append(word)
    line = " ".join(words)
    return line.upper() if chance.random() < 0.3 else line


def _object(u: float, topic: int) -> str:
    of_topic = [name for name in taxonomy().topics[_topics()[topic]].objects if name in OBJECTS]
    if of_topic and u < 0.7:
        return of_topic[int(u / 0.7 * len(of_topic))]
    return OBJECTS[int(u * 1e4) % len(OBJECTS)]


def _filename(chance: random.Random, g: Group, moment: datetime, width: int, height: int, ending: str) -> str:
    kind = chance.random()
    word = dictionary()[g.words[0]]
    if kind < 0.5:
        other = dictionary()[int(300 * chance.random() ** 2)]
        return f"{word}_{other}_{width}x{height}_v{chance.randrange(1, 9)}.{ending}"
    if kind < 0.7:
        return f"{word}-{chance.randrange(1000):03d}.{ending}"
    if kind < 0.85:
        return f"IMG_{moment:%Y%m%d_%H%M%S}.{ending}"
    return f"Баннер {dictionary()[g.words[1]]} {chance.randrange(1, 400)}.{ending}"


def _phash(chance: random.Random, group: int, design: int) -> str:
    """Pictures of a design differ in a few bits."""
    value = (group * 0x9E3779B97F4A7C15 + design * 0xC2B2AE3D27D4EB4F + 0x165667B19E3779F9) & (2**64 - 1)
    value ^= value >> 29
    for _ in range(chance.randrange(5)):
        value ^= 1 << chance.randrange(64)
    return f"{value:016x}"


def _boxes(rng: np.random.Generator, count: int, width: float, height: float) -> list[Box]:
    sides = rng.uniform(0.02, (width, height), (count, 2))
    corners = rng.random((count, 2)) * (1 - sides)
    return [tuple(box) for box in np.concatenate([corners, corners + sides], axis=1).clip(0, 1).round(6).tolist()]
