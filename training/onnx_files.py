"""What every model file of ours goes through on its way into a bundle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import compose, helper, numpy_helper, version_converter

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
