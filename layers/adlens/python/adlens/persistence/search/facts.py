"""What a creative is filtered, counted and searched by: written with its findings, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Connection, Uuid, column, select, update, values
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from adlens.domain.analysis import Analysis
from adlens.domain.colors import COLOR_CLASSES, from_hex
from adlens.domain.text import storable
from adlens.domain.words import search_words
from adlens.persistence.schema import Facts
from adlens.persistence.search.gone_words import note_tokens
from adlens.persistence.search.tokens import Tokens
from adlens.persistence.search.vocabulary import add_words

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
class Findings:
    """The findings that facts are made of. Boxes are (x1, y1, x2, y2), swatches (hex, percent, colour class)."""

    lines: Sequence[str] = ()
    boxes: Sequence[tuple[float, float, float, float]] = ()
    objects: Sequence[str] = ()
    swatches: Sequence[tuple[str, float, str]] = ()

    @classmethod
    def of(cls, analysis: Analysis) -> Findings:
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


def index_filenames(session: Session, workspace_id: UUID, filenames: Mapping[UUID, str]) -> None:
    """Makes new creatives searchable by their file names. Other forms of the words follow with the analysis: the API,
    which registers creatives, has no dictionaries.
    """
    if not filenames:
        return
    add_words(session, workspace_id, filenames.values(), with_forms=False)
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
    session: Session, workspace_id: UUID, creative_id: UUID, filename: str, findings: Findings, **columns: Any
) -> None:
    """Writes findings to the facts of a creative; `columns` are stored as they are."""
    add_words(session, workspace_id, [*findings.lines, filename])
    made = findings.columns(Tokens(workspace_id), filename)
    where = Facts.workspace_id == workspace_id, Facts.creative_id == creative_id
    note_tokens(session, workspace_id, {*(session.scalar(select(Facts.words).where(*where)) or ())} - {*made["words"]})
    update_facts(session, workspace_id, creative_id, {"analysed": True, **made, **columns})


def update_facts(session: Session | Connection, workspace_id: UUID, creative_id: UUID, made: Mapping[str, Any]) -> None:
    session.execute(
        update(Facts).where(Facts.workspace_id == workspace_id, Facts.creative_id == creative_id).values(**made)
    )
