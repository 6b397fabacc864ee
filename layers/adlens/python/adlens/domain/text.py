"""Text from outside, made fit to be stored, shown and compared."""

from __future__ import annotations

import unicodedata

LONGEST_FILENAME = 255


def storable(value: str) -> str:
    """`value` without what UTF-8 text of PostgreSQL cannot hold: NUL and lone surrogates, as broken file names have."""
    if value.isascii() and "\x00" not in value:
        return value
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def clean_filename(name: str) -> str:
    """A file name as it is stored and looked up, whatever system wrote it: composed letters (NFC), no folders, plain
    spaces, nothing invisible, at most 255 characters. Empty when nothing is left.
    """
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    return "".join(map(_clean_letter, name)).strip()[-LONGEST_FILENAME:]


def _clean_letter(letter: str) -> str:
    match unicodedata.category(letter):
        case "Cf":  # soft hyphens, joiners, marks of direction and of byte order
            return ""
        case "Zs":
            return " "
        case "Cc" | "Cs" | "Co" | "Cn" | "Zl" | "Zp":
            return "_"
        case _:
            return letter
