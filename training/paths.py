"""Where training keeps its data and checkpoints: apart from what git knows."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / ".local" / "training"
