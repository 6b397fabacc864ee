"""From the words people type to the words that are in pictures: another form, a part, a letter wrong, another alphabet.

PostgreSQL finds them without an extension in a workspace's vocabulary, which is small where the texts are many
(docs/adr/0007, 0013).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from adlens.domain.errors import InvalidValue
from adlens.domain.search import Term
from adlens.domain.words import (
    Compound,
    compounds,
    fold,
    in_one_piece,
    is_mixed,
    on_the_other_keyboard,
    parts_of,
    readings,
    search_words,
)
from adlens.persistence.schema import FindingKind, Vocabulary, WorkspaceFindingRollup
from adlens.persistence.search.arrays import have_all, have_any
from adlens.persistence.search.forms import national_number
from adlens.persistence.search.tokens import Tokens, one_edit_apart
from adlens.persistence.search.words import stems_of

MOST_WORDS = 100
"""Of the vocabulary for one that was typed: the most frequent."""

MISSPELT = 10
"""A word so many times rarer than one a letter away may be a slip: a search for it finds both."""

MOST_TYPED = 10


def read_phrase(session: Session, workspace_id: UUID, phrase: str, field: str = "text") -> list[Term]:
    """The words of a phrase, each with those that count as it.

    Raises InvalidValue, naming `field`, when there is no word in it or more than MOST_TYPED.
    """
    typed = list(_typed(phrase))
    if not typed:
        raise InvalidValue("Search for letters or digits.", field)
    if len(typed) > MOST_TYPED:
        raise InvalidValue(f"Search for {MOST_TYPED} words at most.", field)
    vocabulary = _Vocabulary(session, workspace_id)
    terms = [_term(vocabulary, one) for one in typed]
    return terms if any(_is_known(term) for term in terms) else _by_other_keys(vocabulary, phrase) or terms


def _typed(phrase: str) -> Iterator[str | Compound]:
    """Words and compounds, each once: a compound stands for its parts."""
    folded = fold(phrase)
    seen: set[str] = set()
    end = 0
    found = sorted(compounds(folded), key=lambda compound: (compound.span[0], -compound.span[1]))
    outer = [compound for compound in found if compound.span[0] >= end and (end := compound.span[1])]
    rest, end = [], 0
    for compound in outer:
        rest.append(folded[end : compound.span[0]])
        end = compound.span[1]
        if compound.word not in seen:
            seen.add(compound.word)
            yield compound
    yield from search_words([*rest, folded[end:]])


def _term(vocabulary: _Vocabulary, typed: str | Compound) -> Term:
    if isinstance(typed, str):
        return vocabulary.term(typed)
    whole = vocabulary.term(in_one_piece(typed.word), typed.word)
    # Creatives with all of the parts are not counted.
    return replace(whole, most=None, parts=tuple(map(vocabulary.term, dict.fromkeys(typed.parts))))


def _is_known(term: Term) -> bool:
    return len(term.words) > 1 or term.is_word or any(map(_is_known, term.parts))


def _by_other_keys(vocabulary: _Vocabulary, phrase: str) -> list[Term]:
    """The terms that the same keys type in the other layout, when each is a word or a part of one; else none."""
    typed = fold(phrase).split()
    retyped = [on_the_other_keyboard(word) for word in typed]
    terms = [replace(vocabulary.term(new), typed=old) for new, old in zip(retyped, typed, strict=True) if new]
    if len(terms) < len(typed) or not all(map(_is_known, terms)):
        return []
    return [replace(term, exact=frozenset()) for term in terms]


@dataclass(frozen=True, slots=True)
class _Row:
    word: str
    is_form: bool
    is_counted: bool
    count: int


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    session: Session
    workspace_id: UUID

    def term(self, typed: str, shown: str | None = None) -> Term:
        """What counts as `typed`, which is written in one piece; `shown` is how it was typed."""
        tokens = Tokens(self.workspace_id)
        stems = self._stems([typed, *(readings(typed) if is_mixed(typed) else ())])
        wanted = have_any(Vocabulary.keys, map(tokens.stem, stems))
        spellings = tokens.spellings(typed).union(*map(tokens.spellings, stems))
        if spellings:
            wanted = or_(wanted, have_any(Vocabulary.keys, spellings))
        if parts := tokens.parts(typed):
            wanted = or_(wanted, have_all(Vocabulary.keys, parts))
        exact, others = {}, []
        for row in self._rows(wanted, stems):
            parts_of_row = parts_of(row.word)
            if not row.is_form and len(parts_of_row) > 1 and any(typed in part for part in parts_of_row):
                continue  # who has the compound has this part of it as well
            if row.is_form or any(typed in spelling for spelling in _spelt(row.word)):
                exact[row.word] = row
            else:
                others.append(row)
        known = sum(row.count for row in exact.values())
        slips = self._slips(typed, stems, others, MISSPELT * known)
        found = {**slips, **exact}
        counts = {typed: 0, **{word: row.count for word, row in found.items()}}

        def rank(word: str) -> tuple[bool, bool, int, str]:
            return word != typed, not (word in exact and exact[word].is_form), -counts[word], word

        words = sorted(counts, key=rank)[:MOST_WORDS]
        is_counted = all(found[word].is_counted for word in words if word in found)
        total = [counts[word] for word in words]
        return Term(
            typed=shown or typed,
            words=tuple(words),
            exact=frozenset({typed, *exact}),
            least=max(total),
            most=sum(total) if is_counted else None,
            is_word=typed in exact,
        )

    def _slips(self, typed: str, stems: set[str], rows: Iterable[_Row], least: int) -> dict[str, _Row]:
        """The words that `typed` may be a slip of, and their other forms."""
        near = {row.word: row for row in rows if row.count >= least}
        own = stems_of(self.session, sorted(map(in_one_piece, near)))

        def is_near(word: str) -> bool:
            ends = {word, *chain(*own[word])}
            return one_edit_apart(typed, word) or any(
                one_edit_apart(stem, end) for stem in stems for end in ends if min(len(stem), len(end)) > 3
            )

        slips = {word: row for word, row in near.items() if is_near(in_one_piece(word))}
        slip_stems = {stem for word in slips for stem in (in_one_piece(word), *chain(*own[in_one_piece(word)]))}
        if not slip_stems:
            return {}
        forms = have_any(Vocabulary.keys, map(Tokens(self.workspace_id).stem, slip_stems))
        return {row.word: replace(row, is_form=False) for row in self._rows(forms, slip_stems)} | slips

    def _stems(self, words: list[str]) -> set[str]:
        """The words, their stems, and what else leads to other forms of them."""
        national = [number for word in words if (number := national_number(word))]
        return {*words, *national, *chain(*chain(*stems_of(self.session, words).values()))}

    def _rows(self, wanted: ColumnElement[bool], stems: Iterable[str]) -> list[_Row]:
        tokens = Tokens(self.workspace_id)
        counted = WorkspaceFindingRollup
        statement = (
            select(
                Vocabulary.word,
                have_any(Vocabulary.keys, map(tokens.stem, stems)),
                Vocabulary.counted,
                func.coalesce(counted.creatives, 0),
            )
            .outerjoin(
                counted,
                (counted.workspace_id == Vocabulary.workspace_id)
                & (counted.kind == FindingKind.WORD.value)
                & (counted.name == Vocabulary.word),
            )
            .where(Vocabulary.workspace_id == self.workspace_id, wanted)
        )
        return [_Row(*row) for row in self.session.execute(statement)]


def _spelt(word: str) -> tuple[str, ...]:
    """A word of the vocabulary in one piece, as it is and in the other alphabet."""
    return in_one_piece(word), *readings(in_one_piece(word))
