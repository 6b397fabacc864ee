"""What counts as a picture: names, content types and first bytes of the formats, and the limits of an upload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from adlens.domain.errors import ImageTooLarge

MAX_FILE_BYTES = 25 * 1024 * 1024
MAX_PIXELS = 50_000_000
PREVIEW_SIDE = 640
"""Pixels of a preview's longer side; smaller pictures are not enlarged."""


class ImageFormat(StrEnum):
    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"

    @property
    def content_type(self) -> str:
        return FORMATS[self].content_types[0]


@dataclass(frozen=True, slots=True)
class FormatNames:
    """The registered content type comes first, behind it those that clients send. `first_bytes` maps an offset to what
    stands there in every file.
    """

    content_types: tuple[str, ...]
    extensions: tuple[str, ...]
    first_bytes: Mapping[int, bytes]


FORMATS: Mapping[ImageFormat, FormatNames] = {
    ImageFormat.JPEG: FormatNames(
        ("image/jpeg", "image/jpg", "image/pjpeg", "image/jfif", "image/jpe"),
        ("jpg", "jpeg", "jpe", "jfif", "jfi", "jif", "pjpeg", "pjp"),
        {0: b"\xff\xd8\xff"},
    ),
    ImageFormat.PNG: FormatNames(
        ("image/png", "image/x-png", "image/apng", "image/vnd.mozilla.apng"),
        ("png", "apng"),
        {0: b"\x89PNG\r\n\x1a\n"},
    ),
    ImageFormat.WEBP: FormatNames(("image/webp", "image/x-webp"), ("webp",), {0: b"RIFF", 8: b"WEBP"}),
}
CONTENT_TYPES = tuple(image_format.content_type for image_format in ImageFormat)
_BY_CONTENT_TYPE = {name: image_format for image_format, names in FORMATS.items() for name in names.content_types}
_BY_EXTENSION = {name: image_format for image_format, names in FORMATS.items() for name in names.extensions}


def check_file_size(size: int, limit: int = MAX_FILE_BYTES) -> None:
    """Raises ImageTooLarge when a file of `size` bytes is more than `limit`."""
    if size > limit:
        raise ImageTooLarge(f"The file is larger than {limit // 2**20} MB.")


def sniff(head: bytes) -> ImageFormat | None:
    """The format that the first 12 bytes announce; None for any other. File names are never trusted."""
    for image_format, names in FORMATS.items():
        if all(head[at : at + len(expected)] == expected for at, expected in names.first_bytes.items()):
            return image_format
    return None


def format_of_name(filename: str) -> ImageFormat | None:
    """The format that a file name promises, for the content type of a signed upload; the content decides later."""
    return _BY_EXTENSION.get(filename.rsplit(".", 1)[-1].lower()) if "." in filename else None


def format_of_content_type(content_type: str) -> ImageFormat | None:
    """The same of a content type, whatever its case and parameters."""
    return _BY_CONTENT_TYPE.get(content_type.partition(";")[0].strip().lower())
