"""How right one model bundle is on labelled pictures, as rows for machines: a metrics.json for the bundle's folder.

    python -m evaluation.evaluate --bundle models/base --out models/base/metrics.json

Measured per picture: the words that were read, the classes of objects that were found and, where boxes are labelled,
where they are, the topic and whether it was sure, and whether pictures of one topic are near each other.
`make eval` (benchmarks/table.py) does it for every bundle and puts the results side by side.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from adlens.domain.analysis import Analysis, Decision, DetectedObject, Detections, Stage, TopicPrediction
from adlens.domain.errors import AdLensError, InvalidBundle
from adlens.domain.gallery import LEAST_SIMILARITY
from adlens.domain.ports.vision import Engines, ImageDecoder, TextReader
from adlens.domain.settings import SETTING_KINDS
from adlens.domain.topics import taxonomy
from adlens.services.analyze_image import analyze_image
from evaluation.labels import COCO_CLASS, DataSet, Labelled, read_data_set
from evaluation.metrics import ALL, Metrics, Row
from evaluation.scoring import (
    Counts,
    Floats,
    Measure,
    average_precision,
    calibration_error,
    estimate,
    match_boxes,
    mean_of,
    ratio,
    score_sets,
    score_words,
    words,
)

ROOT = Path(__file__).resolve().parent.parent
MVP_RULE, MVP_CONFIDENCE = "the MVP's rule", 0.35
MACRO_FROM = 3
"""Pictures of a topic from which on it counts in the macro accuracy."""
Pair = tuple[Labelled, Analysis]


def evaluate_folder(
    folder: Path, threads: int, variables: Mapping[str, str], data_sets: Sequence[DataSet], *, beside: bool = False
) -> Metrics:
    """Measures the bundle in a folder; `beside` measures other readers on the lines that it finds as well.

    Raises InvalidBundle.
    """
    from adlens.vision.bundle import load_bundle, read_manifest

    stages = read_manifest(folder, variables).stages
    classes = stages[Stage.DETECTION].settings.get("classes") if Stage.DETECTION in stages else None
    finder = make_finder(folder, threads, variables) if beside else None
    return evaluate(load_bundle(folder, threads, variables), data_sets, finder, classes)


def evaluate(
    engines: Engines,
    data_sets: Sequence[DataSet],
    finder: TextReader | None = None,
    classes: Iterable[str] | None = None,
) -> Metrics:
    """Analyses every picture once. With `finder`, other readers of text are measured on the lines that it finds.
    `classes` are those that the detector knows; None where it may know every class.

    Raises InvalidBundle when a stage fails on a picture: such a bundle is not measured, it is broken.
    """
    from tqdm import tqdm

    dominant, secondary = (SETTING_KINDS[f"{role}_COLORS_COUNT"].default for role in ("DOMINANT", "SECONDARY"))
    known = None if classes is None else frozenset(COCO_CLASS.get(name, name) for name in classes)
    rows: list[Row] = []
    for data in data_sets:
        pairs = []
        for creative in tqdm(data.creatives, desc=data.name, unit="picture", disable=None, leave=False):
            found = analyze_image(creative.path.read_bytes(), engines, dominant, secondary)
            if found.failure:
                raise InvalidBundle(f"The bundle fails on {creative.path.name}: {found.failure}")
            pairs.append((creative, found))
        rows += [*text_rows(data.name, pairs), *object_rows(data.name, pairs, known)]
        rows += [*topic_rows(data.name, pairs), *embedding_rows(data.name, pairs)]
        if finder:
            rows += rows_of_other_readers(data, engines.decoder, finder)
    info = engines.info
    return Metrics(info.name, info.version, info.checksum, {data.name: data.digest for data in data_sets}, tuple(rows))


def measured(
    stage: str, dataset: str, metric: str, measure: Measure, pictures: int, subset: str = ALL, by: str = ""
) -> list[Row]:
    """A row with its interval; none where the figure is undefined."""
    found = estimate(measure, pictures) if pictures else None
    if found is None:
        return []
    return [Row(stage, dataset, metric, found.value, subset, pictures, by, low=found.low, high=found.high)]


def ratio_rows(
    stage: str, dataset: str, counts: Sequence[Counts], subset: str = ALL, by: str = "", prefix: str = ""
) -> list[Row]:
    """Precision, recall and F1 from the counts of each picture."""
    right, wrong, missed = np.array([(one.right, one.wrong, one.missed) for one in counts], float).T
    figures = {
        "precision": ratio(right, right + wrong),
        "recall": ratio(right, right + missed),
        "F1": ratio(2 * right, 2 * right + wrong + missed),
    }
    return [
        row
        for name, figure in figures.items()
        for row in measured(stage, dataset, prefix + name, figure, len(counts), subset, by)
    ]


# --- text -----------------------------------------------------------------------------------------------------------


def text_rows(dataset: str, pairs: Sequence[Pair]) -> list[Row]:
    read = [(creative, [block.text for block in found.text]) for creative, found in pairs if found.text is not None]
    return word_rows(dataset, read, by="")


def word_rows(dataset: str, read: Sequence[tuple[Labelled, Sequence[str]]], by: str) -> list[Row]:
    """Precision, recall and F1 of words over all transcribed pictures with text, by language and by kind of text."""
    counts: dict[str, list[Counts]] = defaultdict(list)
    for creative, lines in read:
        if creative.text is None:
            continue
        scored = score_words(words("\n".join(lines)), words(creative.text), creative.small_print)
        for subset in {ALL, creative.language, creative.kind} - {"-"} if creative.text else {"without text"}:
            counts[subset].append(scored)
    rows = []
    for subset, group in counts.items():
        if subset == "without text":
            wrong = sum(scored.wrong for scored in group)
            rows.append(Row(Stage.OCR, dataset, "words read", wrong, subset, len(group), by))
        else:
            rows += ratio_rows(Stage.OCR, dataset, group, subset, by)
    return rows


def rows_of_other_readers(data: DataSet, decoder: ImageDecoder, finder: TextReader) -> list[Row]:
    from adlens.vision.image import pixels_of
    from evaluation.readers import other_readers

    transcribed = [creative for creative in data.creatives if creative.text is not None]
    images = [decoder.decode(creative.path.read_bytes()) for creative in transcribed]
    found = [(pixels_of(image), finder.read(image)) for image in images]
    rows: list[Row] = []
    for name, reader in other_readers().items() if transcribed else ():
        lines = [reader(*picture) for picture in found]
        rows += word_rows(data.name, list(zip(transcribed, lines, strict=True)), by=name)
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


@dataclass(frozen=True, slots=True)
class Seen:
    """The objects of a picture that count: those of a class that the detector knows and the labels tell of."""

    creative: Labelled
    shown: tuple[DetectedObject, ...]
    weak: tuple[DetectedObject, ...]
    truths: frozenset[str]

    @classmethod
    def of(cls, creative: Labelled, detections: Detections, known: frozenset[str] | None) -> Seen:
        labelled = creative.labelled_classes

        def counted(objects: Iterable[DetectedObject]) -> tuple[DetectedObject, ...]:
            named = (replace(one, class_name=COCO_CLASS.get(one.class_name, one.class_name)) for one in objects)
            return tuple(one for one in named if labelled is None or one.class_name in labelled)

        # Where labels are not exhaustive, a class that the detector does not know is one that people miss.
        expected = {name for name in creative.objects if labelled is None or known is None or name in known}
        return cls(creative, counted(detections.objects), counted(detections.weak), frozenset(expected))

    def counts(self, *, weak: bool = False, class_name: str | None = None) -> Counts:
        """Of classes, whatever their number; of one class only where one is given."""
        found = {one.class_name for one in (*self.shown, *(self.weak if weak else ()))}
        if class_name is None:
            return score_sets(found, self.truths)
        return score_sets(found & {class_name}, self.truths & {class_name})


def object_rows(dataset: str, pairs: Sequence[Pair], known: frozenset[str] | None = None) -> list[Row]:
    """Classes per picture, and boxes where every instance is labelled. Where labels only name what is clearly visible,
    precision is a lower bound. Of a data set without any object: the pictures that got some.
    """
    seen = [Seen.of(creative, found.detections, known) for creative, found in pairs if found.detections is not None]
    if not seen:
        return []
    if not any(one.truths for one in seen):
        with_objects = sum(bool(one.shown) for one in seen)
        return [Row(Stage.DETECTION, dataset, "pictures with objects", with_objects, pictures=len(seen))]
    rows = ratio_rows(Stage.DETECTION, dataset, [one.counts() for one in seen])
    also_weak = [one.counts(weak=True) for one in seen]
    recall = ratio([one.right for one in also_weak], [one.right + one.missed for one in also_weak])
    rows += measured(Stage.DETECTION, dataset, "recall, weak ones as well", recall, len(seen))
    boxed = [one for one in seen if one.creative.labelled_classes is not None]
    return rows + box_rows(dataset, boxed, known) if boxed else rows


def box_rows(dataset: str, seen: Sequence[Seen], known: frozenset[str] | None) -> list[Row]:
    """Boxes that overlap by half or more: AP50 over all boxes, weak ones as well, and precision, recall and F1 of those
    shown. Classes per picture are counted for each class too, over the pictures labelled with it.
    """
    truths = [[box for box in one.creative.boxes if known is None or box[0] in known] for one in seen]
    counts = []
    for one, there in zip(seen, truths, strict=True):
        right = sum(match_boxes(one.shown, there))
        counts.append(Counts(right, len(one.shown) - right, len(there) - right))
    rows = ratio_rows(Stage.DETECTION, dataset, counts, prefix="box ")

    found = [(one.class_name, one.confidence) for each in seen for one in (*each.shown, *each.weak)]
    places = [place for place, each in enumerate(seen) for _ in (*each.shown, *each.weak)]
    matches = [
        hit for one, there in zip(seen, truths, strict=True) for hit in match_boxes((*one.shown, *one.weak), there)
    ]
    areas: list[Measure] = []
    for name in sorted({name for there in truths for name, _ in there}):
        mine = [index for index, (class_name, _) in enumerate(found) if class_name == name]
        areas.append(
            average_precision(
                [found[index][1] for index in mine],
                [matches[index] for index in mine],
                [places[index] for index in mine],
                [sum(box[0] == name for box in there) for there in truths],
            )
        )
        of_class = [one.counts(class_name=name) for one in seen if name in (one.creative.labelled_classes or ())]
        rows += ratio_rows(Stage.DETECTION, dataset, of_class, name)
    return rows + measured(Stage.DETECTION, dataset, "AP50", mean_of(areas), len(seen))


# --- topic ----------------------------------------------------------------------------------------------------------


def topic_rows(dataset: str, pairs: Sequence[Pair]) -> list[Row]:
    """How often the topic is right, for how many it is sure and how often then, and what the MVP's rule makes of the
    same objects."""
    labelled = [(creative.topic, found) for creative, found in pairs if creative.topic is not None]
    predicted = [(truth, found.topic) for truth, found in labelled if found.topic]
    ruled = [(truth, mvp_topic(found.detections)) for truth, found in labelled if found.detections]
    rows = accuracy_rows(dataset, [(truth, str(found.topic)) for truth, found in predicted])
    rows += accuracy_rows(dataset, ruled, by=MVP_RULE)
    return [*rows, *confidence_rows(dataset, predicted)]


def accuracy_rows(dataset: str, pairs: Sequence[tuple[str, str]], by: str = "") -> list[Row]:
    """From (truth, chosen). Macro accuracy is the mean, over topics of MACRO_FROM pictures or more, of the share that
    was recognised."""
    truths = np.array([truth for truth, _ in pairs])
    right = np.array([truth == chosen for truth, chosen in pairs], float)
    topics, pictures = np.unique(truths, return_counts=True)
    shares = [ratio(right * (truths == topic), truths == topic) for topic in topics[pictures >= MACRO_FROM]]
    rows = measured(Stage.CLASSIFICATION, dataset, "accuracy", ratio(right, np.ones(len(pairs))), len(pairs), by=by)
    if shares:
        rows += measured(Stage.CLASSIFICATION, dataset, "macro accuracy", mean_of(shares), len(pairs), by=by)
    return rows


def confidence_rows(dataset: str, predicted: Sequence[tuple[str, TopicPrediction]]) -> list[Row]:
    """Whether confidence is to be trusted."""
    right = np.array([found.topic == truth for truth, found in predicted], float)
    sure = np.array([found.decision is Decision.SURE for _, found in predicted], float)
    figures = {
        "precision of sure": ratio(right * sure, sure),
        "share sure": ratio(sure, np.ones(len(predicted))),
        "ECE": calibration_error([found.confidence for _, found in predicted], list(right)),
    }
    return [
        row
        for name, figure in figures.items()
        for row in measured(Stage.CLASSIFICATION, dataset, name, figure, len(predicted))
    ]


def mvp_topic(detections: Detections) -> str:
    """The topic of the COCO class seen with the most confidence, from 0.35 on; the fallback when there is none."""
    topics = taxonomy()
    speaking = [
        (score, topic)
        for name, score in detections.class_scores.items()
        if score >= MVP_CONFIDENCE and (topic := topics.topic_of_class(name))
    ]
    return max(speaking)[1] if speaking else topics.fallback


# --- similar --------------------------------------------------------------------------------------------------------


def embedding_rows(dataset: str, pairs: Sequence[Pair]) -> list[Row]:
    """Whether pictures of one topic are near each other: each picture of a topic but the fallback is asked for all
    others; those of the fallback are only among the answers. Rankings are means over the pictures asked for; of what
    would be shown as similar, all pairs count.
    """
    labelled = [(creative.topic, found.embedding) for creative, found in pairs if creative.topic and found.embedding]
    asked = [place for place, (topic, _) in enumerate(labelled) if topic != taxonomy().fallback]
    if not asked:
        return []
    topics, vectors = np.array([topic for topic, _ in labelled]), np.array([vector for _, vector in labelled])
    others = np.arange(len(labelled)) != np.array(asked)[:, None]
    similarity, same = vectors[asked] @ vectors.T, (topics[asked][:, None] == topics) & others
    shown = (similarity >= LEAST_SIMILARITY) & others
    rankings = [
        ranking(row[other], of_topic[other]) for row, of_topic, other in zip(similarity, same, others, strict=True)
    ]
    precisions, areas = np.array(rankings).T
    right = (shown & same).sum(1)
    figures = {
        "one topic: mAP": _mean(precisions),
        "one topic: AUC": _mean(areas),
        "shown as similar: precision": ratio(right, shown.sum(1)),
        "shown as similar: recall": ratio(right, same.sum(1)),
    }
    return [row for name, figure in figures.items() for row in measured("embedding", dataset, name, figure, len(asked))]


def ranking(similarity: Floats, same: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Of the similarity (n,) of other pictures to one, and whether they are of its topic (n,): average precision, and
    how often a picture of its topic is before one of another (the area under the ROC curve). NaN where one kind is
    missing.
    """
    from sklearn.metrics import average_precision_score, roc_auc_score

    if same.all() or not same.any():
        return float("nan"), float("nan")
    return float(average_precision_score(same, similarity)), float(roc_auc_score(same, similarity))


def _mean(values: Floats) -> Measure:
    """Of those that are defined."""
    defined = ~np.isnan(values)
    return ratio(np.where(defined, values, 0), defined)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True, help="folder of the bundle")
    parser.add_argument("--weights", type=Path, default=Path(), help="what ${weights} in its manifest stands for")
    parser.add_argument("--creatives", type=Path, action="append", help="labelled folder; default: samples/")
    parser.add_argument("--beside", action="store_true", help="Tesseract and RapidOCR's recogniser as well")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, required=True, help="the metrics.json to write")
    arguments = parser.parse_args()

    variables = {"weights": str(arguments.weights.resolve())}
    try:
        data_sets = [read_data_set(folder) for folder in arguments.creatives or [ROOT / "samples"]]
        metrics = evaluate_folder(arguments.bundle, arguments.threads, variables, data_sets, beside=arguments.beside)
    except AdLensError as error:
        sys.exit(f"error: {error}")
    arguments.out.write_text(metrics.dump())


if __name__ == "__main__":
    main()
