"""What a workspace's users can set; it holds from the next analysis on."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query

from adlens.domain.settings import setting_kind
from functions.api.dependencies import Workspace, WorkspaceSettings, media_type
from functions.api.errors import documented
from functions.api.settings.schemas import SettingOut, SettingsOut

router = APIRouter(prefix="/settings", tags=["settings"])


@router.get("/")
@router.get("", include_in_schema=False)
def get_settings(workspace: Workspace, settings: WorkspaceSettings) -> SettingsOut:
    """All settings."""
    return SettingsOut.model_validate(settings.all(workspace))


@router.put("/", dependencies=[Depends(media_type("application/json"))], responses=documented(404, 415))
@router.put("", dependencies=[Depends(media_type("application/json"))], include_in_schema=False)
def change_settings(
    workspace: Workspace,
    settings: WorkspaceSettings,
    changes: Annotated[dict[str, Any], Body(max_length=100, examples=[{"DOMINANT_COLORS_COUNT": 4}])],
) -> SettingsOut:
    """Changes all that are named, or none when one of them is unknown or out of range. Answers with all settings."""
    # Cut: nothing that long is in range, and Python refuses to read numbers of thousands of digits.
    return SettingsOut.model_validate(settings.put(workspace, {key: str(value)[:20] for key, value in changes.items()}))


@router.get("/{key}", responses=documented(404))
def get_setting(key: str, workspace: Workspace, settings: WorkspaceSettings) -> SettingOut:
    """One setting and what it does."""
    kind = setting_kind(key)
    return SettingOut(key=key, value=settings.get(workspace, key), description=kind.description)


@router.put("/{key}", responses=documented(404))
def change_setting(
    key: str, workspace: Workspace, settings: WorkspaceSettings, value: Annotated[str, Query(max_length=20)]
) -> SettingOut:
    """Changes one setting."""
    kind = setting_kind(key)
    return SettingOut(key=key, value=settings.put(workspace, {key: value})[key], description=kind.description)
