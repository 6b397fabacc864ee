"""Trains the compact bundle's detector on photographs, rendered scenes and print, and compares what it could be.

    python -m training.objects.train [--photographs FOLDER] [--weights FOLDER] [--bundle models/compact] [--small]

Photographs (labels.jsonl, see training/objects/photographs.py) and yolov8n.onnx are settings: ADLENS_PHOTOGRAPHS and
ADLENS_WEIGHTS. A head is trained on the frozen backbone (`head`), then together with the backbone's last blocks
(`together`). Both are compared with the teacher, and with the detector of a bundle, on photographs of sources that
no training saw; the better one goes into the bundle with thresholds chosen there. Every part goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
import torch

from adlens.vision.bundle import read_manifest
from adlens.vision.objects.yolo import Letterbox
from training.objects.card import IOU, RIVALS, write_card, write_metrics, write_section
from training.objects.classes import CLASSES
from training.objects.evaluate import PAGES, Model, look, pages_with_objects, scores
from training.objects.features import SIDE, extract
from training.objects.fit import Settings, fit
from training.objects.head import WIDTHS, Detector
from training.objects.photographs import HELD_OUT, PHOTOGRAPHS, WEIGHTS, Photograph, folder_of, read_photographs
from training.objects.pictures import KINDS, Maker, Plan
from training.objects.teacher import MODEL, read_picture, teach
from training.objects.thresholds import choose_thresholds
from training.onnx_files import export
from training.paths import DATA, ROOT

PIXELS, CONFIDENCE, SURE = 1.0, 1e-2, 0.1
"""How far weights of 16 bits may move a box and a score; boxes that are hardly boxes do not count."""
PARITY_PICTURES = 24
_SMALL = Plan(print=8, scene=0, whole=1, varied=1, mosaic=4, pasted=4, cutouts=1)


def write(detector: Detector, path: Path, photographs: list[Photograph]) -> dict[str, float]:
    """Writes the file; how far its boxes (pixels) and scores are from the detector's on photographs. Raises ValueError
    when that is far.
    """
    detector.eval()
    detector.head.detect.export = True
    export(detector, torch.zeros(1, 3, SIDE, SIDE), ["output0"], path, half=True)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst = {"pixels": 0.0, "confidence": 0.0}
    for photograph in photographs[:PARITY_PICTURES]:
        pixels = read_picture(photograph.path)
        images = Letterbox.of(pixels.shape[1], pixels.shape[0], SIDE).apply(pixels, SIDE)
        with torch.inference_mode():
            expected = detector(torch.from_numpy(images))[0].numpy()
        apart = np.abs(session.run(None, {"images": images})[0][0] - expected)
        boxes = apart[:4, expected[4:].max(0) >= SURE]
        worst["pixels"] = max(worst["pixels"], float(boxes.max(initial=0)))
        worst["confidence"] = max(worst["confidence"], float(apart[4:].max()))
    if worst["pixels"] > PIXELS or worst["confidence"] > CONFIDENCE:
        raise ValueError(f"{path.name} differs from the trained detector: {worst}")
    return {key: round(value, 4) for key, value in worst.items()}


def bundled(folder: Path, variables: dict[str, str]) -> tuple[Model, dict[str, float]]:
    """The detector of a bundle, and from which score on it shows each of our classes."""
    stage = read_manifest(folder, variables).stages["detection"]
    settings = stage.settings
    rivals = tuple(map(tuple, settings["rivals"]))
    model = Model(stage.files["model"], tuple(settings["classes"]), settings["side"], settings["iou"], rivals)
    return model, {name: settings["thresholds"].get(name, settings["threshold"]) for name in CLASSES}


def compare(
    models: dict[str, tuple[Model, dict[str, float] | None]], photographs: list[Photograph], pages: int, threads: int
) -> dict[str, Any]:
    """By name: each with the thresholds that it has, else those chosen for it on the same photographs, and what it is
    worth with them.
    """
    result = {}
    for name, (model, known) in models.items():
        found = look(model, photographs, threads)
        thresholds = known or choose_thresholds(photographs, found)
        result[name] = scores(photographs, found, thresholds) | {"thresholds": thresholds}
        result[name]["pages of print with objects"] = pages_with_objects(model, thresholds, pages, threads)
    return result


def publish(metrics: dict[str, Any], out: Path, bundle: Path) -> None:
    """Copies model, card and figures into a bundle; its manifest's section is to be taken over by hand."""
    for part in "cards", "metrics":
        (bundle / part).mkdir(parents=True, exist_ok=True)
    shutil.copy(out / "objects.onnx", bundle / "objects.onnx")
    shutil.copy(out / "objects.md", bundle / "cards" / "objects.md")
    write_metrics(metrics, bundle / "metrics" / "objects.json")


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photographs", type=Path)
    parser.add_argument("--weights", type=Path, help="the folder that has yolov8n.onnx")
    parser.add_argument("--scenes", type=Path, default=DATA / "scenes")
    parser.add_argument("--out", type=Path, default=DATA / "objects")
    parser.add_argument("--epochs", type=int, default=3, help="of the head alone")
    parser.add_argument("--together", type=int, default=3, help="and then with the last blocks; 0: not at all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--before", type=Path, help="a bundle whose detector is compared as well")
    parser.add_argument("--bundle", type=Path, help="folder that gets the model, its card and its metrics")
    parser.add_argument("--small", action="store_true", help="few pictures, a narrow head: does it learn?")
    return parser.parse_args()


def main() -> None:
    arguments = read_arguments()
    settings = Settings(arguments.epochs, arguments.together, WIDTHS, arguments.seed)
    plan, pages = Plan(), PAGES
    if arguments.small:
        settings, plan, pages = Settings(8, 1, (16, 24, 32), batch=4), _SMALL, 4
    cv2.setNumThreads(1)
    torch.set_num_threads(arguments.threads)
    out: Path = arguments.out

    folder = folder_of(PHOTOGRAPHS, arguments.photographs, "photographs with licences and boxes")
    photographs = read_photographs(folder)
    seen = teach(photographs, folder, arguments.weights, out / "teacher.jsonl", arguments.threads)
    learned = [number for number, one in enumerate(photographs) if one.source not in HELD_OUT]
    held_out = [one for one in photographs if one.source in HELD_OUT]
    maker = Maker(
        [photographs[number] for number in learned], [seen[number] for number in learned],
        arguments.scenes, out / "cutouts", plan, SIDE, arguments.seed,
    )  # fmt: skip
    features = extract(maker, out / "features", arguments.threads)
    models: dict[str, tuple[Model, dict[str, float] | None]] = {}
    story: dict[str, Any] = {}
    variants = {"head": False} | ({"together": True} if settings.together else {})
    for name, blocks in variants.items():
        detector, log = fit(features, out, settings, blocks)
        path = out / f"{name}.onnx"
        story[name] = {"log": log, "parity": write(detector, path, held_out)}
        models[name] = Model(path, CLASSES, SIDE, IOU, RIVALS), None

    if arguments.before:
        models["before"] = bundled(arguments.before, {})
    teacher = (arguments.weights or Path(os.environ.get(WEIGHTS, ""))) / MODEL
    if teacher.is_file():
        models["teacher"] = bundled(ROOT / "models" / "coco-dev", {"weights": str(teacher.parent)})[0], None
    compared = compare(models, held_out, pages, arguments.threads)
    best = max(variants, key=lambda name: compared[name]["AP50"])
    target = out / "objects.onnx"
    shutil.copy(models[best][0].path, target)
    metrics = {
        "pictures": {kind: maker.count(kind) for kind in KINDS},
        "photographs": {"learned from": len(learned), "held out": len(held_out)},
        "pages": pages,
        "seed": arguments.seed,
        "best": best,
        "compared": compared,
        "megabytes": round(target.stat().st_size / 1e6, 2),
        "minutes": round(sum(line["seconds"] for one in story.values() for line in one["log"]) / 60),
        **story,
    }
    (out / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n")
    write_card(metrics, out / "objects.md")
    write_section(metrics, out / "manifest.toml")
    for name, found in compared.items():
        print(name, json.dumps({key: value for key, value in found.items() if key != "classes"}))
    if arguments.bundle:
        publish(metrics, out, arguments.bundle)


if __name__ == "__main__":
    main()
