"""The figures of `make eval`, counted by hand, and the table they come in."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from adlens.domain.analysis import BoundingBox, DetectedObject, Detections, TopicPrediction
from adlens.vision.fakes import fake_bundle
from benchmarks import text_alone
from benchmarks.document import replace_section
from benchmarks.table import evaluation_table
from evaluation.evaluate import (
    Seen,
    accuracy_rows,
    box_rows,
    confidence_rows,
    embedding_rows,
    evaluate,
    mvp_topic,
    object_rows,
    ranking,
    word_rows,
)
from evaluation.labels import Labelled, read_data_set, read_labels
from evaluation.metrics import Metrics, Row, worse

SAMPLES = Path(__file__).parents[3] / "samples"


def labelled(text: str = "", language: str = "-", kind: str = "-") -> Labelled:
    return Labelled(Path("a.png"), "cups", ("cup",), text, "", language, kind)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Image.new("RGB", (40, 30), "red").save(tmp_path / "a.png")
    entry = {"file": "a.png", "topic": "cups", "text": "Скидка", "lang": "ru+en", "text_kind": "ad", "objects": ["cup"]}
    (tmp_path / "labels.json").write_text(json.dumps([entry]))
    return tmp_path


def test_both_shapes_of_labels_are_read(folder: Path) -> None:
    ours = read_labels(SAMPLES)
    assert len(ours) == 24
    assert all(creative.path.is_file() for creative in ours)
    assert {creative.language for creative in ours} == {"ru", "en"}
    (creative,) = read_labels(folder)
    assert (creative.language, creative.kind, creative.objects) == ("mixed", "ad", ("cup",))


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """One to train on and one to evaluate, which shows a watch, a tie that is a bow, and a cup nobody looked for."""
    Image.new("RGB", (40, 30), "green").save(tmp_path / "a.jpg")
    corners = {"x1": 0.1, "y1": 0.2, "x2": 0.5, "y2": 0.6}
    row = {
        "file": "a.jpg",
        "topic": None,
        "boxes": [{"class": name, **corners} for name in ("watch", "bow tie", "cup")],
        "labelled_classes": ["watch", "clock", "tie", "bow tie"],
    }
    lines = [json.dumps(row | {"use": use}) for use in ("train", "evaluate")]
    (tmp_path / "labels.jsonl").write_text("\n".join(lines))
    return tmp_path


def test_photographs_to_evaluate_are_read_with_boxes_of_the_labelled_classes(photographs: Path) -> None:
    data = read_data_set(photographs)
    (one,) = data.creatives
    box = BoundingBox(0.1, 0.2, 0.5, 0.6)
    assert data.name == "photographs"
    assert (one.topic, one.text, one.objects) == (None, None, ("clock", "tie"))
    assert one.boxes == (("clock", box), ("tie", box))
    assert one.labelled_classes == {"clock", "tie"}


def test_what_nobody_transcribed_is_no_picture_without_text(tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_text(
        '[{"file": "a.png", "topic": null}, {"file": "b.png", "topic": null, "text": null}]'
    )
    assert [one.text for one in read_labels(tmp_path)] == [None, ""]
    read = [(one, ["ghost"]) for one in read_labels(tmp_path)]
    assert [(row.metric, row.value, row.pictures) for row in word_rows("d", read, by="")] == [("words read", 1, 1)]


def test_what_is_no_labelled_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="No labelled creatives"):
        read_labels(tmp_path)
    (tmp_path / "labels.json").write_text('[{"file": "a.png"}]')
    with pytest.raises(SystemExit, match="not in the shape"):
        read_labels(tmp_path)


def test_a_data_set_is_another_one_when_a_picture_changes(folder: Path) -> None:
    before = read_data_set(folder)
    assert read_data_set(folder) == before
    Image.new("RGB", (40, 30), "blue").save(folder / "a.png")
    assert read_data_set(folder).digest != before.digest


def test_words_are_scored_over_all_pictures_and_by_language_and_kind() -> None:
    read = [
        (labelled("sale now", "en", "ad"), ["Sale"]),
        (labelled("скидка", "ru", "product"), ["СКИДКА", "50"]),
        (labelled(), ["ghost"]),
    ]
    found = {(row.subset, row.metric): row.value for row in word_rows("d", read, by="")}
    assert found["all", "precision"] == pytest.approx(2 / 3)
    assert found["all", "recall"] == pytest.approx(2 / 3)
    assert (found["en", "precision"], found["en", "recall"]) == (1, 0.5)
    assert found["product", "precision"] == 0.5
    assert found["without text", "words read"] == 1


def test_macro_accuracy_weighs_topics_alike_and_leaves_rare_ones_out() -> None:
    pairs = [("cups", "cups")] * 4 + [("ties", "cups")] * 3 + [("bags", "cups")] * 2
    found = {row.metric: row for row in accuracy_rows("d", pairs)}
    assert {name: row.value for name, row in found.items()} == {"accuracy": pytest.approx(4 / 9), "macro accuracy": 0.5}
    assert found["accuracy"].low < 4 / 9 < found["accuracy"].high
    assert [row.metric for row in accuracy_rows("d", pairs[-2:])] == ["accuracy"]
    assert accuracy_rows("d", []) == []


def test_what_is_called_sure_is_counted_with_how_often_it_is_right() -> None:
    def prediction(topic: str, confidence: float, sure: bool) -> TopicPrediction:
        return TopicPrediction(topic, confidence, {topic: confidence}, sure=sure)

    predictions = [
        ("cups", prediction("cups", 0.9, True)),
        ("cups", prediction("ties", 0.9, True)),
        ("cups", prediction("cups", 0.9, True)),
        ("cups", prediction("ties", 0.3, False)),
    ]
    found = {row.metric: row.value for row in confidence_rows("d", predictions)}
    assert found == {
        "precision of sure": pytest.approx(2 / 3),
        "share sure": 0.75,
        "ECE": pytest.approx((3 * 0.9 - 2 + 0.3) / 4),
    }
    never = {row.metric: row.value for row in confidence_rows("d", predictions[-1:])}
    assert never == {"share sure": 0.0, "ECE": pytest.approx(0.3)}


LEFT, RIGHT = BoundingBox(0.0, 0.0, 0.4, 1.0), BoundingBox(0.6, 0.0, 1.0, 1.0)


def detected(name: str, confidence: float, box: BoundingBox = LEFT) -> DetectedObject:
    return DetectedObject(name, confidence, box)


def photograph(*boxes: tuple[str, BoundingBox], labelled_classes: tuple[str, ...] = ("cup", "clock")) -> Labelled:
    names = tuple({name for name, _ in boxes})
    return Labelled(Path("a.jpg"), None, names, None, "", "-", "-", boxes, frozenset(labelled_classes))


def test_objects_count_where_a_class_is_labelled_and_known() -> None:
    creative = photograph(("cup", LEFT), ("clock", RIGHT))
    detections = Detections((detected("cup", 0.9), detected("person", 0.8)), weak=(detected("watch", 0.2, RIGHT),))
    seen = Seen.of(creative, detections, frozenset({"cup", "clock", "person"}))
    assert (seen.counts().right, seen.counts().wrong, seen.counts().missed) == (1, 0, 1)
    assert (seen.counts(weak=True).right, seen.counts(weak=True).missed) == (2, 0)
    assert Seen.of(creative, detections, frozenset({"cup"})).counts().missed == 0
    assert Seen.of(labelled(), detections, None).counts().wrong == 1


def test_boxes_are_scored_over_the_pictures() -> None:
    both = Detections((detected("cup", 0.9), detected("cup", 0.8, RIGHT), detected("clock", 0.7)))
    weak = Detections(weak=(detected("clock", 0.3, RIGHT),))
    seen = [
        Seen.of(photograph(("cup", LEFT)), both, None),
        Seen.of(photograph(("clock", RIGHT)), weak, None),
    ]
    rows = {(row.subset, row.metric): row.value for row in box_rows("d", seen, None)}
    assert rows["all", "box precision"] == pytest.approx(1 / 3)
    assert rows["all", "box recall"] == 0.5
    assert rows["all", "AP50"] == pytest.approx((1 + 1 / 2) / 2)
    assert rows["cup", "precision"] == 1
    assert rows["clock", "precision"] == 0


def test_of_pictures_without_objects_those_that_got_some_are_counted(tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_text('[{"file": "a.png", "topic": null, "objects": []}]')
    (creative,) = read_labels(tmp_path)
    got = [Detections(), Detections((detected("tie", 0.6),)), Detections(weak=(detected("tie", 0.2),))]
    pairs = [(creative, fake_analysis(detections)) for detections in got]
    (row,) = object_rows("d", pairs)
    assert (row.metric, row.value, row.pictures) == ("pictures with objects", 1, 3)


def fake_analysis(detections: Detections) -> Any:
    return SimpleNamespace(detections=detections)


@pytest.mark.skipif(not text_alone.FONT_FOLDER.is_dir(), reason=f"needs {text_alone.FONT_PACKAGE}")
def test_pictures_of_text_alone_are_drawn_the_same_each_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(text_alone, "PICTURES", 8)
    text_alone.draw(tmp_path)
    first = read_data_set(tmp_path)
    text_alone.draw(tmp_path)
    assert read_data_set(tmp_path) == first
    assert len(first.creatives) == 8
    assert not any(one.objects or one.topic for one in first.creatives)


def test_without_its_fonts_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(text_alone, "HEADING_FACES", ("NoSuchFont.ttf",) * 3)
    with pytest.raises(SystemExit, match="apt-get install fonts-dejavu-core"):
        text_alone.draw(tmp_path)


def test_rankings_by_hand() -> None:
    assert ranking(np.array([0.9, 0.5, 0.7]), np.array([True, False, True])) == (1, 1)
    precision, area = ranking(np.array([0.9, 0.8, 0.7]), np.array([True, False, True]))
    assert (precision, area) == (pytest.approx((1 + 2 / 3) / 2), 0.5)
    assert all(np.isnan(ranking(np.array([0.9]), np.array([True]))))


def test_pictures_of_a_topic_are_asked_for_all_others_and_those_of_none_only_answer() -> None:
    vectors = {"cups": [(1.0, 0.0), (0.8, 0.6), (0.0, 1.0)], "other": [(0.0, 1.0)]}
    pairs = [
        (Labelled(Path("a.jpg"), topic, (), None, "", "-", "-"), SimpleNamespace(embedding=vector))
        for topic, of_topic in vectors.items()
        for vector in of_topic
    ]
    figures = {row.metric: row for row in embedding_rows("d", pairs)}
    assert all(row.pictures == 3 for row in figures.values())
    # Shown from a cosine of 0.55 on: first and second each other, second and third each other and `other`.
    assert figures["shown as similar: precision"].value == pytest.approx(4 / 6)
    assert figures["shown as similar: recall"].value == pytest.approx(4 / 6)
    # The third picture's twin is no cup: half of the pairs are the wrong way round, the other tied.
    assert figures["one topic: AUC"].value == pytest.approx((0.75 + 0.75 + 0) / 3)
    assert embedding_rows("d", pairs[-1:]) == []


@pytest.mark.parametrize(
    ("scores", "topic"),
    [
        ({"cup": 0.4, "tie": 0.5}, "ties"),
        ({"cup": 0.35}, "cups"),
        ({"cup": 0.34}, "other"),
        ({"person": 0.9}, "other"),
        ({"wine glass": 0.9, "cup": 0.8}, "cutlery"),
    ],
)
def test_the_mvp_goes_by_the_surest_class_that_speaks_for_a_topic(scores: dict[str, float], topic: str) -> None:
    assert mvp_topic(Detections(class_scores=scores)) == topic


def test_a_bundle_is_measured_and_its_metrics_survive_a_file(folder: Path) -> None:
    data = read_data_set(folder)
    metrics = evaluate(fake_bundle(), [data])
    assert Metrics.parse(metrics.dump()) == metrics
    assert metrics.datasets == {data.name: data.digest}
    assert {(row.stage, row.metric) for row in metrics.rows} >= {("ocr", "recall"), ("classification", "accuracy")}


def test_what_gets_worse_is_said_beyond_the_tolerance() -> None:
    def metrics(**values: float) -> Metrics:
        stages = {"F1": "ocr", "ECE": "classification"}
        return Metrics("b", "1", "", {}, tuple(Row(stages[name], "d", name, value) for name, value in values.items()))

    assert worse(metrics(F1=0.9, ECE=0.05), metrics(F1=0.895, ECE=0.06)) == []
    assert worse(metrics(F1=0.9, ECE=0.05), metrics(F1=0.95, ECE=0.01)) == []
    assert worse(metrics(F1=0.9, ECE=0.05), metrics(F1=0.88, ECE=0.08)) == [
        "F1 of ocr on d was 0.900 and is 0.880 (tolerance 0.01)",
        "ECE of classification on d was 0.050 and is 0.080 (tolerance 0.02)",
    ]
    assert worse(metrics(F1=0.9), metrics()) == ["F1 of ocr on d was 0.900 and has not been measured"]


def test_the_table_has_a_line_per_measure_and_a_column_per_bundle() -> None:
    ratios = [Row("ocr", "samples", name, 0.5, pictures=9) for name in ("precision", "recall", "F1")]
    topic = [Row("classification", "samples", "ECE", 0.0412, by="MVP")]
    trained = [Row("text", "held-out lines", "CER", 0.00031, command="make train-text")]
    _, _, *lines = evaluation_table({"base": [*topic, *ratios], "compact": [*ratios, *trained]}).splitlines()
    same = "0.50 / 0.50 / 0.50"
    assert lines == [
        f"| text | samples | all (9) | precision / recall / F1 | {same} | {same} | `make eval` |",
        "| text | held-out lines | all | CER | - | 3e-04 | `make train-text` |",
        "| topic | samples | all | ECE; MVP | 0.041 | - | `make eval` |",
    ]


def test_a_generated_section_leaves_the_rest_alone() -> None:
    document = "# A\n<!-- x:begin -->\nold\n<!-- x:end -->\nprose <!-- y:begin --><!-- y:end -->"
    once = replace_section(document, "x", "new\n")
    assert once == document.replace("old", "new")
    assert replace_section(once, "x", "new\n") == once
    with pytest.raises(ValueError, match="z:begin"):
        replace_section(document, "z", "new")
