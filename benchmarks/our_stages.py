"""AdLens' stages, timed in a process of their own: prints one JSON object per analysis, as mvp_stages.py does."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from adlens.domain.settings import SETTING_KINDS
from adlens.services.analyze_image import analyze_image
from adlens_cli.bundles import open_bundle


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", type=Path, nargs="+", help="one per analysis, in order")
    parser.add_argument("--bundle")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    engines = open_bundle(arguments.bundle, arguments.threads)
    colors = [SETTING_KINDS[f"{role}_COLORS_COUNT"].default for role in ("DOMINANT", "SECONDARY")]

    def analyze(path: Path) -> dict[str, Any]:
        started, processor_started = time.perf_counter(), time.process_time()
        found = analyze_image(path.read_bytes(), engines, *colors)
        totals = {"total": time.perf_counter() - started, "processor": time.process_time() - processor_started}
        width, height = found.facts.width, found.facts.height
        boxes = [block.bbox for block in found.text or ()]
        return {
            "seconds": {run.stage: run.seconds for run in found.stages if run.seconds is not None} | totals,
            "size": [width, height],
            "boxes": [
                [int(box.x1 * width), int(box.x2 * width), int(box.y1 * height), int(box.y2 * height)] for box in boxes
            ],
            "characters": sum(len(block.text) for block in found.text or ()),
            "bundle": f"{found.bundle.name} {found.bundle.version}",
        }

    json.dump([analyze(path) for path in arguments.paths], sys.stdout)


if __name__ == "__main__":
    main()
