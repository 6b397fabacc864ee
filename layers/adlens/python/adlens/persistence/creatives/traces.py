"""What deleted creatives leave elsewhere: words, exports that hold them, their file names in deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from adlens.persistence.search.gone_words import note_gone_words

# Exports of earlier releases do not say what they hold: they may hold any creative.
_EXPORTS = text("""
    WITH holding AS (
        SELECT e.id FROM exports e
        WHERE e.workspace_id = :workspace_id AND e.state = 'DONE' AND (
            e.id IN (SELECT export_id FROM export_contents
                     WHERE workspace_id = :workspace_id AND creative_ids && CAST(:ids AS uuid[]))
            OR e.rows > 0 AND NOT EXISTS (
                SELECT FROM export_contents c WHERE c.workspace_id = e.workspace_id AND c.export_id = e.id))
        ORDER BY e.id FOR UPDATE
    ), gone AS (
        DELETE FROM exports e USING holding h WHERE e.workspace_id = :workspace_id AND e.id = h.id
        RETURNING e.object_key
    )
    INSERT INTO removals (workspace_id, object_key, store)
    SELECT :workspace_id, object_key, 'exports' FROM gone WHERE object_key IS NOT NULL ON CONFLICT DO NOTHING
""")

_DELIVERIES = text("""
    UPDATE webhook_deliveries SET data = data - 'filename'
    WHERE workspace_id = :workspace_id AND data ->> 'creative_id' = ANY (CAST(:ids AS text[]))
""")


def remove_traces(
    session: Session, workspace_id: UUID, creatives: Mapping[UUID, str], facts_of: UUID | None = None
) -> None:
    """Expires exports that hold these creatives, takes their file names out of deliveries and has their words looked
    at. `creatives` maps ids to file names; called with the exports locked, before they are deleted. `facts_of` is the
    workspace that they belong to, where that is another: the trash."""
    if not creatives:
        return
    note_gone_words(session, workspace_id, creatives, facts_of or workspace_id)
    for statement in (_EXPORTS, _DELIVERIES):
        session.execute(statement, {"workspace_id": workspace_id, "ids": [str(id_) for id_ in creatives]})
