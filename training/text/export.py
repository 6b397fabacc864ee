"""Backbone and head as one ONNX file: from BGR lines (1, 3, 48, width) in [-1, 1] to
probabilities (1, width / 8, classes). The file keeps weights as 16-bit floats. And the head back out of such a file.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

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


def restore(model: Path) -> Head:
    """The head of a file that `export` wrote, to train it on; characters that the alphabet has gained since then are
    new to it. Raises ValueError when the file has another head.
    """
    graph = onnx.load(model).graph
    stored = {tensor.name: torch.tensor(numpy_helper.to_array(tensor)).float() for tensor in graph.initializer}
    stored |= {node.output[0]: stored[node.input[0]] for node in graph.node if node.input and node.input[0] in stored}
    products = [node for node in graph.node if node.op_type == "MatMul" and node.name.startswith("head/")]
    # Linear layers have lost their names, not their order; they are stored transposed.
    linear = iter(stored[node.input[1]].T for node in products if node.input[1] in stored)
    head, found = Head(), dict[str, Tensor]()
    for name, module in head.named_modules():
        for kind, _ in module.named_parameters(recurse=False):
            is_product = isinstance(module, nn.Linear) and kind == "weight"
            found[f"{name}.{kind}"] = next(linear) if is_product else stored[f"head/head.{name}.{kind}"]
    for name, parameter in head.named_parameters():
        if found[name].shape[1:] != parameter.shape[1:] or len(found[name]) > len(parameter):
            raise ValueError(f"{model} has another head: {name} is {tuple(found[name].shape)}")
        with torch.no_grad():
            parameter[: len(found[name])] = found[name]
    return head


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
