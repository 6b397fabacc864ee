"""One creative: its findings, its topic, its deletion; new analyses of one or of many."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from adlens.domain.audit import Action
from adlens.domain.creative import Creative
from adlens.services.picture_links import PictureLinks
from adlens.services.reanalyze import BATCH
from functions.api.creatives.schemas import CreativeOut, ReanalysesOut, ReanalysisOut, TopicIn, creative_out
from functions.api.dependencies import (
    UseCreatives,
    UseDeleteCreatives,
    UsePictureLinks,
    UseReanalyze,
    UseReanalyzeAll,
    UseReanalyzeBatch,
    UseTrash,
)
from functions.api.errors import documented
from functions.api.query import Filters, known_topic
from functions.api.request import Audit, Caller, CreativeKey, media_type
from functions.api.trash.parameters import ToTrash, trashed

router = APIRouter(tags=["creatives"])


@router.get("/creatives/{creative_id}", responses=documented(404))
def get_creative(key: CreativeKey, creatives: UseCreatives, links: UsePictureLinks) -> CreativeOut:
    """A creative with all its findings; one whose analysis failed says why in `failure`."""
    return _linked(creatives.get(key), links)


@router.delete("/creatives/{creative_id}", status_code=HTTPStatus.NO_CONTENT, responses=documented(404))
def delete_creative(
    key: CreativeKey, delete: UseDeleteCreatives, put_into: UseTrash, audit: Audit, trash: ToTrash = False
) -> None:
    """Deletes a creative, its file and all that was found in it."""
    audit(Action.CREATIVE_DELETE, key.id, **trashed(trash))
    if trash:
        put_into.put(key)
    else:
        delete.one(key)


@router.put(
    "/creatives/{creative_id}/topic",
    dependencies=[Depends(media_type("application/json"))],
    responses=documented(404, 409, 415),
)
def correct_topic(
    key: CreativeKey, body: TopicIn, creatives: UseCreatives, links: UsePictureLinks, audit: Audit
) -> CreativeOut:
    """Says what a creative's topic is. It stays so when the creative is analysed again, and teaches the next model."""
    topic = known_topic(body.topic)
    audit(Action.TOPIC_CORRECT, key.id, topic=topic)
    return _linked(creatives.correct_topic(key, topic), links)


@router.delete("/creatives/{creative_id}/topic", responses=documented(404))
def take_back_correction(
    key: CreativeKey, creatives: UseCreatives, links: UsePictureLinks, audit: Audit
) -> CreativeOut:
    """Takes back what a person said a creative's topic is: it is the model's again, with the model's decision."""
    audit(Action.TOPIC_TAKE_BACK, key.id)
    return _linked(creatives.take_back_correction(key), links)


@router.post("/creatives/{creative_id}/reanalyze", status_code=HTTPStatus.ACCEPTED, responses=documented(404, 409))
def reanalyze(key: CreativeKey, reanalyze: UseReanalyze) -> ReanalysisOut:
    """Analyses a creative once more, with today's settings and models. Its findings stay until there are new ones."""
    request = reanalyze(key)
    return ReanalysisOut(creative_id=request.creative.id, revision=request.revision)


@router.post("/creatives/reanalyze", status_code=HTTPStatus.ACCEPTED, responses=documented(404, 409))
def reanalyze_many(
    caller: Caller,
    filters: Filters,
    reanalyze_all: UseReanalyzeAll,
    reanalyze_batch: UseReanalyzeBatch,
    outdated: Annotated[
        bool, Query(description="Only creatives without findings of the model bundle in use; false for all.")
    ] = True,
    limit: Annotated[int | None, Query(ge=1, le=BATCH, description="At most so many, without a job.")] = None,
    cursor: Annotated[UUID | None, Query(description="The `next_cursor` of the call before.")] = None,
) -> ReanalysesOut:
    """Analyses creatives once more that all filters are true of, that have ended and whose file has arrived: all of
    them by a job, or with `limit` or `cursor` a batch at once. Call again with `next_cursor` until it is null. What
    still waits is not asked for twice.
    """
    if limit is None and cursor is None:
        job = reanalyze_all(caller.workspace_id, filters, outdated, caller.key_name)
        return ReanalysesOut(count=job.total if job else 0, next_cursor=None, job_id=job and job.key.id)
    count, last = reanalyze_batch(caller.workspace_id, filters, outdated, limit or BATCH, cursor)
    return ReanalysesOut(count=count, next_cursor=last, job_id=None)


def _linked(creative: Creative, links: PictureLinks) -> CreativeOut:
    return creative_out(creative, links.original(creative), links.preview(creative))
