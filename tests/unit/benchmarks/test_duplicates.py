"""What the benchmark of near-duplicates counts, on pictures whose prints are made up."""

from __future__ import annotations

import numpy as np
import pytest

from adlens.vision.fakes import fake_bundle
from benchmarks import templates, text_alone
from benchmarks.duplicates import TEMPLATES, VARIANTS, Look, compare_all, counts_of, look_at, rows_of
from evaluation.scoring import Counts

NORTH, EAST = (1.0, 0.0), (0.0, 1.0)


def a_look(source: str, vector: tuple[float, ...], phash: int = 0) -> Look:
    return Look(source, vector, phash, frozenset())


def test_each_variant_is_compared_with_every_picture_and_the_pictures_with_each_other() -> None:
    originals = [a_look("samples", NORTH), a_look(TEMPLATES, EAST)]
    variants = [[a_look("samples", NORTH)] * len(VARIANTS), [a_look(TEMPLATES, NORTH)] * len(VARIANTS)]
    compared = list(compare_all(originals, variants))
    assert len(compared) == 1 + 2 * len(VARIANTS) * 2
    # The first picture's variants are found; the second's look like the first one.
    assert counts_of(compared) == Counts(right=len(VARIANTS), wrong=len(VARIANTS), missed=len(VARIANTS))
    figures = {(row.dataset, row.metric): row.value for row in rows_of(compared, "command")}
    assert figures["variants of 2 pictures", "near-duplicates: precision"] == 0.5
    assert figures["variants of 2 pictures", "near-duplicates: recall, smaller"] == 0.5
    assert figures["of these, templates of five advertisers", "near-duplicates: recall"] == 0
    assert ("of these, templates of five advertisers", "near-duplicates: precision") not in figures


@pytest.mark.skipif(not text_alone.FONT_FOLDER.is_dir(), reason=f"needs {text_alone.FONT_PACKAGE}")
def test_a_template_differs_between_advertisers_in_little_but_words_logo_and_product() -> None:
    for _, pages in templates.filled():
        assert len(pages) == 5
        assert len({page.size for page in pages}) == 1
        first, *others = (np.asarray(page.resize((64, 64)).convert("L"), float) for page in pages)
        assert all(0 < np.abs(first - other).mean() < 90 for other in others)


def test_a_picture_is_looked_at_with_the_whole_bundle() -> None:
    picture = templates.Image.new("RGB", (40, 30), "red")
    one, same = (look_at(picture, "samples", fake_bundle()) for _ in range(2))
    assert one == same
    assert len(one.vector) == 16
    assert all(word.islower() for word in one.words)
