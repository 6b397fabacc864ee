"""Ties lying, rolled, hanging and worn; people as far as ties and bags need them."""

from __future__ import annotations

import numpy as np

from training.scenes.geometry import (
    Floats,
    Mesh,
    ball,
    band,
    box,
    loft,
    merged,
    polygon,
    sheet,
    slab,
    smooth,
    superellipse,
    sweep,
    tube,
    upright,
)  # fmt: skip
from training.scenes.materials import Chance, Material, cloth, glossy, hue, matt, pattern, shade
from training.scenes.products.product import Part, Product


def silk(random: Chance) -> Material:
    if random.maybe(0.25):
        return cloth(random)
    return Material((1, 1, 1), random.between(0.3, 0.8), texture=pattern(random), repeat=random.one_of((1, 2, 3)))


def _flat(points: Floats, wide: Floats, thickness: float = 0.03) -> Mesh:
    """A ribbon with the print's own scale: `points` (n, 3), `wide` (n,) across x."""
    t = np.linspace(-1, 1, 9)
    x = points[:, None, 0] + wide[:, None] / 2 * t
    bulge = thickness * (1 - t**2)
    grid = np.stack([x, np.repeat(points[:, None, 1], 9, 1) - bulge, np.repeat(points[:, None, 2], 9, 1)], -1)
    mesh = sheet(grid[::-1])
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])[::-1]
    uv = np.stack([np.broadcast_to(t / 2 * wide.max(), grid.shape[:2]), np.repeat(length[:, None], 9, 1)], -1)
    return Mesh(mesh.points, mesh.normals, uv.reshape(-1, 2), mesh.faces)


def _blade(length: float, wide: float, neck: float, y: float = 0.0, tip: float = 0.5, curl: float = 0.0) -> Mesh:
    """From z = 0 down to -length, pointed below, front to -y."""
    t = np.concatenate([np.linspace(0, 1, 24), np.full(1, 1.0)])
    z = np.concatenate([-t[:-1] * (length - wide * tip), [-(length - wide * tip)]])
    width = neck + (wide - neck) * t**0.9
    low = np.linspace(0, 1, 8)[1:]
    z = np.concatenate([z, z[-1] - low * wide * tip])
    width = np.concatenate([width, wide * (1 - low) + 0.004])
    points = np.stack([curl * np.sin(z * 1.2), np.full_like(z, y), z], -1)
    return _flat(points, width)


def _knot(random: Chance, size: float) -> Mesh:
    return upright(slab(polygon([(-0.62, 1), (-0.4, -1), (0.4, -1), (0.62, 1)], 8) * size, size * 0.8, size * 0.25)).at(
        0, size * 0.2, 0
    )


def tied(random: Chance, length: float, skin: Material, loop: bool) -> list[Part]:
    """A knotted tie hanging from z = 0."""
    wide = random.between(0.6, 1.0) * (0.7 if random.maybe(0.25) else 1)
    size = random.between(0.2, 0.28)
    parts: list[Part] = [(_blade(length, wide, size * 0.85), skin), (_knot(random, size).at(0, 0, size * 0.4), skin)]
    if random.maybe(0.4):
        parts.append(
            (_blade(length * random.between(0.7, 0.98), wide * 0.5, 0.15, 0.1).at(random.between(-0.15, 0.15)), skin)
        )
    if loop:
        width, high = random.between(0.7, 1.2), random.between(1.0, 2.0)
        path = smooth(
            [
                (-0.05, 0.1, size),
                (-width, 0.15, high * 0.6),
                (0, 0.2, high),
                (width, 0.15, high * 0.6),
                (0.05, 0.1, size),
            ],
            40,
        )
        parts.append((sweep(path, superellipse(0.03, 0.22, 4, 16), 1.0, (0, 1, 0.3)), skin))
    return parts


def rolled(random: Chance, skin: Material) -> list[Part]:
    """Rolled up and standing on its edge, its wide end laid out towards the viewer."""
    wide, turns = random.between(0.7, 1.0), random.one_of((2.5, 3.5))
    angle = np.linspace(0, turns * 2 * np.pi, int(turns * 28))
    radius = 0.12 + random.between(0.025, 0.05) * angle
    spiral = np.stack([radius * np.sin(angle), radius * np.cos(angle)], -1)
    tail = random.between(0.5, 1.8)
    end = spiral[-1]
    out = np.stack([end[0] - np.linspace(0.05, tail, 12), np.full(12, end[1])], -1)
    line = np.concatenate([spiral, out])
    t = np.linspace(0, 1, len(line))
    width = wide * (0.45 + 0.55 * t)
    w = np.linspace(0, 1, 7)
    tips = np.clip((t - 0.93) / 0.07, 0, 1)[:, None]
    across = (w[None] - 0.5) * width[:, None] * (1 - tips)
    grid = np.stack([np.repeat(line[:, :1], 7, 1), across, np.repeat(line[:, 1:], 7, 1)], -1)
    mesh = sheet(grid)
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    uv = np.stack([np.broadcast_to(w * wide, grid.shape[:2]), np.repeat(length[:, None], 7, 1)], -1).reshape(-1, 2)
    roll = Mesh(mesh.points, mesh.normals, uv, mesh.faces)
    back = Mesh(mesh.points + mesh.normals * 0.02, -mesh.normals, uv, mesh.faces[:, ::-1])
    both = merged([roll, back])
    if random.maybe(0.2):
        return [(both.turned("x", 90), skin)]
    return [(both.turned("z", random.between(30, 110)), skin)]


def bow(random: Chance, skin: Material) -> list[Part]:
    wide, high = random.between(0.45, 0.65), random.between(0.2, 0.35)
    t = np.linspace(-1, 1, 30)
    half = high * (0.3 + 0.7 * np.sin(np.abs(t) ** 0.8 * np.pi / 2) - 0.12 * (np.abs(t) > 0.9))
    points = np.stack([t * wide, 0 * t, 0 * t], -1)
    wing = sweep(points, superellipse(0.09, 1.0, 3, 24), half, (0, 0, 1))
    knot = box(0.16, 0.22, high * 0.8, 0.06, 3).at(0, 0, -high * 0.4)
    parts: list[Part] = [(wing, skin), (knot, skin)]
    if random.maybe(0.5):
        path = smooth(
            [(-0.1, 0.05, 0), (-0.9, 0.2, 0.1), (-0.6, 0.9, 0.3), (0.6, 0.9, 0.3), (0.9, 0.2, 0.1), (0.1, 0.05, 0)], 40
        )
        parts.append((band(path, 0.18, 0.03, (0, 0, 1)), skin))
    return parts


def _folded(random: Chance, skin: Material) -> list[Part]:
    """Laid in two or three lengths, one over the other."""
    length, wide = random.between(2, 4), random.between(0.7, 1.0)
    parts: list[Part] = [(_blade(length, wide, wide * 0.6, 0.0, random.between(0.35, 0.6)), skin)]
    for k in range(int(random.integers(1, 3))):
        under = _blade(length * random.between(0.7, 1.05), wide * 0.75, wide * 0.5, 0.06 * (k + 1))
        parts.append((under.turned("y", random.between(-25, 25)), skin))
    return parts


def tie(random: Chance) -> Product:
    skin = silk(random)
    kind = random.variant(("hanging", "hanging", "looped", "rolled", "rolled", "bow", "blade", "folded"))
    if kind == "rolled":
        return Product("tie", tuple(rolled(random, skin)), ("stand",))
    if kind == "bow":
        return Product("tie", tuple(bow(random, skin)), ("lie", "hang"))
    if kind == "folded":
        return Product("tie", tuple(_folded(random, skin)), ("lie",))
    if kind == "blade":
        wide = random.between(0.6, 1.0)
        blade = _blade(
            random.between(2.5, 6),
            wide,
            wide * random.between(0.4, 0.7),
            0,
            random.between(0.35, 0.6),
            random.between(0, 0.5),
        )
        return Product("tie", ((blade, skin),), ("lie", "hang"))
    return Product("tie", tuple(tied(random, random.between(2.5, 5), skin, kind == "looped")), ("lie", "lie", "hang"))


# --- people -----------------------------------------------------------------------------------------------------------

_SKIN = ((0.85, 0.62, 0.5), (0.72, 0.48, 0.36), (0.45, 0.28, 0.2), (0.9, 0.7, 0.6), (0.28, 0.17, 0.12))


def _torso(coat: Material, wide: float, tall: float) -> Part:
    t = np.linspace(0, 1, 18)
    sx = np.interp(t, [0, 0.35, 0.8, 0.92, 1.0], [0.82, 0.78, 1.0, 0.75, 0.3])
    sy = np.interp(t, [0, 0.35, 0.8, 0.92, 1.0], [0.9, 0.85, 1.0, 0.8, 0.55])
    rings = [(0, 0, 0), (0, sx[0], sy[0]), *zip(t * tall, sx, sy, strict=True), (tall, 0, 0)]
    return loft(superellipse(wide / 2, wide * 0.27, 2.6, 48), rings), coat


def wearer(random: Chance) -> tuple[Product, Product | None]:
    """A mannequin or stylised person from the hips up, and the tie it wears, if it wears one."""
    dummy = random.maybe(0.35)
    wide, tall = random.between(4.0, 4.8), random.between(5.2, 6.2)
    flesh = (
        matt(random, random.one_of(_SKIN))
        if not dummy
        else glossy(random, random.one_of(((0.9, 0.9, 0.88), (0.05, 0.05, 0.05), (0.6, 0.5, 0.4))))
    )
    shirt = cloth(random, random.one_of(((0.95, 0.95, 0.97), (0.75, 0.83, 0.95), (0.05, 0.05, 0.06), hue(random))))
    coat = random.one_of((cloth, matt))(random, shade(hue(random), random.between(0.3, 1)))
    suit = random.maybe(0.6)
    parts: list[Part] = [_torso(coat if suit else shirt, wide, tall)]
    front = wide * 0.27
    if suit:  # the opening of the jacket with its lapels
        opening = polygon([(0, -1), (0.5, 0.55), (0.42, 1), (-0.42, 1), (-0.5, 0.55)], 8) * (wide * 0.3, tall * 0.33)
        chest = upright(slab(opening, 0.12, 0.04)).turned("x", 3).at(0, -front * 0.93, tall * 0.66)
        parts.append((chest, shirt))
        for side in (-1, 1):
            lapel = polygon(
                [(0, -1), (side * 0.3, 0.5), (side * 0.5, 0.45), (side * 0.42, 1), (side * 0.15, 0.95)], 6
            ) * (wide * 0.36, tall * 0.34)
            center = lapel.mean(0)
            plate = upright(slab(lapel - center, 0.08, 0.02)).at(
                side * 0.25 + center[0] * 1.05, -front * 0.97, tall * 0.66 + center[1]
            )
            parts.append(
                (plate, Material(shade(coat.color, 0.8), coat.roughness, texture=coat.texture, repeat=coat.repeat))
            )
    for side in (-1, 1):
        spread = random.between(0.4, 1.6)
        arm = smooth(
            [
                (side * wide * 0.42, 0, tall * 0.84),
                (side * (wide * 0.5 + spread * 0.3), 0.1, tall * 0.45),
                (side * (wide * 0.45 + spread * 0.4), -spread * 0.5, 0.1),
            ],
            24,
        )
        parts.append((tube(arm, np.linspace(0.62, 0.42, 24)), coat if suit else shirt))
        parts.append((ball(0.36, 0.25, 0.5).at(*arm[-1]), flesh))
        collar = polygon([(0, -0.5), (side * 0.75, 0.1), (side * 0.65, 0.5), (side * 0.1, 0.35)], 5)
        middle = collar.mean(0)
        plate = upright(slab(collar - middle, 0.1, 0.03)).turned("x", -20).at(middle[0], -front * 0.86, tall * 0.965)
        parts.append((plate, shirt))
    neck = tube(np.array([[0, 0.1, tall * 0.92], [0, 0.05, tall + 0.7]]), 0.55)
    parts.append((neck, flesh))
    if random.maybe(0.7):
        head = ball(0.72, 0.85, 1.0).at(0, -0.05, tall + 1.45)
        parts.append((head, flesh))
        if not dummy:
            hair = matt(
                random, random.one_of(((0.04, 0.03, 0.02), (0.2, 0.11, 0.05), (0.6, 0.45, 0.2), (0.35, 0.33, 0.32)))
            )
            parts.append((ball(0.78, 0.85, 0.85).at(0, 0.12, tall + 1.72), hair))
            if random.maybe(0.4):
                parts.append((ball(0.85, 0.5, 1.3).at(0, 0.4, tall + 1.1), hair))
            eyes = [ball(0.09, 0.05, 0.06).at(s * 0.27, -0.84, tall + 1.5) for s in (-1, 1)]
            parts.append((merged(eyes), glossy(random, (0.05, 0.04, 0.04))))
            parts.append((ball(0.12, 0.14, 0.2).at(0, -0.88, tall + 1.27), flesh))
            parts.append((ball(0.24, 0.06, 0.06).at(0, -0.8, tall + 0.95), matt(random, (0.6, 0.25, 0.22))))
    worn = None
    if random.maybe(0.8):
        skin = silk(random)
        ribbon = bow(random, skin) if random.maybe(0.25) else tied(random, random.between(3.0, 4.6), skin, False)
        lean = 2.0
        worn = Product(
            "tie", tuple((mesh.turned("x", lean).at(0, -front * 0.98 - 0.18, tall * 0.93), of) for mesh, of in ribbon)
        )
    person = Product("person" if not dummy or random.maybe(0.5) else None, tuple(parts))
    return person, worn
