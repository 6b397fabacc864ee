"""Families of near-duplicates, by hashes made up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adlens.domain import duplicates
from adlens.domain.duplicates import (
    FARTHEST,
    FARTHEST_ALONE,
    HASH_BITS,
    LEAST_LIKENESS,
    Hashes,
    Print,
    are_variants,
    families,
    places,
    words_agree,
)

MORNING = datetime(2026, 3, 1, tzinfo=UTC)
Pair = tuple[UUID, UUID]
HASH = st.integers(0, 2**HASH_BITS - 1)


def a_print(number: int, phash: int, sha256: str = "", pixels: int = 100, later: int = 0, words: str = "") -> Print:
    uploaded_at = MORNING + timedelta(hours=later)
    return Print(UUID(int=number), sha256 or f"{number:064}", phash, pixels, uploaded_at, frozenset(words.split()))


def always(cosine: float | None):
    return lambda pairs: [cosine] * len(pairs)


def numbers(found) -> list[list[int]]:
    return [[member.id.int for member in family] for family in found]


def turned(phash: int, bits: int, start: int = 0) -> int:
    """`phash` with so many bits turned."""
    return phash ^ ((1 << bits) - 1) << start


def far_apart(count: int) -> list[int]:
    """Hashes of which no two are near: rows of a Hadamard matrix."""
    rows = [sum((place & row).bit_count() % 2 << place for place in range(HASH_BITS)) for row in range(HASH_BITS)]
    return rows[:count]


@given(st.lists(HASH, max_size=40), HASH, st.integers(0, HASH_BITS))
def test_every_hash_within_the_distance_is_found_and_no_other(hashes: list[int], own: int, farthest: int) -> None:
    near = Hashes(hashes).near(own, farthest)
    assert places(near) == [place for place, one in enumerate(hashes) if (own ^ one).bit_count() <= farthest]


@given(HASH, st.sets(st.integers(0, HASH_BITS - 1)), st.integers(0, HASH_BITS))
def test_the_distance_is_inclusive_wherever_the_bits_are(own: int, bits: set[int], farthest: int) -> None:
    other = own ^ sum(1 << bit for bit in bits)
    assert bool(Hashes([other]).near(own, farthest)) is (len(bits) <= farthest)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 12), st.integers(0, 3), st.integers(1, 3)), max_size=30),
    st.dictionaries(st.tuples(st.integers(0, 29), st.integers(0, 29)), st.floats(0, 1)),
)
def test_families_are_apart_and_near_their_representative(made: list[tuple[int, int, int, int]], similarities) -> None:
    base = far_apart(6)
    prints = [
        a_print(number, turned(base[family], bits, 3 * start), pixels=pixels)
        for number, (family, bits, start, pixels) in enumerate(made)
    ]
    by_id = {one.id: one for one in prints}

    def cosines(pairs: Sequence[Pair]) -> list[float]:
        return [similarities.get((min(a.int, b.int), max(a.int, b.int)), 0.9) for a, b in pairs]

    found = families(prints, cosines)

    everybody = [member.id for family in found for member in family]
    assert len(everybody) == len(set(everybody))
    assert [len(family) for family in found] == sorted((len(family) for family in found), reverse=True)
    for first, *others in found:
        assert others
        for other in others:
            assert other.distance == (by_id[first.id].phash ^ by_id[other.id].phash).bit_count()
            assert are_variants(other.distance, cosines([(first.id, other.id)])[0])
            assert by_id[first.id].pixels >= by_id[other.id].pixels
    alone = [one for one in prints if one.id not in set(everybody)]
    for one in alone:  # nobody who stands alone could have been taken
        for family in found:
            first = by_id[family[0].id]
            if (first.pixels, -first.id.int) > (one.pixels, -one.id.int):
                bits = (first.phash ^ one.phash).bit_count()
                assert not are_variants(bits, cosines([(first.id, one.id)])[0])


def test_the_largest_picture_stands_for_the_others_and_of_these_the_first_upload() -> None:
    found = families(
        [
            a_print(1, 0b0001, pixels=50),
            a_print(2, 0b0011, pixels=90, later=2),
            a_print(3, 0b0111, pixels=90, later=1),
            a_print(4, 0b0000, pixels=10),
        ],
        always(0.95),
    )
    assert numbers(found) == [[3, 2, 1, 4]]
    assert [(one.distance, one.similarity) for one in found[0]] == [(0, 1.0), (1, 0.95), (2, 0.95), (3, 0.95)]


def test_a_chain_of_small_steps_is_no_family() -> None:
    step = FARTHEST - 4
    chain = [turned(0, step * number) for number in range(4)]
    found = families([a_print(number, one, pixels=10 - number) for number, one in enumerate(chain)], always(1.0))
    assert numbers(found) == [[0, 1], [2, 3]]


def test_what_its_first_neighbour_does_not_take_may_take_others() -> None:
    prints = [a_print(1, 0, pixels=3), a_print(2, 1, pixels=2), a_print(3, 3, pixels=1)]
    unlike = {(1, 2), (1, 3)}
    found = families(prints, lambda pairs: [0.1 if (a.int, b.int) in unlike else 0.9 for a, b in pairs])
    assert numbers(found) == [[2, 3]]


def test_identical_files_are_duplicates_whatever_else() -> None:
    prints = [a_print(1, 5, "same"), a_print(2, 5, "same", later=1), a_print(3, turned(5, 40)), a_print(4, 5, "other")]
    assert numbers(families(prints, always(0.0))) == [[1, 2]]
    assert numbers(families(prints, always(1.0))) == [[1, 2, 4]]


def test_copies_of_a_variant_are_as_near_as_it_is() -> None:
    prints = [a_print(1, 0, pixels=900), a_print(2, 3, "copy"), a_print(3, 3, "copy")]
    (family,) = families(prints, always(0.9))
    assert [(one.id.int, one.distance, one.similarity) for one in family] == [(1, 0, 1.0), (2, 2, 0.9), (3, 2, 0.9)]


@pytest.mark.parametrize(
    ("bits", "cosine", "variants"),
    [
        (0, LEAST_LIKENESS, True),
        (8, LEAST_LIKENESS + 0.125, True),
        (8, LEAST_LIKENESS + 0.124, False),
        (FARTHEST, 1.0, True),
        (FARTHEST + 1, 1.0, False),
        (FARTHEST_ALONE, None, True),
        (FARTHEST_ALONE + 1, None, False),
        (0, float("nan"), False),
    ],
)
def test_what_is_a_variant(bits: int, cosine: float | None, variants: bool) -> None:
    assert are_variants(bits, cosine) is variants


@pytest.mark.parametrize(
    ("words", "other_words", "agree"),
    [
        ("вклад полгода открыть", "пицца закажи сегодня", False),
        ("вклад полгода открыть", "вклад полгода", True),
        ("вклад полгода открыть", "вклад полгода откпыть", True),  # misread in a small variant
        ("первый урок записаться", "осмотр щенка записаться", False),
        ("скидка", "пицца закажи сегодня", False),
        ("пицца", "вклад", False),
        ("пицца", "пишца", True),  # a single word may be misread
        ("распродажа", "родажа", True),  # or cut
        ("распродажа", "paспpoдажa скидки", True),
        ("", "пицца закажи сегодня", True),
        ("", "", True),
    ],
)
def test_pictures_that_read_differently_are_no_variants(words: str, other_words: str, agree: bool) -> None:
    one, other = frozenset(words.split()), frozenset(other_words.split())
    assert words_agree(one, other) is words_agree(other, one) is agree
    assert are_variants(2, 0.99, one, other) is agree
    assert are_variants(2, None, one, other) is agree


def test_one_template_filled_by_five_advertisers_is_no_family() -> None:
    texts = (
        "вклад полгода открыть",
        "английский первый урок",
        "пицца закажи сегодня",
        "ветклиника осмотр щенка",
        "туры сочи вылет мае",
    )
    prints = [a_print(number, turned(0, number), words=text) for number, text in enumerate(texts)]
    assert families(prints, always(0.97)) == []
    smaller = a_print(9, 1, pixels=50, words="пицца закажи")
    assert numbers(families([*prints, smaller], always(0.97))) == [[2, 9]]


def test_cosines_are_asked_for_near_hashes_only_and_many_at_once() -> None:
    asked: list[int] = []

    def cosines(pairs: Sequence[Pair]) -> list[float]:
        asked.append(len(pairs))
        return [0.9] * len(pairs)

    prints = [
        a_print(20 * row + number, turned(one, number % 3), pixels=100 - number)
        for row, one in enumerate(far_apart(10))
        for number in range(20)
    ]
    assert [len(family) for family in families(prints, cosines)] == [20] * 10
    assert asked == [10 * 19]


def test_nobody_is_no_family() -> None:
    assert families([], always(1.0)) == []
    assert families([a_print(1, 0)], always(1.0)) == []


def test_in_a_huge_group_only_equal_hashes_are_compared(monkeypatch) -> None:
    monkeypatch.setattr(duplicates, "MOST_COMPARED", 3)
    prints = [a_print(1, 0), a_print(2, 0), a_print(3, 1), a_print(4, 1 << 40)]
    assert numbers(families(prints, always(0.9))) == [[1, 2]]
