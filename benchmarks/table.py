"""Every stage of every bundle on every data set (`make eval`): docs/figures.md, which begins with a small table.

The data sets are samples/, the development creatives, photographs (ADLENS_PHOTOGRAPHS) and pictures of text alone,
drawn here; one that is not here is left out with a note. Each bundle is measured in a process of its own
(evaluation/evaluate.py), which leaves its rows in the bundle's metrics.json. What trainings measured on data they never
saw (metrics/*.json of a bundle) stands beside that. A bundle that is not here is left out with a note; one that has
been measured as it is now is measured again with --again only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from adlens.domain.analysis import Stage
from adlens.domain.errors import InvalidBundle
from adlens.settings import CommandLineSettings
from adlens.vision.bundle import ENGINES, MANIFEST, read_manifest
from adlens_cli.bundles import weights_folder
from adlens_cli.places import CHECKOUT, MODELS
from benchmarks import text_alone
from benchmarks.document import DOCS, table, write_section
from benchmarks.summary import summary_table
from evaluation.labels import PHOTOGRAPHS, read_data_set
from evaluation.metrics import ALL, METRICS, Metrics, Row
from training.environment import training_python

BUNDLES = ("base", "compact", "coco-dev", "upstream", "reference")
BESIDE = ("compact", "base")
"""The first of these that is here: on its boxes other readers are measured too."""
CREATIVES = (CHECKOUT / "samples", CHECKOUT / CommandLineSettings().creatives)
TEXT_ALONE = CHECKOUT / ".local" / "benchmarks" / "text-alone"
DATA_SETS = ("photographs", *(folder.name for folder in CREATIVES), TEXT_ALONE.name)
STAGES = {"ocr": "text", "detection": "objects", "classification": "topic", "embedding": "embedding"}
SUBSETS = (ALL, "ru", "en", "mixed", "ad", "product", "without text")
RATIOS = ("precision", "recall", "F1")
JOINED = (RATIOS, tuple(f"box {name}" for name in RATIOS))
"""Figures that share a line."""


def data_sets_here() -> tuple[list[Path], list[str]]:
    """Folders of the data sets that can be measured on, and why each of the others cannot. Draws the text alone."""
    photographs = (CHECKOUT / CommandLineSettings().photographs).resolve()
    here = [folder.resolve() for folder in CREATIVES if folder.is_dir()]
    notes = [
        f"creatives: there is no {folder}; ADLENS_CREATIVES names another"
        for folder in CREATIVES
        if not folder.is_dir()
    ]
    if (photographs / PHOTOGRAPHS).is_file():
        here.append(photographs)
    else:
        notes.append(f"photographs: there is no {PHOTOGRAPHS} in {photographs}; ADLENS_PHOTOGRAPHS names their folder")
    try:
        text_alone.draw(TEXT_ALONE)
        here.append(TEXT_ALONE)
    except SystemExit as error:
        notes.append(f"text alone: {error}")
    return here, notes


def bundles_here(names: Iterable[str]) -> tuple[dict[str, Path], list[str]]:
    """Folders of the bundles that can be measured, and why each of the others cannot."""
    here, notes = {}, []
    for name in names:
        folder = MODELS / name
        try:
            if not needs_training_environment(folder):
                read_manifest(folder, {"weights": str(weights_folder())})
            here[name] = folder
        except InvalidBundle as error:
            notes.append(f"{name}: {error}")
        except OSError:
            notes.append(f"{name}: models/{name} is not here")
    return here, notes


def needs_training_environment(folder: Path) -> bool:
    """Whether an engine of the bundle needs libraries that only the training environment has."""
    manifest = tomllib.loads((folder / MANIFEST).read_text())
    kinds = [ENGINES[stage].get(manifest[stage].get("engine")) for stage in Stage if stage in manifest]
    return any(kind.needs for kind in kinds if kind)


def environment_of(folder: Path) -> tuple[Path, dict[str, str]]:
    """The interpreter that can run the bundle, and the variables it is to be run with."""
    python = training_python() if needs_training_environment(folder) else Path(sys.executable)
    source = os.pathsep.join((str(CHECKOUT / "layers/adlens/python"), str(CHECKOUT)))
    offline = {"HF_HUB_OFFLINE": "1", "YOLO_OFFLINE": "1", "YOLO_CONFIG_DIR": str(CHECKOUT / ".local")}
    return python, {**os.environ, **offline, "PYTHONPATH": source}


def is_measured(folder: Path, data_sets: Sequence[Path]) -> bool:
    """Whether the bundle's metrics.json is about the bundle as it is, on these data sets as they are."""
    try:
        known = Metrics.parse((folder / METRICS).read_text())
        checksum = read_manifest(folder, {"weights": str(weights_folder())}).checksum
    except (OSError, ValueError, TypeError, KeyError, InvalidBundle):
        return False
    return (known.checksum, known.datasets) == (checksum, {d.name: d.digest for d in map(read_data_set, data_sets)})


def measure(folder: Path, data_sets: Sequence[Path], threads: int, *, beside: bool) -> None:
    """Writes the bundle's metrics.json. Raises InvalidBundle with the output of the process when it fails."""
    python, variables = environment_of(folder)
    command: list[str | Path] = [python, "-m", "evaluation.evaluate", "--bundle", folder, "--weights", weights_folder()]
    command += ["--threads", str(threads), "--out", folder / METRICS, *(["--beside"] if beside else [])]
    for data_set in data_sets:
        command += ["--creatives", data_set]
    result = subprocess.run(command, cwd=CHECKOUT, env=variables, stderr=subprocess.PIPE, text=True, check=False)
    if result.returncode:
        raise InvalidBundle((result.stderr.strip().splitlines() or ["it ended without a word"])[-1])


def rows_of(folder: Path) -> list[Row]:
    """What was measured of the bundle, and what its models' trainings measured on data they never saw."""
    rows = list(Metrics.parse((folder / METRICS).read_text()).rows) if (folder / METRICS).is_file() else []
    for path in sorted((folder / "metrics").glob("*.json")):
        known = Row.__dataclass_fields__.keys()
        rows += [Row(**{key: row[key] for key in row.keys() & known}) for row in json.loads(path.read_text())["rows"]]
    return rows


class Line(NamedTuple):
    """What a line of the table is about; its cells are the bundles'."""

    stage: str
    dataset: str
    subset: str
    by: str
    measure: str
    pictures: int | None
    command: str

    @classmethod
    def of(cls, row: Row) -> Line:
        measure = next((" / ".join(names) for names in JOINED if row.metric in names), row.metric)
        return cls(
            STAGES.get(row.stage, row.stage), row.dataset, row.subset, row.by, measure, row.pictures, row.command
        )

    def order(self) -> tuple[object, ...]:
        known = list(STAGES.values()), list(DATA_SETS), list(SUBSETS)
        places = [names.index(name) if name in names else len(names) for names, name in zip(known, self, strict=False)]
        return (*places, *self[:-2], self.pictures or 0)

    def titles(self) -> list[str]:
        pictures = self.subset if self.pictures is None else f"{self.subset} ({self.pictures})"
        return [self.stage, self.dataset, pictures, f"{self.measure}; {self.by}" if self.by else self.measure]


def evaluation_table(rows: Mapping[str, Sequence[Row]]) -> str:
    """A line per stage, data set and measure; a column per bundle; intervals in brackets."""
    cells: dict[Line, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for bundle, of_bundle in rows.items():
        for row in of_bundle:
            cells[Line.of(row)][bundle].append(_cell(row))
    lines = [
        [*line.titles(), *(" / ".join(cells[line][bundle]) or "-" for bundle in rows), f"`{line.command}`"]
        for line in sorted(cells, key=Line.order)
    ]
    return table(("stage", "data set", "pictures", "measure", *rows, "made by"), lines, numbers_from=4)


def _cell(row: Row) -> str:
    joined = any(row.metric in names for names in JOINED)
    if row.low is None or row.high is None:
        return _shown(row.value, 2 if joined else 3)
    return f"{row.value:.2f} ({row.low:.2f}-{row.high:.2f})"


def _shown(value: float, digits: int) -> str:
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.0e}" if 0 < abs(value) < 0.001 else f"{value:.{digits}f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundles", nargs="*", default=BUNDLES, help="names below models/; default: all there are")
    parser.add_argument("--creatives", type=Path, action="append", help="labelled folders instead of the known ones")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--again", action="store_true", help="also what has been measured as it is now")
    parser.add_argument("--print-only", action="store_true", help="leave docs/ as it is")
    arguments = parser.parse_args()

    data_sets, missing = ([f.resolve() for f in arguments.creatives], []) if arguments.creatives else data_sets_here()
    here, notes = bundles_here(arguments.bundles)
    notes = [*missing, *notes]
    beside = next((name for name in BESIDE if name in here), None)
    rows = {}
    for name, folder in here.items():
        try:
            if arguments.again or not is_measured(folder, data_sets):
                print(f"measuring {name} on {', '.join(data.name for data in data_sets)}", file=sys.stderr)
                measure(folder, data_sets, arguments.threads, beside=name == beside)
            rows[name] = rows_of(folder)
        except InvalidBundle as error:
            notes.append(f"{name}: {error}")
    figures, summary = evaluation_table(rows), summary_table(rows)
    print("\n\n".join((figures, summary)) + "".join(f"\nNot measured: {note}." for note in notes))
    if not arguments.print_only:
        write_section("eval", figures, DOCS / "figures.md")
        write_section("summary", summary, DOCS / "figures.md")


if __name__ == "__main__":
    main()
