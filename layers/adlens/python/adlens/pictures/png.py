"""What browsers take of a PNG: the chunks that its pixels and colours depend on, of an animation the first frame.

Everything else is left out before a decoder sees it: texts of any length are never unpacked, and a wrong checksum
costs a chunk, not the picture. The format: https://www.w3.org/TR/png-3/.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from adlens.domain.errors import InvalidImage
from adlens.pictures.color_space import SRGB, ColorSpace, from_code_points

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CRITICAL = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
_BEFORE_PIXELS = {b"IHDR", b"PLTE", b"tRNS", b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"eXIf", b"acTL", b"fcTL"}
GREY, GREY_AND_ALPHA = 0, 4
_CHANNELS = {GREY: 1, 2: 3, 3: 1, GREY_AND_ALPHA: 2, 6: 4}
_LONGEST_PROFILE = 32 * 2**20
_MOST_MENDED = 200 * 2**20
_ANCILLARY = 0x20
_FULL_RANGE = 1
_NEAR_SRGB = range(43_500, 47_501)
"""gAMA for 1/2.2 and around it means sRGB where no cHRM says more, as browsers take it."""
_PASSES = (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)
"""Adam7: first column and row, and the steps between columns and rows."""


@dataclass(frozen=True, slots=True)
class Header:
    width: int
    height: int
    depth: int
    color_type: int
    interlaced: int

    def packed(self) -> bytes:
        return struct.pack(">IIBBBBB", self.width, self.height, self.depth, self.color_type, 0, 0, self.interlaced)

    def inflated_size(self) -> int:
        """Bytes of all scan lines, each with the number of its filter."""
        bits = self.depth * _CHANNELS[self.color_type]
        passes = _PASSES if self.interlaced else ((0, 0, 1, 1),)
        sizes = [(-((x - self.width) // dx), -((y - self.height) // dy)) for x, y, dx, dy in passes]
        return sum(rows * (1 + (columns * bits + 7) // 8) for columns, rows in sizes if columns > 0 and rows > 0)


@dataclass(frozen=True, slots=True)
class Png:
    """One still picture: of `canvas` (width, height) the part from `offset` (x, y) on, `transparent` as tRNS has it.

    `profile` is an ICC profile, `color_space` what to take where there is none or it does not fit, `exif` a TIFF block.
    """

    header: Header
    palette: bytes | None
    transparent: bytes | None
    pixels: bytes
    profile: bytes | None
    color_space: ColorSpace | None
    exif: bytes
    canvas: tuple[int, int]
    offset: tuple[int, int]

    def file(self) -> bytes:
        """A PNG of just these pixels."""
        optional = (b"PLTE", self.palette), (b"tRNS", self.transparent)
        chunks = [(kind, content) for kind, content in optional if content is not None]
        chunks = [(b"IHDR", self.header.packed()), *chunks, (b"IDAT", self.pixels), (b"IEND", b"")]
        return _SIGNATURE + b"".join(
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(content, zlib.crc32(kind)))
            for kind, content in chunks
        )

    def mended(self) -> Png:
        """The same when only the checksum or the end of its compressed pixels is damaged; raises InvalidImage."""
        size = self.header.inflated_size()
        if size > _MOST_MENDED:
            raise InvalidImage("The PNG picture is damaged or incomplete.")
        inflated = zlib.decompressobj(-zlib.MAX_WBITS).decompress(self.pixels[2:], size)
        if len(inflated) < size:
            raise InvalidImage("The PNG picture is damaged or incomplete.")
        return replace(self, pixels=zlib.compress(inflated, 1))


def parse(data: bytes) -> Png:
    """Raises InvalidImage when the file has no pixels or none that browsers would show."""
    found: dict[bytes, bytes] = {}
    pixels: list[bytes] = []
    frames: list[tuple[bytes, list[bytes]]] = []
    for kind, content in _chunks(data):
        if kind == b"IDAT":
            pixels.append(content)
        elif kind == b"fcTL" and pixels:
            frames.append((content, []))
        elif kind == b"fdAT" and frames:
            frames[-1][1].append(content[4:])
        elif not pixels and kind in _BEFORE_PIXELS:
            found.setdefault(kind, content)
        if len(frames) > 1:
            break  # only the first frame counts
    if b"IHDR" not in found or not pixels:
        raise InvalidImage("The PNG picture is damaged or incomplete.")
    header = _header(found[b"IHDR"])
    canvas, offset = (header.width, header.height), (0, 0)
    is_animated = len(found.get(b"acTL", b"")) == 8 and struct.unpack(">I", found[b"acTL"][:4]) > (0,)
    if is_animated and b"fcTL" not in found and frames and len(frames[0][0]) == 26:
        _, width, height, x, y = struct.unpack(">IIIII", frames[0][0][:20])
        if frames[0][1] and 0 < width <= header.width - x and 0 < height <= header.height - y:
            header, offset, pixels = replace(header, width=width, height=height), (x, y), frames[0][1]
    return Png(
        header,
        found.get(b"PLTE"),
        found.get(b"tRNS"),
        b"".join(pixels),
        _profile(found),
        _color_space(found),
        found.get(b"eXIf", b""),
        canvas,
        offset,
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Up to the end or where the file breaks off; ancillary chunks with a wrong checksum are left out."""
    at = len(_SIGNATURE)
    while at + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        content = data[at + 8 : at + 8 + size]
        checksum = data[at + 8 + size : at + 12 + size]
        at += 12 + size
        if kind == b"IEND":
            return
        is_whole = struct.pack(">I", zlib.crc32(content, zlib.crc32(kind))) == checksum
        if kind == b"IDAT" or is_whole:  # pixels carry a checksum of their own
            if not kind[0] & _ANCILLARY and kind not in _CRITICAL:
                raise InvalidImage("The PNG picture is of a kind that browsers do not show.")
            yield kind, content
        elif kind in _CRITICAL:
            raise InvalidImage("The PNG picture is damaged or incomplete.")


def _header(content: bytes) -> Header:
    if len(content) != 13:
        raise InvalidImage("The PNG picture is damaged or incomplete.")
    width, height, depth, color_type, _, _, interlaced = struct.unpack(">IIBBBBB", content)
    if color_type not in _CHANNELS:
        raise InvalidImage("The PNG picture is damaged or incomplete.")
    return Header(width, height, depth, color_type, interlaced)


def _profile(found: dict[bytes, bytes]) -> bytes | None:
    if b"iCCP" not in found or _coded(found):
        return None
    _, _, compressed = found[b"iCCP"].partition(b"\0")
    try:
        profile = zlib.decompressobj().decompress(compressed[1:], _LONGEST_PROFILE)
    except zlib.error:
        return None
    return profile if len(profile) < _LONGEST_PROFILE else None


def _color_space(found: dict[bytes, bytes]) -> ColorSpace | None:
    """None for sRGB, which pictures are taken for unless they say otherwise."""
    if coded := _coded(found):
        return coded
    if b"sRGB" in found or len(found.get(b"gAMA", b"")) != 4:
        return None
    (gamma,) = struct.unpack(">I", found[b"gAMA"])
    chromaticities = found.get(b"cHRM", b"")
    if gamma == 0 or (len(chromaticities) != 32 and gamma in _NEAR_SRGB):
        return None
    if len(chromaticities) != 32:
        return ColorSpace(SRGB, 100_000 / gamma)
    wx, wy, rx, ry, gx, gy, bx, by = (value / 100_000 for value in struct.unpack(">8I", chromaticities))
    return ColorSpace((wx, wy, rx, ry, gx, gy, bx, by), 100_000 / gamma)


def _coded(found: dict[bytes, bytes]) -> ColorSpace | None:
    content = found.get(b"cICP", b"")
    if len(content) != 4 or content[2] != 0 or content[3] != _FULL_RANGE:
        return None
    return from_code_points(content[0], content[1])
