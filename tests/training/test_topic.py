"""Training the topic model the whole way, on made-up detections: from ad copy to the file that serving runs."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adlens.domain.analysis import BoundingBox, Detections, EvidenceKind, TextBlock, TopicPrediction
from adlens.domain.topics import taxonomy
from adlens.vision.bundle import EMBEDDING, load_bundle

pytestmark = pytest.mark.timeout(900)

ROOT = Path(__file__).parents[2]
FEATURES = 8
IMAGE: Any = None


def made_up_vectors(path: Path) -> None:
    """A detector that mostly sees what a scene is about, and features that hint at it."""
    chance = np.random.default_rng(0)
    topics = taxonomy().topics
    of_scene = [list(topics)[number % len(topics)] for number in range(480)]
    classes = [*(name for topic in topics.values() for name in topic.objects), "person"]
    scores = np.array(
        [
            [chance.uniform(0.1, 0.9) * (taxonomy().topic_of_class(name) == topic) for name in classes]
            for topic in of_scene
        ],
        dtype=np.float32,
    )
    visual = chance.normal(1, 0.5, (len(of_scene), FEATURES)).astype(np.float32)
    visual[np.arange(len(of_scene)), [list(topics).index(topic) for topic in of_scene]] += 1
    splits = [("train", "train", "val", "test")[number // 6 % 4] for number in range(len(of_scene))]
    files = [f"{number}.jpg" for number in range(len(of_scene))]
    np.savez(path, classes=classes, scores=scores, visual=visual, files=files, topics=of_scene, splits=splits)


@pytest.fixture(scope="module")
def trained(run: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with a topic model and an embedding, and beside it what training left."""
    folder = tmp_path_factory.mktemp("topic")
    made_up_vectors(folder / "vectors.npz")
    run("training.topic.encoder", "--small", "--out", folder / "encoder")
    run("training.topic.train", "--small", *train_arguments(folder))
    sections = (folder / "out/manifest.toml").read_text()
    (folder / "bundle/manifest.toml").write_text(f'name = "small"\nversion = "1"\n\n{sections}')
    return folder


def train_arguments(folder: Path) -> list[str | Path]:
    places = {"vectors": "vectors.npz", "encoder": "encoder", "bundle": "bundle", "out": "out"}
    return [part for name, place in places.items() for part in (f"--{name}", folder / place)]


def measured(folder: Path, dataset: str, metric: str) -> float:
    rows = json.loads((folder / "bundle/metrics/topic.json").read_text())["rows"]
    (value,) = (row["value"] for row in rows if (row["dataset"], row["metric"]) == (dataset, metric))
    return float(value)


def classify(folder: Path, *lines: str, **scores: float) -> TopicPrediction:
    classifier = load_bundle(folder / "bundle", threads=1).topic
    assert classifier
    blocks = [TextBlock(line, BoundingBox(0, 0, 1, 1), 0.9) for line in lines]
    return classifier.classify(IMAGE, blocks, Detections(class_scores=scores, visual=(1.0,) * FEATURES))


def test_it_learns_words_and_objects(trained: Path) -> None:
    words = json.loads((trained / "encoder/metrics.json").read_text())["accuracy"]
    assert words["all"] > 0.6  # of seven, on words and patterns it never saw
    assert measured(trained, "generated creatives, test split", "macro accuracy") > 0.6
    assert measured(trained, "generated texts, test split", "weightiest word names the topic") > 0.2


CARDS = {
    "cups": ("Кружка керамическая", "350 мл"),
    "ties": ("Галстук мужской", "шёлк"),
    "bags": ("Сумка женская", "кожа"),
    "clocks": ("Часы наручные", "кварцевые"),
    "cutlery": ("Набор ложек и вилок", "нержавеющая сталь"),
}


def test_serving_classifies_with_the_file(trained: Path) -> None:
    """A small model errs now and then, and which words it leans on differs from machine to machine: most are right."""
    read = {topic: classify(trained, *lines) for topic, lines in CARDS.items()}
    assert sum(found.topic == topic for topic, found in read.items()) >= 3
    for topic, found in read.items():
        words = {entry.what for entry in found.evidence if entry.kind is EvidenceKind.WORD}
        assert words
        assert words <= set(" ".join(CARDS[topic]).lower().replace("ё", "е").split())
    seen = [classify(trained, **{name: 0.9}).topic for name in ("tie", "cup", "clock", "handbag", "fork")]
    assert (
        sum(found == topic for found, topic in zip(seen, ("ties", "cups", "clocks", "bags", "cutlery"), strict=True))
        >= 3
    )


def test_the_embedding_is_of_the_size_it_says(trained: Path) -> None:
    bundle = load_bundle(trained / "bundle", threads=1)
    assert bundle.embedding
    vector = bundle.embedding.embed(IMAGE, [], Detections(visual=(0.5,) * FEATURES))
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-3)
    sections = tomllib.loads((trained / "bundle/manifest.toml").read_text())
    assert len(vector) == sum(int(word) for word in sections[EMBEDDING]["source"].split() if word.isdigit())


def test_it_goes_on_where_it_stopped(run: Callable[..., str], trained: Path) -> None:
    before = (trained / "bundle/topic.onnx").read_bytes(), (trained / "encoder/encoder.pt").stat().st_mtime_ns
    run("training.topic.encoder", "--small", "--out", trained / "encoder")
    run("training.topic.train", "--small", *train_arguments(trained))
    assert (trained / "bundle/topic.onnx").read_bytes() == before[0]
    assert (trained / "encoder/encoder.pt").stat().st_mtime_ns == before[1]


def test_the_tokens_are_those_of_the_training_library(run: Callable[..., str], trained: Path) -> None:
    run("tests.training.same_tokens", trained / "encoder/vocab.txt")


def test_a_detector_is_run_on_scenes_as_it_is_served(run: Callable[..., str], tmp_path: Path) -> None:
    for folder in "bundle", "scenes/images":
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "bundle/manifest.toml").write_text(
        'name = "fake"\nversion = "1"\n\n[detection]\nengine = "fake-objects"\n'
    )
    labels = []
    for number, name in enumerate(("cups_01_card.jpg", "ties_01_card.jpg")):
        (tmp_path / "scenes/images" / name).write_bytes((ROOT / "samples" / name).read_bytes())
        labels.append({"file": f"images/{name}", "split": "train", "topic": ("cups", "ties")[number]})
    (tmp_path / "scenes/labels.jsonl").write_text("".join(json.dumps(label) + "\n" for label in labels))
    out = tmp_path / "vectors.npz"
    for most in ("1", "2"):
        run(
            "training.topic.vectors",
            *("--bundle", tmp_path / "bundle", "--scenes", tmp_path / "scenes", "--out", out, "--most", most),
        )
    with np.load(out) as found:
        assert found["topics"].tolist() == ["cups", "ties"]
        assert found["scores"].shape == (2, len(found["classes"]))


def test_the_classifier_of_the_mvp_exports_as_it_is(run: Callable[..., str], tmp_path: Path) -> None:
    run("training.random_weights", tmp_path, "--tiny")
    folder = tmp_path / "mvp-topic"
    told = run(
        "training.topic.mvp", "--state", folder / "classifier.pth", "--config", folder, "--out", tmp_path / "mvp.onnx"
    )
    assert "logits within" in told  # of 1e-3, or it would have failed
