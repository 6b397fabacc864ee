"""Settings of a workspace. A change holds from the next analysis on."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query

from functions.api.dependencies import UseWorkspaceSettings
from functions.api.errors import documented
from functions.api.request import Workspace, media_type
from functions.api.settings.schemas import SettingOut, SettingsOut, setting_out

router = APIRouter(prefix="/settings", tags=["settings"])


@router.get("/")
@router.get("", include_in_schema=False)
def get_settings(workspace: Workspace, settings: UseWorkspaceSettings) -> SettingsOut:
    """All settings."""
    return SettingsOut.model_validate(settings.all(workspace))


@router.put("/", dependencies=[Depends(media_type("application/json"))], responses=documented(404, 415))
@router.put("", dependencies=[Depends(media_type("application/json"))], include_in_schema=False)
def change_settings(
    workspace: Workspace,
    settings: UseWorkspaceSettings,
    changes: Annotated[dict[str, Any], Body(max_length=100, examples=[{"DOMINANT_COLORS_COUNT": 4}])],
) -> SettingsOut:
    """Changes all that are named, or none when one of them is unknown or out of range. Answers with all settings."""
    # Cut: nothing that long is in range, and Python refuses to read numbers of thousands of digits.
    return SettingsOut.model_validate(
        settings.change(workspace, {key: str(value)[:20] for key, value in changes.items()})
    )


@router.get("/{key}", responses=documented(404))
def get_setting(key: str, workspace: Workspace, settings: UseWorkspaceSettings) -> SettingOut:
    """One setting and what it does."""
    return setting_out(settings.get(workspace, key))


@router.put("/{key}", responses=documented(404))
def change_setting(
    key: str, workspace: Workspace, settings: UseWorkspaceSettings, value: Annotated[str, Query(max_length=20)]
) -> SettingOut:
    """Changes one setting."""
    return setting_out(settings.put(workspace, key, value))
