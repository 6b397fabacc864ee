"""The frozen half of the detector, run once over the scenes: maps of PP-OCRv6's text detector to train heads on.

The text detector runs on every creative, and knows more of photographs than a small network learns from renders.
Its maps are kept in .npy files of a row per scene; what is there is not computed again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper
from tqdm import tqdm

from adlens.vision.objects.yolo import Letterbox
from training.onnx_files import modern, save
from training.wheel import cut

SIDE = 416
MAPS = {"fine": "p2o.pd_op.add.27.0", "middle": "p2o.pd_op.add.50.0", "coarse": "p2o.pd_op.add.63.0"}
"""Stride 8, 16, 32 with 96, 192, 384 channels. `fine` is kept at stride 16: mean and maximum of each 2 x 2."""
LOOKS = {**MAPS, "block": "p2o.pd_op.conv2d.19.0"}
"""Maps whose mean and maximum may describe the picture as a whole."""
LOOK_WIDTHS = {"fine": 192, "middle": 384, "coarse": 768, "block": 384}
SHAPES = {
    "fine": (192, SIDE // 16, SIDE // 16),
    "middle": (192, SIDE // 16, SIDE // 16),
    "coarse": (384, SIDE // 32, SIDE // 32),
}
_SAVE_EVERY = 250

Label = dict[str, Any]


def backbone(folder: Path) -> Path:
    """The cut detector with the engine's input, `images` RGB in [0, 1], and pooled maps: fine, middle, coarse, and
    look_NAME, mean and maximum, of each of LOOKS.
    """
    target = folder / "backbone.onnx"
    if target.exists():
        return target
    part = modern(onnx.load(cut("PP-OCRv6_det_small.onnx", list(LOOKS.values()), folder / "part.onnx")))
    graph = part.graph
    # The text detector was trained on BGR in [-1, 1].
    before = [
        helper.make_node("Gather", ["images", "bgr"], ["images/bgr"], axis=1),
        helper.make_node("Mul", ["images/bgr", "two"], ["images/twice"]),
        helper.make_node("Sub", ["images/twice", "one"], ["x"]),
    ]
    graph.initializer.extend(
        [
            numpy_helper.from_array(np.array([2, 1, 0], np.int64), "bgr"),
            numpy_helper.from_array(np.array(2, np.float32), "two"),
            numpy_helper.from_array(np.array(1, np.float32), "one"),
        ]
    )
    window = {"kernel_shape": [2, 2], "strides": [2, 2]}
    after = [
        helper.make_node("AveragePool", [MAPS["fine"]], ["fine/mean"], **window),
        helper.make_node("MaxPool", [MAPS["fine"]], ["fine/max"], **window),
        helper.make_node("Concat", ["fine/mean", "fine/max"], ["fine"], axis=1),
        helper.make_node("Identity", [MAPS["middle"]], ["middle"]),
        helper.make_node("Identity", [MAPS["coarse"]], ["coarse"]),
    ]
    for name, tensor in LOOKS.items():
        after += [
            helper.make_node("GlobalAveragePool", [tensor], [f"pool/{name}/mean"]),
            helper.make_node("GlobalMaxPool", [tensor], [f"pool/{name}/max"]),
            helper.make_node("Concat", [f"pool/{name}/mean", f"pool/{name}/max"], [f"pool/{name}"], axis=1),
            helper.make_node("Flatten", [f"pool/{name}"], [f"look_{name}"]),
        ]
    nodes = list(graph.node)
    del graph.node[:], graph.input[:], graph.output[:]
    graph.node.extend([*before, *nodes, *after])
    graph.input.append(helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE]))
    outputs = [
        *((name, [1, *shape]) for name, shape in SHAPES.items()),
        *((f"look_{name}", [1, width]) for name, width in LOOK_WIDTHS.items()),
    ]
    graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs)
    save(part, target)
    return target


@dataclass(frozen=True, slots=True)
class Scene:
    """A scene's label and where its picture lies in the square."""

    label: Label
    letterbox: Letterbox


Half = npt.NDArray[np.float16]


class Maps:
    """Features of all scenes by row, float16: `maps[name]` (n, channels, h, w), `looks[name]` (n, 2 * channels)."""

    def __init__(self, maps: dict[str, Half], looks: dict[str, Half], scenes: list[Scene]) -> None:
        self.maps, self.looks, self.scenes = maps, looks, scenes


def read_scenes(scenes: Path, most: int | None = None) -> list[Label]:
    """Raises SystemExit without any."""
    try:
        lines = (scenes / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise SystemExit(f"No scenes in {scenes}: run python -m training.scenes.render first.") from error
    return [json.loads(line) for line in lines[:most]]


def square(path: Path, side: int) -> tuple[npt.NDArray[np.float32], Letterbox]:
    """The picture as the engine sees it, (1, 3, side, side), and where in the square it is."""
    pixels = cv2.cvtColor(np.asarray(cv2.imread(str(path))), cv2.COLOR_BGR2RGB)
    letterbox = Letterbox.of(pixels.shape[1], pixels.shape[0], side)
    return letterbox.apply(np.asarray(pixels, np.uint8), side), letterbox


def extract(scenes: Path, folder: Path, most: int | None = None) -> Maps:
    """The features of the scenes, computed where `folder` lacks them."""
    import onnxruntime

    folder.mkdir(parents=True, exist_ok=True)
    labels = read_scenes(scenes, most)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(backbone(folder)), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    blank = session.run(None, {"images": np.zeros((1, 3, SIDE, SIDE), np.float32)})
    arrays = {
        name: _array(folder / f"{name}.npy", len(labels), one.shape[1:]) for name, one in zip(names, blank, strict=True)
    }
    progress = folder / "done.txt"
    done = int(progress.read_text()) if progress.exists() else 0
    placed = []
    for row, label in enumerate(tqdm(labels, unit="scene", desc="features", disable=None)):
        path = scenes / label["file"]
        if row < done:
            height, width = np.asarray(cv2.imread(str(path))).shape[:2]
            placed.append(Scene(label, Letterbox.of(width, height, SIDE)))
            continue
        images, letterbox = square(path, SIDE)
        placed.append(Scene(label, letterbox))
        for name, value in zip(names, session.run(None, {"images": images}), strict=True):
            arrays[name][row] = value[0]
        if (row + 1) % _SAVE_EVERY == 0 or row + 1 == len(labels):
            for array in arrays.values():
                array.flush()
            progress.write_text(str(row + 1))
    looks: dict[str, Half] = {
        name.removeprefix("look_"): array for name, array in arrays.items() if name.startswith("look_")
    }
    return Maps({name: arrays[name] for name in SHAPES}, looks, placed)


def _array(path: Path, rows: int, shape: tuple[int, ...]) -> np.memmap[Any, np.dtype[np.float16]]:
    """A file of at least `rows` rows; a shorter one is grown, its rows kept."""
    kept = np.load(path, mmap_mode="r") if path.exists() else None
    if kept is None or len(kept) < rows:
        grown = np.lib.format.open_memmap(path.with_suffix(".new"), "w+", np.float16, (rows, *shape))
        if kept is not None:
            grown[: len(kept)] = kept
        grown.flush()
        path.with_suffix(".new").rename(path)
    return np.lib.format.open_memmap(path, "r+")
