"""Ask for a file of creatives; a worker writes it."""

from __future__ import annotations

from dataclasses import dataclass

from adlens.domain.errors import TransientError
from adlens.domain.exports import ExportId, ExportOrder
from adlens.domain.ports.exports import ExportQueue, ExportRepository


@dataclass(frozen=True, slots=True)
class RequestExport:
    exports: ExportRepository
    queue: ExportQueue

    def __call__(self, key: ExportId, order: ExportOrder) -> None:
        """`key` is new. Raises UnknownGroup, and LimitReached when too many exports of the workspace wait already."""
        self.exports.record(key, order)
        try:
            self.queue.send(key)
        except TransientError:
            self.exports.delete(key)  # nobody would ever write it
            raise
