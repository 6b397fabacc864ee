"""What the local stack costs beside the analysis itself, and how many readers it bears (`make bench-pipeline`).

Throughput: the same pictures through `adlens analyze` and through a local stack, from the first upload to the last
result, in turn, and the ratio of the two. The ratio of their CPU times says the same where others use the machine too.
With `--fake` the engines cost next to nothing, and the times are those of everything around them.

Readers: clients that ask without a pause what the web app asks; errors, answer times, the API's processes and memory.
"""

from __future__ import annotations

import argparse
import itertools
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from PIL import Image, ImageDraw

from adlens.persistence.session import make_engine
from adlens.persistence.workspaces.repository import PostgresWorkspaces
from adlens.settings import CommandLineSettings
from adlens_cli.bundles import choose_bundle, stack_variables
from adlens_cli.client import Client
from adlens_cli.pictures import find_pictures
from adlens_cli.places import CHECKOUT
from local import stack
from local.services.localstack import LocalStack
from local.services.postgres import Postgres
from local.state import State

PICTURES, ROUNDS = 60, 3
READERS, SECONDS = 50, 20
POLL_SECONDS = 1.0  # as the web app
READ = (
    "/me",
    "/groups",
    "/creatives",
    "/analytics/all",
    "/search?query=sale",
    "/groups/{group}/status",
    "/analytics/group/{group}",
)
FAKES = {
    "ocr": "text",
    "detection": "objects",
    "classification": "topic",
    "color": "palette",
    "looks": "looks",
    "embedding": "embedding",
}


@dataclass(frozen=True)
class Stand:
    """A local stack of the benchmark's own, and a key of it."""

    root: Path
    api_url: str
    key: str

    def processes(self) -> dict[str, list[psutil.Process]]:
        """By part. Environments of functions are LocalStack's children, but count for their function."""
        state = State.at(self.root)
        server = LocalStack(state).process
        assert server is not None  # noqa: S101 - it has just been started
        parts: dict[str, list[psutil.Process]] = {"localstack": [psutil.Process(server.pid)]}
        for child in parts["localstack"][0].children(recursive=True):
            handler = next((word for word in child.cmdline() if word.startswith("functions.")), None)
            if handler:
                parts.setdefault(handler.split(".")[1], []).append(child)
        postgres = psutil.Process(Postgres(state).pid)
        parts["postgres"] = [postgres, *postgres.children(recursive=True)]
        return parts

    def cpu_seconds(self) -> Counter[str]:
        """By part, with children that have ended."""
        seconds: Counter[str] = Counter()
        for part, processes in self.processes().items():
            for process in processes:
                times = process.cpu_times()
                seconds[part] += times.user + times.system
        return seconds


@contextmanager
def standing(bundle: str) -> Iterator[Stand]:
    # PostgreSQL, which does not run as root, has to reach its folder as another user
    root = Path(tempfile.mkdtemp(prefix="adlens-bench-"))
    try:
        deployment = stack.up(root, variables=stack_variables(bundle))
        workspaces = PostgresWorkspaces(make_engine(deployment.database_url))
        _, key = workspaces.create_key(workspaces.create("benchmark").id, "benchmark")
        yield Stand(root, deployment.api_url, key)
    finally:
        stack.down(root)
        shutil.rmtree(root, ignore_errors=True)


def draw(seed: int) -> Image.Image:
    """A picture of 320 by 240 pixels with shapes and a word, different for each seed."""
    chance = random.Random(seed)
    image = Image.new("RGB", (320, 240), tuple(chance.randrange(256) for _ in range(3)))
    pen = ImageDraw.Draw(image)
    for _ in range(4):
        x, y = chance.randrange(250), chance.randrange(180)
        pen.rectangle((x, y, x + 60, y + 50), fill=tuple(chance.randrange(256) for _ in range(3)))
    pen.text((20, 100), f"SALE {seed}%", fill="white", stroke_width=1, stroke_fill="black", font_size=40)
    return image


def draw_small(folder: Path, count: int) -> list[Path]:
    paths = [folder / f"small-{seed:03}.jpg" for seed in range(count)]
    for seed, path in enumerate(paths):
        draw(seed).save(path)
    return paths


def real_pictures(count: int) -> list[Path]:
    """Creatives and photographs in turn, the same ones every time; of samples/ where the others are not here."""
    settings = CommandLineSettings()
    creatives, photographs = (
        find_pictures([images] if (images := CHECKOUT / folder / "images").exists() else [])
        for folder in (settings.creatives, settings.photographs)
    )
    random.Random(0).shuffle(photographs)
    found = [*creatives, *photographs] or list(
        itertools.islice(itertools.cycle(find_pictures([Path("samples")])), count)
    )
    return found[:count]


def fake_bundle(folder: Path) -> str:
    """A bundle whose engines cost nothing."""
    lines = ['name = "fakes"', 'version = "1"']
    for stage, engine in FAKES.items():
        lines += [f"[{stage}]", f'engine = "fake-{engine}"', 'licence = "AGPL-3.0-or-later"', 'source = "ours"']
    folder.mkdir()
    (folder / "manifest.toml").write_text("\n".join(lines))
    return str(folder)


def analyze(pictures: Sequence[Path], bundle: str) -> tuple[float, float]:
    """Seconds and CPU seconds of `adlens analyze`, its start not counted."""
    command = [sys.executable, "-m", "benchmarks.analyze_seconds", bundle, *map(str, pictures)]
    result = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    seconds, cpu = map(float, result.stdout.split()[-2:])
    return seconds, cpu


def send(stand: Stand, pictures: Sequence[Path]) -> tuple[float, Counter[str], str]:
    """Seconds from the first upload to the last result, CPU seconds meanwhile by part, and the group."""
    client, before, started = Client(stand.api_url, stand.key), stand.cpu_seconds(), time.perf_counter()
    group, sent, refusals = client.upload(list(pictures), lambda path: None)
    if refusals:
        raise RuntimeError(f"refused: {refusals}")
    while True:
        statuses = Counter(row["status"] for row in client.group_progress(group))
        if statuses["SUCCESS"] + statuses["ERROR"] == len(sent):
            break
        time.sleep(POLL_SECONDS)
    seconds = time.perf_counter() - started
    if statuses["SUCCESS"] != len(pictures):
        raise RuntimeError(f"not every picture was analysed: {statuses}")
    return seconds, stand.cpu_seconds() - before, group


def throughput(stand: Stand, kinds: dict[str, Sequence[Path]], bundle: str, rounds: int) -> str:
    """Prints the ratio of every kind and round; a group to read from."""
    group = ""
    for kind, pictures in kinds.items():
        ratios, cpu_ratios = [], []
        for _ in range(rounds):
            alone, cpu_alone = analyze(pictures, bundle)
            together, cpu, group = send(stand, pictures)
            ratios.append(alone / together)
            cpu_ratios.append(cpu_alone / cpu.total())
            parts = ", ".join(f"{part} {1000 * spent / len(pictures):.0f}" for part, spent in cpu.most_common())
            print(
                f"{len(pictures)} {kind} pictures: adlens analyze {len(pictures) / alone:.2f}/s, pipeline "
                f"{len(pictures) / together:.2f}/s, ratio {ratios[-1]:.2f}; ms of CPU per picture: adlens analyze "
                f"{1000 * cpu_alone / len(pictures):.0f}, pipeline {1000 * cpu.total() / len(pictures):.0f} ({parts})",
                flush=True,
            )
        print(
            f"{kind}: median ratio of throughput {statistics.median(ratios):.2f}, of CPU "
            f"{statistics.median(cpu_ratios):.2f}",
            flush=True,
        )
    return group


def readers(stand: Stand, group: str, clients: int, seconds: float) -> None:
    """Prints answers per second, errors, answer times, and what the API's processes take."""
    deadline, times, errors = time.monotonic() + seconds, [], Counter[str]()
    paths = [path.format(group=group) for path in READ]

    def read(number: int) -> None:
        with httpx.Client(headers={"x-api-key": stand.key}, timeout=60) as api:
            for path in itertools.cycle(paths[number % len(paths) :] + paths[: number % len(paths)]):
                if time.monotonic() > deadline:
                    return
                started = time.perf_counter()
                try:
                    status = api.get(f"{stand.api_url}{path}").status_code
                except httpx.HTTPError as error:
                    errors[type(error).__name__] += 1
                    continue
                times.append(time.perf_counter() - started)
                if status != httpx.codes.OK:
                    errors[f"{status} {path}"] += 1

    before = stand.cpu_seconds()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(read, range(clients)))
    cpu = stand.cpu_seconds() - before
    processes = stand.processes()["api"]
    memory = sum(process.memory_info().rss for process in processes)
    quantiles = statistics.quantiles(times, n=20)
    parts = ", ".join(f"{part} {1000 * spent / len(times):.0f}" for part, spent in cpu.most_common())
    print(
        f"{clients} readers, {seconds:g} s: {len(times) / seconds:.1f} answers/s, errors {dict(errors) or 0}, median "
        f"{statistics.median(times):.2f} s, p95 {quantiles[-1]:.2f} s; {len(processes)} API processes, "
        f"{memory / 1e6:.0f} MB; ms of CPU per answer: {parts}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fake", action="store_true", help="engines that cost nothing: overhead alone")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--pictures", type=int, default=PICTURES, help="of each kind")
    parser.add_argument("--readers", type=int, default=READERS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        bundle = fake_bundle(Path(work) / "fakes") if arguments.fake else choose_bundle(None)
        kinds: dict[str, Sequence[Path]] = {
            "small": draw_small(Path(work), arguments.pictures),
            "real": real_pictures(arguments.pictures),
        }
        with standing(bundle) as stand:
            send(stand, kinds["small"][:4])
            group = throughput(stand, kinds, bundle, arguments.rounds)
            readers(stand, group, arguments.readers, arguments.seconds)


if __name__ == "__main__":
    main()
