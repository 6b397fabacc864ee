"""Signed distance fields and the paints they wear.

Lengths are in scene units, y points up and z towards the viewer. A field maps points (3, N) to distances (N,), negative
inside, never more than the true distance; a paint maps points to linear light (3, N) in 0..1. The primitives are those
of https://iquilezles.org/articles/distfunctions.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor
from scipy.ndimage import gaussian_filter, map_coordinates

Array = NDArray[np.float32]
Field = Callable[[Array], Array]
Shape = Callable[[Array, Array], Array]
Paint = Callable[[Array], Array]
Point = tuple[float, float]
Corner = TypeVar("Corner", bound=tuple[float, ...])


def linear(colour: str) -> Array:
    """(3, 1) linear light in 0..1 of a CSS colour."""
    rgb = np.array(ImageColor.getrgb(colour)[:3], np.float32) / 255
    return (rgb**2.2)[:, None].astype(np.float32)


def picture(image: Image.Image, box: tuple[float, float, float, float]) -> Paint:
    """Paint from a picture laid on the x-y plane over box (left, bottom, right, top)."""
    pixels = (np.asarray(image.convert("RGB"), np.float32) / 255) ** 2.2
    left, bottom, right, top = box

    def paint(p: Array) -> Array:
        u = (p[0] - left) / (right - left) * (image.width - 1)
        v = (top - p[1]) / (top - bottom) * (image.height - 1)
        return np.stack([map_coordinates(pixels[..., c], [v, u], order=1, mode="nearest") for c in range(3)])

    return paint


def pattern(choose: Callable[[Array], Array], first: str, second: str) -> Paint:
    """Paint that mixes two colours by choose(points) in 0..1."""
    a, b = linear(first), linear(second)
    return lambda p: a + (b - a) * choose(p).astype(np.float32)


def box(width: float, height: float, depth: float, rounding: float = 0.0) -> Field:
    half = np.array([[width], [height], [depth]], np.float32) / 2 - np.float32(rounding)

    def distance(p: Array) -> Array:
        q = np.abs(p) - half
        outside = np.sqrt((np.maximum(q, 0) ** 2).sum(0))
        return outside + np.minimum(q.max(0), 0) - np.float32(rounding)

    return distance


def ellipsoid(rx: float, ry: float, rz: float) -> Field:
    radii = np.array([[rx], [ry], [rz]], np.float32)

    def distance(p: Array) -> Array:
        k0 = np.sqrt(((p / radii) ** 2).sum(0))
        k1 = np.sqrt(((p / radii**2) ** 2).sum(0)) + np.float32(1e-6)
        return k0 * (k0 - 1) / k1

    return distance


def rod(start: Sequence[float], end: Sequence[float], radius: float) -> Field:
    """A straight rod with round ends."""
    a, b = (np.array(v, np.float32)[:, None] for v in (start, end))

    def distance(p: Array) -> Array:
        t = np.clip(((b - a) * (p - a)).sum(0) / ((b - a) ** 2).sum(), 0, 1)
        return np.sqrt(((p - a - (b - a) * t) ** 2).sum(0)) - np.float32(radius)

    return distance


def lathe(points: Sequence[Point], smooth: float = 0.012) -> Field:
    """Turn a closed outline in (radius, y) about the y axis; points on the axis close it."""
    shape = outline([(x or -0.2, y) for x, y in points], smooth=smooth)  # beyond the axis, or the axis were a surface
    return lambda p: shape(np.hypot(p[0], p[2]), p[1])


def extrude(shape: Shape, depth: float, rounding: float = 0.0) -> Field:
    """Give a shape in (x, y) a thickness about z = 0, its edges rounded (the outline grows by nothing)."""
    half, r = np.float32(depth / 2 - rounding), np.float32(rounding)

    def distance(p: Array) -> Array:
        flat, deep = shape(p[0], p[1]) + r, np.abs(p[2]) - half
        return np.hypot(np.maximum(flat, 0), np.maximum(deep, 0)) + np.minimum(np.maximum(flat, deep), 0) - r

    return distance


def outline(*polygons: Sequence[Point], holes: Sequence[Sequence[Point]] = (), smooth: float = 0.008) -> Shape:
    """Signed distance to filled polygons less holes; smooth rounds the corners (scene units)."""

    def signed(x: Array, y: Array) -> Array:
        body = np.min([_polygon(p, x, y) for p in polygons], axis=0)
        return np.max([body, *(-_polygon(hole, x, y) for hole in holes)], axis=0)

    return _raster(signed, np.concatenate([np.array(p) for p in polygons]), smooth)


def hoop(points: Sequence[Point], radius: float, *, flat: float = 1.0) -> Field:
    """A round tube along a curve in the plane z = 0; flat > 1 presses it along z into a strap."""
    squared = _raster(lambda x, y: _nearest_edge(points, x, y, closed=False), np.array(points), 0, squared=True)
    return lambda p: (np.sqrt(squared(p[0], p[1]) + (p[2] * flat) ** 2) - np.float32(radius)) / np.float32(flat)


def _nearest_edge(points: Sequence[Point], x: Array, y: Array, *, closed: bool) -> Array:
    """Squared distance to the edges of a polyline."""
    nodes = np.array([*points, points[0]] if closed else points, np.float32)
    best = np.full(x.shape, np.inf, np.float32)
    for (ax, ay), (bx, by) in pairwise(nodes):
        ux, uy = bx - ax, by - ay
        t = np.clip(((x - ax) * ux + (y - ay) * uy) / max(ux * ux + uy * uy, 1e-12), 0, 1)
        best = np.minimum(best, (x - ax - t * ux) ** 2 + (y - ay - t * uy) ** 2)
    return best


def _polygon(points: Sequence[Point], x: Array, y: Array) -> Array:
    """Exact signed distance to a polygon (even-odd rule)."""
    inside = np.zeros(x.shape, bool)
    for (ax, ay), (bx, by) in zip(points, [*points[1:], points[0]], strict=True):
        if ay != by:
            inside ^= ((ay > y) != (by > y)) & (x < (bx - ax) * (y - ay) / (by - ay) + ax)
    return np.sqrt(_nearest_edge(points, x, y, closed=True)) * np.where(inside, -1, 1)


def _raster(shape: Shape, nodes: Array, smooth: float, *, squared: bool = False) -> Shape:
    """Tabulate a costly 2-D distance (or its square, smooth at zero); outside the table the way back to it is added."""
    resolution, margin = 160, 0.12
    x0, y0 = (nodes.min(0) - margin).astype(np.float32)
    x1, y1 = (nodes.max(0) + margin).astype(np.float32)
    y, x = np.mgrid[y0 : y1 : 1 / resolution, x0 : x1 : 1 / resolution].astype(np.float32)
    table = gaussian_filter(shape(x, y), smooth * resolution) if smooth else shape(x, y)

    def distance(x: Array, y: Array) -> Array:
        out = np.maximum(np.maximum(x0 - x, x - x1), 0) ** 2 + np.maximum(np.maximum(y0 - y, y - y1), 0) ** 2
        inner = map_coordinates(table, [(y - y0) * resolution, (x - x0) * resolution], order=1, mode="nearest")
        # The frame is convex, so what adds up is no more than the true distance.
        return inner + out if squared else np.where(out > 0, np.sqrt(inner**2 + out), inner)

    return distance


def curve(points: Sequence[Corner], steps: int = 10, *, closed: bool = False) -> list[Corner]:
    """Catmull-Rom spline through points of any dimension."""
    nodes = np.array(points, float)
    nodes = np.concatenate([nodes[-1:], nodes, nodes[:2]] if closed else [nodes[:1], nodes, nodes[-1:]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    spans = [
        b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
        for a, b, c, d in zip(nodes[:-3], nodes[1:-2], nodes[2:-1], nodes[3:], strict=True)
    ]
    return [cast(Corner, tuple(p)) for p in np.concatenate([*spans, nodes[-2:-1]])]


def union(*fields: Field, blend: float = 0.0) -> Field:
    """The nearest of several fields, melted together over a distance of blend."""

    def distance(p: Array) -> Array:
        best = fields[0](p)
        for other in fields[1:]:
            d = other(p)
            h = np.maximum(blend - np.abs(best - d), 0) / blend if blend else 0
            best = np.minimum(best, d) - np.float32(blend / 4) * h * h
        return best.astype(np.float32)

    return distance


def cut(body: Field, *tools: Field) -> Field:
    return lambda p: np.maximum(body(p), -np.min([tool(p) for tool in tools], axis=0))


def at(body: Field, x: float = 0, y: float = 0, z: float = 0, turn: tuple[float, float, float] = (0, 0, 0)) -> Field:
    """Move a field, after turning it by degrees about x, y and z."""
    matrix, offset = rotation(*turn), np.array([[x], [y], [z]], np.float32)
    return lambda p: body(matrix.T @ (p - offset))


def warp(body: Field, lift: Callable[[Array], Array], slope: float = 1.0) -> Field:
    """Push a field along z by lift(points); slope is the greatest stretch, by which steps shrink to stay safe."""
    return lambda p: body(np.stack([p[0], p[1], p[2] - lift(p)])) / np.float32(slope)


def rotation(x: float, y: float, z: float) -> Array:
    """Rotation matrix for degrees about x, then y, then z."""
    matrix = np.eye(3)
    for angle, (i, j) in ((x, (1, 2)), (y, (2, 0)), (z, (0, 1))):
        turn = np.eye(3)
        c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        turn[i, i], turn[i, j], turn[j, i], turn[j, j] = c, -s, s, c
        matrix = turn @ matrix
    return matrix.astype(np.float32)
