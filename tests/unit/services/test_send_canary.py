"""The hourly creative of our own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from uuid import UUID

import pytest
from PIL import Image

from adlens.domain.creative import Status
from adlens.services.register_uploads import StoreUpload
from adlens.services.remove_files import DeleteCreatives
from adlens.services.send_canary import EVERY, GROUP, SendCanary
from adlens.testing.creatives import UPLOADED, MemoryCreatives
from adlens.testing.storage import MemoryStore
from functions.sweep.canary import draw

WORKSPACE = UUID(int=7)
LATER = UPLOADED + EVERY + timedelta(seconds=1)


@pytest.fixture
def creatives() -> MemoryCreatives:
    return MemoryCreatives(MemoryStore())


@pytest.fixture
def send(creatives: MemoryCreatives) -> SendCanary:
    store = creatives.store
    return SendCanary(
        creatives, StoreUpload(creatives, store), DeleteCreatives(creatives, store, MemoryStore()), WORKSPACE, draw
    )


def end(creatives: MemoryCreatives, status: Status) -> None:
    creatives.rows = {key: replace(row, status=status) for key, row in creatives.rows.items()}


def test_the_first_one_is_sent_and_has_no_result_yet(send: SendCanary, creatives: MemoryCreatives) -> None:
    assert send(UPLOADED) is None
    (row,) = creatives.of_group(WORKSPACE, GROUP)
    assert Image.open(BytesIO(creatives.store.objects[row.object_key])).size == (320, 120)
    assert send(UPLOADED + timedelta(minutes=55)) is None
    assert len(creatives.rows) == 1


@pytest.mark.parametrize(
    ("status", "is_well"), [(Status.SUCCESS, True), (Status.ERROR, False), (Status.PENDING, False)]
)
def test_an_hour_later_it_is_judged_and_replaced(
    send: SendCanary, creatives: MemoryCreatives, status: Status, is_well: bool
) -> None:
    send(UPLOADED)
    (first,) = creatives.rows
    end(creatives, status)
    assert send(LATER) is is_well
    (second,) = creatives.rows
    assert second != first
    assert len(creatives.store.objects) == 1


def test_no_two_are_the_same() -> None:
    assert draw(UPLOADED) != draw(LATER)
