"""What the use cases need to tell whether the service works."""

from __future__ import annotations

from typing import Protocol

from adlens.domain.analysis import BundleInfo


class Pingable(Protocol):
    def ping(self) -> None:
        """Raises TransientError when it does not answer."""
        ...


class BundleQueries(Protocol):
    def latest_bundle(self) -> BundleInfo | None:
        """The bundle that a worker reported last."""
        ...
