"""Arithmetic and bytes as counted from ONNX Runtime's profile, and the limits that follow from them."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.bundles import Machine, roofline_table, speed_table
from benchmarks.profile import cost, nodes_of, summed


@pytest.mark.parametrize(
    ("operator", "inputs", "outputs", "macs", "packed"),
    [
        ("Conv", [(1, 3, 640, 640), (16, 3, 3, 3), (16,)], [(1, 16, 320, 320)], 16 * 320 * 320 * 27, 0),
        ("Conv", [(1, 8, 4, 4), (8, 1, 7, 7)], [(1, 8, 4, 4)], 8 * 16 * 49, 0),
        ("MatMul", [(6, 94, 120)], [(6, 94, 360)], 6 * 94 * 360 * 120, 120 * 360 * 4),
        ("FusedMatMul", [(6, 8, 94, 15), (6, 8, 15, 94)], [(6, 8, 94, 94)], 6 * 8 * 94 * 94 * 15, 0),
        ("Gemm", [(6, 200), (2,)], [(6, 2)], 6 * 200 * 2, 200 * 2 * 4),
        ("ConvTranspose", [(1, 24, 10, 10)], [(1, 12, 20, 20)], 24 * 100 * 12 * 4, 24 * 12 * 4 * 4),
        ("Add", [(1, 8), (1, 8)], [(1, 8)], 0, 0),
        ("Conv", [], [], 0, 0),
    ],
)
def test_cost_by_hand(operator: str, inputs: Any, outputs: Any, macs: int, packed: int) -> None:
    assert cost(operator, inputs, outputs) == (macs, packed)


def test_nodes_are_read_from_kernel_events_only() -> None:
    args = {
        "op_name": "MatMul",
        "input_type_shape": [{"float": [2, 3]}, {"float": [3, 5]}],
        "output_type_shape": [{"float": [2, 5]}],
        "parameter_size": "60",
        "activation_size": "24",
        "output_size": "40",
    }
    events = [
        {"cat": "Session", "name": "model_run", "dur": 9},
        {"cat": "Node", "name": "a_fence_before", "dur": 1, "args": {"op_name": "MatMul"}},
        {"cat": "Node", "name": "a_kernel_time", "dur": 2000, "args": args},
    ]
    (node,) = nodes_of(events)
    assert (node.macs, node.moved, node.weights, node.seconds) == (30, 124, 60, 0.002)
    assert summed([node, node], rounds=2)["macs"] == 30


def test_a_node_is_bound_by_the_slower_of_arithmetic_and_memory() -> None:
    machine = Machine(macs=100.0, bytes=10.0)
    assert machine.limit({"macs": 200, "moved": 10}) == (2.0, True)
    assert machine.limit({"macs": 200, "moved": 30}) == (3.0, False)


def test_a_model_is_held_against_its_limit() -> None:
    nodes = [{"macs": 10**9, "moved": 10**6}, {"macs": 0, "moved": 10**9}]
    model = {"model": "m.onnx", "runs": 1, "rounds": 1, "seconds": 1.0, "macs": 10**9, "moved": 1.001e9, "weights": 4e6}
    text = roofline_table([("base", {**model, "nodes": nodes})], Machine(macs=10e9, bytes=10e9))
    assert text.splitlines()[-1] == (
        "| base | m.onnx | 1 | 1.00 | 4.0 | 1001 | 1000 | 2 | 200 | arithmetic (50%) | 20% |"
    )


def test_bundles_are_compared_with_the_first() -> None:
    def run(ocr: float, total: float) -> dict[str, Any]:
        return {"seconds": {"ocr": ocr, "color": 0.1, "total": total, "processor": total}}

    text = speed_table({"a": [run(0.2, 0.5)], "b": [run(0.4, 1.0)]}, {"a": 100.0, "b": 300.0})
    assert "| text, s | 0.200 | 0.400 | 2.0 |" in text
    assert "| objects, s | - | - | - |" in text
    assert "| **whole analysis, s** | 0.500 | 1.000 | 2.0 |" in text
    assert "| peak memory of the process, MB | 100 | 300 | 3.0 |" in text
