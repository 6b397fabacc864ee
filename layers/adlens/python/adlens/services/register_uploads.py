"""Uploads: creatives are recorded before their bytes arrive, so that nothing that was announced can get lost."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from adlens.domain.creative import CreativeId, NewCreative, object_key
from adlens.domain.errors import InvalidImage, InvalidValue, UnsupportedFormat
from adlens.domain.media import MAX_FILE_BYTES, ImageFormat, check_file_size, format_of_content_type, format_of_name
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
class AnnouncedFile:
    """`creative_id` is made where the client sent none; without a content type the file name's extension counts."""

    filename: str
    size: int
    content_type: str | None = None
    creative_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class SignedUpload:
    creative: NewCreative
    form: PresignedPost


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """`index` is its place among the announced files, from 0."""

    index: int
    file: AnnouncedFile
    error: InvalidImage


@dataclass(frozen=True, slots=True)
class AnnouncedUploads:
    group_id: str
    signed: list[SignedUpload]
    refused: list[RefusedFile]


@dataclass(frozen=True, slots=True)
class AnnounceUploads:
    """Signs forms for the files that may be accepted, as far as that is known before they arrive."""

    register: RegisterUploads

    def __call__(
        self,
        workspace_id: UUID,
        files: Sequence[AnnouncedFile],
        now: datetime,
        group_id: str | None = None,
        group_name: str | None = None,
    ) -> AnnouncedUploads:
        """Makes a group where none is named. Raises InvalidValue when two files have the same id, and Conflict when an
        id is in use in another group."""
        group_id = group_id or _new_group_id(now)
        accepted: list[tuple[NewCreative, ImageFormat]] = []
        refused: list[RefusedFile] = []
        for index, file in enumerate(files):
            try:
                creative = NewCreative(file.creative_id or uuid4(), file.filename, file.size)
                accepted.append((creative, _announced_format(file)))
            except InvalidImage as error:
                refused.append(RefusedFile(index, file, error))
        if len({creative.id for creative, _ in accepted}) < len(accepted):
            raise InvalidValue("Two files have the same creative_id.", "files")
        forms = self.register(workspace_id, group_id, accepted, group_name) if accepted else []
        signed = [SignedUpload(creative, form) for (creative, _), form in zip(accepted, forms, strict=True)]
        return AnnouncedUploads(group_id, signed, refused)


def _announced_format(file: AnnouncedFile) -> ImageFormat:
    """The format that a file claims to have. Raises InvalidImage when it would not be accepted."""
    if file.size == 0:
        raise InvalidImage("The file is empty.")
    check_file_size(file.size)
    content_type = (file.content_type or "").partition(";")[0].strip().lower()
    is_unnamed = content_type in ("", "application/octet-stream")
    image_format = format_of_name(file.filename) if is_unnamed else format_of_content_type(content_type)
    if image_format is None:
        raise UnsupportedFormat("Only JPEG, PNG and WebP pictures are accepted.")
    return image_format


def _new_group_id(now: datetime) -> str:
    return f"grp_{now:%Y%m%d_%H%M%S}_{secrets.token_hex(3)}"


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
