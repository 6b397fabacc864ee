from uuid import UUID, uuid4

import pytest

from adlens.domain.analysis import BoundingBox
from adlens.domain.colors import COLOR_CLASSES, from_hex, to_hex
from adlens.domain.creative import CreativeId, check_group_id, object_key, parse_object_key
from adlens.domain.errors import InvalidValue, UnknownSetting
from adlens.domain.media import ImageFormat, format_of_content_type, format_of_name, sniff
from adlens.domain.settings import setting_kind


def test_an_object_key_leads_back_to_its_creative() -> None:
    key = CreativeId(uuid4(), uuid4())
    assert parse_object_key(object_key(key, "grp_20260101_120000_abc123")) == (key, "grp_20260101_120000_abc123")


@pytest.mark.parametrize(
    "value", ["", "a/b/c", f"{UUID(int=1)}/grp/x.png", f"{UUID(int=1)}/g/{UUID(int=2)}/more", "../../etc/passwd"]
)
def test_foreign_keys_are_refused(value: str) -> None:
    with pytest.raises(InvalidValue):
        parse_object_key(value)


@pytest.mark.parametrize("group_id", ["", "a/b", "..", ".hidden", "a b", "x" * 101, "grp\n", "группа", "-x"])
def test_group_ids_that_cannot_be_a_path_segment_are_refused(group_id: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        check_group_id(group_id)
    assert caught.value.field == "group_id"


@pytest.mark.parametrize("corners", [(-0.1, 0, 1, 1), (0, 0, 1.1, 1), (0.6, 0, 0.5, 1), (0, float("nan"), 1, 1)])
def test_a_box_is_made_of_ordered_fractions(corners: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="not a box"):
        BoundingBox(*corners)


def test_formats_are_told_by_their_first_bytes() -> None:
    assert sniff(b"\xff\xd8\xff\xe0rest of it") is ImageFormat.JPEG
    assert sniff(b"\x89PNG\r\n\x1a\n1234") is ImageFormat.PNG
    assert sniff(b"RIFF\x01\x02\x03\x04WEBP") is ImageFormat.WEBP
    assert sniff(b"RIFF\x01\x02\x03\x04WAVE") is None
    assert sniff(b"<!doctype html>") is None
    assert sniff(b"") is None


def test_file_names_promise_a_format() -> None:
    assert format_of_name("photo.JPG") is ImageFormat.JPEG
    assert format_of_name("a.b.webp") is ImageFormat.WEBP
    assert format_of_name("jpg") is None
    assert format_of_name("notes.txt") is None


@pytest.mark.parametrize("extension", ["jpg", "jpeg", "JPE", "jfif", "pjpeg", "pjp"])
def test_every_extension_of_jpeg_promises_it(extension: str) -> None:
    assert format_of_name(f"photo.{extension}") is ImageFormat.JPEG


@pytest.mark.parametrize("content_type", ["image/jpeg", "image/jpg", "IMAGE/PJPEG", " image/jpeg; charset=binary"])
def test_content_types_that_clients_send_for_jpeg(content_type: str) -> None:
    assert format_of_content_type(content_type) is ImageFormat.JPEG
    assert format_of_content_type("image/gif") is None


def test_the_palette_has_seventeen_classes_of_distinct_reference_colours() -> None:
    references = [reference for color_class in COLOR_CLASSES for reference in color_class.references]
    assert len(COLOR_CLASSES) == 17
    assert len(references) == len(set(references)) == 53
    assert all(to_hex(from_hex(reference)) == reference for reference in references)


@pytest.mark.parametrize("value", [True, "three", 0, 11, 3.5, "-1", "", None, "٣", "9" * 5000])
def test_a_count_of_colours_is_a_whole_number_in_range(value: object) -> None:
    with pytest.raises(InvalidValue) as caught:
        setting_kind("DOMINANT_COLORS_COUNT").check(value)
    assert caught.value.field == "DOMINANT_COLORS_COUNT"


def test_settings_take_numbers_and_their_texts() -> None:
    assert setting_kind("DOMINANT_COLORS_COUNT").check("5") == 5
    assert setting_kind("SECONDARY_COLORS_COUNT").check(0) == 0
    with pytest.raises(UnknownSetting, match="DOMINANT_COLORS_COUNT"):
        setting_kind("COLORS")
