"""The detector: EfficientNet-lite2's maps of stride 8, 16 and 32, a small neck, and YOLOv8's anchor-free head."""

from __future__ import annotations

from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from ultralytics.nn.modules import Detect
from ultralytics.utils.loss import v8DetectionLoss

from training.looks.backbone import MAPS, MEAN, SCALE, Backbone
from training.looks.export import names
from training.objects.classes import CLASSES

STRIDES = (8.0, 16.0, 32.0)
WIDTHS = (48, 96, 128)
"""Channels of the neck by stride."""
TRAINED = 15
"""The backbone's blocks from this number on may be trained: those that make the map of stride 32 of that of 16."""


HINTS = (
    "Windsor tie", "bow tie", "bolo tie", "suit", "cup", "coffee mug", "measuring cup", "espresso", "teapot", "goblet",
    "beer glass", "vase", "wall clock", "analog clock", "digital clock", "digital watch", "stopwatch", "backpack",
    "purse", "mailbag", "wallet", "plastic bag", "shopping basket", "wooden spoon", "ladle", "letter opener", "cleaver",
    "spatula", "water bottle", "wine bottle", "beer bottle", "pop bottle", "pill bottle", "water jug",
)  # fmt: skip
"""Classes of ImageNet that are our classes, or are taken for them."""


class Hints(nn.Module):
    """How much each place of the coarse map looks like each of HINTS: the published classifier without its pooling
    (class activation maps; Zhou et al., "Learning Deep Features for Discriminative Localization", 2016). Of products
    that few photographs show, ImageNet has seen thousands. It is not trained.
    """

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.conv, self.norm = deepcopy(backbone.conv_head), deepcopy(backbone.bn1)
        rows = [names().index(name) for name in HINTS]
        self.classes = nn.Conv2d(backbone.fc.in_features, len(rows), 1)
        self.classes.weight.data = backbone.fc.weight.data[rows][:, :, None, None].clone()
        self.classes.bias.data = backbone.fc.bias.data[rows].clone()
        self.requires_grad_(False)

    def train(self, mode: bool = True) -> Hints:
        return super().train(False)

    def forward(self, coarse: Tensor) -> Tensor:
        found: Tensor = self.classes(nn.functional.relu6(self.norm(self.conv(coarse)))) / 10  # to about 1
        return found


def _conv(given: int, made: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """ReLU, not SiLU: the runtime joins it with the convolution."""
    conv = nn.Conv2d(given, made, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(made, eps=1e-3, momentum=0.03), nn.ReLU(inplace=True))


def _light(given: int, made: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """A depthwise separable convolution."""
    return nn.Sequential(_conv(given, given, kernel, stride, given), _conv(given, made))


class _Join(nn.Module):
    """Maps of one size become one, wide enough that a position sees its neighbourhood; with a short cut."""

    def __init__(self, given: int, width: int, kernels: tuple[int, ...] = (5, 5)) -> None:
        super().__init__()
        self.enter = _conv(given, width)
        self.body = nn.Sequential(*(_light(width, width, kernel) for kernel in kernels))

    def forward(self, *maps: Tensor) -> Tensor:
        x: Tensor = self.enter(torch.cat(maps, 1))
        return x + self.body(x)


def _branches(widths: tuple[int, int, int], outputs: int) -> nn.ModuleList:
    """One of YOLOv8's two branches per stride; the finest, of which there is most, is the shallowest."""
    return nn.ModuleList(
        nn.Sequential(_light(width, 64), *(_light(64, 64) for _ in range(min(number, 1))), nn.Conv2d(64, outputs, 1))
        for number, width in enumerate(widths)
    )


class Head(nn.Module):
    """From fine (n, 48, 4s, 4s), middle (n, 120, 2s, 2s) and coarse (n, 352, s, s) to YOLOv8's output for our classes:
    (n, 4 + classes, anchors) in evaluation mode, the raw maps that its loss takes in training.
    """

    def __init__(self, backbone: Backbone, widths: tuple[int, int, int] = WIDTHS, drop: float = 0.1) -> None:
        super().__init__()
        near, mid, far = widths
        fine, middle, coarse = MAPS.values()
        coarse += len(HINTS)
        self.hints = Hints(backbone)
        self.drop = nn.Dropout2d(drop)
        self.whole = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(coarse, far, 1), nn.ReLU(inplace=True))
        self.top = _Join(coarse, far)
        self.middle_down = _Join(middle + far, mid)
        self.fine_down = _Join(fine + mid, near, (3,))
        self.middle_up = _Join(mid + near, mid)
        self.top_up = _Join(far + mid, far)
        self.near_down, self.mid_down = _light(near, near, 3, 2), _light(mid, mid, 3, 2)
        self.detect = Detect(len(CLASSES), ch=widths)
        # Its own branches are as dear as the backbone at stride 8.
        self.detect.cv2 = _branches(widths, 4 * self.detect.reg_max)
        self.detect.cv3 = _branches(widths, len(CLASSES))
        self.detect.stride = torch.tensor(STRIDES)
        self.detect.bias_init()

    def forward(self, fine: Tensor, middle: Tensor, coarse: Tensor) -> Any:
        hints = self.hints(coarse)
        if self.training:
            fine, middle, coarse = (self.drop(x) for x in (fine, middle, coarse))
        coarse = torch.cat([coarse, hints], 1)
        top = self.top(coarse) + self.whole(coarse)
        mid = self.middle_down(middle, _raised(top))
        near = self.fine_down(fine, _raised(mid))
        mid = self.middle_up(mid, self.near_down(near))
        far = self.top_up(top, self.mid_down(mid))
        found = self.detect([near, mid, far])
        return found if self.training or isinstance(found, Tensor) else found[0]


def _raised(x: Tensor) -> Tensor:
    return nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")


class Detector(nn.Module):
    """`images` (n, 3, side, side), RGB in [0, 1], to YOLOv8's output. The first blocks of the backbone stay as
    published; whether the last ones are trained as well is for the trainer to say.
    """

    def __init__(self, backbone: Backbone, widths: tuple[int, int, int] = WIDTHS) -> None:
        super().__init__()
        self.backbone, self.head = backbone, Head(backbone, widths)

    def forward(self, images: Tensor) -> Tensor:
        found: Tensor = self.head(*self.backbone.maps(images * (255 / SCALE) - MEAN / SCALE))
        return found


class Loss(v8DetectionLoss):
    """YOLOv8's loss with its published gains, but that some anchors teach nothing of some classes."""

    def __init__(self, head: Head) -> None:
        # The loss asks a model for its last layer, its gains and a parameter.
        gains = SimpleNamespace(box=7.5, cls=0.5, dfl=1.5)
        super().__init__(SimpleNamespace(args=gains, model=[head.detect], parameters=head.parameters))  # type: ignore[arg-type]
        plain, self.unknown = self.bce, torch.zeros(0)

        def known(scores: Tensor, target: Tensor) -> Tensor:
            masked: Tensor = plain(scores, target) * ~(self.unknown & (target == 0))
            return masked

        self.bce = known  # type: ignore[assignment]

    def of(self, found: dict[str, Tensor], marks: list[Tensor], side: int) -> Tensor:
        """The sum over a batch; `marks` (objects, 6) per picture as in `Marked`, in pixels of the square."""
        self.unknown = unknown_anchors(marks, side)
        products = [rows[rows[:, 5] == 1] for rows in marks]
        index = torch.cat([torch.full((len(rows),), float(k)) for k, rows in enumerate(products)])
        together = torch.cat(products)
        centre, extent = (together[:, 1:3] + together[:, 3:5]) / 2 / side, (together[:, 3:5] - together[:, 1:3]) / side
        labelled = {"batch_idx": index, "cls": together[:, :1], "bboxes": torch.cat([centre, extent], 1)}
        return self(found, labelled)[0].sum()


def unknown_anchors(marks: list[Tensor], side: int) -> Tensor:
    """Which anchors teach nothing of which class: (n, anchors, classes), true inside marks of no product."""
    anchors = torch.cat(
        [
            torch.cartesian_prod(*[torch.arange(0.5, side / stride) * stride] * 2).flip(1)  # x runs fastest
            for stride in STRIDES
        ]
    )
    unknown = torch.zeros(len(marks), len(anchors), len(CLASSES), dtype=torch.bool)
    for k, rows in enumerate(marks):
        for row in rows[rows[:, 5] == 0]:
            inside = ((anchors >= row[1:3]) & (anchors <= row[3:5])).all(1)
            unknown[k, :, int(row[0])] |= inside
    return unknown
