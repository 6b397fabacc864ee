"""A database that is killed, or whose disk is full: what was acknowledged is there afterwards, and the rest is not."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Any

import psutil
import pytest
from sqlalchemy import Engine

from adlens.domain.creative import CreativeId
from adlens.domain.errors import TransientError
from adlens.persistence.migrations import migrate
from adlens.persistence.session import make_engine
from local.services.postgres import Postgres
from local.state import State

DISK = "size=160m"


@pytest.fixture(scope="module", params=["own disk", "small disk"])
def server(request: pytest.FixtureRequest) -> Iterator[Postgres]:
    """A server that waits for its disk at each commit."""
    folder = Path(tempfile.mkdtemp(prefix="adlens-test-"))
    is_small = request.param == "small disk"
    try:
        if (
            is_small
            and subprocess.run(
                ["mount", "-t", "tmpfs", "-o", DISK, "none", folder], capture_output=True, check=False
            ).returncode
        ):
            pytest.skip("a small disk can only be mounted as root")
        folder.chmod(0o711)
        server = Postgres(State.at(folder / "state"), durable=True)
        server.start()
        yield server
        server.stop()
    finally:
        if is_small:
            subprocess.run(["umount", "--lazy", folder], capture_output=True, check=False)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def engine(server: Postgres) -> Iterator[Engine]:
    engine = make_engine(server.url(), pool_size=8)
    migrate(engine)
    yield engine
    engine.dispose()


def analyse_until(stop: Event, tenant: Any, findings: Callable[..., Any], acknowledged: list[CreativeId]) -> None:
    """Until `stop` is set or the database fails, as a worker does it."""
    with suppress(TransientError):
        while not stop.is_set():
            key = tenant.add()
            tenant.analysed(key, findings(seed=len(acknowledged)))
            acknowledged.append(key)


def killed(server: Postgres) -> None:
    """As when the machine is switched off: no process of the server ends in order."""
    process = psutil.Process(server.pid)
    for each in [process, *process.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    process.wait(30)


def check(tenant: Any, acknowledged: list[CreativeId]) -> None:
    rows = tenant.rows("SELECT id, status FROM creatives WHERE workspace_id = :workspace_id")
    analysed = {row["id"] for row in rows if row["status"] == "SUCCESS"}
    assert {key.id for key in acknowledged} <= analysed
    assert tenant.rollups() == tenant.recount()
    assert tenant.facts() == tenant.recounted_facts()


@pytest.mark.parametrize("server", ["own disk"], indirect=True, scope="module")
def test_a_server_that_is_killed_has_all_that_it_acknowledged(server: Postgres, tenant: Any, findings: Any) -> None:
    acknowledged: list[CreativeId] = []
    for _ in range(2):
        stop, before = Event(), len(acknowledged)
        with ThreadPoolExecutor(4) as pool:
            workers = [pool.submit(analyse_until, stop, tenant, findings, acknowledged) for _ in range(4)]
            while len(acknowledged) < before + 40 and not all(worker.done() for worker in workers):
                stop.wait(0.01)
            killed(server)
            for worker in workers:
                worker.result()
        assert len(acknowledged) >= before + 40
        server.start()
        tenant.engine.dispose()
        check(tenant, acknowledged)
        assert tenant.rows("SELECT count(*) AS n FROM request_turns") == [{"n": 0}]  # unlogged: counted anew


@pytest.mark.parametrize("server", ["small disk"], indirect=True, scope="module")
def test_a_full_disk_loses_nothing_and_all_goes_on_with_space(server: Postgres, tenant: Any, findings: Any) -> None:
    acknowledged: list[CreativeId] = []
    filler = server.state.root / "filler"
    free = os.statvfs(server.state.root)
    filler.write_bytes(b"\0" * max(0, free.f_bavail * free.f_frsize - 2**20))
    with ThreadPoolExecutor(4) as pool:
        for worker in [pool.submit(analyse_until, Event(), tenant, findings, acknowledged) for _ in range(4)]:
            worker.result()
    filler.unlink()
    server.start()  # it has given up where the log of its transactions was what did not fit
    tenant.engine.dispose()
    check(tenant, acknowledged)
    tenant.analysed(tenant.add(), findings(seed=1))
    check(tenant, acknowledged)
