"""The picture of the canary."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

from PIL import Image, ImageDraw


def draw(now: datetime) -> bytes:
    """A PNG with the time in it: no two are the same."""
    picture = Image.new("RGB", (320, 120), "white")
    ImageDraw.Draw(picture).text((20, 40), f"CANARY {now:%Y-%m-%d %H:%M}", fill="black", font_size=24)
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
