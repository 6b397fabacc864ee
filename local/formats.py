"""What the web app knows of picture formats, written from what the library knows: `make formats`."""

from __future__ import annotations

import json
from pathlib import Path

from adlens.domain.media import FORMATS, MAX_FILE_BYTES

TARGET = Path(__file__).resolve().parent.parent / "webapp" / "adlens_web" / "components" / "uploads" / "formats.js"


def module() -> str:
    """An ES module with the limit, the value of an <input>'s `accept`, and the first bytes of each content type."""
    accepted = [name for names in FORMATS.values() for name in (names.content_types[0], *_dotted(names.extensions))]
    first_bytes = {
        names.content_types[0]: [[at, list(expected)] for at, expected in names.first_bytes.items()]
        for names in FORMATS.values()
    }
    return "\n".join(
        (
            "// Written by `make formats` from adlens.domain.media.",
            f"export const MAX_FILE_BYTES = {MAX_FILE_BYTES};",
            f"export const ACCEPTED = {json.dumps(','.join(accepted))};",
            f"export const FIRST_BYTES = {json.dumps(first_bytes)};",
            "",
        )
    )


def _dotted(extensions: tuple[str, ...]) -> list[str]:
    return [f".{extension}" for extension in extensions]


if __name__ == "__main__":
    TARGET.write_text(module())
