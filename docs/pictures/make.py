"""Makes findings.jpg, the picture of the README: samples with all that AdLens finds in them (`make pictures`)."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from adlens_cli.analyze import analyze_file
from adlens_cli.bundles import open_bundle
from adlens_cli.places import CHECKOUT

SAMPLES = ("bags_02_card.jpg", "cups_02_banner.jpg", "clocks_02_square.png", "cutlery_02_square.jpg")
HEIGHT, GAP, FOOT = 520, 18, 84
TEXT, OBJECT, PAPER, INK = "#0a66ff", "#ff2d6f", "#ffffff", "#1c2430"


def panel(path: Path, creative: dict) -> Image.Image:
    """The picture with its boxes; below it topic, confidence and palette."""
    with Image.open(path) as file:
        picture = file.convert("RGB")
    picture = picture.resize((round(picture.width * HEIGHT / picture.height), HEIGHT), Image.Resampling.LANCZOS)
    made = Image.new("RGB", (picture.width, HEIGHT + FOOT), PAPER)
    made.paste(picture)
    pen = ImageDraw.Draw(made)

    def corners(bbox: list[float]) -> tuple[float, ...]:
        return tuple(side * full for side, full in zip(bbox, (*picture.size, *picture.size), strict=True))

    for block in creative["ocr_blocks"]:
        pen.rectangle(corners(block["bbox"]), outline=TEXT, width=2)
    for found in creative["detected_objects"]:
        x1, y1, x2, y2 = corners(found["bbox"])
        label = f"{found['class']} {found['confidence']:.0%}"
        font = ImageFont.load_default(16)
        width = pen.textlength(label, font=font) + 10
        pen.rectangle((x1, y1, x2, y2), outline=OBJECT, width=3)
        pen.rectangle((x1, y1, x1 + width, y1 + 22), fill=OBJECT)
        pen.text((x1 + 5, y1 + 2), label, fill="white", font=font)
    title = f"{creative['main_topic']} {creative['topic_confidence']:.0%}"
    pen.text((0, HEIGHT + 10), title, fill=INK, font=ImageFont.load_default(22))
    left = 0.0
    for color in creative["dominant_colors"] + creative["secondary_colors"]:
        right = left + picture.width * color["percent"] / 100
        pen.rectangle((left, HEIGHT + 46, right, HEIGHT + 70), fill=color["hex"])
        left = right
    pen.rectangle((0, HEIGHT + 46, picture.width - 1, HEIGHT + 70), outline="#d5dae2")
    return made


def main() -> None:
    engines = open_bundle(None, threads=2)
    paths = [CHECKOUT / "samples" / name for name in SAMPLES]
    panels = [panel(path, analyze_file(path, engines)) for path in paths]
    width = sum(made.width for made in panels) + GAP * (len(panels) + 1)
    sheet = Image.new("RGB", (width, HEIGHT + FOOT + 2 * GAP), PAPER)
    left = GAP
    for made in panels:
        sheet.paste(made, (left, GAP))
        left += made.width + GAP
    sheet.save(Path(__file__).parent / "findings.jpg", quality=88)


if __name__ == "__main__":
    main()
