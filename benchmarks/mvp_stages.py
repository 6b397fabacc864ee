"""The MVP's stages, re-created from the public libraries it was made of, to be timed on this machine.

Runs in the training environment, never in the project's own (training/environment.py), as a process that
prints the seconds of each stage as JSON. Its weights are random: they cost what trained ones cost. What random weights
would *find* is another matter, so wherever it would change the cost, the cheaper case for the MVP is taken:

- EasyOCR ['en', 'ru'] at its defaults, weights loaded from files as it does. CRAFT is made to find nothing, so its
  post-processing is nearly free; the recogniser is given the boxes that AdLens found, and is made sure of itself, so
  it reads each box once and never a second time at higher contrast.
- ultralytics YOLOv8m. (With --yolo-n: YOLOv8n, the model of the bundle that is compared.)
- A ruBERT-base-sized encoder, loaded anew for each creative as the MVP did, then run over one token per four characters
  of the text that AdLens found, unpadded.
- KMeans as the MVP ran it: six clusters, n_init 10, on 300x300 RGB.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from training import random_weights

LANGUAGES = ["en", "ru"]
CONFIDENCE = 0.35
MAX_TOKENS = 160
T = TypeVar("T")


def prepare(folder: Path) -> None:
    """Writes random weights in the formats that the MVP loads: about 1.6 GB."""
    random_weights.save_easyocr(folder)
    random_weights.save_yolo(folder / "yolov8m.pt", "yolov8m")
    random_weights.save_topic(folder / "topic", random_weights.RUBERT_BASE).bert.save_pretrained(folder / "bert")
    checksums = {name: _md5(folder / f"{name}.pth") for name in ("craft_mlt_25k", "cyrillic_g2")}
    (folder / "checksums.json").write_text(json.dumps(checksums))


class Mvp:
    """OCR and detection models are made once, the topic model for each creative, as in the MVP."""

    def __init__(self, folder: Path, threads: int, yolo_n: Path | None) -> None:
        import easyocr
        import torch
        from easyocr import config
        from ultralytics import YOLO

        torch.set_num_threads(threads)
        self._folder = folder
        # EasyOCR compares checksums before it loads, and would fetch its own files instead of ours.
        checksums = json.loads((folder / "checksums.json").read_text())
        config.detection_models["craft"]["md5sum"] = checksums["craft_mlt_25k"]
        config.recognition_models["gen2"]["cyrillic_g2"]["md5sum"] = checksums["cyrillic_g2"]
        self._reader = easyocr.Reader(
            LANGUAGES, gpu=False, model_storage_directory=str(folder), download_enabled=False, verbose=False
        )
        self._yolo = YOLO(folder / "yolov8m.pt")
        self._yolo_n = YOLO(yolo_n) if yolo_n else None

    def analyze(self, path: Path, boxes: list[list[int]], characters: int) -> dict[str, float]:
        """Seconds of each stage, and of processor time. `boxes` are lines of text as [x1, x2, y1, y2] pixels."""
        import numpy as np
        import torch
        from PIL import Image, ImageOps
        from sklearn.cluster import KMeans
        from transformers import AutoModel

        from adlens.vision.reference.topic import MvpClassifier

        seconds: dict[str, float] = {}

        def timed(stage: str, work: Callable[[], T]) -> T:
            started = time.perf_counter()
            result = work()
            seconds[stage] = time.perf_counter() - started
            return result

        def load_classifier() -> Any:
            bert = AutoModel.from_pretrained(self._folder / "bert")
            model = MvpClassifier(bert, random_weights.OBJECTS, random_weights.HIDDEN, random_weights.TOPICS)
            model.load_state_dict(torch.load(self._folder / "topic" / "classifier.pth", map_location="cpu"))
            return model.eval()

        def detect(model: Any) -> Any:
            return model.predict(rgb[:, :, ::-1], conf=CONFIDENCE, device="cpu", verbose=False)

        with Image.open(path) as image:
            picture = ImageOps.exif_transpose(image).convert("RGB")
        rgb, grey = np.asarray(picture), np.asarray(picture.convert("L"))
        processor_started = time.process_time()
        timed("ocr_detector", lambda: self._reader.detect(rgb))
        timed("ocr_recogniser", lambda: self._reader.recognize(grey, boxes, [], reformat=False))
        timed("detection", lambda: detect(self._yolo))
        classifier = timed("topic_load", load_classifier)
        size = random_weights.RUBERT_BASE["vocab_size"]
        tokens = torch.randint(size, (1, min(MAX_TOKENS, 2 + characters // 4)))
        objects = torch.zeros(1, random_weights.OBJECTS)
        with torch.no_grad():
            timed("topic_run", lambda: classifier(tokens, torch.ones_like(tokens), objects))
        pixels = np.asarray(picture.resize((300, 300))).reshape(-1, 3)
        timed("colors", lambda: KMeans(n_clusters=6, n_init=10).fit(pixels))
        seconds["processor"] = time.process_time() - processor_started
        if self._yolo_n:
            timed("detection_yolov8n", lambda: detect(self._yolo_n))
        return seconds


def _md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path, help="folder of the random weights")
    parser.add_argument("--prepare", action="store_true", help="write them and stop")
    parser.add_argument("--jobs", type=Path, help="JSON: [{path, boxes, characters}], one per analysis")
    parser.add_argument("--yolo-n", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()

    # Nothing is written outside the weights' folder (training_variables() keeps it from fetching and reporting home).
    os.environ |= {"EASYOCR_MODULE_PATH": str(arguments.weights), "OMP_NUM_THREADS": str(arguments.threads)}
    if arguments.prepare:
        return prepare(arguments.weights)

    mvp = Mvp(arguments.weights, arguments.threads, arguments.yolo_n)
    jobs = json.loads(arguments.jobs.read_text())
    json.dump([mvp.analyze(Path(job["path"]), job["boxes"], job["characters"]) for job in jobs], sys.stdout)
    return None


if __name__ == "__main__":
    main()
