"""From the bytes of a JPEG, PNG or WebP file to its pixels, as whole as browsers show them.

Both the analysis and the upload route read with this, so a file that one of them takes the other takes too.
"""

from __future__ import annotations

import struct
import warnings
import zlib
from dataclasses import dataclass
from hashlib import shake_128
from io import BytesIO

from PIL import Image as Pillow

from adlens.domain.errors import ImageTooLarge, InvalidImage, UnsupportedFormat
from adlens.domain.media import MAX_PIXELS, ImageFormat, check_file_size, sniff
from adlens.pictures import png
from adlens.pictures.color_space import ColorSpace

# What Pillow's readers raise on hostile or damaged bytes, besides OSError (which UnidentifiedImageError is).
BROKEN = (OSError, SyntaxError, ValueError, EOFError, LookupError, OverflowError, TypeError, struct.error, zlib.error)
_MEGAPIXELS = MAX_PIXELS // 1_000_000
_MAX_SIDE = 65_535
"""No JPEG and no WebP has a longer one; PNGs that do cost memory out of all proportion."""
_EXIF_HEADER = b"Exif\0\0"
_ORIENTATION, _SHORT = 0x0112, 3
_END_OF_JPEG = b"\xff\xd9"


@dataclass(frozen=True, slots=True)
class Picture:
    """Loaded `pixels`, not yet turned nor in sRGB. `profile` is an ICC profile; `color_space` says the same where there
    is none or it does not fit. `orientation` is that of EXIF: 1 is upright.
    """

    format: ImageFormat
    pixels: Pillow.Image
    profile: bytes | None = None
    color_space: ColorSpace | None = None
    orientation: int = 1


def read_picture(data: bytes, reduced: bool = False) -> Picture:
    """Raises UnsupportedFormat, ImageTooLarge or InvalidImage, each with a sentence for the person who uploaded.

    `reduced` is for who wants no pixels: a JPEG is decoded at an eighth of its size, which still reads every byte.
    """
    if not data:
        raise InvalidImage("The file is empty.")
    check_file_size(len(data))
    if (image_format := sniff(data)) is None:
        raise UnsupportedFormat("The file is no JPEG, PNG or WebP picture, whatever its name says.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # remarks on damaged metadata
            warnings.simplefilter("error", Pillow.DecompressionBombWarning)
            return _READERS[image_format](data, reduced)
    except (Pillow.DecompressionBombWarning, Pillow.DecompressionBombError) as error:
        raise ImageTooLarge(f"The picture has far more than the accepted {_MEGAPIXELS} megapixels.") from error
    except BROKEN as error:
        raise InvalidImage(f"The {image_format} picture is damaged or incomplete.") from error


def declared_pixels(data: bytes) -> int:
    """How many pixels the header says there are, without decoding one; 0 where none can be read."""
    if (image_format := sniff(data)) is None:
        return 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if image_format is ImageFormat.PNG:
                width, height = png.parse(data).canvas
            else:
                width, height = Pillow.open(BytesIO(data), formats=[image_format]).size
    except (*BROKEN, InvalidImage, Pillow.DecompressionBombError):
        return 0
    return width * height


def _jpeg(data: bytes, reduced: bool) -> Picture:
    try:
        pixels = _loaded(data, ImageFormat.JPEG, reduced)
    except OSError:
        pixels = _whole_but_its_end(data, reduced)
    exif = pixels.info.get("exif", b"")
    turn = orientation(exif.removeprefix(_EXIF_HEADER)) if exif.startswith(_EXIF_HEADER) else 1
    return Picture(ImageFormat.JPEG, pixels, pixels.info.get("icc_profile"), orientation=turn)


def _whole_but_its_end(data: bytes, reduced: bool) -> Pillow.Image:
    """A JPEG without its last marker. Raises OSError when pixels are missing: then what follows changes the picture."""
    start = data.rstrip(b"\xff")
    pixels = _loaded(start + _END_OF_JPEG, ImageFormat.JPEG, reduced)
    for seed in (b"1", b"2"):
        noise = shake_128(seed).digest(9 * 64).replace(b"\xff", b"\x55")
        parts = [noise[at : at + 64] for at in range(0, len(noise), 64)]
        restarts = (bytes([0xFF, 0xD0 + number]) for number in range(8))  # where a scan is cut between two of them
        filler = parts[0] + b"".join(mark + part for mark, part in zip(restarts, parts[1:], strict=True))
        if _loaded(start + filler + _END_OF_JPEG, ImageFormat.JPEG, reduced).tobytes() != pixels.tobytes():
            raise OSError("the JPEG ends before its pixels do")
    return pixels


def _png(data: bytes, reduced: bool) -> Picture:
    found = png.parse(data)
    _check_size(*found.canvas)
    try:
        pixels = _loaded(found.file(), ImageFormat.PNG)
    except BROKEN:
        pixels = _loaded(found.mended().file(), ImageFormat.PNG)
    if (transparent := pixels.info.get("transparency")) is not None:
        pixels.info["transparency"] = _scaled(transparent, found.header)
    if found.header.color_type == png.GREY_AND_ALPHA:
        pixels = pixels.convert("LA")  # Pillow makes RGBA of 16 bits
    if pixels.size != found.canvas:
        mode = "LA" if pixels.mode in ("L", "LA") else "RGBA"
        frame, pixels = pixels.convert(mode), Pillow.new(mode, found.canvas)
        pixels.paste(frame, found.offset)
    return Picture(ImageFormat.PNG, pixels, found.profile, found.color_space, orientation(found.exif))


def _scaled(transparent: object, header: png.Header) -> object:
    """The transparent colour as Pillow scaled the pixels, which it leaves as the file has it."""
    if isinstance(transparent, int) and header.color_type == png.GREY and header.depth < 8:
        return transparent * 255 // (2**header.depth - 1)
    if isinstance(transparent, tuple) and header.depth == 16:
        return tuple(value >> 8 for value in transparent)
    return transparent


def _webp(data: bytes, reduced: bool) -> Picture:
    """Browsers do not turn WebP, whatever its EXIF says."""
    pixels = _loaded(data, ImageFormat.WEBP)
    return Picture(ImageFormat.WEBP, pixels, pixels.info.get("icc_profile"))


_READERS = {ImageFormat.JPEG: _jpeg, ImageFormat.PNG: _png, ImageFormat.WEBP: _webp}


def _loaded(data: bytes, image_format: ImageFormat, reduced: bool = False) -> Pillow.Image:
    picture = Pillow.open(BytesIO(data), formats=[image_format])  # reads the header only
    _check_size(*picture.size)
    if reduced:
        picture.draft("RGB", (1, 1))
    picture.load()
    return picture


def _check_size(width: int, height: int) -> None:
    size = f"{width}x{height} pixels"
    if width * height > MAX_PIXELS:
        raise ImageTooLarge(f"The picture has {size}; at most {_MEGAPIXELS} megapixels are accepted.")
    if max(width, height) > _MAX_SIDE:
        raise ImageTooLarge(f"The picture has {size}; at most {_MAX_SIDE} are accepted on a side.")


def orientation(tiff: bytes) -> int:
    """1 to 8 as EXIF's first directory says it; 1 when it does not, or not as a browser reads it."""
    order = {b"MM\0*": ">", b"II*\0": "<"}.get(tiff[:4])
    try:
        if order is None:
            return 1
        (at,) = struct.unpack_from(order + "I", tiff, 4)
        (entries,) = struct.unpack_from(order + "H", tiff, at)
        for entry in range(entries):
            tag, kind, count, value = struct.unpack_from(order + "HHIH", tiff, at + 2 + 12 * entry)
            if (tag, kind, count) == (_ORIENTATION, _SHORT, 1):
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1
