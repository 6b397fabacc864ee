"""React components of our own: the .jsx files beside this one."""

from __future__ import annotations

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink


class Document(rx.Component):
    """Title and language of the page."""

    library = rx.asset("document.jsx", shared=True).importable_path
    tag = "Document"
    lib_dependencies: list[str] = ["@fontsource-variable/onest@5.3.1"]  # noqa: RUF012 - Reflex's own convention

    title: rx.Var[str]
    language: rx.Var[str]


document = Document.create
link = ReactRouterLink.create
"""A link within the app, `to` an address: the page changes without a load, so that uploads go on."""
