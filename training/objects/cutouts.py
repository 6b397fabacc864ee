"""Products without what is behind them: cut out of photographs, and rendered where photographs gave few."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from adlens.vision.image import Pixels
from training.objects.classes import CLASSES
from training.objects.marks import Floats, Marked
from training.scenes.compose import MAKERS, Arrangement, posed
from training.scenes.materials import Chance
from training.scenes.render import RELIGHT, view_of
from training.scenes.studio import Studio

RARE = ("backpack", "handbag", "tie", "suitcase", "cup", "fork", "knife", "spoon", "clock")
_SIDE = 200
_MOST = 70
"""Of one class, from photographs."""


def read_cutouts(pictures: Iterable[Marked], folder: Path, least: int, seed: int) -> dict[str, list[Pixels]]:
    """RGBA pictures by class of RARE, at least so many of each, made from the products of `pictures` and rendered where
    `folder` has none yet.
    """
    if not (folder / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        count = dict.fromkeys(RARE, 0)
        for picture in tqdm(pictures, desc="cut-outs", disable=None):
            for row in picture.products:
                label = CLASSES[int(row[0])]
                if count.get(label, _MOST) < _MOST and (found := _without_ground(picture.pixels, row[1:5])) is not None:
                    _save(found, folder / f"{label}-{count[label]:03}.png")
                    count[label] += 1
        # In a process of its own: VTK's renderer and torch bring two LLVMs that do not bear each other.
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            process.submit(_render, folder, count, least, seed).result()
        (folder / "done").touch()
    cutouts: dict[str, list[Pixels]] = {}
    for path in sorted(folder.glob("*.png")):
        picture = np.asarray(cv2.imread(str(path), cv2.IMREAD_UNCHANGED))[..., [2, 1, 0, 3]]
        cutouts.setdefault(path.stem.rsplit("-", 1)[0], []).append(np.asarray(picture, np.uint8))
    return cutouts


def _save(picture: Pixels, path: Path) -> None:
    cv2.imwrite(str(path), picture[..., [2, 1, 0, 3]])


def _render(folder: Path, count: dict[str, int], least: int, seed: int) -> None:
    studio, chance = Studio(), Chance(seed, False)
    makers = [maker for topic, known in MAKERS.items() if topic != "other" for maker in dict.fromkeys(known)]
    number = 0
    while min(count.values()) < least:
        if number % RELIGHT == 0:
            studio.relight(chance)
        number += 1
        product = makers[number % len(makers)](chance)
        if product.label is None or count[product.label] >= least:
            continue
        product, steep = posed(chance, product)
        sun = np.array([0.4, -0.3, 0.87])
        shot = studio.shoot(chance, [product], view_of(chance, Arrangement([product], steep)), (320, 320), sun)
        solid = shot.alpha[..., 0] > 0.5
        if solid.mean() > 0.01:
            rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
            whole = np.concatenate([np.clip(shot.color, 0, 1), shot.alpha], axis=-1) * 255
            part = whole[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            _save(np.asarray(part, np.uint8), folder / f"{product.label}-{count[product.label]:03}.png")
            count[product.label] += 1


def _without_ground(pixels: Pixels, box: Floats) -> Pixels | None:
    """RGBA of what is in the box, by GrabCut; None when it does not tell it from what is behind."""
    height, width = pixels.shape[:2]
    x1, y1, x2, y2 = (round(float(v)) for v in box)
    if min(x2 - x1, y2 - y1) < 24 or (x2 - x1) * (y2 - y1) > 0.9 * width * height:
        return None
    margin = int(0.15 * max(x2 - x1, y2 - y1)) + 4
    left, top = max(x1 - margin, 0), max(y1 - margin, 0)
    part = pixels[top : min(y2 + margin, height), left : min(x2 + margin, width)]
    scale = min(_SIDE / max(part.shape[:2]), 1.0)
    part = np.asarray(cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    inner = [int(v * scale) for v in (x1 - left, y1 - top, x2 - x1, y2 - y1)]
    mask = np.zeros(part.shape[:2], np.uint8)
    state = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(1)
    cv2.grabCut(part, mask, inner, *state, 4, cv2.GC_INIT_WITH_RECT)
    found = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD))
    x, y, w, h = inner
    share = found[y : y + h, x : x + w].mean() if found.any() else 0.0
    if not 0.12 < share < 0.9:
        return None
    rows, columns = np.flatnonzero(found.any(1)), np.flatnonzero(found.any(0))
    filled = (columns[-1] - columns[0]) / max(w, 1), (rows[-1] - rows[0]) / max(h, 1)
    if min(filled) < 0.75:
        return None
    alpha = cv2.GaussianBlur(found.astype(np.float32), (0, 0), 0.8) * 255
    cutout = np.concatenate([part, alpha[..., None].astype(np.uint8)], axis=-1)
    return np.asarray(cutout[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], np.uint8)
