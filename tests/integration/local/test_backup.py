"""A backup of a stack that runs, restored elsewhere, answers every question as the stack did."""

from __future__ import annotations

import tarfile
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from adlens.persistence.session import make_engine
from adlens.persistence.workspaces.bi import PostgresBiReaders
from adlens.persistence.workspaces.repository import PostgresWorkspaces
from adlens_cli.client import Client
from local import stack
from local.backup import back_up, restore
from local.deployment import Deployment
from local.state import LocalStackError

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
PICTURES = ("bags_01_card.jpg", "clocks_02_square.png")
ENDED = {"SUCCESS", "ERROR"}


@dataclass(frozen=True)
class Original:
    deployment: Deployment
    key: str
    reader: tuple[str, str]
    answers: dict[str, Any]
    file: Path


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="adlens-test-") as name:
        Path(name).chmod(0o711)
        yield Path(name)
        for part in ("state", "elsewhere"):
            stack.down(Path(name) / part)


@pytest.fixture(scope="module")
def original(folder: Path) -> Original:
    deployment = stack.up(folder / "state", durable=False)
    workspaces = PostgresWorkspaces(make_engine(deployment.database_url))
    workspace = workspaces.create("customer")
    _, key = workspaces.create_key(workspace.id, "test")
    reader, password = PostgresBiReaders(make_engine(deployment.database_url)).create(workspace.id)
    sender = Client(deployment.api_url, key)
    group, sent, refusals = sender.upload([SAMPLES / name for name in PICTURES], lambda path: None)
    assert (len(sent), refusals) == (len(PICTURES), [])
    deadline = time.monotonic() + 600  # a worker that was killed costs its queue's visibility timeout
    while {row["status"] for row in sender.group_progress(group)} - ENDED:
        assert time.monotonic() < deadline, logs(folder / "state")
        time.sleep(0.3)
    with client(deployment, key) as api:
        answers = all_answers(api)
    file = folder / "backup.tar.gz"
    made = back_up(file, folder / "state")
    assert made.objects >= 2 * len(PICTURES)  # originals and previews
    stack.down(folder / "state")
    return Original(deployment, key, (reader.role, password), answers, file)


def logs(state: Path) -> str:
    return "\n".join(f"{path.name}:\n{path.read_text()[-3000:]}" for path in sorted((state / "logs").glob("*.log")))


def client(deployment: Deployment, key: str) -> httpx.Client:
    return httpx.Client(base_url=deployment.api_url, headers={"x-api-key": key}, timeout=60)


def all_answers(api: httpx.Client) -> dict[str, Any]:
    """Every question that the API answers of a workspace, and the bytes of its files."""
    found: dict[str, Any] = {}

    def ask(path: str) -> Any:
        found[path] = without_signatures(answer := api.get(path).raise_for_status().json())
        return answer

    for path in ("/me", "/taxonomy", "/settings", "/analytics/all", "/exports", "/webhooks"):
        ask(path)
    for word in ("sale", "bag", "clock"):
        ask(f"/search?query={word}")
    for group in ask("/groups"):
        for path in ("status", "duplicates"):
            ask(f"/groups/{group['group_id']}/{path}")
        ask(f"/analytics/group/{group['group_id']}")
    for row in ask("/creatives")["items"]:
        creative = ask(f"/creatives/{row['creative_id']}")
        ask(f"/creatives/{row['creative_id']}/similar")
        for name, value in creative.items():
            if isinstance(value, str) and value.startswith("http"):
                found[f"{row['creative_id']} {name}"] = httpx.get(value).raise_for_status().content
    return found


def without_signatures(value: Any) -> Any:
    """Addresses as far as they stay: neither port nor signature."""
    if isinstance(value, dict):
        return {name: without_signatures(part) for name, part in value.items()}
    if isinstance(value, list):
        return [without_signatures(part) for part in value]
    return httpx.URL(value).path if isinstance(value, str) and value.startswith("http") else value


def test_a_backup_restored_elsewhere_answers_everything_as_before(folder: Path, original: Original) -> None:
    elsewhere = folder / "elsewhere"
    restored = restore(original.file, elsewhere)
    assert restored.objects >= 2 * len(PICTURES)
    deployment = stack.up(elsewhere, durable=False)
    with client(deployment, original.key) as api:
        assert all_answers(api) == original.answers
    role, password = original.reader
    server = make_url(deployment.database_url).set(username=role, password=password)
    with create_engine(server).connect() as connection:  # BI readers log in with the password they have
        assert connection.scalar(text("SELECT count(*) FROM bi.creatives")) == len(PICTURES)
    with pytest.raises(LocalStackError, match="adlens down"):
        restore(original.file, elsewhere, replace=True)
    stack.down(elsewhere)


def test_data_is_not_replaced_unless_that_is_said(folder: Path, original: Original) -> None:
    with pytest.raises(LocalStackError, match="--replace"):
        restore(original.file, folder / "state")
    restore(original.file, folder / "state", replace=True)


@pytest.mark.parametrize("damage", ["cut", "text", "missing"])
def test_what_is_no_whole_backup_changes_nothing(folder: Path, original: Original, damage: str) -> None:
    broken = folder / f"{damage}.tar.gz"
    if damage == "cut":
        broken.write_bytes(original.file.read_bytes()[: original.file.stat().st_size // 2])
    elif damage == "text":
        broken.write_text("no archive")
    else:
        with tarfile.open(original.file) as whole, tarfile.open(broken, "w:gz") as part:
            for member in whole.getmembers():
                if member.name != "database.dump":
                    part.addfile(member, whole.extractfile(member))
    before = sorted(path for path in (folder / "state" / "objects").rglob("*"))
    with pytest.raises(LocalStackError, match="no whole backup"):
        restore(broken, folder / "state", replace=True)
    assert sorted(path for path in (folder / "state" / "objects").rglob("*")) == before
    assert not [path for path in (folder / "state").iterdir() if path.name.startswith("restore-")]


def test_a_backup_is_its_owners_alone(original: Original) -> None:
    assert original.file.stat().st_mode & 0o077 == 0
