"""The networks that read text, on the engine that is fastest on this processor.

Most of a creative's time goes into them. Where the processor has matrix units for bfloat16 (Intel's AMX), OpenVINO
takes half as long as ONNX Runtime, which has no bfloat16 on x86. Elsewhere ONNX Runtime is as fast, starts sooner and
needs less memory (docs/adr/0016).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from adlens.vision.session import Floats, make_session

Network = Callable[[Floats], Floats]

_PROCESSOR = Path("/proc/cpuinfo")
OPTIONS = {
    "CPU_DENORMALS_OPTIMIZATION": True,  # as for the other models (vision/session.py)
    "ENABLE_CPU_PINNING": False,  # two networks would be pinned to the same core
    "PERFORMANCE_HINT": "LATENCY",
    "INFERENCE_PRECISION_HINT": "bf16",
}
_first = Lock()


def open_network(model: Path, threads: int, calls: int = 1) -> Network:
    """A network of one input and one output. `calls` threads at once may call it, each on its share of `threads`; with
    matrix units more of them wait their turn.
    """
    return _on_matrix_units(model, threads, calls) if _has_matrix_units() else _on_onnx_runtime(model, threads // calls)


@cache
def _has_matrix_units() -> bool:
    return (
        find_spec("openvino") is not None
        and _PROCESSOR.exists()
        and "amx_bf16" in _PROCESSOR.read_text(encoding="ascii", errors="replace").split()
    )


def _on_onnx_runtime(model: Path, threads: int) -> Network:
    session = make_session(model, threads)
    name = session.get_inputs()[0].name

    def run(images: Floats) -> Floats:
        (found,) = session.run(None, {name: images})
        return np.asarray(found, np.float32)

    return run


def _on_matrix_units(model: Path, threads: int, calls: int) -> Network:
    """Compiled beside whatever else is made at the start; the first run waits for it."""
    compiling = ThreadPoolExecutor(1)
    compiled = compiling.submit(_compiled, model, OPTIONS | {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": calls})
    compiling.shutdown(wait=False)
    idle: deque[Any] = deque()

    def run(images: Floats) -> Floats:
        try:
            request = idle.pop()
        except IndexError:
            request = compiled.result().create_infer_request()
        request.infer([images], share_inputs=True)
        found = np.array(request.get_output_tensor().data, np.float32)
        idle.append(request)
        return found

    return run


def _compiled(model: Path, options: dict[str, Any]) -> Any:
    with _first:
        core = _core()
    return core.compile_model(str(model), "CPU", options)


@cache
def _core() -> Any:
    """OpenVINO, after one run: its binding makes some of its parts with the first, and two threads that do so at the
    same time wait for each other for ever.
    """
    import openvino
    from openvino import opset13 as operators

    core = openvino.Core()
    given = operators.parameter([1], np.float32)
    request = core.compile_model(openvino.Model([operators.relu(given)], [given]), "CPU").create_infer_request()
    request.infer([np.zeros(1, np.float32)], share_inputs=True)
    np.array(request.get_output_tensor().data)
    return core
