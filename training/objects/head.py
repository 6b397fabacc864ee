"""The part of the detector that is ours: a small neck and YOLOv8's anchor-free head on frozen maps of stride 16 and 32.

Products fill a good part of their pictures, so stride 8 is only read, pooled, as detail for stride 16.
"""

from __future__ import annotations

from types import SimpleNamespace

import torch
from torch import Tensor, nn
from ultralytics.nn.modules import Conv, Detect, DWConv
from ultralytics.utils.loss import v8DetectionLoss

CLASSES = (
    "person", "backpack", "handbag", "tie", "suitcase", "bottle", "cup", "fork", "knife", "spoon", "clock",
)  # fmt: skip
"""In COCO's order and words."""
STRIDES = (16.0, 32.0)


class _Block(nn.Module):
    """Two depthwise separable convolutions, wide enough that a position sees its neighbourhood, with a short cut."""

    def __init__(self, given: int, width: int) -> None:
        super().__init__()
        self.enter = Conv(given, width, 1)
        self.body = nn.Sequential(
            DWConv(width, width, 5), Conv(width, width, 1), DWConv(width, width, 5), Conv(width, width, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.enter(x)
        return x + self.body(x)


class Head(nn.Module):
    """From fine (n, 192, 2s, 2s), middle (n, 192, 2s, 2s) and coarse (n, 384, s, s) to YOLOv8's output for 11 classes:
    (n, 4 + classes, anchors) in evaluation mode, the raw maps that its loss takes in training.
    """

    def __init__(self, width: int = 112, classes: int = len(CLASSES), drop: float = 0.1) -> None:
        super().__init__()
        self.drop = nn.Dropout2d(drop)
        self.fine, self.middle, self.coarse = Conv(192, width, 1), Conv(192, width, 1), Conv(384, width, 1)
        self.whole = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(384, width, 1), nn.SiLU())
        self.top = _Block(width, width)
        self.join = _Block(3 * width, width)
        self.down = Conv(width, width, 3, 2)
        self.bottom = _Block(2 * width, width)
        self.detect = Detect(classes, ch=(width, width))
        self.detect.stride = torch.tensor(STRIDES)
        self.detect.bias_init()

    def forward(self, fine: Tensor, middle: Tensor, coarse: Tensor) -> Tensor | dict[str, Tensor]:
        if self.training:  # maps of photographs will be a little stronger or weaker than those of renders
            fine, middle, coarse = (
                self.drop(x * torch.exp(0.15 * torch.randn(x.shape[0], x.shape[1], 1, 1)))
                for x in (fine, middle, coarse)
            )
        top = self.top(self.coarse(coarse) + self.whole(coarse))
        raised = nn.functional.interpolate(top, scale_factor=2.0, mode="nearest")
        near = self.join(torch.cat([self.fine(fine), self.middle(middle), raised], 1))
        far = self.bottom(torch.cat([self.down(near), top], 1))
        found = self.detect([near, far])
        return found if self.training or isinstance(found, Tensor) else found[0]


def loss_of(head: Head) -> v8DetectionLoss:
    """YOLOv8's loss with its published gains."""
    # The loss asks a model for its last layer, its gains and a parameter.
    model = SimpleNamespace(
        args=SimpleNamespace(box=7.5, cls=0.5, dfl=1.5), model=[head.detect], parameters=head.parameters
    )
    return v8DetectionLoss(model)  # type: ignore[arg-type]
