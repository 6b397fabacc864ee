"""The upload queue, which lives in the browser: see queue.js. These components show it."""

from __future__ import annotations

import reflex as rx

from adlens_web.bounds import Order

for module in (
    "backoff.js",
    "file_list.jsx",
    "files.js",
    "formats.js",
    "queue.js",
    "refusals.jsx",
    "stored_queue.js",
    "texts.js",
    "thumbnails.js",
    "visibility.js",
):
    rx.asset(module, shared=True)


def _order(order: rx.Var[Order]) -> tuple[rx.Var[Order]]:
    return (order,)


def _ids(ids: rx.Var[list[str]]) -> tuple[rx.Var[list[str]]]:
    return (ids,)


def _change(started: rx.Var[str], sending: rx.Var[str]) -> tuple[rx.Var[str], rx.Var[str]]:
    """The group that was just created, and the group that files are being sent to; empty for none."""
    return (started, sending)


class UploadAgent(rx.Component):
    """Continues uploads on every page: see upload_agent.jsx."""

    library = rx.asset("upload_agent.jsx", shared=True).importable_path
    tag = "UploadAgent"

    ready: rx.Var[bool]
    owner: rx.Var[str]
    text: rx.Var[str]
    to: rx.Var[str]
    on_sign: rx.EventHandler[_order]
    on_cancel: rx.EventHandler[_ids]


class Uploader(rx.Component):
    """The drop zone, the files and their progress: see uploader.jsx."""

    library = rx.asset("uploader.jsx", shared=True).importable_path
    tag = "Uploader"

    texts: rx.Var[dict[str, str]]
    units: rx.Var[dict[str, str]]
    language: rx.Var[str]
    group: rx.Var[str]
    group_title: rx.Var[str]
    compact: rx.Var[bool]
    on_change: rx.EventHandler[_change]


class FileThumb(rx.Component):
    """The small picture of a creative: see file_thumb.jsx."""

    library = rx.asset("file_thumb.jsx", shared=True).importable_path
    tag = "FileThumb"

    id: rx.Var[str]
    src: rx.Var[str]


upload_agent = UploadAgent.create
uploader = Uploader.create
file_thumb = FileThumb.create
