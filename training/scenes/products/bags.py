"""Handbags, backpacks, suitcases."""

from __future__ import annotations

import numpy as np

from training.scenes.geometry import (
    Floats,
    Mesh,
    arc,
    ball,
    band,
    box,
    circle,
    lathe,
    loft,
    merged,
    slab,
    smooth,
    superellipse,
    tube,
    upright,
)  # fmt: skip
from training.scenes.materials import Chance, Material, cloth, glossy, hue, leather, matt, metal, printed, shade
from training.scenes.products.product import Part, Product


def _fabric(random: Chance, loud: float = 0.35) -> Material:
    if random.maybe(loud):
        return printed(random, random.one_of((1, 1, 2, 3)), (0.3, 0.8))
    return random.one_of((leather, leather, leather, cloth, glossy))(random)


def _handle(width: float, height: float, y: float, z: float, thick: float, flat: bool) -> Mesh:
    """An arch of `width` and `height` whose feet are at depth y and height z."""
    power = 0.6
    t = np.linspace(0, np.pi, 28)
    path = np.stack([-np.cos(t) * width / 2, np.full(28, y), z + height * np.sin(t) ** power], -1)
    return band(path, thick * 2.2, thick * 0.5, (0, 1, 0)) if flat else tube(path, thick)


def _front(width: float, height: float, depth: float, radius: float, y: float, z: float) -> Mesh:
    """A pocket or flap: a rounded plate on the front at depth y, its lower rim at z."""
    outline = superellipse(width / 2, height / 2, radius, 40)
    return upright(slab(outline, depth, min(depth * 0.5, 0.1))).at(0, y, z + height / 2)


def _bag_body(random: Chance, w: float, d: float, h: float, top: float, power: float, belly: float) -> Mesh:
    """A soft box: `top` is how wide its mouth is against its bottom."""
    t = np.linspace(0, 1, 16)
    wide = 1 + (top - 1) * t + belly * np.sin(np.pi * t)
    deep = (1 - t**2 * random.between(0.2, 0.8)) + belly * np.sin(np.pi * t)
    rim = [(0, 0, 0), (0, 0.5, 0.5), (0, 0.92, 0.9), (0.02 * h, 0.98, 0.97)]
    rings = [*rim, *((0.04 * h + 0.94 * h * a, b, c) for a, b, c in zip(t, wide, deep, strict=True))]
    rings += [(h, wide[-1] * 0.96, deep[-1] * 0.9), (h * 0.97, wide[-1] * 0.7, 0.3 * deep[-1]), (h * 0.96, 0, 0)]
    return loft(superellipse(w / 2, d / 2, power, 56), rings)


def _crescent(w: float, h: float, d: float, sag: float) -> Mesh:
    """A hobo or saddle bag: a half moon, thick in the middle."""
    t = np.linspace(-1, 1, 40)
    upper = -sag * h * (1 - t**2)
    lower = -h * np.sqrt(np.maximum(1 - np.abs(t) ** 2.4, 0))
    ring = np.concatenate([np.stack([t * w / 2, lower], -1), np.stack([t[::-1] * w / 2, upper[::-1]], -1)])
    ring = np.concatenate([ring, ring[:1]])
    ring[:, 1] += h * (sag + 1) / 2
    levels = np.linspace(-1, 1, 13)
    shrink = np.sqrt(np.maximum(1 - np.abs(levels) ** 3, 0.0))
    return upright(
        loft(ring, [(lv * d / 2, 0.75 * s + 0.25 * (s > 0), s) for lv, s in zip(levels, shrink, strict=True)])
    )


def handbag(random: Chance) -> Product:  # noqa: PLR0912, PLR0915 - one shape after another
    kind = random.variant(
        ("tote", "tote", "satchel", "satchel", "flap", "flap", "hobo", "clutch", "doctor", "round", "bucket")
    )
    skin = _fabric(random)
    trim = skin if random.maybe(0.5) else leather(random)
    iron = metal(random, "gold", "gold", "steel", "chrome", "black")
    w, h = random.between(2.2, 4.0), random.between(1.6, 3.2)
    d = random.between(0.7, 1.5)
    parts: list[Part] = []
    if kind in {"tote", "satchel", "doctor"}:
        top = {"tote": random.between(0.95, 1.3), "satchel": random.between(0.75, 1), "doctor": 0.7}[kind]
        body = _bag_body(random, w, d, h, top, random.between(3, 9), random.between(0, 0.12))
        parts.append((body.facing() if skin.texture is not None and random.maybe(0.6) else body, skin))
        flat = random.maybe(0.4)
        thick, rise = random.between(0.05, 0.12), random.between(0.5, 1.0 if kind != "tote" else 2.0)
        span = w * top * random.between(0.35, 0.65)
        for y in (-d * 0.25, d * 0.25):
            handle = _handle(span, rise, y, h * 0.93, thick, flat)
            if random.maybe(0.2):  # fallen to the side
                handle = _handle(span, rise * 0.35, y * 3, h * 0.9, thick, flat)
            parts.append((handle, trim))
            rings = [tube(_ring(0.14), 0.03).at(s * span / 2, y * 1.15, h * 0.92) for s in (-1, 1)]
            parts.append((merged(rings), iron))
    elif kind == "flap":
        h = w * random.between(0.55, 0.85)
        body = box(w, d * 0.8, h, 0.25, random.between(5, 10))
        parts.append((body.facing(), skin))
        drop = h * random.between(0.45, 0.8)
        parts.append((_front(w * 0.99, drop, 0.07, random.between(3, 9), -d * 0.4, h - drop), trim))
        lock = slab(superellipse(0.22, random.between(0.15, 0.3), random.one_of((2, 4))), 0.08, 0.03)
        parts.append((upright(lock).at(0, -d * 0.4 - 0.05, h - drop + 0.15), iron))
        if random.maybe(0.75):
            parts.append(_long_strap(random, w, h, trim, iron))
    elif kind == "hobo":
        parts.append((_crescent(w, h * 0.8, d, random.between(0.1, 0.4)), skin))
        parts.append(
            (_handle(w * 0.92, h * random.between(0.5, 0.9), 0, h * 0.75, random.between(0.06, 0.12), True), trim)
        )
    elif kind == "clutch":
        parts.append((box(w, d * 0.35, w * random.between(0.45, 0.65), 0.15, 8).facing(), skin))
        parts.append((tube(np.array([[-w * 0.46, 0, w * 0.55], [w * 0.46, 0, w * 0.55]]), 0.06), iron))
    elif kind == "round":
        r = w * 0.45
        parts.append((upright(slab(circle(r, 56), d * 0.7, 0.15, 4)).at(0, d * 0.35, r), skin))
        parts.append((upright(slab(circle(r * 0.9, 56), 0.05, 0.02)).at(0, -d * 0.36, r), trim))
        parts.append((_handle(r * 0.9, r * 0.8, 0, 2 * r - 0.1, 0.07, False), trim))
    else:  # bucket
        t = np.linspace(0, 1, 14)
        rings = [(0, 0), (0, 0.78), (0, 0.8)] + [(h * a, 0.8 + 0.2 * a - 0.22 * a**6) for a in t]
        parts.append((loft(circle(w * 0.38, 48), [*rings, (h * 0.95, 0.5), (h * 0.95, 0)]), skin))
        parts.append((_handle(w * 0.6, h * 0.8, 0, h * 0.85, 0.07, True), trim))
        parts.append(
            (
                tube(smooth([(0, -w * 0.33, h * 0.9), (-0.2, -w * 0.42, h * 0.6), (-0.1, -w * 0.45, h * 0.4)]), 0.03),
                trim,
            )
        )
    if kind in {"tote", "satchel", "round"}:
        if random.maybe(0.4):
            plate = slab(superellipse(random.between(0.15, 0.5), 0.12, 5), 0.04, 0.015)
            parts.append((upright(plate).at(0, -d * 0.5 + 0.0, h * random.between(0.6, 0.8)), iron))
        if random.maybe(0.3):
            parts.append((_front(w * 0.6, h * 0.45, 0.08, 6, -d * 0.47, h * 0.12), trim))
        if random.maybe(0.35):
            parts.append(_long_strap(random, w * 0.9, h, trim, iron))
    if random.maybe(0.15):  # a charm or a scarf
        parts.append((ball(0.22).at(w * 0.25, -d * 0.55, h * 0.65), matt(random)))
    return Product("handbag", tuple(parts), ("stand", "stand", "lie"))


def _ring(radius: float) -> Floats:
    ring = arc(radius, 0, 360, 20)
    return np.stack([ring[:, 0], 0 * ring[:, 0], ring[:, 1]], -1)


def _long_strap(random: Chance, w: float, h: float, trim: Material, iron: Material) -> Part:
    """A strap that falls in front, behind or stands up as if hung; a chain now and then."""
    height, y = random.one_of(((h * 2.2, 0.0), (h * 1.5, 0.1), (-0.05, -h * 0.5), (h * 0.4, -h * 0.4)))
    corners = [(-w / 2, 0, h * 0.9), (-w * 0.45, y * 0.6, (h + height) * 0.55), (0, y, max(height, 0.06))]
    path = smooth([*corners, *((-a, b, c) for a, b, c in corners[-2::-1])], 60)
    if random.maybe(0.4):
        links = [
            tube(_ring(0.11) * (1, 1, 0.7), 0.03, 8).turned("z", 90.0 * (k % 2)).at(*p) for k, p in enumerate(path)
        ]
        return merged(links), iron
    return band(path, random.between(0.12, 0.35), 0.04, (0, 1, 0.2)), trim


def backpack(random: Chance) -> Product:
    kind = random.variant(("school", "school", "city", "city", "laptop", "child", "rolltop"))
    skin = (
        printed(random, 1, (0.3, 0.9)) if random.maybe(0.35) else random.one_of((cloth, cloth, leather, matt))(random)
    )
    trim = skin if random.maybe(0.3) else random.one_of((cloth, matt, leather))(random)
    dark = matt(random, shade(hue(random), 0.4)) if random.maybe(0.5) else trim
    w, d, h = random.between(2.4, 3.2), random.between(1.1, 1.8), random.between(3.4, 4.8)
    if kind == "child":
        h = random.between(2.8, 3.4)
    power = random.between(2.6, 6)
    t = np.linspace(0, 1, 22)
    dome = (1 - t ** random.between(5, 14)) ** 0.5
    shift = -0.05 * d * np.sin(np.pi * t)
    rings = [(0, 0, 0, 0, 0), (0, 0.9, 0.9, 0, 0)]
    rings += [
        (h * a, max(b, 0.02) * (0.92 + 0.08 * a), max(b, 0.02) * (1 - 0.35 * a), 0, s)
        for a, b, s in zip(t, dome, shift, strict=True)
    ]
    body = loft(superellipse(w / 2, d / 2, power, 56), [*rings, (h, 0, 0, 0, 0)])
    parts: list[Part] = [(body.facing(), skin)]
    pocket = h * random.between(0.3, 0.5)
    bulge = box(w * random.between(0.7, 0.86), d * 0.35, pocket, 0.25, random.between(3, 6))
    parts.append((bulge.at(0, -d * 0.46, h * 0.06).facing(), trim if random.maybe(0.6) else skin))
    if random.maybe(0.4):
        parts.append((box(w * 0.6, d * 0.25, h * 0.2, 0.15, 4).at(0, -d * 0.4, h * 0.6), trim))
    zips = [
        tube(
            smooth(
                [
                    (-w * 0.4, -d * 0.42, h * z),
                    (0, -d * 0.62 if low else -d * 0.46, h * z + 0.1),
                    (w * 0.4, -d * 0.42, h * z),
                ]
            ),
            0.035,
        )
        for z, low in ((0.06 + pocket / h * 0.85, True), (random.between(0.6, 0.75), False))
    ]
    parts.append((merged(zips), metal(random, "steel", "gold", "black") if random.maybe(0.4) else dark))
    for side in (-1, 1):
        if random.maybe(0.6):
            parts.append((box(0.35, d * 0.6, h * 0.32, 0.12, 3).at(side * w * 0.52, 0, h * 0.04), dark))
        strap = smooth(
            [
                (side * w * 0.22, d * 0.35, h * 0.93),
                (side * w * 0.3, d * 0.85, h * 0.8),
                (side * w * 0.45, d * 0.8, h * 0.35),
                (side * w * 0.48, d * 0.4, h * 0.08),
            ]
        )
        parts.append((band(strap, random.between(0.3, 0.6), 0.12, (1, 0, 0)), dark))
    parts.append((_handle(w * 0.25, 0.45, d * 0.25, h * 0.95, 0.06, True), dark))
    if kind == "child":
        ears = [ball(0.4, 0.12, 0.5).at(s * w * 0.32, 0, h * 1.0) for s in (-1, 1)]
        parts.append((merged(ears), trim))
        eyes = [ball(0.16, 0.08, 0.18).at(s * w * 0.2, -d * 0.45, h * 0.68) for s in (-1, 1)]
        parts.append((merged(eyes), glossy(random, (0.03, 0.03, 0.04))))
    elif kind == "rolltop":
        parts.append((box(w * 0.95, d * 0.5, 0.6, 0.2, 4).at(0, 0, h * 0.93), trim))
        parts.append(
            (
                band(
                    smooth([(0, -d * 0.6, h * 0.4), (0, -d * 0.55, h * 0.8), (0, -d * 0.2, h * 1.1)]),
                    0.25,
                    0.05,
                    (1, 0, 0),
                ),
                dark,
            )
        )
    elif kind == "city" and random.maybe(0.5):
        for x in (-w * 0.2, w * 0.2):
            belt = smooth([(x, -d * 0.68, h * 0.3), (x, -d * 0.55, h * 0.6), (x, -d * 0.1, h * 1.0)])
            parts.append((band(belt, 0.2, 0.05, (1, 0, 0)), dark))
    if random.maybe(0.5):
        label = slab(superellipse(0.3, random.between(0.12, 0.3), 5), 0.04, 0.01)
        parts.append((upright(label).at(0, -d * 0.66, pocket * 0.6), leather(random)))
    return Product("backpack", tuple(parts), ("stand", "stand", "stand", "lie"))


def suitcase(random: Chance) -> Product:
    kind = random.variant(("ribbed", "ribbed", "grid", "plain", "soft", "vintage"))
    w, h = random.between(3.4, 4.6), random.between(4.8, 6.8)
    d = random.between(1.8, 2.6)
    color = hue(random)
    shell = (
        printed(random, 1, (0.15, 0.5)) if random.maybe(0.15) else random.one_of((glossy, glossy, matt, metal))(random)
    )
    if kind == "soft":
        shell = cloth(random, color)
    if kind == "vintage":
        w, h, shell = h * 0.8, w * 0.8, leather(random)
    dark = glossy(random, random.one_of(((0.03, 0.03, 0.03), (0.2, 0.2, 0.2), color)))
    body = box(w, d, h, random.between(0.3, 0.8), random.between(5, 10))
    parts: list[Part] = [(body.facing(), shell)]
    if kind in {"ribbed", "grid"}:
        count = int(random.integers(4, 11))
        ribs = []
        for k in range(count):
            x = (k / (count - 1) - 0.5) * w * 0.78
            if kind == "ribbed":
                ribs.append(box(w * 0.4 / count, d * 1.03, h * 0.86, 0.1, 3).at(x, 0, h * 0.07))
            else:
                ribs.append(box(w * 0.86, d * 1.03, h * 0.4 / count, 0.1, 5).at(0, 0, h * (0.08 + 0.84 * k / count)))
        parts.append((merged(ribs), shell))
    frame = upright(slab(superellipse(w / 2 * 1.012, h / 2 * 1.01, 9, 60), 0.14, 0.03)).at(0, 0.07, h / 2)
    parts.append((frame, dark if random.maybe(0.7) else metal(random, "steel", "gold")))
    if kind == "soft":
        for z, size in ((h * 0.08, 0.4), (h * 0.55, 0.32)):
            parts.append((box(w * 0.8, 0.35, h * size, 0.15, 6).at(0, -d * 0.5, z), shell))
    if kind == "vintage":
        for x in (-w * 0.28, w * 0.28):
            parts.append((box(0.35, d * 1.04, h * 1.01, 0.05, 8).at(x), dark))
        corners = [
            box(0.7, d * 1.03, 0.7, 0.2, 4).at(sx * (w / 2 - 0.33), 0, z) for sx in (-1, 1) for z in (-0.02, h - 0.68)
        ]
        parts.append((merged(corners), metal(random, "gold", "steel") if random.maybe(0.4) else dark))
        parts.append((_handle(w * 0.25, 0.45, 0, h, 0.08, False), dark))
    else:
        wheels = [
            lathe([(0, 0), (0.22, 0), (0.24, 0.05), (0.24, 0.2), (0, 0.25)], 20)
            .turned("y", 90)
            .at(sx * w * 0.38 - 0.1, sy * d * 0.35, -0.22)
            for sx in (-1, 1)
            for sy in (-1, 1)
        ]
        parts.append((merged(wheels), dark))
        if random.maybe(0.7):
            rise, half = random.between(0.4, 3.4), w * random.between(0.18, 0.3)
            bars = [
                tube(np.array([[s * half, d * 0.3, h * 0.95], [s * half, d * 0.3, h + rise]]), 0.07) for s in (-1, 1)
            ]
            parts.append((merged(bars), metal(random, "steel", "chrome", "black")))
            parts.append(
                (tube(np.array([[-half - 0.1, d * 0.3, h + rise], [half + 0.1, d * 0.3, h + rise]]), 0.13), dark)
            )
        parts.append((_handle(w * 0.3, 0.3, 0, h, 0.08, True), dark))
        parts.append((_handle(h * 0.2, 0.25, 0, 0, 0.07, True).turned("y", 90).at(w / 2, 0, h / 2), dark))
    return Product("suitcase", tuple(parts), ("stand",) if kind != "vintage" else ("stand", "stand", "lie"))
