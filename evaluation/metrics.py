"""The figures of a model bundle as rows: the metrics.json in its folder, and whether another bundle is worse."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

COMMAND = "make eval"
METRICS = "metrics.json"
ALL = "all"
# By how much a figure over all pictures may get worse when a bundle takes another one's place.
TOLERANCES = {
    "F1": 0.01,
    "AP50": 0.01,
    "box F1": 0.01,
    "accuracy": 0.01,
    "macro accuracy": 0.01,
    "ECE": 0.02,
    "precision of sure": 0.02,
    "share sure": 0.05,
    "pictures with objects": 1,
}
LESS_IS_BETTER = {"ECE", "pictures with objects"}


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `by` is who it is about: the bundle itself when empty, else what stands beside it. `low` and `high`
    are the ends of its interval at 95 % when pictures are drawn again (evaluation.scoring.estimate).
    """

    stage: str
    dataset: str
    metric: str
    value: float
    subset: str = ALL
    pictures: int | None = None
    by: str = ""
    command: str = COMMAND
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Metrics:
    """What was measured of a bundle, and on which data sets (name: digest)."""

    bundle: str
    version: str
    checksum: str
    datasets: Mapping[str, str]
    rows: tuple[Row, ...]

    def dump(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def parse(cls, text: str) -> Metrics:
        table = json.loads(text)
        return cls(**{**table, "rows": tuple(Row(**row) for row in table["rows"])})


def worse(before: Metrics, after: Metrics) -> list[str]:
    """What `after` does worse than `before` by more than the tolerance, or was not measured on."""
    now = {(row.stage, row.dataset, row.metric): row.value for row in after.rows if _is_guarded(row)}
    complaints = []
    for row in filter(_is_guarded, before.rows):
        title = f"{row.metric} of {row.stage} on {row.dataset}"
        value = now.get((row.stage, row.dataset, row.metric))
        if value is None:
            complaints.append(f"{title} was {row.value:.3f} and has not been measured")
        elif (row.value - value) * (-1 if row.metric in LESS_IS_BETTER else 1) > TOLERANCES[row.metric]:
            complaints.append(f"{title} was {row.value:.3f} and is {value:.3f} (tolerance {TOLERANCES[row.metric]})")
    return complaints


def _is_guarded(row: Row) -> bool:
    return row.metric in TOLERANCES and row.subset == ALL and not row.by
