"""Every rule of decoding, each on a picture made for it."""

from __future__ import annotations

import hashlib
import struct
import tracemalloc
import zlib
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, ImageCms
from PIL import Image as Pillow

from adlens.domain import media
from adlens.domain.errors import ImageTooLarge, InvalidImage, UnsupportedFormat
from adlens.domain.media import ImageFormat
from adlens.vision.image import Image, PillowDecoder, painted_pixels_of, pixels_of

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
ORIENTATION = 0x0112
END_OF_HEADER = 8 + 12 + 13


def encoded(picture: Pillow.Image, image_format: str, **options: Any) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, image_format, **options)
    return buffer.getvalue()


def decoded(picture: Pillow.Image, image_format: str, **options: Any) -> Image:
    return PillowDecoder().decode(encoded(picture, image_format, **options))


def halves(width: int = 64, height: int = 48) -> Pillow.Image:
    """Red on the left, blue on the right."""
    picture = Pillow.new("RGB", (width, height), RED)
    picture.paste(BLUE, (width // 2, 0, width, height))
    return picture


def png_header(width: int, height: int) -> bytes:
    """The start of a PNG that claims a size; nothing of its pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"")


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
def test_decodes_each_format_and_states_its_facts(image_format: str) -> None:
    image = decoded(halves(), image_format)
    assert image.facts.format is ImageFormat(image_format)
    assert (image.facts.width, image.facts.height) == (64, 48)
    assert image.pixels.shape == (48, 64, 3)
    assert image.pixels.dtype == np.uint8
    np.testing.assert_allclose(image.pixels[24, 4], RED, atol=4)
    np.testing.assert_allclose(image.pixels[24, 60], BLUE, atol=4)


def test_facts_are_of_the_file() -> None:
    data = encoded(halves(), "PNG")
    facts = PillowDecoder().decode(data).facts
    assert facts.bytes == len(data)
    assert facts.sha256 == hashlib.sha256(data).hexdigest()
    assert len(bytes.fromhex(facts.phash)) == 8


def test_nobody_can_change_what_the_other_stages_see() -> None:
    with pytest.raises(ValueError, match="read-only"):
        decoded(halves(), "PNG").pixels[0, 0] = 0


# --- what is refused ------------------------------------------------------------------------------------------------


def test_an_empty_file() -> None:
    with pytest.raises(InvalidImage, match="empty"):
        PillowDecoder().decode(b"")


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE html><html><body>404</body></html>",
        b"GIF89a" + bytes(100),
        b"%PDF-1.7" + bytes(100),
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
        bytes(100),
    ],
    ids=["html", "gif", "pdf", "wave", "zeros"],
)
def test_what_is_no_picture_of_ours_whatever_its_name(data: bytes) -> None:
    with pytest.raises(UnsupportedFormat, match="no JPEG, PNG or WebP"):
        PillowDecoder().decode(data)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_file(image_format: str, share: float) -> None:
    data = encoded(Pillow.effect_noise((200, 200), 80).convert("RGB"), image_format)
    with pytest.raises(InvalidImage, match="damaged or incomplete"):
        PillowDecoder().decode(data[: int(len(data) * share)])


def test_magic_bytes_alone() -> None:
    with pytest.raises(InvalidImage, match="JPEG picture is damaged"):
        PillowDecoder().decode(b"\xff\xd8\xff" + bytes(100))


def test_one_format_inside_the_magic_of_another() -> None:
    with pytest.raises(InvalidImage):
        PillowDecoder().decode(b"\xff\xd8\xff" + encoded(halves(), "PNG"))


def test_too_many_bytes_are_refused_before_they_are_looked_at() -> None:
    with pytest.raises(ImageTooLarge, match="larger than 25 MB"):
        PillowDecoder().decode(bytes(media.MAX_FILE_BYTES + 1))


@pytest.mark.parametrize(
    ("width", "height"), [(media.MAX_PIXELS // 1000 + 1, 1000), (10_000, 9_500), (60_000, 60_000)], ids=str
)
def test_too_many_pixels_are_refused_from_the_header(width: int, height: int) -> None:
    """The three sizes: over our limit only, over Pillow's warning, over Pillow's error. None has pixels to decode."""
    with pytest.raises(ImageTooLarge, match="megapixels"):
        PillowDecoder().decode(png_header(width, height))


def test_a_side_no_camera_makes() -> None:
    with pytest.raises(ImageTooLarge, match="65535 are accepted on a side"):
        PillowDecoder().decode(png_header(3, 70_000))


def test_a_text_chunk_is_never_unpacked() -> None:
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(100 * 1024 * 1024)))
    data = encoded(halves(), "PNG")
    tracemalloc.start()
    image = PillowDecoder().decode(data[:END_OF_HEADER] + text + data[END_OF_HEADER:])
    assert tracemalloc.get_traced_memory()[1] < 10 * 1024 * 1024
    tracemalloc.stop()
    np.testing.assert_array_equal(image.pixels, np.asarray(halves()))


def test_a_profile_that_unpacks_to_far_more_is_ignored() -> None:
    profile = chunk(b"iCCP", b"p\0\0" + zlib.compress(swapped_profile() + bytes(100 * 1024 * 1024)))
    data = encoded(halves(), "PNG")
    image = PillowDecoder().decode(data[:END_OF_HEADER] + profile + data[END_OF_HEADER:])
    np.testing.assert_array_equal(image.pixels, np.asarray(halves()))


@given(st.data())
def test_damaged_bytes_are_a_picture_or_a_reason(data: st.DataObject) -> None:
    image_format = data.draw(st.sampled_from(["JPEG", "PNG", "WEBP"]))
    damaged = bytearray(encoded(halves(), image_format, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0"))
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(12, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        image = PillowDecoder().decode(bytes(damaged))
    except InvalidImage:
        return
    assert image.pixels.shape == (image.facts.height, image.facts.width, 3)


# --- what is made right ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("image_format", ["JPEG", "PNG"])
def test_exif_orientation_is_applied(image_format: str) -> None:
    exif = Pillow.Exif()
    exif[ORIENTATION] = 6  # to be shown turned clockwise by 90 degrees
    image = decoded(halves(), image_format, exif=exif)
    assert (image.facts.width, image.facts.height) == (48, 64)
    np.testing.assert_allclose(image.pixels[4, 24], RED, atol=4)
    np.testing.assert_allclose(image.pixels[60, 24], BLUE, atol=4)


def test_browsers_do_not_turn_webp() -> None:
    exif = Pillow.Exif()
    exif[ORIENTATION] = 6
    assert decoded(halves(), "WEBP", exif=exif).pixels.shape == (48, 64, 3)


@pytest.mark.parametrize("cut", [1, 2])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}], ids=str)
def test_a_jpeg_without_its_last_marker_is_whole(cut: int, options: dict[str, Any]) -> None:
    picture = Pillow.effect_noise((200, 120), 80).convert("RGB")
    data = encoded(picture, "JPEG", **options)
    whole = PillowDecoder().decode(data)
    np.testing.assert_array_equal(PillowDecoder().decode(data[:-cut]).pixels, whole.pixels)
    for missing in (*range(6, 400, 13), *range(400, len(data) - 1000, 997)):
        with pytest.raises(InvalidImage):
            PillowDecoder().decode(data[:-missing])


def test_damaged_exif_is_no_reason_to_refuse() -> None:
    image = decoded(halves(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff" + bytes(20))
    assert (image.facts.width, image.facts.height) == (64, 48)


@pytest.mark.parametrize("image_format", ["WEBP", "PNG"])
def test_the_first_frame_of_an_animation(image_format: str) -> None:
    frames = [Pillow.new("RGB", (32, 32), color) for color in (GREEN, RED, BLUE)]
    data = encoded(frames[0], image_format, save_all=True, append_images=frames[1:], duration=50)
    with Pillow.open(BytesIO(data)) as animation:
        assert getattr(animation, "n_frames", 1) == 3
    np.testing.assert_allclose(PillowDecoder().decode(data).pixels[16, 16], GREEN, atol=6)


def test_a_camera_file_of_several_pictures_is_a_jpeg() -> None:
    data = encoded(halves(), "MPO", save_all=True, append_images=[halves()])
    assert PillowDecoder().decode(data).facts.format is ImageFormat.JPEG


def test_cmyk_becomes_rgb() -> None:
    image = decoded(Pillow.new("CMYK", (32, 32), (0, 255, 255, 0)), "JPEG", quality=95)
    assert image.pixels.shape == (32, 32, 3)
    np.testing.assert_allclose(image.pixels[16, 16], RED, atol=6)


def test_a_colour_profile_is_applied() -> None:
    """In a space whose red and green primaries are swapped, what is stored as red shows as green."""
    profiled = decoded(Pillow.new("RGB", (8, 8), RED), "PNG", icc_profile=swapped_profile())
    np.testing.assert_allclose(profiled.pixels[0, 0], GREEN, atol=3)


def test_the_srgb_profile_changes_nothing_to_speak_of() -> None:
    noise = Pillow.effect_noise((64, 64), 100).convert("RGB")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    np.testing.assert_allclose(decoded(noise, "PNG", icc_profile=profile).pixels, np.asarray(noise), atol=1)


@pytest.mark.parametrize("profile", [b"no profile", bytes(128)], ids=["text", "zeros"])
def test_a_broken_colour_profile_is_ignored(profile: bytes) -> None:
    np.testing.assert_array_equal(decoded(halves(), "PNG", icc_profile=profile).pixels, np.asarray(halves()))


def test_sixteen_bit_greys_are_scaled_and_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(1, 256).repeat(4, axis=0)
    image = decoded(Pillow.fromarray(ramp), "PNG")
    np.testing.assert_allclose(image.pixels[0, :, 0], np.arange(256), atol=1)


def test_the_transparent_grey_of_sixteen_bits_is_white() -> None:
    grey = np.full((4, 4), 1000, dtype=np.uint16)
    grey[0, 0] = 30_000
    data = encoded(Pillow.fromarray(grey), "PNG", transparency=1000)
    pixels = PillowDecoder().decode(data).pixels
    np.testing.assert_array_equal(pixels[0, 0], (117, 117, 117))
    np.testing.assert_array_equal(pixels[1, 1], WHITE)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_alpha_lies_on_white(mode: str) -> None:
    picture = Pillow.new("RGBA", (8, 8), (0, 0, 0, 255))
    picture.paste((0, 0, 0, 0), (0, 0, 4, 8))
    picture.paste((0, 0, 0, 128), (4, 0, 8, 4))
    image = decoded(picture.convert(mode), "PNG")
    np.testing.assert_array_equal(image.pixels[0, 0], WHITE)
    np.testing.assert_array_equal(image.pixels[0, 7], (127, 127, 127))
    np.testing.assert_array_equal(image.pixels[7, 7], (0, 0, 0))
    assert image.facts.ground == "#ffffff"


@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ([(255, 255, 255)], "#000000"),
        ([(250, 240, 200)], "#000000"),
        ([(0, 0, 0)], "#ffffff"),
        ([(200, 0, 0)], "#ffffff"),
        ([(255, 255, 255), (0, 0, 0)], "#808080"),
    ],
    ids=str,
)
def test_what_is_painted_does_not_drown_in_its_ground(ink: list[tuple[int, int, int]], ground: str) -> None:
    picture = Pillow.new("RGBA", (80, 40))
    for number, color in enumerate(ink):
        picture.paste((*color, 255), (10 + 40 * number, 10, 30 + 40 * number, 30))
    image = decoded(picture, "PNG")
    assert image.facts.ground == ground
    assert {tuple(pixel) for pixel in painted_pixels_of(image)[:, 0].tolist()} == set(ink)


def test_white_letters_on_an_opaque_button_stay_on_white() -> None:
    picture = Pillow.new("RGBA", (80, 40))
    picture.paste((200, 20, 30, 255), (10, 5, 70, 35))
    picture.paste((255, 255, 255, 255), (20, 10, 60, 30))
    assert decoded(picture, "PNG").facts.ground == "#ffffff"


def test_an_opaque_picture_has_no_ground() -> None:
    image = decoded(halves().convert("RGBA"), "PNG")
    assert (image.facts.ground, image.painted) == (None, None)


def test_nothing_is_painted_on_a_picture_that_is_all_transparent() -> None:
    image = decoded(Pillow.new("RGBA", (8, 8)), "PNG")
    assert painted_pixels_of(image).size == 0


def test_transparent_webp_lies_on_white() -> None:
    np.testing.assert_array_equal(decoded(Pillow.new("RGBA", (8, 8), (255, 0, 0, 0)), "WEBP").pixels[0, 0], WHITE)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("transparency", [0, bytes([0, 255])], ids=["index", "table"])
def test_palette_transparency_lies_on_white(transparency: int | bytes) -> None:
    picture = Pillow.new("P", (8, 8), 0)
    picture.putpalette([*BLUE, *RED])
    picture.paste(1, (4, 0, 8, 8))
    pixels = decoded(picture, "PNG", transparency=transparency).pixels
    np.testing.assert_array_equal(pixels[0, 0], WHITE)
    np.testing.assert_array_equal(pixels[0, 7], RED)


@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_modes_with_few_colours_become_rgb(mode: str) -> None:
    pixels = decoded(Pillow.new("L", (8, 8), 255).convert(mode), "PNG").pixels
    np.testing.assert_array_equal(pixels, np.full((8, 8, 3), 255))


# --- previews -------------------------------------------------------------------------------------------------------


def shown(image: Image) -> Pillow.Image:
    picture = Pillow.open(BytesIO(image.preview()))
    assert (picture.format, picture.mode) == ("WEBP", "RGB")
    picture.load()
    return picture


@pytest.mark.parametrize(
    ("size", "preview"),
    [
        ((1300, 650), (640, 320)),
        ((650, 1300), (320, 640)),
        ((640, 640), (640, 640)),
        ((30, 20), (30, 20)),
        ((5000, 1), (640, 1)),
    ],
)
def test_a_preview_is_small_and_keeps_its_shape(size: tuple[int, int], preview: tuple[int, int]) -> None:
    assert shown(decoded(Pillow.new("RGB", size, "red"), "PNG")).size == preview


def test_a_preview_is_upright_and_says_nothing_but_its_pixels() -> None:
    exif = Pillow.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Artist] = "somebody"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = Pillow.new("RGB", (80, 40), RED)
    picture.paste(BLUE, (40, 0, 80, 40))
    preview = shown(decoded(picture, "JPEG", exif=exif, icc_profile=profile, quality=95))
    assert preview.size == (40, 80)
    top, bottom = preview.getpixel((20, 10)), preview.getpixel((20, 70))
    assert max(abs(a - b) for a, b in zip(top + bottom, RED + BLUE, strict=True)) < 40
    assert not {"exif", "icc_profile", "xmp"} & preview.info.keys()


# --- perceptual hash ------------------------------------------------------------------------------------------------


def distance(a: Image, b: Image) -> int:
    return (int(a.facts.phash, 16) ^ int(b.facts.phash, 16)).bit_count()


def scene(seed: int) -> Pillow.Image:
    blocks = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Pillow.fromarray(blocks).resize((400, 300), Pillow.Resampling.BICUBIC)


def test_variants_of_a_picture_hash_alike_and_others_do_not() -> None:
    original = decoded(scene(1), "PNG")
    assert distance(original, decoded(scene(1).resize((200, 150)), "JPEG", quality=40)) <= 6
    assert distance(original, decoded(scene(2), "PNG")) >= 16


def test_other_pictures_are_not_for_these_engines() -> None:
    class Stranger:
        facts = decoded(halves(), "PNG").facts

    with pytest.raises(TypeError, match="Stranger"):
        pixels_of(Stranger())


def swapped_profile() -> bytes:
    """sRGB with the red and green columns of its matrix exchanged."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = data.index(b"rXYZ"), data.index(b"gXYZ")
    data[red : red + 4], data[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(data)
