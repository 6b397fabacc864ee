"""Whether uploaded bytes are a picture, found out before they are stored."""

from __future__ import annotations

from io import BytesIO

from adlens.domain.errors import ImageTooLarge, InvalidImage, UnsupportedFormat
from adlens.domain.media import MAX_PIXELS, ImageFormat, sniff


def check_picture(data: bytes) -> ImageFormat:
    """The format of `data`; raises InvalidImage unless it is a picture that can be read to its end."""
    if not data:
        raise InvalidImage("the file is empty.")
    image_format = sniff(data[:12])
    if image_format is None:
        raise UnsupportedFormat("the file is no JPEG, PNG or WebP picture.")

    from PIL import Image

    too_large = f"the picture has more than {MAX_PIXELS // 1_000_000} megapixels."
    try:
        with Image.open(BytesIO(data), formats=[image_format.value]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ImageTooLarge(too_large)
            # JPEG decodes at an eighth of its size, which still reads every byte; the others ignore this.
            image.draft("RGB", (1, 1))
            image.load()
    except InvalidImage:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageTooLarge(too_large) from error
    except Exception as error:  # Pillow's decoders raise anything on broken files
        raise InvalidImage("the file is broken: it cannot be read to its end.") from error
    return image_format
