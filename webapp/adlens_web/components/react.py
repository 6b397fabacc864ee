"""React components of our own: the .jsx files beside this one."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink


class Heartbeat(rx.Component):
    """Polls while the page is looked at: see heartbeat.jsx."""

    library = rx.asset("heartbeat.jsx", shared=True).importable_path
    tag = "Heartbeat"

    every: rx.Var[int]
    beat: rx.Var[Any]
    patience: rx.Var[int]
    on_tick: rx.EventHandler[rx.event.no_args_event_spec]


class Document(rx.Component):
    """Title and language of the page."""

    library = rx.asset("document.jsx", shared=True).importable_path
    tag = "Document"
    lib_dependencies: list[str] = ["@fontsource-variable/onest@5.3.1"]  # noqa: RUF012 - Reflex's own convention

    title: rx.Var[str]
    language: rx.Var[str]


heartbeat = Heartbeat.create
document = Document.create
link = ReactRouterLink.create
"""A link within the app, `to` an address: the page changes without a load, so that uploads go on."""
