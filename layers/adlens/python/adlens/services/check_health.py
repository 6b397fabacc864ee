"""Whether everything that the service needs is there."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from adlens.domain.analysis import BundleInfo
from adlens.domain.ports.health import BundleQueries, Pingable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Checked(Generic[T]):
    """What a check found, or the error that it failed with, and how many seconds it took."""

    found: T | None
    error: Exception | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Health:
    """`bundle` is the one that a worker reported last."""

    database: Checked[None]
    store: Checked[None]
    queue: Checked[None]
    bundle: Checked[BundleInfo]

    @property
    def is_ok(self) -> bool:
        """Whether every part answers that everything needs."""
        return not any(part.error for part in (self.database, self.store, self.queue))


@dataclass(frozen=True, slots=True)
class CheckHealth:
    database: Pingable
    store: Pingable
    queue: Pingable
    bundles: BundleQueries

    def __call__(self) -> Health:
        """Asks all parts at once; whatever they raise is in the answer."""
        with ThreadPoolExecutor(3) as pool:
            pings = pool.map(lambda part: _checked(part.ping), (self.database, self.store, self.queue))
            bundle = _checked(self.bundles.latest_bundle)
            database, store, queue = pings
        return Health(database, store, queue, bundle)


def _checked(check: Callable[[], T | None]) -> Checked[T]:
    started = time.perf_counter()
    found: T | None = None
    failed: Exception | None = None
    try:
        found = check()
    except Exception as error:  # whatever it is: the answer reports it
        failed = error
    return Checked(found, failed, time.perf_counter() - started)
