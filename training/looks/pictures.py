"""Pixels as the engines of serving take them."""

from __future__ import annotations

from hashlib import sha256

import numpy as np

from adlens.domain.analysis import ImageFacts
from adlens.domain.media import ImageFormat
from adlens.vision.image import Image, Pixels


def image_of(pixels: Pixels) -> Image:
    """RGB (height, width, 3), as if a file had been decoded."""
    height, width = pixels.shape[:2]
    facts = ImageFacts(ImageFormat.PNG, width, height, 0, sha256(np.ascontiguousarray(pixels)).hexdigest(), "")
    return Image(pixels, facts)
