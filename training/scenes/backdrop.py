"""What products stand on and in front of, and the shadows they throw on it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from training.scenes.geometry import Floats
from training.scenes.materials import SIDE, Chance, Rgb, Texture, hue, marble, noise, pattern, weave, wood_texture
from training.scenes.products.product import Product
from training.scenes.studio import Image, Shot

_SAMPLES = 24_000
_SHADOW = 192


def _surface(random: Chance, products: Sequence[Product]) -> Floats:
    """Points (n, 3) spread evenly over all triangles."""
    corners = np.concatenate([mesh.points[mesh.faces] for product in products for mesh, _ in product.parts])
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    chosen = random.choice(len(corners), _SAMPLES, p=area / area.sum())
    a, b = random.random((2, _SAMPLES, 1))
    a, b = np.where(a + b > 1, 1 - a, a), np.where(a + b > 1, 1 - b, b)
    c = corners[chosen]
    return c[:, 0] + a * (c[:, 1] - c[:, 0]) + b * (c[:, 2] - c[:, 0])


def shadow(random: Chance, products: Sequence[Product], shot: Shot, sun: Floats, size: tuple[int, int]) -> Image:
    """How much light reaches the ground at each pixel, (h, w, 1) in [0, 1]."""
    points = _surface(random, products)
    extent = float(np.ptp(points, axis=0).max())
    low = points.min(0)[:2] - extent * 0.9
    span = float(max(np.ptp(points[:, :2], axis=0)) + extent * 1.8)
    light = np.ones((_SHADOW, _SHADOW), np.float32)
    height = points[:, 2] / extent
    depth, contact = random.between(0.1, 0.6), random.between(0.15, 0.7)
    softness = random.between(0.5, 2.5)
    bands = (
        (0.0, 0.08, sun, depth),
        (0.08, 0.3, sun, depth),
        (0.3, 2.0, sun, depth),
        (0.0, 0.06, np.array([0, 0, 1.0]), contact),
    )
    for start, end, direction, strength in bands:
        chosen = points[(height >= start) & (height < end)]
        if not len(chosen):
            continue
        flat = chosen[:, :2] - direction[:2] / max(direction[2], 0.25) * chosen[:, 2:]
        cell = np.clip(((flat - low) / span * _SHADOW).astype(int), 0, _SHADOW - 1)
        hits = np.bincount(cell[:, 1] * _SHADOW + cell[:, 0], minlength=_SHADOW**2).reshape(_SHADOW, _SHADOW)
        covered = cv2.morphologyEx((hits > 0).astype(np.float32), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
        blurred = cv2.GaussianBlur(covered, (0, 0), softness * (1 + 14 * start) + 0.5)
        light *= 1 - strength * blurred
    place = np.array([[span / _SHADOW, 0, low[0]], [0, span / _SHADOW, low[1]], [0, 0, 1]])
    seen = cv2.warpPerspective(light, shot.ground @ place, size, flags=cv2.INTER_LINEAR, borderValue=1.0)
    seen[shot.horizon] = 1.0
    return np.asarray(seen[..., None], np.float32)


def _gradient(random: Chance, a: Rgb, b: Rgb, size: tuple[int, int]) -> Image:
    w, h = size
    x, y = np.meshgrid(np.linspace(-1, 1, w, dtype=np.float32), np.linspace(-1, 1, h, dtype=np.float32))
    if random.maybe(0.4):
        t = np.sqrt((x - random.between(-0.4, 0.4)) ** 2 + (y - random.between(-0.4, 0.4)) ** 2) / 1.4
    else:
        angle = random.between(0, 2 * np.pi)
        t = (x * np.cos(angle) + y * np.sin(angle)) / 2 + 0.5
    t = np.clip(t, 0, 1)[..., None]
    return np.asarray(np.array(a, np.float32) * (1 - t) + np.array(b, np.float32) * t, np.float32)


def _pale(random: Chance) -> Rgb:
    color = np.array(hue(random))
    return tuple(1 - (1 - color) * random.between(0.05, 0.4))


def wall(random: Chance, size: tuple[int, int]) -> Image:
    """A background without perspective: a gradient, plaster, wallpaper or a room far out of focus."""
    w, h = size
    kind = random.variant(("gradient", "gradient", "room", "room", "lights", "paper", "plaster"))
    dark = random.maybe(0.3)
    a, b = (hue(random), hue(random)) if dark else (_pale(random), _pale(random))
    page = _gradient(random, a, b, size)
    if kind == "plaster":
        field = cv2.resize(noise(random, 6.0), size)[..., None] + 0.5 * cv2.resize(noise(random, 1.5), size)[..., None]
        page = page * (1 + random.between(0.01, 0.06) * field)
    elif kind == "paper":
        page = cv2.resize(pattern(random).astype(np.float32) / 255, size) * random.between(0.6, 1.0)
        page = cv2.GaussianBlur(page, (0, 0), random.between(0.5, 6))
    elif kind == "room":  # furniture, doors and windows: boxes of light and dark
        for _ in range(int(random.integers(4, 16))):
            x, y = int(random.between(-0.2, 1) * w), int(random.between(-0.2, 1) * h)
            corner = (x + int(random.between(0.05, 0.5) * w), y + int(random.between(0.05, 0.7) * h))
            cv2.rectangle(page, (x, y), corner, tuple(map(float, hue(random))), -1)
        page = cv2.GaussianBlur(page, (0, 0), random.between(3, 14))
    elif kind == "lights":
        page *= random.between(0.3, 0.8)
        spots = np.zeros_like(page)
        for _ in range(int(random.integers(8, 40))):
            spot = int(random.integers(w)), int(random.integers(h))
            cv2.circle(spots, spot, int(random.between(4, 26)), tuple(map(float, _pale(random))), -1)
        page += cv2.GaussianBlur(spots, (0, 0), random.between(1.5, 5)) * random.between(0.2, 0.6)
    return np.asarray(np.clip(page, 0, 1), np.float32)


def _floor(random: Chance) -> Texture:
    kind = random.variant(("wood", "wood", "planks", "marble", "cloth", "cloth", "concrete", "print"))
    if kind in {"wood", "planks"}:
        texture = wood_texture(random)
        if kind == "planks":
            for x in range(0, SIDE, random.one_of((32, 64))):
                texture[:, x : x + 2] //= 2
        return texture
    if kind == "marble":
        return marble(random)
    if kind == "cloth":
        return weave(random, _pale(random) if random.maybe(0.6) else hue(random))
    if kind == "print":
        return pattern(random)
    base = np.array(_pale(random)) * random.between(0.4, 1)
    grain = 1 + 0.05 * noise(random, 6.0)[..., None] + 0.04 * noise(random, 1.5)[..., None]
    return np.clip(base * grain * 255, 0, 255).astype(np.uint8)


def backdrop(
    random: Chance, products: Sequence[Product], shot: Shot, size: tuple[int, int], azimuth: float, sun: Floats
) -> Image:
    """The whole picture behind the products, (h, w, 3), shadows included."""
    kind = random.one_of(("white", "white", "white", "plain", "plain", "table", "table", "table", "cut out"))
    if kind == "cut out":  # pasted on anything, without a shadow
        return wall(random, size) if random.maybe(0.6) else np.ones((*size[::-1], 3), np.float32)
    light = shadow(random, products, shot, sun, size)
    if kind == "white":
        ground = random.one_of((1.0, 1.0, random.between(0.88, 1.0)))
        return np.asarray(ground * (1 - (1 - light) * random.between(0.2, 1.0)), np.float32).repeat(3, -1)
    if kind == "plain":
        color = _pale(random) if random.maybe(0.65) else hue(random)
        page = _gradient(random, color, tuple(np.clip(np.array(color) * random.between(0.75, 1.1), 0, 1)), size)
        return np.asarray(page * light, np.float32)
    return _table(random, products, shot, size, azimuth, light)


def _table(
    random: Chance, products: Sequence[Product], shot: Shot, size: tuple[int, int], azimuth: float, light: Image
) -> Image:
    cloud = np.concatenate([product.points for product in products])
    extent = float(np.ptp(cloud, axis=0).max())
    x, y = np.meshgrid(np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5)
    at = np.stack([x, y, np.ones_like(x)], -1) @ np.linalg.inv(shot.ground).T
    at = at[..., :2] / np.where(np.abs(at[..., 2:]) < 1e-9, 1e-9, at[..., 2:])
    turn = np.radians(random.between(0, 360)) if random.maybe(0.5) else np.radians(azimuth)
    texels = SIDE / (extent * random.between(0.8, 4))
    u = (at[..., 0] * np.cos(turn) + at[..., 1] * np.sin(turn)) * texels % SIDE
    v = (at[..., 1] * np.cos(turn) - at[..., 0] * np.sin(turn)) * texels % SIDE
    floor = cv2.remap(
        _floor(random), u.astype(np.float32), v.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP
    )
    page = floor.astype(np.float32) / 255 * random.between(0.7, 1.1)
    away = -np.sin(np.radians(azimuth)) * at[..., 0] + np.cos(np.radians(azimuth)) * at[..., 1]
    behind = float((-np.sin(np.radians(azimuth)) * cloud[:, 0] + np.cos(np.radians(azimuth)) * cloud[:, 1]).max())
    beyond = shot.horizon | (away > behind + extent * random.between(0.05, 3))
    page = page * light
    far: npt.NDArray[np.bool_] = beyond[..., None]
    page = np.where(far, wall(random, size), page)
    if random.maybe(0.5):  # the lens is focused on the products
        page = cv2.GaussianBlur(page, (0, 0), random.between(0.6, 3.5))
    return np.asarray(np.clip(page, 0, 1), np.float32)
