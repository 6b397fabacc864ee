"""Limits of plans, with clients at once."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from adlens.domain.errors import LimitReached
from adlens.persistence.workspaces.repository import PostgresWorkspaces

Limited = Callable[..., PostgresWorkspaces]


@pytest.fixture
def limited(tenant: Any) -> Limited:
    """Gives the tenant a plan with these limits, and no others."""

    def make(**limits: int) -> PostgresWorkspaces:
        name = f"plan-{uuid.uuid4()}"
        columns = "".join(f", {column}" for column in limits)
        values = "".join(f", {int(value)}" for value in limits.values())
        with tenant.engine.begin() as connection:
            connection.execute(text(f"INSERT INTO plans (name{columns}) VALUES (:name{values})"), {"name": name})
        workspaces = PostgresWorkspaces(tenant.engine)
        workspaces.change_plan(tenant.workspace_id, name)
        return workspaces

    return make


def sent(workspaces: PostgresWorkspaces, key: str, requests: int) -> int:
    """How many of the requests are let through, sent by eight clients at once. The others may come back in a second."""
    waits: set[int] = set()

    def send(_: int) -> bool:
        try:
            return workspaces.verify(key) is not None
        except LimitReached as refusal:
            waits.add(refusal.retry_after)
            return False

    with ThreadPoolExecutor(8) as clients:
        count = sum(clients.map(send, range(requests)))
    assert waits <= {1}
    return count


def wait(tenant: Any, subject: uuid.UUID, seconds: float) -> None:
    """As if the last requests of a subject were so long ago."""
    with tenant.engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE request_turns SET next_at = next_at - make_interval(secs => :seconds) WHERE subject = :subject"
            ),
            {"subject": subject, "seconds": seconds},
        )


def test_a_key_sends_so_many_requests_a_second(tenant: Any, limited: Limited) -> None:
    workspaces = limited(key_requests_per_second=1)
    key, secret = workspaces.create_key(tenant.workspace_id, "busy")
    _, other = workspaces.create_key(tenant.workspace_id, "quiet")

    with tenant.engine.begin() as connection:  # the burst is used up for the next hour
        connection.execute(text("INSERT INTO request_turns VALUES (:id, now() + interval '1 hour')"), {"id": key.id})
    with pytest.raises(LimitReached, match="key sends more than 1 requests a second"):
        workspaces.verify(secret)
    assert workspaces.verify(other) is not None
    wait(tenant, key.id, 3600)
    assert 10 <= sent(workspaces, secret, 40) < 40
    wait(tenant, key.id, 3)
    assert workspaces.verify(secret) is not None


def test_keys_of_a_workspace_share_its_limit_and_refusals_cost_nothing(tenant: Any, limited: Limited) -> None:
    workspaces = limited(key_requests_per_second=100, workspace_requests_per_second=1)
    key, secret = workspaces.create_key(tenant.workspace_id, "one")
    with tenant.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO request_turns VALUES (:id, now() + interval '1 hour')"), {"id": tenant.workspace_id}
        )
    for name in ("two", "three"):
        with pytest.raises(LimitReached, match="workspace sends more than 1 requests a second"):
            workspaces.verify(workspaces.create_key(tenant.workspace_id, name)[1])
    with pytest.raises(LimitReached):
        workspaces.verify(secret)
    assert tenant.rows("SELECT * FROM request_turns WHERE subject = :subject", subject=key.id) == []
    neighbour = workspaces.create("neighbour").id
    assert workspaces.verify(workspaces.create_key(neighbour, "theirs")[1]) is not None


def test_a_wrong_secret_uses_nobodys_limit(tenant: Any, limited: Limited) -> None:
    workspaces = limited(key_requests_per_second=1)
    key, secret = workspaces.create_key(tenant.workspace_id, "guessed")
    assert workspaces.verify(secret[:-3] + "AAA") is None
    assert tenant.rows("SELECT * FROM request_turns WHERE subject = :subject", subject=key.id) == []


def test_uploads_of_a_day_are_counted_once_each(tenant: Any, limited: Limited) -> None:
    limited(uploads_per_day=3, bytes_per_day=1000)
    first = tenant.add("grp", uuid.uuid4(), uuid.uuid4())
    tenant.add("grp", first.id)  # the same once more
    tenant.add("grp")
    with pytest.raises(LimitReached, match="3 uploads a day") as refused:
        tenant.add("grp")
    assert 0 < refused.value.retry_after <= 86_400
    assert tenant.rows("SELECT uploads, bytes FROM usage WHERE workspace_id = :workspace_id") == [
        {"uploads": 3, "bytes": 30}
    ]
    assert len(tenant.rows("SELECT id FROM creatives WHERE workspace_id = :workspace_id")) == 3
    with tenant.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE usage SET day = day - 1")
    tenant.add("grp")


def test_bytes_of_a_day_are_counted(tenant: Any, limited: Limited) -> None:
    limited(bytes_per_day=25)
    tenant.add("grp", uuid.uuid4(), uuid.uuid4())
    with pytest.raises(LimitReached, match="25 bytes of uploads a day"):
        tenant.add("grp")


def test_so_many_creatives_wait_for_their_first_analysis(tenant: Any, limited: Limited, findings: Any) -> None:
    limited(unfinished_creatives=2)
    first = tenant.add("grp", uuid.uuid4(), uuid.uuid4())
    with pytest.raises(LimitReached, match="2 creatives") as refused:
        tenant.add("grp")
    assert refused.value.retry_after == 60
    tenant.analysed(first, findings())
    tenant.add("grp")


def test_without_limits_nothing_is_refused(tenant: Any, limited: Limited) -> None:
    workspaces = limited()
    _, secret = workspaces.create_key(tenant.workspace_id, "free")
    assert sent(workspaces, secret, 30) == 30
    tenant.add("grp", *(uuid.uuid4() for _ in range(30)))
