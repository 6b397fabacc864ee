"""Similar creatives, found exactly in a small workspace and through the index in a large one, and near-duplicates."""

from __future__ import annotations

import math
import random
import uuid
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.dialects import postgresql

from adlens.domain.analysis import Analysis, BoundingBox, BundleInfo, ImageFacts, TextBlock
from adlens.domain.creative import CreativeId
from adlens.domain.errors import InvalidValue, UnknownCreative, UnknownGroup
from adlens.domain.gallery import LEAST_SIMILARITY
from adlens.domain.media import ImageFormat
from adlens.persistence.search import similar as module
from adlens.persistence.search.similar import CANDIDATES, PostgresSimilarity, nearest_of

Findings = Callable[..., Analysis]
OTHER_BUNDLE = BundleInfo("other", "1", "d" * 64, {})


@pytest.fixture
def similarity(engine: Engine) -> PostgresSimilarity:
    return PostgresSimilarity(engine)


@pytest.fixture(params=["scan", "index"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "index":
        monkeypatch.setattr(module, "EXACT_UP_TO", 0)
    return request.param


def vectored(tenant: Any, findings: Findings, vector: tuple[float, ...] | None, **changes: Any) -> UUID:
    key = tenant.add()
    tenant.analysed(key, findings(1, embedding=vector, **changes))
    return key.id


def many(tenant: Any, vectors: Sequence[Sequence[float]], bundle: str = "c" * 64) -> list[UUID]:
    """Creatives with these vectors, as quickly as can be; roll-ups say that they were analysed."""
    ids = [uuid.uuid4() for _ in vectors]
    tenant.add("grp", *ids)
    with tenant.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO embeddings (workspace_id, creative_id, bundle_checksum, vector) "
                "SELECT :workspace_id, id, :bundle, v::halfvec "
                "FROM unnest(CAST(:ids AS uuid[]), CAST(:vectors AS text[])) AS t (id, v)"
            ),
            {
                "workspace_id": tenant.workspace_id,
                "bundle": bundle,
                "ids": [str(id_) for id_ in ids],
                "vectors": [str([round(number, 4) for number in vector]) for vector in vectors],
            },
        )
        connection.execute(
            text("UPDATE group_rollup SET analysed = :n WHERE workspace_id = :workspace_id"),
            {"workspace_id": tenant.workspace_id, "n": len(ids)},
        )
    return ids


def unit(numbers: Sequence[float]) -> list[float]:
    length = math.hypot(*numbers)
    return [number / length for number in numbers]


def clusters(chance: random.Random, count: int, size: int) -> list[list[float]]:
    """Vectors of 64 around `count` centres, those of a cluster side by side."""
    centres = [[chance.gauss(0, 1) for _ in range(64)] for _ in range(count)]
    return [unit([number + chance.gauss(0, 0.4) for number in centre]) for centre in centres for _ in range(size)]


# --- similar --------------------------------------------------------------------------------------------------------


def test_similar_ones_come_best_first_and_nonsense_never(
    tenant: Any, new_tenant: Callable[[], Any], similarity: PostgresSimilarity, findings: Findings, way: str
) -> None:
    own = vectored(tenant, findings, (1.0, 0.0))
    near = vectored(tenant, findings, (0.8, 0.6))
    twin = vectored(tenant, findings, (1.0, 0.0))
    for far in ((0.5, 0.75**0.5), (-1.0, 0.0), (0.0, 0.0)):
        vectored(tenant, findings, far)
    longer = vectored(tenant, findings, (1.0, 0.0, 0.0), bundle=OTHER_BUNDLE)
    bare = vectored(tenant, findings, None)
    vectored(new_tenant(), findings, (1.0, 0.0))

    similar = similarity.similar(tenant.workspace_id, own, 10)

    assert [(one.card.id, round(one.similarity, 3)) for one in similar] == [(twin, 1.0), (near, 0.8)]
    assert 0.5 < LEAST_SIMILARITY < 0.8
    assert [one.card.id for one in similarity.similar(tenant.workspace_id, own, 1)] == [twin]
    assert similarity.similar(tenant.workspace_id, longer, 10) == ()
    assert similarity.similar(tenant.workspace_id, bare, 10) == ()
    with pytest.raises(UnknownCreative):
        similarity.similar(tenant.workspace_id, uuid.uuid4(), 10)


def test_vectors_of_two_bundles_are_compared_only_after_a_new_analysis(
    tenant: Any, similarity: PostgresSimilarity, findings: Findings, way: str
) -> None:
    own = vectored(tenant, findings, (1.0, 0.0))
    other = vectored(tenant, findings, (1.0, 0.0), bundle=OTHER_BUNDLE)
    assert similarity.similar(tenant.workspace_id, own, 10) == similarity.similar(tenant.workspace_id, other, 10) == ()

    again(tenant, other, findings(1, embedding=(0.8, 0.6)))

    (found,) = similarity.similar(tenant.workspace_id, own, 10)
    assert (found.card.id, round(found.similarity, 3)) == (other, 0.8)


def again(tenant: Any, id_: UUID, analysis: Analysis) -> None:
    claim = tenant.repository.claim(tenant.repository.request_analysis(CreativeId(tenant.workspace_id, id_)), "w", 60)
    assert tenant.repository.complete(claim, analysis, "a")


def test_the_index_finds_what_the_scan_finds_and_stays_in_its_workspace_and_bundle(
    tenant: Any, new_tenant: Callable[[], Any], similarity: PostgresSimilarity, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(0)
    vectors = clusters(chance, 60, 20)
    ids = many(tenant, vectors)
    theirs = new_tenant()
    many(theirs, vectors)  # the very same pictures
    others = many(new_tenant(), [unit([chance.gauss(0, 1) for _ in range(64)])], bundle="d" * 64)
    asked = [ids[place] for place in range(0, len(ids), 97)]
    exact = [similarity.similar(tenant.workspace_id, id_, 12) for id_ in asked]
    monkeypatch.setattr(module, "EXACT_UP_TO", 0)
    indexed = [similarity.similar(tenant.workspace_id, id_, 12) for id_ in asked]

    hits = [len({one.card.id for one in a} & {one.card.id for one in b}) for a, b in zip(exact, indexed, strict=True)]
    assert all(len(found) == 12 for found in exact)
    assert sum(hits) >= 0.95 * 12 * len(asked)
    assert {one.card.id for found in indexed for one in found} <= set(ids)
    with pytest.raises(UnknownCreative):
        similarity.similar(tenant.workspace_id, others[0], 12)


def test_a_large_workspace_is_searched_through_the_index(tenant: Any) -> None:
    ids = many(tenant, clusters(random.Random(1), 150, 20))
    statement = nearest_of(tenant.workspace_id, ids[0], "c" * 64, 12, CANDIDATES)
    with tenant.engine.connect() as connection:
        connection.execute(text("ANALYZE embeddings"))
        asked = statement.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
        plan = "\n".join(connection.scalars(text("EXPLAIN " + str(asked).replace(":", "\\:"))))
    assert "Index Scan using embeddings_alike" in plan, plan


# --- families -------------------------------------------------------------------------------------------------------


def pictured(
    tenant: Any,
    findings: Findings,
    phash: int,
    vector: tuple[float, ...] | None = (1.0, 0.0),
    side: int = 100,
    group_id: str = "grp",
    **changes: Any,
) -> UUID:
    key = tenant.add(group_id)
    facts = ImageFacts(ImageFormat.PNG, side, side, 10, changes.pop("sha256", f"{key.id.int:064x}"), f"{phash:016x}")
    tenant.analysed(key, findings(1, facts=facts, embedding=vector, **changes), group_id)
    return key.id


def test_families_of_a_group_largest_first_representative_first(
    tenant: Any, new_tenant: Callable[[], Any], similarity: PostgresSimilarity, findings: Findings
) -> None:
    small, large, repriced = (
        pictured(tenant, findings, 0b1),
        pictured(tenant, findings, 0, side=200),
        pictured(tenant, findings, 0xFF, (0.9, 0.19**0.5)),
    )
    one, copy = (pictured(tenant, findings, 2**60 - 1, None, sha256="e" * 64) for _ in range(2))
    pictured(tenant, findings, 0, (0.0, 1.0))  # looks alike in grey, and is something else
    pictured(tenant, findings, 0, bundle=OTHER_BUNDLE, group_id="elsewhere")
    bare = pictured(tenant, findings, 0xFF << 40, None)
    pictured(new_tenant(), findings, 0)
    tenant.add()  # not analysed

    first, second = similarity.duplicates(tenant.workspace_id, "grp", 10).items

    assert (first.size, second.size) == (3, 2)
    assert [(member.card.id, member.distance) for member in first.cards] == [(large, 0), (small, 1), (repriced, 8)]
    assert [round(member.similarity or 0, 3) for member in first.cards] == [1.0, 1.0, 0.9]
    assert {member.card.id for member in second.cards} == {one, copy}
    assert bare not in {member.card.id for family in (first, second) for member in family.cards}


def test_without_comparable_embeddings_only_hashes_nearly_the_same_count(
    tenant: Any, similarity: PostgresSimilarity, findings: Findings
) -> None:
    bundled, other = pictured(tenant, findings, 0, side=200), pictured(tenant, findings, 0b11, bundle=OTHER_BUNDLE)
    pictured(tenant, findings, 0xFFF, bundle=OTHER_BUNDLE)
    (family,) = similarity.duplicates(tenant.workspace_id, "grp", 10).items
    assert [(member.card.id, member.similarity) for member in family.cards] == [(bundled, 1.0), (other, None)]


def test_embeddings_of_two_bundles_make_no_family_until_a_new_analysis(
    tenant: Any, similarity: PostgresSimilarity, findings: Findings
) -> None:
    """Their hashes alone are too far apart."""
    own, other = pictured(tenant, findings, 0), pictured(tenant, findings, 0xFF, bundle=OTHER_BUNDLE)
    assert similarity.duplicates(tenant.workspace_id, "grp", 10).items == ()
    facts = ImageFacts(ImageFormat.PNG, 50, 50, 10, "9" * 64, f"{0xFF:016x}")
    again(tenant, other, findings(1, facts=facts, embedding=(1.0, 0.0)))
    (family,) = similarity.duplicates(tenant.workspace_id, "grp", 10).items
    assert [member.card.id for member in family.cards] == [own, other]


def test_one_template_with_other_words_is_no_family(
    tenant: Any, similarity: PostgresSimilarity, findings: Findings
) -> None:
    texts = ("вклад полгода открыть", "пицца закажи сегодня", "пицца закажи")
    _bank, pizza, smaller = (
        pictured(tenant, findings, 0, side=side, text=(TextBlock(text, BoundingBox(0, 0, 1, 1), 0.9),))
        for text, side in zip(texts, (300, 200, 100), strict=True)
    )
    (family,) = similarity.duplicates(tenant.workspace_id, "grp", 10).items
    assert [member.card.id for member in family.cards] == [pizza, smaller]


def test_families_are_paged_and_large_ones_are_not_shown_whole(
    tenant: Any, similarity: PostgresSimilarity, findings: Findings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adlens.persistence.search.duplicates.MOST_SHOWN", 2)
    rows = [0, 2**32 - 1, 0xFFFF0000FFFF0000]
    for size, row in zip((3, 2, 2), rows, strict=True):
        for _ in range(size):
            pictured(tenant, findings, row)
    seen, cursor = [], None
    while True:
        page = similarity.duplicates(tenant.workspace_id, "grp", 1, cursor)
        seen += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert [(family.size, len(family.cards)) for family in seen] == [(3, 2), (2, 2), (2, 2)]
    assert seen == list(similarity.duplicates(tenant.workspace_id, "grp", 10).items)
    with pytest.raises(InvalidValue):
        similarity.duplicates(tenant.workspace_id, "grp", 1, "x")
    with pytest.raises(UnknownGroup):
        similarity.duplicates(tenant.workspace_id, "never", 1)
