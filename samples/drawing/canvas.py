"""A page for one creative: backgrounds, shapes, type and products; it notes every text and the product's box.

Positions are pixels from the top left corner. The vertical position of a text is the top of its capitals, so that
margins are the ones one sees. Text that leaves the page, or meets other text, is an error: a layout cannot rot unseen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from samples.drawing.studio import Sprite

FONT_FOLDER = Path("/usr/share/fonts")
FONTS = {  # name: (Debian package, file); every one has Cyrillic and an open licence (OFL or Apache 2.0)
    "black": ("fonts-inter", "opentype/inter/InterDisplay-Black.otf"),
    "bold": ("fonts-inter", "opentype/inter/InterDisplay-Bold.otf"),
    "medium": ("fonts-inter", "opentype/inter/InterDisplay-Medium.otf"),
    "manrope": ("fonts-manrope", "truetype/manrope/Manrope-ExtraBold.ttf"),
    "manrope-medium": ("fonts-manrope", "truetype/manrope/Manrope-Medium.ttf"),
    "serif": ("fonts-paratype", "truetype/paratype/PTF75F.ttf"),
    "serif-regular": ("fonts-paratype", "truetype/paratype/PTF55F.ttf"),
    "condensed": ("fonts-roboto-unhinted", "truetype/roboto/unhinted/RobotoCondensed-Bold.ttf"),
    "round": ("fonts-comfortaa", "truetype/comfortaa/Comfortaa-Bold.ttf"),
}
OVERSAMPLING = 4
MARGIN = 16


@cache
def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    path = FONT_FOLDER / FONTS[name][1]
    if not path.is_file():
        needed = " ".join(sorted({package for package, _ in FONTS.values()}))
        raise SystemExit(f"Font {path} is missing: apt-get install {needed}")
    return ImageFont.truetype(path, size)


@dataclass
class Canvas:
    """One creative in the making."""

    width: int
    height: int
    page: Image.Image = field(init=False)
    texts: list[str] = field(default_factory=list)
    small_print: list[str] = field(default_factory=list)
    box: tuple[float, float, float, float] | None = None
    _taken: list[tuple[float, float, float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page = Image.new("RGBA", (self.width, self.height))

    # Backgrounds and shapes ------------------------------------------------------------------------------------------
    def gradient(self, first: str, second: str, angle: float = 90) -> None:
        """Fill the page from first to second along angle (0 rightwards, 90 downwards)."""
        y, x = np.mgrid[0 : self.height, 0 : self.width].astype(np.float32)
        c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        t = x * c + y * s
        t = (t - t.min()) / (t.max() - t.min())
        t += np.random.default_rng(1).uniform(-0.004, 0.004, t.shape)  # hides the steps of eight bits
        mask = Image.fromarray((np.clip(t, 0, 1) * 255).astype(np.uint8))
        blank = Image.new("RGBA", self.page.size, first)
        self.page = Image.composite(Image.new("RGBA", self.page.size, second), blank, mask)

    def paint(
        self, draw: Callable[[ImageDraw.ImageDraw, float], None], colour: str, alpha: float = 1, blur: float = 0
    ) -> None:
        """Paint an antialiased shape: draw(pen, scale) draws it in white, positions times scale."""
        k = OVERSAMPLING
        mask = Image.new("L", (self.width * k, self.height * k))
        draw(ImageDraw.Draw(mask), k)
        mask = mask.resize(self.page.size, Image.Resampling.BOX)
        if blur:
            mask = mask.filter(ImageFilter.GaussianBlur(blur))
        ink = Image.new("RGBA", self.page.size, colour)
        ink.putalpha(mask.point(lambda v: round(v * alpha)))
        self.page.alpha_composite(ink)

    def disc(
        self, x: float, y: float, radius: float, colour: str, alpha: float = 1, blur: float = 0, ring: float = 0
    ) -> None:
        """A disc, or a ring of the given thickness."""

        def draw(pen: ImageDraw.ImageDraw, k: float) -> None:
            edge = [(x - radius) * k, (y - radius) * k, (x + radius) * k, (y + radius) * k]
            pen.ellipse(edge, fill=None if ring else 255, outline=255, width=round(ring * k) or 1)

        self.paint(draw, colour, alpha, blur)

    def slab(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        colour: str,
        *,
        radius: float = 0,
        alpha: float = 1,
        shadow: float = 0,
    ) -> None:
        """A rectangle with round corners; shadow is the opacity of what falls beneath it."""

        def draw(dy: float) -> Callable[[ImageDraw.ImageDraw, float], None]:
            edge = (x, y + dy, x + width, y + height + dy)
            return lambda pen, k: pen.rounded_rectangle([v * k for v in edge], radius * k, fill=255)

        if shadow:
            self.paint(draw(14), "#000000", shadow, blur=18)
        self.paint(draw(0), colour, alpha)

    def polygon(self, points: Sequence[tuple[float, float]], colour: str, alpha: float = 1, blur: float = 0) -> None:
        self.paint(lambda pen, k: pen.polygon([(px * k, py * k) for px, py in points], fill=255), colour, alpha, blur)

    def burst(self, x: float, y: float, radius: float, colour: str, teeth: int = 18, depth: float = 0.1) -> None:
        """A star-edged price sticker."""
        turns = np.linspace(0, 2 * np.pi, teeth * 2, endpoint=False)
        radii = radius * np.where(np.arange(teeth * 2) % 2, 1 - depth, 1)
        self.polygon([(x + r * np.cos(a), y + r * np.sin(a)) for a, r in zip(turns, radii, strict=True)], colour)

    def rays(self, x: float, y: float, colour: str, alpha: float, count: int = 16) -> None:
        """Sunbeams over the whole page from one point."""
        reach = self.width + self.height

        def draw(pen: ImageDraw.ImageDraw, k: float) -> None:
            for a in np.arange(count) * 2 * np.pi / count:
                tips = [((x + reach * np.cos(b)) * k, (y + reach * np.sin(b)) * k) for b in (a, a + np.pi / count)]
                pen.polygon([(x * k, y * k), *tips], fill=255)

        self.paint(draw, colour, alpha)

    def wave(self, y: float, height: float, colour: str, phase: float = 0) -> None:
        """Fill everything below a wavy line."""
        xs = np.linspace(0, self.width, 60)
        line = [(v, y + height * np.sin(v / self.width * 2 * np.pi + phase)) for v in xs]
        self.polygon([*line, (self.width, self.height), (0, self.height)], colour)

    def podium(self, x: float, y: float, width: float, height: float, colour: str, top: str) -> None:
        """A round stand whose upper face is centred on (x, y)."""
        rim = width * 0.13
        half = width / 2
        self.paint(
            lambda pen, k: pen.ellipse(
                [v * k for v in (x - half * 1.1, y + height - rim, x + half * 1.1, y + height + rim * 1.25)], fill=255
            ),
            "#000000",
            0.3,
            16,
        )

        def side(pen: ImageDraw.ImageDraw, k: float) -> None:
            pen.rectangle([v * k for v in (x - half, y, x + half, y + height)], fill=255)
            pen.ellipse([v * k for v in (x - half, y + height - rim, x + half, y + height + rim)], fill=255)

        self.paint(side, colour)
        self.paint(lambda pen, k: pen.ellipse([v * k for v in (x - half, y - rim, x + half, y + rim)], fill=255), top)

    # Type ------------------------------------------------------------------------------------------------------------
    def text(
        self,
        x: float,
        y: float,
        words: str,
        face: str,
        size: int,
        ink: str,
        *,
        anchor: str = "l",
        leading: float = 1.16,
        small: bool = False,
    ) -> float:
        """Set lines (split at line feeds) from y down; anchor l, m or r says what x is. Returns the last baseline."""
        type_ = font(face, size)
        cap = -type_.getbbox("H", anchor="ls")[1]
        pen = ImageDraw.Draw(self.page)
        baseline = y + cap
        for number, line in enumerate(words.split("\n")):
            baseline = y + cap + round(number * size * leading)
            self._claim(line, pen.textbbox((x, baseline), line, type_, anchor=f"{anchor}s"))
            pen.text((x, baseline), line, ink, type_, anchor=f"{anchor}s")
            (self.small_print if small else self.texts).append(line)
        return baseline

    def measure(self, words: str, face: str, size: int) -> tuple[float, float]:
        """Width of the longest line and height of the capitals."""
        type_ = font(face, size)
        return max(type_.getlength(line) for line in words.split("\n")), -type_.getbbox("H", anchor="ls")[1]

    def pill(
        self,
        x: float,
        y: float,
        words: str,
        face: str,
        size: int,
        ink: str,
        colour: str,
        *,
        anchor: str = "l",
        pad: float = 0.9,
    ) -> float:
        """A button or tag; (x, y) is its top edge at the anchor. Returns its right edge."""
        width, cap = self.measure(words, face, size)
        width, height = width + 2 * pad * size, cap + 1.2 * size
        left = x - width * {"l": 0, "m": 0.5, "r": 1}[anchor]
        self.slab(left, y, width, height, colour, radius=height / 2)
        self.text(left + width / 2, y + (height - cap) / 2, words, face, size, ink, anchor="m")
        return left + width

    def badge(
        self,
        x: float,
        y: float,
        radius: float,
        words: str,
        face: str,
        size: int,
        ink: str,
        colour: str,
        *,
        star: bool = False,
    ) -> None:
        """A round or starred sticker with one or two lines."""
        self.disc(x, y + 8, radius, "#000000", 0.22, 12)
        self.burst(x, y, radius * 1.06, colour) if star else self.disc(x, y, radius, colour)
        lines, cap = words.count("\n"), self.measure(words, face, size)[1]
        self.text(x, y - (cap + lines * size * 1.16) / 2, words, face, size, ink, anchor="m")

    def price(
        self,
        x: float,
        y: float,
        now: str,
        before: str,
        face: str,
        size: int,
        ink: str,
        faded: str,
        *,
        anchor: str = "l",
    ) -> None:
        """The price with the old one, struck out and smaller, to its right."""
        width, cap = self.measure(now, face, size)
        old, gap = round(size * 0.5), size * 0.35
        old_width, old_cap = self.measure(before, "medium", old)
        left = x - (width + gap + old_width) * {"l": 0, "m": 0.5, "r": 1}[anchor]
        self.text(left, y, now, face, size, ink)
        left, middle = left + width + gap, y + cap - old_cap / 2
        self.text(left, y + cap - old_cap, before, "medium", old, faded)
        self.slab(left - 4, middle - 1.5, old_width + 8, 3, faded, radius=1.5)

    def features(
        self,
        x: float,
        y: float,
        lines: Sequence[str],
        face: str,
        size: int,
        ink: str,
        mark: str,
        tick: str = "#ffffff",
        gap: float = 1.9,
    ) -> float:
        """A list with ticks in discs; a line may be two, split at a line feed. Returns the last baseline."""
        cap = self.measure("H", face, size)[1]
        bottom = y
        for line in lines:
            radius, cy = size * 0.52, y + cap / 2
            self.disc(x + radius, cy, radius, mark)
            nodes = [(x + radius * a, cy + radius * b) for a, b in ((0.55, 0.02), (0.88, 0.36), (1.48, -0.34))]

            def draw(pen: ImageDraw.ImageDraw, k: float, nodes: list[tuple[float, float]] = nodes) -> None:
                pen.line([(a * k, b * k) for a, b in nodes], 255, round(size * 0.13 * k), "curve")

            self.paint(draw, tick)
            bottom = self.text(x + size * 1.6, y, line, face, size, ink)
            y = bottom + size * gap - cap
        return bottom

    def _claim(self, line: str, box: tuple[float, float, float, float]) -> None:
        left, top, right, bottom = box
        if left < MARGIN or top < MARGIN or right > self.width - MARGIN or bottom > self.height - MARGIN:
            raise ValueError(f"{line!r} leaves the page: {box}")
        for a, b, c, d in self._taken:
            if left < c and a < right and top < d and b < bottom:
                raise ValueError(f"{line!r} meets other text at {box}")
        self._taken.append(box)

    # Products --------------------------------------------------------------------------------------------------------
    def product(self, sprite: Sprite, x: float, y: float, height: float, *, main: bool = True, tilt: float = 0) -> None:
        """Place a product, its bottom centre at (x, y), scaled to height; tilt turns it about its middle by degrees."""
        left, top, right, bottom = sprite.box
        scale = height / (bottom - top)
        image = sprite.image.resize(
            (round(sprite.image.width * scale), round(sprite.image.height * scale)), Image.Resampling.LANCZOS
        )
        centre = ((left + right) / 2 * scale, (top + bottom) / 2 * scale)
        solid = Image.new("L", image.size)
        left_edge, top_edge, right_edge, bottom_edge = (round(v * scale) for v in sprite.box)
        solid.paste(255, (left_edge, top_edge, right_edge, bottom_edge))
        solid = ImageChops.darker(solid, image.getchannel("A").point(lambda v: 255 if v > 250 else 0))
        if tilt:
            image = image.rotate(tilt, Image.Resampling.BICUBIC, center=centre)
            solid = solid.rotate(tilt, center=centre)
        corner = (round(x - centre[0]), round(y - height / 2 - centre[1]))
        layer = Image.new("RGBA", self.page.size)
        layer.paste(image, corner)
        self.page.alpha_composite(layer)
        if main:
            seen = Image.new("L", self.page.size)
            seen.paste(solid, corner)
            a, b, c, d = seen.getbbox() or (0, 0, 0, 0)
            self.box = (a / self.width, b / self.height, c / self.width, d / self.height)
