"""topology.toml: what the stages and docker-compose have in common."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class QueueSettings:
    visibility_seconds: int
    retention_days: int
    batch_size: int = 10
    max_receives: int = 0
    consumer: str = ""
    dead_letters: str = ""


@dataclass(frozen=True)
class Topology:
    timeout_seconds: dict[str, int]
    schedule_seconds: dict[str, int]
    retention_days: dict[str, int]
    queues: dict[str, QueueSettings]


@cache
def topology() -> Topology:
    sections = tomllib.loads((Path(__file__).resolve().parent.parent / "topology.toml").read_text())
    queues = {name: QueueSettings(**settings) for name, settings in sections.pop("queues").items()}
    return Topology(**sections, queues=queues)
