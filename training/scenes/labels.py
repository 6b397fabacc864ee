"""The labels of rendered scenes, as training.scenes.render writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

LABELS = "labels.jsonl"


def read_scenes(folder: Path) -> list[dict[str, Any]]:
    """One label per picture, in the order of rendering. Raises SystemExit without scenes."""
    try:
        lines = (folder / LABELS).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise SystemExit(f"No scenes in {folder}: run python -m training.scenes.render first.") from error
    return [json.loads(line) for line in lines]
