import threading
from uuid import uuid4

import pytest

from adlens.domain.analysis import BoundingBox, Detections, Stage, StageState, TextBlock
from adlens.domain.creative import CreativeId
from adlens.domain.errors import InvalidImage, PermanentError, TransientError
from adlens.domain.events import AnalysisRequested, ObjectCreated
from adlens.services.analyze_creative import AnalysisOutcome, AnalyzeCreative
from adlens.services.analyze_image import analyze_image
from adlens.services.dispatch_uploads import DispatchUploads


def test_every_stage_runs_once_in_order_on_what_came_before(engines, picture) -> None:
    line = TextBlock("sale", BoundingBox(0, 0, 1, 1), 0.9)
    engines.results[Stage.OCR] = (line,)
    engines.results[Stage.DETECTION] = Detections(class_scores={"cup": 0.4})
    seen = []
    analysis = analyze_image(picture, engines, 4, 2, seen.append)
    assert [run.stage for run in analysis.stages] == list(Stage)
    assert {run.state for run in analysis.stages} == {StageState.SUCCESS}
    assert [run.state for run in seen] == [StageState.PROCESSING, StageState.SUCCESS] * 4
    assert engines.seen[Stage.CLASSIFICATION] == ((line,), engines.results[Stage.DETECTION], engines.looks.found)
    assert engines.seen[Stage.COLOR] == (4, 2)
    assert analysis.failure is None
    assert analysis.seconds == pytest.approx(sum(run.seconds for run in analysis.stages))


def test_with_two_threads_text_is_read_beside_what_the_picture_shows(engines, picture, monkeypatch) -> None:
    engines.threads = 2
    both_at_work = threading.Barrier(2)
    answer = engines._answer

    def meet(stage: Stage, *arguments: object) -> object:
        if stage in {Stage.OCR, Stage.DETECTION}:
            both_at_work.wait(timeout=10)
        return answer(stage, *arguments)

    monkeypatch.setattr(engines, "_answer", meet)
    observed: list[tuple[Stage, StageState, int]] = []
    analysis = analyze_image(
        picture, engines, 3, 3, lambda run: observed.append((run.stage, run.state, threading.get_ident()))
    )
    assert [run.stage for run in analysis.stages] == list(Stage)
    assert {run.state for run in analysis.stages} == {StageState.SUCCESS}
    assert {thread for _, _, thread in observed} == {threading.get_ident()}
    for stage in Stage:
        assert [state for of, state, _ in observed if of is stage] == [StageState.PROCESSING, StageState.SUCCESS]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("stage", [Stage.OCR, Stage.COLOR])
def test_what_an_engine_does_not_expect_passes_from_either_thread(engines, picture, stage, threads) -> None:
    engines.threads = threads
    engines.results[stage] = RuntimeError("out of memory")
    with pytest.raises(RuntimeError, match="out of memory"):
        analyze_image(picture, engines, 3, 3)


def test_a_stage_without_a_model_is_not_available_rather_than_empty(engines, picture) -> None:
    engines.results[Stage.DETECTION] = None
    analysis = analyze_image(picture, engines, 3, 3)
    states = {run.stage: run.state for run in analysis.stages}
    assert states[Stage.DETECTION] is StageState.NOT_AVAILABLE
    assert analysis.detections is None
    assert states[Stage.CLASSIFICATION] is StageState.SUCCESS
    assert analysis.failure is None


def test_a_stage_that_fails_for_good_does_not_cost_the_others(engines, picture) -> None:
    engines.results[Stage.OCR] = PermanentError("The text cannot be read.")
    analysis = analyze_image(picture, engines, 3, 3)
    assert analysis.failure == "The text cannot be read."
    assert analysis.text is None
    assert analysis.palette
    assert [run.state for run in analysis.stages] == [StageState.ERROR] + [StageState.SUCCESS] * 3


def test_no_stage_runs_on_what_is_no_picture(engines) -> None:
    with pytest.raises(InvalidImage):
        analyze_image(b"<html>", engines, 3, 3)
    assert engines.seen == {}


def test_a_creative_is_analysed_and_kept(creatives, store, previews, engines, creative) -> None:
    outcome = AnalyzeCreative(creatives, store, previews, engines)(creative["event"], "message", 60)
    assert outcome is AnalysisOutcome.ANALYSED
    [(analysis, etag)] = creatives.completed
    assert etag == "etag"
    assert analysis.facts.width == 10
    assert previews.objects == {"w/g/c.webp": b"a preview"}
    assert previews.content_types == {"w/g/c.webp": "image/webp"}
    assert store.objects.keys() == {"w/g/c"}


def test_a_broken_picture_ends_in_error_with_its_reason(creatives, store, previews, engines, creative) -> None:
    store.objects["w/g/c"] = b"<html>"
    outcome = AnalyzeCreative(creatives, store, previews, engines)(creative["event"], "message", 60)
    assert outcome is AnalysisOutcome.FAILED
    [(failure, etag)] = creatives.failed
    assert (failure.code, failure.reason, etag) == ("invalid_image", "The file is no picture.", "etag")
    assert not creatives.released


def test_an_object_deleted_before_it_is_read_ends_in_error(creatives, store, previews, engines, creative) -> None:
    store.objects.clear()
    assert (
        AnalyzeCreative(creatives, store, previews, engines)(creative["event"], "message", 60) is AnalysisOutcome.FAILED
    )
    [(failure, etag)] = creatives.failed
    assert (failure.code, etag) == ("object_gone", None)


@pytest.mark.parametrize("error", [TransientError("down"), RuntimeError("bug"), KeyboardInterrupt()])
def test_any_other_failure_gives_the_claim_back_and_is_raised(
    creatives, store, previews, engines, creative, error
) -> None:
    engines.decode = lambda data: (_ for _ in ()).throw(error)
    with pytest.raises(type(error)):
        AnalyzeCreative(creatives, store, previews, engines)(creative["event"], "message", 60)
    assert creatives.released == 1
    assert not creatives.failed


def test_a_preview_that_cannot_be_stored_is_tried_again_with_the_analysis(
    creatives, store, previews, engines, creative
) -> None:
    def gone(*_: object) -> None:
        raise TransientError("object store")

    previews.put = gone
    with pytest.raises(TransientError):
        AnalyzeCreative(creatives, store, previews, engines)(creative["event"], "message", 60)
    assert creatives.released == 1
    assert not creatives.completed
    assert not creatives.failed


def test_a_database_that_is_gone_does_not_hide_why(creatives, store, previews, engines, creative) -> None:
    def gone(*_: object) -> None:
        raise TransientError("database")

    creatives.release = gone
    engines.decode = lambda data: (_ for _ in ()).throw(RuntimeError("the reason"))
    with pytest.raises(RuntimeError, match="the reason"):
        AnalyzeCreative(creatives, store, previews, engines)(creative["event"], "message", 60)


def test_a_creative_deleted_meanwhile_leaves_no_preview(creatives, store, previews, engines, creative) -> None:
    def delete(*_: object) -> bool:
        creatives.known.clear()
        return False

    creatives.complete = delete
    assert (
        AnalyzeCreative(creatives, store, previews, engines)(creative["event"], "message", 60)
        is AnalysisOutcome.SKIPPED
    )
    assert previews.objects == {}


def test_an_overtaken_analysis_is_thrown_away(creatives, store, previews, engines, creative) -> None:
    creatives.void = True
    assert (
        AnalyzeCreative(creatives, store, previews, engines)(creative["event"], "message", 60)
        is AnalysisOutcome.SKIPPED
    )
    store.objects["w/g/c"] = b"<html>"
    assert (
        AnalyzeCreative(creatives, store, previews, engines)(creative["event"], "message", 60)
        is AnalysisOutcome.SKIPPED
    )


def test_a_duplicate_reads_nothing(creatives, store, previews, engines, creative) -> None:
    creatives.nothing_to_do = True
    store.objects.clear()
    assert (
        AnalyzeCreative(creatives, store, previews, engines)(creative["event"], "message", 60)
        is AnalysisOutcome.SKIPPED
    )
    assert not creatives.failed


def test_a_creative_that_was_deleted_meanwhile_is_nothing_to_do(creatives, store, previews, engines) -> None:
    event = AnalysisRequested(CreativeId(uuid4(), uuid4()), 1)
    assert AnalyzeCreative(creatives, store, previews, engines)(event, "message", 60) is AnalysisOutcome.SKIPPED


def test_a_message_is_for_the_creative_whose_turn_it_is(creatives, store, previews, engines, creative) -> None:
    message = AnalysisRequested(CreativeId(uuid4(), uuid4()), 1)
    creatives.turns = [creative["event"], None]
    assert AnalyzeCreative(creatives, store, previews, engines)(message, "message", 60) is AnalysisOutcome.ANALYSED
    assert AnalyzeCreative(creatives, store, previews, engines)(message, "message", 60) is AnalysisOutcome.SKIPPED
    assert len(creatives.completed) == 1


def test_what_has_arrived_is_asked_for_and_requests_go_on(creatives, queue, creative) -> None:
    request = AnalysisRequested(CreativeId(uuid4(), uuid4()), 3)
    ours, foreign = (ObjectCreated("uploads", key, 1, "etag", "01") for key in ("w/g/c", "w/g/unknown"))
    assert DispatchUploads(creatives, queue)([request, ours, foreign]) == 2
    assert queue.sent == [request, creative["event"]]
