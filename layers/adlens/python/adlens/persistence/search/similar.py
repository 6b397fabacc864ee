"""Similar creatives: the nearest of one among a million, and the near-duplicates of a group."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Engine, Select, select, text
from sqlalchemy.orm import Session, aliased

from adlens.domain.duplicates import DuplicateCards
from adlens.domain.errors import UnknownCreative
from adlens.domain.gallery import LEAST_SIMILARITY, SimilarCreative
from adlens.domain.paging import Page
from adlens.persistence.schema import Creative, Embedding, WorkspaceRollup
from adlens.persistence.search.cards import read_cards
from adlens.persistence.search.duplicates import find_families
from adlens.persistence.session import transactional

EXACT_UP_TO = 10_000
"""Creatives of a workspace: reading the vectors of so few is as fast as the index."""

CANDIDATES = 400
"""Nearest codes whose vectors are compared; at most 1000, what the index can be asked for."""


class PostgresSimilarity:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @transactional
    def similar(
        self, session: Session, workspace_id: UUID, creative_id: UUID, limit: int
    ) -> tuple[SimilarCreative, ...]:
        """The creatives most like one, best first, none less than LEAST_SIMILARITY; compared are embeddings of the same
        model bundle. In a workspace of more than EXACT_UP_TO it may miss some: docs/adr/0009-similar-creatives.md has
        the recall. Raises UnknownCreative.
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
        return find_families(session, workspace_id, group_id, limit, cursor)


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
