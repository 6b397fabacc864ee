"""One creative: what was found in it, how far it is, and once more from the start."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Depends

from adlens.domain.creative import preview_key
from functions.api.dependencies import CreativeKey, Creatives, Now, Previews, Queries, Store, UseReanalyze, media_type
from functions.api.errors import documented
from functions.api.filters import known_topic
from functions.api.routes.pictures import picture_url, preview_url
from functions.api.schemas import CreativeOut, ReanalysisOut, StatusOut, creative_out, status_out
from functions.api.schemas.search import TopicIn

router = APIRouter(tags=["creatives"])


@router.get("/creatives/{creative_id}", responses=documented(404))
def get_creative(key: CreativeKey, queries: Queries, store: Store, previews: Previews) -> CreativeOut:
    """A creative with all its findings; one whose analysis failed says why in `failure`."""
    creative = queries.creative(key.workspace_id, key.id)
    return creative_out(creative, picture_url(store, creative), preview_url(previews, creative))


@router.delete("/creatives/{creative_id}", status_code=HTTPStatus.NO_CONTENT, responses=documented(404))
def delete_creative(key: CreativeKey, queries: Queries, creatives: Creatives, store: Store, previews: Previews) -> None:
    """Deletes a creative, its file and all that was found in it."""
    # The files first: should a store fail, the creative is still there and can be deleted again.
    object_key = queries.summary(key.workspace_id, key.id).object_key
    store.delete([object_key])
    previews.delete([preview_key(object_key)])
    creatives.delete_creatives(key.workspace_id, [key.id])


@router.put(
    "/creatives/{creative_id}/topic",
    dependencies=[Depends(media_type("application/json"))],
    responses=documented(404, 409, 415),
)
def correct_topic(
    key: CreativeKey, body: TopicIn, queries: Queries, creatives: Creatives, store: Store, previews: Previews
) -> CreativeOut:
    """Says what a creative's topic is. It stays so when the creative is analysed again, and teaches the next model."""
    creatives.correct_topic(key, known_topic(body.topic))
    return get_creative(key, queries, store, previews)


@router.post("/creatives/{creative_id}/reanalyze", status_code=HTTPStatus.ACCEPTED, responses=documented(404, 409))
def reanalyze(key: CreativeKey, reanalyze: UseReanalyze) -> ReanalysisOut:
    """Analyses a creative once more, with today's settings and models. Its findings stay until there are new ones."""
    request = reanalyze(key)
    return ReanalysisOut(creative_id=request.creative.id, revision=request.revision)


@router.get("/status/{creative_id}", responses=documented(404))
def get_status(key: CreativeKey, queries: Queries, now: Now) -> StatusOut:
    """How far one creative is; `GET /groups/{group_id}/status` answers for a whole group at once."""
    return status_out(queries.summary(key.workspace_id, key.id), now)
