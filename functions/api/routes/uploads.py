"""Files in: signed forms for the store, or a small batch through the API itself."""

from __future__ import annotations

import secrets
from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID, uuid4

from aws_lambda_powertools.metrics import MetricUnit
from fastapi import APIRouter, Depends, File, Form, UploadFile

from adlens.domain.creative import NewCreative
from adlens.domain.errors import Conflict, InvalidImage, InvalidValue, PermanentError, UnsupportedFormat
from adlens.domain.media import ImageFormat, check_file_size, format_of_content_type, format_of_name
from functions.api.dependencies import Now, UseRegisterUploads, UseStoreUpload, Workspace, media_type
from functions.api.errors import MalformedRequest, documented
from functions.api.observability import logger, metrics
from functions.api.pictures import check_picture
from functions.api.schemas import (
    GroupId,
    RefusedFileOut,
    UploadFileIn,
    UploadOut,
    UploadResultOut,
    UploadsIn,
    UploadsOut,
    filename_or_unnamed,
    upload_form_out,
)

router = APIRouter(tags=["uploads"])


@router.post(
    "/uploads",
    status_code=HTTPStatus.CREATED,
    dependencies=[Depends(media_type("application/json"))],
    responses=documented(409, 413, 415),
)
def sign_uploads(body: UploadsIn, workspace: Workspace, register: UseRegisterUploads, now: Now) -> UploadsOut:
    """Signs one form per file; send each file with its form straight to the store, and its analysis starts by itself.

    A file that cannot be accepted is listed in `refused` with the reason; the others are signed all the same. The
    content decides in the end: a file that turns out to be no picture ends in ERROR.
    """
    group_id = body.group_id or _new_group_id(now)
    accepted: list[tuple[NewCreative, ImageFormat]] = []
    refused: list[RefusedFileOut] = []
    for index, file in enumerate(body.files):
        try:
            accepted.append((NewCreative(file.creative_id or uuid4(), file.filename, file.size), _announced(file)))
        except InvalidImage as error:
            refused.append(
                RefusedFileOut(
                    index=index,
                    filename=file.filename,
                    creative_id=file.creative_id,
                    code=error.code,
                    reason=str(error),
                )
            )
    if len({creative.id for creative, _ in accepted}) < len(accepted):
        raise InvalidValue("Two files have the same creative_id.", "files")
    forms = register(workspace, group_id, accepted, body.group_name) if accepted else []
    _count(len(accepted), len(refused))
    return UploadsOut(
        group_id=group_id,
        uploads=[
            UploadOut(creative_id=creative.id, filename=creative.filename, form=upload_form_out(form))
            for (creative, _), form in zip(accepted, forms, strict=True)
        ],
        refused=refused,
    )


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
    for file, creative_id, original in zip(files, creative_ids, original_filenames, strict=True):
        name = filename_or_unnamed(original or file.filename or "")
        data = file.file.read()
        try:
            store(workspace, group_id, NewCreative(creative_id, name, len(data)), check_picture(data), data)
        except (InvalidImage, Conflict) as error:
            errors.append(_refusal(name, creative_id, error))
    _count(len(files) - len(errors), len(errors))
    return UploadResultOut(uploaded=len(files) - len(errors), group_id=group_id, errors=errors)


def _announced(file: UploadFileIn) -> ImageFormat:
    """The format a file claims to have. Raises InvalidImage when it would not be accepted."""
    if file.size == 0:
        raise InvalidImage("The file is empty.")
    check_file_size(file.size)
    claimed = (file.content_type or "").partition(";")[0].strip().lower()
    nothing_said = claimed in ("", "application/octet-stream")
    image_format = format_of_name(file.filename) if nothing_said else format_of_content_type(claimed)
    if image_format is None:
        raise UnsupportedFormat("Only JPEG, PNG and WebP pictures are accepted.")
    return image_format


def _refusal(name: str, creative_id: UUID, error: PermanentError) -> str:
    logger.info("file refused", creative_id=str(creative_id), code=error.code)
    return f"{name}: {error}"


def _new_group_id(now: datetime) -> str:
    return f"grp_{now:%Y%m%d_%H%M%S}_{secrets.token_hex(3)}"


def _count(accepted: int, refused: int) -> None:
    metrics.add_metric("FilesAccepted", MetricUnit.Count, accepted)
    metrics.add_metric("FilesRefused", MetricUnit.Count, refused)
