from threading import Barrier, Event

import pytest

from adlens.domain.analysis import Stage, StageRun, StageState
from adlens.domain.errors import TransientError
from adlens.services.show_progress import ShowProgress

OCR, FOUND = StageRun(Stage.OCR, StageState.PROCESSING), StageRun(Stage.OCR, StageState.SUCCESS)
OBJECTS = StageRun(Stage.DETECTION, StageState.PROCESSING)


def test_a_stage_that_takes_long_is_shown_while_it_runs() -> None:
    shown, seen = [], Event()

    def show(runs: list[StageRun]) -> None:
        shown.append(runs)
        seen.set()

    with ShowProgress(show, seconds=0.01) as progress:
        progress(OCR)
        assert seen.wait(30)
        assert shown == [[OCR]]


def test_what_happens_meanwhile_is_shown_together_and_last() -> None:
    shown, busy, go_on, done = [], Event(), Barrier(2), Event()

    def show(runs: list[StageRun]) -> None:
        shown.append(runs)
        if len(shown) == 1:
            busy.set()
            go_on.wait(30)
        else:
            done.set()

    with ShowProgress(show, seconds=0.01) as progress:
        progress(OCR)
        assert busy.wait(30)
        progress(OCR)
        progress(FOUND)
        progress(OBJECTS)
        go_on.wait(30)
        assert done.wait(30)
    assert shown == [[OCR], [FOUND, OBJECTS]]


def test_nothing_is_shown_of_what_is_over_soon_or_after_the_end() -> None:
    shown = []
    with ShowProgress(shown.append, seconds=60) as progress:
        progress(OCR)
        progress(FOUND)
    progress(OBJECTS)
    assert shown == []
    assert progress._timer is None or not progress._timer.is_alive()


def test_a_database_that_is_gone_stops_no_analysis(capsys: pytest.CaptureFixture[str]) -> None:
    tried = Event()

    def show(runs: list[StageRun]) -> None:
        tried.set()
        raise TransientError("database")

    with ShowProgress(show, seconds=0.01) as progress:
        progress(OCR)
        assert tried.wait(30)
    assert capsys.readouterr().err == ""
