"""This release and another one in turn on the same pictures: is a creative faster than it was?

    git worktree add ../before v0.1.0
    .venv/bin/python -m benchmarks.releases ../before [--images FILES]

Both run in this environment, each in a process of its own, with the compact bundle of its own checkout.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Mapping
from pathlib import Path

from adlens_cli.places import CHECKOUT
from benchmarks.bundles import Worker
from benchmarks.run import choose_pictures

STAGES = """
import runpy, sys
checkout = sys.argv[1]
sys.path[:0] = [f"{checkout}/layers/adlens/python", checkout]
sys.argv = ["our_stages", "--bundle", f"{checkout}/models/compact", "--threads", sys.argv[2]]
runpy.run_module("benchmarks.our_stages", run_name="__main__")
"""


def release(checkout: Path, threads: int) -> Worker:
    command = [sys.executable, "-P", "-W", "ignore", "-c", STAGES, str(checkout), str(threads)]
    return Worker(command, checkout, os.environ)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=Path, help="checkout of another release")
    parser.add_argument("--images", type=Path, nargs="+", default=[], help="pictures, folders; else a 900x1200 sample")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=9, help="counted rounds over the pictures")
    arguments = parser.parse_args()
    pictures = choose_pictures(arguments.images)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: arguments.threads])
    releases = {
        "the other": release(arguments.other.resolve(), arguments.threads),
        "this": release(CHECKOUT, arguments.threads),
    }
    took: dict[str, list[Mapping[str, float]]] = {name: [] for name in releases}
    for number in range(arguments.rounds + 1):
        for picture in pictures:
            for name, worker in releases.items():
                seconds = worker.analyze(picture)["seconds"]
                if number:  # the first round warms up
                    took[name].append(seconds)
    for worker in releases.values():
        worker.end()
    print(f"{len(pictures)} picture(s), {arguments.rounds} rounds, load average {os.getloadavg()[0]:.1f}; medians")
    for what in ("total", "processor"):
        other, this = (statistics.median(seconds[what] for seconds in took[name]) for name in ("the other", "this"))
        print(f"{what:10} {other:.3f} s -> {this:.3f} s  {other / this:.2f} times")


if __name__ == "__main__":
    main()
