"""From the words people type to the words that are in pictures: another form, a part, a letter wrong.

PostgreSQL finds them without an extension in a workspace's vocabulary, which is small where the texts are many
(docs/adr/0007).
"""

from __future__ import annotations

from itertools import chain
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from adlens.domain.errors import InvalidValue
from adlens.domain.search import Term
from adlens.domain.words import search_words
from adlens.persistence.arrays import have_all, have_any
from adlens.persistence.tables import FindingKind, Vocabulary, WorkspaceFindingRollup
from adlens.persistence.tokens import Tokens, one_edit_apart
from adlens.persistence.words import stems_of

MOST_WORDS = 100
"""Of the vocabulary for one that was typed: the most frequent."""
MISSPELT = 10
"""So many times rarer than a word one letter away is a word that may be a slip: then both are meant."""
MOST_TYPED = 10


def read_phrase(session: Session, workspace_id: UUID, phrase: str, field: str = "text") -> list[Term]:
    """The words of a phrase, each with those that count as it.

    Raises InvalidValue, naming `field`, when there is no word in it or more than MOST_TYPED.
    """
    typed = search_words([phrase])
    if not typed:
        raise InvalidValue("Search for letters or digits.", field)
    if len(typed) > MOST_TYPED:
        raise InvalidValue(f"Search for {MOST_TYPED} words at most.", field)
    stems = stems_of(session, typed)
    return [_term(session, workspace_id, word, {word, *chain(*stems[word])}) for word in typed]


def _term(session: Session, workspace_id: UUID, typed: str, stems: set[str]) -> Term:
    tokens = Tokens(workspace_id)
    forms = set(map(tokens.stem, stems))
    wanted = have_any(Vocabulary.keys, forms | tokens.spellings(typed))
    if parts := tokens.parts(typed):
        wanted = or_(wanted, have_all(Vocabulary.keys, parts))
    counted = WorkspaceFindingRollup
    exact, near = {typed: 0}, {}
    for word, other_form, count in session.execute(
        select(Vocabulary.word, have_any(Vocabulary.keys, forms), func.coalesce(counted.creatives, 0))
        .outerjoin(
            counted,
            (counted.workspace_id == Vocabulary.workspace_id)
            & (counted.kind == FindingKind.WORD.value)
            & (counted.name == Vocabulary.word),
        )
        .where(Vocabulary.workspace_id == workspace_id, wanted)
    ):
        if other_form or typed in word:
            exact[word] = count
        elif one_edit_apart(typed, word):
            near[word] = count
    known = sum(exact.values())
    slips = {word: count for word, count in near.items() if count >= MISSPELT * known}
    found = {**exact, **slips}
    words = sorted(found, key=lambda word: (word != typed, -found[word], word))[:MOST_WORDS]
    return Term(typed, tuple(words), frozenset(exact))
