"""How right one model bundle is on labelled creatives, as rows for machines: a metrics.json for the bundle's folder.

    python -m benchmarks.evaluate --bundle models/base --out models/base/metrics.json

Measured per picture: the words that were read, the classes of objects that were found, the topic that was chosen.
`make eval` (benchmarks/table.py) does it for every bundle and puts the results side by side.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from adlens.domain.analysis import Analysis, Detections, Stage
from adlens.domain.errors import AdLensError, InvalidBundle
from adlens.domain.ports import Engines, ImageDecoder, TextReader
from adlens.domain.settings import SETTING_KINDS
from adlens.domain.topics import taxonomy
from adlens.services.analyze_image import analyze_image
from benchmarks.labels import DataSet, Labelled, read_data_set
from benchmarks.scoring import Counts, score_sets, score_words, words

ROOT = Path(__file__).resolve().parent.parent
COMMAND = "make eval"
METRICS = "metrics.json"
ALL = "all"
MVP_RULE, MVP_CONFIDENCE = "the MVP's rule", 0.35
CALIBRATION_BINS = 10
# By how much a figure over all pictures may get worse when a bundle takes another one's place.
TOLERANCES = {"F1": 0.01, "accuracy": 0.01, "macro accuracy": 0.01, "ECE": 0.02}
LESS_IS_BETTER = {"ECE"}


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `by` is who it is about: the bundle itself when empty, else what stands beside it."""

    stage: str
    dataset: str
    metric: str
    value: float
    subset: str = ALL
    pictures: int | None = None
    by: str = ""
    command: str = COMMAND


@dataclass(frozen=True, slots=True)
class Metrics:
    """What was measured of a bundle, and on which data sets (name: digest)."""

    bundle: str
    version: str
    checksum: str
    datasets: Mapping[str, str]
    rows: tuple[Row, ...]

    def dump(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def parse(cls, text: str) -> Metrics:
        table = json.loads(text)
        return cls(**{**table, "rows": tuple(Row(**row) for row in table["rows"])})


def worse(before: Metrics, after: Metrics) -> list[str]:
    """What `after` does worse than `before` by more than the tolerance, or was not measured on."""
    now = {(row.stage, row.dataset, row.metric): row.value for row in after.rows if _is_guarded(row)}
    complaints = []
    for row in filter(_is_guarded, before.rows):
        title = f"{row.metric} of {row.stage} on {row.dataset}"
        value = now.get((row.stage, row.dataset, row.metric))
        if value is None:
            complaints.append(f"{title} was {row.value:.3f} and has not been measured")
        elif (row.value - value) * (-1 if row.metric in LESS_IS_BETTER else 1) > TOLERANCES[row.metric]:
            complaints.append(f"{title} was {row.value:.3f} and is {value:.3f} (tolerance {TOLERANCES[row.metric]})")
    return complaints


def _is_guarded(row: Row) -> bool:
    return row.metric in TOLERANCES and row.subset == ALL and not row.by


Pair = tuple[Labelled, Analysis]


def evaluate(engines: Engines, data_sets: Sequence[DataSet], finder: TextReader | None = None) -> Metrics:
    """Analyses every picture once. With `finder`, other readers of text are measured on the lines that it finds.

    Raises InvalidBundle when a stage fails on a picture: such a bundle is not measured, it is broken.
    """
    from tqdm import tqdm

    dominant, secondary = (SETTING_KINDS[f"{role}_COLORS_COUNT"].default for role in ("DOMINANT", "SECONDARY"))
    rows: list[Row] = []
    for data in data_sets:
        pairs = []
        for creative in tqdm(data.creatives, desc=data.name, unit="picture", disable=None, leave=False):
            found = analyze_image(creative.path.read_bytes(), engines, dominant, secondary)
            if found.failure:
                raise InvalidBundle(f"The bundle fails on {creative.path.name}: {found.failure}")
            pairs.append((creative, found))
        rows += [*text_rows(data.name, pairs), *object_rows(data.name, pairs), *topic_rows(data.name, pairs)]
        if finder:
            rows += rows_of_other_readers(data, engines.decoder, finder)
    info = engines.info
    return Metrics(info.name, info.version, info.checksum, {data.name: data.digest for data in data_sets}, tuple(rows))


# --- text -----------------------------------------------------------------------------------------------------------


def text_rows(dataset: str, pairs: Sequence[Pair]) -> list[Row]:
    read = [(creative, [block.text for block in found.text]) for creative, found in pairs if found.text is not None]
    return word_rows(dataset, read, by="")


def word_rows(dataset: str, read: Sequence[tuple[Labelled, Sequence[str]]], by: str) -> list[Row]:
    """Precision, recall and F1 of words over all pictures with text, by language and by kind of text."""
    counts: dict[str, list[Counts]] = defaultdict(list)
    for creative, lines in read:
        scored = score_words(words("\n".join(lines)), words(creative.text), creative.small_print)
        for subset in {ALL, creative.language, creative.kind} - {"-"} if creative.text else {"without text"}:
            counts[subset].append(scored)
    rows = []
    for subset, group in counts.items():
        total = sum(group, Counts())
        if subset == "without text":
            rows.append(Row(Stage.OCR, dataset, "words read", total.wrong, subset, len(group), by))
        else:
            rows += _ratios(Stage.OCR, dataset, total, subset, len(group), by)
    return rows


def rows_of_other_readers(data: DataSet, decoder: ImageDecoder, finder: TextReader) -> list[Row]:
    from adlens.vision.image import pixels_of
    from benchmarks.readers import other_readers

    images = [decoder.decode(creative.path.read_bytes()) for creative in data.creatives]
    found = [(pixels_of(image), finder.read(image)) for image in images]
    rows: list[Row] = []
    for name, reader in other_readers().items():
        lines = [reader(*picture) for picture in found]
        rows += word_rows(data.name, list(zip(data.creatives, lines, strict=True)), by=name)
    return rows


def make_finder(folder: Path, threads: int, variables: Mapping[str, str]) -> TextReader | None:
    """The bundle's reader, made to report every line it finds, also those that it could not read itself."""
    from adlens.vision.bundle import Bundle, read_manifest

    manifest = read_manifest(folder, variables)
    if Stage.OCR not in manifest.stages:
        return None
    stage = manifest.stages[Stage.OCR]
    settings = {name: 0.0 if name == "confidence" else value for name, value in stage.settings.items()}
    return Bundle(replace(manifest, stages={Stage.OCR: replace(stage, settings=settings)}), threads).text


# --- objects --------------------------------------------------------------------------------------------------------


def object_rows(dataset: str, pairs: Sequence[Pair]) -> list[Row]:
    """Classes per picture. Labels name what is clearly visible and are not exhaustive: precision is a lower bound."""
    seen = [(creative, found.detections) for creative, found in pairs if found.detections is not None]
    total = sum((score_sets(_classes(detections), creative.objects) for creative, detections in seen), Counts())
    return _ratios(Stage.DETECTION, dataset, total, ALL, len(seen)) if seen else []


def _classes(detections: Detections) -> set[str]:
    return {found.class_name for found in detections.objects}


# --- topic ----------------------------------------------------------------------------------------------------------


def topic_rows(dataset: str, pairs: Sequence[Pair]) -> list[Row]:
    chosen = [(creative.topic, str(found.topic.topic)) for creative, found in pairs if found.topic]
    ruled = [(creative.topic, mvp_topic(found.detections)) for creative, found in pairs if found.detections]
    rows = [*accuracy_rows(dataset, chosen), *accuracy_rows(dataset, ruled, by=MVP_RULE)]
    if chosen:
        sure = [(found.topic.confidence, str(found.topic.topic) == c.topic) for c, found in pairs if found.topic]
        error = calibration_error(sure)
        rows.append(Row(Stage.CLASSIFICATION, dataset, "ECE", error, pictures=len(sure)))
    return rows


def accuracy_rows(dataset: str, pairs: Sequence[tuple[str, str]], by: str = "") -> list[Row]:
    """From (truth, chosen). Macro accuracy is the mean over the topics of the share that was recognised."""
    if not pairs:
        return []
    by_topic: dict[str, list[bool]] = defaultdict(list)
    for truth, chosen in pairs:
        by_topic[truth].append(truth == chosen)
    accuracy = sum(truth == chosen for truth, chosen in pairs) / len(pairs)
    macro = sum(sum(right) / len(right) for right in by_topic.values()) / len(by_topic)
    figures = {"accuracy": accuracy, "macro accuracy": macro}
    return [Row(Stage.CLASSIFICATION, dataset, name, value, ALL, len(pairs), by) for name, value in figures.items()]


def mvp_topic(detections: Detections) -> str:
    """The topic of the COCO class seen with the most confidence, from 0.35 on; the fallback when there is none."""
    topics = taxonomy()
    speaking = [
        (score, topic)
        for name, score in detections.class_scores.items()
        if score >= MVP_CONFIDENCE and (topic := topics.topic_of_class(name))
    ]
    return max(speaking)[1] if speaking else topics.fallback


def calibration_error(predictions: Iterable[tuple[float, bool]]) -> float:
    """Expected calibration error over ten equal bins of confidence (Guo et al., 2017, arXiv:1706.04599)."""
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for confidence, right in predictions:
        bins[min(int(confidence * CALIBRATION_BINS), CALIBRATION_BINS - 1)].append((confidence, right))
    total = sum(map(len, bins.values()))
    gaps = (abs(sum(confidence - right for confidence, right in group)) for group in bins.values())
    return sum(gaps) / total if total else 0.0


def _ratios(stage: Stage, dataset: str, counts: Counts, subset: str, pictures: int, by: str = "") -> list[Row]:
    figures = {"precision": counts.precision, "recall": counts.recall, "F1": counts.f1}
    return [
        Row(stage, dataset, name, value, subset, pictures, by) for name, value in figures.items() if value is not None
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True, help="folder of the bundle")
    parser.add_argument("--weights", type=Path, default=Path(), help="what ${weights} in its manifest stands for")
    parser.add_argument("--creatives", type=Path, action="append", help="labelled folder; default: samples/")
    parser.add_argument("--beside", action="store_true", help="Tesseract and RapidOCR's recogniser as well")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, required=True, help="the metrics.json to write")
    arguments = parser.parse_args()

    from adlens.vision.bundle import load_bundle

    bundle = arguments.bundle, arguments.threads, {"weights": str(arguments.weights.resolve())}
    try:
        data_sets = [read_data_set(folder) for folder in arguments.creatives or [ROOT / "samples"]]
        finder = make_finder(*bundle) if arguments.beside else None
        metrics = evaluate(load_bundle(*bundle), data_sets, finder)
    except AdLensError as error:
        sys.exit(f"error: {error}")
    arguments.out.write_text(metrics.dump())


if __name__ == "__main__":
    main()
