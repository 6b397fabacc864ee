"""Which words mean something alone: PostgreSQL's dictionaries know the stop words of a language."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

# A dictionary makes nothing of a stop word. https://www.postgresql.org/docs/current/textsearch-dictionaries.html
_MEANINGFUL = text(
    """
    SELECT word FROM unnest(:words) WITH ORDINALITY AS listed (word, place)
    WHERE ts_lexize('russian_stem', word) <> '{}' AND ts_lexize('english_stem', word) <> '{}'
    ORDER BY place
    """
).bindparams(bindparam("words", type_=ARRAY(Text)))


def meaningful_words(session: Session | Connection, words: Sequence[str]) -> list[str]:
    """`words` without the stop words of Russian and English."""
    return list(session.scalars(_MEANINGFUL, {"words": list(words)})) if words else []
