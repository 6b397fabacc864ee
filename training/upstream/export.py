"""From a YOLOv8 .pt to ONNX."""

from __future__ import annotations

from pathlib import Path

import torch
from ultralytics import YOLO

OPSET = 17


def export(weights: Path, path: Path, side: int) -> tuple[str, ...]:
    """Writes `images` (1, 3, side, side) in [0, 1] -> `output0` (1, 4 + classes, anchors); gives the names of the
    classes. Not by ultralytics' own export, which installs packages as it goes.
    """
    yolo = YOLO(weights, task="detect")
    model = yolo.model.float().eval().fuse(verbose=False)
    head = model.model[-1]
    head.export, head.format, head.dynamic = True, "onnx", False
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        model,
        (torch.zeros(1, 3, side, side),),
        path,
        input_names=["images"],
        output_names=["output0"],
        opset_version=OPSET,
        dynamo=False,  # the static graph is the same, and made sixteen times as fast
    )
    return tuple(yolo.names.values())
