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

LANGUAGES = ["en", "ru"]
CONFIDENCE = 0.35
COCO_CLASSES = 80
TOPICS = 5
MAX_TOKENS = 160
BERT = {"vocab_size": 119_547, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12}
T = TypeVar("T")


def prepare(folder: Path) -> None:
    """Writes random weights in the formats that the MVP loads: about 1.6 GB."""
    import torch
    from easyocr.config import recognition_models
    from easyocr.craft import CRAFT
    from easyocr.model.vgg_model import Model as Recogniser
    from transformers import BertConfig, BertModel
    from ultralytics import YOLO

    torch.manual_seed(0)
    craft = CRAFT()
    torch.nn.init.constant_(craft.conv_cls[-1].bias, -1e3)  # every pixel scores far below the text threshold
    torch.save({f"module.{key}": value for key, value in craft.state_dict().items()}, folder / "craft_mlt_25k.pth")

    characters = recognition_models["gen2"]["cyrillic_g2"]["characters"]
    recogniser = Recogniser(input_channel=1, output_channel=256, hidden_size=256, num_class=len(characters) + 1)
    with torch.no_grad():
        recogniser.Prediction.bias[1 + characters.index("a")] = 1e3  # sure of every letter: no second reading
    torch.save({f"module.{key}": value for key, value in recogniser.state_dict().items()}, folder / "cyrillic_g2.pth")

    YOLO("yolov8m.yaml").save(folder / "yolov8m.pt")

    bert = BertModel(BertConfig(**BERT))
    bert.save_pretrained(folder / "bert")
    torch.save(_classifier(bert).state_dict(), folder / "classifier.pth")
    checksums = {name: _md5(folder / f"{name}.pth") for name in ("craft_mlt_25k", "cyrillic_g2")}
    (folder / "checksums.json").write_text(json.dumps(checksums))


def _classifier(bert: Any) -> Any:
    """The seed's topic model: mean-pooled text ++ 80 detector confidences -> 256 -> 5 (contract.md)."""
    import torch

    class Classifier(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = bert
            self.fc1 = torch.nn.Linear(BERT["hidden_size"] + COCO_CLASSES, 256)
            self.fc2 = torch.nn.Linear(256, TOPICS)

        def forward(self, tokens: Any, objects: Any) -> Any:
            pooled = self.bert(tokens).last_hidden_state.mean(dim=1)
            return self.fc2(torch.relu(self.fc1(torch.cat([pooled, objects], dim=1))))

    return Classifier()


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

        seconds: dict[str, float] = {}

        def timed(stage: str, work: Callable[[], T]) -> T:
            started = time.perf_counter()
            result = work()
            seconds[stage] = time.perf_counter() - started
            return result

        def load_classifier() -> Any:
            model = _classifier(AutoModel.from_pretrained(self._folder / "bert"))
            model.load_state_dict(torch.load(self._folder / "classifier.pth", map_location="cpu"))
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
        tokens = torch.randint(BERT["vocab_size"], (1, min(MAX_TOKENS, 2 + characters // 4)))
        with torch.no_grad():
            timed("topic_run", lambda: classifier(tokens, torch.zeros(1, COCO_CLASSES)))
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

    # Nothing is fetched or reported home, and nothing is written outside the weights' folder.
    os.environ |= {"HF_HUB_OFFLINE": "1", "YOLO_OFFLINE": "1", "YOLO_CONFIG_DIR": str(arguments.weights)}
    os.environ |= {"HF_HUB_DISABLE_PROGRESS_BARS": "1", "EASYOCR_MODULE_PATH": str(arguments.weights)}
    os.environ |= {"OMP_NUM_THREADS": str(arguments.threads), "YOLO_VERBOSE": "0"}
    if arguments.prepare:
        return prepare(arguments.weights)

    mvp = Mvp(arguments.weights, arguments.threads, arguments.yolo_n)
    jobs = json.loads(arguments.jobs.read_text())
    json.dump([mvp.analyze(Path(job["path"]), job["boxes"], job["characters"]) for job in jobs], sys.stdout)
    return None


if __name__ == "__main__":
    main()
