"""What reading one line answers, whichever model reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from adlens.vision.image import Pixels


@dataclass(frozen=True, slots=True)
class Reading:
    """`confidence` in [0, 1]. `turned`: the line stands on its head in the crop."""

    text: str
    confidence: float
    turned: bool = False


class Recogniser(Protocol):
    """Reads single lines; a bundle chooses it by the scripts it is for."""

    def read(self, crops: Sequence[Pixels]) -> list[Reading]:
        """One for each crop (height, width, 3; RGB), the right way up or on its head."""
        ...
