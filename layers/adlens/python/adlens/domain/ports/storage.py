"""What the use cases need from object stores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


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
