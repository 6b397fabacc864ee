"""Whatever happens to creatives, in whatever order: the roll-ups are what a recount gives, to the last digit."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adlens.domain.analysis import Analysis
from adlens.domain.creative import CreativeId, Failure
from adlens.domain.errors import Conflict, UnknownCreative, UnknownGroup
from adlens.domain.events import AnalysisRequested, Event
from adlens.persistence.creatives.queries import PostgresQueries

CREATIVES = tuple(uuid.UUID(int=n) for n in range(4))
GROUPS = {id_: f"grp_{n % 2}" for n, id_ in enumerate(CREATIVES)}

creatives = st.sampled_from(CREATIVES)
seeds = st.integers(0, 40)
contents = st.sampled_from("ab")
times = st.sampled_from(["01", "02", "03"])
step = st.one_of(
    st.tuples(st.just("register"), creatives),
    st.tuples(st.just("upload"), creatives, contents, times, seeds),
    st.tuples(st.just("upload, then another event"), creatives, contents, times, seeds),
    st.tuples(st.just("poison"), creatives, contents, times),
    st.tuples(st.just("dead letter"), creatives, contents, times),
    st.tuples(st.just("die"), creatives, contents, times),
    st.tuples(st.just("again"), creatives, seeds),
    st.tuples(st.just("correct"), creatives, st.sampled_from(["cups", "bags"])),
    st.tuples(st.just("take back"), creatives),
    st.tuples(st.just("delete"), creatives),
    st.tuples(st.just("delete the group"), creatives),
)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=st.lists(step, min_size=1, max_size=14))
def test_rollups_equal_a_recount(
    history: list[tuple[Any, ...]], new_tenant: Callable[[], Any], findings: Callable[..., Analysis]
) -> None:
    tenant = new_tenant()
    for group_id in set(GROUPS.values()):
        tenant.repository.register(tenant.workspace_id, group_id, [])
    for id_ in CREATIVES[:2]:
        tenant.add(GROUPS[id_], id_)
    for what, id_, *rest in history:
        try:
            _do(tenant, findings, what, CreativeId(tenant.workspace_id, id_), *rest)
        except (UnknownCreative, UnknownGroup, Conflict):
            assert (what, id_) != ("register", id_)
    check(tenant)


def test_rollups_equal_a_recount_after_writes_at_the_same_time(
    new_tenant: Callable[[], Any], findings: Callable[..., Analysis]
) -> None:
    tenant, chance = new_tenant(), random.Random(5)
    ids = [uuid.uuid4() for _ in range(12)]
    groups = {id_: f"grp_{n % 2}" for n, id_ in enumerate(ids)}
    for id_ in ids:
        tenant.add(groups[id_], id_)

    def work(seed: int) -> None:
        turns = random.Random(seed)
        for _ in range(12):
            key = CreativeId(tenant.workspace_id, turns.choice(ids))
            what = turns.choice(["again", "again", "upload", "correct", "take back", "delete"])
            rest: tuple[Any, ...]
            match what:
                case "again":
                    rest = (turns.randrange(40),)
                case "correct":
                    rest = (turns.choice(["cups", "ties"]),)
                case "upload":
                    rest = ("a", f"{turns.randrange(9):02}", turns.randrange(40))
                case _:
                    rest = ()
            with suppress(UnknownCreative, Conflict):
                _do(tenant, findings, what, key, *rest, group_id=groups[key.id], alone=False)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, [chance.randrange(10**6) for _ in range(6)]))
    check(tenant)


def check(tenant: Any) -> None:
    """The roll-ups of groups, those of the workspace and the facts are what the raw rows say."""
    figures = PostgresQueries(tenant.engine)
    groups = [row["id"] for row in tenant.rows("SELECT id FROM groups WHERE workspace_id = :workspace_id ORDER BY id")]
    counted = {group_id: tenant.recount(group_id) for group_id in groups}
    for group_id in groups:
        if tenant.rows("SELECT 1 FROM group_rollup WHERE workspace_id = :workspace_id AND group_id = :g", g=group_id):
            assert tenant.rollups(group_id) == counted[group_id]
        else:
            assert counted[group_id]["total"]["creatives"] == 0
    if groups:
        together = added(list(counted.values()))
        assert tenant.workspace_rollups() == together
        found = figures.workspace_analytics(tenant.workspace_id)
        assert found.creatives == together["total"]["creatives"]
        assert (
            dict(found.words).items()
            <= {name: count for (kind, name), count in together["findings"].items() if kind == "word"}.items()
        )
    assert tenant.facts() == tenant.recounted_facts()


def added(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Recounts of groups added up; what comes to nothing is not there."""
    whole: dict[str, Any] = {}
    for part in parts:
        for name, values in part.items():
            mine = whole.setdefault(name, {})
            for key, value in values.items():
                mine[key] = value if key not in mine else _plus(mine[key], value)
    return whole


def _plus(one: Any, other: Any) -> Any:
    if isinstance(one, dict):
        return {key: one[key] + other[key] for key in one}
    return (one[0] + other[0], one[1] + other[1]) if isinstance(one, tuple) else one + other


def _do(
    tenant: Any,
    findings: Callable[..., Analysis],
    what: str,
    key: CreativeId,
    *rest: Any,
    group_id: str = "",
    alone: bool = True,
) -> None:
    repository = tenant.repository
    group_id = group_id or GROUPS[key.id]

    def process(event: Event, seed: int) -> None:
        claim = repository.claim(event, str(uuid.uuid4()), 60)
        if claim is not None:
            assert repository.complete(claim, findings(seed=seed), "a") or not alone

    if what == "register":
        tenant.add(group_id, key.id)
    elif what == "correct":
        repository.correct_topic(key, rest[0])
    elif what == "take back":
        repository.take_back_correction(key)
    elif what == "delete the group":
        repository.delete_group(tenant.workspace_id, group_id)
    elif what == "delete":
        repository.delete_creatives(tenant.workspace_id, [key.id])
    elif what == "again":
        request = repository.request_analysis(key)
        assert isinstance(request, AnalysisRequested)
        process(request, rest[0])
    else:
        event = tenant.created(key, rest[0], rest[1], group_id)
        if what == "upload":
            process(event, rest[2])
            process(event, rest[2] + 1)
        elif what == "dead letter":
            repository.fail_unfinished(event, "m", Failure("too_many_attempts", "Given up."))
        else:
            claim = repository.claim(event, str(uuid.uuid4()), 0 if what == "die" else 60)
            if claim is not None and what == "poison":
                assert repository.fail(claim, Failure("invalid_image", "Broken."), rest[0])
            elif claim is not None and what == "upload, then another event":
                overtaken = repository.claim(tenant.created(key, "newer", "04", group_id), "m", 60) is not None
                assert repository.complete(claim, findings(seed=rest[2]), rest[0]) is not overtaken
