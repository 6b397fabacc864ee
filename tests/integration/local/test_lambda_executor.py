"""The process executor with the real AWS runtime client."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.lambda_executor.environment import Environment, Function, InitFailed

HANDLERS = """
    import os, sys, time

    print("module loaded")

    def echo(event, context):
        print("echo of", event["name"])
        seen = {name: os.environ.get(name) for name in ("TMPDIR", "EXTRA")}
        return {"name": event["name"], "pid": os.getpid(), **seen}

    def fail(event, context):
        print("about to fail")
        raise ValueError("no such creative")

    def size(event, context):
        return {"received": len(event["data"]), "data": "x" * event["answer"]}

    def sleep(event, context):
        print("asleep", flush=True)
        time.sleep(event["seconds"])
        return {"remaining_ms": context.get_remaining_time_in_millis(), "request_id": context.aws_request_id}

    def leave(event, context):
        os._exit(3)

    def children(event, context):
        import subprocess
        return subprocess.Popen(["sleep", str(event["seconds"])]).pid

    def logs(event, context):
        import logging
        logging.getLogger().warning("first")
        sys.stderr.write("on stderr\\n")
        print("no newline", end="")
        return None
"""

Start = Callable[..., Environment]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    code = tmp_path / "code"
    code.mkdir()
    (code / "handlers.py").write_text(textwrap.dedent(HANDLERS))
    (code / "broken.py").write_text("import not_installed_anywhere\n")
    (code / "leaves.py").write_text("import os; print('leaving'); os._exit(7)\n")
    (code / "hangs.py").write_text("import time; time.sleep(600)\n")
    environments: list[Environment] = []

    def start(handler: str, *, startup_timeout: float = 60, **variables: str) -> Environment:
        function = Function(
            name="probe",
            handler=handler,
            python=Path(sys.executable),
            directory=code,
            python_path=(code,),
            variables={"AWS_LAMBDA_FUNCTION_NAME": "probe", **variables},
            log_file=tmp_path / "logs" / "probe.log",
        )
        environment = Environment(function, tmp_path / "environments" / str(len(environments)), startup_timeout)
        environments.append(environment)
        environment.start()
        return environment

    yield start
    for environment in environments:
        environment.stop()


def running(pid: int) -> bool:
    """Whether `pid` is a live process (a zombie is not)."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.strip().startswith("Z")


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_success_keeps_the_process_for_the_next_call(start: Start) -> None:
    environment = start("handlers.echo", EXTRA="from the function's settings")
    first = environment.invoke("r-1", json.dumps({"name": "Кружка"}), timeout=30)
    second = environment.invoke("r-2", json.dumps({"name": "b"}), timeout=30)
    assert not first.is_error
    answer = json.loads(first.body)
    assert answer["name"] == "Кружка"
    assert answer["EXTRA"] == "from the function's settings"
    assert Path(answer["TMPDIR"]).is_relative_to(environment.folder)
    assert answer["pid"] == json.loads(second.body)["pid"] == environment.pid
    assert (environment.folder / "pid").read_text() == str(environment.pid)


def test_logs_go_to_the_caller_and_to_the_function_s_file(start: Start) -> None:
    environment = start("handlers.logs")
    logs = environment.invoke("r-1", "{}", timeout=30).logs
    for text in (
        "module loaded",
        "START RequestId: r-1",
        "first",
        "on stderr",
        "no newline\nEND RequestId: r-1",
        "REPORT",
    ):
        assert text in logs
    assert environment.function.log_file.read_text() == logs
    assert "module loaded" not in environment.invoke("r-2", "{}", timeout=30).logs


def test_handler_error_is_a_result_and_the_process_stays(start: Start) -> None:
    environment = start("handlers.fail")
    pid = environment.pid
    outcome = environment.invoke("r-1", "{}", timeout=30)
    assert outcome.is_error
    error = json.loads(outcome.body)
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "no such creative")
    assert "about to fail" in outcome.logs
    assert "no such creative" in outcome.logs
    assert environment.invoke("r-2", "{}", timeout=30).is_error
    assert environment.pid == pid


@pytest.mark.parametrize(
    ("handler", "kind", "logged"),
    [
        ("broken.handler", "Runtime.ImportModuleError", "not_installed_anywhere"),
        ("handlers.missing", "Runtime.HandlerNotFound", "missing"),
        ("leaves.handler", "Runtime.ExitError", "leaving"),
    ],
)
def test_init_error_is_reported(start: Start, handler: str, kind: str, logged: str) -> None:
    with pytest.raises(InitFailed) as failure:
        start(handler)
    assert json.loads(failure.value.body)["errorType"] == kind
    assert logged in failure.value.logs


def test_init_that_hangs_is_ended(start: Start) -> None:
    with pytest.raises(InitFailed, match="InitTimedout"):
        start("hangs.handler", startup_timeout=1)


def test_timeout_kills_the_process_and_the_next_call_works(start: Start) -> None:
    environment = start("handlers.sleep")
    pid = environment.pid
    assert pid is not None
    outcome = environment.invoke("r-1", json.dumps({"seconds": 600}), timeout=1)
    assert outcome.is_error
    assert json.loads(outcome.body)["errorType"] == "Sandbox.Timedout"
    assert "asleep" in outcome.logs
    assert "timed out after 1.00 seconds" in outcome.logs
    assert not running(pid)
    again = environment.invoke("r-2", json.dumps({"seconds": 0}), timeout=30)
    assert not again.is_error
    answer = json.loads(again.body)
    assert answer["request_id"] == "r-2"
    assert 0 < answer["remaining_ms"] <= 30_000
    assert environment.pid != pid


@pytest.mark.parametrize("megabytes", [0, 1, 5])
def test_big_payloads_both_ways(start: Start, megabytes: int) -> None:
    length = megabytes * 1024 * 1024
    outcome = start("handlers.size").invoke("r-1", json.dumps({"data": "y" * length, "answer": length}), timeout=60)
    assert not outcome.is_error
    answer = json.loads(outcome.body)
    assert answer["received"] == len(answer["data"]) == length


def test_an_answer_over_lambda_s_limit_is_an_error(start: Start) -> None:
    environment = start("handlers.size")
    outcome = environment.invoke("r-1", json.dumps({"data": "", "answer": 7 * 1024 * 1024}), timeout=60)
    assert outcome.is_error
    assert json.loads(outcome.body)["errorType"] == "Function.ResponseSizeTooLarge"
    assert not environment.invoke("r-2", json.dumps({"data": "", "answer": 1}), timeout=60).is_error


def test_environments_run_side_by_side(start: Start) -> None:
    environments = [start("handlers.echo") for _ in range(3)]

    def calls(environment: Environment) -> set[tuple[str, int]]:
        names = [f"{environment.pid}-{number}" for number in range(20)]
        answers = [json.loads(environment.invoke(name, json.dumps({"name": name}), timeout=60).body) for name in names]
        assert [answer["name"] for answer in answers] == names
        return {(answer["TMPDIR"], answer["pid"]) for answer in answers}

    with ThreadPoolExecutor(3) as pool:
        seen = list(pool.map(calls, environments))
    assert all(len(one) == 1 for one in seen)
    assert len(set.union(*seen)) == 3
    reports = [line for line in environments[0].function.log_file.read_text().splitlines() if line.startswith("REPORT")]
    assert len(reports) == 60


def test_process_killed_in_the_middle_of_a_call(start: Start) -> None:
    environment = start("handlers.sleep")
    pid, log = environment.pid, environment.function.log_file
    assert pid is not None
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(environment.invoke, "r-1", json.dumps({"seconds": 600}), 600)
        wait_until(lambda: "asleep" in log.read_text())
        os.kill(pid, signal.SIGKILL)
        outcome = call.result(timeout=60)
    assert outcome.is_error
    assert json.loads(outcome.body)["errorType"] == "Runtime.ExitError"
    assert "signal: 9" in json.loads(outcome.body)["errorMessage"]
    assert not environment.invoke("r-2", json.dumps({"seconds": 0}), timeout=60).is_error


def test_process_killed_while_idle(start: Start) -> None:
    environment = start("handlers.echo")
    pid = environment.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not running(pid))
    assert not environment.invoke("r-1", json.dumps({"name": "a"}), timeout=60).is_error


def test_handler_that_leaves(start: Start) -> None:
    outcome = start("handlers.leave").invoke("r-1", "{}", timeout=60)
    assert outcome.is_error
    assert "exit status 3" in json.loads(outcome.body)["errorMessage"]


def test_a_child_that_holds_the_log_open_hides_no_exit(start: Start) -> None:
    environment = start("handlers.children")
    child = json.loads(environment.invoke("r-1", json.dumps({"seconds": 600}), timeout=60).body)
    try:
        pid = environment.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not running(pid))
        assert not environment.invoke("r-2", json.dumps({"seconds": 0}), timeout=60).is_error
        assert running(child)
    finally:
        os.kill(child, signal.SIGKILL)


def test_stop_ends_the_process_and_its_call(start: Start) -> None:
    environment = start("handlers.sleep")
    pid = environment.pid
    assert pid is not None
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(environment.invoke, "r-1", json.dumps({"seconds": 600}), 600)
        wait_until(lambda: "asleep" in environment.function.log_file.read_text())
        environment.stop()
        assert call.result(timeout=60).is_error
    assert not running(pid)
    assert not environment.folder.exists()
    assert environment.invoke("r-2", "{}", timeout=60).is_error


def test_no_process_outlives_a_killed_executor(start: Start, tmp_path: Path) -> None:
    """The executor runs in a process of its own here, which is killed while a call is under way."""
    code = textwrap.dedent(f"""
        import sys
        from pathlib import Path
        from local.lambda_executor.environment import Environment, Function
        code = Path({str(tmp_path / "code")!r})
        log = code.parent / "orphan.log"
        function = Function("probe", "handlers.sleep", Path(sys.executable), code, (code,), {{}}, log)
        environment = Environment(function, code.parent / "orphan")
        environment.start()
        print(environment.pid, flush=True)
        environment.invoke("r-1", '{{"seconds": 600}}', 600)
    """)
    checkout = Path(__file__).parents[3]
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=checkout) as executor:
        try:
            assert executor.stdout is not None
            pid = int(executor.stdout.readline())
            wait_until(lambda: "asleep" in (tmp_path / "orphan.log").read_text())
            assert running(pid)
        finally:
            executor.kill()
    wait_until(lambda: not running(pid))
