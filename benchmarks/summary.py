"""The small table of docs/figures.md: how often each bundle is right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from adlens.domain.analysis import Stage
from benchmarks.document import table
from evaluation.evaluate import MVP_RULE
from evaluation.metrics import ALL, Row

BUNDLES = ("compact", "upstream")
RULED_BY = ("upstream", "coco-dev", "compact")
"""The MVP's rule goes by the objects of the first of these: it had a detector with COCO's classes."""


class Figure(NamedTuple):
    title: str
    stage: str
    metric: str
    datasets: Sequence[str]
    show: Callable[[float], str]


def percent(value: float) -> str:
    return f"{100 * value:.0f}"


def hundredths(value: float) -> str:
    return f"{value:.2f}"


def count(value: float) -> str:
    return f"{value:.0f}"


REAL = ("photographs", "creatives-dev", "samples")
FIGURES = (
    Figure("topic right, mean over topics, %", Stage.CLASSIFICATION, "macro accuracy", REAL, percent),
    Figure('right when "sure", %', Stage.CLASSIFICATION, "precision of sure", REAL, percent),
    Figure('"sure" of how many, %', Stage.CLASSIFICATION, "share sure", REAL, percent),
    Figure("confidence off by, points", Stage.CLASSIFICATION, "ECE", REAL[:2], percent),
    Figure("objects shown that are there, %", Stage.DETECTION, "precision", REAL, percent),
    Figure("objects there that are shown, %", Stage.DETECTION, "recall", REAL, percent),
    Figure("boxes, AP50", Stage.DETECTION, "AP50", REAL[:1], hundredths),
    Figure("pictures of text alone with objects", Stage.DETECTION, "pictures with objects", ("text-alone",), count),
    Figure("words, F1 in %", Stage.OCR, "F1", REAL[1:], percent),
    Figure("similar: same topic first, AUC", "embedding", "one topic: AUC", REAL[:1], hundredths),
    Figure("similar: same topic, mAP", "embedding", "one topic: mAP", REAL[:1], hundredths),
)


def summary_table(rows: Mapping[str, Sequence[Row]]) -> str:
    """A line per figure and data set, a column per bundle and one for the MVP's rule; lines that nobody has are left
    out. From the rows of each bundle by name.
    """
    bundles = [name for name in BUNDLES if name in rows]
    ruled = next((rows[name] for name in RULED_BY if name in rows), [])
    lines = []
    for figure in FIGURES:
        for dataset in figure.datasets:
            found = [_row(rows[name], figure, dataset) for name in bundles]
            beside = _row(ruled, figure, dataset, by=MVP_RULE)
            if not any(found):
                continue
            pictures = next((row.pictures for row in found if row and row.pictures), "")
            cells = [_cell(row, figure.show) for row in (*found, beside)]
            lines.append([figure.title, dataset, str(pictures), *cells])
    return table(("", "pictures of", "how many", *bundles, MVP_RULE), lines, numbers_from=2)


def _row(rows: Sequence[Row], figure: Figure, dataset: str, by: str = "") -> Row | None:
    wanted = figure.stage, dataset, figure.metric, ALL, by
    return next((row for row in rows if (row.stage, row.dataset, row.metric, row.subset, row.by) == wanted), None)


def _cell(row: Row | None, show: Callable[[float], str]) -> str:
    """Such as "85 (78 to 91)"."""
    if row is None:
        return "-"
    if row.low is None or row.high is None:
        return show(row.value)
    return f"{show(row.value)} ({show(row.low)} to {show(row.high)})"
