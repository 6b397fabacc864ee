"""The admin function on a real PostgreSQL, its buckets in moto."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import boto3
import psycopg2
import pytest
from moto import mock_aws
from sqlalchemy import Engine, func, select, update

from adlens.domain.creative import CreativeId, NewCreative, object_key
from adlens.persistence import schema
from adlens.persistence.creatives.repository import PostgresCreatives
from adlens.persistence.workspaces.repository import PostgresWorkspaces
from adlens.storage.clients import s3_client
from functions.admin import wiring
from functions.admin.handler import ACTIONS, handler
from functions.wiring import database

BUCKETS = ("uploads", "previews", "exports")
CONTEXT = SimpleNamespace(
    function_name="admin",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:1:function:admin",
    aws_request_id="1",
    get_remaining_time_in_millis=lambda: 900_000,
)


@pytest.fixture(autouse=True)
def surroundings(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    variables = {f"ADLENS_{name.upper()}_BUCKET": name for name in BUCKETS} | {
        "ADLENS_DATABASE_URL": database_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "POWERTOOLS_TRACE_DISABLED": "true",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    caches = (
        wiring.settings,
        wiring.workspaces,
        wiring.readers,
        wiring.bi_readers,
        wiring.erase_workspace,
        wiring.check_storage,
        s3_client,
    )
    for cache in caches:
        cache.cache_clear()
    with mock_aws():
        yield
    database(wiring.settings()).dispose()
    for cache in (*caches, database):
        cache.cache_clear()


def act(action: str, context: Any = CONTEXT, **arguments: Any) -> Any:
    answer = handler({"action": action, "arguments": arguments}, context)
    return answer["result"] if "result" in answer else answer["error"]["message"]


def test_the_first_key_opens_its_workspace_until_it_is_revoked(engine: Engine) -> None:
    made = act("keys.create", name="first", workspace="shop")
    caller = PostgresWorkspaces(engine).verify(made["key"])
    assert caller is not None
    assert str(caller.workspace_id) == made["workspace"]["id"]

    (listed,) = [key for key in act("keys.list") if key["workspace"] == "shop"]
    assert made["key"] not in str(listed)
    assert act("keys.revoke", prefix=listed["prefix"])["name"] == "first"
    assert PostgresWorkspaces(engine).verify(made["key"]) is None
    assert "no key in use" in act("keys.revoke", prefix=listed["prefix"])


def test_a_key_is_made_with_a_scope_and_rotated(engine: Engine) -> None:
    made = act("keys.create", name="sync", workspace="rotating", scope="write", days=30)
    (listed,) = [key for key in act("keys.list") if key["workspace"] == "rotating"]
    assert (listed["scope"], listed["expires_at"] is None) == ("write", False)

    new = act("keys.rotate", prefix=listed["prefix"], overlap_hours=1)
    caller = PostgresWorkspaces(engine).verify(new["key"])
    assert caller is not None
    assert (caller.scope, caller.key_name) == ("write", "sync")
    assert PostgresWorkspaces(engine).verify(made["key"]) is not None
    assert "no key in use" in act("keys.rotate", prefix="nobody")
    assert "days" in act("keys.create", name="x", days=0)
    assert "scope" in act("keys.create", name="x", scope="root")


def test_a_workspace_gets_the_limits_of_a_plan(engine: Engine) -> None:
    workspace = act("workspaces.create", name="planned")["id"]
    assert act("workspaces.plan", workspace=workspace, plan="unlimited") is None
    with engine.connect() as connection:
        plan = select(schema.Workspace.plan).where(schema.Workspace.id == UUID(workspace))
        assert connection.scalar(plan) == "unlimited"
    assert "standard, unlimited" in act("workspaces.plan", workspace=workspace, plan="golden")
    assert "no workspace" in act("workspaces.plan", workspace=str(uuid4()), plan="standard")
    assert "by its id" in act("workspaces.plan", workspace="planned", plan="standard")


def test_a_workspace_is_made_once() -> None:
    assert act("workspaces.create", name="twice") == act("workspaces.create", name="twice")
    assert [found["name"] for found in act("workspaces.list")].count("twice") == 1


def test_a_reader_logs_in_until_it_is_revoked(engine: Engine) -> None:
    workspace = act("workspaces.create", name="readers")
    made = act("bi.create", workspace="readers")
    with psycopg2.connect(made["address"]) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT bi.workspace_id()::text")
        assert cursor.fetchall() == [(workspace["id"],)]
    connection.close()
    assert made["role"] in [reader["role"] for reader in act("bi.list")]
    act("bi.revoke", role=made["role"])
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(made["address"])
    assert "no reader" in act("bi.revoke", role=made["role"])


def test_an_erased_workspace_leaves_nothing_and_its_neighbour_everything(engine: Engine) -> None:
    s3 = boto3.client("s3")
    for bucket in BUCKETS:
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket="uploads", VersioningConfiguration={"Status": "Enabled"})
    erased, kept = (act("workspaces.create", name=name)["id"] for name in ("erased", "kept"))
    for workspace in (erased, kept):
        _fill(engine, UUID(workspace))
    reader = act("bi.create", workspace=erased)["role"]

    gone = act("workspaces.erase", workspace=erased)
    assert gone.pop("is_done")
    assert gone["objects"] == {"uploads": 3 * 2, "previews": 3}  # uploads were sent twice
    rows = gone["rows"]
    assert {name: rows[name] for name in ("workspaces", "groups", "creatives", "creative_facts", "bi_readers")} == {
        **{"workspaces": 1, "groups": 1, "creatives": 3, "creative_facts": 3, "bi_readers": 1}
    }
    assert not any(name in str(gone) for name in ("erased", "grp", "a.png")), "a receipt has no names"
    assert act("workspaces.erase", workspace=erased) == {"rows": {}, "objects": {}, "is_done": True}

    assert {found["id"] for found in act("workspaces.list")} >= {kept}
    assert erased not in {found["id"] for found in act("workspaces.list")}
    assert reader not in [found["role"] for found in act("bi.list")]
    for bucket, versions in (("uploads", 6), ("previews", 3)):
        left = s3.list_object_versions(Bucket=bucket)["Versions"]
        assert {version["Key"].split("/")[0] for version in left} == {kept}
        assert len(left) == versions
    with engine.connect() as connection:
        count = (
            select(func.count()).select_from(schema.Creative).where(schema.Creative.workspace_id.in_([kept, erased]))
        )
        assert connection.scalar(count) == 3


def test_the_stores_are_compared_with_the_rows_and_repaired(engine: Engine) -> None:
    s3 = boto3.client("s3")
    for bucket in BUCKETS:
        s3.create_bucket(Bucket=bucket)
    workspace = act("workspaces.create", name="compared")["id"]
    _fill(engine, UUID(workspace))
    with engine.begin() as connection:
        connection.execute(
            update(schema.Creative)
            .where(schema.Creative.workspace_id == workspace)
            .values(event_etag="e", has_preview=True, updated_at=datetime(2026, 1, 1, tzinfo=UTC))
        )
    assert act("storage.check", kind="uploads") == {"objects": [], "rows": [], "after": None}
    first, *_ = sorted(each["Key"] for each in s3.list_objects_v2(Bucket="uploads")["Contents"])
    s3.delete_object(Bucket="uploads", Key=first)
    s3.delete_object(Bucket="previews", Key=f"{first}.webp")
    found = {"objects": [], "rows": [first], "after": None}
    assert act("storage.check", kind="uploads") == found
    assert act("storage.check", kind="previews")["rows"] == [f"{first}.webp"]
    assert act("storage.check", kind="uploads", repair=True) == found
    assert act("storage.check", kind="uploads")["rows"] == []
    assert "kind: Input should be" in act("storage.check", kind="others")


def test_an_erasure_that_runs_out_of_time_says_so() -> None:
    workspace = act("workspaces.create", name="large")["id"]
    hurried = SimpleNamespace(**{**vars(CONTEXT), "get_remaining_time_in_millis": lambda: 30_000})
    assert act("workspaces.erase", hurried, workspace=workspace)["is_done"] is False
    assert workspace in {found["id"] for found in act("workspaces.list")}


@pytest.mark.parametrize(
    ("action", "arguments", "said"),
    [
        ("keys.make", {}, "There is no action 'keys.make'"),
        ("keys.create", {}, "name: Missing required argument"),
        ("keys.create", {"name": ""}, "at least 1 character"),
        ("keys.create", {"name": "a", "colour": "red"}, "colour: Unexpected keyword argument"),
        ("workspaces.erase", {"workspace": "default"}, "by its id"),
        ("bi.create", {"workspace": "none"}, "no workspace 'none'"),
    ],
)
def test_what_cannot_be_done_is_answered(action: str, arguments: dict[str, Any], said: str) -> None:
    assert said in act(action, **arguments)


def test_every_action_has_a_test() -> None:
    source = Path(__file__).read_text()
    assert all(f'act("{action}"' in source for action in ACTIONS)


def _fill(engine: Engine, workspace_id: UUID) -> None:
    """Three creatives, their uploads sent twice, and their previews."""
    s3 = boto3.client("s3")
    ids = [uuid4() for _ in range(3)]
    creatives = PostgresCreatives(engine)
    creatives.register(workspace_id, "grp", [NewCreative(id_, "a.png", 10) for id_ in ids])
    for id_ in ids:
        key = object_key(CreativeId(workspace_id, id_), "grp")
        for _ in range(2):
            s3.put_object(Bucket="uploads", Key=key, Body=b"picture")
        s3.put_object(Bucket="previews", Key=f"{key}.webp", Body=b"preview")
