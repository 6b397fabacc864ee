"""Cards: what a gallery shows of each creative."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from adlens.domain.analysis import SwatchRole
from adlens.domain.creative import Status
from adlens.domain.gallery import (
    CreativeCard,
)
from adlens.persistence import mapping
from adlens.persistence.schema import Creative, Facts, Swatch

# As one value: a statement of its own costs a page more than its swatches do.
_DOMINANT = (
    select(
        func.json_agg(
            aggregate_order_by(func.json_build_array(Swatch.hex, Swatch.percent, Swatch.color_class), Swatch.position)
        )
    )
    .where(Swatch.workspace_id == Creative.workspace_id, Swatch.creative_id == Creative.id)
    .where(Swatch.role == SwatchRole.DOMINANT.value)
    .scalar_subquery()
)

_COLUMNS = (
    *(Creative.id, Creative.group_id, Creative.filename, Creative.object_key, Creative.status, Creative.uploaded_at),
    *(
        Creative.format,
        Creative.width,
        Creative.height,
        Creative.bytes,
        Creative.sha256,
        Creative.phash,
        Creative.ground,
    ),
    *(Creative.failure_code, Creative.failure_reason, Creative.has_preview),
    *(Facts.topic, Facts.topic_confidence, Facts.topic_decision),
    _DOMINANT.label("dominant"),
)


def read_cards(session: Session, workspace_id: UUID, ids: Sequence[UUID]) -> dict[UUID, CreativeCard]:
    """The cards of creatives by id; one that was deleted since the ids were read has none."""
    return {
        row.id: CreativeCard(
            id=row.id,
            group_id=row.group_id,
            filename=row.filename,
            object_key=row.object_key,
            status=Status(row.status),
            uploaded_at=row.uploaded_at,
            facts=mapping.facts(row),
            failure=mapping.failure(row),
            topic=row.topic,
            topic_confidence=row.topic_confidence,
            topic_decision=mapping.decision(row.topic_decision),
            dominant=mapping.dominant(row.dominant or ()),
            has_preview=row.has_preview,
        )
        for row in session.execute(
            select(*_COLUMNS)
            .join(Facts, (Facts.workspace_id == Creative.workspace_id) & (Facts.creative_id == Creative.id))
            .where(Creative.workspace_id == workspace_id, Creative.id.in_(ids))
        )
    }
