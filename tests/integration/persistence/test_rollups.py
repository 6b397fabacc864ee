"""Whatever happens to creatives, in whatever order: the roll-ups are what a recount gives, to the last digit."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adlens.domain.analysis import Analysis
from adlens.domain.creative import CreativeId, Failure
from adlens.domain.errors import Conflict, UnknownCreative
from adlens.domain.events import AnalysisRequested, Event
from adlens.persistence.queries import PostgresQueries

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
    st.tuples(st.just("delete"), creatives),
)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=st.lists(step, min_size=1, max_size=14))
def test_rollups_equal_a_recount(
    history: list[tuple[Any, ...]], new_house: Callable[[], Any], findings: Callable[..., Analysis]
) -> None:
    house = new_house()
    for group_id in set(GROUPS.values()):
        house.repository.register(house.workspace_id, group_id, [])
    for id_ in CREATIVES[:2]:
        house.add(GROUPS[id_], id_)
    for what, id_, *rest in history:
        try:
            _do(house, findings, what, CreativeId(house.workspace_id, id_), *rest)
        except (UnknownCreative, Conflict):
            assert (what, id_) != ("register", id_)

    queries = PostgresQueries(house.engine)
    parts = []
    for group_id in sorted(set(GROUPS.values())):
        if not house.rows(
            "SELECT 1 FROM group_rollup WHERE workspace_id = :workspace_id AND group_id = :g", g=group_id
        ):
            assert house.recount(group_id)["total"]["creatives"] == 0
            continue
        assert house.rollups(group_id) == house.recount(group_id)
        parts.append(queries.group_analytics(house.workspace_id, group_id))
    whole = queries.workspace_analytics(house.workspace_id)
    assert whole.creatives == sum(part.creatives for part in parts)
    assert whole.analysed == sum(part.analysed for part in parts)
    assert sum(count for _, count in whole.colors) == sum(count for part in parts for _, count in part.colors)


def _do(house: Any, findings: Callable[..., Analysis], what: str, key: CreativeId, *rest: Any) -> None:
    repository, group_id = house.repository, GROUPS[key.id]

    def process(event: Event, seed: int) -> None:
        claim = repository.claim(event, str(uuid.uuid4()), 60)
        if claim is not None:
            assert repository.complete(claim, findings(seed=seed), "a")

    if what == "register":
        house.add(group_id, key.id)
    elif what == "delete":
        repository.delete_creatives(house.workspace_id, [key.id])
    elif what == "again":
        request = repository.request_analysis(key)
        assert isinstance(request, AnalysisRequested)
        process(request, rest[0])
    else:
        event = house.created(key, rest[0], rest[1], group_id)
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
                overtaken = repository.claim(house.created(key, "newer", "04", group_id), "m", 60) is not None
                assert repository.complete(claim, findings(seed=rest[2]), rest[0]) is not overtaken
