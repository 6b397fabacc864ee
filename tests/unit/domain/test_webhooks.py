"""Addresses that webhooks may have, signatures as the specification has them, messages that can be read back."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from adlens.domain.errors import InvalidValue, MalformedEvent
from adlens.domain.webhooks import (
    ATTEMPTS,
    GIVEN_UP,
    DeliveryResult,
    Outgoing,
    check_url,
    delivery_message,
    event_body,
    is_public,
    new_secret,
    parse_delivery,
    parse_result,
    result_message,
    retry_delay,
    sign,
)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com",
        "https://hooks.example.com:8443/a/b?token=%20x",
        "https://93.184.215.14/",
        "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/x",
    ],
)
def test_addresses_of_the_internet_are_always_taken(url: str) -> None:
    assert check_url(url, local=False) == check_url(url, local=True) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9000/x",
        "http://localhost:9000",
        "http://[::1]:9000/",
        "https://localhost/",
        "https://10.0.0.7/",
    ],
)
def test_addresses_of_this_machine_are_for_receivers_of_your_own(url: str) -> None:
    assert check_url(url, local=True) == url
    with pytest.raises(InvalidValue) as refused:
        check_url(url, local=False)
    assert refused.value.field == "url"


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "//hooks.example.com/",
        "hooks.example.com",
        "https://",
        "https:///path",
        "https://user@hooks.example.com/",
        "https://user:secret@hooks.example.com/",
        "https://:@hooks.example.com/",
        "https://hooks.example.com:99999/",
        "https://hooks.example.com:0/",
        "https://hooks.example.com:x/",
        "https://hooks.example.com/#part",
        "https://hooks.example.com/#",
        "https://hooks.example.com/a b",
        "https://hooks.example.com/\r\nX-Injected: 1",
        "https://hooks.example.com\\@evil.example.com/",
        "https://[::1",
        "https://кружка.example.com/",
        "https://hooks.example.com/" + "x" * 2000,
    ],
)
def test_what_is_no_address_for_a_webhook_is_refused_everywhere(url: str) -> None:
    for local in (True, False):
        with pytest.raises(InvalidValue) as refused:
            check_url(url, local=local)
        assert refused.value.field == "url"


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "2a00:1450:4001:81b::200e"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104
        "127.0.0.1",
        "127.255.255.254",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",  # metadata of EC2
        "169.254.170.2",  # of ECS
        "100.100.100.200",
        "192.0.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "fc00::1",
        "fd00:ec2::254",  # metadata of EC2
        "ff02::1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "2001:db8::1",
    ],
)
def test_addresses_inside_of_some_network(address: str) -> None:
    assert not is_public(address)


def test_a_signature_is_that_of_the_specification() -> None:
    body = '{"test": 2432232314}'
    signed = sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_secrets_are_long_and_new_each_time() -> None:
    first, second = new_secret(), new_secret()
    assert first != second
    assert first.startswith("whsec_")
    assert len(first) == len("whsec_") + 44


def test_a_body_says_what_happened_when() -> None:
    at = datetime(2026, 3, 1, 10, 15, 2, 500, tzinfo=UTC)
    assert event_body("creative.done", at, {"filename": "Кружка.png"}) == (
        '{"type":"creative.done","timestamp":"2026-03-01T10:15:02.000500Z","data":{"filename":"Кружка.png"}}'
    )


def test_waits_grow_to_hours() -> None:
    assert [retry_delay(attempt) for attempt in range(1, ATTEMPTS)] == [5, 20, 80, 320, 1280, 5120, 20480]


def outgoing() -> Outgoing:
    return Outgoing(uuid4(), uuid4(), "https://hooks.example.com/", '{"type":"ping"}', new_secret())


def test_messages_are_read_back_and_hide_the_secret() -> None:
    delivery = outgoing()
    assert parse_delivery(delivery_message(delivery)) == delivery
    assert delivery.secret not in repr(delivery)
    for result in (
        DeliveryResult(delivery.workspace_id, delivery.id, 3, 204),
        DeliveryResult(delivery.workspace_id, delivery.id, 8, None, "no"),
    ):
        assert parse_result(result_message(result)) == result


def test_a_delivery_that_the_queue_gave_up_is_a_failure() -> None:
    delivery = outgoing()
    result = parse_result(delivery_message(delivery))
    assert (result.id, result.workspace_id, result.error) == (delivery.id, delivery.workspace_id, GIVEN_UP)


@pytest.mark.parametrize(
    "message",
    ["", "x", "[]", "{}", '{"adlens": "webhook"}', '{"adlens": "webhook-result"}', '{"adlens": "analyze"}', "null"],
)
def test_other_messages_are_none_of_ours(message: str) -> None:
    for parse in (parse_delivery, parse_result):
        with pytest.raises(MalformedEvent):
            parse(message)
