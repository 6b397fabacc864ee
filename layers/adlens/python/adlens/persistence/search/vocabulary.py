"""The vocabulary of a workspace: words of its creatives, with what leads a search to them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from adlens.domain.words import in_one_piece, is_countable, readings, search_words
from adlens.persistence.schema import Vocabulary
from adlens.persistence.search.arrays import have_all
from adlens.persistence.search.forms import forms_of, national_number
from adlens.persistence.search.tokens import Tokens
from adlens.persistence.search.words import stems_of
from adlens.persistence.session import lock_until_commit


def add_words(session: Session | Connection, workspace_id: UUID, lines: Iterable[str], with_forms: bool = True) -> None:
    """Adds the words of `lines` to the workspace's vocabulary, until no creative has them (`gone_words`).

    A search finds a word by its other forms once it was added `with_forms`, which needs dictionaries.
    """
    lock_vocabulary(session, workspace_id, shared=True)
    tokens = Tokens(workspace_id)
    words = {tokens.word(word): word for word in search_words(lines)}
    known = session.execute(
        select(Vocabulary.token, have_all(Vocabulary.keys, [tokens.complete])).where(
            Vocabulary.workspace_id == workspace_id, Vocabulary.token.in_(words)
        )
    )
    enough = {token for token, is_complete in known if is_complete or not with_forms}
    new = [words[token] for token in sorted(words.keys() - enough)]
    if not new:
        return
    # Always in this order: two transactions with the same new words never deadlock.
    rows = sorted(_vocabulary_rows(session, workspace_id, new, with_forms), key=lambda row: row["token"])
    insert = upsert(Vocabulary).values(rows)
    session.execute(
        insert.on_conflict_do_update(index_elements=["workspace_id", "token"], set_={"keys": insert.excluded["keys"]})
        if with_forms
        else insert.on_conflict_do_nothing()
    )


def lock_vocabulary(session: Session | Connection, workspace_id: UUID, *, shared: bool) -> None:
    """Those who add words share the lock; who forgets some has it for himself. Held until the transaction ends."""
    lock_until_commit(session, "vocabulary", workspace_id, shared=shared)


def _vocabulary_rows(
    session: Session | Connection, workspace_id: UUID, words: Iterable[str], with_forms: bool
) -> list[dict[str, Any]]:
    tokens = Tokens(workspace_id)
    spelt = {word: (in_one_piece(word), *readings(in_one_piece(word))) for word in words}
    forms = {
        spelling: forms_of(spelling) if with_forms else {spelling}
        for spellings in spelt.values()
        for spelling in spellings
    }
    stems = stems_of(session, sorted({*chain(*forms.values())}))
    rows = []
    for word, spellings in spelt.items():
        keys = {tokens.complete} if with_forms else set()
        for spelling in spellings:
            leading = {spelling, *chain(*(chain(*stems[form]) for form in forms[spelling]))}
            if national := national_number(spelling):
                leading.add(national)
            keys |= tokens.keys(spelling, leading)
            for stem in chain(*stems[spelling]):
                keys |= tokens.spellings(stem)
        rows.append(
            {
                "workspace_id": workspace_id,
                "token": tokens.word(word),
                "word": word,
                "counted": is_countable(word) and all(stems[word]),
                "keys": sorted(keys),
            }
        )
    return rows
