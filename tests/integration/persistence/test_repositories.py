"""Claims and their ends: duplicates, disorder, races, tenants."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine

from adlens.domain.analysis import (
    Analysis,
    BoundingBox,
    BundleInfo,
    Decision,
    DetectedObject,
    Detections,
    Stage,
    StageRun,
    StageState,
    TextBlock,
    TopicPrediction,
)
from adlens.domain.creative import Claim, CreativeId, Failure, NewCreative, Status
from adlens.domain.errors import Conflict, InvalidValue, UnknownCreative, UnknownGroup
from adlens.domain.events import AnalysisRequested
from adlens.domain.gallery import CreativeFilter
from adlens.domain.ports.creatives import AnalysisRepository, Overdue, RequestedAnalyses
from adlens.persistence.creatives.queries import PostgresQueries
from adlens.persistence.creatives.removals import PostgresRemovals
from adlens.persistence.workspaces.settings import PostgresSettings

Findings = Callable[..., Analysis]
BROKEN = Failure("invalid_image", "The file is cut off.")


def test_a_creative_comes_back_as_it_was_analysed(house: Any, rich: Analysis) -> None:
    port: AnalysisRepository = house.repository
    key = house.add()
    claim = port.claim(house.created(key), "m1", 60)
    assert claim is not None
    assert (claim.key, claim.group_id, claim.revision) == (key, "grp", 1)
    assert (claim.dominant_colors, claim.secondary_colors) == (3, 3)
    assert house.row(key)["status"] == "PROCESSING"

    assert port.complete(claim, rich, "a")

    creative = PostgresQueries(house.engine).creative(*_ids(key))
    assert creative.status is Status.SUCCESS
    assert creative.facts == rich.facts
    assert creative.failure is None
    assert creative.size == rich.facts.bytes
    stored = creative.analysis
    assert stored is not None
    assert rich.text is not None
    assert rich.detections is not None
    assert rich.topic is not None
    assert rich.palette is not None
    assert [(b.text, b.bbox, b.polygon, b.language) for b in stored.text or ()] == [
        (b.text, b.bbox, b.polygon, b.language) for b in rich.text
    ]
    assert [b.confidence for b in stored.text or ()] == pytest.approx([b.confidence for b in rich.text], abs=1e-6)
    assert stored.detections is not None
    assert [o.class_name for o in stored.detections.objects] == [o.class_name for o in rich.detections.objects]
    assert stored.detections.class_scores == rich.detections.class_scores
    assert stored.topic is not None
    assert (stored.topic.topic, stored.topic.scores, stored.topic.evidence) == (
        rich.topic.topic,
        rich.topic.scores,
        rich.topic.evidence,
    )
    assert [(s.rgb, s.role, s.color_class) for s in stored.palette or ()] == [
        (s.rgb, s.role, s.color_class) for s in rich.palette
    ]
    assert stored.bundle == rich.bundle
    assert stored.stages == rich.stages
    assert stored.embedding == rich.embedding


def test_stages_that_looked_for_nothing_are_not_stages_that_found_nothing(house: Any, findings: Findings) -> None:
    nothing = findings(text=None, detections=None, topic=None, palette=None, embedding=None)
    empty = findings(text=(), palette=())
    keys = house.add(), house.add()
    for key, analysis in zip(keys, (nothing, empty), strict=True):
        house.analysed(key, analysis)

    first, second = (PostgresQueries(house.engine).creative(*_ids(key)).analysis for key in keys)

    assert first is not None
    assert (first.text, first.detections, first.topic, first.palette, first.embedding) == (None,) * 5
    assert second is not None
    assert (second.text, second.palette) == ((), ())


def test_text_that_postgres_cannot_hold_is_stored_without_it(house: Any, findings: Findings) -> None:
    key = CreativeId(house.workspace_id, uuid.uuid4())
    house.repository.register(house.workspace_id, "grp", [NewCreative(key.id, "a\x00b\udc80.png")])
    house.analysed(key, findings(text=(TextBlock("no\x00ne", BoundingBox(0, 0, 1, 1), 0.5),)))

    creative = PostgresQueries(house.engine).creative(*_ids(key))

    assert creative.filename == "ab?.png"
    assert creative.analysis is not None
    assert [b.text for b in creative.analysis.text or ()] == ["none"]


# --- registration ---------------------------------------------------------------------------------------------------


def test_registering_again_changes_nothing(house: Any, findings: Findings) -> None:
    key = house.add()
    house.analysed(key, findings(seed=1))
    before = house.row(key)

    house.add("grp", key.id, key.id)

    assert house.row(key) == before
    assert house.rollups() == house.recount()
    assert house.rollups()["total"]["creatives"] == 1


def test_an_id_is_used_in_one_group_only(house: Any) -> None:
    key = house.add("one")

    with pytest.raises(Conflict):
        house.add("two", uuid.uuid4(), key.id)

    assert [group.group_id for group in PostgresQueries(house.engine).groups(house.workspace_id).items] == ["one"]


def test_a_group_id_must_fit_into_a_key(house: Any) -> None:
    with pytest.raises(InvalidValue):
        house.add("a/b")


# --- claims ---------------------------------------------------------------------------------------------------------


def test_the_same_event_again_is_nothing_to_do(house: Any, findings: Findings) -> None:
    key = house.add()
    event = house.created(key)
    claim = house.repository.claim(event, "m1", 60)
    assert house.repository.claim(event, "m2", 60) is None, "somebody is at it"
    assert house.repository.complete(claim, findings(), "a")
    before = house.row(key)

    for _ in range(5):
        assert house.repository.claim(event, str(uuid.uuid4()), 60) is None

    assert house.row(key) == before


def test_a_message_delivered_again_takes_its_own_claim_over(house: Any, findings: Findings) -> None:
    key = house.add()
    first = house.repository.claim(house.created(key), "m1", 60)
    second = house.repository.claim(house.created(key), "m1", 60)

    assert second is not None
    assert first.token != second.token
    _is_void(house, first, findings())
    assert house.repository.complete(second, findings(), "a")


def test_a_lease_that_has_run_out_is_taken_over(house: Any, findings: Findings) -> None:
    key = house.add()
    dead = house.repository.claim(house.created(key), "m1", 0)
    alive = house.repository.claim(house.created(key), "m2", 60)

    assert alive is not None
    _is_void(house, dead, findings())


def test_an_older_event_is_dropped(house: Any, findings: Findings) -> None:
    key = house.add()
    assert house.repository.claim(house.created(key, "b", "1F"), "m2", 60) is not None

    # As numbers 0x1E5 is more than 0x1F; S3 orders sequencers as right-padded text.
    assert house.repository.claim(house.created(key, "a", "1E5"), "m1", 60) is None
    assert house.row(key)["revision"] == 1


def test_new_content_makes_the_running_analysis_void(house: Any, findings: Findings) -> None:
    key = house.add()
    old = house.claimed(key, "a", "01")
    new = house.claimed(key, "b", "02")

    assert new.revision == 2
    _is_void(house, old, findings())
    assert house.repository.complete(new, findings(), "b")
    assert house.repository.claim(house.created(key, "b", "03"), "m4", 60) is None, "the same bytes again"
    assert house.row(key)["sequencer"].startswith("03")


def test_new_content_is_seen_where_all_sequencers_are_the_same(house: Any, findings: Findings) -> None:
    key = house.add()
    assert house.repository.complete(house.claimed(key, "a", "01"), findings(), "a")
    again = house.claimed(key, "b", "01")

    assert again.revision == 2


def test_bytes_read_ahead_of_their_event_are_not_read_twice(house: Any, findings: Findings) -> None:
    key = house.add()
    first = house.created(key, "a", "01")
    claim = house.repository.claim(first, "m1", 60)
    assert house.repository.complete(claim, findings(), "b"), "the object was overwritten before it was read"

    assert house.repository.claim(house.created(key, "b", "02"), "m2", 60) is None
    assert house.repository.claim(first, "m1", 60) is None
    assert house.row(key)["revision"] == 1


def test_a_file_that_was_gone_is_analysed_when_it_is_uploaded_again(house: Any) -> None:
    key = house.add()
    event = house.created(key, "a", "01")
    claim = house.repository.claim(event, "m1", 60)
    assert house.repository.fail(claim, Failure("object_gone", "The file is gone."), None)

    assert house.repository.claim(event, "m1", 60) is None, "the old event says nothing new"
    assert house.repository.claim(house.created(key, "a", "02"), "m2", 60) is not None


@pytest.mark.parametrize("key", ["nonsense.jpg", "a/b/c", "{workspace}/other/{creative}", "{workspace}/grp/{unknown}"])
def test_objects_that_nobody_asked_for_are_unknown(house: Any, key: str) -> None:
    known = house.add()
    event = house.created(known)
    path = key.format(workspace=house.workspace_id, creative=known.id, unknown=uuid.uuid4())

    with pytest.raises(UnknownCreative):
        house.repository.claim(type(event)("uploads", path, 1, "a", "01"), "m1", 60)


def test_a_claim_carries_the_settings_of_its_workspace(house: Any) -> None:
    PostgresSettings(house.engine).put(house.workspace_id, {"DOMINANT_COLORS_COUNT": 5, "SECONDARY_COLORS_COUNT": 0})
    claim = house.claimed(house.add())

    assert (claim.dominant_colors, claim.secondary_colors) == (5, 0)


# --- ends -----------------------------------------------------------------------------------------------------------


def test_stages_are_visible_while_they_run(house: Any, findings: Findings) -> None:
    key = house.add()
    claim = house.claimed(key)
    house.repository.record_stages(claim, [StageRun(Stage.OCR, StageState.PROCESSING)])
    assert _stages(house, key)[Stage.OCR].state is StageState.PROCESSING
    house.repository.record_stages(claim, [StageRun(Stage.OCR, StageState.SUCCESS, seconds=0.25)])
    assert _stages(house, key)[Stage.OCR].seconds == 0.25
    assert _stages(house, key)[Stage.COLOR].state is StageState.PENDING

    newer = house.claimed(key, "b", "02")
    assert {run.state for run in _stages(house, key).values()} == {StageState.PENDING}
    house.repository.record_stages(claim, [StageRun(Stage.OCR, StageState.ERROR)])
    assert {run.state for run in _stages(house, key).values()} == {StageState.PENDING}
    assert newer.revision == 2


def test_a_failed_stage_makes_an_error_that_keeps_what_was_found(house: Any, findings: Findings) -> None:
    key = house.add()
    analysis = findings(stages=(StageRun(Stage.OCR, StageState.ERROR, seconds=1, reason="no memory"),))
    house.analysed(key, analysis)

    creative = PostgresQueries(house.engine).creative(*_ids(key))

    assert creative.status is Status.ERROR
    assert creative.failure == Failure("stage_failed", "no memory")
    assert creative.analysis is not None
    assert house.rollups()["total"]["analysed"] == 1
    assert house.rollups() == house.recount()


def test_a_failure_keeps_earlier_findings_and_ends_running_stages(house: Any, findings: Findings) -> None:
    key = house.add()
    house.analysed(key, findings(seed=11))
    before = house.rollups()
    claim = house.claimed(key, "b", "02")
    house.repository.record_stages(claim, [StageRun(Stage.OCR, StageState.PROCESSING)])

    assert house.repository.fail(claim, BROKEN, "b")

    creative = PostgresQueries(house.engine).creative(*_ids(key))
    assert (creative.status, creative.failure) == (Status.ERROR, BROKEN)
    assert creative.analysis is not None
    assert _stages(house, key)[Stage.OCR].state is StageState.ERROR
    assert house.rollups() == before
    assert house.repository.claim(house.created(key, "b", "03"), "m", 60) is None, "the same bytes stay broken"


def test_a_released_claim_is_anybodys(house: Any, findings: Findings) -> None:
    key = house.add()
    claim = house.claimed(key)
    house.repository.release(claim)

    assert house.row(key)["status"] == "PENDING"
    _is_void(house, claim, findings())
    assert house.repository.claim(house.created(key, "a", "01"), "other", 60) is not None


def test_asking_again(house: Any, findings: Findings) -> None:
    key = house.add()
    with pytest.raises(Conflict):
        house.repository.request_analysis(key)
    house.analysed(key, findings(seed=1))
    first = house.repository.request_analysis(key)
    second = house.repository.request_analysis(key)
    assert (first.revision, second.revision) == (2, 3)
    assert house.row(key)["status"] == "PENDING"

    assert house.repository.claim(first, "m1", 60) is None, "a newer request is known"
    claim = house.repository.claim(second, "m2", 60)
    assert claim.revision == 3
    assert house.repository.complete(claim, findings(seed=2), "a")
    assert house.repository.claim(second, "m3", 60) is None
    assert house.rollups() == house.recount()
    with pytest.raises(UnknownCreative):
        house.repository.request_analysis(CreativeId(house.workspace_id, uuid.uuid4()))


def test_a_creative_whose_event_was_lost_can_be_analysed_all_the_same(house: Any, findings: Findings) -> None:
    lost, late = house.add(), house.add()
    for key in (lost, late):
        claim = house.repository.claim(AnalysisRequested(key, 1), "sweep", 60)
        assert house.repository.complete(claim, findings(), "a")

    assert house.repository.request_analysis(lost).revision == 2
    assert house.repository.claim(house.created(late, "a", "01"), "m1", 60) is None, "it turns up after all"


def test_a_request_for_a_creative_that_was_made_anew_is_nothing(house: Any, findings: Findings) -> None:
    key = house.add()
    house.analysed(key, findings())
    request = house.repository.request_analysis(key)
    house.repository.delete_creatives(house.workspace_id, [key.id])
    house.add("grp", key.id)

    assert house.repository.claim(request, "m1", 60) is None


def test_dead_letters_end_what_they_asked_for(house: Any, findings: Findings) -> None:
    repository = house.repository
    fresh, busy, done, changed = (house.add() for _ in range(4))
    running = house.claimed(busy)
    house.analysed(done, findings())
    house.analysed(changed, findings())

    assert repository.fail_unfinished(house.created(fresh), "m1", BROKEN)
    assert not repository.fail_unfinished(house.created(busy, "a", "01"), "m1", BROKEN), "another is at it"
    assert not repository.fail_unfinished(house.created(done, "a", "01"), "m1", BROKEN), "it has ended"
    assert repository.fail_unfinished(house.created(changed, "b", "02"), "m1", BROKEN), "new bytes never analysed"

    assert [house.row(key)["status"] for key in (fresh, busy, done, changed)] == [
        "ERROR",
        "PROCESSING",
        "SUCCESS",
        "ERROR",
    ]
    assert repository.complete(running, findings(), "a")
    assert not repository.fail_unfinished(AnalysisRequested(done, 1), "m1", BROKEN)
    assert repository.fail_unfinished(repository.request_analysis(done), "m1", BROKEN)
    assert house.rollups() == house.recount()


def test_the_sweep_ends_what_nobody_cares_for(house: Any, findings: Findings) -> None:
    repository = house.repository
    never, arrived, done, cared = (house.add() for _ in range(4))
    house.claimed(arrived)
    house.analysed(done, findings())
    limit = house.row(cared)["updated_at"] + timedelta(hours=1)

    def mine(lost: datetime, limit_: int = 1000, after: Overdue | None = None) -> list[Overdue]:
        listed = repository.overdue(limit, lost, limit_, after)
        return [entry for entry in listed if entry.key.workspace_id == house.workspace_id]

    assert [(entry.key, entry.arrived) for entry in mine(limit)] == [(never, False), (cared, False), (arrived, True)]
    assert [entry.key for entry in mine(limit - timedelta(days=1))] == [never, cared], "its message may be under way"
    assert [entry.key for entry in mine(limit, after=mine(limit)[0])] == [cared, arrived]
    assert len(repository.overdue(limit, limit, 1)) == 1

    repository.touch(iter([cared]))
    since = house.row(cared)["updated_at"]
    assert not repository.end_overdue(cared, 1, since, BROKEN), "touched meanwhile"
    assert not repository.end_overdue(never, 2, limit, BROKEN), "asked for again meanwhile"
    assert not repository.end_overdue(done, 1, limit, BROKEN)
    assert repository.end_overdue(never, 1, limit, BROKEN)
    assert repository.end_overdue(arrived, 1, limit, BROKEN)
    assert [house.row(key)["status"] for key in (never, arrived, done)] == ["ERROR", "ERROR", "SUCCESS"]
    late = repository.claim(house.created(never), "m1", 60)
    assert late is not None, "the upload arrives after all"
    assert late.revision == 2


# --- deletion -------------------------------------------------------------------------------------------------------


def test_deleting_takes_the_findings_out_of_the_rollups(house: Any, findings: Findings) -> None:
    keys = [house.add("grp") for _ in range(3)] + [house.add("other")]
    for seed, key in enumerate(keys):
        house.analysed(key, findings(seed=seed), "other" if key is keys[3] else "grp")
    claim = house.claimed(keys[1], "b", "02")

    gone = house.repository.delete_creatives(house.workspace_id, [keys[0].id, keys[1].id, keys[3].id, uuid.uuid4()])

    assert len(gone) == 3
    for group_id in ("grp", "other"):
        assert house.rollups(group_id) == house.recount(group_id)
    assert house.rollups("other")["colors"] == {}
    _is_void(house, claim, findings())
    assert len(house.repository.delete_group(house.workspace_id, "grp")) == 1
    for table in ("text_blocks", "analyses", "group_rollup", "group_color_rollup"):
        where = "group_id = 'grp'" if "rollup" in table else "true"
        assert house.rows(f"SELECT * FROM {table} WHERE workspace_id = :workspace_id AND {where}") == []
    with pytest.raises(UnknownGroup):
        house.repository.delete_group(house.workspace_id, "grp")


def test_the_files_of_deleted_creatives_are_noted_until_nothing_can_store_them(house: Any, engine: Engine) -> None:
    removals, window = PostgresRemovals(engine), timedelta(minutes=30)
    creatives = [house.add("grp"), house.add("grp"), house.add("other")]
    keys = [house.row(key)["object_key"] for key in creatives]

    def due(now: datetime) -> set[str]:
        return set(removals.due(now, 10_000)) & set(keys)

    house.repository.delete_group(house.workspace_id, "grp")
    house.repository.delete_creatives(house.workspace_id, [creatives[2].id])
    [row] = house.rows("SELECT max(deleted_at) AS at FROM removals WHERE workspace_id = :workspace_id")
    now = row["at"]
    assert due(now) == set(keys)
    removals.removed(keys, now, window)
    assert due(now) == set()
    assert due(now + window) == set(keys)
    removals.removed(keys, now + window, window)
    assert due(now + 2 * window) == set()
    assert house.rows("SELECT * FROM removals WHERE workspace_id = :workspace_id") == []
    assert not house.repository.exists(creatives[0])


# --- races ----------------------------------------------------------------------------------------------------------


def test_one_of_many_claimants_wins(house: Any, findings: Findings) -> None:
    key = house.add()
    together = Barrier(8)

    def work(claimant: int) -> bool:
        together.wait()
        claim = house.repository.claim(house.created(key), str(claimant), 60)
        return claim is not None and house.repository.complete(claim, findings(seed=claimant), "a")

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(work, range(8)))

    assert sum(won) == 1
    assert house.row(key)["status"] == "SUCCESS"
    assert house.rollups() == house.recount()
    assert house.rollups()["total"]["analysed"] == 1


def test_a_creative_registered_by_many_at_once_is_counted_once(house: Any, findings: Findings) -> None:
    together = Barrier(8)
    keys = [CreativeId(house.workspace_id, uuid.uuid4()) for _ in range(20)]

    def work(worker: int) -> None:
        together.wait()
        for position, key in enumerate(keys):
            house.add("grp", key.id)
            if position % 8 == worker:
                house.analysed(key, findings(seed=position))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    assert house.rollups() == house.recount()
    assert house.rollups()["total"]["creatives"] == len(keys)


def test_one_of_many_completions_of_a_claim_wins(house: Any, findings: Findings) -> None:
    claim = house.claimed(house.add())
    together = Barrier(8)

    def work(seed: int) -> bool:
        together.wait()
        return house.repository.complete(claim, findings(seed=seed), "a")

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(work, range(8)))

    assert sum(won) == 1
    assert house.rollups() == house.recount()


def test_workers_of_one_group_keep_its_rollups(house: Any, findings: Findings) -> None:
    """Registration, analyses, repeated analyses and deletions of one group at the same time."""
    keys = [house.add() for _ in range(24)]
    together = Barrier(8)

    def work(worker: int) -> None:
        together.wait()
        for position, key in enumerate(keys):
            if position % 8 == worker:
                house.analysed(key, findings(seed=position))
                claim = house.repository.claim(house.repository.request_analysis(key), "again", 60)
                assert house.repository.complete(claim, findings(seed=100 + position), "a")
                if position % 3 == 0:
                    house.repository.delete_creatives(house.workspace_id, [key.id])
            house.add()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    assert house.rollups() == house.recount()
    assert house.rollups()["total"]["creatives"] == 24 - 8 + 8 * 24


# --- topics ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sure", "decision"), [(True, Decision.SURE), (False, Decision.UNSURE)])
def test_a_person_chooses_the_topic_and_takes_it_back(
    house: Any, findings: Findings, sure: bool, decision: Decision
) -> None:
    key = house.add()
    predicted = TopicPrediction("cups", 0.75, {"cups": 0.75, "bags": 0.25}, sure=sure)
    house.analysed(key, findings(topic=predicted))
    assert _topic(house, key) == ("cups", 0.75, decision)
    house.repository.take_back_correction(key)
    assert _topic(house, key) == ("cups", 0.75, decision), "nobody had chosen another"

    house.repository.correct_topic(key, "bags")
    assert _topic(house, key) == ("bags", 1.0, Decision.PERSON)
    again = TopicPrediction("ties", 0.5, {"cups": 0.25, "ties": 0.5}, sure=sure)
    _analyse_again(house, key, findings(topic=again))
    assert _topic(house, key) == ("bags", 1.0, Decision.PERSON), "it stays when the creative is analysed again"

    house.repository.take_back_correction(key)
    assert _topic(house, key) == ("ties", 0.5, decision)
    _analyse_again(house, key, findings(topic=predicted))
    assert _topic(house, key) == ("cups", 0.75, decision)
    assert house.rollups() == house.recount()
    assert house.facts() == house.recounted_facts()
    said = house.rows("SELECT predicted, topic FROM topic_corrections WHERE creative_id = :id ORDER BY id", id=key.id)
    assert [(row["predicted"], row["topic"]) for row in said] == [("cups", "bags"), ("ties", None)]
    with pytest.raises(UnknownCreative):
        house.repository.take_back_correction(CreativeId(house.workspace_id, uuid.uuid4()))


def test_without_a_model_nothing_is_left_of_a_topic_that_is_taken_back(house: Any, findings: Findings) -> None:
    key = house.add()
    house.repository.take_back_correction(key)
    house.analysed(key, findings(topic=None))
    house.repository.correct_topic(key, "bags")
    assert _topic(house, key) == ("bags", 1.0, Decision.PERSON)
    house.repository.take_back_correction(key)
    assert PostgresQueries(house.engine).creative(*_ids(key)).analysis.topic is None
    assert house.rollups() == house.recount()
    assert house.facts() == house.recounted_facts()


def test_weak_objects_are_kept_and_not_counted(house: Any, findings: Findings) -> None:
    key, box = house.add(), BoundingBox(0, 0.25, 0.5, 1)
    weak = (DetectedObject("spoon", 0.125, box), DetectedObject("fork", 0.0625, box))
    house.analysed(key, findings(detections=Detections((DetectedObject("cup", 0.75, box),), {"cup": 0.75}, weak=weak)))
    detections = PostgresQueries(house.engine).creative(*_ids(key)).analysis.detections
    assert (len(detections.objects), detections.weak) == (1, weak)
    assert {name for kind, name in house.rollups()["findings"] if kind == "object"} == {"cup"}
    _analyse_again(house, key, findings(detections=None))
    assert PostgresQueries(house.engine).creative(*_ids(key)).analysis.detections is None


def _topic(house: Any, key: CreativeId) -> tuple[str, float, Decision]:
    """As the creative and its row in a list say it."""
    queries = PostgresQueries(house.engine)
    topic, listed = queries.creative(*_ids(key)).analysis.topic, queries.summary(*_ids(key))
    assert (listed.topic, listed.topic_confidence, listed.topic_decision) == (
        *(topic.topic, topic.confidence),
        topic.decision,
    )
    return topic.topic, topic.confidence, topic.decision


def _analyse_again(house: Any, key: CreativeId, analysis: Analysis) -> None:
    claim = house.repository.claim(house.repository.request_analysis(key), str(uuid.uuid4()), 60)
    assert house.repository.complete(claim, analysis, "a")


# --- tenants --------------------------------------------------------------------------------------------------------


def test_workspaces_share_ids_and_nothing_else(new_house: Callable[[], Any], findings: Findings) -> None:
    ours, theirs = new_house(), new_house()
    id_ = uuid.uuid4()
    mine, other = ours.add("grp", id_), theirs.add("grp", id_)
    ours.analysed(mine, findings(seed=11))
    before = theirs.row(other), theirs.rollups(), theirs.recount()

    ours.repository.request_analysis(mine)
    ours.repository.delete_creatives(ours.workspace_id, [id_])

    assert (theirs.row(other), theirs.rollups(), theirs.recount()) == before
    assert theirs.rollups()["total"]["analysed"] == 0
    queries = PostgresQueries(ours.engine)
    with pytest.raises(UnknownCreative):
        queries.creative(ours.workspace_id, id_)
    assert queries.creative(theirs.workspace_id, id_).analysis is None


def _ids(key: CreativeId) -> tuple[uuid.UUID, uuid.UUID]:
    return key.workspace_id, key.id


def _stages(house: Any, key: CreativeId) -> dict[Stage, StageRun]:
    return {run.stage: run for run in PostgresQueries(house.engine).creative(*_ids(key)).stages}


def _is_void(house: Any, claim: Claim, analysis: Analysis) -> None:
    before = house.rows("SELECT * FROM creatives WHERE workspace_id = :workspace_id ORDER BY id")
    assert not house.repository.complete(claim, analysis, "a")
    assert not house.repository.fail(claim, BROKEN, "a")
    house.repository.release(claim)
    house.repository.record_stages(claim, [StageRun(Stage.OCR, StageState.ERROR)])
    assert house.rows("SELECT * FROM creatives WHERE workspace_id = :workspace_id ORDER BY id") == before


# --- groups ---------------------------------------------------------------------------------------------------------


def test_a_group_is_named_when_it_is_made_or_later(house: Any, new_house: Any) -> None:
    other = new_house()
    other.add()

    def names() -> list[str | None]:
        return [row["name"] for row in house.rows("SELECT name FROM groups WHERE workspace_id = :workspace_id")]

    house.repository.register(house.workspace_id, "grp", [], "one")
    assert names() == ["one"]
    house.repository.register(house.workspace_id, "grp", [NewCreative(uuid.uuid4(), "a.png")])
    assert names() == ["one"]
    house.repository.register(house.workspace_id, "grp", [NewCreative(uuid.uuid4(), "b.png")], "two\x00")
    assert names() == ["two"]
    house.repository.rename_group(house.workspace_id, "grp", None)
    assert names() == [None]
    with pytest.raises(UnknownGroup):
        house.repository.rename_group(house.workspace_id, "nowhere", "x")
    assert other.rows("SELECT name FROM groups WHERE workspace_id = :workspace_id") == [{"name": None}]


def test_of_a_group_those_are_analysed_again_that_have_ended_and_arrived(
    house: Any, new_house: Any, findings: Any
) -> None:
    done, failed, missing, running, elsewhere = house.add(), house.add(), house.add(), house.add(), house.add("other")
    waiting, theirs = house.add(), new_house()
    house.analysed(done, findings(1))
    house.repository.fail(house.claimed(failed), Failure("invalid_image", "Broken."), "a")
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert house.repository.end_overdue(missing, 1, later, Failure("upload_missing", "Missing."))
    house.claimed(running)
    house.analysed(elsewhere, findings(2), "other")
    theirs.analysed(theirs.add(), findings(3))

    of_group = CreativeFilter(group_ids=("grp",))

    def ask(chosen: CreativeFilter = of_group) -> RequestedAnalyses:
        return house.repository.request_analyses(house.workspace_id, chosen, False, 100)

    requests = ask().requests

    assert {(request.creative, request.revision) for request in requests} == {(done, 2), (failed, 2)}
    assert [house.row(key)["status"] for key in (done, failed, missing, running, elsewhere, waiting)] == [
        "PENDING",
        "PENDING",
        "ERROR",
        "PROCESSING",
        "SUCCESS",
        "PENDING",
    ]
    assert house.row(failed)["failure_code"] is None
    assert house.rows("SELECT 1 FROM stage_runs WHERE creative_id = :id", id=done.id) == []
    assert house.rollups() == house.recount()
    assert ask() == RequestedAnalyses((), None)
    with pytest.raises(UnknownGroup):
        ask(CreativeFilter(group_ids=("nowhere",)))


def test_a_workspace_is_analysed_again_in_batches_where_another_bundle_was_at_it(
    house: Any, new_house: Any, findings: Any
) -> None:
    newest = BundleInfo("new", "2", uuid.uuid4().hex * 2, {})
    house.repository.report_bundle(newest)
    old = [house.add("grp", uuid.UUID(int=n)) for n in range(1, 6)]
    for key in old:
        house.analysed(key, findings(1, topic=TopicPrediction("cups", 0.5, {"cups": 0.5}, sure=key.id.int > 2)))
    house.analysed(house.add("grp", uuid.UUID(int=9)), findings(1, bundle=newest))
    theirs = new_house()
    theirs.analysed(theirs.add("grp", uuid.UUID(int=1)), findings(1))

    def ask(limit: int, after: uuid.UUID | None = None, outdated: bool = True, **chosen: Any) -> RequestedAnalyses:
        return house.repository.request_analyses(house.workspace_id, CreativeFilter(**chosen), outdated, limit, after)

    unsure = ask(10, topic_decisions=(Decision.UNSURE,))
    assert [request.creative for request in unsure.requests] == old[:2]
    first = ask(2)
    assert ([request.creative for request in first.requests], first.last) == (old[2:4], old[3].id)
    again = ask(2)
    assert ([request.creative for request in again.requests], again.last) == (old[4:], None), "the others wait"
    assert ask(2, first.last) == RequestedAnalyses((), None)

    for request in (*unsure.requests, *first.requests, *again.requests):
        claim = house.repository.claim(request, "worker", 60)
        assert house.repository.complete(claim, findings(1, bundle=newest), "a")
    assert ask(10) == RequestedAnalyses((), None)
    assert len(ask(10, outdated=False).requests) == 6
    assert [
        row["status"] for row in theirs.rows("SELECT status FROM creatives WHERE workspace_id = :workspace_id")
    ] == ["SUCCESS"]
    assert house.rollups() == house.recount()
