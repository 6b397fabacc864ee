"""Files in: signed forms for the store."""

from __future__ import annotations

from http import HTTPStatus

from aws_lambda_powertools.metrics import MetricUnit
from fastapi import APIRouter, Depends

from adlens.services.register_uploads import AnnouncedFile
from functions.api.dependencies import UseAnnounceUploads
from functions.api.errors import documented
from functions.api.observability import metrics
from functions.api.request import Now, Workspace, media_type
from functions.api.uploads.schemas import UploadsIn, UploadsOut, uploads_out

router = APIRouter(tags=["uploads"])


@router.post(
    "/uploads",
    status_code=HTTPStatus.CREATED,
    dependencies=[Depends(media_type("application/json"))],
    responses=documented(409, 413, 415),
)
def sign_uploads(body: UploadsIn, workspace: Workspace, announce: UseAnnounceUploads, now: Now) -> UploadsOut:
    """Signs one form per file; send each file with its form straight to the store, and its analysis starts by itself.

    A file that cannot be accepted is listed in `refused` with the reason; the others are signed all the same. The
    content decides in the end: a file that turns out to be no picture ends in ERROR.
    """
    files = [AnnouncedFile(file.filename, file.size, file.content_type, file.creative_id) for file in body.files]
    announced = announce(workspace, files, now, body.group_id, body.group_name)
    count_files(len(announced.signed), len(announced.refused))
    return uploads_out(announced)


def count_files(accepted: int, refused: int) -> None:
    metrics.add_metric("FilesAccepted", MetricUnit.Count, accepted)
    metrics.add_metric("FilesRefused", MetricUnit.Count, refused)
