"""The figures of `make eval`, counted by hand, and the table they come in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from adlens.domain.analysis import Detections
from adlens.vision.fakes import fake_bundle
from benchmarks.document import replace_section
from benchmarks.evaluate import Metrics, Row, accuracy_rows, calibration_error, evaluate, mvp_topic, word_rows, worse
from benchmarks.labels import Labelled, read_data_set, read_labels
from benchmarks.table import evaluation_table

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


def test_macro_accuracy_weighs_topics_alike() -> None:
    pairs = [("cups", "cups")] * 3 + [("ties", "cups")]
    found = {row.metric: row.value for row in accuracy_rows("d", pairs)}
    assert found == {"accuracy": 0.75, "macro accuracy": 0.5}


def test_calibration_is_the_gap_between_confidence_and_how_often_it_is_right() -> None:
    assert calibration_error([(0.95, True), (0.95, False), (0.35, True)]) == pytest.approx((2 * 0.45 + 0.65) / 3)
    assert calibration_error([(1.0, True)]) == 0
    assert calibration_error([]) == 0


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
