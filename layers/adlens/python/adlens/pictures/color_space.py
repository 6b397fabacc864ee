"""What the numbers of a picture mean, where a file says so with something else than an ICC profile."""

from __future__ import annotations

from dataclasses import dataclass

Chromaticities = tuple[float, float, float, float, float, float, float, float]
"""x and y of white, red, green and blue."""

_D65 = 0.3127, 0.3290
SRGB: Chromaticities = (*_D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
_CODED: dict[int, Chromaticities] = {
    1: SRGB,
    4: (0.310, 0.316, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (*_D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    7: (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    9: (*_D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (*_D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    22: (*_D65, 0.630, 0.340, 0.295, 0.605, 0.155, 0.077),
}
"""ColourPrimaries of ITU-T H.273, table 2."""


_EXPONENTS = {1: 2.4, 4: 2.2, 5: 2.8, 6: 2.4, 8: 1.0, 11: 2.4, 13: None, 14: 2.4, 15: 2.4}
"""TransferCharacteristics of ITU-T H.273, table 3, as screens show them (ITU-R BT.1886); those of high dynamic range,
which each browser shows in its own way, are left out.
"""


@dataclass(frozen=True, slots=True)
class ColorSpace:
    """`exponent` makes light of a value in [0, 1]; None stands for sRGB's curve."""

    chromaticities: Chromaticities
    exponent: float | None


def from_code_points(primaries: int, transfer: int) -> ColorSpace | None:
    """The colour space of two code points of ITU-T H.273; None for those that browsers render differently."""
    if primaries not in _CODED or transfer not in _EXPONENTS:
        return None
    return ColorSpace(_CODED[primaries], _EXPONENTS[transfer])
