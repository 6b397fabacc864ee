"""ONNX Runtime held against OpenVINO on the models and shapes of one creative, in floats, bfloat16 and 8 bits.

    .venv/bin/uv pip install --no-deps --python $(.venv/bin/python -m training.environment) -r requirements/amx.txt
    .venv/bin/python -m training.environment benchmarks.engines

They take turns, run by run, so that whatever else the machine does falls on all alike; ratios are of medians. Ranges of
the 8-bit forms come from the inputs that are timed: this is about speed (QDQ, weights per channel), not about losses.
"""

from __future__ import annotations

import argparse
import logging
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import onnx
import openvino
from onnx import version_converter
from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static

from adlens.vision.bundle import read_manifest
from adlens.vision.session import make_session

Floats = npt.NDArray[np.float32]
Run = Callable[[], object]

ROOT = Path(__file__).resolve().parent.parent
CARD = 864, 640
"""Height and width of what the text detector sees of a card of 900x1200."""
FIRST_OPSET_WITH_SCALES_PER_CHANNEL = 13


class _Once(CalibrationDataReader):  # type: ignore[misc] # ONNX Runtime has no types
    def __init__(self, inputs: dict[str, Floats]) -> None:
        self._inputs: dict[str, Floats] | None = inputs

    def get_next(self) -> dict[str, Floats] | None:
        inputs, self._inputs = self._inputs, None
        return inputs


def onnx_runtime(model: Path, images: Floats, threads: int) -> Run:
    session = make_session(model, threads)
    name = session.get_inputs()[0].name
    return lambda: session.run(None, {name: images})


def open_vino(model: Path, images: Floats, threads: int, precision: str) -> Run:
    options = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": precision}
    request = openvino.Core().compile_model(str(model), "CPU", options).create_infer_request()
    return lambda: request.infer({0: images}, share_inputs=True, share_outputs=True)


def eight_bits(model: Path, images: Floats, folder: Path) -> Path:
    exact = onnx.load(model)
    del exact.opset_import[1:]
    if exact.opset_import[0].version < FIRST_OPSET_WITH_SCALES_PER_CHANNEL:
        exact = version_converter.convert_version(exact, FIRST_OPSET_WITH_SCALES_PER_CHANNEL)
    prepared, path = folder / f"exact-{model.name}", folder / f"int8-{model.name}"
    onnx.save(exact, prepared)
    logging.getLogger().setLevel(logging.ERROR)
    quantize_static(
        prepared,
        path,
        _Once({exact.graph.input[0].name: images}),
        op_types_to_quantize=["Conv", "MatMul"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        activation_type=QuantType.QUInt8,
    )
    return path


def in_turn(runs: dict[str, Run], rounds: int) -> dict[str, float]:
    """Median milliseconds of each."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        run()
    for _ in range(rounds):
        for name, run in runs.items():
            started = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - started)
    return {name: 1000 * statistics.median(values) for name, values in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, default=ROOT / "models" / "compact")
    parser.add_argument("--rounds", type=int, default=25)
    arguments = parser.parse_args()
    stages = read_manifest(arguments.bundle, {}).stages
    noise = np.random.default_rng(0)
    models = {
        "text detector": (stages["ocr"].files["detector"], CARD),
        "reader, 320 wide": (stages["ocr"].files["reader"], (48, 320)),
        "objects": (stages["detection"].files["model"], (stages["detection"].settings["side"],) * 2),
        "looks": (stages["looks"].files["model"], (stages["looks"].settings["side"],) * 2),
    }
    instructions = {"avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_bf16"} & set(
        Path("/proc/cpuinfo").read_text().split()
    )
    print(
        f"{', '.join(sorted(instructions))}; load average {os.getloadavg()[0]:.1f}; milliseconds, ONNX Runtime / others"
    )
    make_session(models["looks"][0], 1)  # the first session of a thread decides what becomes of denormal numbers
    with TemporaryDirectory() as folder:
        for name, (model, size) in models.items():
            images = noise.random((1, 3, *size), np.float32)
            small = eight_bits(model, images, Path(folder)) if model in stages["ocr"].files.values() else None
            for threads in (1, 2):
                runs = {"ONNX Runtime": onnx_runtime(model, images, threads)}
                runs["OpenVINO"] = open_vino(model, images, threads, "f32")
                if "amx_bf16" in instructions:
                    runs["OpenVINO, bf16"] = open_vino(model, images, threads, "bf16")
                if small:
                    runs["ONNX Runtime, int8"] = onnx_runtime(small, images, threads)
                    runs["OpenVINO, int8"] = open_vino(small, images, threads, "f32")
                took = in_turn(runs, arguments.rounds)
                others = [f"{other} {ms:.1f} ({took['ONNX Runtime'] / ms:.2f})" for other, ms in took.items()]
                print(f"{name:18} {threads} thread(s)  " + "  ".join(others), flush=True)


if __name__ == "__main__":
    main()
