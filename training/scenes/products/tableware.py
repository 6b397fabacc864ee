"""Cups, forks, knives, spoons, bottles, and the plates and pots beside them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from training.scenes.geometry import (
    Floats,
    Mesh,
    ball,
    box,
    circle,
    lathe,
    loft,
    merged,
    rotation,
    smooth,
    strip,
    superellipse,
    sweep,
    tube,
)  # fmt: skip
from training.scenes.materials import (
    Chance,
    Material,
    cloth,
    glass,
    glossy,
    hue,
    leather,
    lined,
    marble,
    matt,
    metal,
    pattern,
    printed,
    shade,
    wood,
)  # fmt: skip
from training.scenes.products.product import Part, Product


def _vessel(profile: Floats, wall: float, floor: float) -> tuple[Mesh, Mesh]:
    """Outside and inside of a vessel whose outside is (radius, z) from the foot up."""
    foot = [(0.0, profile[0, 1]), (profile[0, 0] * 0.95, profile[0, 1])]
    rim = (profile[-1, 0] - wall / 2, profile[-1, 1] + wall / 2)
    outside = lathe([*foot, *map(tuple, profile), rim], 56)
    inner = profile[profile[:, 1] > floor][::-1] - (wall, 0)
    inside = lathe([rim, *map(tuple, inner), (inner[-1, 0] * 0.9, floor), (0.0, floor)], 56)
    return outside, inside


def _drink(random: Chance, profile: Floats, wall: float, level: float) -> Part:
    radius = float(np.interp(level, profile[:, 1], profile[:, 0])) - wall
    color = random.one_of(
        ((0.09, 0.04, 0.02), (0.35, 0.2, 0.1), (0.45, 0.18, 0.04), (0.85, 0.75, 0.6), (0.5, 0.6, 0.2))
    )
    return lathe([(radius, level), (radius * 0.5, level), (0, level)], 40), Material(color, 0.15)


def _ear(random: Chance, profile: Floats, height: float, thick: float) -> Mesh:
    """A cup's handle on its +x side."""
    kind = random.variant(("C", "C", "D", "ear", "square", "ring"))
    low, high = height * random.between(0.12, 0.3), height * random.between(0.72, 0.9)
    reach = height * random.between(0.28, 0.5)
    foot, head = (float(np.interp(z, profile[:, 1], profile[:, 0])) - thick * 0.3 for z in (low, high))
    middle = (low + high) / 2
    out = max(foot, head) + reach
    corners = {
        "C": [(head, high), (out * 0.93, high * 0.98), (out, middle), (out * 0.9, low * 1.1), (foot, low)],
        "D": [(head, high), (out, high), (out, middle), (foot + reach * 0.5, low + 0.05), (foot, low)],
        "ear": [(head, high), (out, high + 0.08), (out * 0.98, middle + 0.1), (foot + reach * 0.3, low), (foot, low)],
        "square": [(head, high), (out, high), (out, middle), (out, low), (foot, low)],
        "ring": [(head, high), (out, high * 0.9), (out, middle), (out, middle * 0.8), (head, middle * 0.8)],
    }[kind]
    path = smooth([(x, 0, z) for x, z in corners], 30)
    return sweep(path, superellipse(thick * random.between(0.6, 1.3), thick * 0.7, 2.5, 16), 1.0, (0, 1, 0))


def cup(random: Chance) -> Product:
    kind = random.variant(("mug", "mug", "mug", "taper", "tea", "tea", "espresso", "paper", "tumbler", "barrel"))
    h = {"tea": 0.6, "espresso": 0.55, "paper": 1.25, "tumbler": 1.6}.get(kind, 0.95) * random.between(0.85, 1.15)
    t = np.linspace(0, 1, 16)
    r = random.between(0.36, 0.48)
    radii = {
        "mug": r + 0 * t - 0.04 * (t < 0.04),
        "taper": r * (0.75 + 0.3 * t),
        "tea": r * (0.55 + 0.7 * t ** random.between(0.35, 0.6)),
        "espresso": r * (0.6 + 0.25 * np.sqrt(t)),
        "paper": r * (0.7 + 0.28 * t),
        "tumbler": r * (0.75 + 0.2 * t),
        "barrel": r * (0.85 + 0.22 * np.sin(np.pi * (0.1 + 0.8 * t))),
    }[kind]
    profile = np.stack([radii, h * t], -1)
    skin = printed(random) if random.maybe(0.5) else random.one_of((glossy, glossy, glossy, matt, metal))(random)
    if random.maybe(0.25):  # a white cup with a picture on it
        skin = Material((1, 1, 1), 0.15, texture=_on_white(random))
    if kind in {"mug", "tea"} and random.maybe(0.12):
        skin = glass(random)
    trim = skin if skin.texture is None else glossy(random, random.one_of(((0.93, 0.93, 0.93), hue(random))))
    inner = trim if random.maybe(0.6) else glossy(random)
    wall = 0.03
    outside, inside = _vessel(profile, wall, 0.06 * h)
    turn = random.between(-70, 70)
    parts: list[Part] = [
        (
            outside.turned("z", turn - 90),
            replace(skin, repeat=random.one_of((1, 2, 3)) if skin.texture is not None else 1),
        )
    ]
    if kind in {"paper", "tumbler"} and random.maybe(0.8):
        lid = lathe(
            [
                (r, h * 0.98),
                (r * 1.06, h * 0.98),
                (r * 1.06, h * 1.03),
                (r * 0.9, h * 1.05),
                (r * 0.88, h * 1.1),
                (0, h * 1.1),
            ],
            48,
        )
        parts.append((lid, glossy(random, random.one_of(((0.95, 0.95, 0.95), (0.05, 0.05, 0.05), hue(random))))))
        if random.maybe(0.5):
            sleeve = lathe(
                [(float(np.interp(z, profile[:, 1], radii)) + 0.02, z) for z in np.linspace(h * 0.3, h * 0.7, 6)], 48
            )
            parts.append((sleeve, matt(random)))
    else:
        parts.append((inside, lined(inner)))
        if random.maybe(0.5):
            parts.append(_drink(random, profile, wall, h * random.between(0.6, 0.88)))
    if kind in {"mug", "taper", "tea", "espresso", "barrel"} and random.maybe(0.93):
        handle = _ear(random, profile, h, random.between(0.06, 0.1))
        parts.append((handle.turned("z", turn), trim if skin.opacity == 1 else skin))
    if random.maybe(0.2):
        ring = tube(
            np.stack([np.cos(a := np.linspace(0, 2 * np.pi, 40)) * radii[-1], np.sin(a) * radii[-1], 0 * a + h], -1),
            0.02,
        )
        parts.append((ring, metal(random, "gold", "steel")))
    return Product("cup", tuple(parts), ("stand", "stand", "stand", "stand", "lie"))


def _on_white(random: Chance) -> np.ndarray:  # type: ignore[type-arg]
    from training.scenes.materials import SIDE

    image = np.full((SIDE, SIDE, 3), random.one_of((255, 245, 20)), np.uint8)
    size = int(random.between(70, 150))
    x, y = (SIDE - size) // 2, int(random.between(20, SIDE - size - 10)) if size < SIDE - 30 else 5
    import cv2

    image[y : y + size, x : x + size] = cv2.resize(pattern(random), (size, size), interpolation=cv2.INTER_AREA)
    return image


def saucer(random: Chance, radius: float | None = None, made_of: Material | None = None) -> Product:
    r = radius or random.between(0.7, 1.4)
    deep = r * random.between(0.1, 0.25)
    profile = [
        (0, 0),
        (r * 0.55, 0),
        (r * 0.6, 0.02),
        (r * 0.8, deep * 0.5),
        (r, deep),
        (r * 0.99, deep + 0.03),
        (r * 0.78, deep * 0.5 + 0.05),
        (r * 0.58, 0.07),
        (0, 0.06),
    ]
    skin = made_of or (printed(random) if random.maybe(0.3) else random.one_of((glossy, glossy, matt, wood))(random))
    return Product(None, ((lathe(profile, 64), skin),))


# --- cutlery lies along x, its bowl, tines or blade at +x -------------------------------------------------------------


def _grip(random: Chance, length: float, neck: float) -> tuple[Mesh, bool]:
    """A handle from x = -length to 0, and whether it is thick enough for wood or plastic."""
    kind = random.variant(("flare", "flare", "drop", "straight", "thick", "thick", "waisted"))
    t = np.linspace(0, 1, 22)
    wide = random.between(0.09, 0.15)
    half = {
        "flare": neck + (wide - neck) * (1 - t) ** 1.5,
        "drop": neck + (wide - neck) * np.exp(-(((t - 0.15) / 0.22) ** 2)),
        "straight": np.full_like(t, max(neck, wide * 0.6)),
        "thick": wide * 0.85 * (1 - 0.25 * np.sin(np.pi * t)),
        "waisted": neck + (wide - neck) * np.abs(np.cos(np.pi * t * 0.8)),
    }[kind]
    half = half * np.sqrt(np.clip(t / 0.05 + 0.15, 0, 1))
    thick = random.between(0.12, 0.22) if kind == "thick" else random.between(0.03, 0.06)
    rise = 0.06 * np.sin(np.pi * t) + thick / 2
    return strip(-length + length * t, half, -half, rise, thick), kind == "thick"


def _finish(random: Chance) -> Material:
    return metal(random, "steel", "steel", "steel", "chrome", "gold", "black", "copper", "rose", "rainbow")


Set = tuple[Material, Material]
"""What the metal and the grips of one set are of."""


def cutlery_set(random: Chance) -> Set:
    iron = _finish(random)
    grip = random.one_of((wood, glossy, glossy, matt, printed, leather))(random)
    return iron, grip


def _assembled(random: Chance, label: str, head: list[Mesh], length: float, neck: float, of: Set | None) -> Product:
    iron, grip = of or cutlery_set(random)
    handle, thick = _grip(random, length, neck)
    parts = [(merged(head), iron), (handle, grip if thick or random.maybe(0.15) else iron)]
    return Product(label, tuple(parts), ("flat",))


def spoon(random: Chance, of: Set | None = None) -> Product:
    size, long = random.between(0.2, 0.34), random.between(1.25, 2.0)
    neck = 0.035
    t = np.linspace(0, 1, 26)
    n = random.between(0.8, 1.1)
    half = size * np.sin(np.pi * t**n) ** random.between(0.55, 0.75) + neck * (1 - t) + 0.004
    bowl = size * random.between(0.3, 0.6) * np.sin(np.pi * np.clip(t, 0, 1)) ** 0.7
    x = t * size * random.between(2.4, 3.2)
    head = strip(x, half, -half, 0.1 + 0.04 * t + 0 * t, 0.025, bowl)
    return _assembled(random, "spoon", [head], long, neck, of)


def fork(random: Chance, of: Set | None = None) -> Product:
    long, half = random.between(1.2, 1.7), random.between(0.11, 0.17)
    tines = int(random.variant((4, 4, 4, 3, 2)))
    root, tip = random.between(0.3, 0.45), random.between(0.45, 0.7)
    neck = 0.035
    t = np.linspace(0, 1, 14)
    width = neck + (half - neck) * (3 * t**2 - 2 * t**3)

    def height(x: Floats) -> Floats:
        s = x / (root + tip)
        return 0.1 - 0.16 * np.sin(np.pi * np.clip(s, 0, 1)) + 0.06 * s

    head = [strip(t * root, width, -width, height(t * root), 0.03)]
    pitch = 2 * half / (tines + (tines - 1) * 0.75)
    for k in range(tines):
        y = -half + pitch / 2 + k * pitch * 1.75
        x = root - 0.03 + t * tip
        taper = pitch / 2 * (1 - 0.75 * t**3)
        head.append(strip(x, y + taper, y - taper, height(x), 0.03))
    return _assembled(random, "fork", head, long, neck, of)


def knife(random: Chance, of: Set | None = None) -> Product:
    kind = random.variant(("table", "table", "chef", "chef", "steak", "bread", "santoku"))
    t = np.linspace(0, 1, 24)
    x = t * {"table": 1.15, "chef": 2.0, "steak": 1.2, "bread": 2.1, "santoku": 1.7}[kind] * random.between(0.85, 1.15)
    deep = {"table": 0.1, "chef": 0.26, "steak": 0.1, "bread": 0.16, "santoku": 0.28}[kind] * random.between(0.85, 1.2)
    spine = deep * np.where(t > 0.75, 1 - ((t - 0.75) / 0.25) ** 2 * random.between(0.3, 1.4), 1)
    edge = -deep * np.sqrt(np.clip(1 - t ** random.between(4, 10), 0, 1))
    if kind == "santoku":
        spine = deep * np.sqrt(np.clip(1 - t**5, 0, 1))
        edge = -deep * (1 - 0.1 * t)
    spine = np.maximum(spine, edge + 0.004)
    level = 0.05 + 0 * t
    blade = strip(x, spine, edge, level, 0.03)
    if kind == "table":
        return _assembled(random, "knife", [blade], random.between(1.0, 1.3), 0.06, of)
    iron = of[0] if of and random.maybe(0.5) else metal(random, "steel", "steel", "chrome", "black")
    grip = random.one_of((wood, matt, glossy, glossy))(random)
    if random.maybe(0.5):
        grip = matt(random, (0.03, 0.03, 0.03))
    long = random.between(1.0, 1.35)
    s = np.linspace(0, 1, 20)
    half = (0.12 + 0.03 * np.cos(2 * np.pi * s) + 0.03 * (1 - s)) * np.sqrt(np.clip(s / 0.04 + 0.2, 0, 1))
    handle = strip(-long + long * s, half, -half, 0.09 + 0 * s, 0.18)
    parts: list[Part] = [(blade, iron), (handle, grip)]
    if random.maybe(0.5):
        rivets = [lathe([(0.035, 0.1), (0.035, 0.185), (0, 0.19)], 12).at(-long * f) for f in (0.25, 0.5, 0.75)]
        parts.append((merged(rivets), metal(random, "steel", "gold")))
    return Product("knife", tuple(parts), ("flat",))


def bottle(random: Chance) -> Product:
    kind = random.variant(("wine", "water", "water", "sport", "shampoo", "flask", "perfume"))
    h, r = random.between(2.2, 3.2), random.between(0.36, 0.48)
    shoulder = {"wine": 0.62, "water": 0.75, "sport": 0.8, "shampoo": 0.82, "flask": 0.8, "perfume": 0.8}[kind]
    neck = r * {"wine": 0.33, "water": 0.35, "sport": 0.55, "shampoo": 0.3, "flask": 0.7, "perfume": 0.3}[kind]
    t = np.linspace(0, 1, 10)
    curve = neck + (r - neck) * (1 - t**2) ** random.between(0.4, 1.0)
    body = [
        (0, 0),
        (0, 0.9 * r),
        (0.03, r),
        *((h * shoulder * a, r * (1 - 0.03 * np.sin(6 * np.pi * a) * (kind == "water"))) for a in t),
    ]
    top = [(h * (shoulder + (0.92 - shoulder) * a), c) for a, c in zip(t, curve, strict=True)]
    outline = circle(1.0, 48) if kind != "shampoo" or random.maybe(0.4) else superellipse(1.25, 0.7, 2.5, 48)
    skin = (
        glass(random)
        if kind in {"wine", "water", "perfume"} and random.maybe(0.6)
        else random.one_of((glossy, matt, metal))(random)
    )
    if kind == "wine" and random.maybe(0.6):
        skin = Material(random.one_of(((0.02, 0.06, 0.03), (0.08, 0.04, 0.02), (0.01, 0.01, 0.01))), 0.08)
    parts: list[Part] = [(loft(outline, [*body, *top, (h * 0.92, neck), (h, neck), (h, 0)]), skin)]
    cap = glossy(random) if random.maybe(0.7) else metal(random)
    parts.append((lathe([(0, h * 0.94), (neck * 1.15, h * 0.94), (neck * 1.15, h * 1.02), (0, h * 1.02)], 32), cap))
    if random.maybe(0.75):
        label = loft(outline, [(h * a, r * 1.012) for a in np.linspace(0.15, shoulder * 0.8, 4)])
        parts.append((label.turned("z", 90), printed(random)))
    return Product("bottle", tuple(parts), ("stand", "stand", "stand", "lie"))


def jar(random: Chance) -> Product:
    """A jar, pot, vase or candle: what looks like a cup and is none."""
    h, r = random.between(0.6, 2.2), random.between(0.4, 0.8)
    t = np.linspace(0, 1, 12)
    radii = r * (0.8 + random.between(0, 0.4) * np.sin(np.pi * t * random.between(0.6, 1.1)))
    profile = np.stack([radii, h * t], -1)
    skin = random.one_of((glossy, matt, glass, printed))(random)
    outside, inside = _vessel(profile, 0.05, 0.1)
    parts: list[Part] = [(outside, skin)]
    if random.maybe(0.6):
        lid = lathe([(0, h), (radii[-1] * 1.05, h), (radii[-1] * 1.05, h * 1.12), (0, h * 1.14)], 40)
        parts.append((lid, random.one_of((metal, wood, glossy))(random)))
    else:
        parts.append((inside, lined(skin)))
        leaves = [
            ball(0.08, 0.03, random.between(0.3, 0.7))
            .turned("x", random.between(-40, 40))
            .turned("z", random.between(0, 360))
            .at(0, 0, h * 1.2)
            for _ in range(int(random.integers(4, 14)))
        ]
        if random.maybe(0.6):
            parts.append((merged(leaves), matt(random, shade((0.2, 0.45, 0.15), random.between(0.5, 1.5)))))
    return Product(None, tuple(parts))


def board(random: Chance) -> Product:
    """A chopping board, tray or napkin to lie under things."""
    skin = (
        random.one_of((wood, cloth, printed))(random)
        if random.maybe(0.8)
        else Material((1, 1, 1), 0.3, texture=marble(random))
    )
    return Product(
        None, ((box(random.between(2, 3.4), random.between(1.6, 2.6), random.between(0.02, 0.2), 0.01, 8), skin),)
    )


def stood_up(product: Product, lean: float = 0.0) -> Product:
    """Cutlery on end, its head up."""
    return product.moved(rotation("y", -90 + lean))
