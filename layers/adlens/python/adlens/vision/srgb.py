"""Colours of any space as sRGB."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL import ImageCms

from adlens.pictures.color_space import ColorSpace
from adlens.pictures.reading import BROKEN, Picture

_OPAQUE_MODE = {"1": "L", "P": "RGB", "RGBA": "RGB", "LA": "L", "PA": "RGB"}
_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_SRGB_CURVE = 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045
"""g, a, b, c, d of ICC's parametric curve 3: (ax + b)^g from d on, cx below."""

Floats = npt.NDArray[np.float64]


def to_srgb(found: Picture) -> tuple[Pillow.Image, Pillow.Image | None]:
    """The picture in RGB, and its alpha where it has one. A profile that is broken or does not fit is ignored."""
    picture, alpha = found.pixels, None
    if picture.mode.startswith("I"):
        picture, alpha = _from_16_bit(picture)
    elif picture.has_transparency_data:
        picture = _converted(picture, "LA" if picture.mode in ("1", "L", "LA") else "RGBA")
        alpha = picture.getchannel("A")
    picture = _converted(picture, _OPAQUE_MODE.get(picture.mode, picture.mode))
    for profile in _profiles(found):
        if (converted := _profile_to_srgb(picture, profile)) is not None:
            return converted, alpha
    return _converted(picture, "RGB"), alpha


def _profiles(found: Picture) -> Iterator[bytes]:
    if found.profile:
        yield found.profile
    if found.color_space:
        with suppress(ZeroDivisionError, np.linalg.LinAlgError):  # primaries of no colour space
            yield icc_profile(found.color_space)


def _converted(picture: Pillow.Image, mode: str) -> Pillow.Image:
    return picture if picture.mode == mode else picture.convert(mode)


def _from_16_bit(picture: Pillow.Image) -> tuple[Pillow.Image, Pillow.Image | None]:
    """16-bit greys (Pillow would clip them at 255), and as alpha the one grey that PNG may call transparent."""
    values = np.asarray(picture)
    grey = Pillow.fromarray(np.round(values / 257.0).clip(0, 255).astype(np.uint8))
    if (transparent := picture.info.get("transparency")) is None:
        return grey, None
    return grey, Pillow.fromarray(np.where(values == transparent, 0, 255).astype(np.uint8))


def _profile_to_srgb(picture: Pillow.Image, profile: bytes) -> Pillow.Image | None:
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        mode = "RGB" if picture.mode == "L" and source.profile.xcolor_space.strip() == "RGB" else picture.mode
        return ImageCms.profileToProfile(
            _converted(picture, mode), source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, *BROKEN):
        return None


def icc_profile(space: ColorSpace) -> bytes:
    """A matrix profile of ICC 4.3 (ICC.1:2010, 7 to 10), seen under D50 after Bradford."""
    white, *primaries = (np.array([x / y, 1, (1 - x - y) / y]) for x, y in _pairs(space.chromaticities))
    matrix = np.column_stack(primaries)
    matrix = matrix * np.linalg.solve(matrix, white)
    cones = np.diag((_BRADFORD @ _D50) / (_BRADFORD @ white))
    columns = (np.linalg.inv(_BRADFORD) @ cones @ _BRADFORD @ matrix).T
    tags = [(name, _xyz(column)) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)]
    curve = _curve(space.exponent)
    tags += [(b"wtpt", _xyz(_D50)), *((name, curve) for name in (b"rTRC", b"gTRC", b"bTRC"))]
    at, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, content in tags:
        table += name + struct.pack(">II", at + len(body), len(content))
        body += content
    header = struct.pack(">I4sI4s4s4s", at + len(body), bytes(4), 0x04300000, b"mntr", b"RGB ", b"XYZ ")
    header += bytes(12) + b"acsp" + bytes(28) + _fixed(_D50) + bytes(48)
    return header + struct.pack(">I", len(tags)) + table + body


def _pairs(values: tuple[float, ...]) -> list[tuple[float, float]]:
    return list(zip(values[::2], values[1::2], strict=True))


def _xyz(values: Floats) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(values)


def _curve(exponent: float | None) -> bytes:
    kind, parameters = (3, _SRGB_CURVE) if exponent is None else (0, (exponent,))
    return b"para" + bytes(4) + struct.pack(">HH", kind, 0) + _fixed(np.array(parameters))


def _fixed(values: Floats) -> bytes:
    """s15Fixed16Number."""
    limited = np.clip(np.round(values * 65536), -(2**31), 2**31 - 1).astype(">i4")
    return limited.tobytes()
