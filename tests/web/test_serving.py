"""The production build on one port: pages, static files and connection; stop, restart, and what happens without npm."""

import json
import os
import re
import signal
import sys
from pathlib import Path

import httpx
import psutil
import pytest
from simple_websocket import Client as WebSocket
from simple_websocket import ConnectionError as Refused

from local import stack
from local.services import web as builds
from local.services.web import SOURCES
from local.state import HOST, LocalStackError, wait_for

from .conftest import WebStack
from .socket_client import cookie_of


def part(web: WebStack) -> stack.Part:
    (found,) = (part for part in stack.status(web.root) if part.name == "web")
    return found


def processes(web: WebStack) -> list[psutil.Process]:
    """The server and its worker."""
    process = web.server.process
    assert process
    return [(server := psutil.Process(process.pid)), *server.children(recursive=True)]


def connect(web: WebStack, origin: str) -> str:
    """The first message of a new connection from a browser that the app knows."""
    url = f"{web.url.replace('http', 'ws')}/_event/?EIO=4&transport=websocket&token=page"
    connection = WebSocket.connect(url, headers={"Origin": origin, "Cookie": cookie_of(web.url)})
    try:
        connection.send("40/_event,")  # its answer: a first message that came with the handshake waits for a second one
        return str(connection.receive(timeout=10))
    finally:
        connection.close()


def test_it_is_up(web: WebStack) -> None:
    assert (part(web).running, part(web).url) == (True, web.url)
    assert httpx.get(f"{web.url}/_health").json() == {"status": True}


@pytest.mark.parametrize("path", ["/", "/settings", "/settings/"])
def test_pages_come_with_all_that_they_load(web: WebStack, path: str) -> None:
    page = httpx.get(web.url + path, follow_redirects=True)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-encoding"] == "gzip"
    files = set(re.findall(r'(?:href|src)="(/[^"]+\.(?:js|css|woff2))"', page.text))
    assert len(files) > 5
    assert {path: httpx.get(web.url + path).status_code for path in files} == dict.fromkeys(files, 200)


def test_what_is_not_there_is_said_to_be(web: WebStack) -> None:
    answer = httpx.get(f"{web.url}/no-such-page")
    assert answer.status_code == 404
    assert "<script" in answer.text  # the app itself says it


def test_the_build_knows_no_address(web: WebStack) -> None:
    texts = [path for path in (web.build / ".web/build/client").rglob("*") if path.suffix in (".js", ".html", ".css")]
    assert len(texts) > 10
    assert [path.name for path in texts if re.search(r"(localhost|127\.0\.0\.1):\d", path.read_text())] == []


def test_the_build_has_the_packages_of_the_lock(web: WebStack) -> None:
    """Where this fails, the pages want other packages: `make lock-web`."""
    for name in ("package.json", "package-lock.json"):
        used, locked = (json.loads((root / "reflex.lock" / name).read_text()) for root in (web.build, SOURCES))
        assert used == locked


def test_pages_of_other_origins_get_no_connection(web: WebStack) -> None:
    """The page works with the stack's key: another site in the same browser must not."""
    for origin in (web.url, web.url.replace(HOST, "localhost")):
        assert connect(web, origin).startswith('0{"sid":')
    for origin in ("http://evil.example", web.url.replace(HOST, "evil.example"), "null"):
        with pytest.raises(Refused):
            connect(web, origin)


def test_it_listens_on_loopback_only(web: WebStack) -> None:
    ours = {process.pid for process in processes(web)}
    listening = [c for c in psutil.net_connections("inet") if c.pid in ours and c.status == psutil.CONN_LISTEN]
    assert {(c.laddr.ip, c.laddr.port) for c in listening} == {(HOST, web.server.port)}


def test_serving_the_same_again_changes_nothing(web: WebStack) -> None:
    before = web.server.process
    web.serve()
    assert web.server.process == before


def test_it_is_stopped_and_started_at_the_same_address(web: WebStack) -> None:
    before = processes(web)
    web.server.stop()
    assert [process for process in before if process.is_running() and process.status() != psutil.STATUS_ZOMBIE] == []
    with pytest.raises(httpx.ConnectError):
        httpx.get(web.url)
    web.serve()
    assert processes(web)[0] != before[0]
    assert connect(web, web.url)


def test_status_says_that_it_has_ended(web: WebStack) -> None:
    process = web.server.process
    assert process
    os.killpg(process.pid, signal.SIGKILL)
    assert wait_for(lambda: not process.running, 10)
    assert not part(web).running
    assert "web.log" in part(web).detail
    web.serve()
    assert part(web).running


def test_the_stack_runs_without_it_where_npm_reaches_nothing(
    web: WebStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builds, "BUILDS", tmp_path)
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    web.server.stop()
    with pytest.raises(LocalStackError, match=r"(?s)web app could not be built: .*ECONNREFUSED"):
        stack.serve_web(builds.build, web.key, web.root)
    assert not part(web).running
    assert "could not be built" in part(web).detail
    assert [part.name for part in stack.status(web.root) if not part.running] == ["web"]
    web.serve()
    assert part(web).running


def test_a_build_is_made_once_and_the_newest_are_kept(
    web: WebStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nothing")  # a second one would not even start
    monkeypatch.setattr(builds, "BUILDS", tmp_path)
    (tmp_path / web.build.name).symlink_to(web.build)
    (tmp_path / "work").mkdir()
    older = [tmp_path / f"{age:016x}" for age in range(4)]
    for age, folder in enumerate(older):
        folder.mkdir()
        os.utime(folder, (1e9 - age, 1e9 - age))
    assert builds.build() == tmp_path / web.build.name
    assert {path.name for path in tmp_path.iterdir()} == {web.build.name, "work", "lock", *(f.name for f in older[:2])}
