"""What every model file of ours goes through on its way into a bundle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import torch
from onnx import compose, helper, numpy_helper, version_converter
from torch import Tensor, nn

OPSET = 17
IR_VERSION = 10
_SMALLEST = 256


def modern(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model at the operator set that all our files share, so that parts can be joined."""
    converted = version_converter.convert_version(model, OPSET)
    converted.ir_version = IR_VERSION
    return converted


def joined(first: onnx.ModelProto, second: onnx.ModelProto, wires: list[tuple[str, str]]) -> onnx.ModelProto:
    """One model: outputs of `first` become inputs of `second`, both given by name."""
    whole = compose.merge_models(modern(first), modern(second), io_map=wires, prefix1="backbone/", prefix2="head/")
    del whole.opset_import[1:]  # each part brings the same one
    return whole


def in_half(model: onnx.ModelProto) -> onnx.ModelProto:
    """Keeps weights as 16-bit floats, widened when the model is loaded: half the file, the same arithmetic."""
    graph = model.graph
    widened = []
    for tensor in graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT or np.prod(tensor.dims) < _SMALLEST:
            continue
        values = numpy_helper.to_array(tensor)
        if np.abs(values).max() > np.finfo(np.float16).max:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}/half"))
        widened.append(helper.make_node("Cast", [f"{name}/half"], [name], to=onnx.TensorProto.FLOAT))
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend([*widened, *nodes])
    return model


def save(model: onnx.ModelProto, path: Path) -> None:
    """Checks and writes it."""
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(path))


def without_pads(model: onnx.ModelProto) -> onnx.ModelProto:
    """Convolutions that pad for themselves, in place of nodes that pad with zeros before them: the runtime is half as
    fast again so. The amounts must be constants.
    """
    graph = model.graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    pads = {node.output[0]: node for node in graph.node if node.op_type == "Pad"}
    for node in graph.node:
        if node.op_type == "Conv" and (pad := pads.get(node.input[0])):
            amounts = numpy_helper.to_array(constants[pad.input[1]]).tolist()  # of all axes: before, then after
            axes = len(amounts) // 2
            node.input[0] = pad.input[0]
            kept = [attribute for attribute in node.attribute if attribute.name not in {"pads", "auto_pad"}]
            del node.attribute[:]
            padded = helper.make_attribute("pads", [*amounts[2:axes], *amounts[axes + 2 :]])
            node.attribute.extend([*kept, padded])
    used = {name for node in graph.node for name in node.input}
    left = [node for node in graph.node if node.op_type != "Pad" or node.output[0] in used]
    del graph.node[:]
    graph.node.extend(left)
    return model


def folded(path: Path) -> onnx.ModelProto:
    """The model in that file with what is constant in it computed once."""
    import onnxruntime

    with TemporaryDirectory() as folder:
        target = Path(folder) / "folded.onnx"
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(target)
        onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        model = onnx.load(target)
    (version,) = {entry.version for entry in model.opset_import if not entry.domain}
    del model.opset_import[:]
    model.opset_import.append(helper.make_opsetid("", version))
    return model


def export(network: nn.Module, example: Tensor, outputs: Sequence[str], path: Path, half: bool = False) -> None:
    """Writes a torch network with the input `images` as ONNX, its weights of 16 bits where `half`."""
    with TemporaryDirectory() as folder:
        traced = Path(folder) / "traced.onnx"
        torch.onnx.export(
            network, (example,), str(traced), input_names=["images"], output_names=list(outputs),
            opset_version=OPSET, dynamo=False,
        )  # fmt: skip
        model = without_pads(folded(traced))  # torch leaves the amounts of padding as sums to be done
    save(in_half(model) if half else model, path)
