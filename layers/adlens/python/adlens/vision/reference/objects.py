"""YOLO as ultralytics itself runs it: any detector of its kind, from the .pt file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchvision  # noqa: F401 - ultralytics would import it, for seconds, when it looks at its first picture
from ultralytics import YOLO
from ultralytics.utils.events import events

from adlens.domain.analysis import BoundingBox, DetectedObject, Detections, Looks
from adlens.domain.errors import InvalidBundle
from adlens.domain.ports.vision import DecodedImage
from adlens.vision.image import pixels_of
from adlens.vision.reference.threads import use_threads

_WEAKEST = 0.01


class UltralyticsDetector:
    """Looks at `side` x `side` pixels; what is at least `threshold` sure is shown, once per `iou`.

    The file is a pickle that ultralytics opens: it must come from somebody you trust.
    """

    def __init__(self, model: Path, threshold: float, iou: float, side: int, threads: int) -> None:
        events.enabled = False  # it would report each use to its makers
        use_threads(threads)
        self._options = {"conf": threshold, "iou": iou, "imgsz": side, "rect": False, "device": "cpu"}
        try:
            self._yolo = YOLO(model, task="detect")
        except Exception as error:  # whatever a pickle of something else raises
            raise InvalidBundle(f"{model} is no detector of ultralytics: {error}") from error
        self._seen: dict[str, torch.Tensor] = {}
        self._yolo.model.model[-1].register_forward_hook(_keeper(self._seen))

    def detect(self, image: DecodedImage, looks: Looks) -> Detections:
        bgr = np.ascontiguousarray(pixels_of(image)[:, :, ::-1])
        (result,) = self._yolo.predict(bgr, max_det=300, verbose=False, save=False, **self._options)
        names, boxes = result.names, result.boxes
        objects = tuple(
            DetectedObject(names[int(label)], float(score), BoundingBox(*map(float, box)))
            for box, score, label in zip(boxes.xyxyn.clamp(0, 1), boxes.conf, boxes.cls, strict=True)
        )
        strongest = self._seen["prediction"][0, 4:].amax(dim=1)
        order = strongest.argsort(descending=True)
        evidence = {names[int(label)]: float(strongest[label]) for label in order if strongest[label] >= _WEAKEST}
        return Detections(objects, evidence)


def _keeper(seen: dict[str, torch.Tensor]) -> Any:
    """A hook that knows nothing else: ultralytics copies the network with its hooks."""

    def keep(layer: Any, inputs: Any, output: Any) -> None:
        seen["prediction"] = output[0] if isinstance(output, tuple) else output

    return keep
