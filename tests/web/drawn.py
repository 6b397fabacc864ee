"""Small pictures, drawn in every way that files can differ: formats, colour types and spaces, orientations, damage."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

WIDTH, HEIGHT = 48, 32
SIGNATURE = b"\x89PNG\r\n\x1a\n"
_XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
)
_SRGB_XY = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
_WIDE_XY = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)


def scene() -> Image.Image:
    """Quarters of four colours, the lower half a ramp of greys: no turn and no mirror leaves it as it is."""
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[:16, :24], pixels[:16, 24:] = (216, 40, 60), (30, 90, 200)
    pixels[16:, :16] = (60, 170, 90)
    pixels[16:, 16:] = np.linspace(20, 235, 32).astype(np.uint8)[None, :, None]
    return Image.fromarray(pixels)


def encoded(picture: Image.Image, image_format: str, **options: Any) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, image_format, **options)
    return buffer.getvalue()


def chunk(kind: bytes, content: bytes, crc: int | None = None) -> bytes:
    checksum = zlib.crc32(kind + content) if crc is None else crc
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def png(
    pixels: npt.NDArray[Any],
    color_type: int,
    depth: int = 8,
    before: bytes = b"",
    after: bytes = b"",
    idat: bytes | None = None,
) -> bytes:
    """A PNG of samples (height, width, channels), whatever the depth; chunks `before` and `after` its IDAT."""
    height, width = pixels.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, 0)
    content = zlib.compress(scanlines(pixels, depth)) if idat is None else idat
    return SIGNATURE + chunk(b"IHDR", header) + before + chunk(b"IDAT", content) + after + chunk(b"IEND", b"")


def scanlines(pixels: npt.NDArray[Any], depth: int) -> bytes:
    samples = pixels.reshape(pixels.shape[0], -1)
    if depth == 16:
        rows = samples.astype(">u2").view(np.uint8).reshape(len(samples), -1)
    elif depth == 8:
        rows = samples.astype(np.uint8)
    else:
        bits = (samples[:, :, None].astype(np.uint8) >> np.arange(depth - 1, -1, -1, dtype=np.uint8)) & 1
        rows = np.packbits(bits.reshape(len(samples), -1), axis=1)
    return b"".join(b"\0" + row.tobytes() for row in rows)


def exif(orientation: int, kind: int = 3, order: str = ">") -> bytes:
    """A TIFF block that says `orientation` as a number of TIFF's `kind`: 3 is SHORT, 4 is LONG."""
    mark = b"MM" if order == ">" else b"II"
    value = struct.pack(order + ("HH" if kind == 3 else "I"), *((orientation, 0) if kind == 3 else (orientation,)))
    return mark + struct.pack(order + "HIHHHI", 42, 8, 1, 0x0112, kind, 1) + value + struct.pack(order + "I", 0)


def profile(name: str = "sRGB") -> bytes:
    """sRGB, or 'swapped': its red and green exchanged."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    if name == "swapped":
        red, green = data.index(b"rXYZ"), data.index(b"gXYZ")
        data[red : red + 4], data[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(data)


def grey_profile(gamma: float) -> bytes:
    """An ICC profile of one channel."""
    text = b"desc" + bytes(4) + struct.pack(">I", 2) + b"g\0" + bytes(78)
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    white = b"XYZ " + bytes(4) + struct.pack(">iii", 63190, 65536, 54061)
    table, body, at = b"", b"", 128 + 4 + 3 * 12
    for tag, content in ((b"desc", text), (b"wtpt", white), (b"kTRC", curve)):
        table += tag + struct.pack(">II", at + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    size = at + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"lcms", 0x02400000, b"mntr", b"GRAY", b"XYZ ") + bytes(12) + b"acsp"
    header += bytes(128 - len(header) - 60) + struct.pack(">iii", 63190, 65536, 54061) + bytes(48)
    return header + struct.pack(">I", 3) + table + body


def iccp(data: bytes) -> bytes:
    return chunk(b"iCCP", b"p\0\0" + zlib.compress(data))


def gama(value: int) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", value))


def chrm(values: tuple[int, ...]) -> bytes:
    return chunk(b"cHRM", struct.pack(">8I", *values))


def _png_colour_types() -> Iterator[tuple[str, bytes]]:
    rgb = np.asarray(scene())
    grey = rgb[:, :, 1:2]
    alpha = np.full((HEIGHT, WIDTH, 1), 255, np.uint8)
    alpha[4:12, 4:12], alpha[20:28, 20:40] = 0, 128
    deep = rgb.astype(np.uint16) * 257
    yield "png-rgb", png(rgb, 2)
    yield "png-rgb-16", png(deep, 2, 16)
    yield "png-rgba", png(np.concatenate([rgb, alpha], 2), 6)
    yield "png-rgba-16", png(np.concatenate([deep, alpha.astype(np.uint16) * 257], 2), 6, 16)
    for depth in (1, 2, 4, 8, 16):
        samples = grey.astype(np.uint16) * 257 >> (16 - depth)
        yield f"png-grey-{depth}", png(samples, 0, depth)
        hidden = chunk(b"tRNS", struct.pack(">H", int(samples[-1, -1, 0])))
        yield f"png-grey-{depth}-trns", png(samples, 0, depth, hidden)
        if depth <= 8:
            indices = np.minimum(grey >> (8 - depth) if depth < 4 else grey >> 4, 2**depth - 1)
            yield f"png-palette-{depth}", png(indices, 3, depth, _palette(depth))
            yield f"png-palette-{depth}-trns", png(indices, 3, depth, _palette(depth) + chunk(b"tRNS", b"\x00\x80"))
    yield "png-grey-alpha", png(np.concatenate([grey, alpha], 2), 4)
    yield "png-grey-alpha-16", png(np.concatenate([grey, alpha], 2).astype(np.uint16) * 257, 4, 16)
    yield "png-rgb-trns", png(rgb, 2, 8, chunk(b"tRNS", struct.pack(">HHH", *map(int, rgb[0, 0]))))
    yield "png-rgb-16-trns", png(deep, 2, 16, chunk(b"tRNS", struct.pack(">HHH", *map(int, deep[0, 0]))))


def _palette(depth: int) -> bytes:
    colors = [(40 * i % 256, 255 - 15 * i % 256, 90 + 10 * i % 160) for i in range(min(16, 2**depth))]
    return chunk(b"PLTE", bytes(value for color in colors for value in color))


def _colour_spaces() -> Iterator[tuple[str, bytes]]:
    rgb = np.asarray(scene())
    grey = rgb[:, :, 1:2]
    grey_alpha = np.concatenate([grey, np.full_like(grey, 255)], 2)
    rgba = np.concatenate([rgb, np.full_like(grey, 255)], 2)
    for name in ("sRGB", "swapped"):
        yield f"png-icc-{name}", png(rgb, 2, before=iccp(profile(name)))
        yield f"png-rgba-icc-{name}", png(rgba, 6, before=iccp(profile(name)))
        yield f"png-rgb-16-icc-{name}", png(rgb.astype(np.uint16) * 257, 2, 16, iccp(profile(name)))
        yield f"jpeg-icc-{name}", encoded(scene(), "JPEG", quality=98, subsampling=0, icc_profile=profile(name))
        yield f"webp-icc-{name}", encoded(scene(), "WEBP", lossless=True, icc_profile=profile(name))
    yield "png-palette-icc", png(np.minimum(grey >> 4, 15), 3, 8, iccp(profile("swapped")) + _palette(8))
    for gamma in (1.0, 1.8):
        data = grey_profile(gamma)
        yield f"png-grey-icc-{gamma}", png(grey, 0, before=iccp(data))
        yield f"png-grey-16-icc-{gamma}", png(grey.astype(np.uint16) * 257, 0, 16, iccp(data))
        yield f"png-grey-alpha-icc-{gamma}", png(grey_alpha, 4, before=iccp(data))
        yield f"png-grey-alpha-16-icc-{gamma}", png(grey_alpha.astype(np.uint16) * 257, 4, 16, iccp(data))
        yield f"png-grey-4-icc-{gamma}", png(grey >> 4, 0, 4, iccp(data))
        yield f"jpeg-grey-icc-{gamma}", encoded(scene().convert("L"), "JPEG", quality=98, icc_profile=data)
        yield f"png-rgb-icc-of-grey-{gamma}", png(rgb, 2, before=iccp(data))
    yield "png-grey-icc-of-rgb", png(grey, 0, before=iccp(profile("swapped")))
    yield "jpeg-grey-icc-of-rgb", encoded(scene().convert("L"), "JPEG", quality=98, icc_profile=profile("swapped"))
    yield "png-icc-broken", png(rgb, 2, before=iccp(b"no profile"))
    yield "png-icc-broken-gama", png(rgb, 2, before=iccp(b"no profile") + gama(100_000))
    for value in (100_000, 55_556, 45_455, 45_000, 22_222, 0):
        yield f"png-gama-{value}", png(rgb, 2, before=gama(value))
        yield f"png-gama-{value}-grey", png(grey, 0, before=gama(value))
        yield f"png-gama-{value}-rgba", png(rgba, 6, before=gama(value))
    yield "png-gama-grey-16", png(grey.astype(np.uint16) * 257, 0, 16, gama(100_000))
    yield "png-gama-palette", png(np.minimum(grey >> 4, 15), 3, 8, gama(100_000) + _palette(8))
    yield "png-gama-chrm-srgb", png(rgb, 2, before=gama(45_455) + chrm(_SRGB_XY))
    yield "png-gama-chrm-wide", png(rgb, 2, before=gama(45_455) + chrm(_WIDE_XY))
    yield "png-linear-chrm-wide", png(rgb, 2, before=gama(100_000) + chrm(_WIDE_XY))
    yield "png-chrm-alone", png(rgb, 2, before=chrm(_WIDE_XY))
    yield "png-srgb-over-gama", png(rgb, 2, before=chunk(b"sRGB", b"\0") + gama(100_000) + chrm(_WIDE_XY))
    yield "png-icc-over-gama", png(rgb, 2, before=iccp(profile("swapped")) + gama(100_000))
    yield "png-gama-after-idat", png(rgb, 2, after=gama(100_000))
    yield "png-cicp-srgb-over-gama", png(rgb, 2, before=chunk(b"cICP", bytes([1, 13, 0, 1])) + gama(100_000))
    for primaries, transfer in ((12, 13), (9, 13), (1, 1), (1, 8), (5, 4), (2, 2)):
        coded = chunk(b"cICP", bytes([primaries, transfer, 0, 1]))
        yield f"png-cicp-{primaries}-{transfer}", png(rgb, 2, before=coded)
    yield "png-cicp-over-icc", png(rgb, 2, before=chunk(b"cICP", bytes([1, 13, 0, 1])) + iccp(profile("swapped")))
    yield "png-chrm-of-nothing", png(rgb, 2, before=gama(100_000) + chrm((0,) * 8))
    yield "jpeg-cmyk", encoded(scene().convert("CMYK"), "JPEG", quality=98, subsampling=0)
    yield "jpeg-grey", encoded(scene().convert("L"), "JPEG", quality=98)
    yield "jpeg-rgb-kept", encoded(scene(), "JPEG", quality=98, keep_rgb=True)


def _orientations() -> Iterator[tuple[str, bytes]]:
    rgb = np.asarray(scene())
    for orientation in range(10):
        block = exif(orientation)
        yield f"jpeg-exif-{orientation}", encoded(scene(), "JPEG", quality=98, subsampling=0, exif=b"Exif\0\0" + block)
        yield f"png-exif-{orientation}", png(rgb, 2, before=chunk(b"eXIf", block))
    yield "webp-exif-6", encoded(scene(), "WEBP", lossless=True, exif=b"Exif\0\0" + exif(6))
    yield "webp-lossy-exif-6", encoded(scene(), "WEBP", quality=95, exif=b"Exif\0\0" + exif(6))
    yield "png-exif-after-idat", png(rgb, 2, after=chunk(b"eXIf", exif(6)))
    yield "png-exif-little-endian", png(rgb, 2, before=chunk(b"eXIf", exif(6, order="<")))
    yield "png-exif-with-prefix", png(rgb, 2, before=chunk(b"eXIf", b"Exif\0\0" + exif(6)))
    yield "png-exif-long", png(rgb, 2, before=chunk(b"eXIf", exif(6, kind=4)))
    raw = f"\nexif\n{len(exif(6)) + 6:8d}\n{(b'Exif' + bytes(2) + exif(6)).hex()}\n".encode()
    yield "png-exif-as-text", png(rgb, 2, before=chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(raw)))
    yield "jpeg-exif-long", encoded(scene(), "JPEG", quality=98, exif=b"Exif\0\0" + exif(6, kind=4))
    yield "jpeg-exif-little-endian", encoded(scene(), "JPEG", quality=98, exif=b"Exif\0\0" + exif(6, order="<"))
    yield "jpeg-xmp-6", encoded(scene(), "JPEG", quality=98, xmp=_XMP)
    yield "jpeg-xmp-6-exif-1", encoded(scene(), "JPEG", quality=98, xmp=_XMP, exif=b"Exif\0\0" + exif(1))
    yield "webp-xmp-6", encoded(scene(), "WEBP", lossless=True, xmp=_XMP)
    yield "png-xmp-6", png(rgb, 2, before=chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + _XMP))
    yield "jpeg-exif-broken", encoded(scene(), "JPEG", quality=98, exif=b"Exif\0\0MM\0*\xff\xff\xff\xff" + bytes(20))
    plain = encoded(scene(), "JPEG", quality=98)
    twice = b"".join(_app1(b"Exif\0\0" + exif(value)) for value in (6, 3))
    yield "jpeg-exif-twice", plain[:2] + twice + plain[2:]
    yield "jpeg-exif-after-other", plain[:2] + _app1(b"http://ns.adobe.com/xap/1.0/\0" + _XMP) + twice[:36] + plain[2:]


def _app1(content: bytes) -> bytes:
    return b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content


def _animations() -> Iterator[tuple[str, bytes]]:
    frames = [scene(), scene().transpose(Image.Transpose.ROTATE_180)]
    for image_format in ("PNG", "WEBP"):
        options: dict[str, Any] = {"lossless": True} if image_format == "WEBP" else {}
        yield (
            f"{image_format.lower()}-animated",
            encoded(frames[0], image_format, save_all=True, append_images=frames[1:], duration=10_000, **options),
        )
    white = Image.new("RGB", (WIDTH, HEIGHT), "white")
    yield (
        "png-animated-hidden-default",
        encoded(white, "PNG", save_all=True, append_images=frames, default_image=True, duration=10_000),
    )
    yield "png-animated-hidden-default-part", _part_of_canvas()
    yield "png-animated-hidden-default-blend", _part_of_canvas(blend=1, dispose=2)
    yield "png-actl-of-none", png(np.asarray(scene()), 2, before=chunk(b"acTL", struct.pack(">II", 0, 0)))


def _part_of_canvas(blend: int = 0, dispose: int = 0) -> bytes:
    """An APNG whose first frame is smaller than its hidden default image."""
    rgb = np.asarray(scene())
    frame = rgb[8:28, 4:40]

    def control(number: int, seconds: int) -> bytes:
        return chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, 36, 20, 6, 5, seconds, 1, dispose, blend))

    first = chunk(b"fdAT", struct.pack(">I", 1) + zlib.compress(scanlines(frame, 8)))
    second = chunk(b"fdAT", struct.pack(">I", 3) + zlib.compress(scanlines(255 - frame, 8)))
    frames = control(0, 60) + first + control(2, 60) + second
    return png(rgb, 2, before=chunk(b"acTL", struct.pack(">II", 2, 0)), after=frames)


def _chunks() -> Iterator[tuple[str, bytes]]:
    rgb = np.asarray(scene())
    long = zlib.compress(bytes(3 << 20))
    yield "png-ztxt-3mb", png(rgb, 2, before=chunk(b"zTXt", b"Comment\0\0" + long))
    yield "png-itxt-3mb", png(rgb, 2, before=chunk(b"iTXt", b"Comment\0\1\0\0\0" + long))
    yield "png-text-2mb", png(rgb, 2, before=chunk(b"tEXt", b"Comment\0" + b"a" * (2 << 20)))
    yield "png-ztxt-after-idat", png(rgb, 2, after=chunk(b"zTXt", b"Comment\0\0" + long))
    for size in (2, 6):
        yield f"png-icc-{size}mb", png(rgb, 2, before=iccp(padded(profile("swapped"), size << 20)))
    for name in (b"tEXt", b"pHYs", b"eXIf", b"gAMA", b"abCd"):
        content = {b"pHYs": bytes(9), b"eXIf": exif(6), b"gAMA": struct.pack(">I", 100_000)}.get(name, b"Comment\0x")
        yield f"png-crc-{name.decode()}", png(rgb, 2, before=chunk(name, content, crc=1))
        yield f"png-crc-{name.decode()}-after", png(rgb, 2, after=chunk(name, content, crc=1))
    yield "png-crc-tRNS", png(rgb, 2, before=chunk(b"tRNS", struct.pack(">HHH", *map(int, rgb[0, 0])), crc=1))
    content = zlib.compress(scanlines(rgb, 8))
    yield "png-wrong-adler", png(rgb, 2, idat=content[:-4] + b"\0\0\0\0")
    yield "png-no-adler", png(rgb, 2, idat=content[:-4])
    yield "png-more-than-pixels", png(rgb, 2, idat=zlib.compress(scanlines(rgb, 8) + bytes(100)))
    whole = png(rgb, 2)
    yield "png-no-iend", whole[:-12]
    yield "png-half-iend", whole[:-6]
    yield "png-no-idat-crc", whole[:-16]
    yield "png-cut-crc-of-idat", whole[:-16] + bytes(4) + whole[-12:]
    yield "png-unknown-critical", png(rgb, 2, before=chunk(b"ABCD", b"xx"))
    yield "png-crc-plte", png(rgb[:, :, :1] >> 6, 3, 8, chunk(b"PLTE", bytes(12), crc=1))
    yield "png-crc-ihdr", whole[:29] + bytes(4) + whole[33:]
    yield "png-trailing", whole + b"trailing" * 10
    yield "png-crc-iend", whole[:-4] + b"\0\0\0\0"
    for name, options in (("", {}), ("-progressive", {"progressive": True}), ("-restarts", {"restart_marker_rows": 1})):
        picture = encoded(scene(), "JPEG", quality=98, subsampling=0, **options)
        yield f"jpeg-no-end{name}", picture[:-2]
        yield f"jpeg-half-end{name}", picture[:-1]
        yield f"jpeg-trailing{name}", picture + b"trailing" * 10
        yield f"jpeg-no-end-trailing{name}", picture[:-2] + b"trailing" * 10
    webp = encoded(scene(), "WEBP", lossless=True)
    yield "webp-trailing", webp + b"trailing" * 10
    yield "webp-wrong-size", webp[:4] + struct.pack("<I", len(webp) + 100) + webp[8:]
    yield "webp-lossy", encoded(scene(), "WEBP", quality=98)


def padded(data: bytes, size: int) -> bytes:
    """The ICC profile with as many more bytes as nobody reads."""
    longer = data + bytes(size - len(data))
    return struct.pack(">I", len(longer)) + longer[4:]


def pictures() -> dict[str, bytes]:
    made = [_png_colour_types(), _colour_spaces(), _orientations(), _animations(), _chunks()]
    return {name: data for group in made for name, data in group}
