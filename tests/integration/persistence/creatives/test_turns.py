"""Whose turn it is: fair to workspaces, each creative once, nothing lost."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, text

from adlens.domain.creative import CreativeId, Failure, NewCreative
from adlens.domain.errors import TransientError
from adlens.domain.events import AnalysisRequested
from adlens.domain.gallery import CreativeFilter

BROKEN = Failure("broken", "It is broken.")
SOMETHING = AnalysisRequested(CreativeId(uuid.uuid4(), uuid.uuid4()), 1)
"""A message says that there is something to do, not what."""


@pytest.fixture(autouse=True)
def _nothing_waits(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM waiting"))


def arrived(tenant: Any, count: int) -> list[CreativeId]:
    """Creatives whose objects have arrived, in this order."""
    ids = sorted(uuid.uuid4() for _ in range(count))
    tenant.add("grp", *ids)
    keys = [CreativeId(tenant.workspace_id, id_) for id_ in ids]
    requests = tenant.repository.arrive([tenant.created(key) for key in keys])
    assert requests == [AnalysisRequested(key, 1) for key in keys]
    return keys


def take(tenant: Any, message: str = "", lease: float = 60) -> CreativeId | None:
    request = tenant.repository.take_turn(SOMETHING, message or str(uuid.uuid4()), lease)
    return request and request.creative


def waiting(tenant: Any) -> list[dict[str, Any]]:
    return tenant.rows("SELECT * FROM waiting ORDER BY turn")


def test_one_file_does_not_wait_behind_three_hundred(new_tenant: Callable[[], Any]) -> None:
    many, one = new_tenant(), new_tenant()
    first = arrived(many, 300)
    assert [take(many) for _ in range(10)] == first[:10]
    (key,) = arrived(one, 1)
    assert [take(many) for _ in range(2)] == [first[10], key]


def test_workspaces_take_turns(new_tenant: Callable[[], Any]) -> None:
    tenants = [new_tenant() for _ in range(3)]
    for tenant, count in zip(tenants, (60, 40, 20), strict=True):
        arrived(tenant, count)
    order = [take(tenants[0]).workspace_id for _ in range(120)]
    for part in range(20):
        assert Counter(order[3 * part : 3 * part + 3]) == dict.fromkeys((tenant.workspace_id for tenant in tenants), 1)
    assert set(order[60:100]) == {tenant.workspace_id for tenant in tenants[:2]}
    assert set(order[100:]) == {tenants[0].workspace_id}
    assert take(tenants[0]) is None


def test_who_had_many_turns_is_not_behind_who_comes_new(new_tenant: Callable[[], Any]) -> None:
    """When all that waits is taken, the next to come start together, whatever was done before."""
    early, late = new_tenant(), new_tenant()
    arrived(early, 50)
    for _ in range(50):
        assert take(early)
    arrived(late, 4)
    arrived(early, 4)
    order = [take(early).workspace_id for _ in range(8)]
    assert min(Counter(order[:5])[tenant.workspace_id] for tenant in (early, late)) == 2


def test_an_archive_analysed_again_stops_no_upload(tenant: Any, new_tenant: Callable[[], Any], findings: Any) -> None:
    other = new_tenant()
    keys = arrived(tenant, 40)
    for key in keys:
        tenant.analysed(key, findings(), sequencer="02")
    assert waiting(tenant) == []
    asked = tenant.repository.request_analyses(tenant.workspace_id, CreativeFilter(), False, 1000)
    assert len(asked.requests) == len(waiting(tenant)) == 40
    assert take(tenant)
    mine, (theirs,) = arrived(tenant, 2), arrived(other, 1)
    assert {take(tenant) for _ in range(3)} >= {mine[0], theirs}
    assert mine[1] in {take(tenant) for _ in range(2)}


def test_each_is_taken_once(tenant: Any) -> None:
    keys = arrived(tenant, 80)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: take(tenant), range(100)))
    assert Counter(key for key in taken if key) == Counter(keys)
    assert taken.count(None) == 20


def test_a_message_delivered_again_goes_on_with_what_it_had(tenant: Any) -> None:
    first, second = arrived(tenant, 2)
    assert [take(tenant, message) for message in ("a", "b", "a", "b", "c")] == [first, second, first, second, None]


def test_what_a_dead_worker_had_is_anybodys_when_its_time_is_over(tenant: Any, findings: Any) -> None:
    first, second = arrived(tenant, 2)
    assert take(tenant, "dead", lease=-1) == first
    assert [take(tenant, "b"), take(tenant, "c"), take(tenant, "d")] == [second, first, None]
    assert take(tenant, "dead") is None


def test_what_failed_for_the_moment_stays_with_its_message(tenant: Any, findings: Any) -> None:
    (key,) = arrived(tenant, 1)
    request = tenant.repository.take_turn(SOMETHING, "a", -1)
    tenant.repository.release(tenant.repository.claim(request, "a", 60))
    assert take(tenant, "b") is None
    assert take(tenant, "a") == key


def test_a_message_stays_as_long_as_its_creative_waits(tenant: Any, findings: Any) -> None:
    (key,) = arrived(tenant, 1)
    request = AnalysisRequested(key, 1)
    assert tenant.repository.take_turn(request, "a", 60) == request
    with pytest.raises(TransientError):
        tenant.repository.take_turn(request, "copy", 60)
    tenant.repository.complete(tenant.repository.claim(request, "a", 60), findings(), "a")
    assert tenant.repository.take_turn(request, "copy", 60) is None


def test_what_has_ended_waits_no_more(tenant: Any, findings: Any) -> None:
    analysed, broken, deleted, dead = arrived(tenant, 4)
    for key, message in ((analysed, "a"), (broken, "b"), (deleted, "c"), (dead, "d")):
        assert take(tenant, message) == key
    repository = tenant.repository
    assert repository.complete(repository.claim(AnalysisRequested(analysed, 1), "a", 60), findings(), "a")
    assert repository.fail(repository.claim(AnalysisRequested(broken, 1), "b", 60), BROKEN, "a")
    repository.delete_creatives(tenant.workspace_id, [deleted.id])
    assert repository.fail_unfinished(SOMETHING, "d", BROKEN), "what its message had taken"
    assert tenant.row(dead)["status"] == "ERROR"
    assert waiting(tenant) == []


def test_the_same_object_again_keeps_its_turn_and_new_content_ends_the_work_on_the_old(
    tenant: Any, findings: Any
) -> None:
    (key,) = arrived(tenant, 1)
    before = waiting(tenant)
    assert tenant.repository.arrive([tenant.created(key)] * 2) == [AnalysisRequested(key, 1)]
    assert waiting(tenant) == before
    claim = tenant.repository.claim(tenant.repository.take_turn(SOMETHING, "a", 60), "a", 60)

    assert tenant.repository.arrive([tenant.created(key, "b", "FF")]) == [AnalysisRequested(key, 2)]

    assert not tenant.repository.complete(claim, findings(), "a")
    assert tenant.row(key)["status"] == "PENDING"
    newer = tenant.repository.claim(tenant.repository.take_turn(SOMETHING, "b", 60), "b", 60)
    assert tenant.repository.complete(newer, findings(), "b")
    assert tenant.repository.arrive([tenant.created(key, "b", "FF")]) == []
    assert waiting(tenant) == []


def test_what_workers_that_are_gone_had_is_free_at_once(tenant: Any, findings: Any) -> None:
    working, failed, done = arrived(tenant, 3)
    for key, message in ((working, "a"), (failed, "b"), (done, "c")):
        assert take(tenant, message, 3600) == key
    repository = tenant.repository
    claim = repository.claim(AnalysisRequested(working, 1), "a", 3600)
    repository.release(repository.claim(AnalysisRequested(failed, 1), "b", 3600))
    repository.complete(repository.claim(AnalysisRequested(done, 1), "c", 3600), findings(), "a")

    assert repository.release_all() == 1

    assert [tenant.row(key)["status"] for key in (working, failed, done)] == ["PENDING", "PENDING", "SUCCESS"]
    assert not repository.complete(claim, findings(), "a")
    assert [take(tenant, "new"), take(tenant, "other")] == [working, failed]
    assert repository.claim(AnalysisRequested(working, 1), "new", 60)


def test_objects_that_nobody_registered_are_passed_over(tenant: Any) -> None:
    key = tenant.add()
    foreign = [tenant.created(CreativeId(tenant.workspace_id, uuid.uuid4())), tenant.created(key, group_id="other")]
    assert tenant.repository.arrive([*foreign, tenant.created(key)]) == [AnalysisRequested(key, 1)]


def test_a_message_brings_a_creative_that_has_lost_its_turn(tenant: Any, findings: Any) -> None:
    key, done = tenant.add(), tenant.add()
    tenant.analysed(done, findings())
    for request in (AnalysisRequested(key, 2), AnalysisRequested(done, 1)):
        assert tenant.repository.take_turn(request, "a", 60) is None
    assert tenant.repository.take_turn(AnalysisRequested(key, 1), "a", 60) == AnalysisRequested(key, 1)


def test_a_turn_whose_creative_has_ended_meanwhile_is_dropped(tenant: Any, findings: Any) -> None:
    key = tenant.add()
    tenant.repository.register(tenant.workspace_id, "grp", [NewCreative(key.id, "again.png")])
    (request,) = tenant.repository.arrive([tenant.created(key)])
    with tenant.engine.begin() as connection:
        connection.execute(text("UPDATE creatives SET analysed_revision = revision WHERE id = :id"), {"id": key.id})
    assert tenant.repository.claim(tenant.repository.take_turn(request, "a", 60), "a", 60) is None
    assert waiting(tenant) == []
