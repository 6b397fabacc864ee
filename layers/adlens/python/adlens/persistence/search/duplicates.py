"""Near-duplicates of a group: families of creatives that are one picture."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from adlens.domain.duplicates import DuplicateCard, DuplicateCards, Family, Print, families
from adlens.domain.errors import InvalidValue
from adlens.domain.paging import Page
from adlens.persistence.checks import check_group
from adlens.persistence.paging import cursor_of, read_cursor
from adlens.persistence.schema import Analysis, Creative
from adlens.persistence.search.cards import read_cards

MOST_SHOWN = 100
"""Creatives of a family that come as cards."""


def find_families(
    session: Session, workspace_id: UUID, group_id: str, limit: int, cursor: str | None
) -> Page[DuplicateCards]:
    """The largest first. Raises UnknownGroup, and InvalidValue for a foreign cursor."""
    if limit < 1:
        raise InvalidValue("A page has at least one row.", "limit")
    check_group(session, workspace_id, group_id)
    prints = _read_prints(session, workspace_id, group_id)
    found = families(prints, lambda pairs: _read_cosines(session, workspace_id, pairs))
    if cursor is not None:
        size, representative = read_cursor(cursor, int, UUID, "families")
        found = [family for family in found if (-len(family), family[0].id) > (-size, representative)]
    page, more = found[:limit], len(found) > limit
    return Page(
        _show_families(session, workspace_id, page),
        cursor_of(len(page[-1]), page[-1][0].id, "families") if more else None,
    )


def _read_prints(session: Session, workspace_id: UUID, group_id: str) -> list[Print]:
    return [
        Print(
            row.id,
            row.sha256,
            int(row.phash, 16),
            row.width * row.height,
            row.uploaded_at,
            frozenset(row.words or ()),
        )
        for row in session.execute(
            select(
                Creative.id,
                Creative.sha256,
                Creative.phash,
                Creative.width,
                Creative.height,
                Creative.uploaded_at,
                Analysis.words,
            )
            .outerjoin(
                Analysis,
                (Analysis.workspace_id == Creative.workspace_id) & (Analysis.creative_id == Creative.id),
            )
            .where(Creative.workspace_id == workspace_id, Creative.group_id == group_id)
            .where(Creative.phash.is_not(None))
        )
    ]


_COSINES = text(
    """
    WITH known AS MATERIALIZED (
        SELECT place, bundle_checksum, vector
        FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS asked (creative_id, place)
        JOIN embeddings USING (creative_id)
        WHERE workspace_id = :workspace_id
    )
    SELECT CASE WHEN one.bundle_checksum = other.bundle_checksum THEN 1 - (one.vector <=> other.vector) END
    FROM unnest(CAST(:ones AS int[]), CAST(:others AS int[])) WITH ORDINALITY AS pairs (a, b, pair)
    LEFT JOIN known one ON one.place = a
    LEFT JOIN known other ON other.place = b
    ORDER BY pair
    """
)


def _read_cosines(session: Session, workspace_id: UUID, pairs: Sequence[tuple[UUID, UUID]]) -> Sequence[float | None]:
    """None where one of the two has no embedding or they are of two bundles."""
    places = {id_: place for place, id_ in enumerate(dict.fromkeys(chain.from_iterable(pairs)), start=1)}
    return session.scalars(
        _COSINES,
        {
            "workspace_id": workspace_id,
            "ids": [str(id_) for id_ in places],
            "ones": [places[one] for one, _ in pairs],
            "others": [places[other] for _, other in pairs],
        },
    ).all()


def _show_families(session: Session, workspace_id: UUID, page: Sequence[Family]) -> tuple[DuplicateCards, ...]:
    shown = [family[:MOST_SHOWN] for family in page]
    found = read_cards(session, workspace_id, [one.id for family in shown for one in family])
    return tuple(
        DuplicateCards(
            len(family),
            tuple(DuplicateCard(found[one.id], one.distance, one.similarity) for one in members if one.id in found),
        )
        for family, members in zip(page, shown, strict=True)
    )
