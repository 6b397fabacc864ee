"""Files on their way: the queue lives in the browser, in uploads.js, and these are its faces."""

from __future__ import annotations

from typing import Any

import reflex as rx

for module in ("uploads.js", "formats.js"):
    rx.asset(module, shared=True)


def _order(order: rx.Var[dict[str, Any]]) -> tuple[rx.Var[dict[str, Any]]]:
    """{group, name, files: [{creative_id, filename, size, content_type}]}: forms are wanted for these."""
    return (order,)


def _ids(ids: rx.Var[list[str]]) -> tuple[rx.Var[list[str]]]:
    return (ids,)


def _change(begun: rx.Var[str], sending: rx.Var[str]) -> tuple[rx.Var[str], rx.Var[str]]:
    """The group that has just come into being, and the one that files are being sent to; empty where there is none."""
    return (begun, sending)


class UploadAgent(rx.Component):
    """Keeps uploads going on every page: see upload_agent.jsx."""

    library = rx.asset("upload_agent.jsx", shared=True).importable_path
    tag = "UploadAgent"

    ready: rx.Var[bool]
    owner: rx.Var[str]
    text: rx.Var[str]
    to: rx.Var[str]
    on_sign: rx.EventHandler[_order]
    on_forget: rx.EventHandler[_ids]


class Uploader(rx.Component):
    """The drop zone, the files, and how far each is: see uploader.jsx."""

    library = rx.asset("uploader.jsx", shared=True).importable_path
    tag = "Uploader"

    texts: rx.Var[dict[str, str]]
    language: rx.Var[str]
    group: rx.Var[str]
    group_title: rx.Var[str]
    compact: rx.Var[bool]
    on_change: rx.EventHandler[_change]


class FileThumb(rx.Component):
    """The small picture of a creative: of the file if this browser has it, else from `src`."""

    library = rx.asset("uploader.jsx", shared=True).importable_path
    tag = "FileThumb"

    id: rx.Var[str]
    src: rx.Var[str]


upload_agent = UploadAgent.create
uploader = Uploader.create
file_thumb = FileThumb.create
