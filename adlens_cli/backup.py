"""`adlens backup` and `restore`: the local stack in one file."""

from __future__ import annotations

from pathlib import Path

from adlens_cli.stack import local_errors
from local import backup


def back_up(file: Path) -> None:
    with local_errors():
        made = backup.back_up(file)
    print(f"{file}: the database and {made.objects:,} objects, {file.stat().st_size / 1e6:,.1f} MB")


def restore_from(file: Path, replace: bool) -> None:
    with local_errors():
        restored = backup.restore(file, replace=replace)
    print(f"The database and {restored.objects:,} objects as of {restored.made_at}; `adlens up` serves them.")
