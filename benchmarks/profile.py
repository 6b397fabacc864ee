"""What ONNX Runtime's own profile says of each model: arithmetic, bytes and time of every node, with real shapes.

Multiply-accumulates are counted for what has nearly all of them: convolutions and matrix products. A node's bytes are
its inputs, weights and outputs, each once: the least that has to move when nothing of it is in a cache yet.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import prod
from pathlib import Path
from typing import Any

Shape = Sequence[int]
_WEIGHT_INPUT = {"Conv": 1, "FusedConv": 1, "ConvInteger": 1, "QLinearConv": 3}
_PRODUCTS = {"MatMul", "FusedMatMul", "Gemm", "FusedGemm", "MatMulInteger", "MatMulIntegerToFloat"}
_PRODUCTS |= {"DynamicQuantizeMatMul"}
_FLOAT = 4


@dataclass(frozen=True, slots=True)
class Node:
    """One run of one operator. `macs` are multiply-accumulates, `moved` and `weights` bytes."""

    operator: str
    seconds: float
    macs: int
    moved: int
    weights: int


class Profiler:
    """Makes every session of this process from now on keep a profile."""

    def __init__(self) -> None:
        import onnxruntime

        self._folder = folder = tempfile.TemporaryDirectory()
        self._sessions = sessions = list[tuple[str, Any]]()

        class Profiled(onnxruntime.InferenceSession):  # type: ignore[misc] # ONNX Runtime has no types
            def __init__(self, model: Any, options: Any = None, **rest: Any) -> None:
                options = options or onnxruntime.SessionOptions()
                options.enable_profiling = True
                options.profile_file_prefix = f"{folder.name}/{len(sessions)}"
                super().__init__(model, options, **rest)
                name = Path(model).name if isinstance(model, str | Path) else f"model {len(sessions) + 1}"
                sessions.append((name, self))

        onnxruntime.InferenceSession = Profiled

    def end(self, rounds: int) -> list[dict[str, Any]]:
        """The models in the order they were made, with the nodes of one analysis out of `rounds` equal ones but the
        first, which warms up."""
        models = []
        for name, session in self._sessions:
            events = json.loads(Path(session.end_profiling()).read_text())
            nodes = list(nodes_of(events))
            per_round = len(nodes) // rounds
            runs = sum(event.get("name") == "model_run" for event in events) // rounds
            models.append({"model": name, "runs": runs, **summed(nodes[per_round:], rounds - 1)})
        self._folder.cleanup()
        return models


def nodes_of(events: Iterable[Mapping[str, Any]]) -> Iterator[Node]:
    for event in events:
        arguments = event.get("args", {})
        if event.get("cat") != "Node" or not str(event.get("name", "")).endswith("_kernel_time"):
            continue
        inputs, outputs = (_shapes(arguments.get(f"{kind}_type_shape", ())) for kind in ("input", "output"))
        macs, packed = cost(arguments["op_name"], inputs, outputs)
        weights = int(arguments.get("parameter_size") or 0) + packed
        moved = weights + int(arguments.get("activation_size") or 0) + int(arguments.get("output_size") or 0)
        yield Node(arguments["op_name"], event["dur"] / 1e6, macs, moved, weights)


def cost(operator: str, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[int, int]:
    """Multiply-accumulates of one operator, and the bytes of weights that it has packed for itself.

    A convolution has, for each output, as many as one filter has weights; a matrix product as many as its sides share.
    The profile does not show packed weights: their shape follows from the others, for transposed convolutions under
    the assumption, true for those that enlarge a map, that their stride is the size of their kernel.
    """
    if not inputs or not outputs or not inputs[0] or not outputs[0]:
        return 0, 0
    taken, made = inputs[0], outputs[0]
    if (index := _WEIGHT_INPUT.get(operator)) is not None and len(inputs) > index:
        return prod(made) * prod(inputs[index][1:]), 0
    if operator == "ConvTranspose":
        kernel = prod(made[2:]) // prod(taken[2:])
        return prod(taken) * made[1] * kernel, taken[1] * made[1] * kernel * _FLOAT
    if operator in _PRODUCTS:
        is_packed = all(len(shape) < 2 for shape in inputs[1:])
        return prod(made) * taken[-1], taken[-1] * made[-1] * _FLOAT if is_packed else 0
    return 0, 0


def summed(nodes: Sequence[Node], rounds: int) -> dict[str, Any]:
    """Totals per round, and the nodes of all rounds."""
    parts = ("seconds", "macs", "moved", "weights")
    totals = {part: sum(getattr(node, part) for node in nodes) / max(1, rounds) for part in parts}
    return {**totals, "rounds": rounds, "nodes": [asdict(node) for node in nodes]}


def _shapes(entries: Iterable[Mapping[str, Shape]]) -> list[Shape]:
    return [shape for entry in entries for shape in entry.values()]
