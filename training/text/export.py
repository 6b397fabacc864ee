"""Backbone and head as one ONNX file: from BGR lines (1, 3, 48, width) in [-1, 1] to
probabilities (1, width / 8, classes).

The file keeps weights as 16-bit floats.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch

from training.onnx_files import OPSET, in_half, joined, save
from training.text.features import MAP, NECK, Backbone
from training.text.head import Exported, Head

PARITY = 1e-3


def export(head: Head, folder: Path, target: Path) -> None:
    """Raises ValueError when the joined model does not answer as the head does; only then are its weights rounded."""
    Backbone(folder)  # cuts it when need be
    part = folder / "head.onnx"
    exported = Exported(head).eval()
    example = torch.randn(1, 384, 1, 40), torch.randn(1, 40, 120)
    torch.onnx.export(
        exported,
        example,
        str(part),
        input_names=["pooled", "neck"],
        output_names=["probabilities"],
        dynamic_axes={"pooled": {3: "steps"}, "neck": {1: "steps"}, "probabilities": {1: "steps"}},
        opset_version=OPSET,
        dynamo=False,
    )
    model = joined(onnx.load(folder / "backbone.onnx"), onnx.load(part), [(MAP, "pooled"), (NECK, "neck")])
    save(model, part)
    _verify(exported, folder, part)
    save(in_half(model), target)


def _verify(exported: Exported, folder: Path, model: Path) -> None:
    import onnxruntime

    def session(path: Path) -> onnxruntime.InferenceSession:
        return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])

    whole, backbone = session(model), session(folder / "backbone.onnx")
    rng = np.random.default_rng(0)
    for width in (48, 320, 656):
        line = rng.uniform(-1, 1, (1, 3, 48, width)).astype(np.float32)
        (found,) = whole.run(None, {whole.get_inputs()[0].name: line})
        pooled, neck = backbone.run(None, {"x": line})
        with torch.inference_mode():
            expected = exported(torch.from_numpy(pooled), torch.from_numpy(neck)).numpy()
        if (difference := float(np.abs(found - expected).max())) > PARITY:
            raise ValueError(f"{model.name} differs from the trained head by {difference:.4f} at width {width}")
