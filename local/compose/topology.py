"""topology.toml: what the stages and docker-compose have in common."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any


@cache
def topology() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).resolve().parents[2] / "topology.toml").read_text())
