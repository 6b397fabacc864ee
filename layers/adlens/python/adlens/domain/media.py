"""What counts as a picture: formats by their first bytes, and the limits of an upload."""

from __future__ import annotations

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
        return f"image/{self.value.lower()}"


CONTENT_TYPES = tuple(image_format.content_type for image_format in ImageFormat)
_EXTENSIONS = {"jpg": ImageFormat.JPEG, "jpeg": ImageFormat.JPEG, "png": ImageFormat.PNG, "webp": ImageFormat.WEBP}


def check_file_size(size: int, limit: int = MAX_FILE_BYTES) -> None:
    """Raises ImageTooLarge when a file of `size` bytes is more than `limit`."""
    if size > limit:
        raise ImageTooLarge(f"The file is larger than {limit // 2**20} MB.")


def sniff(head: bytes) -> ImageFormat | None:
    """The format that the first 12 bytes announce; None when it is none of ours. File names are never trusted."""
    if head.startswith(b"\xff\xd8\xff"):
        return ImageFormat.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return ImageFormat.PNG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return ImageFormat.WEBP
    return None


def format_of_name(filename: str) -> ImageFormat | None:
    """The format that a file name promises, for the content type of a signed upload; the content decides later."""
    return _EXTENSIONS.get(filename.rsplit(".", 1)[-1].lower()) if "." in filename else None
