"""int8 for a detector: 8-bit weights and activations where they cost little, floats where they cost detections.

Static quantisation by ONNX Runtime with ranges from pictures (QDQ, weights per channel). The decoding of boxes and the
blocks named in `keep` stay in float: a box is pixels in the hundreds beside scores in [0, 1], and the first layers'
wide ranges make most of the error. Which blocks those are is measured, not guessed (--sensitivity, on the calibration
pictures).

    python -m training.upstream.quantise models/upstream/yolov8n.onnx --measure FOLDER   # speed, and what is lost there
"""

from __future__ import annotations

import argparse
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from adlens.domain.ports.vision import DecodedImage
from adlens.vision.image import pixels_of
from adlens.vision.objects.yolo import Letterbox, YoloDetector
from adlens.vision.session import make_session
from training.paths import ROOT
from training.upstream.compare import compare, medians_in_turn, read_pictures

Floats = npt.NDArray[np.float32]

# Of YOLOv8 as ultralytics numbers it, or of the compact bundle's detector; and the branches of either one's head.
_BLOCK = re.compile(r"(?:^|/)(?:model\.(\d+)|(backbone)|head//(\w+))/(?:(cv[23])\.\d)?")
_STEM = ("0", "1", "2")
_CERTAIN = 0.05


class Inputs(CalibrationDataReader):
    """What ranges are taken from, for the input `name` of a model."""

    def __init__(self, inputs: Iterable[Floats], name: str) -> None:
        self._inputs: Iterator[dict[str, Floats]] = ({name: one} for one in inputs)

    def get_next(self) -> dict[str, Floats] | None:
        return next(self._inputs, None)


def inputs_of(pictures: Iterable[DecodedImage], side: int) -> list[Floats]:
    """(1, 3, side, side) each."""
    every = map(pixels_of, pictures)
    return [Letterbox.of(one.shape[1], one.shape[0], side).apply(one, side) for one in every]


def quantise(model: Path, path: Path, inputs: Sequence[Floats], keep: Sequence[str] = _STEM) -> None:
    """Writes the int8 form of `model`. `keep` names blocks as `blocks` does: "0", or "22.cv3" of the head."""
    logging.getLogger().setLevel(logging.ERROR)  # it warns of each node it skips, which is what it was asked to do
    with TemporaryDirectory() as name:
        prepared = Path(name) / "prepared.onnx"
        exact = onnx.load(model)
        del exact.opset_import[1:]  # a file joined of two says the same one twice, which the quantiser does not take
        quant_pre_process(exact, prepared, skip_symbolic_shape=True)
        graph = onnx.load(prepared).graph
        head = next(block for block in map(_block, graph.node) if block and "." in block).split(".")[0]
        decoding = {node.name for node in graph.node if _block(node) in (None, head)}
        kept = {node.name for node in graph.node if _block(node) in keep}
        quantize_static(
            prepared,
            path,
            Inputs(inputs, graph.input[0].name),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            weight_type=QuantType.QInt8,
            activation_type=QuantType.QUInt8,
            nodes_to_exclude=sorted(decoding | kept),
        )


def blocks(model: Path) -> list[str]:
    """The numbered blocks of the network in order; the head's two branches by name."""
    found = map(_block, onnx.load(model, load_external_data=False).graph.node)
    return list(dict.fromkeys(block for block in found if block))


def sensitivity(model: Path, inputs: Sequence[Floats]) -> dict[str, float]:
    """By block, the mean change of class scores that quantising this block alone makes, largest first."""
    names = blocks(model)
    exact = _scores(model, inputs)
    changes = {}
    with TemporaryDirectory() as folder:
        for block in names:
            path = Path(folder) / "one.onnx"
            quantise(model, path, inputs, [name for name in names if name != block])
            pairs = zip(exact, _scores(path, inputs), strict=True)
            changes[block] = float(np.mean([np.abs(a - b)[a > _CERTAIN].sum() for a, b in pairs]))
    return dict(sorted(changes.items(), key=lambda change: -change[1]))


def _scores(model: Path, inputs: Sequence[Floats]) -> list[Floats]:
    """Each class's highest score in each picture."""
    session = make_session(model, 1)
    return [session.run(None, {session.get_inputs()[0].name: one})[0][0, 4:].max(axis=1) for one in inputs]


def _block(node: onnx.NodeProto) -> str | None:
    match = _BLOCK.search(node.name)
    return None if match is None else ".".join(part for part in match.groups() if part)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--out", type=Path, help="where the int8 model goes")
    parser.add_argument("--keep", nargs="*", default=_STEM, help="blocks that stay in float")
    parser.add_argument("--sensitivity", action="store_true", help="what each block costs, and nothing else")
    parser.add_argument("--calibrate", type=Path, default=ROOT / "samples", help="pictures that the ranges come from")
    parser.add_argument("--measure", type=Path, help="folder of pictures to compare speed and objects on")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()

    session = make_session(arguments.model, arguments.threads)
    side, classes = session.get_inputs()[0].shape[-1], session.get_outputs()[0].shape[1] - 4
    inputs = inputs_of(read_pictures(arguments.calibrate), side)
    if arguments.sensitivity:
        for block, change in sensitivity(arguments.model, inputs).items():
            print(f"{block:10} {change:.4f}")
        return
    with TemporaryDirectory() as folder:
        path = arguments.out or Path(folder) / "int8.onnx"
        quantise(arguments.model, path, inputs, arguments.keep)
        print(f"{arguments.model.stat().st_size / 1e6:.1f} MB -> {path.stat().st_size / 1e6:.1f} MB")
        if arguments.measure:
            names = [str(number) for number in range(classes)]
            settings = {"threshold": 0.35, "thresholds": {}, "weak": 0.35, "rivals": [], "iou": 0.7, "side": side}
            exact, small = (
                YoloDetector(model, names, **settings, threads=arguments.threads) for model in (arguments.model, path)
            )
            pictures = read_pictures(arguments.measure)
            print(compare(exact, small, pictures))
            before, after = medians_in_turn((exact, small), pictures)
            print(f"{before:.4f} s -> {after:.4f} s a picture, {before / after:.2f} times as fast")


if __name__ == "__main__":
    main()
