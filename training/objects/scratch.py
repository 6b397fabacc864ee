"""The alternative: YOLOv8n from scratch on the same scenes for the same processor time, and how right it is.

    python -m training.objects.scratch --minutes 12 [--side 320]

ultralytics' own trainer, without pretrained weights. Its scores are computed as those of our head.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import torch
from ultralytics import YOLO
from ultralytics.utils import SETTINGS

from adlens.vision.objects.yolo import Floats
from training.objects.evaluate import best_threshold, scores
from training.objects.features import Maps, Scene, read_scenes, square
from training.objects.head import CLASSES
from training.paths import DATA

BATCH = 16


def prepare(scenes: Path, folder: Path, most: int | None) -> Path:
    """The scenes in ultralytics' layout: images by link, a text file of boxes each. Returns its data file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "labels").mkdir(exist_ok=True)
    if not (folder / "images").exists():
        (folder / "images").symlink_to((scenes / "images").resolve())
    lists: dict[str, list[str]] = {"train": [], "val": [], "test": []}
    for label in read_scenes(scenes, most):
        name = Path(label["file"])
        lines = []
        for thing in label["objects"]:
            x1, y1, x2, y2 = thing["box"]
            lines.append(f"{CLASSES.index(thing['class'])} {(x1 + x2) / 2} {(y1 + y2) / 2} {x2 - x1} {y2 - y1}")
        (folder / "labels" / f"{name.stem}.txt").write_text("\n".join(lines))
        lists[label["split"]].append(str(folder.resolve() / "images" / name.name))
    lists["val"] = lists["val"][:32]  # the trainer looks at them at its end, whatever it is told; we score ourselves
    for split, files in lists.items():
        (folder / f"{split}.txt").write_text("\n".join(files))
    data = {"path": str(folder.resolve()), "train": "train.txt", "val": "val.txt", "names": dict(enumerate(CLASSES))}
    (folder / "data.yaml").write_text(json.dumps(data))  # JSON is YAML
    return folder / "data.yaml"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=Path, default=DATA / "scenes")
    parser.add_argument("--out", type=Path, default=DATA / "objects" / "scratch")
    parser.add_argument("--minutes", type=float, default=12, help="of this process, without the last scores")
    parser.add_argument("--side", type=int, default=320)
    parser.add_argument("--most", type=int)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    SETTINGS.update({"sync": False})
    data = prepare(arguments.scenes, arguments.out, arguments.most)
    model, start = YOLO("yolov8n.yaml"), time.process_time()
    spent, batches = 0.0, 0

    def enough(trainer: Any) -> None:
        nonlocal spent, batches
        spent, batches = time.process_time() - start, batches + 1
        trainer.stop = spent > 60 * arguments.minutes

    model.add_callback("on_train_batch_end", enough)
    model.train(
        data=str(data), imgsz=arguments.side, epochs=100, batch=BATCH, workers=0, device="cpu", val=False, plots=False,
        project=str(arguments.out.resolve()), name="run", exist_ok=True, seed=arguments.seed, pretrained=False,
        close_mosaic=0, warmup_epochs=0.3, optimizer="AdamW", lr0=0.001,
    )  # fmt: skip
    found: dict[str, dict[int, Floats]] = {}
    scenes: list[Scene] = []
    network = model.model.eval().float()
    labels = read_scenes(arguments.scenes, arguments.most)
    with torch.inference_mode():
        for label in labels:
            if label["split"] == "train":
                scenes.append(Scene(label, None))  # type: ignore[arg-type]
                continue
            images, letterbox = square(arguments.scenes / label["file"], arguments.side)
            scenes.append(Scene(label, letterbox))
            found.setdefault(label["split"], {})[len(scenes) - 1] = network(torch.from_numpy(images))[0][0].numpy()
    maps = Maps({}, {}, scenes)
    rows = {split: (list(outputs), list(outputs.values())) for split, outputs in found.items()}
    threshold = best_threshold(maps, *rows["val"])
    metrics = {"processor_minutes": round(spent / 60, 1), "threshold": threshold, "side": arguments.side}
    metrics["pictures_seen"] = batches * BATCH
    metrics |= {split: scores(maps, *pair, threshold) for split, pair in rows.items()}
    (arguments.out / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n")
    print(json.dumps(metrics, indent=1))


if __name__ == "__main__":
    main()
