"""The frozen part of the detector, run once over the pictures: maps to train on, in files of a row per picture."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from tqdm import tqdm

from adlens.vision.session import make_session
from training.looks.backbone import MAPS, MEAN, SCALE, Backbone, load
from training.objects.pictures import KINDS, Maker
from training.onnx_files import export

SIDE = 384
NAMES = ("fine", "middle", "coarse")
SHAPES = {
    name: (channels, SIDE // stride, SIDE // stride)
    for name, channels, stride in zip(NAMES, MAPS.values(), (8, 16, 32), strict=True)
}
Half = npt.NDArray[np.float16]


class _Maps(nn.Module):
    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.backbone.maps(images * (255 / SCALE) - MEAN / SCALE))


class Features:
    """Maps of pictures and their `marks`, one (objects, 6) per picture: see `Marked`."""

    def __init__(self, parts: Sequence[tuple[dict[str, Half], list[Tensor]]]) -> None:
        self._parts = [maps for maps, _ in parts]
        self.marks = [one for _, marks in parts for one in marks]
        self._where = [(part, row) for part, (_, marks) in enumerate(parts) for row in range(len(marks))]

    def __len__(self) -> int:
        return len(self.marks)

    def batch(self, rows: Sequence[int]) -> list[Tensor]:
        """The three maps (n, channels, h, w), float32."""
        where = [self._where[row] for row in rows]
        stacked = (np.stack([self._parts[part][name][row] for part, row in where]) for name in NAMES)
        return [torch.from_numpy(maps.astype(np.float32)) for maps in stacked]


def extract(maker: Maker, folder: Path, threads: int = 1, kinds: Sequence[str] = KINDS) -> Features:
    """The features of all pictures of `kinds`, computed where `folder` lacks them."""
    folder.mkdir(parents=True, exist_ok=True)
    model = folder / "backbone.onnx"
    if not model.exists():
        export(_Maps(load()).eval(), torch.zeros(1, 3, SIDE, SIDE), NAMES, model)
    session = make_session(model, threads)
    return Features([_extract(maker, kind, folder / kind, session) for kind in kinds if maker.count(kind)])


def _extract(maker: Maker, kind: str, folder: Path, session: Any) -> tuple[dict[str, Half], list[Tensor]]:
    folder.mkdir(exist_ok=True)
    count, index = maker.count(kind), folder / "marks.jsonl"
    maps: dict[str, Half] = {name: _array(folder / f"{name}.npy", count, shape) for name, shape in SHAPES.items()}
    lines = index.read_text().splitlines() if index.exists() else []
    with index.open("a") as file:
        for row in tqdm(range(len(lines), count), unit="picture", desc=f"features of {kind}", disable=None):
            picture = maker.make(kind, row)
            images = picture.pixels.transpose(2, 0, 1)[None].astype(np.float32) / 255
            for name, value in zip(NAMES, session.run(None, {"images": images}), strict=True):
                maps[name][row] = value[0]
            lines.append(json.dumps(np.round(picture.marks.astype(float), 2).tolist()))
            file.write(lines[-1] + "\n")
            file.flush()
    marks = [np.array(json.loads(line), np.float32).reshape(-1, 6) for line in lines]
    return maps, [torch.from_numpy(one) for one in marks]


def _array(path: Path, rows: int, shape: tuple[int, ...]) -> Half:
    """Raises ValueError when the file is of other pictures: then the folder must go."""
    if not path.exists():
        return np.lib.format.open_memmap(path, "w+", np.float16, (rows, *shape))
    kept = np.lib.format.open_memmap(path, "r+")
    if kept.shape != (rows, *shape):
        raise ValueError(f"{path} holds {kept.shape}, not {(rows, *shape)}: remove {path.parent} to make it again")
    return kept
