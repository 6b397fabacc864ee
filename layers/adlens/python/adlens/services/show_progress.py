"""Progress of an analysis for those who watch it, without a transaction for every step."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from threading import Lock, Timer
from types import TracebackType
from typing import Self

from adlens.domain.analysis import Stage, StageRun
from adlens.domain.errors import TransientError

SECONDS = 0.5


class ShowProgress:
    """Passes states of stages on, at most every half second; what is over sooner nobody could have watched.

    `show` runs in a thread of its own, never two at a time, and not after the context. Its transient errors are passed
    over: the analysis goes on.
    """

    def __init__(self, show: Callable[[Sequence[StageRun]], None], seconds: float = SECONDS) -> None:
        self._show = show
        self._seconds = seconds
        self._lock = Lock()
        self._news: dict[Stage, StageRun] = {}
        self._timer: Timer | None = None
        self._ended = False

    def __enter__(self) -> Self:
        return self

    def __call__(self, run: StageRun) -> None:
        with self._lock:
            self._news[run.stage] = run
            self._start()

    def _start(self) -> None:
        if self._timer is None and not self._ended:
            self._timer = Timer(self._seconds, self._pass_on)
            self._timer.daemon = True
            self._timer.start()

    def _pass_on(self) -> None:
        with self._lock:
            news, self._news = list(self._news.values()), {}
        with contextlib.suppress(TransientError):
            self._show(news)
        with self._lock:
            self._timer = None
            if self._news:
                self._start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._lock:
            self._ended = True
            timer = self._timer
        if timer is not None:
            timer.cancel()
            timer.join()
