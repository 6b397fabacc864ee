"""Whether uploaded bytes are pictures, found out before they are stored."""

from __future__ import annotations

from dataclasses import dataclass

from adlens.domain.errors import ImageTooLarge
from adlens.domain.media import MAX_PIXELS, ImageFormat

MOST_PIXELS = 4 * MAX_PIXELS
"""Of all pictures of a request, which decodes them. A picture of two kilobytes may have as many as are accepted."""


@dataclass
class CheckPictures:
    """Checks the pictures of one request."""

    left: int = MOST_PIXELS

    def __call__(self, data: bytes) -> ImageFormat:
        """The format of `data`. Raises InvalidImage unless it is a picture that the analysis will read, and before it
        is decoded when it has more pixels than are left for the request.
        """
        from adlens.pictures.reading import declared_pixels, read_picture  # Pillow, which no other route needs

        pixels = declared_pixels(data)
        if pixels <= MAX_PIXELS:  # else its own size is the reason
            if pixels > self.left:
                raise ImageTooLarge(
                    f"The pictures of one request may have {MOST_PIXELS // 1_000_000} megapixels together. "
                    "Send this one with POST /uploads."
                )
            self.left -= pixels
        return read_picture(data, reduced=True).format
