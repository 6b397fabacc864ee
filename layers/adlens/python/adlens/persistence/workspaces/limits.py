"""Limits of a workspace's plan, counted in the transactions that they limit."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Row, func, select, text
from sqlalchemy.orm import Session

from adlens.domain.errors import LimitReached
from adlens.persistence import schema

BURST_SECONDS = 10
"""Who has sent nothing for so long may send that many seconds' worth of requests at once."""
_LATER = 60

# The generic cell rate algorithm (ITU-T I.371): one moment per subject says all, and a refusal changes nothing.
_IDENTIFY = text(
    """
    WITH caller AS MATERIALIZED (
        SELECT k.id, k.workspace_id, k.name, k.scope, p.key_requests_per_second, p.workspace_requests_per_second,
            coalesce(k.expires_at <= now(), false) AS is_expired,
            coalesce(k.last_used_at >= now() - interval '1 minute', false) AS is_noted
        FROM api_keys k JOIN workspaces w ON w.id = k.workspace_id JOIN plans p ON p.name = w.plan
        WHERE k.prefix = :prefix AND k.digest = :digest AND k.revoked_at IS NULL
    ), counted AS (
        INSERT INTO request_turns AS t (subject, next_at)
        SELECT subject, now() + interval '1 second' / rate
        FROM caller CROSS JOIN LATERAL (
            VALUES (1, id, key_requests_per_second), (2, workspace_id, workspace_requests_per_second)
        ) AS limited (place, subject, rate)
        WHERE rate IS NOT NULL AND NOT is_expired
        ORDER BY place
        ON CONFLICT (subject) DO UPDATE SET next_at = greatest(t.next_at, now()) + (excluded.next_at - now())
        WHERE t.next_at <= now() + make_interval(secs => :burst)
        RETURNING subject
    )
    SELECT caller.*,
        key_requests_per_second IS NULL OR id IN (SELECT subject FROM counted) AS key_may,
        workspace_requests_per_second IS NULL OR workspace_id IN (SELECT subject FROM counted) AS workspace_may
    FROM caller
    """
)
_ANNOUNCE = text(
    """
    INSERT INTO usage AS u (workspace_id, day, uploads, bytes)
    VALUES (:workspace_id, (now() AT TIME ZONE 'UTC')::date, :uploads, :bytes)
    ON CONFLICT (workspace_id, day)
    DO UPDATE SET uploads = u.uploads + excluded.uploads, bytes = u.bytes + excluded.bytes
    RETURNING uploads, bytes,
        ceil(extract(epoch FROM (u.day + 1)::timestamp - now() AT TIME ZONE 'UTC'))::int AS seconds_left
    """
)
_UNFINISHED = text(
    """
    SELECT count(*) FROM creatives
    WHERE workspace_id = :workspace_id AND status IN ('PENDING', 'PROCESSING') AND analysed_revision = 0
    """
)


def identify(session: Session, prefix: str, digest: bytes) -> Row[tuple[object, ...]] | None:
    """The key and its workspace, with this request counted, in one statement; None without such a key in use. Raises
    LimitReached, and the transaction's end then takes back what was counted.
    """
    row = session.execute(_IDENTIFY, {"prefix": prefix, "digest": digest, "burst": BURST_SECONDS}).one_or_none()
    if row is None or row.is_expired:
        return row
    slowly = "Send them more slowly."
    if not row.key_may:
        raise LimitReached(f"This API key sends more than {row.key_requests_per_second} requests a second. {slowly}", 1)
    if not row.workspace_may:
        most = row.workspace_requests_per_second
        raise LimitReached(f"This workspace sends more than {most} requests a second. {slowly}", 1)
    return row


def count_uploads(session: Session, workspace_id: UUID, uploads: int, size: int) -> None:
    """Counts new creatives, which are rows already, and `size` bytes of theirs. Raises LimitReached."""
    plan = _plan(session, workspace_id)
    used = session.execute(_ANNOUNCE, {"workspace_id": workspace_id, "uploads": uploads, "bytes": size}).one()
    for name, count, most in (
        ("uploads", used.uploads, plan.uploads_per_day),
        ("bytes of uploads", used.bytes, plan.bytes_per_day),
    ):
        if most is not None and count > most:
            raise LimitReached(
                f"The workspace may announce {most} {name} a day. Go on tomorrow (UTC).", used.seconds_left
            )
    if plan.unfinished_creatives is None:
        return
    if session.execute(_UNFINISHED, {"workspace_id": workspace_id}).scalar_one() > plan.unfinished_creatives:
        raise LimitReached(
            f"{plan.unfinished_creatives} creatives of the workspace may wait for their first analysis. "
            "Go on when some have ended.",
            _LATER,
        )


def check_exports(session: Session, workspace_id: UUID) -> None:
    """Before one more export is added; those of a workspace are added one after the other. Raises LimitReached."""
    session.get(schema.Workspace, workspace_id, with_for_update={"key_share": True})
    most = _plan(session, workspace_id).unfinished_exports
    if most is None:
        return
    export = schema.ExportRow
    unfinished = select(func.count()).where(export.workspace_id == workspace_id, export.ended_at.is_(None))
    if session.scalars(unfinished).one() >= most:
        raise LimitReached(f"{most} exports are not finished yet. Wait for one, or delete one.", _LATER)


def _plan(session: Session, workspace_id: UUID) -> schema.Plan:
    plan = schema.Plan
    of_workspace = select(schema.Workspace.plan).where(schema.Workspace.id == workspace_id).scalar_subquery()
    return session.scalars(select(plan).where(plan.name == of_workspace)).one()
