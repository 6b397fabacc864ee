"""Uploads: creatives are recorded before their bytes arrive, so that nothing that was announced can get lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from adlens.domain.creative import CreativeId, NewCreative, object_key
from adlens.domain.media import MAX_FILE_BYTES, ImageFormat
from adlens.domain.ports.creatives import CreativeRepository
from adlens.domain.ports.storage import ObjectStore, PresignedPost


@dataclass(frozen=True, slots=True)
class RegisterUploads:
    """Records creatives and signs one form per file; the bytes go from the client straight to the store."""

    creatives: CreativeRepository
    store: ObjectStore

    def __call__(
        self,
        workspace_id: UUID,
        group_id: str,
        files: Sequence[tuple[NewCreative, ImageFormat]],
        group_name: str | None = None,
    ) -> list[PresignedPost]:
        """One form per file, in their order. Raises Conflict when a creative's id is in use in another group."""
        self.creatives.register(workspace_id, group_id, [creative for creative, _ in files], group_name)
        return [
            self.store.presigned_post(
                object_key(CreativeId(workspace_id, creative.id), group_id), image_format.content_type, MAX_FILE_BYTES
            )
            for creative, image_format in files
        ]


@dataclass(frozen=True, slots=True)
class StoreUpload:
    """Records one creative whose bytes are at hand and puts them into the store."""

    creatives: CreativeRepository
    store: ObjectStore

    def __call__(
        self, workspace_id: UUID, group_id: str, creative: NewCreative, image_format: ImageFormat, data: bytes
    ) -> None:
        self.creatives.register(workspace_id, group_id, [creative])
        key = object_key(CreativeId(workspace_id, creative.id), group_id)
        self.store.put(key, data, image_format.content_type)
