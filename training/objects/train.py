"""Trains the compact bundle's detector: features of the scenes, a head on them, a threshold, one ONNX file, a card.

    python -m training.objects.train [--bundle models/compact] [--creatives FOLDER --coco yolov8n.onnx] [--small]

Goes on from the last epoch in --out. Writes objects.onnx, metrics.json, the card objects.md and manifest.toml, the
bundle's section to take over, there; --bundle copies model, card and metrics into a bundle.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from adlens.domain.ports import ObjectDetector
from adlens.vision.objects.yolo import YoloDetector
from training.objects.card import IOU, write_card, write_metrics, write_section
from training.objects.evaluate import best_threshold, scores
from training.objects.export import LOOK, export
from training.objects.features import LOOKS, SHAPES, SIDE, Maps, extract, square
from training.objects.head import CLASSES, Head, loss_of
from training.objects.photographs import coco, compare
from training.paths import DATA

BATCH = 16
RATE = 2e-3
KEEP = 0.998
PARITY_PICTURES = 24


def targets(maps: Maps) -> list[Tensor]:
    """Per scene (objects, 5): class and centre x, y, width, height as fractions of the square."""
    found = []
    for scene in maps.scenes:
        box, rows = scene.letterbox, []
        for thing in scene.label["objects"]:
            x1, y1, x2, y2 = np.array(thing["box"]) * ([box.width, box.height] * 2) + [box.left, box.top] * 2
            row = np.array([(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1]) / SIDE
            rows.append([CLASSES.index(thing["class"]), *row])
        found.append(torch.tensor(np.array(rows, np.float32).reshape(-1, 5)))
    return found


def batch_of(maps: Maps, rows: list[int]) -> list[Tensor]:
    return [torch.from_numpy(maps.maps[name][rows].astype(np.float32)) for name in SHAPES]


def rows_of(maps: Maps, split: str) -> list[int]:
    return [row for row, scene in enumerate(maps.scenes) if scene.label["split"] == split]


def predictions(head: Head, maps: Maps, rows: list[int]) -> list[np.ndarray[Any, Any]]:
    """The decoded output (4 + classes, anchors) of each scene."""
    head.eval()
    found = []
    with torch.inference_mode():
        for start in range(0, len(rows), BATCH):
            found += list(head(*batch_of(maps, rows[start : start + BATCH])).numpy())
    return found


def fit(maps: Maps, out: Path, epochs: int, until: int, seed: int, width: int) -> tuple[Head, dict[str, Any]]:
    """A head trained on the split `train`, `until` so many of its epochs: the average of its weights over the last
    steps; and how it went.
    """
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    head, average = Head(width), Head(width)
    average.load_state_dict(head.state_dict())
    loss_function, known = loss_of(head), targets(maps)
    rows = rows_of(maps, "train")
    steps = max(len(rows) // BATCH, 1)
    optimiser = torch.optim.AdamW(head.parameters(), RATE, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=epochs * steps + 1, pct_start=0.1)
    checkpoint, log, first = out / "checkpoint.pt", [], 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=False)
        if state["epochs"] == epochs and state["scenes"] == len(maps.scenes):
            head.load_state_dict(state["head"])
            average.load_state_dict(state["average"])
            optimiser.load_state_dict(state["optimiser"])
            schedule.load_state_dict(state["schedule"])
            random.bit_generator.state = state["random"]
            first, log = state["epoch"], state["log"]
    for epoch in range(first, until):
        head.train()
        order, losses, start = random.permutation(rows), [], time.process_time()
        for step in tqdm(range(steps), desc=f"epoch {epoch + 1} of {epochs}", disable=None):
            chosen = sorted(order[step * BATCH : (step + 1) * BATCH].tolist())
            objects = [known[row] for row in chosen]
            index = torch.cat([torch.full((len(one),), float(k)) for k, one in enumerate(objects)])
            together = torch.cat(objects)
            labelled = {"batch_idx": index, "cls": together[:, :1], "bboxes": together[:, 1:]}
            loss, _ = loss_function(head(*batch_of(maps, chosen)), labelled)
            optimiser.zero_grad()
            loss.sum().backward()
            torch.nn.utils.clip_grad_norm_(head.parameters(), 10.0)
            optimiser.step()
            schedule.step()
            losses.append(float(loss.detach().sum()) / len(chosen))
            done = epoch * steps + step
            keep = min(KEEP, (1 + done) / (10 + done))
            with torch.no_grad():
                for kept, new in zip(average.state_dict().values(), head.state_dict().values(), strict=True):
                    if kept.is_floating_point():
                        kept.lerp_(new, 1 - keep)
                    else:
                        kept.copy_(new)
        log.append(
            {
                "epoch": epoch + 1,
                "loss": round(float(np.mean(losses)), 4),
                "seconds": round(time.process_time() - start, 1),
            }
        )
        print(json.dumps(log[-1]), flush=True)
        state = {"head": head.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict()}
        state |= {"schedule": schedule.state_dict(), "random": random.bit_generator.state, "log": log}
        torch.save(state | {"epoch": epoch + 1, "epochs": epochs, "scenes": len(maps.scenes)}, checkpoint)
    return average.eval(), {"log": log, "processor_seconds": round(sum(line["seconds"] for line in log), 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=Path, default=DATA / "scenes")
    parser.add_argument("--out", type=Path, default=DATA / "objects")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--until", type=int, help="stop after so many epochs of the schedule: what it is by then")
    parser.add_argument("--width", type=int, default=96, help="channels of the neck")
    parser.add_argument("--most", type=int, help="only the first so many scenes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--bundle", type=Path, help="folder that gets the model, its card and its metrics")
    parser.add_argument("--creatives", type=Path, help="labelled photographs, for the card alone")
    parser.add_argument("--coco", type=Path, help="yolov8n.onnx with COCO's weights, measured beside on those")
    parser.add_argument("--small", action="store_true", help="eighty scenes, a narrow head: does it learn?")
    arguments = parser.parse_args()
    if arguments.small:
        arguments.most, arguments.epochs, arguments.width = 80, 6, 32
    cv2.setNumThreads(1)
    torch.set_num_threads(arguments.threads)
    arguments.out.mkdir(parents=True, exist_ok=True)

    maps = extract(arguments.scenes, arguments.out / "features", arguments.most)
    until = arguments.until or arguments.epochs
    head, story = fit(maps, arguments.out, arguments.epochs, until, arguments.seed, arguments.width)
    found = {split: (rows_of(maps, split), predictions(head, maps, rows_of(maps, split))) for split in ("val", "test")}
    threshold = best_threshold(maps, *found["val"])
    metrics = {
        "scenes": {split: len(rows_of(maps, split)) for split in ("train", "val", "test")},
        "parameters": sum(weight.numel() for weight in head.parameters()),
        "epochs": arguments.epochs,
        "seed": arguments.seed,
        "threshold": threshold,
        **{split: scores(maps, *found[split], threshold) for split in found},
        "look": LOOKS[LOOK],
        **story,
    }
    target = arguments.out / "objects.onnx"
    looked_at = [maps.scenes[row].label["file"] for row in found["test"][0][:PARITY_PICTURES]]
    pictures = [square(arguments.scenes / file, SIDE)[0] for file in looked_at]
    metrics["parity"] = export(head, arguments.out / "features", target, pictures)
    metrics["megabytes"] = round(target.stat().st_size / 1e6, 2)
    if (alternative := arguments.out / "scratch" / "metrics.json").exists():
        metrics["scratch"] = json.loads(alternative.read_text())
    if arguments.creatives:
        ours = YoloDetector(target, CLASSES, threshold, IOU, SIDE, threads=1)
        detectors: dict[str, ObjectDetector] = {"this detector": ours}
        if arguments.coco:
            detectors["YOLOv8n, COCO weights"] = coco(arguments.coco)
        metrics["photographs"] = compare(detectors, arguments.creatives)
    (arguments.out / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n")
    write_card(metrics, arguments.out / "objects.md")
    write_section(metrics, arguments.out / "manifest.toml")
    print(json.dumps({key: value for key, value in metrics.items() if key != "log"}, indent=1))
    if arguments.bundle:
        for folder in "cards", "metrics":
            (arguments.bundle / folder).mkdir(parents=True, exist_ok=True)
        shutil.copy(target, arguments.bundle / target.name)
        shutil.copy(arguments.out / "objects.md", arguments.bundle / "cards" / "objects.md")
        write_metrics(metrics, arguments.bundle / "metrics" / "objects.json")


if __name__ == "__main__":
    main()
