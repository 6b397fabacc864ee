"""Whether uploaded bytes are a picture, found out before they are stored."""

from __future__ import annotations

from adlens.domain.media import ImageFormat


def check_picture(data: bytes) -> ImageFormat:
    """The format of `data`; raises InvalidImage unless it is a picture that the analysis will read."""
    from adlens.pictures.reading import read_picture  # Pillow, which no other route needs

    return read_picture(data, reduced=True).format
