"""Surfaces as grids of points: with lofts, sweeps and strips nearly every product can be put together.

Lengths are in decimetres or so; z is up and a product's front looks along -y. A mesh keeps its normals, so that edges
that were made sharp (a repeated ring, a part of its own) stay sharp.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Mesh:
    """`points`, `normals` (n, 3), `uv` (n, 2) and triangles `faces` (m, 3) of indices."""

    points: Floats
    normals: Floats
    uv: Floats
    faces: npt.NDArray[np.int64]

    def moved(self, rotation: Floats, offset: Iterable[float] = (0, 0, 0), scale: float = 1.0) -> Mesh:
        return Mesh(
            self.points @ rotation.T * scale + np.asarray(tuple(offset)), self.normals @ rotation.T, self.uv, self.faces
        )

    def at(self, x: float = 0, y: float = 0, z: float = 0) -> Mesh:
        return self.moved(np.eye(3), (x, y, z))

    def turned(self, axis: str, degrees: float) -> Mesh:
        return self.moved(rotation(axis, degrees))

    def facing(self) -> Mesh:
        """The same with `uv` seen from the front: a print lies on it like a projected slide."""
        low, high = self.points.min(0), self.points.max(0)
        size = np.maximum(high - low, 1e-6)
        return Mesh(self.points, self.normals, ((self.points - low) / size)[:, [0, 2]], self.faces)


def rotation(axis: str, degrees: float) -> Floats:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    rows = {
        "x": [[1, 0, 0], [0, c, -s], [0, s, c]],
        "y": [[c, 0, s], [0, 1, 0], [-s, 0, c]],
        "z": [[c, -s, 0], [s, c, 0], [0, 0, 1]],
    }
    return np.array(rows[axis])


def merged(meshes: Iterable[Mesh]) -> Mesh:
    parts = list(meshes)
    starts = np.cumsum([0] + [len(part.points) for part in parts])
    return Mesh(
        np.concatenate([part.points for part in parts]),
        np.concatenate([part.normals for part in parts]),
        np.concatenate([part.uv for part in parts]),
        np.concatenate([part.faces + start for part, start in zip(parts, starts, strict=False)]),
    )


def _slopes(points: Floats, axis: int, closed: bool) -> Floats:
    """Central differences; around a closed direction the last line is the first one again."""
    if not closed:
        return np.gradient(points, axis=axis)
    ring = np.delete(points, -1, axis=axis)
    slope = np.roll(ring, -1, axis=axis) - np.roll(ring, 1, axis=axis)
    return np.concatenate([slope, np.take(slope, [0], axis=axis)], axis=axis)


def sheet(points: Floats, closed: bool = False) -> Mesh:
    """A grid (n, m, 3); `closed` when its last column is its first again. Normals point out of lofts and sweeps."""
    n, m = points.shape[:2]
    normals = np.cross(_slopes(points, 1, closed), _slopes(points, 0, False))
    normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-9)
    v, u = np.meshgrid(np.linspace(0, 1, n), np.linspace(0, 1, m), indexing="ij")
    index = np.arange(n * m).reshape(n, m)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    faces = np.concatenate([np.stack(t, -1).reshape(-1, 3) for t in ((a, b, c), (a, c, d))])
    return Mesh(points.reshape(-1, 3), normals.reshape(-1, 3), np.stack([u, v], -1).reshape(-1, 2), faces)


# --- outlines: closed curves (m, 2), counter-clockwise, the last point the first again --------------------------------


def circle(radius: float = 1.0, count: int = 40) -> Floats:
    return superellipse(radius, radius, 2, count)


def superellipse(a: float, b: float, power: float = 4, count: int = 48) -> Floats:
    """|x/a|^p + |y/b|^p = 1: an ellipse for 2, a rounded rectangle for more."""
    angle = np.linspace(0, 2 * np.pi, count + 1)
    c, s = np.cos(angle), np.sin(angle)
    radius = (np.abs(c) ** power + np.abs(s) ** power) ** (-1 / power)
    return np.stack([a * radius * c, b * radius * s], -1)


def wavy(radius: float, depth: float, count: int, sharpness: float = 1.0) -> Floats:
    """A circle with `count` petals or teeth; above 1 `sharpness` makes the teeth square."""
    angle = np.linspace(0, 2 * np.pi, count * 12 + 1)
    wave = np.cos(angle * count)
    wave = np.sign(wave) * np.abs(wave) ** (1 / sharpness)
    radii = radius * (1 - depth + depth * wave)
    return np.stack([radii * np.cos(angle), radii * np.sin(angle)], -1)


def polygon(corners: Iterable[tuple[float, float]], per_side: int = 6) -> Floats:
    points = np.array([*corners])
    following = np.roll(points, -1, axis=0)
    steps = np.arange(per_side)[:, None] / per_side
    sides = points[:, None] * (1 - steps) + following[:, None] * steps
    flat = sides.reshape(-1, 2)
    return np.concatenate([flat, flat[:1]])


def arc(radius: float, start: float, end: float, count: int = 24) -> Floats:
    """Points (count, 2) on a circle, angles in degrees."""
    angle = np.radians(np.linspace(start, end, count))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1)


# --- solids -----------------------------------------------------------------------------------------------------------


def loft(outline: Floats, rings: Iterable[tuple[float, ...]]) -> Mesh:
    """The outline stacked up: a ring is (z, scale), (z, scale x, scale y) or (z, scale x, scale y, shift x, shift y).

    A ring given twice makes a sharp edge, a ring of scale 0 closes the solid.
    """
    full = np.array([(*r, r[1], 0, 0) if len(r) == 2 else (*r, 0, 0) if len(r) == 3 else r for r in rings], float)
    z, sx, sy, dx, dy = full.T[:, :, None]
    x, y = outline.T[:, None]
    points = np.stack(np.broadcast_arrays(x * sx + dx, y * sy + dy, z + 0 * x), -1)
    return sheet(points, closed=True)


def lathe(profile: Iterable[tuple[float, float]], count: int = 40) -> Mesh:
    """A profile of (radius, z), bottom outside first, turned about z."""
    return loft(circle(1.0, count), [(z, radius) for radius, z in profile])


def slab(outline: Floats, thickness: float, bevel: float = 0.0, layers: int = 1) -> Mesh:
    """The outline, which its centre must see whole, as a plate from z = 0 up; `bevel` rounds its rims (a length)."""
    extent = max(np.ptp(outline, axis=0).max() / 2, 1e-6)
    inner = 1 - bevel / extent
    rims = [(0, inner), (bevel * 0.3, 1 - bevel / extent * 0.3), (bevel, 1)] if bevel else [(0, 1), (0, 1)]
    sides = [(bevel + (thickness - 2 * bevel) * k / layers, 1.0) for k in range(1, layers)]
    top = [(thickness - z, scale) for z, scale in reversed(rims)]
    inside = [0.0, 0.25, 0.5, 0.75]
    bottom_cap = [(0, inner * s) for s in inside]
    top_cap = [(thickness, inner * s) for s in reversed(inside)]
    mesh = loft(outline, [*bottom_cap, rims[0], *rims, *sides, *top, top[-1], *top_cap])
    low, size = outline.min(0), np.maximum(np.ptp(outline, axis=0), 1e-6)
    return Mesh(mesh.points, mesh.normals, (mesh.points[:, :2] - low) / size, mesh.faces)


def upright(mesh: Mesh) -> Mesh:
    """A slab (or anything drawn in x, y with its front up) set up: its front looks along -y."""
    return mesh.turned("x", 90)


def box(width: float, depth: float, height: float, radius: float = 0.1, power: float = 6.0) -> Mesh:
    """A box with rounded edges standing on z = 0."""
    r = min(radius, height / 2)
    k, q = 1 - r / width, 1 - r / depth
    turn = np.radians(np.linspace(0, 90, 5))
    rim = [(r - r * np.cos(t), k + (1 - k) * np.sin(t), q + (1 - q) * np.sin(t)) for t in turn]
    middle = [(r + (height - 2 * r) * t, 1, 1) for t in np.linspace(0, 1, 6)[1:-1]]
    top = [(height - z, a, b) for z, a, b in reversed(rim)]
    caps = [(0, k * s, q * s) for s in (0, 0.4, 0.8)], [(height, k * s, q * s) for s in (0.8, 0.4, 0)]
    return loft(superellipse(width / 2, depth / 2, power), [*caps[0], *rim, *middle, *top, *caps[1]])


def sweep(path: Floats, section: Floats, scale: Floats | float = 1.0, up: Iterable[float] = (0.12, 0.23, 0.97)) -> Mesh:
    """A closed section (m, 2) drawn along a path (n, 3); its second coordinate lies along `up` as far as that goes.

    `scale` is a number or (n,); the ends are closed.
    """
    path = np.asarray(path, float)
    along = np.gradient(path, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    side = np.cross(along, np.asarray(tuple(up), float))
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-9)
    rise = np.cross(side, along)
    size = np.broadcast_to(np.asarray(scale, float), len(path))[:, None, None]
    rings = path[:, None] + size * section[None, :, :1] * side[:, None] + size * section[None, :, 1:] * rise[:, None]
    closed = np.concatenate([path[:1, None] + 0 * rings[:1], rings, path[-1:, None] + 0 * rings[:1]])
    return sheet(closed[:, ::-1], closed=True)


def tube(path: Floats, radius: float | Floats, count: int = 14) -> Mesh:
    return sweep(path, circle(1.0, count), radius)


def band(path: Floats, width: float | Floats, thickness: float = 0.02, up: Iterable[float] = (0, 0, 1)) -> Mesh:
    """A flat strap along a path; `up` is the direction across its width."""
    widths = np.broadcast_to(np.asarray(width, float), len(path))
    top = float(widths.max())
    return sweep(path, superellipse(thickness / 2, top / 2, 5, 20), widths / top, up)


def strip(
    along: Floats, left: Floats, right: Floats, height: Floats, thickness: float, dish: Floats | float = 0
) -> Mesh:
    """A blade lying along x: its edges at y = `left` and `right`, its middle at z = `height`, all (n,).

    `dish` hollows it: how much deeper the middle lies than the edges. It is a lens in section, `thickness` at the most.
    """
    t = np.linspace(-1, 1, 9)
    across = (1 - t[None] ** 2) * np.broadcast_to(np.asarray(dish, float), len(along))[:, None]
    half = thickness / 2 * np.sqrt(np.maximum(1 - 0.8 * t**2, 0))[None]
    y = (left + right)[:, None] / 2 + t[None] * (left - right)[:, None] / 2
    x = np.repeat(along[:, None], len(t), 1)
    middle = height[:, None] - across
    top, bottom = np.stack([x, y, middle + half], -1), np.stack([x, y, middle - half], -1)
    ring = np.concatenate([top, bottom[:, ::-1], top[:, :1]], axis=1)
    mesh = sheet(ring[:, ::-1], closed=True)
    low, high = mesh.points.min(0), mesh.points.max(0)
    return Mesh(mesh.points, mesh.normals, ((mesh.points - low) / np.maximum(high - low, 1e-6))[:, :2], mesh.faces)


def ball(rx: float, ry: float | None = None, rz: float | None = None, count: int = 20) -> Mesh:
    angle = np.linspace(-90, 90, count)
    unit = lathe([(np.cos(np.radians(a)), np.sin(np.radians(a))) for a in angle], count * 2)
    size = np.array([rx, rx if ry is None else ry, rx if rz is None else rz])
    normals = unit.normals / size
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    return Mesh(unit.points * size, normals, unit.uv, unit.faces)


def smooth(corners: Iterable[Iterable[float]], count: int = 40) -> Floats:
    """A Catmull-Rom curve through points of any dimension, (count, dimension)."""
    p = np.array([tuple(c) for c in corners], float)
    p = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
    t = np.linspace(0, len(p) - 3 - 1e-9, count)
    k, f = t.astype(int), (t % 1)[:, None]
    a, b, c, d = p[k], p[k + 1], p[k + 2], p[k + 3]
    return 0.5 * (2 * b + (c - a) * f + (2 * a - 5 * b + 4 * c - d) * f**2 + (3 * b - a - 3 * c + d) * f**3)
