"""What the use cases need from object stores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from adlens.domain.stored_files import CheckState, FileKind, FileRecord, ListedObject


@dataclass(frozen=True, slots=True)
class StoredObject:
    data: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class PresignedPost:
    """A form to send: `fields` first, then the field `file`, as multipart/form-data to `url`, before `expires_at`."""

    url: str
    fields: Mapping[str, str]
    expires_at: datetime


class ObjectStore(Protocol):
    def get(self, key: str, max_bytes: int) -> StoredObject:
        """Raises ObjectGone when there is none, ImageTooLarge when it is larger than `max_bytes`."""
        ...

    def put(self, key: str, data: bytes, content_type: str) -> None: ...

    def exists(self, key: str) -> bool: ...

    def delete(self, keys: list[str]) -> None:
        """Removes objects; that there is none of a key is no error."""
        ...

    def presigned_post(self, key: str, content_type: str, max_bytes: int) -> PresignedPost:
        """A form that accepts exactly this key and content type and 1 to `max_bytes` bytes."""
        ...

    def presigned_url(self, key: str, filename: str, content_type: str | None) -> str:
        """A URL a browser can open for a while; its answer has this `content_type` and `filename`, whatever was
        uploaded.
        """
        ...


class ErasableStore(Protocol):
    def delete_versions(self, prefix: str) -> int:
        """Deletes up to a thousand versions of objects below `prefix`. Returns how many, 0 when none was left."""
        ...


class ListableStore(Protocol):
    def page(self, after: str, limit: int) -> list[ListedObject]:
        """Objects in the order of their keys' bytes, from the first key after `after` on."""
        ...

    def delete(self, keys: list[str]) -> None:
        """As `ObjectStore.delete`."""
        ...


class FileRecordRepository(Protocol):
    """What the rows say about the stores. Each method is one transaction."""

    def page(
        self, kind: FileKind, after: str, limit: int, settled: datetime, kept_since: datetime | None
    ) -> list[FileRecord]:
        """Rows that have, had or await a file, by the key of their object, from the first one after `after` on. A file
        is due where it was seen and its row is untouched since `settled`, unless files from before `kept_since` expire.
        """
        ...

    def without_row(self, kind: FileKind, keys: Sequence[str]) -> list[str]:
        """Those keys that no row has, and that are not scheduled for removal either."""
        ...

    def forget_files(self, kind: FileKind, keys: Sequence[str], settled: datetime) -> None:
        """Stores that these files are gone, where the rows are untouched since `settled`: an original has to be
        uploaded again, a preview comes with the next analysis, an export is deleted."""
        ...

    def state(self, kind: FileKind) -> CheckState: ...

    def save(self, kind: FileKind, state: CheckState) -> None: ...
