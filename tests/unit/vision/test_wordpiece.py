from __future__ import annotations

from pathlib import Path

import pytest

from adlens.vision.topic.wordpiece import LONGEST, NO_WORD, WordPiece, words_of

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "круж", "##ка", "##к", "##а", "350", "мл", "3", "##5"]


@pytest.fixture
def pieces(tmp_path: Path) -> WordPiece:
    (tmp_path / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8")
    return WordPiece.of_file(tmp_path / "vocab.txt")


def test_words_are_letters_and_digits_in_lower_case() -> None:
    assert words_of("Шёлк, 100%!\nT-shirt_XL") == ["шелк", "100", "t", "shirt", "xl"]
    assert words_of("— ★ %") == []


def test_the_longest_known_piece_comes_first(pieces: WordPiece) -> None:
    tokens, owners = pieces.encode(["кружка", "350", "мл"])
    assert [VOCABULARY[token] for token in tokens] == ["[CLS]", "круж", "##ка", "350", "мл", "[SEP]"]
    assert owners == [NO_WORD, 0, 0, 1, 2, NO_WORD]


def test_a_word_with_an_unknown_piece_is_unknown_as_a_whole(pieces: WordPiece) -> None:
    tokens, owners = pieces.encode(["кружкz", "35"])
    assert [VOCABULARY[token] for token in tokens] == ["[CLS]", "[UNK]", "3", "##5", "[SEP]"]
    assert owners == [NO_WORD, 0, 1, 1, NO_WORD]


def test_no_words_are_the_two_ends(pieces: WordPiece) -> None:
    assert pieces.encode([]) == ([2, 3], [NO_WORD, NO_WORD])


def test_a_long_text_ends_between_words(pieces: WordPiece) -> None:
    tokens, owners = pieces.encode(["35"] * 100)
    assert len(tokens) <= LONGEST
    assert [VOCABULARY[token] for token in tokens[-3:]] == ["3", "##5", "[SEP]"]
    assert owners[-2] == (len(tokens) - 2) / 2 - 1
