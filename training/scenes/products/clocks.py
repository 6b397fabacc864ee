"""Wall clocks, alarm clocks, wrist watches with hands or a screen. All count as COCO's clock."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from training.scenes.geometry import (
    Floats,
    Mesh,
    ball,
    band,
    box,
    circle,
    lathe,
    loft,
    merged,
    polygon,
    slab,
    smooth,
    superellipse,
    tube,
    upright,
    wavy,
)  # fmt: skip
from training.scenes.materials import (
    Chance,
    Material,
    Rgb,
    Texture,
    cloth,
    glossy,
    hue,
    leather,
    matt,
    metal,
    noise,
    pattern,
    printed,
    shade,
    wood,
    wood_texture,
)  # fmt: skip
from training.scenes.products.product import Part, Product
from training.scenes.words import fonts

_DIAL = 384
_ROMAN = ("XII", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI")


@cache
def _font(file: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(file, size)


def _ink(color: Rgb) -> tuple[int, int, int]:
    return tuple(int(255 * np.clip(c, 0, 1)) for c in color)


def _contrast(random: Chance, ground: Rgb) -> Rgb:
    bright = float(np.mean(ground)) > 0.45
    if random.maybe(0.75):
        return (
            (0.04, 0.04, 0.05) if bright else random.one_of(((0.96, 0.96, 0.95), (0.9, 0.75, 0.4), (0.8, 0.82, 0.85)))
        )
    return shade(hue(random), 0.4 if bright else 1.6)


def dial(random: Chance, watch: bool, base: Texture | None = None) -> Texture:  # noqa: PLR0912 - one mark after another
    """A clock face (side, side, 3): numerals or marks, small dials, a date window, a brand."""
    ground = random.one_of(((0.97, 0.97, 0.96), (0.03, 0.03, 0.04), (0.08, 0.13, 0.3), hue(random), hue(random)))
    if base is None and random.maybe(0.25):
        base = pattern(random) if random.maybe(0.6) else wood_texture(random)
    if base is None:
        rings = 1 + 0.02 * noise(random, 1.5)
        base = np.clip(np.array(ground) * rings[..., None] * 255, 0, 255).astype(np.uint8)
    else:
        ground = tuple(base.reshape(-1, 3).mean(0) / 255)
    page = Image.fromarray(cv2.resize(base, (_DIAL, _DIAL)))
    draw = ImageDraw.Draw(page)
    ink, accent = _ink(_contrast(random, ground)), _ink(hue(random))
    middle, rim = _DIAL / 2, _DIAL / 2
    at = random.between(0.68, 0.82)
    kind = random.variant(("arabic", "arabic", "roman", "marks", "marks", "quarters", "quarters", "dots", "minutes"))
    font = _font(random.one_of(fonts()), int(_DIAL * random.between(0.07, 0.15)))

    def point(hour: float, radius: float) -> tuple[float, float]:
        angle = hour * np.pi / 6
        return middle + rim * radius * float(np.sin(angle)), middle - rim * radius * float(np.cos(angle))

    if random.maybe(0.6):
        for k in range(60):
            draw.line([point(k / 5, 0.94), point(k / 5, 0.97 if k % 5 else 0.9)], ink, 1 + (k % 5 == 0) * 2)
    if random.maybe(0.3):
        draw.ellipse([middle - rim * 0.55] * 2 + [middle + rim * 0.55] * 2, outline=ink, width=2)
    long = random.between(0.08, 0.2)
    for hour in range(12):
        quarter = hour % 3 == 0
        numeral = str(hour or 12) if kind != "roman" else _ROMAN[hour]
        if kind in {"arabic", "roman"} or (kind == "quarters" and quarter):
            draw.text(point(hour, at), numeral, ink, font, anchor="mm")
        elif kind == "dots" or (kind == "quarters" and random.maybe(0.8)):
            x, y = point(hour, at + 0.08)
            r = _DIAL * (0.02 if quarter else 0.012)
            draw.ellipse([x - r, y - r, x + r, y + r], ink)
        elif kind == "marks":
            draw.line([point(hour, 0.9), point(hour, 0.9 - long)], ink, 9 if quarter else 5)
        elif kind == "minutes":
            draw.text(point(hour, at), str(hour * 5 or 60), ink, font, anchor="mm")
    if watch and random.maybe(0.5):  # a chronograph
        for hour in random.one_of(((3, 9), (3, 6, 9), (6,), (2, 6, 10))):
            x, y = point(hour, 0.42)
            r = _DIAL * 0.1
            draw.ellipse([x - r, y - r, x + r, y + r], _ink(shade(ground, random.one_of((0.6, 1.0, 1.4)))), ink, 2)
            angle = random.between(0, 2 * np.pi)
            draw.line([(x, y), (x + r * np.cos(angle), y + r * np.sin(angle))], accent, 2)
    if watch and random.maybe(0.35):
        x, y = point(3, 0.62)
        draw.rectangle([x - 14, y - 11, x + 14, y + 11], (245, 245, 245), ink)
        draw.text((x, y), str(random.integers(1, 32)), (10, 10, 10), _font(random.one_of(fonts()), 16), anchor="mm")
    if random.maybe(0.6):
        brand = "".join(random.choice(list("AEIOULNRSTVMK"), int(random.integers(4, 8))))
        draw.text(point(0, 0.35), brand, ink, _font(random.one_of(fonts()), int(random.between(16, 28))), anchor="mm")
    return np.asarray(page)


def screen(random: Chance) -> Texture:
    """The screen of a smart watch: time, rings, counts on black or a gradient; a drawn dial now and then."""
    if random.maybe(0.3):
        return dial(random, True, np.full((64, 64, 3), 8, np.uint8))
    base = np.zeros((64, 64, 3), np.uint8) if random.maybe(0.7) else cv2.resize(pattern(random), (64, 64))
    page = Image.fromarray(cv2.resize(base, (_DIAL, _DIAL)))
    draw = ImageDraw.Draw(page)
    colors = [_ink(shade(hue(random), 1.6)) for _ in range(4)]
    time = f"{random.integers(0, 24):02d}:{random.integers(0, 60):02d}"
    size = int(random.between(80, 130))
    draw.text(
        (_DIAL / 2, random.between(90, 220)), time, (250, 250, 250), _font(random.one_of(fonts()), size), anchor="mm"
    )
    if random.maybe(0.6):
        for k in range(int(random.integers(1, 4))):
            r = 40 + 14 * k
            x, y = _DIAL * 0.5, _DIAL * 0.72
            draw.arc([x - r, y - r, x + r, y + r], -90, float(random.between(20, 250)), colors[k], 9)
    for _ in range(int(random.integers(1, 5))):
        text = random.one_of(("72 bpm", "8 460", "24°", "Пн 12", "78%", "1.6 km", "Steps", "Пульс"))
        spot = random.between(60, 320), random.between(240, 350)
        draw.text(spot, text, random.one_of(colors), _font(random.one_of(fonts()), 30), anchor="mm")
    return np.asarray(page)


def _hands(random: Chance, radius: float, level: float) -> list[Part]:
    """Hour, minute and maybe second hand in the x, y plane at height `level`."""
    kind = random.variant(("bar", "bar", "pointed", "sword", "spade"))
    color = glossy(random, random.one_of(((0.03, 0.03, 0.03), (0.95, 0.95, 0.95), (0.75, 0.6, 0.3), hue(random))))
    parts: list[Part] = []
    wide = radius * random.between(0.025, 0.07)
    for length, width, made_of in (
        (random.between(0.4, 0.55), 1.3, color),
        (random.between(0.68, 0.88), 1.0, color),
        (
            random.between(0.75, 0.9),
            0.25,
            glossy(random, random.one_of(((0.8, 0.05, 0.05), (0.05, 0.05, 0.05), hue(random)))),
        ),
    ):
        if width < 1 and random.maybe(0.4):
            continue
        r, w = radius * length, wide * width
        corners = {
            "bar": [(-w, -r * 0.12), (w, -r * 0.12), (w, r), (-w, r)],
            "pointed": [(-w, -r * 0.15), (w, -r * 0.15), (w * 0.7, r * 0.9), (0, r), (-w * 0.7, r * 0.9)],
            "sword": [(-w * 0.4, -r * 0.1), (w * 0.4, -r * 0.1), (w * 1.2, r * 0.7), (0, r), (-w * 1.2, r * 0.7)],
            "spade": [
                (-w * 0.4, -r * 0.1),
                (w * 0.4, -r * 0.1),
                (w * 0.4, r * 0.6),
                (w * 1.6, r * 0.72),
                (0, r),
                (-w * 1.6, r * 0.72),
                (-w * 0.4, r * 0.6),
            ],
        }[kind]
        hand = slab(polygon(corners, 3), radius * 0.015)
        parts.append((hand.turned("z", random.between(0, 360)).at(0, 0, level), made_of))
        level += radius * 0.02
    parts.append(
        (
            lathe([(wide * 1.5, level), (wide * 1.5, level + radius * 0.02), (0, level + radius * 0.025)], 16).at(
                0, 0, -radius * 0.03
            ),
            color,
        )
    )
    return parts


def _face(outline: Floats, level: float, texture: Texture) -> Part:
    """A thin plate with the dial on it; `slab` maps the texture over the outline's bounds."""
    return slab(outline, level * 0.02 + 0.004).at(0, 0, level), Material((1, 1, 1), 0.4, texture=texture)


def wall_clock(random: Chance) -> Product:
    kind = random.variant(("round", "round", "round", "square", "gear", "flower", "bare", "record", "sun"))
    r = random.between(1.2, 1.8)
    outline = {
        "round": lambda: circle(r, 72),
        "record": lambda: circle(r, 72),
        "bare": lambda: circle(r * 0.5, 48),
        "square": lambda: superellipse(r, r * random.between(0.8, 1.25), random.between(4, 14), 72),
        "gear": lambda: wavy(r, random.between(0.06, 0.16), int(random.integers(8, 25)), random.between(1, 3)),
        "flower": lambda: wavy(r, random.between(0.04, 0.12), int(random.integers(5, 13))),
        "sun": lambda: circle(r * 0.6, 60),
    }[kind]()
    parts: list[Part] = []
    thick = random.between(0.05, 0.35)
    own = wood_texture(random) if random.maybe(0.3) else pattern(random) if random.maybe(0.4) else None
    face = dial(random, False, own)
    body = random.one_of((glossy, wood, metal, matt))(random)
    if kind == "bare":
        marks = [
            ball(0.1, 0.1, 0.04).at(*(1.2 * r * np.array([np.sin(a), np.cos(a)])), 0.05)
            for a in np.arange(12) * np.pi / 6
        ]
        if random.maybe(0.5):
            marks = [
                box(0.08, 0.25, 0.05, 0.01)
                .turned("z", -np.degrees(a))
                .at(*(1.2 * r * np.array([np.sin(a), np.cos(a)])))
                for a in np.arange(12) * np.pi / 6
            ]
        parts += [(merged(marks), body)]
        parts += _hands(random, r, 0.08)
    else:
        parts.append((slab(outline, thick, min(thick * 0.3, 0.05)), body))
        parts.append(_face(outline * random.between(0.9, 1.0), thick, face))
        if kind == "round" and random.maybe(0.8):  # a frame
            a, b = random.between(0.03, 0.22), random.between(0.05, 0.3)
            ring = np.array(
                [
                    (r, 0),
                    (r + a, 0),
                    (r + a, thick + b * 0.8),
                    (r + a * 0.5, thick + b),
                    (r - 0.03, thick + b * 0.6),
                    (r - 0.05, thick),
                ]
            )
            parts.append((lathe(map(tuple, ring), 72), random.one_of((metal, glossy, wood))(random)))
        if kind == "sun":
            rays = [
                tube(np.array([[0, r * 0.6, 0.05], [0, r * (1.1 + 0.25 * (k % 2)), 0.05]]), 0.035).turned("z", k * 15.0)
                for k in range(24)
            ]
            parts.append((merged(rays), metal(random, "gold", "copper", "black")))
        parts += _hands(random, float(np.abs(outline).max()) * 0.85, thick + 0.03)
    return Product("clock", tuple((upright(mesh), made_of) for mesh, made_of in parts), ("hang",))


def alarm_clock(random: Chance) -> Product:
    r = random.between(0.45, 0.7)
    shell = random.one_of((glossy, metal, matt))(random)
    deep = r * random.between(0.5, 0.9)
    outline = (
        circle(r, 56) if random.maybe(0.7) else superellipse(r * random.between(1, 1.4), r, random.between(3, 8), 56)
    )
    level = deep * 1.0
    parts: list[Part] = [
        (slab(outline * 1.08, deep, 0.06), shell),
        _face(outline * 0.96, level, dial(random, False)),
        *_hands(random, r * 0.85, level + 0.02),
    ]
    legs = [
        tube(np.array([[s * r * 0.4, -r * 0.9, deep / 2], [s * r * 0.75, -r * 1.25, deep / 2]]), 0.05) for s in (-1, 1)
    ]
    trim = metal(random)
    parts.append((merged(legs), trim))
    if random.maybe(0.6):
        bells = [
            ball(r * 0.38, r * 0.25, r * 0.38).turned("z", s * -35).at(s * r * 0.65, r * 1.05, deep / 2)
            for s in (-1, 1)
        ]
        arch = smooth([(-r * 0.65, r * 1.25, deep / 2), (0, r * 1.6, deep / 2), (r * 0.65, r * 1.25, deep / 2)], 20)
        parts += [(merged(bells), trim), (tube(arch, 0.03), trim)]
    return Product("clock", tuple((upright(mesh), made_of) for mesh, made_of in parts), ("stand",))


def _strap_path(kind: str, radius: float, gap: float, reach: float) -> tuple[Floats, Floats]:
    """Both halves of a strap, (n, 3) in the y, z plane, from the case outwards; the face looks up."""
    if kind == "flat":
        upper = smooth([(0, gap, 0), (0, gap + 0.1, -0.02), (0, gap + reach, -0.05)], 30)
        lower = smooth([(0, -gap, 0), (0, -gap - 0.1, -0.02), (0, -gap - reach * 1.3, -0.05)], 30)
        return upper, lower
    tall = radius * (1.0 if kind == "loop" else 0.8)
    t = np.linspace(0, 1, 40)
    angle = np.pi / 2 - (0.28 + t * (np.pi - 0.28))
    x = np.cos(angle) * radius * 1.05
    y = (np.sin(angle) - 1) * tall
    half = np.stack([0 * x, x + gap * (1 - t) * 0.3, y], -1)
    return half, half * (1, -1, 1)


def watch(random: Chance) -> Product:
    """A wrist watch whose face looks up: flat, or its strap closed to a loop below."""
    smart = random.maybe(0.25)
    r = random.between(0.17, 0.23)
    thick = r * random.between(0.3, 0.6)
    case = (
        metal(random, "steel", "steel", "gold", "rose", "black", "titanium", "chrome")
        if random.maybe(0.8)
        else glossy(random)
    )
    shape = (
        random.variant(("round", "round", "round", "square", "tonneau"))
        if not smart
        else random.one_of(("round", "square", "square"))
    )
    outline = {
        "round": lambda: circle(r, 64),
        "square": lambda: superellipse(r * random.between(0.8, 0.95), r, random.between(4, 8), 64),
        "tonneau": lambda: superellipse(r * 0.75, r * 1.05, 3, 64),
    }[shape]()
    parts: list[Part] = [(slab(outline, thick, thick * 0.25), case)]
    face = screen(random) if smart else dial(random, True)
    inner = random.between(0.8, 0.93)
    parts.append(
        (slab(outline * inner, 0.004).at(0, 0, thick), Material((1, 1, 1), 0.12 if smart else 0.3, texture=face))
    )
    if not smart:
        parts += _hands(random, r * inner * 0.95, thick + 0.012)
        if random.maybe(0.6):
            bezel = [
                (sc, z)
                for z, sc in (
                    (thick * 0.8, 1.02),
                    (thick + 0.015, 1.0),
                    (thick + 0.025, inner + 0.03),
                    (thick + 0.005, inner),
                )
            ]
            rim = (
                glossy(random, random.one_of(((0.03, 0.03, 0.03), (0.05, 0.1, 0.35), hue(random))))
                if random.maybe(0.35)
                else case
            )
            parts.append((loft(outline, [(z, sc) for sc, z in bezel]), rim))
        if random.maybe(0.25):  # stones
            stones = [ball(0.018, count=6).at(*(p * (inner + 0.04)), thick + 0.02) for p in outline[::2]]
            parts.append((merged(stones), Material((0.95, 0.95, 1.0), 0.03, 0.6)))
    crowns = [
        lathe([(0.025, 0), (0.025, 0.06), (0, 0.06)], 12).turned("y", 90).at(0, y, thick / 2)
        for y in random.one_of(((0.0,), (-0.08, 0.0, 0.08)))
    ]
    parts.append((merged(crowns).at(float(outline[:, 0].max())), case))
    kind = random.variant(("flat", "flat", "loop", "loop", "loop", "cushion"))
    wide = r * random.between(0.7, 1.25)
    upper, lower = _strap_path(kind, random.between(0.28, 0.36), r * 0.92, random.between(0.6, 1.0))
    style = random.one_of(("leather", "leather", "bracelet", "bracelet", "rubber", "cloth", "mesh"))
    made_of = {
        "leather": lambda: leather(random),
        "bracelet": lambda: case,
        "rubber": lambda: matt(random),
        "cloth": lambda: cloth(random) if random.maybe(0.5) else printed(random),
        "mesh": lambda: Material(case.color, 0.45, case.metallic),
    }[style]()
    level = thick * 0.45
    taper = np.linspace(1, random.between(0.7, 1.0), len(upper)) * wide
    if style == "bracelet":
        parts += _bracelet(random, (upper, lower), taper, level, case)
    else:
        straps = [band(path + np.array([0, 0, level]), taper, 0.04, (1, 0, 0)) for path in (upper, lower)]
        parts.append((merged(straps), made_of))
        if kind == "flat" and random.maybe(0.7):
            end = upper[-1] + np.array([0, 0, level])
            hoop = superellipse(wide * 0.55, 0.07, 4, 24)
            path = np.stack([hoop[:, 0], hoop[:, 1], 0 * hoop[:, 0]], -1) + end
            parts.append((tube(path, 0.018, 8), case))
    if kind == "cushion":
        pillow = ball(wide * 1.4, 0.26, 0.24).at(0, 0, -0.25)
        parts.append((pillow, cloth(random)))
    product = Product("clock", tuple(parts), ("flat",))
    # Closed watches are photographed standing: the face to the front, leaning back a little.
    if kind != "flat" and random.maybe(0.8):
        lean = random.between(0, 35)
        upright_parts = tuple((upright(mesh).turned("x", -lean), of) for mesh, of in parts)
        return Product("clock", upright_parts, ("stand",))
    return product


def _bracelet(random: Chance, paths: tuple[Floats, Floats], width: Floats, level: float, iron: Material) -> list[Part]:
    """Links across: three side by side, the middle one perhaps of another metal."""
    middle = metal(random) if random.maybe(0.3) else iron
    outer: list[Mesh] = []
    inner: list[Mesh] = []
    for path in paths:
        steps = np.linspace(0, len(path) - 1, 15).astype(int)
        for a, b in pairwise(steps):
            start, end = path[[a, b]] + np.array([0, 0, level])
            along = np.stack([start + (end - start) * 0.03, start + (end - start) * 0.9])
            w = float(width[a])
            outer += [band(along + np.array([side * w * 0.35, 0, 0]), w * 0.28, 0.05, (1, 0, 0)) for side in (-1, 1)]
            inner.append(band(along + (end - start) * 0.05, w * 0.38, 0.055, (1, 0, 0)))
    return [(merged(outer), iron), (merged(inner), middle)]
