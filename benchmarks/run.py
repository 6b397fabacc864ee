"""Speed and memory of AdLens beside the MVP's stages, on the same pictures and cores in one run (`make bench`).

Both sides run in processes of their own; the first analysis of each warms it up and does not count. What the MVP's side
is made of, and where it is treated kindly, stands in mvp_stages.py.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adlens_cli.bundles import weights_folder
from adlens_cli.pictures import find_pictures
from adlens_cli.places import CHECKOUT
from training.environment import training_python, training_variables

CARD = (900, 1200)
AIMS = {"ratio": 100.0, "multiple": 3.0, "seconds": 0.15, "cold": 1.5, "peak": 500.0}
STAGES = {
    # shown as: (ours, the MVP's)
    "text": (("ocr",), ("ocr_detector", "ocr_recogniser")),
    "objects": (("detection",), ("detection",)),
    "topic": (("classification",), ("topic_load", "topic_run")),
    "colours": (("color",), ("colors",)),
}
MVP_PARTS = [part for _, parts in STAGES.values() for part in parts]
MENDED_PARTS = ["ocr_detector", "ocr_recogniser", "detection_yolov8n", "topic_run", "colors"]


@dataclass(frozen=True, slots=True)
class Finished:
    """A process that ended well: wall seconds from its start to its first line of output, and its peak memory."""

    seconds: float
    peak_mb: float
    output: str


def run_process(command: Sequence[str | Path], variables: Mapping[str, str] | None = None) -> Finished:
    """Raises SystemExit with the output of the process when it fails."""
    with tempfile.TemporaryFile("w+") as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=CHECKOUT, env=variables, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        assert process.stdout is not None  # noqa: S101 - a pipe
        with process.stdout as lines:
            first = lines.readline()
            seconds = time.perf_counter() - started
            output = first + lines.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        if process.returncode:
            raise SystemExit(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{errors.read()[-3000:]}")
        peak_mb = usage.ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
        return Finished(seconds, peak_mb, output)


def choose_pictures(asked: Sequence[Path]) -> list[Path]:
    """What was asked for, else the first card of 900x1200 among the samples."""
    from PIL import Image

    if asked:
        return [path.resolve() for path in find_pictures(asked)]
    for path in find_pictures([CHECKOUT / "samples"]):
        with Image.open(path) as picture:
            if picture.size == CARD:
                return [path]
    raise SystemExit("samples/ has no card of 900x1200: draw them with `make samples`, or name pictures with --images.")


def medians(analyses: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Median seconds of each part over the analyses that have it."""
    parts = {part for analysis in analyses for part in analysis}
    return {
        part: statistics.median([analysis[part] for analysis in analyses if part in analysis]) for part in sorted(parts)
    }


def median_sum(analyses: Sequence[Mapping[str, float]], parts: Sequence[str]) -> float:
    return statistics.median(sum(analysis[part] for part in parts) for analysis in analyses)


def measure_ours(arguments: argparse.Namespace, pictures: list[Path]) -> dict[str, Any]:
    options = ["--threads", str(arguments.threads), *(["--bundle", arguments.bundle] if arguments.bundle else [])]
    walk = [pictures[0], *pictures * arguments.repeats]
    stages = [sys.executable, "-m", "benchmarks.our_stages", *options]
    yolo = weights_folder() / "yolov8n.onnx"
    warm = run_process([*stages, *walk])
    paced = run_process([*stages, "--yardstick", yolo, *walk]) if yolo.exists() else None
    kept = run_process([*stages, "--keep-denormals", *walk])
    adlens = Path(sys.executable).with_name("adlens")
    cold = [run_process([adlens, "analyze", pictures[0], "--json", *options]) for _ in range(1 + arguments.cold_runs)]
    return {
        "analyses": json.loads(warm.output)[1:],
        "paced": json.loads(paced.output)[1:] if paced else [],
        "kept": json.loads(kept.output)[1:],
        "peak_mb": warm.peak_mb,
        "cold": statistics.median(run.seconds for run in cold[1:]),
        "cold_peak_mb": statistics.median(run.peak_mb for run in cold[1:]),
    }


def rest_of(seconds: Mapping[str, float]) -> float:
    """Seconds of an analysis outside its stages. Text is read while the picture is looked at: the longer one counts."""
    seen = seconds.get("detection", 0) + seconds.get("color", 0)
    return seconds["total"] - max(seconds.get("ocr", 0), seen) - seconds.get("classification", 0)


def multiple(paced: Sequence[Mapping[str, Any]]) -> float:
    """Of the time that YOLOv8n takes, the median of pairs: each analysis and the run right after it."""
    return float(statistics.median(run["seconds"]["total"] / run["seconds"]["yardstick"] for run in paced))


def measure_mvp(arguments: argparse.Namespace, pictures: list[Path], ours: Mapping[str, Any]) -> dict[str, Any]:
    command: list[str | Path] = [training_python(), "-W", "ignore", "-m", "benchmarks.mvp_stages"]
    variables = training_variables()
    texts = [{key: analysis[key] for key in ("boxes", "characters")} for analysis in ours["analyses"]]
    jobs = [{"path": str(path)} | text for path, text in zip(pictures * arguments.repeats, texts, strict=True)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run_process([*command, folder, "--prepare"], variables)
        (folder / "jobs.json").write_text(json.dumps([jobs[0], *jobs]))
        (folder / "first.json").write_text(json.dumps(jobs[:1]))
        options = ["--threads", str(arguments.threads)]
        yolo_n = weights_folder() / "yolov8n.pt"
        extra: list[str | Path] = ["--yolo-n", yolo_n] if yolo_n.exists() else []
        warm = run_process([*command, folder, *options, *extra, "--jobs", folder / "jobs.json"], variables)
        first = [*command, folder, *options, "--jobs", folder / "first.json"]
        cold = [run_process(first, variables) for _ in range(arguments.mvp_cold_runs)]
    return {
        "analyses": json.loads(warm.output)[1:],
        "peak_mb": warm.peak_mb,
        "cold": statistics.median(run.seconds for run in cold),
        "cold_peak_mb": statistics.median(run.peak_mb for run in cold),
    }


def report(ours: Mapping[str, Any], mvp: Mapping[str, Any] | None) -> None:
    our_seconds = [analysis["seconds"] for analysis in ours["analyses"]]
    our_medians, our_total = medians(our_seconds), statistics.median(run["total"] for run in our_seconds)
    their_medians = medians(mvp["analyses"]) if mvp else {}
    their_total = median_sum(mvp["analyses"], MVP_PARTS) if mvp else None

    print(f"\n{'':36}{'AdLens':>9}{'MVP':>9}{'ratio':>9}")
    for title, (our_parts, their_parts) in STAGES.items():
        _row(title, our_medians.get(our_parts[0]), sum(their_medians[part] for part in their_parts) if mvp else None)
        if len(their_parts) > 1 and mvp:
            for part in their_parts:
                _row(f"  {part.replace('_', ' ')}", None, their_medians[part])
    if mvp and "detection_yolov8n" in their_medians:
        _row("  objects with our YOLOv8n", None, their_medians["detection_yolov8n"])
    rest = statistics.median(map(rest_of, our_seconds))
    _row("decoding, checksum, hash, embedding", rest, None)
    _row("seconds per creative", our_total, their_total)
    if mvp and "detection_yolov8n" in their_medians:
        _row("  MVP with YOLOv8n, BERT kept", None, median_sum(mvp["analyses"], MENDED_PARTS), our_total)
    _row("processor seconds per creative", our_medians["processor"], their_medians.get("processor"))
    _row("process start to first result, s", ours["cold"], mvp["cold"] if mvp else None)
    _row("peak memory, one creative, MB", ours["cold_peak_mb"], mvp["cold_peak_mb"] if mvp else None, digits=0)
    _row("peak memory, whole run, MB", ours["peak_mb"], mvp["peak_mb"] if mvp else None, digits=0)

    if ours["paced"]:
        _row("in multiples of YOLOv8n, 640 px", multiple(ours["paced"]), None)
    kept = statistics.median(run["seconds"]["total"] for run in ours["kept"])
    _row("with denormal numbers kept", kept, None)

    print("\nAims:")
    if their_total:
        ratio = their_total / our_total
        _aim(ratio >= AIMS["ratio"], f"{ratio:.1f}x as fast as the MVP", f">= {AIMS['ratio']:.0f}x")
    if {tuple(analysis["size"]) for analysis in ours["analyses"]} == {CARD}:
        aim = f"<= {AIMS['seconds']} s on two cores"
        _aim(our_total <= AIMS["seconds"], f"{our_total:.2f} s per 900x1200 creative", aim)
    if ours["paced"]:
        found = multiple(ours["paced"])
        _aim(found <= AIMS["multiple"], f"{found:.1f} times as long as YOLOv8n", f"<= {AIMS['multiple']}")
    peak = ours["cold_peak_mb"]
    _aim(peak <= AIMS["peak"], f"{peak:.0f} MB peak memory for one creative", f"<= {AIMS['peak']:.0f} MB")
    _aim(ours["cold"] <= AIMS["cold"], f"{ours['cold']:.2f} s cold to the first result", f"<= {AIMS['cold']} s")


def _row(title: str, ours: float | None, theirs: float | None, base: float | None = None, digits: int = 2) -> None:
    shown = ["" if value is None else f"{value:.{digits}f}" for value in (ours, theirs)]
    base = base or ours
    ratio = f"{theirs / base:.1f}x" if theirs and base and base >= 0.005 else ""
    print(f"{title:36}{shown[0]:>9}{shown[1]:>9}{ratio:>9}")


def _aim(met: bool, what: str, aim: str) -> None:
    print(f"  {'met    ' if met else 'NOT MET'}  {what} (aim {aim})")


def _load() -> str:
    return f"load average {os.getloadavg()[0]:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, nargs="+", default=[], help="pictures, folders; else a 900x1200 sample")
    parser.add_argument("--bundle", help="model bundle, as of `adlens analyze --bundle`")
    parser.add_argument("--threads", type=int, default=2, help="threads and cores for either side")
    parser.add_argument("--repeats", type=int, default=9, help="counted rounds over the pictures")
    parser.add_argument("--cold-runs", type=int, default=5)
    parser.add_argument("--mvp-cold-runs", type=int, default=2)
    parser.add_argument("--skip-mvp", action="store_true", help="our stages only: needs no torch")
    arguments = parser.parse_args()

    pictures = choose_pictures(arguments.images)
    if hasattr(os, "sched_setaffinity"):  # the same cores for both sides, however many the machine has
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: arguments.threads])
    print(f"{len(pictures)} picture(s), first {pictures[0].name}; {arguments.threads} cores; {_load()}")
    if os.getloadavg()[0] > 0.5:
        print("Other work is running on this machine: the numbers are noisy.")
    ours = measure_ours(arguments, pictures)
    print(f"AdLens with the bundle {ours['analyses'][0]['bundle']} done; {_load()}", flush=True)
    mvp = None
    if not arguments.skip_mvp:
        mvp = measure_mvp(arguments, pictures, ours)
        print(f"MVP's stages done; {_load()}")
        print("Its weights are random: same cost, no findings. Its recogniser reads the boxes that AdLens found.")
    report(ours, mvp)


if __name__ == "__main__":
    main()
