"""Shapes of announced files and of the forms that they are sent with."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from adlens.domain.media import CONTENT_TYPES, MAX_FILE_BYTES
from adlens.services.register_uploads import AnnouncedUploads
from functions.api.groups.schemas import GroupName
from functions.api.shapes import CREATIVE_ID, GROUP_ID, Filename, GroupId, Shape, Utc

MAX_FILES_PER_CALL = 500


class UploadFileIn(Shape):
    filename: Filename
    size: int = Field(ge=0, description=f"Bytes; at most {MAX_FILE_BYTES}.", examples=[70478])
    content_type: str | None = Field(
        default=None,
        max_length=100,
        description=f"One of {', '.join(CONTENT_TYPES)}; else the file name's extension says it.",
        examples=["image/jpeg"],
    )
    creative_id: UUID | None = Field(default=None, description="Made for you when you send none.")


class UploadsIn(Shape):
    group_id: GroupId | None = Field(default=None, description="A new group is made when you send none.")
    group_name: GroupName | None = Field(default=None, description="Names the group, new or not.")
    files: list[UploadFileIn] = Field(min_length=1, max_length=MAX_FILES_PER_CALL)


class UploadFormOut(Shape):
    """A form to send as multipart/form-data: `fields` first, in their order, then the file under the name `file`."""

    url: str = Field(examples=["https://uploads.example.com/"])
    fields: dict[str, str] = Field(examples=[{"key": "…", "Content-Type": "image/jpeg", "policy": "…"}])
    expires_at: Utc


class UploadOut(Shape):
    creative_id: UUID = Field(examples=[CREATIVE_ID])
    filename: str = Field(examples=["mug.jpg"])
    form: UploadFormOut


class RefusedFileOut(Shape):
    index: int = Field(description="Its place in `files`, from 0.")
    filename: str = Field(examples=["notes.pdf"])
    creative_id: UUID | None
    code: str = Field(examples=["unsupported_format"])
    reason: str


class UploadsOut(Shape):
    group_id: str = Field(examples=[GROUP_ID])
    uploads: list[UploadOut] = Field(description="One signed form per accepted file, in the order of `files`.")
    refused: list[RefusedFileOut]


def uploads_out(announced: AnnouncedUploads) -> UploadsOut:
    return UploadsOut(
        group_id=announced.group_id,
        uploads=[
            UploadOut(
                creative_id=upload.creative.id,
                filename=upload.creative.filename,
                form=UploadFormOut(
                    url=upload.form.url, fields=dict(upload.form.fields), expires_at=upload.form.expires_at
                ),
            )
            for upload in announced.signed
        ],
        refused=[
            RefusedFileOut(
                index=refused.index,
                filename=refused.file.filename,
                creative_id=refused.file.creative_id,
                code=refused.error.code,
                reason=str(refused.error),
            )
            for refused in announced.refused
        ],
    )
