"""One queue message, one file: claim the export, write what it asks for, put it into the store, say so."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO
from uuid import UUID

from adlens.domain.creative import Creative, Failure
from adlens.domain.errors import ExportTooLarge, PermanentError, TransientError
from adlens.domain.exports import ExportClaim, ExportedFile, ExportFormat, ExportId, Snapshot
from adlens.domain.ports.exports import CreativeReader, ExportJobRepository, ExportStore, ExportWriter

CREATIVES_PER_REPORT = 1000
SHARE_FOR_READING = 0.8
"""Of the time there is; the rest is for the end of the file and its way into the store."""

NO_TIME = "There are too many creatives for one file: it cannot be written in time. Narrow the filters and start again."
NO_SPACE = "The file is too large for its worker. Narrow the filters, or leave the embeddings out, and start again."


class ExportOutcome(StrEnum):
    WRITTEN = "written"
    FAILED = "failed"
    SKIPPED = "skipped"
    """Nothing to do: it has ended, was deleted, or another worker is at it."""


class _Void(Exception):
    """The claim does not hold any more."""


@dataclass(frozen=True, slots=True)
class WriteExport:
    """Writes to the process's folder for temporary files first: what is in the store is complete."""

    exports: ExportJobRepository
    creatives: CreativeReader
    store: ExportStore
    writers: Mapping[ExportFormat, ExportWriter]

    def __call__(self, key: ExportId, claimant: str, seconds: float) -> ExportOutcome:
        """Permanent failures end in the export's row; any other is raised, and the export waits as PENDING. It is not
        begun again where `seconds` were too few, for they would be again.
        """
        started = time.monotonic()
        claim = self.exports.claim(key, claimant, seconds)
        if claim is None:
            return ExportOutcome.SKIPPED
        stored = False
        try:
            with tempfile.NamedTemporaryFile(suffix=f".{claim.order.format.extension}") as target:
                file = self._write(claim, target, started + SHARE_FOR_READING * seconds)
                self.store.put_file(file.object_key, Path(target.name), claim.order.format.content_type)
                stored = True
            if self.exports.complete(claim, file):
                return ExportOutcome.WRITTEN
        except _Void:
            return ExportOutcome.SKIPPED
        except PermanentError as error:
            return self._fail(claim, Failure(error.code, str(error)))
        except BaseException as error:
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                return self._fail(claim, Failure(ExportTooLarge.code, NO_SPACE))
            with contextlib.suppress(TransientError):
                self.exports.release(claim)
            if stored:
                self._take_back(file)
            raise
        self._take_back(file)
        return ExportOutcome.SKIPPED

    def _write(self, claim: ExportClaim, target: IO[bytes], deadline: float) -> ExportedFile:
        order = claim.order
        with self.creatives.snapshot(claim.key.workspace_id, order.chosen, order.with_embeddings) as snapshot:
            counted = _Counted(target)
            rows = self.writers[order.format](self._watched(claim, snapshot, deadline), counted, order)
        target.flush()
        return ExportedFile(claim.object_key, rows, counted.bytes, counted.sha256.hexdigest())

    def _watched(self, claim: ExportClaim, snapshot: Snapshot, deadline: float) -> Iterator[Creative]:
        """The creatives; now and then says how far it is, and looks whether it still may and can go on."""
        done, written = 0, list[UUID]()
        for creative in snapshot.creatives:
            if done % CREATIVES_PER_REPORT == 0:
                if time.monotonic() > deadline:
                    raise ExportTooLarge(NO_TIME)
                if not self.exports.progress(claim, done, snapshot.total, tuple(written)):
                    raise _Void
                written.clear()
            yield creative
            written.append(creative.key.id)
            done += 1
        if not self.exports.progress(claim, done, snapshot.total, tuple(written)):
            raise _Void

    def _fail(self, claim: ExportClaim, failure: Failure) -> ExportOutcome:
        return ExportOutcome.FAILED if self.exports.fail(claim, failure) else ExportOutcome.SKIPPED

    def _take_back(self, file: ExportedFile) -> None:
        with contextlib.suppress(TransientError):  # it expires by itself
            self.store.delete([file.object_key])


class _Counted:
    """A file that is written from its beginning to its end, with its length and checksum so far."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self.bytes = 0
        self.sha256 = hashlib.sha256()

    def write(self, data: bytes, /) -> int:
        self._target.write(data)
        self.sha256.update(data)
        self.bytes += len(data)
        return len(data)
