"""From uploaded bytes to the one upright sRGB picture that every stage sees, as a browser would show it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from io import BytesIO

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from adlens.domain.analysis import ImageFacts
from adlens.domain.colors import RGB, to_hex
from adlens.domain.media import PREVIEW_SIDE
from adlens.domain.ports.vision import DecodedImage
from adlens.pictures.reading import Picture, read_picture
from adlens.vision.srgb import to_srgb

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

_TURNS = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_270,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}
"""Of EXIF's orientations."""
_GROUNDS = 255, 0, 128
"""Greys to lay under a transparent picture; the first that nothing drowns in."""
_CLEAR = 64
_VISIBLE, _PAINT = 16, 128
_EDGE = np.ones((5, 5), np.uint8)
_MAY_DROWN = 0.1
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """`pixels` is a read-only (height, width, 3) array of sRGB bytes, `painted` (height, width) says where there is
    paint, None where there is everywhere.
    """

    pixels: Pixels
    facts: ImageFacts
    painted: Mask | None = None

    def preview(self) -> bytes:
        height, width = self.pixels.shape[:2]
        scale = min(1.0, PREVIEW_SIDE / max(height, width))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        smaller = cv2.resize(self.pixels, size, interpolation=cv2.INTER_AREA)
        buffer = BytesIO()
        # Method 2 takes a third of the default's time for files that are a twentieth larger.
        Pillow.fromarray(np.asarray(smaller, np.uint8)).save(buffer, "WEBP", quality=80, method=2)
        return buffer.getvalue()


def pixels_of(image: DecodedImage) -> Pixels:
    """What the engines of this room look at."""
    return _ours(image).pixels


def painted_pixels_of(image: DecodedImage) -> Pixels:
    """The same (height, width, 3), or of a transparent picture what is painted (n, 1, 3)."""
    ours = _ours(image)
    return ours.pixels if ours.painted is None else ours.pixels[ours.painted][:, None]


def _ours(image: DecodedImage) -> Image:
    if not isinstance(image, Image):
        raise TypeError(f"these engines read pictures of PillowDecoder, not {type(image).__name__}")
    return image


class PillowDecoder:
    """Decodes JPEG, PNG and WebP, recognised by content; of an animation the first frame."""

    def decode(self, data: bytes) -> Image:
        """Raises UnsupportedFormat, ImageTooLarge or InvalidImage, each with a sentence for the person who uploaded."""
        found = read_picture(data)
        pixels, painted, ground = _opaque(found)
        facts = ImageFacts(
            format=found.format,
            width=pixels.width,
            height=pixels.height,
            bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            phash=perceptual_hash(pixels),
            ground=ground and to_hex(ground),
        )
        return Image(np.asarray(pixels), facts, painted)


def _opaque(found: Picture) -> tuple[Pillow.Image, Mask | None, RGB | None]:
    """The upright picture in sRGB; of a transparent one where it is painted, and the ground it was laid on."""
    rgb, alpha = to_srgb(found)
    turn = _TURNS.get(found.orientation)
    if turn is not None:
        rgb, alpha = rgb.transpose(turn), alpha and alpha.transpose(turn)
    if alpha is None or alpha.getextrema()[0] == 255:
        return rgb, None, None
    opacity = np.asarray(alpha)
    ground = _ground(np.asarray(rgb), opacity)
    laid = Pillow.new("RGB", rgb.size, ground)
    laid.paste(rgb, mask=alpha)
    painted = opacity >= _PAINT
    return laid, painted if painted.any() else opacity >= _VISIBLE, ground


def _ground(rgb: Pixels, opacity: Pixels) -> RGB:
    """White, unless the edges of what is painted drown in it: then black, or grey where there is white and black."""
    hidden = (opacity < _VISIBLE).astype(np.uint8)
    edges = (cv2.dilate(hidden, _EDGE) > 0) & (opacity >= _VISIBLE)
    if not edges.any():  # nothing is painted, or see-through everywhere
        edges = opacity >= _VISIBLE
    weights = opacity[edges].astype(np.float32)
    light = rgb[edges].astype(np.float32) @ _LUMA
    drowning = [float(weights[np.abs(light - grey) < _CLEAR].sum() / max(weights.sum(), 1)) for grey in _GROUNDS]
    best = next((index for index, share in enumerate(drowning) if share <= _MAY_DROWN), int(np.argmin(drowning)))
    return (_GROUNDS[best],) * 3


def perceptual_hash(picture: Pillow.Image) -> str:
    """The 64-bit pHash as 16 hex digits: which of the 8x8 lowest DCT-II coefficients of the 32x32 grey picture lie
    above their median. Compared by Hamming distance: some 10 bits or fewer apart is a variant of the same picture.
    """
    grey = np.asarray(
        picture.convert("L").resize((32, 32), Pillow.Resampling.LANCZOS, reducing_gap=3), dtype=np.float64
    )
    basis = np.cos(np.pi / 64 * np.outer(np.arange(8), 2 * np.arange(32) + 1))
    low = basis @ grey @ basis.T
    return np.packbits(low > np.median(low)).tobytes().hex()
