"""Runs every stage of a bundle as the analyze function does and tells which libraries that imported, as JSON.

python -m tests.training.serving BUNDLE WEIGHTS PICTURE
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import functions.analyze.handler  # noqa: F401 - what it imports counts as well
from adlens.domain.analysis import Detections, Looks
from adlens.vision.bundle import load_bundle


def main(bundle: Path, weights: Path, picture: Path) -> None:
    engines = load_bundle(bundle, threads=1, variables={"weights": str(weights)})
    engines.prepare()
    image = engines.decoder.decode(picture.read_bytes())
    text = engines.text.read(image) if engines.text else ()
    looks = engines.looks.extract(image) if engines.looks else Looks()
    detections = engines.objects.detect(image, looks) if engines.objects else Detections()
    if engines.topic:
        engines.topic.classify(text, detections, looks)
    if engines.embedding:
        engines.embedding.embed(text, looks)
    engines.palette.extract(image, 3, 3)
    findings = {
        "installed": importlib.util.find_spec("torch") is not None,
        "stages": sorted(engines.info.engines),
        "modules": sorted({name.partition(".")[0] for name in sys.modules}),
    }
    json.dump(findings, sys.stdout)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
