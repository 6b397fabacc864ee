"""Where the command's own files are: in the checkout it runs from, or in the installed package."""

from __future__ import annotations

from pathlib import Path

from local.state import CHECKOUT, DEFAULT_ROOT, IS_CHECKOUT

__all__ = ["ANALYZE_REQUIREMENTS", "BUNDLE_CACHE", "CHECKOUT", "DATA", "MODELS", "SAMPLES"]

DATA = CHECKOUT if IS_CHECKOUT else Path(__file__).resolve().parent / "files"
"""pyproject.toml says what the package carries there."""
MODELS = DATA / "models"
SAMPLES = DATA / "samples"
ANALYZE_REQUIREMENTS = DATA / "requirements" / "analyze.txt"
BUNDLE_CACHE = DEFAULT_ROOT / "bundles"
