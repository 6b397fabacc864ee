"""AdLens' stages, timed in a process of their own: prints one JSON object per analysis, as mvp_stages.py does.

Paths come as arguments, and the objects in one list at the end; or, with none, from standard input a line each, and
each is answered at once. With --profile the last line is what ONNX Runtime says of each of the models (profile.py).
With --yardstick a YOLOv8n of 640 pixels runs after each analysis, with as many threads: its seconds say how fast the
machine was in that moment.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from adlens.domain.ports.vision import Engines
from adlens.domain.settings import SETTING_KINDS
from adlens.services.analyze_image import analyze_image
from adlens.vision.session import CONFIGURATION, make_session
from adlens.vision.text.network import OPTIONS
from adlens_cli.bundles import open_bundle
from benchmarks.profile import Profiler

YARDSTICK_SIDE = 640


def yardstick(model: Path, threads: int) -> Callable[[], float]:
    """Runs a detector once, and answers its seconds."""
    session = make_session(model, threads)
    noise = np.random.default_rng(0).random((1, 3, YARDSTICK_SIDE, YARDSTICK_SIDE), np.float32)
    name = session.get_inputs()[0].name

    def run() -> float:
        started = time.perf_counter()
        session.run(None, {name: noise})
        return time.perf_counter() - started

    run()
    return run


def analyze(path: Path, engines: Engines, stick: Callable[[], float] | None = None) -> dict[str, Any]:
    dominant, secondary = (SETTING_KINDS[f"{role}_COLORS_COUNT"].default for role in ("DOMINANT", "SECONDARY"))
    started, processor_started = time.perf_counter(), time.process_time()
    found = analyze_image(path.read_bytes(), engines, dominant, secondary)
    totals = {"total": time.perf_counter() - started, "processor": time.process_time() - processor_started}
    if stick:
        totals["yardstick"] = stick()
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", type=Path, nargs="*", help="one per analysis, in order")
    parser.add_argument("--bundle")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--profile", action="store_true", help="slows the analyses down a little")
    parser.add_argument("--yardstick", type=Path, help="YOLOv8n as ONNX")
    parser.add_argument("--keep-denormals", action="store_true", help="denormal numbers are computed with as they are")
    arguments = parser.parse_args()
    if arguments.keep_denormals:
        del CONFIGURATION["session.set_denormal_as_zero"]
        OPTIONS["CPU_DENORMALS_OPTIMIZATION"] = False
    profiler = Profiler() if arguments.profile else None
    engines = open_bundle(arguments.bundle, arguments.threads)
    _ = engines.text, engines.looks  # in this thread, before the yardstick: the first session rules on denormals
    stick = yardstick(arguments.yardstick, arguments.threads) if arguments.yardstick else None
    if arguments.paths:
        json.dump([analyze(path, engines, stick) for path in arguments.paths], sys.stdout)
        return
    rounds = 0
    for line in sys.stdin:
        print(json.dumps(analyze(Path(line.strip()), engines, stick)), flush=True)
        rounds += 1
    if profiler:
        print(json.dumps(profiler.end(rounds)))


if __name__ == "__main__":
    main()
