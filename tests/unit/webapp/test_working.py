"""Jobs as the web app shows them."""

from __future__ import annotations

from adlens_web.api.answers import Job
from adlens_web.working import JobRow, row_of


def job(**changes: object) -> Job:
    return {
        "job_id": "j",
        "kind": "reanalysis",
        "filters": {"group_id": ["grp"]},
        "group_id": None,
        "state": "RUNNING",
        "progress": {"done": 500, "total": 2000},
        **changes,
    }  # type: ignore[typeddict-item, return-value]


def test_a_row_says_what_is_done_to_which_group() -> None:
    assert row_of(job()) == JobRow("j", "reanalysis", "grp", 500, 2000, 25.0)
    assert row_of(job(kind="deletion", filters=None, group_id="one")).subject == "one"


def test_several_groups_have_no_name_and_nothing_counted_no_percent() -> None:
    row = row_of(job(filters={"group_id": ["a", "b"]}, progress={"done": 0, "total": 0}))
    assert (row.subject, row.percent) == ("", -1.0)
    assert row_of(job(filters={"topic": ["cups"]})).subject == ""
