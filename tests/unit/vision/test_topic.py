from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adlens.domain.analysis import Detections
from adlens.domain.topics import taxonomy
from adlens.vision.topic.coco import CocoTopicClassifier, predict

CLASSES = sorted({name for topic in taxonomy().topics.values() for name in topic.objects} | {"person", "bottle"})


def of(**scores: float) -> Detections:
    return Detections(class_scores={name.replace("_", " "): score for name, score in scores.items()})


@given(st.dictionaries(st.sampled_from(CLASSES), st.floats(0, 1)), st.floats(0.01, 0.99))
def test_scores_are_a_distribution_over_all_topics(class_scores: dict[str, float], doubt: float) -> None:
    prediction = predict(Detections(class_scores=class_scores), doubt)
    assert prediction.scores.keys() == set(taxonomy().topics)
    assert sum(prediction.scores.values()) == pytest.approx(1)
    assert all(0 <= score <= 1 for score in prediction.scores.values())
    assert prediction.confidence == prediction.scores[prediction.topic] == max(prediction.scores.values())


@pytest.mark.parametrize(
    ("detections", "topic", "evidence"),
    [
        (of(tie=0.8, person=0.95), "ties", ("tie",)),
        (of(wine_glass=0.3, fork=0.6), "cutlery", ("fork", "wine glass")),
        (of(suitcase=0.4), "bags", ("suitcase",)),
        (of(cup=0.3, clock=0.9), "clocks", ("clock",)),
        (of(person=0.99, bottle=0.9), "other", ()),
        (of(), "other", ()),
        (of(cup=0.05), "other", ()),
    ],
)
def test_the_strongest_evidence_names_the_topic(detections: Detections, topic: str, evidence: tuple[str, ...]) -> None:
    prediction = predict(detections, doubt=0.1)
    assert prediction.topic == topic
    assert tuple(entry.what for entry in prediction.evidence) == evidence


def test_weak_evidence_below_what_is_shown_counts() -> None:
    assert predict(of(cup=0.2), doubt=0.1).topic == "cups"


def test_at_the_level_of_doubt_a_topic_and_other_are_equally_likely() -> None:
    scores = predict(of(cup=0.1), doubt=0.1).scores
    assert scores["cups"] == pytest.approx(scores["other"]) == pytest.approx(0.5)


def test_more_evidence_is_more_confidence_and_rivals_are_less() -> None:
    alone, stronger, rivalled = (
        predict(detections, 0.1).scores["cups"] for detections in (of(cup=0.5), of(cup=0.7), of(cup=0.5, tie=0.5))
    )
    assert rivalled < alone < stronger < 1


@pytest.mark.parametrize("doubt", [0, 1, -0.1])
def test_doubt_is_a_probability(doubt: float) -> None:
    with pytest.raises(ValueError, match="doubt"):
        CocoTopicClassifier(doubt)
