"""What PostgreSQL's dictionaries of Russian and English make of words: their stems, and which of them mean nothing."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

# A dictionary makes nothing of a stop word. https://www.postgresql.org/docs/current/textsearch-dictionaries.html
_STEMS = text(
    """
    SELECT word, ts_lexize('russian_stem', word), ts_lexize('english_stem', word) FROM unnest(:words) AS listed (word)
    """
).bindparams(bindparam("words", type_=ARRAY(Text)))


def stems_of(session: Session | Connection, words: Sequence[str]) -> dict[str, tuple[list[str], list[str]]]:
    """The Russian and the English stem of each word; an empty list where it is a stop word of that language."""
    if not words:
        return {}
    return {
        word: (russian or [], english or [])
        for word, russian, english in session.execute(_STEMS, {"words": list(words)})
    }


def meaningful_words(session: Session | Connection, words: Sequence[str]) -> list[str]:
    """`words` without the stop words of Russian and English."""
    stems = stems_of(session, words)
    return [word for word in words if all(stems[word])]
