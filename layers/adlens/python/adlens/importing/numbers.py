"""Numbers as people and spreadsheets write them: with a point or a comma, and with grouped digits."""

from __future__ import annotations

import re
from collections.abc import Mapping

WHOLE = ("impressions", "clicks")
NUMBERS = (*WHOLE, "conversions", "spend")
"""Columns of numbers; those of WHOLE have no fraction."""

PLAIN = re.compile(r"[0-9]{1,16}(\.[0-9]*)?|\.[0-9]+")
_GROUPED = re.compile(r"[0-9]{1,3}(?:([.,' \u2019\u00a0\u2009\u202f])[0-9]{3})(?:\1[0-9]{3})*")
_ONE_GROUP = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")

Decimals = Mapping[str, str]
"""The decimal sign of columns, a point or a comma, where their numbers show it; empty where they show both."""


def decimal_sign(text: str, is_count: bool = False) -> str | None:
    """The decimal sign that a number shows by itself: 12,5 and 1.234,00 have a comma, 1,234,567 a point. None where it
    shows none, as in 12, and where it can be either, as in 1,234. A count (`is_count`) is not a fraction, unless all
    digits after the sign are zeros.
    """
    points, commas = text.count("."), text.count(",")
    if points and commas:
        return "." if text.rfind(".") > text.rfind(",") else ","
    if not points and not commas:
        return None
    sign, other = (".", ",") if points else (",", ".")
    if points + commas > 1:
        return other
    if not _ONE_GROUP.fullmatch(text):
        return sign
    return other if is_count and not text.endswith("000") else None


def plain_number(text: str, name: str, decimals: Decimals) -> str | None:
    """`text` of the column `name` as digits and a decimal point; unchanged when it is no number. None when it can be
    read in two ways.
    """
    text = text.strip()
    sign = decimal_sign(text, name in WHOLE) or decimals.get(name)
    if not sign and ("." in text or "," in text):
        return None
    whole, point, fraction = text.rpartition(sign) if sign and sign in text else (text, "", "")
    if (grouped := _GROUPED.fullmatch(whole)) and grouped[1] != sign:
        whole = whole.replace(grouped[1], "")
    return f"{whole}{'.' if point else ''}{fraction}{'0' if len(fraction) == 3 else ''}"
