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
from adlens.services.end_unfinished import Sweep
from adlens.testing.storage import MemoryAnalysisQueue, MemoryStore

Findings = Callable[..., Analysis]
BROKEN = Failure("invalid_image", "The file is cut off.")


def test_a_creative_comes_back_as_it_was_analysed(tenant: Any, rich: Analysis) -> None:
    port: AnalysisRepository = tenant.repository
    key = tenant.add()
    claim = port.claim(tenant.created(key), "m1", 60)
    assert claim is not None
    assert (claim.key, claim.group_id, claim.revision) == (key, "grp", 1)
    assert (claim.dominant_colors, claim.secondary_colors) == (3, 3)
    assert tenant.row(key)["status"] == "PROCESSING"

    assert port.complete(claim, rich, "a")

    creative = PostgresQueries(tenant.engine).creative(*_ids(key))
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


def test_stages_that_looked_for_nothing_are_not_stages_that_found_nothing(tenant: Any, findings: Findings) -> None:
    nothing = findings(text=None, detections=None, topic=None, palette=None, embedding=None)
    empty = findings(text=(), palette=())
    keys = tenant.add(), tenant.add()
    for key, analysis in zip(keys, (nothing, empty), strict=True):
        tenant.analysed(key, analysis)

    first, second = (PostgresQueries(tenant.engine).creative(*_ids(key)).analysis for key in keys)

    assert first is not None
    assert (first.text, first.detections, first.topic, first.palette, first.embedding) == (None,) * 5
    assert second is not None
    assert (second.text, second.palette) == ((), ())


def test_text_that_postgres_cannot_hold_is_stored_without_it(tenant: Any, findings: Findings) -> None:
    key = CreativeId(tenant.workspace_id, uuid.uuid4())
    tenant.repository.register(tenant.workspace_id, "grp", [NewCreative(key.id, "a\x00b\udc80.png")])
    tenant.analysed(key, findings(text=(TextBlock("no\x00ne", BoundingBox(0, 0, 1, 1), 0.5),)))

    creative = PostgresQueries(tenant.engine).creative(*_ids(key))

    assert creative.filename == "ab?.png"
    assert creative.analysis is not None
    assert [b.text for b in creative.analysis.text or ()] == ["none"]


# --- registration ---------------------------------------------------------------------------------------------------


def test_registering_again_changes_nothing(tenant: Any, findings: Findings) -> None:
    key = tenant.add()
    tenant.analysed(key, findings(seed=1))
    before = tenant.row(key)

    tenant.add("grp", key.id, key.id)

    assert tenant.row(key) == before
    assert tenant.rollups() == tenant.recount()
    assert tenant.rollups()["total"]["creatives"] == 1


def test_an_id_is_used_in_one_group_only(tenant: Any) -> None:
    key = tenant.add("one")

    with pytest.raises(Conflict):
        tenant.add("two", uuid.uuid4(), key.id)

    assert [group.group_id for group in PostgresQueries(tenant.engine).groups(tenant.workspace_id).items] == ["one"]


def test_a_group_id_must_fit_into_a_key(tenant: Any) -> None:
    with pytest.raises(InvalidValue):
        tenant.add("a/b")


# --- claims ---------------------------------------------------------------------------------------------------------


def test_the_same_event_again_is_nothing_to_do(tenant: Any, findings: Findings) -> None:
    key = tenant.add()
    event = tenant.created(key)
    claim = tenant.repository.claim(event, "m1", 60)
    assert tenant.repository.claim(event, "m2", 60) is None, "somebody is at it"
    assert tenant.repository.complete(claim, findings(), "a")
    before = tenant.row(key)

    for _ in range(5):
        assert tenant.repository.claim(event, str(uuid.uuid4()), 60) is None

    assert tenant.row(key) == before


def test_a_message_delivered_again_takes_its_own_claim_over(tenant: Any, findings: Findings) -> None:
    key = tenant.add()
    first = tenant.repository.claim(tenant.created(key), "m1", 60)
    second = tenant.repository.claim(tenant.created(key), "m1", 60)

    assert second is not None
    assert first.token != second.token
    _is_void(tenant, first, findings())
    assert tenant.repository.complete(second, findings(), "a")


def test_a_lease_that_has_run_out_is_taken_over(tenant: Any, findings: Findings) -> None:
    key = tenant.add()
    dead = tenant.repository.claim(tenant.created(key), "m1", 0)
    alive = tenant.repository.claim(tenant.created(key), "m2", 60)

    assert alive is not None
    _is_void(tenant, dead, findings())


def test_an_older_event_is_dropped(tenant: Any, findings: Findings) -> None:
    key = tenant.add()
    assert tenant.repository.claim(tenant.created(key, "b", "1F"), "m2", 60) is not None

    # As numbers 0x1E5 is more than 0x1F; S3 orders sequencers as right-padded text.
    assert tenant.repository.claim(tenant.created(key, "a", "1E5"), "m1", 60) is None
    assert tenant.row(key)["revision"] == 1


def test_new_content_makes_the_running_analysis_void(tenant: Any, findings: Findings) -> None:
    key = tenant.add()
    old = tenant.claimed(key, "a", "01")
    new = tenant.claimed(key, "b", "02")

    assert new.revision == 2
    _is_void(tenant, old, findings())
    assert tenant.repository.complete(new, findings(), "b")
    assert tenant.repository.claim(tenant.created(key, "b", "03"), "m4", 60) is None, "the same bytes again"
    assert tenant.row(key)["sequencer"].startswith("03")


def test_new_content_is_seen_where_all_sequencers_are_the_same(tenant: Any, findings: Findings) -> None:
    key = tenant.add()
    assert tenant.repository.complete(tenant.claimed(key, "a", "01"), findings(), "a")
    again = tenant.claimed(key, "b", "01")

    assert again.revision == 2


def test_bytes_read_ahead_of_their_event_are_not_read_twice(tenant: Any, findings: Findings) -> None:
    key = tenant.add()
    first = tenant.created(key, "a", "01")
    claim = tenant.repository.claim(first, "m1", 60)
    assert tenant.repository.complete(claim, findings(), "b"), "the object was overwritten before it was read"

    assert tenant.repository.claim(tenant.created(key, "b", "02"), "m2", 60) is None
    assert tenant.repository.claim(first, "m1", 60) is None
    assert tenant.row(key)["revision"] == 1


def test_a_file_that_was_gone_is_analysed_when_it_is_uploaded_again(tenant: Any) -> None:
    key = tenant.add()
    event = tenant.created(key, "a", "01")
    claim = tenant.repository.claim(event, "m1", 60)
    assert tenant.repository.fail(claim, Failure("object_gone", "The file is gone."), None)

    assert tenant.repository.claim(event, "m1", 60) is None, "the old event says nothing new"
    assert tenant.repository.claim(tenant.created(key, "a", "02"), "m2", 60) is not None


@pytest.mark.parametrize("key", ["nonsense.jpg", "a/b/c", "{workspace}/other/{creative}", "{workspace}/grp/{unknown}"])
def test_objects_that_nobody_asked_for_are_unknown(tenant: Any, key: str) -> None:
    known = tenant.add()
    event = tenant.created(known)
    path = key.format(workspace=tenant.workspace_id, creative=known.id, unknown=uuid.uuid4())

    with pytest.raises(UnknownCreative):
        tenant.repository.claim(type(event)("uploads", path, 1, "a", "01"), "m1", 60)


def test_a_claim_carries_the_settings_of_its_workspace(tenant: Any) -> None:
    PostgresSettings(tenant.engine).put(tenant.workspace_id, {"DOMINANT_COLORS_COUNT": 5, "SECONDARY_COLORS_COUNT": 0})
    claim = tenant.claimed(tenant.add())

    assert (claim.dominant_colors, claim.secondary_colors) == (5, 0)


# --- ends -----------------------------------------------------------------------------------------------------------


def test_stages_are_visible_while_they_run(tenant: Any, findings: Findings) -> None:
    key = tenant.add()
    claim = tenant.claimed(key)
    tenant.repository.record_stages(claim, [StageRun(Stage.OCR, StageState.PROCESSING)])
    assert _stages(tenant, key)[Stage.OCR].state is StageState.PROCESSING
    tenant.repository.record_stages(claim, [StageRun(Stage.OCR, StageState.SUCCESS, seconds=0.25)])
    assert _stages(tenant, key)[Stage.OCR].seconds == 0.25
    assert _stages(tenant, key)[Stage.COLOR].state is StageState.PENDING

    newer = tenant.claimed(key, "b", "02")
    assert {run.state for run in _stages(tenant, key).values()} == {StageState.PENDING}
    tenant.repository.record_stages(claim, [StageRun(Stage.OCR, StageState.ERROR)])
    assert {run.state for run in _stages(tenant, key).values()} == {StageState.PENDING}
    assert newer.revision == 2


def test_a_failed_stage_makes_an_error_that_keeps_what_was_found(tenant: Any, findings: Findings) -> None:
    key = tenant.add()
    analysis = findings(stages=(StageRun(Stage.OCR, StageState.ERROR, seconds=1, reason="no memory"),))
    tenant.analysed(key, analysis)

    creative = PostgresQueries(tenant.engine).creative(*_ids(key))

    assert creative.status is Status.ERROR
    assert creative.failure == Failure("stage_failed", "no memory")
    assert creative.analysis is not None
    assert tenant.rollups()["total"]["analysed"] == 1
    assert tenant.rollups() == tenant.recount()


def test_a_failure_keeps_earlier_findings_and_ends_running_stages(tenant: Any, findings: Findings) -> None:
    key = tenant.add()
    tenant.analysed(key, findings(seed=11))
    before = tenant.rollups()
    claim = tenant.claimed(key, "b", "02")
    tenant.repository.record_stages(claim, [StageRun(Stage.OCR, StageState.PROCESSING)])

    assert tenant.repository.fail(claim, BROKEN, "b")

    creative = PostgresQueries(tenant.engine).creative(*_ids(key))
    assert (creative.status, creative.failure) == (Status.ERROR, BROKEN)
    assert creative.analysis is not None
    assert _stages(tenant, key)[Stage.OCR].state is StageState.ERROR
    assert tenant.rollups() == before
    assert tenant.repository.claim(tenant.created(key, "b", "03"), "m", 60) is None, "the same bytes stay broken"


def test_a_released_claim_is_anybodys(tenant: Any, findings: Findings) -> None:
    key = tenant.add()
    claim = tenant.claimed(key)
    tenant.repository.release(claim)

    assert tenant.row(key)["status"] == "PENDING"
    _is_void(tenant, claim, findings())
    assert tenant.repository.claim(tenant.created(key, "a", "01"), "other", 60) is not None


def test_asking_again(tenant: Any, findings: Findings) -> None:
    key = tenant.add()
    with pytest.raises(Conflict):
        tenant.repository.request_analysis(key)
    tenant.analysed(key, findings(seed=1))
    first = tenant.repository.request_analysis(key)
    second = tenant.repository.request_analysis(key)
    assert (first.revision, second.revision) == (2, 3)
    assert tenant.row(key)["status"] == "PENDING"

    assert tenant.repository.claim(first, "m1", 60) is None, "a newer request is known"
    claim = tenant.repository.claim(second, "m2", 60)
    assert claim.revision == 3
    assert tenant.repository.complete(claim, findings(seed=2), "a")
    assert tenant.repository.claim(second, "m3", 60) is None
    assert tenant.rollups() == tenant.recount()
    with pytest.raises(UnknownCreative):
        tenant.repository.request_analysis(CreativeId(tenant.workspace_id, uuid.uuid4()))


def test_a_creative_whose_event_was_lost_can_be_analysed_all_the_same(tenant: Any, findings: Findings) -> None:
    lost, late = tenant.add(), tenant.add()
    for key in (lost, late):
        claim = tenant.repository.claim(AnalysisRequested(key, 1), "sweep", 60)
        assert tenant.repository.complete(claim, findings(), "a")

    assert tenant.repository.request_analysis(lost).revision == 2
    assert tenant.repository.claim(tenant.created(late, "a", "01"), "m1", 60) is None, "it turns up after all"


def test_a_request_for_a_creative_that_was_made_anew_is_nothing(tenant: Any, findings: Findings) -> None:
    key = tenant.add()
    tenant.analysed(key, findings())
    request = tenant.repository.request_analysis(key)
    tenant.repository.delete_creatives(tenant.workspace_id, [key.id])
    tenant.add("grp", key.id)

    assert tenant.repository.claim(request, "m1", 60) is None


def test_dead_letters_end_what_they_asked_for(tenant: Any, findings: Findings) -> None:
    repository = tenant.repository
    fresh, busy, done, changed = (tenant.add() for _ in range(4))
    running = tenant.claimed(busy)
    tenant.analysed(done, findings())
    tenant.analysed(changed, findings())

    assert repository.fail_unfinished(tenant.created(fresh), "m1", BROKEN)
    assert not repository.fail_unfinished(tenant.created(busy, "a", "01"), "m1", BROKEN), "another is at it"
    assert not repository.fail_unfinished(tenant.created(done, "a", "01"), "m1", BROKEN), "it has ended"
    assert repository.fail_unfinished(tenant.created(changed, "b", "02"), "m1", BROKEN), "new bytes never analysed"

    assert [tenant.row(key)["status"] for key in (fresh, busy, done, changed)] == [
        "ERROR",
        "PROCESSING",
        "SUCCESS",
        "ERROR",
    ]
    assert repository.complete(running, findings(), "a")
    assert not repository.fail_unfinished(AnalysisRequested(done, 1), "m1", BROKEN)
    assert repository.fail_unfinished(repository.request_analysis(done), "m1", BROKEN)
    assert tenant.rollups() == tenant.recount()


def test_the_sweep_ends_what_nobody_cares_for(tenant: Any, findings: Findings) -> None:
    repository = tenant.repository
    never, arrived, done, cared = (tenant.add() for _ in range(4))
    tenant.claimed(arrived)
    tenant.analysed(done, findings())
    limit = tenant.row(cared)["updated_at"] + timedelta(hours=1)

    def mine(lost: datetime, limit_: int = 1000, after: Overdue | None = None) -> list[Overdue]:
        listed = repository.overdue(limit, lost, limit_, after)
        return [entry for entry in listed if entry.key.workspace_id == tenant.workspace_id]

    assert [(entry.key, entry.arrived) for entry in mine(limit)] == [(never, False), (cared, False), (arrived, True)]
    assert [entry.key for entry in mine(limit - timedelta(days=1))] == [never, cared], "its message may be under way"
    assert [entry.key for entry in mine(limit, after=mine(limit)[0])] == [cared, arrived]
    assert len(repository.overdue(limit, limit, 1)) == 1

    repository.touch(iter([cared]))
    since = tenant.row(cared)["updated_at"]
    assert not repository.end_overdue(cared, 1, since, BROKEN), "touched meanwhile"
    assert not repository.end_overdue(never, 2, limit, BROKEN), "asked for again meanwhile"
    assert not repository.end_overdue(done, 1, limit, BROKEN)
    assert repository.end_overdue(never, 1, limit, BROKEN)
    assert repository.end_overdue(arrived, 1, limit, BROKEN)
    assert [tenant.row(key)["status"] for key in (never, arrived, done)] == ["ERROR", "ERROR", "SUCCESS"]
    late = repository.claim(tenant.created(never), "m1", 60)
    assert late is not None, "the upload arrives after all"
    assert late.revision == 2


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_sweep_whose_clock_is_ten_minutes_off_ends_nothing_that_may_come(tenant: Any, minutes: int) -> None:
    form = timedelta(minutes=15)
    key, skew = tenant.add(), timedelta(minutes=minutes)
    sweep = Sweep(tenant.repository, MemoryStore(), MemoryAnalysisQueue(), form)
    announced = tenant.row(key)["updated_at"]
    sweep(announced + form + skew)
    assert tenant.row(key)["status"] == "PENDING"
    claim = tenant.repository.claim(tenant.created(key), "m1", 60)
    assert claim is not None
    sweep(announced + 2 * form + skew)
    assert tenant.row(key)["status"] == "PROCESSING"


def test_a_backlog_of_one_workspace_does_not_keep_the_sweep_from_another(new_tenant: Any) -> None:
    many, other = new_tenant(), new_tenant()
    many.repository.register(many.workspace_id, "grp", [NewCreative(uuid.uuid4(), f"{n}.png", 10) for n in range(1200)])
    key = other.add()
    later = other.row(key)["updated_at"] + timedelta(hours=1)
    assert Sweep(other.repository, MemoryStore(), MemoryAnalysisQueue(), timedelta(minutes=15))(later).ended > 1200
    assert other.row(key)["status"] == "ERROR"
    assert many.rows("SELECT DISTINCT status FROM creatives WHERE workspace_id = :workspace_id") == [
        {"status": "ERROR"}
    ]


# --- deletion -------------------------------------------------------------------------------------------------------


def test_deleting_takes_the_findings_out_of_the_rollups(tenant: Any, findings: Findings) -> None:
    keys = [tenant.add("grp") for _ in range(3)] + [tenant.add("other")]
    for seed, key in enumerate(keys):
        tenant.analysed(key, findings(seed=seed), "other" if key is keys[3] else "grp")
    claim = tenant.claimed(keys[1], "b", "02")

    gone = tenant.repository.delete_creatives(tenant.workspace_id, [keys[0].id, keys[1].id, keys[3].id, uuid.uuid4()])

    assert len(gone) == 3
    for group_id in ("grp", "other"):
        assert tenant.rollups(group_id) == tenant.recount(group_id)
    assert tenant.rollups("other")["colors"] == {}
    _is_void(tenant, claim, findings())
    assert len(tenant.repository.delete_group(tenant.workspace_id, "grp")) == 1
    for table in ("text_blocks", "analyses", "group_rollup", "group_color_rollup"):
        where = "group_id = 'grp'" if "rollup" in table else "true"
        assert tenant.rows(f"SELECT * FROM {table} WHERE workspace_id = :workspace_id AND {where}") == []
    with pytest.raises(UnknownGroup):
        tenant.repository.delete_group(tenant.workspace_id, "grp")


def test_the_files_of_deleted_creatives_are_noted_until_nothing_can_store_them(tenant: Any, engine: Engine) -> None:
    removals, window = PostgresRemovals(engine), timedelta(minutes=30)
    creatives = [tenant.add("grp"), tenant.add("grp"), tenant.add("other")]
    keys = [tenant.row(key)["object_key"] for key in creatives]

    def due(now: datetime) -> set[str]:
        return {removal.object_key for removal in removals.due(now, 10_000)} & set(keys)

    tenant.repository.delete_group(tenant.workspace_id, "grp")
    tenant.repository.delete_creatives(tenant.workspace_id, [creatives[2].id])
    [row] = tenant.rows("SELECT max(deleted_at) AS at FROM removals WHERE workspace_id = :workspace_id")
    now = row["at"]
    assert due(now) == set(keys)
    removals.removed(keys, now, window)
    assert due(now) == set()
    assert due(now + window) == set(keys)
    removals.removed(keys, now + window, window)
    assert due(now + 2 * window) == set()
    assert tenant.rows("SELECT * FROM removals WHERE workspace_id = :workspace_id") == []
    assert not tenant.repository.exists(creatives[0])


# --- races ----------------------------------------------------------------------------------------------------------


def test_one_of_many_claimants_wins(tenant: Any, findings: Findings) -> None:
    key = tenant.add()
    together = Barrier(8)

    def work(claimant: int) -> bool:
        together.wait()
        claim = tenant.repository.claim(tenant.created(key), str(claimant), 60)
        return claim is not None and tenant.repository.complete(claim, findings(seed=claimant), "a")

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(work, range(8)))

    assert sum(won) == 1
    assert tenant.row(key)["status"] == "SUCCESS"
    assert tenant.rollups() == tenant.recount()
    assert tenant.rollups()["total"]["analysed"] == 1


def test_a_creative_registered_by_many_at_once_is_counted_once(tenant: Any, findings: Findings) -> None:
    together = Barrier(8)
    keys = [CreativeId(tenant.workspace_id, uuid.uuid4()) for _ in range(20)]

    def work(worker: int) -> None:
        together.wait()
        for position, key in enumerate(keys):
            tenant.add("grp", key.id)
            if position % 8 == worker:
                tenant.analysed(key, findings(seed=position))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    assert tenant.rollups() == tenant.recount()
    assert tenant.rollups()["total"]["creatives"] == len(keys)


def test_one_of_many_completions_of_a_claim_wins(tenant: Any, findings: Findings) -> None:
    claim = tenant.claimed(tenant.add())
    together = Barrier(8)

    def work(seed: int) -> bool:
        together.wait()
        return tenant.repository.complete(claim, findings(seed=seed), "a")

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(work, range(8)))

    assert sum(won) == 1
    assert tenant.rollups() == tenant.recount()


def test_workers_of_one_group_keep_its_rollups(tenant: Any, findings: Findings) -> None:
    """Registration, analyses, repeated analyses and deletions of one group at the same time."""
    keys = [tenant.add() for _ in range(24)]
    together = Barrier(8)

    def work(worker: int) -> None:
        together.wait()
        for position, key in enumerate(keys):
            if position % 8 == worker:
                tenant.analysed(key, findings(seed=position))
                claim = tenant.repository.claim(tenant.repository.request_analysis(key), "again", 60)
                assert tenant.repository.complete(claim, findings(seed=100 + position), "a")
                if position % 3 == 0:
                    tenant.repository.delete_creatives(tenant.workspace_id, [key.id])
            tenant.add()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    assert tenant.rollups() == tenant.recount()
    assert tenant.rollups()["total"]["creatives"] == 24 - 8 + 8 * 24


# --- topics ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sure", "decision"), [(True, Decision.SURE), (False, Decision.UNSURE)])
def test_a_person_chooses_the_topic_and_takes_it_back(
    tenant: Any, findings: Findings, sure: bool, decision: Decision
) -> None:
    key = tenant.add()
    predicted = TopicPrediction("cups", 0.75, {"cups": 0.75, "bags": 0.25}, sure=sure)
    tenant.analysed(key, findings(topic=predicted))
    assert _topic(tenant, key) == ("cups", 0.75, decision)
    tenant.repository.take_back_correction(key)
    assert _topic(tenant, key) == ("cups", 0.75, decision), "nobody had chosen another"

    tenant.repository.correct_topic(key, "bags")
    assert _topic(tenant, key) == ("bags", 1.0, Decision.PERSON)
    again = TopicPrediction("ties", 0.5, {"cups": 0.25, "ties": 0.5}, sure=sure)
    _analyse_again(tenant, key, findings(topic=again))
    assert _topic(tenant, key) == ("bags", 1.0, Decision.PERSON), "it stays when the creative is analysed again"

    tenant.repository.take_back_correction(key)
    assert _topic(tenant, key) == ("ties", 0.5, decision)
    _analyse_again(tenant, key, findings(topic=predicted))
    assert _topic(tenant, key) == ("cups", 0.75, decision)
    assert tenant.rollups() == tenant.recount()
    assert tenant.facts() == tenant.recounted_facts()
    said = tenant.rows("SELECT predicted, topic FROM topic_corrections WHERE creative_id = :id ORDER BY id", id=key.id)
    assert [(row["predicted"], row["topic"]) for row in said] == [("cups", "bags"), ("ties", None)]
    with pytest.raises(UnknownCreative):
        tenant.repository.take_back_correction(CreativeId(tenant.workspace_id, uuid.uuid4()))


def test_without_a_model_nothing_is_left_of_a_topic_that_is_taken_back(tenant: Any, findings: Findings) -> None:
    key = tenant.add()
    tenant.repository.take_back_correction(key)
    tenant.analysed(key, findings(topic=None))
    tenant.repository.correct_topic(key, "bags")
    assert _topic(tenant, key) == ("bags", 1.0, Decision.PERSON)
    tenant.repository.take_back_correction(key)
    assert PostgresQueries(tenant.engine).creative(*_ids(key)).analysis.topic is None
    assert tenant.rollups() == tenant.recount()
    assert tenant.facts() == tenant.recounted_facts()


def test_weak_objects_are_kept_and_not_counted(tenant: Any, findings: Findings) -> None:
    key, box = tenant.add(), BoundingBox(0, 0.25, 0.5, 1)
    weak = (DetectedObject("spoon", 0.125, box), DetectedObject("fork", 0.0625, box))
    tenant.analysed(key, findings(detections=Detections((DetectedObject("cup", 0.75, box),), {"cup": 0.75}, weak=weak)))
    detections = PostgresQueries(tenant.engine).creative(*_ids(key)).analysis.detections
    assert (len(detections.objects), detections.weak) == (1, weak)
    assert {name for kind, name in tenant.rollups()["findings"] if kind == "object"} == {"cup"}
    _analyse_again(tenant, key, findings(detections=None))
    assert PostgresQueries(tenant.engine).creative(*_ids(key)).analysis.detections is None


def _topic(tenant: Any, key: CreativeId) -> tuple[str, float, Decision]:
    """As the creative and its row in a list say it."""
    queries = PostgresQueries(tenant.engine)
    topic, listed = queries.creative(*_ids(key)).analysis.topic, queries.summary(*_ids(key))
    assert (listed.topic, listed.topic_confidence, listed.topic_decision) == (
        *(topic.topic, topic.confidence),
        topic.decision,
    )
    return topic.topic, topic.confidence, topic.decision


def _analyse_again(tenant: Any, key: CreativeId, analysis: Analysis) -> None:
    claim = tenant.repository.claim(tenant.repository.request_analysis(key), str(uuid.uuid4()), 60)
    assert tenant.repository.complete(claim, analysis, "a")


# --- tenants --------------------------------------------------------------------------------------------------------


def test_workspaces_share_ids_and_nothing_else(new_tenant: Callable[[], Any], findings: Findings) -> None:
    ours, theirs = new_tenant(), new_tenant()
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


def _stages(tenant: Any, key: CreativeId) -> dict[Stage, StageRun]:
    return {run.stage: run for run in PostgresQueries(tenant.engine).creative(*_ids(key)).stages}


def _is_void(tenant: Any, claim: Claim, analysis: Analysis) -> None:
    before = tenant.rows("SELECT * FROM creatives WHERE workspace_id = :workspace_id ORDER BY id")
    assert not tenant.repository.complete(claim, analysis, "a")
    assert not tenant.repository.fail(claim, BROKEN, "a")
    tenant.repository.release(claim)
    tenant.repository.record_stages(claim, [StageRun(Stage.OCR, StageState.ERROR)])
    assert tenant.rows("SELECT * FROM creatives WHERE workspace_id = :workspace_id ORDER BY id") == before


# --- groups ---------------------------------------------------------------------------------------------------------


def test_a_group_is_named_when_it_is_made_or_later(tenant: Any, new_tenant: Any) -> None:
    other = new_tenant()
    other.add()

    def names() -> list[str | None]:
        return [row["name"] for row in tenant.rows("SELECT name FROM groups WHERE workspace_id = :workspace_id")]

    tenant.repository.register(tenant.workspace_id, "grp", [], "one")
    assert names() == ["one"]
    tenant.repository.register(tenant.workspace_id, "grp", [NewCreative(uuid.uuid4(), "a.png")])
    assert names() == ["one"]
    tenant.repository.register(tenant.workspace_id, "grp", [NewCreative(uuid.uuid4(), "b.png")], "two\x00")
    assert names() == ["two"]
    tenant.repository.rename_group(tenant.workspace_id, "grp", None)
    assert names() == [None]
    with pytest.raises(UnknownGroup):
        tenant.repository.rename_group(tenant.workspace_id, "nowhere", "x")
    assert other.rows("SELECT name FROM groups WHERE workspace_id = :workspace_id") == [{"name": None}]


def test_of_a_group_those_are_analysed_again_that_have_ended_and_arrived(
    tenant: Any, new_tenant: Any, findings: Any
) -> None:
    done, failed, missing, running, elsewhere = (
        tenant.add(),
        tenant.add(),
        tenant.add(),
        tenant.add(),
        tenant.add("other"),
    )
    waiting, theirs = tenant.add(), new_tenant()
    tenant.analysed(done, findings(1))
    tenant.repository.fail(tenant.claimed(failed), Failure("invalid_image", "Broken."), "a")
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert tenant.repository.end_overdue(missing, 1, later, Failure("upload_missing", "Missing."))
    tenant.claimed(running)
    tenant.analysed(elsewhere, findings(2), "other")
    theirs.analysed(theirs.add(), findings(3))

    of_group = CreativeFilter(group_ids=("grp",))

    def ask(chosen: CreativeFilter = of_group) -> RequestedAnalyses:
        return tenant.repository.request_analyses(tenant.workspace_id, chosen, False, 100)

    requests = ask().requests

    assert {(request.creative, request.revision) for request in requests} == {(done, 2), (failed, 2)}
    assert [tenant.row(key)["status"] for key in (done, failed, missing, running, elsewhere, waiting)] == [
        "PENDING",
        "PENDING",
        "ERROR",
        "PROCESSING",
        "SUCCESS",
        "PENDING",
    ]
    assert tenant.row(failed)["failure_code"] is None
    assert tenant.rows("SELECT 1 FROM stage_runs WHERE creative_id = :id", id=done.id) == []
    assert tenant.rollups() == tenant.recount()
    assert ask() == RequestedAnalyses((), None)
    with pytest.raises(UnknownGroup):
        ask(CreativeFilter(group_ids=("nowhere",)))


def test_a_workspace_is_analysed_again_in_batches_where_another_bundle_was_at_it(
    tenant: Any, new_tenant: Any, findings: Any
) -> None:
    newest = BundleInfo("new", "2", uuid.uuid4().hex * 2, {})
    tenant.repository.report_bundle(newest)
    old = [tenant.add("grp", uuid.UUID(int=n)) for n in range(1, 6)]
    for key in old:
        tenant.analysed(key, findings(1, topic=TopicPrediction("cups", 0.5, {"cups": 0.5}, sure=key.id.int > 2)))
    tenant.analysed(tenant.add("grp", uuid.UUID(int=9)), findings(1, bundle=newest))
    theirs = new_tenant()
    theirs.analysed(theirs.add("grp", uuid.UUID(int=1)), findings(1))

    def ask(limit: int, after: uuid.UUID | None = None, outdated: bool = True, **chosen: Any) -> RequestedAnalyses:
        return tenant.repository.request_analyses(tenant.workspace_id, CreativeFilter(**chosen), outdated, limit, after)

    unsure = ask(10, topic_decisions=(Decision.UNSURE,))
    assert [request.creative for request in unsure.requests] == old[:2]
    first = ask(2)
    assert ([request.creative for request in first.requests], first.last) == (old[2:4], old[3].id)
    again = ask(2)
    assert ([request.creative for request in again.requests], again.last) == (old[4:], None), "the others wait"
    assert ask(2, first.last) == RequestedAnalyses((), None)

    for request in (*unsure.requests, *first.requests, *again.requests):
        claim = tenant.repository.claim(request, "worker", 60)
        assert tenant.repository.complete(claim, findings(1, bundle=newest), "a")
    assert ask(10) == RequestedAnalyses((), None)
    assert len(ask(10, outdated=False).requests) == 6
    assert [
        row["status"] for row in theirs.rows("SELECT status FROM creatives WHERE workspace_id = :workspace_id")
    ] == ["SUCCESS"]
    assert tenant.rollups() == tenant.recount()
