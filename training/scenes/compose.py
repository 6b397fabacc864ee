"""Who stands where: products of a topic alone, in sets, among other things, on people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from training.scenes.geometry import rotation
from training.scenes.materials import Chance
from training.scenes.products.bags import backpack, handbag, suitcase
from training.scenes.products.clocks import alarm_clock, wall_clock, watch
from training.scenes.products.others import other
from training.scenes.products.product import Product
from training.scenes.products.tableware import (
    board,
    bottle,
    cup,
    cutlery_set,
    fork,
    jar,
    knife,
    saucer,
    spoon,
    stood_up,
)
from training.scenes.products.ties import tie, wearer

Maker = Callable[[Chance], Product]
MAKERS: dict[str, tuple[Maker, ...]] = {
    "bags": (handbag, handbag, handbag, backpack, backpack, suitcase, suitcase),
    "ties": (tie,),
    "cups": (cup,),
    "clocks": (watch, watch, watch, wall_clock, wall_clock, alarm_clock),
    "cutlery": (fork, knife, knife, spoon),
    "other": (other, other, other, bottle, jar),
}
SHARES = {"bags": 0.24, "ties": 0.16, "cups": 0.15, "clocks": 0.17, "cutlery": 0.16, "other": 0.12}


@dataclass(frozen=True, slots=True)
class Arrangement:
    """`steep` when it lies or hangs, so that it is seen from above."""

    products: list[Product]
    steep: bool


def posed(random: Chance, product: Product, lying: bool | None = None) -> tuple[Product, bool]:
    """Turned into one of its poses on the ground; whether it lies. `lying` asks for that where it can."""
    poses = [p for p in product.poses if lying is None or (p != "stand") == lying] or list(product.poses)
    pose = random.one_of(poses)
    if pose in {"lie", "hang"}:
        product = product.lying()
    if pose != "stand":
        turn = random.normal(0, 8) if pose == "hang" else random.one_of((0, 0, 90, -90, 180, 45)) + random.normal(0, 25)
        return product.moved(rotation("z", turn)).on_ground(), True
    return product.on_ground(), False


def _sized(product: Product, extent: float) -> Product:
    now = float(np.ptp(product.points, axis=0).max())
    return product.moved(np.eye(3), scale=extent / max(now, 1e-6)).on_ground()


def _extent(product: Product) -> float:
    return float(np.ptp(product.points, axis=0).max())


def row(random: Chance, products: Sequence[Product], gap: float, columns: int) -> list[Product]:
    """Side by side in rows of `columns`, `gap` of their width between; negative overlaps."""
    placed = []
    y = 0.0
    for start in range(0, len(products), columns):
        line = products[start : start + columns]
        x = 0.0
        deep = max(float(np.ptp(p.points[:, 1])) for p in line)
        for product in line:
            wide = float(np.ptp(product.points[:, 0]))
            placed.append(product.on_ground(x + wide / 2, y + random.normal(0, 0.06) * deep))
            x += wide * (1 + gap)
        y += deep * (1 + max(gap, 0.05))
    return placed


def arrange(random: Chance, topic: str) -> Arrangement:
    kind = random.choice(("single", "set", "props", "special"), p=(0.42, 0.2, 0.23, 0.15))
    special = {"cutlery": _table_setting, "ties": _worn, "bags": _carried, "cups": _tea}.get(topic)
    if kind == "special" and special:
        return special(random)
    if topic == "cutlery" and kind in {"set", "special"}:
        return _cutlery(random)
    main, lying = posed(random, random.one_of(MAKERS[topic])(random))
    if kind == "set":
        maker = random.one_of(MAKERS[topic])
        count = int(random.integers(1, 5))
        more = [posed(random, maker(random), lying)[0] for _ in range(count)]
        if random.maybe(0.4):  # one product, many views or sizes
            more = [main.moved(rotation("z", random.normal(0, 30) if not lying else 0)) for _ in range(count)]
        more = [_sized(p, _extent(main) * random.between(0.7, 1.15)) for p in more]
        return Arrangement(row(random, [main, *more], random.between(-0.05, 0.4), random.one_of((2, 3, 5))), lying)
    products = [main]
    if kind in {"props", "special"}:
        products += _around(random, main, lying)
    return Arrangement(products, lying)


def _around(random: Chance, main: Product, lying: bool) -> list[Product]:
    """One to four things beside, behind or in front of the product."""
    size, placed = _extent(main), []
    makers = (other, other, other, bottle, jar, cup, watch, *MAKERS[random.one_of(tuple(MAKERS))])
    for _ in range(int(random.integers(1, 5))):
        thing = _sized(posed(random, random.one_of(makers)(random), lying)[0], size * random.between(0.25, 0.9))
        angle, far = random.between(0, 2 * np.pi), random.between(0.75, 1.3)
        reach = (size + _extent(thing)) / 2 * far
        placed.append(
            thing.on_ground(np.cos(angle) * reach, abs(np.sin(angle)) * reach if random.maybe(0.7) else -0.6 * reach)
        )
    return placed


def _lifted(product: Product, height: float) -> Product:
    return product.moved(np.eye(3), (0, 0, height))


def _cutlery(random: Chance) -> Arrangement:
    """Forks, knives and spoons of one set: in a row, a fan, crossed, on a board or napkin."""
    of = cutlery_set(random)
    makers = [random.one_of((fork, knife, spoon)) for _ in range(int(random.integers(2, 8)))]
    if random.maybe(0.5):
        makers = list(random.permuted([fork, knife, spoon])) + makers[: int(random.integers(0, 4))]
    pieces = [maker(random, of) for maker in makers]
    heads = [piece.moved(rotation("z", 90 + random.normal(0, 2))).on_ground() for piece in pieces]
    style = random.one_of(("row", "row", "fan", "crossed", "scattered"))
    if style == "row":
        if random.maybe(0.3):
            heads = [_sized(p, 2.2) for p in heads]
        placed = row(random, heads, random.between(0.05, 0.8), 12)
    elif style == "fan":
        spread = np.linspace(-1, 1, len(pieces)) * random.between(20, 60)
        placed = [
            _lifted(p.moved(rotation("z", a), (0, 0, 0)), 0.02 * k)
            for k, (p, a) in enumerate(
                zip([q.moved(rotation("z", 90), (0, 1.6, 0.1)) for q in pieces], spread, strict=True)
            )
        ]
    else:
        tilt = 20 if style == "crossed" else 90
        placed = [
            _lifted(
                p.moved(rotation("z", random.between(-tilt, tilt))).on_ground(
                    *(random.normal(0, 0.25 if style == "crossed" else 0.7, 2))
                ),
                0.05 * k,
            )
            for k, p in enumerate(heads)
        ]
    if random.maybe(0.3):
        under = board(random).on_ground()
        top = float(under.points[:, 2].max())
        center = np.concatenate([p.points for p in placed]).mean(0)
        placed = [p.moved(np.eye(3), (-center[0], -center[1], top)) for p in placed]
        placed.append(under)
    turned = rotation("z", random.one_of((0, 0, 0, 90, 45, -45)))
    return Arrangement([p.moved(turned) for p in placed], True)


def _table_setting(random: Chance) -> Arrangement:
    if random.maybe(0.35):  # upright in a holder
        of = cutlery_set(random)
        pot = cup(random).on_ground() if random.maybe(0.3) else jar(random).on_ground()
        pot = replace(_sized(pot, 1.4), label=pot.label)
        pieces = [
            stood_up(maker(random, of), random.normal(0, 9))
            .moved(rotation("z", random.between(0, 360)))
            .on_ground(*random.normal(0, 0.15, 2))
            for maker in [random.one_of((fork, knife, spoon)) for _ in range(int(random.integers(2, 7)))]
        ]
        return Arrangement([_lifted(p, 0.15) for p in pieces] + [pot], False)
    of = cutlery_set(random)
    plate = saucer(random, random.between(1.0, 1.3))
    x = 1.45
    pieces = []
    for maker, side in ((fork, -1), (knife, 1), (spoon, 1)):
        if random.maybe(0.85):
            piece = maker(random, of).moved(rotation("z", 90 + random.normal(0, 3)))
            pieces.append(piece.on_ground(side * x, random.normal(0, 0.08)))
            x += 0.35 if side == 1 else 0
    extra = [cup(random).on_ground(random.between(-1.5, 1.5), 1.9)] if random.maybe(0.4) else []
    return Arrangement([plate.on_ground(), *pieces, *extra], True)


def _tea(random: Chance) -> Arrangement:
    """A cup on its saucer, a spoon beside it."""
    first = cup(random).on_ground()
    dish = saucer(random, random.between(0.65, 0.85)).on_ground()
    products = [_lifted(first, 0.07), dish]
    if random.maybe(0.5):
        products.append(_sized(spoon(random).moved(rotation("z", random.between(0, 360))), 1.4).on_ground(0.55, -0.5))
    if random.maybe(0.3):
        products.append(cup(random).on_ground(random.one_of((-1.6, 1.6)), random.between(-0.3, 0.8)))
    return Arrangement(products, False)


def _worn(random: Chance) -> Arrangement:
    person, worn = wearer(random)
    products = [person, *([worn] if worn else [])]
    if random.maybe(0.2):
        bag = handbag(random)
        products.append(bag.moved(np.eye(3), (random.one_of((-2.8, 2.8)), -0.6, -1.5)))
    return Arrangement(products, False)


def _carried(random: Chance) -> Arrangement:
    person, worn = wearer(random)
    bag = random.one_of((handbag, handbag, backpack))(random)
    place = random.one_of(((-2.6, -0.5, -1.2), (2.6, -0.5, -1.2), (0.3, -2.2, 0.8), (1.5, -1.8, 0.2)))
    if bag.label == "backpack" and random.maybe(0.6):  # on the back, the person turned away
        turned = [p.moved(rotation("z", 180 + random.normal(0, 25))) for p in (person, *([worn] if worn else []))]
        return Arrangement([*turned, bag.moved(np.eye(3), (0, -2.0, 0.8))], False)
    return Arrangement([person, *([worn] if worn else []), bag.moved(np.eye(3), place)], False)
