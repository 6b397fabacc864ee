"""Speed and memory of the model bundles side by side, and what bounds each model (`make bench-bundles`).

Each bundle works in a process of its own, kept for the whole run; they take turns, picture by picture, so that whatever
else the machine does falls on all alike. Then one more run per ONNX bundle, under ONNX Runtime's profile, is held
against what this machine can do: multiply-accumulates per second in a large matrix product, and bytes per second in a
large copy, measured here and now. A model's limit is the time that its nodes would take if each ran at the slower of
the two (the roofline of Williams et al., 2009, doi:10.1145/1498765.1498785).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from adlens_cli.bundles import weights_folder
from adlens_cli.places import CHECKOUT, MODELS
from benchmarks.document import DOCS, table, write_section
from benchmarks.run import choose_pictures, rest_of
from benchmarks.table import bundles_here, environment_of, needs_training_environment
from training.environment import training_python

BUNDLES = ("compact", "coco-dev", "reference")
PARTS = {"ocr": "text", "detection": "objects", "classification": "topic", "color": "colours"}
RANDOM_REFERENCE = CHECKOUT / ".local" / "random-reference"
MATRIX, COPIED_BYTES, TRIES = 2048, 256 * 2**20, 7
FLOAT_BYTES = 4


class Worker:
    """The stages of one bundle at work in a process of its own: a `command` that ends in those of our_stages.py."""

    def __init__(self, command: Sequence[str | Path], checkout: Path, variables: Mapping[str, str]) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=checkout, env=variables, stdin=pipe, stdout=pipe, text=True)

    @classmethod
    def of_bundle(cls, folder: Path, threads: int, *, profile: bool = False) -> Self:
        python, variables = environment_of(folder)
        command: list[str | Path] = [python, "-W", "ignore", "-m", "benchmarks.our_stages", "--bundle", folder]
        command += ["--threads", str(threads), *(["--profile"] if profile else [])]
        return cls(command, CHECKOUT, {**variables, "OMP_NUM_THREADS": str(threads)})

    def analyze(self, picture: Path) -> Any:
        assert self._process.stdin  # noqa: S101 - for the type checker
        self._process.stdin.write(f"{picture}\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout  # noqa: S101 - for the type checker
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self._process.args!r} ended before it answered; its output is above.")
        return json.loads(line)

    def end(self, *, profile: bool = False) -> tuple[float, Any]:
        """Peak memory in MB, and the profile if there is one."""
        assert self._process.stdin  # noqa: S101 - for the type checker
        self._process.stdin.close()
        found = self._answer() if profile else None
        _, status, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        return usage.ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024), found


@dataclass(frozen=True, slots=True)
class Machine:
    """What it can do with the threads that the models have: multiply-accumulates and bytes per second."""

    macs: float
    bytes: float

    @classmethod
    def measured(cls, threads: int) -> Machine:
        from threadpoolctl import threadpool_limits

        left, right = (np.random.default_rng(0).random((MATRIX, MATRIX), np.float32) for _ in range(2))
        with threadpool_limits(threads):
            product = fastest(lambda: left @ right)
        source, target = (np.ones(COPIED_BYTES // threads, np.uint8) for _ in range(2))
        pairs = [(source.copy(), target.copy()) for _ in range(threads)]
        with ThreadPoolExecutor(threads) as pool:
            copy = fastest(lambda: list(pool.map(lambda pair: np.copyto(pair[1], pair[0]), pairs)))
        moved = sum(source.nbytes + target.nbytes for source, target in pairs)
        return cls(MATRIX**3 / product, moved / copy)

    def limit(self, node: Mapping[str, Any]) -> tuple[float, bool]:
        """The least seconds a node can take, and whether it is arithmetic that takes them."""
        arithmetic, memory = node["macs"] / self.macs, node["moved"] / self.bytes
        return max(arithmetic, memory), arithmetic >= memory


def fastest(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(TRIES):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def interleaved(
    folders: Mapping[str, Path], pictures: Sequence[Path], rounds: int, threads: int
) -> tuple[dict[str, list[dict[str, Any]]], dict[str, float]]:
    """Analyses of each bundle, the first of each left out, and each process' peak memory in MB."""
    workers = {name: Worker.of_bundle(folder, threads) for name, folder in folders.items()}
    for worker in workers.values():
        worker.analyze(pictures[0])
    analyses: dict[str, list[dict[str, Any]]] = {name: [] for name in workers}
    for _ in range(rounds):
        for picture in pictures:
            for name, worker in workers.items():
                analyses[name].append(worker.analyze(picture))
    return analyses, {name: worker.end()[0] for name, worker in workers.items()}


def speed_table(analyses: Mapping[str, Sequence[Mapping[str, Any]]], peaks: Mapping[str, float]) -> str:
    first, *others = analyses

    def medians(part: str) -> dict[str, float]:
        found = {name: [run["seconds"].get(part) for run in runs] for name, runs in analyses.items()}
        return {name: statistics.median(seconds) for name, seconds in found.items() if None not in seconds}

    def line(title: str, values: Mapping[str, float], digits: int) -> list[str]:
        cells = [f"{values[name]:.{digits}f}" if name in values else "-" for name in analyses]
        ratios = [
            f"{values[name] / values[first]:.1f}" if {name, first} <= values.keys() and values[first] > 0 else "-"
            for name in others
        ]
        return [title, *cells, *ratios]

    whole = medians("total")
    rest = {name: statistics.median(rest_of(run["seconds"]) for run in runs) for name, runs in analyses.items()}
    rows = [
        *(line(f"{title}, s", medians(part), 3) for part, title in PARTS.items()),
        line("decoding, hash, embedding, s", rest, 3),
        line("**whole analysis, s**", whole, 3),
        line("processor, s", medians("processor"), 3),
        line("peak memory of the process, MB", peaks, 0),
    ]
    return table(("", *analyses, *(f"{name} / {first}" for name in others)), rows)


def roofline_table(models: Iterable[tuple[str, Mapping[str, Any]]], machine: Machine) -> str:
    rows = []
    for bundle, model in models:
        rounds = len(model["nodes"]) and model["rounds"]
        if not rounds or not model["macs"]:
            continue
        limits = [machine.limit(node) for node in model["nodes"]]
        limit = sum(seconds for seconds, _ in limits) / rounds
        arithmetic = sum(seconds for seconds, is_arithmetic in limits if is_arithmetic) / rounds / limit
        rows.append(
            [
                bundle,
                model["model"],
                str(model["runs"]),
                f"{model['macs'] / 1e9:.2f}",
                f"{model['weights'] / max(1, model['runs']) / 1e6:.1f}",
                f"{model['moved'] / 1e6:.0f}",
                f"{1e3 * model['seconds']:.0f}",
                f"{2 * model['macs'] / model['seconds'] / 1e9:.0f}",
                f"{1e3 * limit:.0f}",
                f"{'arithmetic' if arithmetic >= 0.5 else 'memory'} ({max(arithmetic, 1 - arithmetic):.0%})",
                f"{limit / model['seconds']:.0%}",
            ]
        )
    head = ("bundle", "model", "runs", "GMAC", "weights, MB", "moved, MB", "time, ms", "GFLOP/s", "limit, ms")
    return table((*head, "bound by", "of the limit"), rows, numbers_from=2)


def profiled(folder: Path, picture: Path, rounds: int, threads: int) -> list[dict[str, Any]]:
    worker = Worker.of_bundle(folder, threads, profile=True)
    for _ in range(1 + rounds):
        worker.analyze(picture)
    _, models = worker.end(profile=True)
    return list(models)


def reference_folder() -> Path:
    """models/reference with its users' weights, else the same architectures with random ones, made once."""
    if (weights_folder() / "easyocr").is_dir():
        return MODELS / "reference"
    if not (RANDOM_REFERENCE / "manifest.toml").is_file():
        command: list[str | Path] = [training_python(), "-m", "training.random_weights", RANDOM_REFERENCE, "--one-line"]
        command += ["--yolo", "yolov8m"]
        subprocess.run(command, cwd=CHECKOUT, env=environment_of(MODELS / "base")[1], check=True)
    return RANDOM_REFERENCE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundles", nargs="*", default=BUNDLES, help="names below models/, the first is the yardstick")
    parser.add_argument("--images", type=Path, nargs="+", default=[], help="pictures, folders; else a 900x1200 sample")
    parser.add_argument("--threads", type=int, default=2, help="threads and cores")
    parser.add_argument("--rounds", type=int, default=9, help="counted rounds over the pictures")
    parser.add_argument("--print-only", action="store_true", help="leave docs/speed.md as it is")
    arguments = parser.parse_args()

    folders, notes = bundles_here(arguments.bundles)
    if "reference" in folders:
        folders["reference"] = reference_folder()
    if not folders:
        raise SystemExit("\n".join(notes))
    pictures = choose_pictures(arguments.images)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: arguments.threads])
    load = os.getloadavg()[0]
    analyses, peaks = interleaved(folders, pictures, arguments.rounds, arguments.threads)
    machine = Machine.measured(arguments.threads)
    models = [
        (name, model)
        for name, folder in folders.items()
        if not needs_training_environment(folder)  # ONNX Runtime's profile says nothing of torch
        for model in profiled(folder, pictures[0], arguments.rounds, arguments.threads)
    ]
    pages = ", ".join(picture.name for picture in pictures[:3]) + (", ..." if len(pictures) > 3 else "")
    text = "\n\n".join(
        [
            f"{arguments.threads} threads on as many cores, {pages}, medians of {arguments.rounds} rounds in which the "
            f"bundles took turns; load average at the start {load:.1f}.",
            speed_table(analyses, peaks),
            f"This machine's measured best: {2 * machine.macs / 1e9:.0f} GFLOP/s in a float32 matrix product, "
            f"{machine.bytes / 1e9:.1f} GB/s in a copy (read and written bytes).",
            roofline_table(models, machine),
        ]
    )
    print(text + "".join(f"\nNot measured: {note}." for note in notes))
    if not arguments.print_only:
        write_section("bench", text, DOCS / "speed.md")


if __name__ == "__main__":
    main()
