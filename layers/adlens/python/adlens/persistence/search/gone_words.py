"""Words that no creative has any more leave the vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import Engine, delete, select, text
from sqlalchemy.orm import Session

from adlens.domain.words import search_words
from adlens.persistence.schema import Facts, GoneWord, Vocabulary
from adlens.persistence.search.tokens import Tokens
from adlens.persistence.search.vocabulary import lock_vocabulary
from adlens.persistence.session import transactional

# Always in this order: two deletions of the same words never deadlock.
_NOTE = text("""
    INSERT INTO gone_words (workspace_id, token)
    SELECT :workspace_id, token FROM unnest(CAST(:tokens AS bigint[])) token ORDER BY token ON CONFLICT DO NOTHING
""")

_TAKE = text("""
    DELETE FROM gone_words WHERE workspace_id = :workspace_id AND token IN (
        SELECT token FROM gone_words WHERE workspace_id = :workspace_id ORDER BY token LIMIT :most
    ) RETURNING token
""")

# OFFSET 0: one look into the index a word, never a scan of all creatives.
_UNUSED = text("""
    SELECT looked.word FROM unnest(CAST(:words AS bigint[]), CAST(:names AS bigint[])) looked (word, name)
    WHERE NOT EXISTS (SELECT FROM creative_facts f
                      WHERE f.workspace_id = :workspace_id AND f.words @> ARRAY[looked.word] OFFSET 0)
      AND NOT EXISTS (SELECT FROM creative_facts f
                      WHERE f.workspace_id = :workspace_id AND f.marks @> ARRAY[looked.name] OFFSET 0)
""")


class PostgresGoneWords:
    """Implements `adlens.domain.ports.creatives.GoneWordRepository`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def forget(self, limit: int) -> int:
        return sum(self._forget(workspace_id, limit) for workspace_id in self._workspaces())

    @transactional
    def _workspaces(self, session: Session) -> list[UUID]:
        return list(session.scalars(select(GoneWord.workspace_id).distinct().order_by(GoneWord.workspace_id)))

    @transactional
    def _forget(self, session: Session, workspace_id: UUID, limit: int) -> int:
        # Before anything else: an analysis that adds a word has ended, or finds the word gone.
        lock_vocabulary(session, workspace_id, shared=False)
        taken = session.scalars(_TAKE, {"workspace_id": workspace_id, "most": limit}).all()
        ours = Vocabulary.workspace_id == workspace_id
        words = session.execute(
            select(Vocabulary.token, Vocabulary.word).where(ours, Vocabulary.token.in_(taken))
        ).all()
        tokens = Tokens(workspace_id)
        looked = {"words": [token for token, _ in words], "names": [tokens.name(word) for _, word in words]}
        unused = session.scalars(_UNUSED, {"workspace_id": workspace_id, **looked}).all()
        session.execute(delete(Vocabulary).where(ours, Vocabulary.token.in_(unused)))
        return len(taken)


def note_gone_words(session: Session, workspace_id: UUID, creatives: Mapping[UUID, str], facts_of: UUID) -> None:
    """Has the words of creatives looked at, those of their pictures, which `facts_of` has, and of their file names."""
    tokens = Tokens(workspace_id)
    found = {tokens.word(word) for word in search_words(creatives.values())}
    rows = select(Facts.words).where(Facts.workspace_id == facts_of, Facts.creative_id.in_(creatives))
    for words in session.scalars(rows):
        found.update(words)
    note_tokens(session, workspace_id, found)


def note_tokens(session: Session, workspace_id: UUID, tokens: Iterable[int]) -> None:
    if noted := list(tokens):
        session.execute(_NOTE, {"workspace_id": workspace_id, "tokens": noted})
