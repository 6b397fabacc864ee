"""A small batch of files through the API itself, as the service before this one took them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, UploadFile
from pydantic import Field

from adlens.domain.creative import NewCreative
from adlens.domain.errors import Conflict, InvalidImage, InvalidValue, PermanentError
from functions.api.dependencies import UseStoreUpload
from functions.api.errors import MalformedRequest, documented
from functions.api.observability import logger
from functions.api.request import Workspace, media_type
from functions.api.shapes import GROUP_ID, GroupId, Shape, filename_or_unnamed
from functions.api.uploads.pictures import CheckPictures
from functions.api.uploads.routes import count_files

router = APIRouter(tags=["uploads"])


class UploadResultOut(Shape):
    uploaded: int = Field(examples=[2])
    group_id: str = Field(examples=[GROUP_ID])
    errors: list[str] = Field(examples=[["notes.jpg: the file is no JPEG, PNG or WebP picture."]])


@router.post(
    "/upload",
    dependencies=[Depends(media_type("multipart/form-data"))],
    responses=documented(400, 413, 415),
)
def upload(
    workspace: Workspace,
    store: UseStoreUpload,
    group_id: Annotated[GroupId, Form()],
    files: Annotated[list[UploadFile], File(description="JPEG, PNG or WebP pictures.")],
    creative_ids: Annotated[list[UUID], Form(default_factory=list, description="One per file, made by the client.")],
    original_filenames: Annotated[list[str], Form(default_factory=list, description="One per file.")],
) -> UploadResultOut:
    """A small batch, 4.5 MB in all; larger ones go through `POST /uploads`.

    A file that is no picture we can read is one entry in `errors`; the others go on.
    """
    for name, count in (("creative_ids", len(creative_ids)), ("original_filenames", len(original_filenames))):
        if count != len(files):
            raise MalformedRequest(f"{len(files)} files came with {count} {name}: send one per file.")
    if len(set(creative_ids)) < len(creative_ids):
        raise InvalidValue("Two files have the same creative id.", "creative_ids")
    errors: list[str] = []
    check_picture = CheckPictures()
    for file, creative_id, original in zip(files, creative_ids, original_filenames, strict=True):
        name = filename_or_unnamed(original or file.filename or "")
        data = file.file.read()
        try:
            store(workspace, group_id, NewCreative(creative_id, name, len(data)), check_picture(data), data)
        except (InvalidImage, Conflict) as error:
            errors.append(_refusal(name, creative_id, error))
    count_files(len(files) - len(errors), len(errors))
    return UploadResultOut(uploaded=len(files) - len(errors), group_id=group_id, errors=errors)


def _refusal(name: str, creative_id: UUID, error: PermanentError) -> str:
    logger.info("file refused", creative_id=str(creative_id), code=error.code)
    return f"{name}: {error}"
