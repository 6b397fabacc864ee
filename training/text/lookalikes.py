"""Writes the words that are spelled with look-alike letters alone, for the reader to know which script they are of:

    python -m training.text.lookalikes

Russian ones in Cyrillic, English ones in Latin letters, from Debian's hunspell-ru and hunspell-en-us and our own
words.toml.
"""

from __future__ import annotations

import re

from adlens.vision.text.scripts import CYRILLIC_LOOKALIKES, LATIN_LOOKALIKES, LOOKALIKE_WORDS
from training.text.words import HUNSPELL, advertising, inflected

_SCRIPTS = {"ru": ("ru_RU", CYRILLIC_LOOKALIKES), "en": ("en_US", LATIN_LOOKALIKES)}


def main() -> None:
    lines = []
    for language, (name, letters) in _SCRIPTS.items():
        alike = re.compile(f"[{letters.lower()}]{{2,}}")
        words = {*inflected(HUNSPELL / name), *advertising()[language]}
        # English names and abbreviations would claim too much: any three capitals are one.
        words = {word for word in words if language == "ru" or word.islower()}
        lines += sorted({word.lower() for word in words if alike.fullmatch(word.lower())})
    LOOKALIKE_WORDS.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
