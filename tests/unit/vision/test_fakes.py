from __future__ import annotations

from io import BytesIO
from math import hypot

import pytest
from PIL import Image as Pillow

from adlens.domain.analysis import Stage
from adlens.domain.topics import taxonomy
from adlens.vision.fakes import fake_bundle


def findings(color: str) -> tuple[object, ...]:
    buffer = BytesIO()
    Pillow.new("RGB", (40, 30), color).save(buffer, "PNG")
    bundle = fake_bundle()
    image = bundle.decoder.decode(buffer.getvalue())
    assert bundle.text
    assert bundle.objects
    assert bundle.topic
    assert bundle.looks
    looks = bundle.looks.extract(image)
    text, detections = bundle.text.read(image), bundle.objects.detect(image, looks)
    topic = bundle.topic.classify(text, detections, looks)
    palette = bundle.palette.extract(image, 3, 2)
    assert sum(topic.scores.values()) == pytest.approx(1)
    assert topic.scores.keys() == set(taxonomy().topics)
    assert sum(swatch.percent for swatch in palette) == 100
    assert len(palette) == 5
    assert bundle.embedding
    embedding = bundle.embedding.embed(text, looks)
    assert hypot(*embedding) == pytest.approx(1)
    return text, detections, topic, palette, embedding


def test_findings_follow_from_the_picture_alone() -> None:
    assert findings("red") == findings("red")
    assert findings("red") != findings("blue")


def test_every_stage_has_a_fake() -> None:
    assert fake_bundle().info.engines.keys() == set(Stage)
