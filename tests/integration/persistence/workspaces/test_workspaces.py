"""API keys and settings."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from sqlalchemy import Engine

from adlens.domain.errors import InvalidValue, UnknownSetting
from adlens.domain.workspaces import Caller
from adlens.persistence.workspaces.repository import PostgresWorkspaces
from adlens.persistence.workspaces.settings import PostgresSettings


@pytest.fixture(scope="module")
def workspaces(engine: Engine) -> PostgresWorkspaces:
    return PostgresWorkspaces(engine)


def test_a_workspace_with_a_known_id_is_made_once(workspaces: PostgresWorkspaces) -> None:
    id_ = uuid.uuid4()
    first = workspaces.create("one", id_)

    assert workspaces.create("two", id_) == first
    assert first in workspaces.all()
    assert workspaces.get(id_) == first
    with pytest.raises(InvalidValue):
        workspaces.get(uuid.uuid4())


def test_a_key_opens_its_workspace_until_it_is_revoked(tenant: Any, workspaces: PostgresWorkspaces) -> None:
    info, key = workspaces.create_key(tenant.workspace_id, "work")
    other = workspaces.create("other").id

    assert re.fullmatch(r"adl_[a-z0-9]{8}_[A-Za-z0-9_-]{43}", key)
    assert workspaces.verify(key) == Caller(tenant.workspace_id, "work")
    assert [known.name for known in workspaces.keys(tenant.workspace_id)] == ["work"]
    assert workspaces.keys(other) == []
    assert not workspaces.revoke(other, info.id), "somebody else's key"
    assert workspaces.verify(key) == Caller(tenant.workspace_id, "work")
    assert workspaces.revoke(tenant.workspace_id, info.id)
    assert workspaces.verify(key) is None
    assert not workspaces.revoke(tenant.workspace_id, info.id)
    assert workspaces.keys(tenant.workspace_id)[0].revoked_at is not None


def test_what_is_no_key_opens_nothing(tenant: Any, workspaces: PostgresWorkspaces) -> None:
    _, key = workspaces.create_key(tenant.workspace_id, "work")
    mark, prefix, secret = key.split("_", 2)
    wrong = ["", "x", "adl_", "adl__", f"{mark}_{prefix}", f"{mark}_{prefix}_", key[:-1], key + "A", key.upper()]
    wrong += [
        f"{mark}_{prefix}_{secret[::-1]}",
        f"xyz_{prefix}_{secret}",
        f"{mark}_\x00_{secret}",
        f"{mark}_{prefix}_\udc80",
    ]
    wrong += [f"{mark}_{prefix}_{secret}\n", f"{mark}_aaaaaaaa_{secret}"]

    assert [workspaces.verify(text) for text in wrong] == [None] * len(wrong)


def test_only_the_hash_of_a_key_is_stored(tenant: Any, workspaces: PostgresWorkspaces) -> None:
    _, key = workspaces.create_key(tenant.workspace_id, "work")
    (row,) = tenant.rows("SELECT * FROM api_keys WHERE workspace_id = :workspace_id")

    assert key.split("_", 2)[2] not in str(row)
    assert key.encode() not in bytes(row["digest"])


def test_the_use_of_a_key_is_noted_at_most_once_a_minute(tenant: Any, workspaces: PostgresWorkspaces) -> None:
    _, key = workspaces.create_key(tenant.workspace_id, "work")

    def last_used() -> Any:
        return workspaces.keys(tenant.workspace_id)[0].last_used_at

    assert last_used() is None
    workspaces.verify(key)
    first = last_used()
    workspaces.verify(key)
    assert last_used() == first
    with tenant.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE api_keys SET last_used_at = last_used_at - interval '61 seconds'")
    workspaces.verify(key)
    assert last_used() >= first


def test_keys_are_made_for_workspaces_that_exist(workspaces: PostgresWorkspaces) -> None:
    with pytest.raises(InvalidValue):
        workspaces.create_key(uuid.uuid4(), "work")


def test_settings_belong_to_a_workspace(tenant: Any, workspaces: PostgresWorkspaces, engine: Engine) -> None:
    settings, other = PostgresSettings(engine), workspaces.create("other").id
    assert settings.all(tenant.workspace_id) == {"DOMINANT_COLORS_COUNT": 3, "SECONDARY_COLORS_COUNT": 3}

    changed = settings.put(tenant.workspace_id, {"DOMINANT_COLORS_COUNT": "5"})

    assert changed == {"DOMINANT_COLORS_COUNT": 5, "SECONDARY_COLORS_COUNT": 3}
    assert settings.get(tenant.workspace_id, "DOMINANT_COLORS_COUNT") == 5
    assert settings.get(other, "DOMINANT_COLORS_COUNT") == 3
    assert settings.put(tenant.workspace_id, {"DOMINANT_COLORS_COUNT": 6})["DOMINANT_COLORS_COUNT"] == 6


def test_one_bad_setting_and_none_is_changed(tenant: Any, engine: Engine) -> None:
    settings = PostgresSettings(engine)
    with pytest.raises(UnknownSetting):
        settings.put(tenant.workspace_id, {"DOMINANT_COLORS_COUNT": 5, "COLOUR": 1})
    with pytest.raises(InvalidValue):
        settings.put(tenant.workspace_id, {"DOMINANT_COLORS_COUNT": 5, "SECONDARY_COLORS_COUNT": 99})
    with pytest.raises(UnknownSetting):
        settings.get(tenant.workspace_id, "COLOUR")

    assert settings.get(tenant.workspace_id, "DOMINANT_COLORS_COUNT") == 3
