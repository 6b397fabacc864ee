"""The caller's workspace and key, and the names of topics and colours."""

from __future__ import annotations

from fastapi import APIRouter

from adlens.domain.colors import COLOR_CLASSES
from adlens.domain.topics import taxonomy
from functions.api.account.schemas import MeOut, NamedColorClassOut, TaxonomyOut, TopicOut, WorkspaceOut
from functions.api.dependencies import UseIdentifyCaller
from functions.api.request import Caller, Workspace
from functions.api.shapes import title_of

router = APIRouter(tags=["account"])


@router.get("/me")
def get_me(caller: Caller, identify: UseIdentifyCaller) -> MeOut:
    """The workspace that the request's key opens, and the key's name."""
    workspace = identify.workspace(caller)
    return MeOut(
        workspace=WorkspaceOut(id=workspace.id, name=workspace.name),
        key_name=caller.key_name,
        anonymous=caller.key_name is None,
        scope=caller.scope,
    )


@router.get("/taxonomy")
def get_taxonomy(_: Workspace) -> TaxonomyOut:
    """The topics and the colour classes that there are, with what people call them."""
    return TaxonomyOut(
        topics=[TopicOut(topic=topic, title=title_of(topic)) for topic in taxonomy().topics],
        color_classes=[
            NamedColorClassOut(color_class=known.title_ru, class_en=known.name, hex=known.shown)
            for known in COLOR_CLASSES
        ],
    )
