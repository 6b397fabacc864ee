"""int8 for the two models that read text: how much faster it makes them, and bundles to measure what is lost.

    python -m training.environment training.text.quantise
    python -m evaluation.evaluate --bundle .local/training/int8/detector --creatives FOLDER --out FILE

Static quantisation by ONNX Runtime (QDQ, weights per channel) with ranges from samples/. Weights have 7 bits, so that
sums of products do not overflow on processors without VNNI. Of the detector the convolutions over several channels
become int8, but for the first three and those of its head; of the reader all but its head.
"""

from __future__ import annotations

import argparse
import logging
import re
import shutil
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import onnx
from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

from adlens.domain.analysis import Stage
from adlens.vision.bundle import MANIFEST, read_manifest
from adlens.vision.image import pixels_of
from adlens.vision.session import Floats, make_session
from adlens.vision.text.ctc import model_input
from adlens.vision.text.lines import LineFinder, cut_out, scale_of
from adlens.vision.text.lines import model_input as lines_input
from training.onnx_files import folded, modern
from training.paths import DATA, ROOT
from training.seal import seal
from training.upstream.compare import read_pictures
from training.upstream.quantise import Inputs

OUT = DATA / "int8"
ROUNDS = 9


def of_detector(graph: onnx.GraphProto) -> list[str]:
    """Names of the nodes that stay in floats."""
    nodes = list(graph.node)
    convolutions = [number for number, node in enumerate(nodes) if node.op_type == "Conv"]
    last = max(number for number, node in enumerate(nodes) if node.op_type == "Concat")
    single = [nodes[number] for number in convolutions if _groups(nodes[number]) > 1]
    others = [node for node in nodes if node.op_type != "Conv"]
    return sorted({node.name for node in [*nodes[: convolutions[3]], *nodes[last:], *single, *others]})


def of_reader(graph: onnx.GraphProto) -> list[str]:
    """Names of the nodes that stay in floats."""
    return [node.name for node in graph.node if node.name.startswith("head/")]


def _groups(convolution: onnx.NodeProto) -> int:
    return next((attribute.i for attribute in convolution.attribute if attribute.name == "group"), 1)


def quantise(
    model: Path, target: Path, inputs: Sequence[Floats], floats: Callable[[onnx.GraphProto], list[str]]
) -> None:
    """Writes the int8 form of `model`; `floats` names what is left as it is."""
    logging.getLogger().setLevel(logging.ERROR)  # it warns of each node it skips, which is what it was asked to do
    prepared = modern(folded(model))
    target.parent.mkdir(parents=True, exist_ok=True)
    quantize_static(
        prepared,
        target,
        Inputs(inputs, prepared.graph.input[0].name),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
        activation_type=QuantType.QUInt8,
        nodes_to_exclude=floats(prepared.graph),
    )


def bundle_with(part: str, model: Path, bundle: Path, target: Path) -> None:
    """A copy of `bundle` whose text stage has this model as `part`."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(bundle, target)
    shutil.copy(model, target / f"{part}-int8.onnx")
    manifest = target / MANIFEST
    section = re.compile(rf"(\[ocr\.files\.{part}\]\n).*?(?=\n\n|\Z)", re.DOTALL)
    text = section.sub(rf'\1path = "{part}-int8.onnx"\nsha256 = ""', manifest.read_text(encoding="utf-8"))
    manifest.write_text(text, encoding="utf-8")
    seal(target)


def seconds_in_turn(models: Sequence[Path], inputs: Sequence[Floats], threads: int) -> list[float]:
    """Median seconds of each for all inputs: what else the machine does slows all of them."""
    sessions = [make_session(model, threads) for model in models]
    spent: list[list[float]] = [[] for _ in models]
    for _ in range(ROUNDS):
        for session, seconds in zip(sessions, spent, strict=True):
            started = time.perf_counter()
            for one in inputs:
                session.run(None, {session.get_inputs()[0].name: one})
            seconds.append(time.perf_counter() - started)
    return [statistics.median(seconds) for seconds in spent]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, default=ROOT / "models" / "compact")
    parser.add_argument("--calibrate", type=Path, default=ROOT / "samples", help="pictures that the ranges come from")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    stage = read_manifest(arguments.bundle, {}).stages[Stage.OCR]
    area = stage.settings["megapixels"] * 1e6
    pictures = [pixels_of(picture) for picture in read_pictures(arguments.calibrate)]
    finder = LineFinder(stage.files["detector"], stage.settings["megapixels"], arguments.threads)
    lines = [model_input(cut_out(rgb, quad), 1.0) for rgb in pictures for quad in finder.find(rgb)]
    for part, inputs, floats in (
        ("detector", [lines_input(rgb, scale_of(rgb, area)) for rgb in pictures], of_detector),
        ("reader", lines, of_reader),
    ):
        exact, small = stage.files[part], arguments.out / f"{part}.onnx"
        quantise(exact, small, inputs, floats)
        bundle_with(part, small, arguments.bundle, arguments.out / part)
        before, after = seconds_in_turn((exact, small), inputs, arguments.threads)
        size = f"{exact.stat().st_size / 1e6:.1f} MB -> {small.stat().st_size / 1e6:.1f} MB"
        print(f"{part}: {size}, {before:.2f} s -> {after:.2f} s, {before / after:.2f} times as fast")


if __name__ == "__main__":
    main()
