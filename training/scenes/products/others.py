"""What shops sell besides: no class of ours, so that not everything on white is a bag or a watch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.scenes.geometry import (
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
    anything,
    cloth,
    glass,
    glossy,
    leather,
    matt,
    metal,
    printed,
)  # fmt: skip
from training.scenes.products.product import Part, Product
from training.scenes.products.tableware import jar, saucer


def _product(parts: list[Part], *poses: str) -> Product:
    return Product(None, tuple(parts), poses or ("stand",))


def phone(random: Chance) -> Product:
    w, h = random.between(0.68, 0.8), random.between(1.4, 1.65)
    dark = glossy(random)
    parts: list[Part] = [(slab(superellipse(w / 2, h / 2, 10, 64), 0.09, 0.03), dark)]
    face = printed(random) if random.maybe(0.7) else glossy(random)
    parts.append((slab(superellipse(w * 0.47, h * 0.48, 12, 64), 0.004).at(0, 0, 0.09), face))
    if random.maybe(0.5):
        lenses = [
            lathe([(0.09, 0.09), (0.09, 0.12), (0, 0.12)], 20).at(-w * 0.25 + 0.2 * (k % 2), h * 0.36 - 0.2 * (k // 2))
            for k in range(3)
        ]
        parts.append((merged(lenses), glossy(random, (0.02, 0.02, 0.03))))
    return _product([(upright(mesh), of) for mesh, of in parts], "stand", "lie")


def cable(random: Chance) -> Product:
    turns, r = random.between(1, 4), random.between(0.4, 0.8)
    angle = np.linspace(0, turns * 2 * np.pi, 120)
    coil = np.stack([np.cos(angle) * (r + 0.03 * angle), np.sin(angle) * (r + 0.03 * angle), 0.04 + 0.02 * angle], -1)
    ends = smooth([coil[-1], coil[-1] + (0.3, 0.5, 0), coil[-1] + random.normal(0, 0.6, 3) * (1, 1, 0)], 30)
    skin, plug = matt(random), glossy(random)
    parts: list[Part] = [(tube(np.concatenate([coil, ends[1:]]), 0.045, 10), skin)]
    parts.append((box(0.12, 0.3, 0.08, 0.02).at(*ends[-1]), plug))
    return _product(parts, "flat")


def headphones(random: Chance) -> Product:
    arch = smooth([(-0.8, 0, 0), (-0.85, 0, 0.7), (0, 0, 1.35), (0.85, 0, 0.7), (0.8, 0, 0)], 40)
    skin = anything(random)
    cups = [
        slab(superellipse(0.35, 0.45, 2.4, 40), 0.3, 0.1).turned("y", 90).at(s * 0.8 - 0.15, 0, -0.1) for s in (-1, 1)
    ]
    return _product(
        [(band(arch, random.between(0.15, 0.35), 0.1, (0, 1, 0)), skin), (merged(cups), glossy(random))], "stand", "lie"
    )


def shirt(random: Chance) -> Product:
    sleeve = random.between(0.25, 0.6)
    half = [(0.55, -2), (0.6, 0.3), (1.0, -0.1 - sleeve), (1.35, 0.2 - sleeve), (0.95, 1.05), (0.3, 1.3), (0, 1.15)]
    outline = polygon([*((x * 1.4, y) for x, y in half), *((-x * 1.4, y) for x, y in half[-2::-1])], 8)
    skin = cloth(random) if random.maybe(0.5) else printed(random, 1, (0.7, 1.0))
    parts: list[Part] = [(slab(outline, 0.08, 0.03), skin)]
    if random.maybe(0.5):
        parts.append((slab(superellipse(0.4, 0.4, 8), 0.01).at(0, 0.0, 0.08), printed(random)))
    return _product(parts, "flat")


def shoe(random: Chance) -> Product:
    t = np.linspace(0, 1, 30)
    wide = 0.4 * (0.75 + 0.35 * np.sin(np.pi * (t * 0.9 + 0.35)) ** 2)
    tall = np.interp(t, [0, 0.1, 0.35, 0.6, 0.9, 1.0], [0.7, 0.95, 0.85, 0.5, 0.32, 0.1])
    ring = superellipse(1, 1, 3, 32)
    rings = [(x, a, b / 2, 0, b / 2) for x, a, b in zip(t * 2.7 - 1.35, wide, tall, strict=True)]
    body = loft(ring, [(rings[0][0], 0, 0, 0, 0.4), *rings, (1.36, 0, 0, 0, 0.1)])
    skin = anything(random)
    # The loft runs along z: lay it along x, its second axis upwards.
    upper = body.moved(np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]]))
    sole = slab(superellipse(1.42, 0.42, 3, 48), random.between(0.1, 0.3), 0.04).at(0, 0, -0.12)
    parts: list[Part] = [(upper, skin), (sole, glossy(random))]
    laces = [
        tube(
            smooth([(x, -0.25, 0.68 - 0.28 * x), (x + 0.08, 0, 0.78 - 0.28 * x), (x, 0.25, 0.68 - 0.28 * x)], 10), 0.03
        )
        for x in np.linspace(-0.1, 0.55, 5)
    ]
    parts.append((merged(laces), matt(random)))
    shoe_ = [(mesh.turned("z", random.between(-40, 40)), of) for mesh, of in parts]
    if random.maybe(0.4):
        shoe_ += [(mesh.at(0.2, 1.1), of) for mesh, of in shoe_]
    return _product(shoe_)


def carton(random: Chance) -> Product:
    size = random.uniform(0.6, 2.5, 3)
    skin = printed(random) if random.maybe(0.7) else matt(random)
    return _product([(box(size[0], size[1], size[2], 0.02, 14).facing(), skin)], "stand", "lie")


def sphere(random: Chance) -> Product:
    r = random.between(0.3, 1.2)
    return _product([(ball(r), printed(random, random.one_of((1, 2))) if random.maybe(0.6) else anything(random))])


def lamp(random: Chance) -> Product:
    h, r = random.between(1.5, 3.5), random.between(0.6, 1.1)
    shade_ = lathe([(r, h), (r * 0.95, h + 0.05), (r * random.between(0.4, 0.9), h + r * 1.1)], 48)
    foot = lathe(
        [(0, 0), (r * 0.7, 0), (r * 0.65, 0.1), (0.1, 0.16), (0.06, h * 0.5), (0.07, h + 0.4), (0, h + 0.4)], 40
    )
    return _product([(shade_, cloth(random)), (foot, anything(random))])


def toy(random: Chance) -> Product:
    fur, light = matt(random), matt(random)
    body = [ball(0.7, 0.6, 0.8).at(0, 0, 0.8), ball(0.6).at(0, -0.05, 2.0)]
    body += [ball(0.22, 0.15, random.between(0.2, 0.6)).at(s * 0.42, 0, 2.55) for s in (-1, 1)]
    body += [ball(0.25, 0.25, 0.55).turned("y", s * 40).at(s * 0.75, -0.15, 1.1) for s in (-1, 1)]
    body += [ball(0.3, 0.6, 0.3).at(s * 0.4, -0.5, 0.3) for s in (-1, 1)]
    dark = glossy(random, (0.03, 0.03, 0.03))
    eyes = [ball(0.08).at(s * 0.22, -0.58, 2.15) for s in (-1, 1)] + [ball(0.1, 0.08, 0.07).at(0, -0.75, 1.95)]
    return _product([(merged(body), fur), (ball(0.3, 0.25, 0.22).at(0, -0.5, 1.88), light), (merged(eyes), dark)])


def book(random: Chance) -> Product:
    w, h, d = random.between(1.2, 1.8), random.between(1.8, 2.4), random.between(0.1, 0.5)
    pages = box(w * 0.97, d * 0.9, h * 0.97, 0.01, 14).at(0.02, 0, h * 0.015)
    covers = [box(w, 0.04, h, 0.01, 14).at(0, s * d / 2).facing() for s in (-1, 1)]
    return _product([(pages, matt(random, (0.93, 0.91, 0.85))), (merged(covers), printed(random))], "stand", "lie")


def glasses(random: Chance) -> Product:
    skin = glossy(random)
    shape = superellipse(0.33, random.between(0.2, 0.3), random.one_of((2, 3, 6)), 40)
    rims = [tube(np.stack([shape[:, 0] + s * 0.4, 0 * shape[:, 0], shape[:, 1] + 0.3], -1), 0.03) for s in (-1, 1)]
    legs = [
        tube(smooth([(s * 0.73, 0, 0.35), (s * 0.75, 1.0, 0.35), (s * 0.72, 1.4, 0.15)], 20), 0.03) for s in (-1, 1)
    ]
    lens = [upright(slab(shape * 0.95, 0.01)).at(s * 0.4, 0, 0.3) for s in (-1, 1)]
    return _product(
        [
            (merged([*rims, *legs, tube(np.array([[-0.1, 0, 0.35], [0.1, 0, 0.35]]), 0.03)]), skin),
            (merged(lens), Material((0.05, 0.05, 0.06), 0.05, 0, random.between(0.3, 0.95))),
        ]
    )


def belt(random: Chance) -> Product:
    skin = leather(random)
    angle = np.linspace(0, random.between(1.5, 3) * 2 * np.pi, 90)
    radius = 0.5 + 0.035 * angle
    coil = np.stack([np.cos(angle) * radius, np.sin(angle) * radius, 0.2 + 0 * angle], -1)
    buckle = superellipse(0.25, 0.22, 5, 32)
    at = np.array([radius[-1] * 0.8, -radius[-1] * 0.7, 0.2])
    ring = np.stack([buckle[:, 0], 0 * buckle[:, 0], buckle[:, 1]], -1) + at
    return _product([(band(coil, 0.35, 0.04, (0, 0, 1)), skin), (tube(ring, 0.035), metal(random))], "flat")


def hat(random: Chance) -> Product:
    r, h = random.between(0.8, 1.0), random.between(0.6, 1.0)
    brim = random.between(1.1, 1.8)
    crown = loft(
        circle(1, 48),
        [
            (0, r * brim),
            (0.04, r * brim),
            (0.05, r),
            *((h * a, r * (1 - 0.25 * a**3)) for a in np.linspace(0.1, 1, 8)),
            (h, 0),
        ],
    )
    return _product([(crown, anything(random))])


def pillow(random: Chance) -> Product:
    r = random.between(1.4, 2.2)
    t = np.linspace(-1, 1, 17)
    rings = [(0.45 * a, (1 - abs(a) ** 3) ** 0.4 if abs(a) < 1 else 0) for a in t]
    return _product(
        [(loft(superellipse(r, r * random.between(0.6, 1), 5, 56), rings).turned("x", 90).facing(), printed(random))],
        "stand",
        "lie",
    )


def tool(random: Chance) -> Product:
    """Long things that are no cutlery: pens, brushes, screwdrivers, toothbrushes."""
    long, r = random.between(1.2, 2.4), random.between(0.04, 0.12)
    grip = lathe([(0, 0), (r, 0), (r, long * 0.55), (r * 0.7, long * 0.6), (0, long * 0.6)], 20)
    end = random.one_of(
        (
            lathe([(r * 0.4, long * 0.58), (r * 0.4, long), (0, long * 1.04)], 16),
            box(r * 2.5, r * 2, long * 0.3, r * 0.4).at(0, 0, long * 0.7),
            lathe([(r * 0.5, long * 0.58), (r * 1.6, long * 0.75), (0.02, long)], 20),
        )
    )
    shaft = tube(np.array([[0, 0, long * 0.5], [0, 0, long * 0.75]]), r * 0.4)
    return _product(
        [
            (grip.turned("y", 90), glossy(random)),
            (end.turned("y", 90), anything(random)),
            (shaft.turned("y", 90), metal(random)),
        ],
        "flat",
    )


def jewellery(random: Chance) -> Product:
    """Rings and bracelets: round metal, no dial."""
    r = random.between(0.12, 0.4)
    t = np.linspace(0, 2 * np.pi, 60)
    ring = tube(np.stack([np.cos(t) * r, 0 * t, np.sin(t) * r], -1), r * random.between(0.06, 0.2))
    parts: list[Part] = [(ring, metal(random, "gold", "steel", "rose", "chrome"))]
    if random.maybe(0.6):
        parts.append((ball(r * 0.3, r * 0.3, r * 0.25, 6).at(0, 0, r * 1.15), glass(random)))
    return _product(parts, "stand", "lie")


def medal(random: Chance) -> Product:
    """Round plates that are no clocks: coins, coasters, plates on a wall, records."""
    r = random.between(0.5, 1.6)
    outline = circle(r, 60) if random.maybe(0.6) else wavy(r, 0.06, int(random.integers(6, 20)))
    parts: list[Part] = [(slab(outline, 0.1, 0.03), anything(random))]
    parts.append((slab(circle(r * random.between(0.4, 0.9), 60), 0.01).at(0, 0, 0.1), printed(random)))
    return _product([(upright(mesh), of) for mesh, of in parts], "hang", "lie")


def stool(random: Chance) -> Product:
    w, h = random.between(1.6, 2.4), random.between(2.0, 3.0)
    frame = anything(random)
    legs = [
        tube(np.array([[sx * w * 0.4, sy * w * 0.4, 0], [sx * w * 0.33, sy * w * 0.33, h]]), 0.09)
        for sx in (-1, 1)
        for sy in (-1, 1)
    ]
    parts: list[Part] = [(merged(legs), frame), (box(w, w, 0.25, 0.1, 6).at(0, 0, h), anything(random))]
    if random.maybe(0.6):
        parts.append((box(w, 0.2, h * 0.8, 0.1, 6).at(0, w * 0.45, h + 0.3), frame))
    return _product(parts)


def fruit(random: Chance) -> Product:
    skin = glossy(random, random.one_of(((0.8, 0.1, 0.08), (0.9, 0.5, 0.05), (0.5, 0.65, 0.1), (0.9, 0.8, 0.2))))
    balls = [ball(0.38, 0.38, 0.35).at(*(random.normal(0, 0.5, 2)), 0.35) for _ in range(int(random.integers(1, 5)))]
    return _product([(merged(balls), skin)])


OTHERS: tuple[Callable[[Chance], Product], ...] = (
    phone, phone, cable, headphones, shirt, shirt, shoe, shoe, carton, carton, sphere, lamp, toy, book, glasses,
    belt, hat, pillow,
    tool, tool, jewellery, jewellery, medal, medal, stool, fruit, jar, jar, saucer,
)  # fmt: skip


def other(random: Chance) -> Product:
    return random.one_of(OTHERS)(random)
