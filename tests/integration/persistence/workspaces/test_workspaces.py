"""API keys, the audit log of their changes, and settings."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import ProgrammingError

from adlens.domain.audit import Action
from adlens.domain.errors import Conflict, ExpiredKey, InvalidValue, UnknownKey, UnknownSetting
from adlens.domain.workspaces import MOST_KEYS, Caller, Scope
from adlens.persistence.paging import cursor_of
from adlens.persistence.workspaces.audit import PostgresAuditLog
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
    assert workspaces.verify(key) == Caller(tenant.workspace_id, "work", info.id, Scope.ADMIN)
    assert [known.name for known in workspaces.keys(tenant.workspace_id)] == ["work"]
    assert workspaces.keys(other) == []
    assert not workspaces.revoke(other, info.id), "somebody else's key"
    assert workspaces.verify(key) is not None
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


def expire(tenant: Any, key_id: uuid.UUID) -> None:
    with tenant.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE api_keys SET expires_at = now() - interval '1 ms' WHERE id = %(id)s", {"id": key_id}
        )


def test_a_key_has_a_scope_and_works_until_it_expires(tenant: Any, workspaces: PostgresWorkspaces) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    info, key = workspaces.create_key(tenant.workspace_id, "reports", Scope.READ, tomorrow)
    assert (info.scope, info.expires_at) == (Scope.READ, tomorrow)
    assert workspaces.verify(key) == Caller(tenant.workspace_id, "reports", info.id, Scope.READ)

    expire(tenant, info.id)
    with pytest.raises(ExpiredKey, match="has expired"):
        workspaces.verify(key)
    assert workspaces.verify(key[:-1] + ("A" if key[-1] != "A" else "B")) is None, "tells nothing without the secret"
    with pytest.raises(InvalidValue, match="in the future"):
        workspaces.create_key(tenant.workspace_id, "late", Scope.READ, datetime.now(UTC) - timedelta(seconds=1))


def test_a_rotated_key_works_beside_the_new_one_for_a_while(tenant: Any, workspaces: PostgresWorkspaces) -> None:
    month = timedelta(days=30)
    info, key = workspaces.create_key(tenant.workspace_id, "sync", Scope.WRITE, datetime.now(UTC) + month)
    made, new = workspaces.rotate(tenant.workspace_id, info.id, timedelta(hours=1))

    assert (made.name, made.scope) == ("sync", Scope.WRITE)
    assert made.expires_at is not None
    assert abs(made.expires_at - made.created_at - month) < timedelta(seconds=5)
    assert workspaces.verify(key) is not None
    assert workspaces.verify(new) is not None
    (old,) = [known for known in workspaces.keys(tenant.workspace_id) if known.id == info.id]
    assert old.expires_at is not None
    assert timedelta(0) < old.expires_at - datetime.now(UTC) <= timedelta(hours=1)

    workspaces.rotate(tenant.workspace_id, made.id, timedelta(0))
    with pytest.raises(ExpiredKey):
        workspaces.verify(new)
    with pytest.raises(UnknownKey):
        workspaces.rotate(tenant.workspace_id, made.id, month)
    with pytest.raises(UnknownKey):
        workspaces.rotate(workspaces.create("other").id, info.id, month)


def test_a_rotation_never_lengthens_the_old_key(tenant: Any, workspaces: PostgresWorkspaces) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=1)
    info, _ = workspaces.create_key(tenant.workspace_id, "short", Scope.READ, soon)
    workspaces.rotate(tenant.workspace_id, info.id, timedelta(days=1))
    assert [key.expires_at for key in workspaces.keys(tenant.workspace_id) if key.id == info.id] == [soon]


def test_a_workspace_has_so_many_keys_in_use(tenant: Any, workspaces: PostgresWorkspaces) -> None:
    made = [workspaces.create_key(tenant.workspace_id, "many")[0] for _ in range(MOST_KEYS)]
    with pytest.raises(Conflict, match="Revoke one first"):
        workspaces.create_key(tenant.workspace_id, "one more")
    workspaces.revoke(tenant.workspace_id, made[0].id)
    expire(tenant, made[1].id)
    for name in ("in place of a revoked one", "in place of an expired one"):
        workspaces.create_key(tenant.workspace_id, name)


def test_changes_of_keys_are_logged_with_who_asked(tenant: Any, workspaces: PostgresWorkspaces) -> None:
    boss, text = workspaces.create_key(tenant.workspace_id, "boss")
    caller = workspaces.verify(text)
    made, _ = workspaces.create_key(tenant.workspace_id, "reports", Scope.READ, by=caller)
    new, _ = workspaces.rotate(tenant.workspace_id, made.id, timedelta(0), by=caller)
    workspaces.revoke(tenant.workspace_id, new.id, caller)
    assert not workspaces.revoke(tenant.workspace_id, new.id, caller)

    log = PostgresAuditLog(tenant.engine)
    entries = log.page(tenant.workspace_id, 10, None, None).items
    assert [(entry.key_name, entry.action, entry.subject) for entry in entries] == [
        ("boss", Action.KEY_REVOKE, str(new.id)),
        ("boss", Action.KEY_ROTATE, str(made.id)),
        ("boss", Action.KEY_CREATE, str(made.id)),
        (None, Action.KEY_CREATE, str(boss.id)),
    ]
    assert entries[2].details == {"name": "reports", "scope": "read"}
    assert entries[1].details["replaced_by"] == str(new.id)
    assert text not in str(entries)

    first = log.page(tenant.workspace_id, 3, None, None)
    rest = log.page(tenant.workspace_id, 3, first.next_cursor, None)
    assert (*first.items, *rest.items) == entries
    assert rest.next_cursor is None
    assert [entry.action for entry in log.page(tenant.workspace_id, 9, None, Action.KEY_REVOKE).items] == ["key.revoke"]
    assert log.page(workspaces.create("other").id, 9, None, None).items == ()
    for wrong in ("x", cursor_of(2**63, 2**63, "audit"), cursor_of("a", "a", "audit"), cursor_of(1, 1)):
        with pytest.raises(InvalidValue):
            log.page(tenant.workspace_id, 3, wrong, None)


def test_the_functions_cannot_change_the_audit_log(tenant: Any, workspaces: PostgresWorkspaces) -> None:
    workspaces.create_key(tenant.workspace_id, "work")
    for statement in ("UPDATE audit_log SET key_name = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"):
        with tenant.engine.connect() as connection:
            connection.exec_driver_sql("SET ROLE adlens_app")
            with pytest.raises(ProgrammingError, match="permission denied"):
                connection.exec_driver_sql(statement)
            connection.rollback()
    workspaces.erase(tenant.workspace_id)
    assert tenant.rows("SELECT * FROM audit_log WHERE workspace_id = :workspace_id") == []


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
