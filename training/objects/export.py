"""Backbone and head as one ONNX file: from `images` (1, 3, side, side), RGB in [0, 1], to `output0`, as YOLOv8
exports it, and `visual`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper

from adlens.vision.objects.yolo import Floats
from training.objects.features import LOOK_WIDTHS, SHAPES, SIDE, backbone
from training.objects.head import Head
from training.onnx_files import OPSET, in_half, joined, save

LOOK = "block"
"""The map whose mean and maximum become `visual`; `python -m training.objects.probe` compares them."""
PIXELS, CONFIDENCE, SURE = 1.0, 5e-3, 0.1
"""How far weights of 16 bits may move a box and a score; boxes that are hardly boxes do not count."""


def export(head: Head, folder: Path, target: Path, pictures: Sequence[Floats]) -> dict[str, float]:
    """Writes the file; returns how far its boxes (pixels) and scores are from the head's on `pictures`, each
    (1, 3, side, side). Raises ValueError when that is far.
    """
    part = folder / "head.onnx"
    head.eval()
    example = tuple(torch.randn(1, *shape) for shape in SHAPES.values())
    head.detect.export = True
    torch.onnx.export(
        head, example, str(part), input_names=list(SHAPES), output_names=["output0"], opset_version=OPSET, dynamo=False
    )
    whole = joined(onnx.load(backbone(folder)), onnx.load(part), [(name, name) for name in SHAPES])
    graph = whole.graph
    names = {"backbone/images": "images", "head/output0": "output0", f"backbone/look_{LOOK}": "visual"}
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    anchors = sum((SIDE // stride) ** 2 for stride in (16, 32))
    outputs = {"output0": [1, 4 + head.detect.nc, anchors], "visual": [1, LOOK_WIDTHS[LOOK]]}
    del graph.output[:]
    graph.output.extend(helper.make_tensor_value_info(name, 1, shape) for name, shape in outputs.items())
    graph.input[0].name = "images"
    save(in_half(_needed(whole)), target)
    return _verify(head, folder, target, pictures)


def _needed(model: onnx.ModelProto) -> onnx.ModelProto:
    """Without what no output asks for: the pooled maps that were only compared."""
    wanted, kept = {output.name for output in model.graph.output}, []
    for node in reversed(model.graph.node):
        if wanted & set(node.output):
            kept.append(node)
            wanted |= set(node.input)
    weights = [tensor for tensor in model.graph.initializer if tensor.name in wanted]
    del model.graph.node[:], model.graph.initializer[:], model.graph.value_info[:]
    model.graph.node.extend(reversed(kept))
    model.graph.initializer.extend(weights)
    return model


def _verify(head: Head, folder: Path, target: Path, pictures: Sequence[Floats]) -> dict[str, float]:
    import onnxruntime

    def session(path: Path) -> onnxruntime.InferenceSession:
        return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])

    whole, frozen = session(target), session(backbone(folder))
    pixels, confidence = [0.0], [0.0]
    for images in pictures:
        found, _ = whole.run(["output0", "visual"], {"images": images})
        maps = frozen.run(list(SHAPES), {"images": images})
        with torch.inference_mode():
            expected = head(*(torch.from_numpy(one) for one in maps)).numpy()
        apart = np.abs(found - expected)[0]
        pixels += apart[:4, expected[0, 4:].max(0) >= SURE].ravel().tolist()
        confidence.append(float(apart[4:].max()))
    worst = {"pixels": round(max(pixels), 4), "confidence": round(max(confidence), 5)}
    if worst["pixels"] > PIXELS or worst["confidence"] > CONFIDENCE:
        raise ValueError(f"{target.name} differs from the trained head: {worst}")
    return worst
