from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from adlens.domain.creative import CreativeId, NewCreative, object_key
from adlens.domain.events import AnalysisRequested
from adlens.domain.gallery import CreativeFilter
from adlens.domain.media import ImageFormat
from adlens.domain.ports.creatives import Overdue
from adlens.services.end_unfinished import GAVE_UP, NEVER_ARRIVED, EndDeadLetter, Sweep, SweepResult
from adlens.services.reanalyze import Reanalyze, ReanalyzeBatch
from adlens.services.register_uploads import RegisterUploads, StoreUpload

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW = timedelta(minutes=15)


@pytest.fixture
def sweep(creatives, store, queue) -> Sweep:
    return Sweep(creatives, store, queue, WINDOW)


def overdue(age: timedelta, arrived: bool) -> Overdue:
    return Overdue(CreativeId(uuid4(), uuid4()), "w/g/c", 1, arrived, NOW - age)


def test_a_creative_is_recorded_before_its_form_is_signed(creatives, store) -> None:
    workspace, new = uuid4(), NewCreative(uuid4(), "cup.png", 10)
    [form] = RegisterUploads(creatives, store)(workspace, "g", [(new, ImageFormat.PNG)])
    assert creatives.registered == [(workspace, "g", [new])]
    assert form.fields["key"] == object_key(CreativeId(workspace, new.id), "g")
    assert form.fields["Content-Type"] == "image/png"


def test_a_direct_upload_ends_in_the_same_row_and_object(creatives, store) -> None:
    workspace, new = uuid4(), NewCreative(uuid4(), "cup.webp", 3)
    StoreUpload(creatives, store)(workspace, "g", new, ImageFormat.WEBP, b"abc")
    key = object_key(CreativeId(workspace, new.id), "g")
    assert creatives.registered == [(workspace, "g", [new])]
    assert store.objects == {key: b"abc"}
    assert store.content_types == {key: "image/webp"}


def test_a_new_analysis_is_asked_for_and_queued(creatives, queue) -> None:
    key = CreativeId(uuid4(), uuid4())
    assert Reanalyze(creatives, queue)(key) == AnalysisRequested(key, 2)
    assert queue.sent == [AnalysisRequested(key, 2)]


def test_batches_follow_each_other_by_the_last_id(creatives, queue) -> None:
    workspace = uuid4()
    creatives.known = {CreativeId(workspace, UUID(int=n)): "key" for n in range(5)}
    batch = ReanalyzeBatch(creatives, queue)
    assert batch(workspace, CreativeFilter(), True, 3) == (3, UUID(int=2))
    assert batch(workspace, CreativeFilter(), True, 3, UUID(int=2)) == (2, None)
    assert [request.creative.id.int for request in queue.sent] == [0, 1, 2, 3, 4]


def test_a_dead_letter_ends_its_creative(creatives) -> None:
    key = CreativeId(uuid4(), uuid4())
    assert EndDeadLetter(creatives)(AnalysisRequested(key, 1), "message")
    assert creatives.ended == [(key, GAVE_UP)]


def test_what_never_arrived_ends_after_twice_its_upload_window(creatives, sweep) -> None:
    young, old = overdue(WINDOW * 1.9, arrived=False), overdue(WINDOW * 2.1, arrived=False)
    creatives.waiting = [young, old]
    assert sweep(NOW) == SweepResult(ended=1, sent_again=0)
    assert creatives.ended == [(old.key, NEVER_ARRIVED)]


def test_what_arrived_but_waits_in_a_long_queue_is_left_alone(creatives, store, queue, sweep) -> None:
    store.objects["w/g/c"] = b"x"
    creatives.waiting = [overdue(timedelta(hours=5), arrived=False), overdue(timedelta(hours=5), arrived=True)]
    assert sweep(NOW) == SweepResult(ended=0, sent_again=0)
    assert not queue.sent


def test_work_whose_message_was_lost_is_sent_again_once_per_period(creatives, store, queue, sweep) -> None:
    store.objects["w/g/c"] = b"x"
    lost = overdue(timedelta(hours=7), arrived=True)
    creatives.waiting = [lost]
    assert sweep(NOW) == SweepResult(ended=0, sent_again=1)
    assert queue.sent == [AnalysisRequested(lost.key, 1)]
    assert creatives.touched == [lost.key]


def test_the_sweep_goes_page_by_page(creatives, store, queue) -> None:
    store.objects["w/g/c"] = b"x"
    late = [overdue(timedelta(hours=1), arrived=False) for _ in range(5)]  # there, though their events were not seen
    lost = overdue(timedelta(hours=7), arrived=True)
    creatives.waiting = [*late, lost]
    assert Sweep(creatives, store, queue, WINDOW, batch=2)(NOW).sent_again == 1
    assert queue.sent == [AnalysisRequested(lost.key, 1)]
