"""From a YOLOv8 .pt to ONNX with a second output, `visual`."""

from __future__ import annotations

from pathlib import Path

import torch
from ultralytics import YOLO
from ultralytics.nn.modules import SPPF

from adlens.vision.reference.objects import visual_of

OPSET = 17


class _WithVisual(torch.nn.Module):
    """The detector's own output, and beside it the pooled map of its SPPF layer, the end of the backbone."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model
        next(layer for layer in model.model if isinstance(layer, SPPF)).register_forward_hook(self._keep)

    def _keep(self, layer: torch.nn.Module, inputs: object, output: torch.Tensor) -> None:
        self._map = output

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.model(images), visual_of(self._map)


def export(weights: Path, path: Path, side: int) -> tuple[str, ...]:
    """Writes `images` (1, 3, side, side) in [0, 1] -> `output0` (1, 4 + classes, anchors), `visual` (1, D); gives the
    names of the classes. Not by ultralytics' own export, which has no second output and installs packages as it goes.
    """
    yolo = YOLO(weights, task="detect")
    model = yolo.model.float().eval().fuse(verbose=False)
    head = model.model[-1]
    head.export, head.format, head.dynamic = True, "onnx", False
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        _WithVisual(model).eval(),
        (torch.zeros(1, 3, side, side),),
        path,
        input_names=["images"],
        output_names=["output0", "visual"],
        opset_version=OPSET,
        dynamo=False,  # the static graph is the same, and made sixteen times as fast
    )
    return tuple(yolo.names.values())
