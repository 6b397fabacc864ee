"""What the engines of a bundle find, as JSON: run in the training environment, read by test_reference.py.

python -m tests.training.findings BUNDLE PICTURE...
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from adlens.domain.analysis import Looks
from adlens.vision.bundle import load_bundle


def findings(bundle: Path, pictures: list[Path]) -> dict[str, Any]:
    engines = load_bundle(bundle, threads=1)
    assert engines.text
    assert engines.objects
    assert engines.topic
    found = {}
    for path in pictures:
        image = engines.decoder.decode(path.read_bytes())
        text, detections = engines.text.read(image), engines.objects.detect(image, Looks())
        topic = engines.topic.classify(text, detections, Looks())
        found[path.name] = {
            "text": [asdict(block) for block in text],
            "detections": asdict(detections),
            "topic": asdict(topic),
        }
    return found


if __name__ == "__main__":
    json.dump(findings(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]]), sys.stdout)
