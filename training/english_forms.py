"""Writes adlens/persistence/search/english_forms.txt: English nouns and adjectives whose forms Snowball leaves apart.

The forms are those of LemmInflect (MIT), which has them from the SPECIALIST Lexicon of the National Library of
Medicine, and a few of ours.

    uv run --no-project --with lemminflect==0.2.3 --with snowballstemmer==3.1.1 python training/english_forms.py
"""

from __future__ import annotations

import gzip
import re
from importlib.resources import files
from pathlib import Path

TARGET = Path(__file__).parents[1] / "layers/adlens/python/adlens/persistence/search/english_forms.txt"
SOURCE = "# From LemmInflect (MIT), which has them from the SPECIALIST Lexicon of the National Library of Medicine."
OURS = ("person persons people",)
_WORD = re.compile("[a-z]{2,20}")


def main() -> None:
    import snowballstemmer

    stem = snowballstemmer.stemmer("english").stemWord
    groups = set(OURS)
    source = files("lemminflect") / "resources" / "infl_lu.csv.gz"
    for line in gzip.decompress(source.read_bytes()).decode().splitlines():
        lemma, kind, *forms = line.split(",")
        words = dict.fromkeys(word.lower() for form in (lemma, *forms) for word in form.split("/"))
        known = [word for word in words if _WORD.fullmatch(word)]
        if kind in ("noun", "adj") and len({stem(word) for word in known}) > 1:
            groups.add(" ".join(known))
    TARGET.write_text("".join(f"{line}\n" for line in (SOURCE, *sorted(groups))))


if __name__ == "__main__":
    main()
