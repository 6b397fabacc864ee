"""`adlens export`: asks the API for a file, waits for it with its progress, downloads it and checks it."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from adlens_cli.api import chosen_api
from adlens_cli.client import ApiError, Client

POLL_SECONDS = 0.5


class ExportError(Exception):
    """There is no file; the message says why."""


def run(output: Path, export_format: str, filters: Mapping[str, Any], embeddings: bool, separator: str) -> int:
    try:
        export = fetch(chosen_api(), output, export_format, filters, embeddings, separator)
    except (ApiError, ExportError, httpx.HTTPError, OSError) as error:
        print(f"adlens: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("adlens: stopped waiting; `GET /exports` of the API lists the export.", file=sys.stderr)
        return 130
    print(f"{output}: {export['rows']} creatives, {export['bytes']} bytes, sha256 {export['sha256']}", file=sys.stderr)
    return 0


def fetch(
    client: Client,
    output: Path,
    export_format: str,
    filters: Mapping[str, Any],
    embeddings: bool,
    separator: str = "comma",
) -> dict[str, Any]:
    """What the API tells of the finished export, whose file is at `output` by then: all of it, or nothing new.

    Raises ApiError and ExportError.
    """
    body = {
        "format": export_format,
        "filters": dict(filters),
        "include_embeddings": embeddings,
        # The default is left out: an API of before knows no other.
        **({} if separator == "comma" else {"separator": separator}),
    }
    export: dict[str, Any] = client.post("/exports", body)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        writing = progress.add_task("Writing", total=None)
        while export["state"] in ("PENDING", "RUNNING"):
            time.sleep(POLL_SECONDS)
            export = client.get(f"/exports/{export['export_id']}")
            progress.update(writing, completed=export["progress"]["done"], total=export["progress"]["total"])
        if export["state"] == "FAILED":
            raise ExportError(export["failure"]["reason"])
        _download(export, output, progress)
    return export


def _download(export: Mapping[str, Any], output: Path, progress: Progress) -> None:
    downloading = progress.add_task("Downloading (bytes)", total=export["bytes"])
    digest = hashlib.sha256()
    partial = output.with_name(f"{output.name}.{os.getpid()}.partial")
    try:
        with httpx.stream("GET", export["url"], timeout=60) as answer, partial.open("wb") as file:
            answer.raise_for_status()
            for part in answer.iter_bytes():
                file.write(part)
                digest.update(part)
                progress.advance(downloading, len(part))
        if digest.hexdigest() != export["sha256"]:
            raise ExportError("The file arrived damaged: its sha256 is not the one of the export. Try again.")
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)
