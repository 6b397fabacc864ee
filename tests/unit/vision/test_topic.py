from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adlens.domain.analysis import (
    BoundingBox,
    Decision,
    Detections,
    Evidence,
    EvidenceKind,
    Looks,
    TextBlock,
    TopicPrediction,
)
from adlens.domain.errors import InvalidBundle
from adlens.vision.embedding import LooksTextEmbedder
from adlens.vision.topic import network
from adlens.vision.topic.classifier import MultimodalTopicClassifier, name_looks

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "mug", "tie", "sale"]
TOPICS, CLASSES, LOOKS = ("cups", "ties"), ("cup", "tie", "person"), ("coffee mug", "Windsor tie")
NOTHING = Looks()


@dataclass
class Slot:
    name: str
    shape: list[Any]


class LinearSession:
    """Stands for the ONNX model: each word, object and feature adds to the logit of its topic."""

    runs = 0

    def get_inputs(self) -> list[Slot]:
        pictures = Slot("looks", ["n", 2]), Slot("features", ["n", 2])
        return [Slot("tokens", [1, "t"]), Slot("keep", ["n", "t"]), Slot("scores", ["n", 3]), *pictures]

    def get_outputs(self) -> list[Slot]:
        return [Slot("logits", ["n", 2]), Slot("text", ["n", 4]), Slot("embedding", ["n", 4])]

    def run(self, names: list[str], inputs: dict[str, Any]) -> list[Any]:
        type(self).runs += 1
        words = np.array([[4.0 * (token == 4), 4.0 * (token == 5)] for token in inputs["tokens"][0]])
        logits = inputs["keep"] @ words + inputs["scores"][:, :2] * 2 + inputs["features"] + inputs["looks"]
        joined = np.concatenate([logits, inputs["features"]], axis=1) + 1
        found = {"logits": logits, "embedding": joined / np.linalg.norm(joined, axis=1, keepdims=True)}
        return [found[name].astype(np.float32) for name in names]


@pytest.fixture(autouse=True)
def session(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    (tmp_path / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
    monkeypatch.setattr(network, "make_session", lambda model, threads: LinearSession())
    monkeypatch.setattr(LinearSession, "runs", 0)
    return tmp_path


def block(text: str) -> TextBlock:
    return TextBlock(text, BoundingBox(0, 0, 1, 1), 0.9)


def classify(
    folder: Path, text: str = "", looks: Looks = NOTHING, temperature: float = 1.0, sure: float = 0.9, **scores: float
) -> TopicPrediction:
    classifier = MultimodalTopicClassifier(
        Path("m"), folder / "vocab.txt", TOPICS, CLASSES, LOOKS, temperature, sure, threads=1
    )
    lines = [block(line) for line in text.splitlines()]
    return classifier.classify(lines, Detections(class_scores=scores), looks)


def test_words_objects_and_looks_together_make_the_topic(session: Path) -> None:
    prediction = classify(session, "MUG\nSale", Looks({"coffee mug": 0.3}, (0.2, 0.0)), cup=0.5, person=0.9)
    assert prediction.topic == "cups"
    assert prediction.confidence == prediction.scores["cups"] == pytest.approx(1 / (1 + math.exp(-5.5)), abs=1e-4)
    assert sum(prediction.scores.values()) == pytest.approx(1)


def test_each_thing_weighs_what_goes_with_it(session: Path) -> None:
    looks = Looks({"packet": 0.4, "coffee mug": 0.3}, (0.2, 0.0))
    prediction = classify(session, "MUG\nSale", looks, cup=0.5, tie=0.125, person=0.9)
    assert [(entry.kind, entry.what) for entry in prediction.evidence] == [
        (EvidenceKind.WORD, "mug"),
        (EvidenceKind.OBJECT, "cup"),
        (EvidenceKind.LOOKS, "coffee mug"),
        (EvidenceKind.OBJECT, "tie"),
    ]
    assert [entry.weight for entry in prediction.evidence] == pytest.approx([4.0, 1.0, 0.5, -0.25], abs=1e-3)


def test_all_of_it_is_one_run(session: Path) -> None:
    classify(session, "mug tie sale mug", Looks({"packet": 1.0}, (1.0, 1.0)), cup=0.5, tie=0.5)
    assert LinearSession.runs == 1


def test_a_word_that_stands_twice_is_left_out_twice(session: Path) -> None:
    assert classify(session, "mug mug").evidence == (Evidence(EvidenceKind.WORD, "mug", pytest.approx(8.0, abs=1e-2)),)


def test_temperature_takes_confidence_and_not_the_topic(session: Path) -> None:
    sure, careful = (classify(session, "mug", temperature=temperature) for temperature in (1.0, 2.0))
    assert sure.topic == careful.topic
    assert 0.5 < careful.confidence < sure.confidence


def test_a_confidence_from_the_boundary_on_is_sure(session: Path) -> None:
    confidence = classify(session, "mug").confidence
    assert classify(session, "mug", sure=confidence).decision is Decision.SURE
    assert classify(session, "mug", sure=confidence + 1e-6).decision is Decision.UNSURE


def test_a_product_that_nothing_names_is_a_guess(session: Path) -> None:
    """However much the picture as a whole looks like it."""
    guess = classify(session, looks=Looks({"web site": 0.3}, (0.0, 6.0)))
    assert (guess.topic, guess.decision) == ("ties", Decision.UNSURE)
    assert guess.confidence == pytest.approx(0.5)
    assert sum(guess.scores.values()) == pytest.approx(1)
    named = [
        classify(session, looks=Looks({"Windsor tie": 0.3}, (0.0, 6.0))),
        classify(session, "tie", Looks({"web site": 0.3}, (0.0, 6.0))),
        classify(session, looks=Looks({"web site": 0.3}, (0.0, 6.0)), tie=1.0),
    ]
    assert {(prediction.topic, prediction.decision) for prediction in named} == {("ties", Decision.SURE)}


@pytest.mark.parametrize(
    ("scores", "topic", "named"),
    [
        ({"packet": 0.6, "coffee mug": 0.06, "cup": 0.05}, "cups", (EvidenceKind.LOOKS, "coffee mug")),
        ({"packet": 0.6, "coffee mug": 0.009}, "cups", (EvidenceKind.PICTURE, "picture")),
        ({"web site": 0.6, "coffee mug": 0.3}, "other", (EvidenceKind.LOOKS, "web site")),
        ({}, "other", (EvidenceKind.PICTURE, "picture")),
    ],
)
def test_looks_are_named_by_a_class_of_the_topic_unless_that_is_unlikely(
    scores: dict[str, float], topic: str, named: tuple[EvidenceKind, str]
) -> None:
    assert name_looks(Looks(scores, (1.0,)), topic) == named


def test_nothing_said_seen_or_known_is_no_evidence(session: Path) -> None:
    prediction = classify(session, umbrella=0.9)
    assert prediction.evidence == ()
    assert prediction.scores == pytest.approx({"cups": 0.5, "ties": 0.5})


def test_the_features_of_another_backbone_are_refused(session: Path) -> None:
    with pytest.raises(InvalidBundle, match="2 features of a picture; the looks stage gives 3"):
        classify(session, looks=Looks({}, (1.0, 2.0, 3.0)))


def test_a_manifest_that_names_other_outputs_is_refused(session: Path) -> None:
    with pytest.raises(InvalidBundle, match="2 topics, 3 classes of objects and 2 of looks; the manifest names 1, 3"):
        MultimodalTopicClassifier(Path("m"), session / "vocab.txt", ("cups",), CLASSES, LOOKS, 1.0, 0.9, threads=1)


def test_an_embedding_is_a_unit_vector_of_looks_and_words(session: Path) -> None:
    embedder = LooksTextEmbedder(Path("m"), session / "vocab.txt", threads=1)
    looks = Looks({}, (0.5, 0.5))
    mug, tie = (embedder.embed([block(word)], looks) for word in ("mug", "tie"))
    assert math.hypot(*mug) == pytest.approx(1)
    assert mug != tie
    assert mug == embedder.embed([block("mug")], looks)


def test_what_spoke_for_a_certain_topic_is_told(session: Path) -> None:
    """However certain: 4 / 0.1 are odds of e^40, a probability of 1 with the word and with the object alone."""
    found = classify(session, "mug", temperature=0.1, cup=1.0)
    assert found.confidence == 1.0
    assert {(entry.what, round(entry.weight)) for entry in found.evidence} == {("mug", 40), ("cup", 20)}
