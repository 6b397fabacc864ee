"""What a creative is filtered, counted and searched by: written with its findings, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Connection, Engine, Uuid, column, select, text, update, values
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from adlens.domain.analysis import Analysis
from adlens.domain.colors import COLOR_CLASSES, from_hex
from adlens.domain.text import storable
from adlens.domain.words import in_one_piece, is_countable, readings, search_words
from adlens.persistence.arrays import have_all
from adlens.persistence.forms import forms_of, national_number
from adlens.persistence.session import transaction
from adlens.persistence.tables import Facts, Vocabulary
from adlens.persistence.tokens import Tokens
from adlens.persistence.words import stems_of

_BIT = {color_class.name: 1 << n for n, color_class in enumerate(COLOR_CLASSES)}


def color_bits(names: Iterable[str]) -> int:
    """Classes as bits of `Facts.color_classes`; a name that is none has no bit."""
    bits = 0
    for name in names:
        bits |= _BIT.get(name, 0)
    return bits


def packed(hex_: str, percent: float) -> int:
    """A swatch in one number: 24 bits of colour, then ten of its share in whole tenths of a percent."""
    r, g, b = from_hex(hex_)
    return ((r << 16 | g << 8 | b) << 10) | int(percent * 10 + 1e-6)


@dataclass(frozen=True, slots=True)
class Found:
    """Findings as far as facts tell of them. Boxes are (x1, y1, x2, y2), swatches (hex, percent, colour class)."""

    lines: Sequence[str] = ()
    boxes: Sequence[tuple[float, float, float, float]] = ()
    objects: Sequence[str] = ()
    swatches: Sequence[tuple[str, float, str]] = ()

    @classmethod
    def of(cls, analysis: Analysis) -> Found:
        return cls(
            lines=[storable(block.text) for block in analysis.text or ()],
            boxes=[block.bbox.as_tuple() for block in analysis.text or ()],
            objects=[found.class_name for found in analysis.detections.objects] if analysis.detections else (),
            # As stored: a roll-up and a filter must not disagree about the last digit.
            swatches=[(s.hex, round(s.percent, 6), s.color_class) for s in analysis.palette or ()],
        )

    def columns(self, tokens: Tokens, filename: str) -> dict[str, Any]:
        """Values of the columns of Facts."""
        return {
            "text_share": min(1.0, sum((x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in self.boxes)),
            "color_classes": color_bits(color_class for _, _, color_class in self.swatches),
            "object_count": len(self.objects),
            "objects": sorted(set(self.objects)),
            "marks": tokens.marks(filename, self.objects, self.swatches),
            "words": sorted(map(tokens.word, search_words(self.lines))),
            "palette": [packed(hex_, percent) for hex_, percent, _ in self.swatches],
        }


def note_names(session: Session, workspace_id: UUID, filenames: Mapping[UUID, str]) -> None:
    """Makes new creatives be found by their file names; by other forms of their words once they are analysed: the API
    that registers them has no dictionaries.
    """
    if not filenames:
        return
    learn(session, workspace_id, filenames.values(), with_forms=False)
    tokens = Tokens(workspace_id)
    named = values(column("id", Uuid), column("marks", ARRAY(BigInteger)), name="named").data(
        [(id_, tokens.marks(filename, (), ())) for id_, filename in filenames.items()]
    )
    session.execute(
        update(Facts)
        .where(Facts.workspace_id == workspace_id, Facts.creative_id == named.c.id)
        .values(marks=named.c.marks)
    )


def store_facts(
    session: Session, workspace_id: UUID, creative_id: UUID, filename: str, found: Found, **columns: Any
) -> None:
    """Puts findings into the facts of a creative; `columns` are those that need no making."""
    learn(session, workspace_id, [*found.lines, filename])
    made = found.columns(Tokens(workspace_id), filename)
    _change(session, workspace_id, creative_id, {"analysed": True, **made, **columns})


def _change(session: Session | Connection, workspace_id: UUID, creative_id: UUID, made: Mapping[str, Any]) -> None:
    session.execute(
        update(Facts).where(Facts.workspace_id == workspace_id, Facts.creative_id == creative_id).values(**made)
    )


# --- vocabulary -----------------------------------------------------------------------------------------------------


def learn(session: Session | Connection, workspace_id: UUID, lines: Iterable[str], with_forms: bool = True) -> None:
    """Adds the words of `lines` to the workspace's vocabulary. They stay, for words come again.

    Other forms lead to a word once it was learned `with_forms`, which needs dictionaries.
    """
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
    # In an order that is everybody's: two transactions with the same new words never wait for each other in a ring.
    rows = sorted(_vocabulary_rows(session, workspace_id, new, with_forms), key=lambda row: row["token"])
    insert = upsert(Vocabulary).values(rows)
    session.execute(
        insert.on_conflict_do_update(index_elements=["workspace_id", "token"], set_={"keys": insert.excluded["keys"]})
        if with_forms
        else insert.on_conflict_do_nothing()
    )


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


# --- creatives of before --------------------------------------------------------------------------------------------

_BEFORE = text(
    """
    SELECT c.workspace_id, c.id, c.filename, c.width, c.height, a.creative_id IS NOT NULL AS analysed,
           a.topic, a.topic_confidence,
           (SELECT json_agg(json_build_array(t.text, t.x1, t.y1, t.x2, t.y2)) FROM text_blocks t
            WHERE t.workspace_id = c.workspace_id AND t.creative_id = c.id) AS blocks,
           (SELECT json_agg(o.class_name) FROM detected_objects o
            WHERE o.workspace_id = c.workspace_id AND o.creative_id = c.id) AS objects,
           (SELECT json_agg(json_build_array(s.hex, s.percent, s.color_class) ORDER BY s.position) FROM swatches s
            WHERE s.workspace_id = c.workspace_id AND s.creative_id = c.id) AS swatches
    FROM creatives c LEFT JOIN analyses a ON a.workspace_id = c.workspace_id AND a.creative_id = c.id
    ORDER BY c.workspace_id, c.id
    """
)


def fill_facts(connection: Connection) -> None:
    """Puts what was found before there were facts into them."""
    for row in connection.execute(_BEFORE, execution_options={"yield_per": 500}):
        blocks = row.blocks or []
        found = Found(
            lines=[line for line, *_ in blocks],
            boxes=[(x1, y1, x2, y2) for _, x1, y1, x2, y2 in blocks],
            objects=row.objects or [],
            swatches=[(hex_, float(percent), color_class) for hex_, percent, color_class in row.swatches or []],
        )
        learn(connection, row.workspace_id, [*found.lines, row.filename])
        made = found.columns(Tokens(row.workspace_id), row.filename)
        own = {"analysed": row.analysed, "topic": row.topic, "topic_confidence": row.topic_confidence}
        _change(connection, row.workspace_id, row.id, {**made, **own, "width": row.width, "height": row.height})


# --- words of before ------------------------------------------------------------------------------------------------

_NEXT = text(
    """
    SELECT f.workspace_id, f.creative_id, f.filename, f.words, f.marks,
           ARRAY(SELECT t.text FROM text_blocks t
                 WHERE t.workspace_id = f.workspace_id AND t.creative_id = f.creative_id) AS lines
    FROM creative_facts f WHERE (f.workspace_id, f.creative_id) > (:workspace_id, :creative_id)
    ORDER BY f.workspace_id, f.creative_id LIMIT :most
    """
)


def reindex(engine: Engine, batch: int = 500) -> Iterator[int]:
    """Makes creatives of earlier releases be found as those of this one are; how many were changed, batch by batch.

    Each batch is a transaction of its own, so that everybody goes on meanwhile. To begin again changes nothing twice.
    """
    last = {"workspace_id": UUID(int=0), "creative_id": UUID(int=0)}
    while True:
        with transaction(engine) as session:
            rows = session.execute(_NEXT, {**last, "most": batch}).all()
            changed = _reindexed(session, rows)
        if not rows:
            return
        yield changed
        last = {"workspace_id": rows[-1].workspace_id, "creative_id": rows[-1].creative_id}


def _reindexed(session: Session, rows: Sequence[Any]) -> int:
    changed = 0
    for workspace_id, group in groupby(rows, key=lambda row: row.workspace_id):
        own = list(group)
        tokens = Tokens(workspace_id)
        learn(session, workspace_id, [line for row in own for line in (*row.lines, row.filename)])
        for row in own:
            words = sorted(map(tokens.word, search_words(row.lines)))
            marks = sorted({*row.marks, *map(tokens.name, search_words([row.filename]))})
            if (words, marks) == (row.words, row.marks):
                continue
            # Unless an analysis has written it meanwhile, which knows better.
            where = Facts.workspace_id == workspace_id, Facts.creative_id == row.creative_id, Facts.words == row.words
            session.execute(update(Facts).where(*where).values(words=words, marks=marks))
            changed += 1
    return changed
