"""What looks and reads alike: neighbours of one creative among a million, and the near-duplicates of a group."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from uuid import UUID

from sqlalchemy import Engine, Select, select, text
from sqlalchemy.orm import Session, aliased

from adlens.domain.duplicates import DuplicateCard, DuplicateCards, Family, Print, families
from adlens.domain.errors import InvalidValue, UnknownCreative
from adlens.domain.gallery import LEAST_SIMILARITY, SimilarCreative
from adlens.domain.paging import Page
from adlens.persistence.checks import check_group
from adlens.persistence.paging import cursor_of, read_cursor
from adlens.persistence.schema import Analysis, Creative, Embedding, WorkspaceRollup
from adlens.persistence.search.cards import read_cards
from adlens.persistence.session import transactional

EXACT_UP_TO = 10_000
"""Creatives of a workspace: reading the vectors of so few is as fast as the index."""

CANDIDATES = 400
"""Nearest codes whose vectors are compared; at most 1000, what the index can be asked for."""

MOST_SHOWN = 100
"""Creatives of a family that come as cards."""


class PostgresAlike:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @transactional
    def similar(
        self, session: Session, workspace_id: UUID, creative_id: UUID, limit: int
    ) -> tuple[SimilarCreative, ...]:
        """The creatives most like one, best first, none less than LEAST_SIMILARITY; compared are embeddings of the same
        model bundle. In a workspace of more than EXACT_UP_TO it may miss some: docs/adr/0009-similar-creatives.md tells
        how many. Raises UnknownCreative.
        """
        if session.get(Creative, (workspace_id, creative_id)) is None:
            raise UnknownCreative(f"There is no creative {creative_id}.")
        bundle = session.scalar(
            select(Embedding.bundle_checksum).where(
                Embedding.workspace_id == workspace_id, Embedding.creative_id == creative_id
            )
        )
        if bundle is None:
            return ()
        analysed = session.scalar(select(WorkspaceRollup.analysed).where(WorkspaceRollup.workspace_id == workspace_id))
        candidates = None
        if (analysed or 0) > EXACT_UP_TO:
            candidates = CANDIDATES
            # Local to this transaction: RDS Proxy would keep a session that SETs anything to itself. Where codes of
            # others are among the nearest the scan goes on for a while.
            for setting in (
                f"hnsw.ef_search = {candidates}",
                "hnsw.iterative_scan = relaxed_order",
                f"hnsw.max_scan_tuples = {10 * candidates}",
            ):
                session.execute(text(f"SET LOCAL {setting}"))
        nearest = session.execute(nearest_of(workspace_id, creative_id, bundle, limit, candidates)).all()
        shown = read_cards(session, workspace_id, [row.creative_id for row in nearest])
        return tuple(
            SimilarCreative(shown[row.creative_id], min(row.similarity, 1.0))
            for row in nearest
            if row.creative_id in shown
        )

    @transactional
    def duplicates(
        self,
        session: Session,
        workspace_id: UUID,
        group_id: str,
        limit: int,
        cursor: str | None = None,
    ) -> Page[DuplicateCards]:
        """The families of near-duplicates in a group, largest first. Raises UnknownGroup, and InvalidValue for
        a foreign cursor.
        """
        if limit < 1:
            raise InvalidValue("A page has at least one row.", "limit")
        check_group(session, workspace_id, group_id)
        prints = [
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
        found = families(prints, lambda pairs: _cosines(session, workspace_id, pairs))
        if cursor is not None:
            size, representative = read_cursor(cursor, int, UUID, "families")
            found = [family for family in found if (-len(family), family[0].id) > (-size, representative)]
        page, more = found[:limit], len(found) > limit
        return Page(
            _shown(session, workspace_id, page),
            cursor_of(len(page[-1]), page[-1][0].id, "families") if more else None,
        )


def nearest_of(
    workspace_id: UUID, creative_id: UUID, bundle_checksum: str, limit: int, candidates: int | None
) -> Select[tuple[UUID, float]]:
    """`creative_id` and `similarity` of what is most like a creative; with `candidates` among those of the nearest
    codes only, which the index finds.
    """
    mine = aliased(Embedding)
    own = [
        select(column).where(mine.workspace_id == workspace_id, mine.creative_id == creative_id).scalar_subquery()
        for column in (mine.code, mine.vector)
    ]
    comparable = select(Embedding.creative_id, Embedding.vector).where(
        Embedding.workspace_id == workspace_id, Embedding.bundle_checksum == bundle_checksum
    )
    if candidates is not None:
        comparable = comparable.order_by(Embedding.code.hamming_distance(own[0])).limit(candidates)
    # Only these are measured: vectors of other bundles have other lengths.
    nearest = comparable.cte("nearest").prefix_with("MATERIALIZED")
    measured = select(nearest.c.creative_id, nearest.c.vector.cosine_distance(own[1]).label("distance")).subquery()
    # A vector of zeros is at the distance NaN, which PostgreSQL takes for more than any number.
    return (
        select(measured.c.creative_id, (1 - measured.c.distance).label("similarity"))
        .where(measured.c.creative_id != creative_id, measured.c.distance <= 1 - LEAST_SIMILARITY)
        .order_by(measured.c.distance, measured.c.creative_id)
        .limit(limit)
    )


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


def _cosines(session: Session, workspace_id: UUID, pairs: Sequence[tuple[UUID, UUID]]) -> Sequence[float | None]:
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


def _shown(session: Session, workspace_id: UUID, page: Sequence[Family]) -> tuple[DuplicateCards, ...]:
    shown = [family[:MOST_SHOWN] for family in page]
    found = read_cards(session, workspace_id, [one.id for family in shown for one in family])
    return tuple(
        DuplicateCards(
            len(family),
            tuple(DuplicateCard(found[one.id], one.distance, one.similarity) for one in members if one.id in found),
        )
        for family, members in zip(page, shown, strict=True)
    )
