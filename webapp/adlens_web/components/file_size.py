"""File sizes in one form. uploads/texts.js writes the same form for the queue."""

from __future__ import annotations

from typing import Any

import reflex as rx

from adlens_web.texts import number, t


def file_size(size: rx.Var[Any]) -> rx.Var[str]:
    """A number of bytes in kilobytes, from 1 MB on in megabytes."""
    text: rx.Var[str] = rx.cond(
        size < 1024 * 1024,
        t("unit.kilobytes", value=number(size / 1024)),
        t("unit.megabytes", value=number(size / (1024 * 1024), 1)),
    )
    return text
