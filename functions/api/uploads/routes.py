"""Files in: signed forms for the store."""

from __future__ import annotations

import secrets
from datetime import datetime
from http import HTTPStatus
from uuid import uuid4

from aws_lambda_powertools.metrics import MetricUnit
from fastapi import APIRouter, Depends

from adlens.domain.creative import NewCreative
from adlens.domain.errors import InvalidImage, InvalidValue, UnsupportedFormat
from adlens.domain.media import ImageFormat, check_file_size, format_of_content_type, format_of_name
from functions.api.dependencies import Now, UseRegisterUploads, Workspace, media_type
from functions.api.errors import documented
from functions.api.observability import metrics
from functions.api.uploads.schemas import (
    RefusedFileOut,
    UploadFileIn,
    UploadOut,
    UploadsIn,
    UploadsOut,
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
    count_files(len(accepted), len(refused))
    return UploadsOut(
        group_id=group_id,
        uploads=[
            UploadOut(creative_id=creative.id, filename=creative.filename, form=upload_form_out(form))
            for (creative, _), form in zip(accepted, forms, strict=True)
        ],
        refused=refused,
    )


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


def _new_group_id(now: datetime) -> str:
    return f"grp_{now:%Y%m%d_%H%M%S}_{secrets.token_hex(3)}"


def count_files(accepted: int, refused: int) -> None:
    metrics.add_metric("FilesAccepted", MetricUnit.Count, accepted)
    metrics.add_metric("FilesRefused", MetricUnit.Count, refused)
