"""The photographer: one off-screen VTK window that takes picture after picture, with where each product is in it.

Only the products are rendered, on nothing; grounds, walls and shadows are laid below them in image space by homography,
which costs a twentieth of ray tracing them and shows the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import vtk
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy

from training.scenes.geometry import Floats, Mesh
from training.scenes.materials import Chance, Material, Texture
from training.scenes.products.product import Product

Image = npt.NDArray[np.float32]
"""(height, width, 3), sRGB in [0, 1]."""


@dataclass(frozen=True, slots=True)
class View:
    """Where the camera stands: degrees around and above, its angle, and how the products fill the frame.

    `fill` is the share of the frame that their extent takes (above 1 they are cropped), `offset` shifts them, in halves
    of the frame.
    """

    azimuth: float
    elevation: float
    angle: float
    fill: float
    offset: tuple[float, float] = (0.0, 0.0)
    roll: float = 0.0


@dataclass(frozen=True, eq=False, slots=True)
class Shot:
    """`color` and `alpha` (h, w, 1) of the products alone; `ground` (3, 3) maps (x, y, 1) on z = 0 to pixels; `boxes`
    holds corners in pixels of what is visible of each product, or None when little is.
    """

    color: Image
    alpha: Image
    ground: Floats
    horizon: npt.NDArray[np.bool_]
    boxes: list[tuple[float, float, float, float] | None]


def softboxes(random: Chance) -> npt.NDArray[np.float32]:
    """Light from everywhere, (64, 128, 3), linear: a studio's walls with bright panels, or a sky over a floor."""
    height = np.linspace(1, -1, 64, dtype=np.float32)[:, None, None]
    floor, top = random.between(0.15, 0.6), random.between(0.4, 1.1)
    light = np.broadcast_to(floor + (top - floor) * (height + 1) / 2, (64, 128, 3)).copy()
    for _ in range(int(random.integers(2, 7))):
        x, y = int(random.integers(128)), int(random.integers(4, 40))
        w, h = int(random.integers(4, 34)), int(random.integers(3, 18))
        panel = np.zeros((64, 256), np.float32)
        panel[y : y + h, x : x + w] = random.between(1.5, 7)
        light += (panel[:, :128] + panel[:, 128:])[..., None]
    warm = random.normal(0, 0.05)
    light *= np.array([1 + warm, 1, 1 - warm], np.float32)
    return cv2.GaussianBlur(light, (0, 0), random.between(0.6, 3))


class Studio:
    """Reuses its window and lights: compiling shaders costs a second, a picture a tenth of one."""

    def __init__(self) -> None:
        vtk.vtkObject.GlobalWarningDisplayOff()
        vtk.vtkLogger.SetStderrVerbosity(vtk.vtkLogger.VERBOSITY_OFF)
        self._window = vtk.vtkRenderWindow()
        self._window.SetOffScreenRendering(1)
        self._window.SetMultiSamples(0)
        self._window.SetAlphaBitPlanes(1)
        self._renderer = vtk.vtkRenderer()
        self._renderer.SetBackgroundAlpha(0)
        self._renderer.UseImageBasedLightingOn()
        self._renderer.UseSphericalHarmonicsOn()
        self._renderer.SetAutomaticLightCreation(False)
        prefilter = self._renderer.GetEnvMapPrefiltered()
        prefilter.SetPrefilterMaxSamples(64)
        self._lamps = [vtk.vtkLight() for _ in range(2)]
        for lamp in self._lamps:
            lamp.SetLightTypeToSceneLight()
            self._renderer.AddLight(lamp)
        self._window.AddRenderer(self._renderer)

    def relight(self, random: Chance) -> None:
        """New walls around the products; costs as much as a picture, so not for each."""
        texture = _texture(softboxes(random), False)
        texture.SetColorModeToDirectScalars()
        self._renderer.SetEnvironmentTexture(texture)

    def shoot(
        self, random: Chance, products: Sequence[Product], view: View, size: tuple[int, int], sun: Floats
    ) -> Shot:
        """The products, standing on z = 0, from `view`; `size` is width, height; `sun` points to the main light."""
        self._renderer.RemoveAllViewProps()
        for product in products:
            for mesh, material in product.parts:
                self._renderer.AddActor(_actor(mesh, material))
        turn = np.radians(random.between(0, 360))
        self._renderer.SetEnvironmentUp(0, 0, 1)
        self._renderer.SetEnvironmentRight(float(np.cos(turn)), float(np.sin(turn)), 0)
        strength = random.between(0.3, 2.2)
        for lamp, direction, share in zip(
            self._lamps, (sun, sun * (-0.7, 0.5, 0.6)), (1.0, random.between(0, 0.4)), strict=True
        ):
            lamp.SetPosition(*(direction * 100))
            lamp.SetFocalPoint(0, 0, 0)
            lamp.SetIntensity(strength * share)
            lamp.SetColor(1.0, random.between(0.9, 1.0), random.between(0.82, 1.0))
        self._window.SetSize(*size)
        clouds = [product.points for product in products]
        matrix = self._aim(np.concatenate(clouds), view, size)
        self._window.Render()
        color, alpha, depth = self._read(size)
        pixels = _to_pixels(size)
        boxes = [_visible_box(cloud, matrix, pixels, depth) for cloud in clouds]
        ground = (pixels @ matrix[[0, 1, 3]])[:, [0, 1, 3]]
        return Shot(color, alpha, ground, _above_horizon(ground, np.concatenate(clouds), size), boxes)

    def _aim(self, cloud: Floats, view: View, size: tuple[int, int]) -> Floats:
        """Points the camera; returns the (4, 4) matrix from the world to clip space."""
        low, high = cloud.min(0), cloud.max(0)
        middle, extent = (low + high) / 2, float(np.linalg.norm(high - low))
        a, e = np.radians(view.azimuth), np.radians(min(view.elevation, 89.5))
        toward = np.array([np.sin(a) * np.cos(e), -np.cos(a) * np.cos(e), np.sin(e)])
        distance = extent / 2 / np.tan(np.radians(view.angle) / 2) * 1.1
        camera = self._renderer.GetActiveCamera()
        camera.SetFocalPoint(*middle)
        camera.SetPosition(*(middle + toward * distance))
        camera.SetViewUp(*(np.array([0.0, 0, 1]) if view.elevation < 80 else np.array([-np.sin(a), np.cos(a), 0])))
        camera.SetRoll(camera.GetRoll() + view.roll)
        camera.SetClippingRange(max(distance - extent, 0.05 * distance), distance + 4 * extent)
        camera.SetWindowCenter(0, 0)
        aspect = size[0] / size[1]
        # Two passes: the extent at a nominal angle says which angle and which shift fill the frame as wanted.
        camera.SetViewAngle(view.angle)
        seen = _project(cloud, _matrix(camera, aspect))
        zoom = np.ptp(seen, axis=0).max() / 2 / view.fill
        angle = 2 * np.degrees(np.arctan(np.tan(np.radians(view.angle) / 2) * zoom))
        camera.SetViewAngle(float(np.clip(angle, 0.5, 120)))
        seen = _project(cloud, _matrix(camera, aspect))
        center = (seen.min(0) + seen.max(0)) / 2
        camera.SetWindowCenter(float(center[0] - view.offset[0]), float(center[1] - view.offset[1]))
        return _matrix(camera, aspect)

    def _read(self, size: tuple[int, int]) -> tuple[Image, Image, Image]:
        width, height = size
        grabber = vtk.vtkWindowToImageFilter()
        grabber.SetInput(self._window)
        grabber.SetInputBufferTypeToRGBA()
        grabber.ReadFrontBufferOff()
        grabber.ShouldRerenderOff()
        grabber.Update()
        rgba = vtk_to_numpy(grabber.GetOutput().GetPointData().GetScalars()).reshape(height, width, 4)[::-1]
        buffer = vtk.vtkFloatArray()
        self._window.GetZbufferData(0, 0, width - 1, height - 1, buffer)
        depth = vtk_to_numpy(buffer).reshape(height, width)[::-1]
        picture = rgba.astype(np.float32) / 255
        return picture[..., :3], picture[..., 3:], depth.astype(np.float32)


def _matrix(camera: vtk.vtkCamera, aspect: float) -> Floats:
    found = camera.GetCompositeProjectionTransformMatrix(aspect, -1, 1)
    return np.array([[found.GetElement(i, j) for j in range(4)] for i in range(4)])


def _clip(points: Floats, matrix: Floats) -> Floats:
    return np.concatenate([points, np.ones((len(points), 1))], 1) @ matrix.T


def _project(points: Floats, matrix: Floats) -> Floats:
    clip = _clip(points, matrix)
    return clip[:, :2] / clip[:, 3:]


def _to_pixels(size: tuple[int, int]) -> Floats:
    w, h = size
    return np.array([[w / 2, 0, w / 2], [0, -h / 2, h / 2], [0, 0, 1.0]])


def _visible_box(
    cloud: Floats, matrix: Floats, pixels: Floats, depth: Image
) -> tuple[float, float, float, float] | None:
    """The extent of the points that nothing stands in front of; None when that is less than a fifth of the product."""
    clip = _clip(cloud, matrix)
    at = np.stack([clip[:, 0], clip[:, 1], clip[:, 3]], -1) @ pixels.T
    x, y = at[:, 0] / at[:, 2], at[:, 1] / at[:, 2]
    z = (clip[:, 2] / clip[:, 3] + 1) / 2
    h, w = depth.shape
    inside = (x >= 0) & (x < w) & (y >= 0) & (y < h)
    # The farthest of a pixel's neighbours, lest an outline hides behind itself.
    far = cv2.dilate(depth, np.ones((5, 5), np.uint8))
    seen = np.zeros(len(cloud), bool)
    seen[inside] = z[inside] <= far[y[inside].astype(int), x[inside].astype(int)] + 1e-3
    if not seen.any():
        return None
    x1, y1, x2, y2 = x[seen].min(), y[seen].min(), x[seen].max(), y[seen].max()
    whole = max((x.max() - x.min()) * (y.max() - y.min()), 1e-6)
    if (x2 - x1) * (y2 - y1) < 0.2 * whole or min(x2 - x1, y2 - y1) < 4:
        return None
    return float(x1), float(y1), float(x2), float(y2)


def _above_horizon(ground: Floats, cloud: Floats, size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Pixels (h, w) whose ray never meets z = 0 in front of the camera."""
    w, h = size
    back = np.linalg.inv(ground)
    x, y = np.meshgrid(np.arange(w) + 0.5, np.arange(h) + 0.5)
    scale = back[2, 0] * x + back[2, 1] * y + back[2, 2]
    middle = (cloud.min(0) + cloud.max(0)) / 2
    seen = ground @ (middle[0], middle[1], 1)
    center = back @ (seen / seen[2])
    return np.asarray(scale * np.sign(center[2]) <= 1e-6)


def _texture(image: npt.NDArray[np.generic], srgb: bool) -> vtk.vtkTexture:
    h, w = image.shape[:2]
    data = vtk.vtkImageData()
    data.SetDimensions(w, h, 1)
    data.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(image[::-1]).reshape(-1, 3), deep=True))
    texture = vtk.vtkTexture()
    texture.SetInputData(data)
    texture.MipmapOn()
    texture.InterpolateOn()
    texture.RepeatOn()
    texture.SetColorModeToDirectScalars()
    if srgb:
        texture.UseSRGBColorSpaceOn()
    return texture


_WHITE: Texture = np.full((4, 4, 3), 255, np.uint8)


def _actor(mesh: Mesh, material: Material) -> vtk.vtkActor:
    data = vtk.vtkPolyData()
    points = vtk.vtkPoints()
    points.SetData(numpy_to_vtk(mesh.points.astype(np.float32), deep=True))
    data.SetPoints(points)
    cells = vtk.vtkCellArray()
    cells.SetData(3, numpy_to_vtkIdTypeArray(mesh.faces.astype(np.int64).ravel(), deep=True))
    data.SetPolys(cells)
    data.GetPointData().SetNormals(numpy_to_vtk(mesh.normals.astype(np.float32), deep=True))
    uv = (mesh.uv * material.repeat).astype(np.float32)
    data.GetPointData().SetTCoords(numpy_to_vtk(uv, deep=True))
    mapper = vtk.vtkPolyDataMapper()
    mapper.SetInputData(data)
    actor = vtk.vtkActor()
    actor.SetMapper(mapper)
    properties = actor.GetProperty()
    properties.SetInterpolationToPBR()
    # One kind of shader for all: everything has a texture, plain things a white one.
    properties.SetBaseColorTexture(_texture(_WHITE if material.texture is None else material.texture, True))
    properties.SetColor(
        *(float(np.clip(c, 0, 1)) ** 2.2 if material.texture is None else float(c) for c in material.color)
    )
    properties.SetMetallic(material.metallic)
    properties.SetRoughness(material.roughness)
    properties.SetOpacity(material.opacity)
    return actor
