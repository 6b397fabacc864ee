"""Clocks."""

from PIL import Image

from samples.drawing.fields import Field, at, curve, ellipsoid, extrude, hoop, lathe, outline, picture, rod, union
from samples.drawing.studio import Part
from samples.products.common import BRASS, FACE_VIEWER, disc, mirrored


def hand(length: float, width: float, hours: float, lift: float) -> Field:
    """A clock hand at hours (0..12) round the dial."""
    shape = extrude(
        outline([(-width / 2, -0.18), (width / 2, -0.18), (width / 4, length), (-width / 4, length)], smooth=0.006),
        0.03,
        0.01,
    )
    return at(shape, z=lift, turn=(0, 0, -30 * hours))


def wall_clock(
    dial: Image.Image, rim: str, hands: str, second: str, *, metal: bool = False, time: tuple[int, int] = (10, 9)
) -> list[Part]:
    """A round wall clock of radius 1.5 with its back at z = 0."""
    frame = at(
        lathe([(1.33, 0), (1.5, 0), (1.52, 0.12), (1.45, 0.3), (1.37, 0.3), (1.33, 0.12)], 0.02), turn=FACE_VIEWER
    )
    hour, minute = time[0] + time[1] / 60, time[1] / 5
    return [
        Part(frame, rim, gloss=0.8, rough=0.15, metal=metal),
        Part(at(disc(1.36, 0.1, 0.005), z=0.06), picture(dial, (-1.36, -1.36, 1.36, 1.36)), gloss=0.1, rough=0.4),
        Part(
            union(hand(0.72, 0.1, hour, 0.17), hand(1.08, 0.075, minute, 0.21), at(disc(0.09, 0.14, 0.01), z=0.17)),
            hands,
            gloss=0.5,
            rough=0.3,
        ),
        Part(union(hand(1.16, 0.03, 7.1, 0.25), at(disc(0.05, 0.06, 0.01), z=0.26)), second, gloss=0.5),
    ]


def alarm_clock(dial: Image.Image, body: str, hands: str, bells: str = BRASS) -> list[Part]:
    """A twin-bell alarm clock that stands on y = 0, 3.1 high."""
    case = at(lathe(mirrored([(1.12, 0.32), (1.2, 0.2), (1.2, -0.4), (1.0, -0.5)]), 0.03), turn=FACE_VIEWER)
    lip = at(lathe([(1.02, 0.28), (1.16, 0.28), (1.16, 0.42), (1.04, 0.42)], 0.02), turn=FACE_VIEWER)
    dome = [(0, 0.42), (0.2, 0.4), (0.4, 0.26), (0.5, 0.0), (0.44, -0.02), (0, 0.3)]
    bell = lathe([*curve(dome[:4], 8), *dome[4:]], 0.012)
    parts = [
        Part(case, body, gloss=0.9, rough=0.12),
        Part(lip, bells, metal=True, rough=0.15),
        Part(at(disc(1.06, 0.06, 0.004), z=0.33), picture(dial, (-1.06, -1.06, 1.06, 1.06)), gloss=0.1),
        Part(
            union(hand(0.52, 0.09, 10.15, 0.42), hand(0.8, 0.06, 1.8, 0.45), at(disc(0.07, 0.12, 0.01), z=0.42)),
            hands,
            gloss=0.4,
        ),
    ]
    metal = [
        hoop(curve([(-0.62, 1.32), (-0.5, 1.86), (0, 2.02), (0.5, 1.86), (0.62, 1.32)]), 0.05),
        union(rod((0, 1.1, 0), (0, 1.5, 0), 0.05), at(ellipsoid(0.12, 0.14, 0.12), y=1.52)),
    ]
    for side in (-1, 1):
        turn = (0.0, 0.0, -32.0 * side)
        metal += [at(bell, x=0.72 * side, y=1.14, turn=turn), rod((0.55 * side, 0.8, 0), (0.95 * side, 1.48, 0), 0.05)]
        metal.append(rod((0.72 * side, -0.85, 0), (0.95 * side, -1.3, 0.05), 0.085))
    return [part.moved(y=1.38) for part in [*parts, *(Part(m, bells, metal=True, rough=0.15) for m in metal)]]
