"""A photo studio in numpy: fields are sphere-traced under one soft key light, two softboxes and a sky.

The soft shadow is that of https://iquilezles.org/articles/rmshadows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import map_coordinates

from samples.drawing.fields import Array, Field, Paint, linear, rotation

SUPERSAMPLING = 2
RAYS_PER_CHUNK = 1 << 16  # keeps the working arrays in the processor's cache
KEY = np.array([-0.45, 0.72, 0.53], np.float32)  # unit vectors towards the lights
FILL = np.array([0.85, 0.25, 0.46], np.float32)


@dataclass(frozen=True)
class Part:
    """A field and its surface: gloss 0..1 is how strongly it mirrors, rough 0..1 how blurred, grain how bumpy."""

    body: Field
    paint: str | Paint
    gloss: float = 0.3
    rough: float = 0.4
    metal: bool = False
    grain: float = 0.0
    grain_size: float = 0.02
    turn: Array = field(default_factory=lambda: np.eye(3, dtype=np.float32))
    offset: Array = field(default_factory=lambda: np.zeros((3, 1), np.float32))

    def moved(self, x: float = 0, y: float = 0, z: float = 0, turn: tuple[float, float, float] = (0, 0, 0)) -> "Part":
        """The part turned by degrees about the axes, then moved; its paint moves with it."""
        matrix, offset = rotation(*turn), np.array([[x], [y], [z]], np.float32)
        return replace(self, turn=matrix @ self.turn, offset=matrix @ self.offset + offset)

    def local(self, p: Array) -> Array:
        return self.turn.T @ (p - self.offset)

    def distance(self, p: Array) -> Array:
        return self.body(self.local(p))

    def colour(self, p: Array) -> Array:
        return linear(self.paint) if isinstance(self.paint, str) else self.paint(self.local(p))


@dataclass(frozen=True)
class Shot:
    """Where the camera looks: degrees about the scene, the centre of the frame, its size and the camera's distance."""

    width: float
    height: float
    centre: tuple[float, float, float] = (0, 0, 0)
    yaw: float = 0.0
    pitch: float = 0.0
    distance: float = 9.0
    ground: Literal["floor", "wall"] = "floor"  # y = 0 below, or z = 0 behind, takes the shadow


@dataclass(frozen=True)
class Sprite:
    """A cut-out product with its shadow; box is the product without shadow, in pixels."""

    image: Image.Image
    box: tuple[int, int, int, int]


class Scene:
    """Parts with the boxes they fill: a point far from a part's box need not be measured against the part itself."""

    def __init__(self, parts: Sequence[Part], shot: Shot) -> None:
        self.parts = parts
        cells, reach = 26, 0.7 * max(shot.width, shot.height)
        axes = [np.linspace(c - reach, c + reach, cells) for c in shot.centre]
        grid = np.stack([a.ravel() for a in np.meshgrid(*axes)]).astype(np.float32)
        cell = np.float32(2 * reach / (cells - 1))
        self.boxes = []
        for part in parts:
            near = grid[:, np.abs(part.distance(grid)) < cell * 0.9]  # half a cell's diagonal, and some more
            self.boxes.append((near.min(1)[:, None] - cell, near.max(1)[:, None] + cell))

    def distances(self, p: Array, reach: float = 0.02) -> Iterator[Array]:
        """Distance from (3, N) points to each part: exact up to `reach` about its box, farther off a lower bound."""
        for part, (low, high) in zip(self.parts, self.boxes, strict=True):
            d = np.sqrt((np.maximum(np.maximum(low - p, p - high), 0) ** 2).sum(0))
            near = np.flatnonzero(d < reach)
            if near.size:
                d[near] = part.distance(p[:, near])
            yield d

    def nearest(self, p: Array, reach: float = 0.02) -> Array:
        best = np.full(p.shape[1], np.inf, np.float32)
        for d in self.distances(p, reach):
            np.minimum(best, d, out=best)
        return best


def photograph(parts: Sequence[Part], shot: Shot, pixels: int) -> Sprite:
    """Render parts into a transparent picture of the given height."""
    scene = Scene(parts, shot)
    height, width = pixels * SUPERSAMPLING, round(pixels * shot.width / shot.height) * SUPERSAMPLING
    turn = rotation(0, shot.yaw, 0) @ rotation(-shot.pitch, 0, 0)
    centre = np.array(shot.centre, np.float32)[:, None]
    eye = centre + turn @ np.array([[0], [0], [shot.distance]], np.float32)
    rgba, solid = np.zeros((height * width, 4), np.float32), np.zeros(height * width, bool)
    for start in range(0, height * width, RAYS_PER_CHUNK):
        index = np.arange(start, min(start + RAYS_PER_CHUNK, height * width))
        u = ((index % width + 0.5) / width - 0.5) * shot.width
        v = (0.5 - (index // width + 0.5) / height) * shot.height
        rays = turn @ np.stack([u, v, np.full(len(index), -shot.distance)]).astype(np.float32)
        rays /= np.sqrt((rays**2).sum(0))
        rgba[index], solid[index] = _trace(scene, shot, eye, rays)
        # Shadows die off towards the frame, so that a cut-out never shows where its picture ends.
        edge = 0.5 - np.maximum(np.abs(u) / shot.width, np.abs(v) / shot.height)
        fade = np.clip(edge / 0.09, 0, 1)
        rgba[index, 3] *= np.where(solid[index], 1, fade * fade * (3 - 2 * fade))
    picture = rgba.reshape(height, width, 4)
    picture[..., :3] *= picture[..., 3:]  # average premultiplied, or edges take the colour of nothing
    small = picture.reshape(pixels, SUPERSAMPLING, width // SUPERSAMPLING, SUPERSAMPLING, 4).mean((1, 3))
    small[..., :3] /= np.maximum(small[..., 3:], 1e-4)
    image = Image.fromarray((np.clip(small, 0, 1) * 255 + 0.5).astype(np.uint8), "RGBA")
    left, top, right, bottom = Image.fromarray(solid.reshape(height, width)).getbbox() or (0, 0, width, height)
    box = (left // SUPERSAMPLING, top // SUPERSAMPLING, right // SUPERSAMPLING, bottom // SUPERSAMPLING)
    return Sprite(image, box)


def _trace(scene: Scene, shot: Shot, eye: Array, rays: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Colour and opacity (N, 4), display-referred, and whether a ray met the product, for (3, N) rays."""
    count = rays.shape[1]
    travelled = np.full(count, max(shot.distance - 1.2 * np.hypot(shot.width, shot.height), 0), np.float32)
    limit = shot.distance + 1.2 * np.hypot(shot.width, shot.height)
    rgba, solid = np.zeros((count, 4), np.float32), np.zeros(count, bool)
    active = np.arange(count)
    for _ in range(110):
        d = scene.nearest(eye + rays[:, active] * travelled[active])
        near = d < 0.0006
        solid[active[near]] = True
        travelled[active] += np.where(near, 0, d * np.float32(0.92))
        active = active[~near & (travelled[active] < limit)]
        if not active.size:
            break
    solid[active] = scene.nearest(eye + rays[:, active] * travelled[active]) < 0.01  # grazing rays never arrive
    hit = np.flatnonzero(solid)
    if hit.size:
        p = eye + rays[:, hit] * travelled[hit]
        rgba[hit, :3], rgba[hit, 3] = _shade(scene, p, rays[:, hit]).T, 1

    axis = 1 if shot.ground == "floor" else 2
    missed = np.flatnonzero(~solid & (rays[axis] < -1e-3))
    if missed.size:
        p = eye - rays[:, missed] * (eye[axis] / rays[axis, missed])
        normal = np.zeros((3, missed.size), np.float32)
        normal[axis] = 1
        d = scene.nearest(p, np.inf)
        dark = 0.42 * (1 - _shadow(scene, p + normal * 0.004, 4.0)) + 0.4 * np.exp(-np.maximum(d, 0) / 0.09)
        fade = np.clip(1.25 - d / (0.26 * min(shot.width, shot.height)), 0, 1)
        rgba[missed, 3] = np.clip(dark, 0, 0.75) * fade * fade * (3 - 2 * fade)
        rgba[missed, :3] = 0.05
    return rgba, solid


def _shade(scene: Scene, p: Array, rays: Array) -> Array:
    """Display-referred colour (3, N) of surface points; the weights of the lights are set by eye."""
    owner = np.argmin(list(scene.distances(p)), axis=0)
    normal, base = np.zeros_like(p), np.zeros_like(p)
    gloss, rough, metal = (np.zeros(p.shape[1], np.float32) for _ in range(3))
    for k, part in enumerate(scene.parts):
        mine = np.flatnonzero(owner == k)
        if mine.size:
            normal[:, mine] = _normal(part, p[:, mine])
            base[:, mine] = part.colour(p[:, mine])
            gloss[mine], rough[mine], metal[mine] = part.gloss, part.rough, part.metal
    lifted = p + normal * 0.006
    shadow, open_ = _shadow(scene, lifted, 9.0), _occlusion(scene, p, normal)
    facing = np.clip(-(rays * normal).sum(0), 0, 1)
    mirror = rays - 2 * (rays * normal).sum(0) * normal
    key = np.clip((KEY[:, None] * normal).sum(0), 0, 1) * shadow
    fill = np.clip((FILL[:, None] * normal).sum(0), 0, 1)
    sky = (0.3 + 0.14 * normal[1] + 0.1 * normal[2]) * open_
    diffuse = base * (0.9 * key + 0.2 * fill * open_ + sky)
    fresnel = 0.04 + 0.96 * (1 - facing) ** 5 * (1 - 0.7 * rough)
    room, lamps = _studio(mirror, rough) * (0.35 + 0.65 * open_)
    shiny = diffuse + gloss * fresnel * (room + 5 * lamps)
    seen = room + lamps
    metallic = base * (0.15 * (key + sky) + 1.05 * seen * (0.55 + 0.45 * shadow)) + 0.25 * (1 - facing) ** 5 * seen
    light = np.where(metal > 0.5, metallic, shiny)
    light = np.where(light > 0.8, 0.8 + 0.2 * (1 - np.exp(-(light - 0.8) / 0.2)), light)  # roll highlights off
    return np.clip(light, 0, 1) ** (1 / 2.2)


def _normal(part: Part, p: Array) -> Array:
    n, step = np.zeros_like(p), np.float32(0.006)
    for corner in ((1, -1, -1), (-1, -1, 1), (-1, 1, -1), (1, 1, 1)):
        k = np.array(corner, np.float32)[:, None]
        n += k * part.distance(p + k * step)
    if part.grain:
        n /= np.sqrt((n**2).sum(0)) + np.float32(1e-9)
        n += np.float32(part.grain) * _noise(part.local(p) / np.float32(part.grain_size))
    return n / (np.sqrt((n**2).sum(0)) + np.float32(1e-9))


_LATTICE = np.random.default_rng(7).standard_normal((3, 32, 32, 32)).astype(np.float32)


def _noise(p: Array) -> Array:
    """Three smooth noises in about -1..1, one lattice cell a unit."""
    noises: Array = np.stack([map_coordinates(cell, p, order=1, mode="grid-wrap") for cell in _LATTICE])
    return noises


def _studio(ray: Array, rough: Array) -> Array:
    """What is mirrored along a ray: the room (sky, dark horizon, floor) and the lamps (two softboxes, the key)."""
    blur = 0.06 + 0.5 * rough

    def step(value: Array, edge: float) -> Array:
        t = np.clip((value - edge) / (2 * blur) + 0.5, 0, 1)
        return cast(Array, t * t * (3 - 2 * t))

    side = np.arctan2(ray[0], ray[2])
    upright = step(ray[1], -0.35) * step(-ray[1], -0.75)
    left = step(side, -1.05) * step(-side, 0.62) * upright
    right = step(side, 0.95) * step(-side, -1.25) * upright
    above = step((KEY[:, None] * ray).sum(0), 0.9)
    room = 0.14 + 0.45 * step(ray[1], 0.15) + 0.22 * step(-ray[1], 0.3)
    return np.stack([room, (0.95 * left + 0.6 * right + 1.1 * above) / (1 + 1.2 * rough)])


def _shadow(scene: Scene, p: Array, sharpness: float) -> Array:
    """Share of the key light that reaches each point, 0..1, with a penumbra."""
    light, travelled = np.ones(p.shape[1], np.float32), np.full(p.shape[1], 0.02, np.float32)
    active = np.arange(p.shape[1])
    for _ in range(36):
        d = scene.nearest(p[:, active] + KEY[:, None] * travelled[active], 4 / sharpness)
        light[active] = np.minimum(light[active], np.clip(sharpness * d / travelled[active], 0, 1))
        travelled[active] += np.clip(d, 0.02, 0.3)
        active = active[(light[active] > 0.01) & (travelled[active] < 4)]
        if not active.size:
            break
    return light * light * (3 - 2 * light)


def _occlusion(scene: Scene, p: Array, normal: Array) -> Array:
    """How open the surroundings of each point are, 0..1."""
    closed = np.zeros(p.shape[1], np.float32)
    for k, reach in enumerate((0.02, 0.06, 0.14, 0.28)):
        closed += np.maximum(reach - scene.nearest(p + normal * np.float32(reach), reach), 0) / reach * 0.5 ** (k / 2)
    return np.clip(1 - 0.42 * closed, 0, 1)
