"""Object stores and queues in memory. One that `is_down` raises TransientError."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from adlens.domain.errors import ImageTooLarge, ObjectGone, TransientError
from adlens.domain.events import AnalysisRequested
from adlens.domain.exports import ExportId
from adlens.domain.jobs import JobId
from adlens.domain.ports.creatives import AnalysisQueue
from adlens.domain.ports.exports import ExportQueue, ExportStore
from adlens.domain.ports.health import Pingable
from adlens.domain.ports.jobs import JobQueue
from adlens.domain.ports.storage import ListableStore, ObjectStore, PresignedPost, StoredObject
from adlens.domain.ports.webhooks import EventQueue
from adlens.domain.stored_files import ListedObject
from adlens.domain.webhooks import Outgoing


@dataclass
class CanBeDown(Pingable):
    """Something that may be out of reach."""

    is_down: bool = field(default=False, kw_only=True)

    def ping(self) -> None:
        if self.is_down:
            raise TransientError(f"{type(self).__name__} cannot be used at the moment; try again in a minute.")


@dataclass
class MemoryStore(CanBeDown, ObjectStore, ExportStore, ListableStore):
    """Objects are as old as can be but those with a time in `modified_at`. `forms_expire_at` is that of its presigned
    forms; now when it is None.
    """

    host: str = "store.test"
    objects: dict[str, bytes] = field(default_factory=dict)
    content_types: dict[str, str] = field(default_factory=dict)
    forms_expire_at: datetime | None = None
    modified_at: dict[str, datetime] = field(default_factory=dict)

    def get(self, key: str, max_bytes: int) -> StoredObject:
        self.ping()
        if key not in self.objects:
            raise ObjectGone("The uploaded file is gone. Upload it again.")
        if len(self.objects[key]) > max_bytes:
            raise ImageTooLarge("The file is too large.")
        return StoredObject(self.objects[key], "etag")

    def put(self, key: str, data: bytes, content_type: str) -> None:
        self.ping()
        self.objects[key], self.content_types[key] = data, content_type

    def put_file(self, key: str, path: Path, content_type: str) -> None:
        self.put(key, path.read_bytes(), content_type)

    def exists(self, key: str) -> bool:
        self.ping()
        return key in self.objects

    def page(self, after: str, limit: int) -> list[ListedObject]:
        self.ping()
        keys = sorted(key for key in self.objects if key > after)[:limit]
        return [ListedObject(key, self.modified_at.get(key, datetime.min.replace(tzinfo=UTC))) for key in keys]

    def delete(self, keys: list[str]) -> None:
        self.ping()
        for key in keys:
            self.objects.pop(key, None)

    def presigned_post(self, key: str, content_type: str, max_bytes: int) -> PresignedPost:
        fields = {"key": key, "Content-Type": content_type}
        return PresignedPost(f"https://{self.host}/", fields, self.forms_expire_at or datetime.now(UTC))

    def presigned_url(self, key: str, filename: str, content_type: str | None) -> str:
        return f"https://{self.host}/{key}?name={filename}&type={content_type}"


@dataclass
class MemoryAnalysisQueue(CanBeDown, AnalysisQueue):
    sent: list[AnalysisRequested] = field(default_factory=list)

    def send(self, requests: Iterable[AnalysisRequested]) -> None:
        self.ping()
        self.sent.extend(requests)


@dataclass
class MemoryExportQueue(CanBeDown, ExportQueue):
    sent: list[ExportId] = field(default_factory=list)

    def send(self, key: ExportId) -> None:
        self.ping()
        self.sent.append(key)


@dataclass
class MemoryJobQueue(CanBeDown, JobQueue):
    sent: list[JobId] = field(default_factory=list)

    def send(self, keys: Iterable[JobId]) -> None:
        self.ping()
        self.sent.extend(keys)


@dataclass
class MemoryEventQueue(CanBeDown, EventQueue):
    sent: list[Outgoing] = field(default_factory=list)

    def send(self, deliveries: Sequence[Outgoing]) -> None:
        self.ping()
        self.sent.extend(deliveries)
