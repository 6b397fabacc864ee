"""Waiting in line for one of a number of places."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock


class Turns:
    """`places` at once, and first come, first served; a `threading.Semaphore` lets newcomers overtake."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._line: deque[Event] = deque()
        self._lock = Lock()

    @contextmanager
    def take(self) -> Iterator[None]:
        with self._lock:
            turn = Event()
            if self._free and not self._line:
                self._free -= 1
                turn.set()
            else:
                self._line.append(turn)
        turn.wait()
        try:
            yield
        finally:
            with self._lock:
                if self._line:
                    self._line.popleft().set()
                else:
                    self._free += 1
