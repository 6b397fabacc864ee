"""`adlens backup` and `restore`: the local stack in one file."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from local import backup
from local.state import LocalStackError


def back_up(file: Path) -> None:
    try:
        made = backup.back_up(file)
    except LocalStackError as error:
        print(f"adlens: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    print(f"{file}: the database and {made.objects:,} objects, {file.stat().st_size / 1e6:,.1f} MB")


def restore_from(file: Path, replace: bool) -> None:
    try:
        restored = backup.restore(file, replace=replace)
    except LocalStackError as error:
        print(f"adlens: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    print(f"The database and {restored.objects:,} objects as of {restored.made_at}; `adlens up` serves them.")
