"""Draw the sample creatives and their labels: `python -m samples.generate [PART OF A FILE NAME ...]`.

The pictures are committed, so only who changes one needs the fonts of `samples.drawing.canvas.FONTS`.
"""

import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from PIL import Image

from samples.creatives import bags, clocks, cups, cutlery, other, ties  # noqa: F401 - each registers its creatives
from samples.creatives.registry import CREATIVES, Creative
from samples.drawing.canvas import Canvas

FOLDER = Path(__file__).parent
SAVE: dict[str, dict[str, Any]] = {
    ".jpg": {"quality": 88, "optimize": True, "progressive": True},
    ".webp": {"quality": 88, "method": 6},
    ".png": {"optimize": True},
}
LYING = {6: Image.Transpose.ROTATE_90}  # EXIF orientation: how the pixels are turned before they are stored


def draw(creative: Creative) -> dict[str, Any]:
    """Draw one creative into its file and return its label, as samples/README.md describes it."""
    canvas = Canvas(*creative.size)
    creative.draw(canvas)
    page, path = canvas.page, FOLDER / creative.file
    if page.getchannel("A").getextrema()[0] == 255:
        page = page.convert("RGB")
    options = dict(SAVE[path.suffix])
    if creative.orientation != 1:
        page = page.transpose(LYING[creative.orientation])
        exif = Image.Exif()
        exif[0x0112] = creative.orientation
        options["exif"] = exif
    page.save(path, **options)
    return {
        "file": creative.file,
        "topic": creative.topic,
        "language": creative.language,
        "object": creative.thing,
        "box": canvas.box and [round(v, 4) for v in canvas.box],
        "text": "\n".join(canvas.texts),
        "text_small": "\n".join(canvas.small_print) or None,
        "width": creative.size[0],
        "height": creative.size[1],
    }


def main(wanted: list[str]) -> None:
    chosen = sorted((c for c in CREATIVES if not wanted or any(w in c.file for w in wanted)), key=lambda c: c.file)
    index = FOLDER / "labels.json"
    labels = (
        {label["file"]: label for label in json.loads(index.read_text("utf-8"))} if wanted and index.exists() else {}
    )
    started = time.perf_counter()
    with ProcessPoolExecutor() as pool:
        for label in pool.map(draw, chosen):
            labels[label["file"]] = label
            print(f"{time.perf_counter() - started:6.1f} s  {label['file']}", flush=True)
    text = json.dumps(sorted(labels.values(), key=lambda label: label["file"]), ensure_ascii=False, indent=1)
    index.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
