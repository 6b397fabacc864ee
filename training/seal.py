"""Writes the checksums of a bundle's own files into its manifest.

python -m training.seal models/compact
"""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path

_ENTRY = re.compile(r'(\[\w+\.files\.\w+\]\npath = "(?P<path>[^"$]+)"\nsha256 = ")[0-9a-f]*"')


def seal(folder: Path) -> None:
    """Every entry of `path` then `sha256` whose file lies in the bundle or beside it; those of packages stay."""

    def sealed(entry: re.Match[str]) -> str:
        return f'{entry[1]}{hashlib.sha256((folder / entry["path"]).read_bytes()).hexdigest()}"'

    manifest = folder / "manifest.toml"
    manifest.write_text(_ENTRY.sub(sealed, manifest.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    seal(Path(sys.argv[1]))
