"""The palette of a picture: KMeans in CIELAB, where distance is what the eye sees, on a sample of its pixels."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController

from adlens.domain.analysis import Swatch, SwatchRole
from adlens.domain.colors import COLOR_CLASSES, RGB, from_hex
from adlens.domain.ports.vision import DecodedImage
from adlens.vision.deferred import deferred
from adlens.vision.image import Pixels, painted_pixels_of

# Measured: these are most of what importing scikit-learn's KMeans and two functions of scikit-image takes.
_NOT_NEEDED = (
    *(f"scipy.{name}" for name in ("stats", "interpolate", "integrate", "optimize", "optimize._linesearch")),
    *("numpy.f2py", "numpy.testing", "pandas", "narwhals", "narwhals.stable", "narwhals.stable.v2"),
    *("sklearn.callback._progressbar", "sklearn.cluster._hdbscan.hdbscan"),
    *(f"sklearn.cluster._{name}" for name in ("affinity_propagation", "agglomerative", "bicluster", "birch", "dbscan")),
    *(f"sklearn.cluster._{name}" for name in ("feature_agglomeration", "mean_shift", "optics", "spectral")),
)
with deferred(*_NOT_NEEDED):
    from skimage.color import deltaE_ciede2000, lab2rgb, rgb2lab
    from sklearn.cluster import KMeans

Floats = npt.NDArray[np.float64]

_SAMPLE = 9_000
_DARK = 0.15
_GREYISH = 0.15
_PLACES = np.array([65_536, 256, 1], np.uint32)


class KMeansPalette:
    """The same picture always gives the same palette."""

    def __init__(self) -> None:
        self._thread_pools = ThreadpoolController()

    def extract(self, image: DecodedImage, dominant: int, secondary: int) -> tuple[Swatch, ...]:
        # More threads would add up in changing order, and some pictures would change their palette from run to run.
        with self._thread_pools.limit(limits=1):
            colors, shares = cluster(sample(painted_pixels_of(image)), dominant + secondary)
        roles = [SwatchRole.DOMINANT] * dominant + [SwatchRole.SECONDARY] * secondary
        return tuple(
            Swatch(rgb, percent, role, color_class(rgb))
            for rgb, percent, role in zip(colors, _percents(shares), roles, strict=False)
        )


def sample(pixels: Pixels) -> Pixels:
    """At most 9,000 pixels (n, 3), one at random of each of as many equal runs: a regular grid would see half the
    colours of a pattern as fine as itself. The same ones for the same picture.
    """
    flat = pixels.reshape(-1, 3)
    if len(flat) <= _SAMPLE:
        return flat
    chance = np.random.default_rng(0).random(_SAMPLE)
    return flat[((np.arange(_SAMPLE) + chance) * (len(flat) / _SAMPLE)).astype(np.intp)]


def cluster(rgb: Pixels, count: int) -> tuple[list[RGB], Floats]:
    """At most `count` different colours, largest share first, and their shares, adding up to 1."""
    if count == 0 or not len(rgb):
        return [], np.empty(0)
    # As one number each, which sorts ten times faster than rows do, and in the same order.
    numbers, weights = np.unique(rgb.astype(np.uint32) @ _PLACES, return_counts=True)
    colors = (numbers[:, None] // _PLACES % 256).astype(np.uint8)
    if len(colors) > count:
        model = KMeans(count, n_init=4, random_state=0).fit(rgb2lab(colors / 255.0), sample_weight=weights)
        centres = np.round(lab2rgb(model.cluster_centers_) * 255).astype(np.uint8)
        colors, cluster_of_centre = np.unique(centres, axis=0, return_inverse=True)
        weights = np.bincount(cluster_of_centre.ravel()[model.labels_], weights=weights, minlength=len(colors))
    order = [index for index in np.argsort(-weights, kind="stable") if weights[index] > 0]
    return [(int(r), int(g), int(b)) for r, g, b in colors[order]], weights[order] / weights.sum()


def _percents(shares: Floats) -> list[float]:
    """Percents with two digits that add up to 100: the largest takes what rounding leaves."""
    hundredths = np.round(shares * 10_000).astype(int)
    hundredths[:1] += 10_000 - hundredths.sum()
    return [float(value) / 100 for value in hundredths]


def color_class(rgb: RGB) -> str:
    """The class of domain.colors: black when V <= 15 %, else the nearest grey when S <= 15 %, else the chromatic class
    with the nearest reference. Nearest by CIEDE2000 (CIE 142-2001).
    """
    brightest, darkest = max(rgb), min(rgb)
    if brightest <= _DARK * 255:
        return "black"
    achromatic = brightest - darkest <= _GREYISH * brightest
    names, references = _references(achromatic)
    lab = np.broadcast_to(rgb2lab(np.array(rgb) / 255.0), references.shape)  # skimage pairs arrays of one shape only
    distances = deltaE_ciede2000(lab, references)  # type: ignore[no-untyped-call] # scikit-image has no types
    return names[int(np.argmin(distances))]


@cache
def _references(achromatic: bool) -> tuple[tuple[str, ...], Floats]:
    named = [
        (color_class.name, reference)
        for color_class in COLOR_CLASSES
        if color_class.achromatic == achromatic
        for reference in color_class.references
    ]
    lab = rgb2lab(np.array([from_hex(reference) for _, reference in named]) / 255.0)
    return tuple(name for name, _ in named), lab
