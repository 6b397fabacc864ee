"""React components of the pages of groups and creatives: see the .jsx files beside this one."""

from __future__ import annotations

from typing import Any

import reflex as rx


class Rename(rx.Component):
    """A name that is edited in place. `texts`: rename, name, none, save, cancel."""

    library = rx.asset("rename.jsx", shared=True).importable_path
    tag = "Rename"

    name: rx.Var[str]
    texts: rx.Var[dict[str, str]]
    on_save: rx.EventHandler[rx.event.passthrough_event_spec(str)]


class Foldable(rx.Component):
    """Folded on a phone, open elsewhere."""

    library = rx.asset("foldable.jsx", shared=True).importable_path
    tag = "Foldable"

    summary: rx.Var[str]


class Arrows(rx.Component):
    """The left and right keys lead to these addresses; an empty one leads nowhere."""

    library = rx.asset("arrows.jsx", shared=True).importable_path
    tag = "Arrows"

    previous: rx.Var[str]
    next: rx.Var[str]


class Picture(rx.Component):
    """A creative with the boxes of its findings: see picture.jsx. `lines`, `objects` and `weak` (possible objects) have
    `points`: all corners as fractions of the picture, or two of an upright box. `background` is the colour under
    transparent parts, empty for opaque pictures."""

    library = rx.asset("picture.jsx", shared=True).importable_path
    tag = "Picture"

    src: rx.Var[str]
    alt: rx.Var[str]
    width: rx.Var[int]
    height: rx.Var[int]
    background: rx.Var[str]
    lines: rx.Var[list[Any]]
    objects: rx.Var[list[Any]]
    weak: rx.Var[list[Any]]
    texts: rx.Var[dict[str, str]]
    language: rx.Var[str]


rename = Rename.create
foldable = Foldable.create
arrows = Arrows.create
picture = Picture.create
