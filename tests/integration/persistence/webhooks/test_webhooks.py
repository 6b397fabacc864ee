"""Events are recorded with their cause, delivered at least once, and stay in their workspace."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from adlens.domain.analysis import Analysis
from adlens.domain.creative import Failure
from adlens.domain.errors import Conflict, InvalidValue, TransientError, UnknownWebhook
from adlens.domain.exports import ExportedFile, ExportFormat, ExportId, ExportOrder
from adlens.domain.gallery import CreativeFilter
from adlens.domain.webhooks import Delivery, DeliveryResult, DeliveryState, EventType, Outgoing
from adlens.persistence.exports.repository import PostgresExports
from adlens.persistence.webhooks.outbox import enqueue_event
from adlens.persistence.webhooks.repository import MAX_WEBHOOKS, PostgresWebhooks
from adlens.services.send_events import SendEvents

URL = "https://hooks.example.com/"
BOTH = [EventType.CREATIVE_DONE, EventType.CREATIVE_FAILED]


@pytest.fixture
def hooks(engine: Engine) -> PostgresWebhooks:
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM webhook_deliveries"))  # the outbox is everybody's
    return PostgresWebhooks(engine)


def handed_over(hooks: PostgresWebhooks, limit: int = 100) -> list[Outgoing]:
    sent: list[Outgoing] = []
    hooks.hand_over(sent.extend, limit)
    return sent


def deliveries(hooks: PostgresWebhooks, tenant: Any, webhook_id: uuid.UUID) -> tuple[Delivery, ...]:
    return hooks.deliveries(tenant.workspace_id, webhook_id, 100).items


def test_the_end_of_an_analysis_is_told_without_its_findings(hooks: Any, tenant: Any, rich: Analysis) -> None:
    webhook, secret = hooks.create(tenant.workspace_id, URL, BOTH, "mine")
    done, broken = tenant.add(), tenant.add()

    tenant.analysed(done, rich)
    tenant.repository.fail(tenant.claimed(broken), Failure("invalid_image", "It is\x00 cut off."), "a")

    first, second = handed_over(hooks)
    assert (first.url, first.secret, first.workspace_id) == (URL, secret, tenant.workspace_id)
    event = json.loads(first.body)
    assert event.keys() == {"type", "timestamp", "data"}
    assert event["type"] == "creative.done"
    assert event["data"] == {
        "creative_id": str(done.id),
        "group_id": "grp",
        "filename": f"{done.id}.png",
        "status": "SUCCESS",
        "revision": 1,
        "failure": None,
    }
    failed = json.loads(second.body)
    assert (failed["type"], failed["data"]["creative_id"]) == ("creative.failed", str(broken.id))
    assert failed["data"]["failure"] == {"code": "invalid_image", "reason": "It is cut off."}
    assert [d.state for d in deliveries(hooks, tenant, webhook.id)] == [DeliveryState.QUEUED] * 2


def test_what_is_given_up_is_told_too(hooks: Any, tenant: Any) -> None:
    hooks.create(tenant.workspace_id, URL, BOTH, None)
    tenant.repository.fail_unfinished(tenant.created(tenant.add()), "m", Failure("analysis_failed", "Gave up."))
    (event,) = handed_over(hooks)
    assert json.loads(event.body)["data"]["failure"]["code"] == "analysis_failed"


def test_an_export_that_is_done_is_told_once_and_not_where_its_file_is(hooks: Any, tenant: Any) -> None:
    hooks.create(tenant.workspace_id, URL, [EventType.EXPORT_DONE], None)
    exports = PostgresExports(tenant.engine)
    key = ExportId(tenant.workspace_id, uuid.uuid4())
    exports.record(key, ExportOrder(ExportFormat.PARQUET, CreativeFilter()))
    void, claim = (exports.claim(key, "message", 60) for _ in range(2))
    assert void is not None
    assert claim is not None
    file = ExportedFile(claim.object_key, 9, 1234, "a" * 64)
    assert not exports.complete(void, file)
    assert exports.complete(claim, file)
    assert not exports.complete(claim, file)
    (event,) = handed_over(hooks)
    assert json.loads(event.body)["type"] == "export.done"
    assert json.loads(event.body)["data"] == {
        "export_id": str(key.id),
        "format": "parquet",
        "rows": 9,
        "bytes": 1234,
        "sha256": "a" * 64,
    }


def test_an_export_that_failed_is_told_to_nobody(hooks: Any, tenant: Any) -> None:
    hooks.create(tenant.workspace_id, URL, list(EventType), None)
    exports = PostgresExports(tenant.engine)
    key = ExportId(tenant.workspace_id, uuid.uuid4())
    exports.record(key, ExportOrder(ExportFormat.CSV, CreativeFilter()))
    claim = exports.claim(key, "message", 60)
    assert claim is not None
    assert exports.fail(claim, Failure("export_failed", "It failed."))
    assert handed_over(hooks) == []


def test_a_webhook_is_told_what_it_asks_for(hooks: Any, tenant: Any, findings: Callable[..., Analysis]) -> None:
    hooks.create(tenant.workspace_id, URL + "failures", [EventType.CREATIVE_FAILED], None)
    hooks.create(tenant.workspace_id, URL + "exports", [EventType.EXPORT_DONE], None)
    hooks.create(tenant.workspace_id, URL + "one", [EventType.CREATIVE_DONE, EventType.CREATIVE_DONE], None)
    hooks.create(tenant.workspace_id, URL + "two", BOTH, None)
    tenant.analysed(tenant.add(), findings(1))
    assert sorted(sent.url for sent in handed_over(hooks)) == [URL + "one", URL + "two"]


def test_without_webhooks_an_analysis_costs_one_look_more(
    hooks: Any, tenant: Any, findings: Callable[..., Analysis], statements: Any, other_house: Any
) -> None:
    hooks.create(other_house.workspace_id, URL, BOTH, None)
    claim = tenant.claimed(tenant.add())
    with statements(tenant.engine) as seen:
        assert tenant.repository.complete(claim, findings(1), "a")
    about = [statement for statement in seen if "webhook" in statement]
    assert len(about) == 1
    assert about[0].startswith("SELECT id FROM webhooks WHERE workspace_id")
    assert handed_over(hooks) == []


@pytest.fixture
def other_house(new_tenant: Callable[[], Any]) -> Any:
    return new_tenant()


def test_what_did_not_happen_is_not_told(hooks: Any, tenant: Any, findings: Callable[..., Analysis]) -> None:
    hooks.create(tenant.workspace_id, URL, BOTH, None)
    key = tenant.add()
    void = tenant.claimed(key)
    tenant.repository.release(void)
    assert not tenant.repository.complete(void, findings(1), "a")
    with Session(tenant.engine) as session:
        enqueue_event(session, tenant.workspace_id, EventType.CREATIVE_DONE, {})
        session.rollback()
    assert handed_over(hooks) == []


def test_the_outbox_survives_a_crash_between_commit_and_send(
    hooks: Any, tenant: Any, findings: Callable[..., Analysis]
) -> None:
    hooks.create(tenant.workspace_id, URL, BOTH, None)
    tenant.analysed(tenant.add(), findings(1))  # and then the process dies

    def broken(_: Sequence[Outgoing]) -> None:
        raise TransientError("the queue is down")

    with pytest.raises(TransientError):
        hooks.hand_over(broken)

    sent: list[Outgoing] = []

    def dies_after_sending(messages: Sequence[Outgoing]) -> None:
        sent.extend(messages)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hooks.hand_over(dies_after_sending)

    again = handed_over(hooks)
    assert [m.id for m in again] == [m.id for m in sent]  # receivers know it by its id
    assert again == sent
    assert handed_over(hooks) == []


def test_two_who_hand_over_at_once_take_different_deliveries(
    hooks: Any, tenant: Any, findings: Callable[..., Analysis]
) -> None:
    hooks.create(tenant.workspace_id, URL, BOTH, None)
    for seed in range(4):
        tenant.analysed(tenant.add(), findings(seed))
    first: list[Outgoing] = []
    second: list[Outgoing] = []

    def meanwhile(messages: Sequence[Outgoing]) -> None:
        first.extend(messages)
        hooks.hand_over(second.extend, 10)

    hooks.hand_over(meanwhile, 3)
    assert (len(first), len(second)) == (3, 1)
    assert len({message.id for message in first + second}) == 4


def test_the_use_case_goes_on_until_nothing_waits(hooks: Any, tenant: Any) -> None:
    webhook, _ = hooks.create(tenant.workspace_id, URL, BOTH, None)
    for _ in range(7):
        hooks.note_ping(tenant.workspace_id, webhook.id)

    class Queue:
        sizes: list[int] = []  # noqa: RUF012

        def send(self, messages: Sequence[Outgoing]) -> None:
            self.sizes.append(len(messages))

    assert SendEvents(hooks, Queue(), batch=3)() == 7
    assert Queue.sizes == [3, 3, 1]


def test_a_delivery_ends_once(hooks: Any, tenant: Any) -> None:
    webhook, _ = hooks.create(tenant.workspace_id, URL, BOTH, None)
    id_ = hooks.note_ping(tenant.workspace_id, webhook.id)
    handed_over(hooks)
    workspace = tenant.workspace_id
    assert hooks.end(DeliveryResult(workspace, id_, 8, 500, "It answered 500."))
    (failed,) = deliveries(hooks, tenant, webhook.id)
    assert (failed.state, failed.attempts, failed.status, failed.error) == (
        DeliveryState.FAILED,
        8,
        500,
        "It answered 500.",
    )
    assert hooks.end(DeliveryResult(workspace, id_, 2, 204))
    assert not hooks.end(DeliveryResult(workspace, id_, 8, None, "too late"))
    (delivered,) = deliveries(hooks, tenant, webhook.id)
    assert (delivered.state, delivered.error, delivered.event_type) == (DeliveryState.DELIVERED, None, "ping")
    assert delivered.ended_at is not None
    assert not hooks.end(DeliveryResult(workspace, uuid.uuid4(), 1, 204))
    assert not hooks.end(DeliveryResult(uuid.uuid4(), id_, 1, 204))


def test_a_workspace_sees_and_changes_its_own_only(hooks: Any, tenant: Any, other_house: Any) -> None:
    webhook, _ = hooks.create(tenant.workspace_id, URL, BOTH, None)
    theirs, _ = hooks.create(other_house.workspace_id, URL, BOTH, None)
    workspace = tenant.workspace_id
    assert [w.id for w in hooks.page(workspace, 10).items] == [webhook.id]
    for ask in (
        lambda: hooks.get(workspace, theirs.id),
        lambda: hooks.delete(workspace, theirs.id),
        lambda: hooks.note_ping(workspace, theirs.id),
        lambda: hooks.deliveries(workspace, theirs.id, 10),
    ):
        with pytest.raises(UnknownWebhook):
            ask()
    other_house.repository.fail_unfinished(other_house.created(other_house.add()), "m", Failure("x", "y"))
    assert [message.workspace_id for message in handed_over(hooks)] == [other_house.workspace_id]


def test_lists_are_paged(hooks: Any, tenant: Any) -> None:
    made = [hooks.create(tenant.workspace_id, f"{URL}{n}", BOTH, None)[0] for n in range(MAX_WEBHOOKS)]
    with pytest.raises(Conflict, match=str(MAX_WEBHOOKS)):
        hooks.create(tenant.workspace_id, URL, BOTH, None)
    seen, cursor = [], None
    while True:
        page = hooks.page(tenant.workspace_id, 7, cursor)
        seen += page.items
        if (cursor := page.next_cursor) is None:
            break
    assert seen == made
    pings = [hooks.note_ping(tenant.workspace_id, made[0].id) for _ in range(5)]
    first = hooks.deliveries(tenant.workspace_id, made[0].id, 3)
    rest = hooks.deliveries(tenant.workspace_id, made[0].id, 3, first.next_cursor)
    assert [d.id for d in first.items + rest.items] == pings[::-1]
    assert rest.next_cursor is None
    with pytest.raises(InvalidValue):
        hooks.page(tenant.workspace_id, 7, "x")


def test_deleting_a_webhook_takes_its_deliveries_along(hooks: Any, tenant: Any) -> None:
    webhook, _ = hooks.create(tenant.workspace_id, URL, BOTH, None)
    hooks.note_ping(tenant.workspace_id, webhook.id)
    hooks.delete(tenant.workspace_id, webhook.id)
    assert tenant.rows("SELECT id FROM webhook_deliveries WHERE workspace_id = :workspace_id") == []
    assert handed_over(hooks) == []


def test_old_deliveries_are_forgotten(hooks: Any, tenant: Any) -> None:
    webhook, _ = hooks.create(tenant.workspace_id, URL, BOTH, None)
    old, new = (hooks.note_ping(tenant.workspace_id, webhook.id) for _ in range(2))
    with tenant.engine.begin() as connection:
        connection.execute(
            text("UPDATE webhook_deliveries SET occurred_at = now() - interval '31 days' WHERE id = :id"), {"id": old}
        )
    assert hooks.forget() == 1
    assert [delivery.id for delivery in deliveries(hooks, tenant, webhook.id)] == [new]


def test_secrets_are_not_shown(hooks: Any, tenant: Any) -> None:
    webhook, secret = hooks.create(tenant.workspace_id, URL, BOTH, None)
    assert secret not in repr(webhook)
    assert secret not in repr(hooks.get(tenant.workspace_id, webhook.id))
