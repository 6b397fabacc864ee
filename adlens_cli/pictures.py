"""Which files a person means when they name files and folders."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from adlens.domain.media import format_of_name, sniff


def find_pictures(paths: Iterable[Path]) -> list[Path]:
    """Named files as they are; of folders, recursively and sorted, what looks like a picture by name or first bytes.

    Raises FileNotFoundError for a path that does not exist.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            found |= dict.fromkeys(sorted(child for child in path.rglob("*") if _is_meant(child, path)))
        elif path.exists():
            found[path] = None
        else:
            raise FileNotFoundError(f"There is no file or folder {path}.")
    return list(found)


def _is_meant(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return not hidden and path.is_file() and _looks_like_a_picture(path)


def _looks_like_a_picture(path: Path) -> bool:
    if format_of_name(path.name):
        return True
    with path.open("rb") as file:
        return sniff(file.read(12)) is not None
