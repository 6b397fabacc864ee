"""From uploaded bytes to the one upright sRGB picture that every stage sees, as a browser would show it."""

from __future__ import annotations

import hashlib
import struct
import warnings
import zlib
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL import ImageCms, ImageOps

from adlens.domain.analysis import ImageFacts
from adlens.domain.errors import ImageTooLarge, InvalidImage, UnsupportedFormat
from adlens.domain.media import MAX_FILE_BYTES, MAX_PIXELS, PREVIEW_SIDE, ImageFormat, sniff
from adlens.domain.ports import DecodedImage

Pixels = npt.NDArray[np.uint8]

# What Pillow's readers raise on hostile or damaged bytes, besides OSError (which UnidentifiedImageError is).
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, LookupError, OverflowError, TypeError, struct.error, zlib.error)
_OPAQUE_MODE = {"1": "L", "P": "RGB", "RGBA": "RGB"}
_MEGAPIXELS = MAX_PIXELS // 1_000_000
_MAX_SIDE = 65_535
"""No JPEG and no WebP has a longer one; PNGs that do cost memory out of all proportion."""


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """`pixels` is a read-only (height, width, 3) array of sRGB bytes."""

    pixels: Pixels
    facts: ImageFacts

    def preview(self) -> bytes:
        picture = Pillow.fromarray(self.pixels)
        picture.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE), Pillow.Resampling.LANCZOS, reducing_gap=3)
        buffer = BytesIO()
        picture.save(buffer, "WEBP", quality=80)
        return buffer.getvalue()


def pixels_of(image: DecodedImage) -> Pixels:
    """What the engines of this room look at."""
    if not isinstance(image, Image):
        raise TypeError(f"these engines read pictures of PillowDecoder, not {type(image).__name__}")
    return image.pixels


class PillowDecoder:
    """Decodes JPEG, PNG and WebP, told apart by content; of an animation the first frame."""

    def decode(self, data: bytes) -> Image:
        """Raises UnsupportedFormat, ImageTooLarge or InvalidImage, each with a sentence for the person who uploaded."""
        if not data:
            raise InvalidImage("The file is empty.")
        if len(data) > MAX_FILE_BYTES:
            raise ImageTooLarge(
                f"The file has {len(data) / 2**20:.1f} MB; at most {MAX_FILE_BYTES >> 20} MB are accepted."
            )
        if (image_format := sniff(data)) is None:
            raise UnsupportedFormat("The file is no JPEG, PNG or WebP picture, whatever its name says.")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # remarks on damaged metadata
                warnings.simplefilter("error", Pillow.DecompressionBombWarning)
                picture = _upright_srgb(data, image_format)
        except (Pillow.DecompressionBombWarning, Pillow.DecompressionBombError) as error:
            raise ImageTooLarge(f"The picture has far more than the accepted {_MEGAPIXELS} megapixels.") from error
        except _BROKEN as error:
            raise InvalidImage(f"The {image_format} picture is damaged or incomplete.") from error
        facts = ImageFacts(
            format=image_format,
            width=picture.width,
            height=picture.height,
            bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            phash=perceptual_hash(picture),
        )
        return Image(np.asarray(picture), facts)


def _upright_srgb(data: bytes, image_format: ImageFormat) -> Pillow.Image:
    picture = Pillow.open(BytesIO(data), formats=[image_format])  # reads the header only
    size = f"{picture.width}x{picture.height} pixels"
    if picture.width * picture.height > MAX_PIXELS:
        raise ImageTooLarge(f"The picture has {size}; at most {_MEGAPIXELS} megapixels are accepted.")
    if max(picture.size) > _MAX_SIDE:
        raise ImageTooLarge(f"The picture has {size}; at most {_MAX_SIDE} are accepted on a side.")
    picture.load()
    with suppress(*_BROKEN):  # damaged EXIF says nothing about the pixels
        ImageOps.exif_transpose(picture, in_place=True)
    return _from_16_bit(picture) if picture.mode.startswith("I") else _to_srgb(picture)


def _to_srgb(picture: Pillow.Image) -> Pillow.Image:
    alpha, profile = None, picture.info.get("icc_profile")
    if picture.has_transparency_data:
        picture = _converted(picture, "RGBA")
        alpha = picture.getchannel("A")
    picture = _converted(picture, _OPAQUE_MODE.get(picture.mode, picture.mode))
    rgb = _profile_to_srgb(picture, profile) if profile else _converted(picture, "RGB")
    if alpha is None:
        return rgb
    on_white = Pillow.new("RGB", rgb.size, "white")
    on_white.paste(rgb, mask=alpha)
    return on_white


def _converted(picture: Pillow.Image, mode: str) -> Pillow.Image:
    return picture if picture.mode == mode else picture.convert(mode)


def _from_16_bit(picture: Pillow.Image) -> Pillow.Image:
    """16-bit greys (Pillow would clip them at 255); the one grey value that PNG may call transparent becomes white."""
    values = np.asarray(picture)
    grey = np.round(values / 257.0).clip(0, 255).astype(np.uint8)
    if (transparent := picture.info.get("transparency")) is not None:
        grey = np.where(values == transparent, np.uint8(255), grey)
    return Pillow.fromarray(grey).convert("RGB")


def _profile_to_srgb(picture: Pillow.Image, profile: bytes) -> Pillow.Image:
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, *_BROKEN):  # a browser ignores a broken or unfitting profile too
        converted = None
    return converted or _converted(picture, "RGB")


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
