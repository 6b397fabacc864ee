"""State folder, processes, ports and fingerprints."""

import os
import socket
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from local.state import HOST, Process, State, digest, free_port, write_private


def test_parallel_changes_are_all_kept(tmp_path: Path) -> None:
    state = State.at(tmp_path / "state")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: state.write(**{f"key{number}": number}), range(40)))
    assert state.read() == {f"key{number}": number for number in range(40)}


def test_none_takes_a_key_out(tmp_path: Path) -> None:
    state = State.at(tmp_path)
    state.write(port=1, pid=2)
    state.write(pid=None)
    assert state.read() == {"port": 1}


def test_private_files_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_number_given_to_another_process_is_not_ours() -> None:
    ours = Process.of(os.getpid())
    assert ours.running
    assert not Process(ours.pid, ours.created - 1).running
    gone = max(psutil.pids()) + 100_000
    assert not Process(gone, ours.created).running


def test_a_taken_port_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        chosen = free_port(port)
        assert chosen != port
    assert free_port(port) == port
    assert free_port(None, port) == port


def test_fingerprint_follows_contents_names_and_settings(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "inner").mkdir(parents=True)
    (source / "inner" / "a.py").write_text("one")
    first = digest([source], "setting")
    (source / "__pycache__").mkdir()
    (source / "__pycache__" / "a.pyc").write_text("compiled")
    assert digest([source], "setting") == first
    assert digest([source], "other") != first
    (source / "inner" / "a.py").write_text("two")
    second = digest([source], "setting")
    assert second != first
    (source / "inner" / "a.py").rename(source / "inner" / "b.py")
    assert digest([source], "setting") not in (first, second)
