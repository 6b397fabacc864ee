"""Words to token ids as BERT's WordPiece does it: the longest known piece first, from left to right.

Small on purpose: the tokenizers of the training libraries weigh more than the model that is served here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

_WORD = re.compile(r"[^\W_]+")
_CONTINUES = "##"
_UNKNOWN, _START, _END = "[UNK]", "[CLS]", "[SEP]"
NO_WORD = -1
LONGEST = 128
"""Tokens of one text; more would tell nothing new."""


def words_of(text: str) -> list[str]:
    """Runs of letters and digits in lower case, ё as е."""
    return _WORD.findall(text.lower().replace("ё", "е"))


class WordPiece:
    """`vocabulary` lists the pieces in the order of their ids. At most LONGEST tokens come out, both ends included."""

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._ids = {piece: number for number, piece in enumerate(vocabulary)}

    @classmethod
    def of_file(cls, path: Path) -> WordPiece:
        """From a vocab.txt as BERT models come with: a piece a line."""
        return cls(path.read_text(encoding="utf-8").splitlines())

    def encode(self, words: Sequence[str]) -> tuple[list[int], list[int]]:
        """Token ids between start and end, and for each token the position of its word, NO_WORD for the two ends."""
        ids, owners = [self._ids[_START]], [NO_WORD]
        for position, word in enumerate(words):
            pieces = self._pieces(word)
            if len(ids) + len(pieces) >= LONGEST:
                break
            ids += pieces
            owners += [position] * len(pieces)
        return [*ids, self._ids[_END]], [*owners, NO_WORD]

    def _pieces(self, word: str) -> list[int]:
        pieces: list[int] = []
        start = 0
        while start < len(word):
            prefix = _CONTINUES if start else ""
            for end in range(len(word), start, -1):
                if (number := self._ids.get(prefix + word[start:end])) is not None:
                    pieces.append(number)
                    start = end
                    break
            else:
                return [self._ids[_UNKNOWN]]
        return pieces
