"""The image of the analysis, as far as it can be checked without an engine: its Dockerfile and its build context."""

import fnmatch
import re
import tomllib
from pathlib import Path

import pytest

from infra_cdk.analysis import IMAGE_BUNDLE
from infra_cdk.config import BUNDLE, ROOT

from .conftest import Stage

DOCKERFILE = ROOT / "functions/analyze/Dockerfile"


@pytest.fixture(scope="module")
def instructions() -> list[tuple[str, str]]:
    """Instruction and argument, continued lines joined."""
    text = re.sub(r"\\\n\s*", "", DOCKERFILE.read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines)]


@pytest.fixture(scope="module")
def last_stage(instructions: list[tuple[str, str]]) -> list[tuple[str, str]]:
    start = max(number for number, (name, _) in enumerate(instructions) if name == "FROM")
    return instructions[start:]


def test_the_base_is_one_version_of_awss_image_for_python_3_12(instructions: list[tuple[str, str]]) -> None:
    (base,) = (rest for name, rest in instructions if name == "ARG" and rest.startswith("LAMBDA_IMAGE="))
    assert re.fullmatch(r"LAMBDA_IMAGE=public\.ecr\.aws/lambda/python:3\.12\.\d{4}(\.\d\d){3}-x86_64", base)
    assert {rest.split()[0] for name, rest in instructions if name == "FROM"} == {"${LAMBDA_IMAGE}"}


def test_what_is_copied_is_in_the_context(aws: Stage, instructions: list[tuple[str, str]]) -> None:
    context = aws.image_context()
    sources = [
        source.replace("${BUNDLE}", BUNDLE)
        for name, rest in instructions
        if name == "COPY" and not rest.startswith("--from=")
        for source in rest.split()[:-1]
    ]
    assert len(sources) >= 5
    missing = [source for source in sources if not list(context.glob(source))]
    assert not missing


def test_the_same_bundle_is_the_default_whoever_builds_the_image(instructions: list[tuple[str, str]]) -> None:
    assert ("ARG", f"BUNDLE={BUNDLE}") in instructions
    assert f"BUNDLE: ${{IMAGE_BUNDLE:-{BUNDLE}}}" in (ROOT / "docker-compose.yml").read_text()


def test_the_context_holds_nothing_else(aws: Stage) -> None:
    context = aws.image_context()
    files = [str(path.relative_to(context)) for path in context.rglob("*") if path.is_file()]
    wanted = (
        ".dockerignore",
        "functions/*.py",
        "functions/analyze/*",
        "layers/adlens/*",
        f"{BUNDLE}/*",
        "requirements/*",
    )
    assert not [file for file in files if not any(fnmatch.fnmatch(file, pattern) for pattern in wanted)]
    assert not [file for file in files if file.endswith(".pyc")]
    assert not [file for file in files if re.match(r"functions/(api|sweep|migrate|dead_letters)/", file)]


def test_requirements_are_installed_with_their_hashes(instructions: list[tuple[str, str]]) -> None:
    installs = [rest for name, rest in instructions if name == "RUN" and "pip install" in rest]
    assert len(installs) == 2
    assert all("--require-hashes" in rest for rest in installs)


def test_only_tmp_is_written_to(last_stage: list[tuple[str, str]]) -> None:
    (environment,) = (dict(pair.split("=", 1) for pair in rest.split()) for name, rest in last_stage if name == "ENV")
    homes = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "MPLCONFIGDIR", "YOLO_CONFIG_DIR", "HF_HOME")
    assert all(Path(environment[name]).is_relative_to("/tmp") for name in homes)  # noqa: S108 - Lambda's
    assert environment["HF_HUB_OFFLINE"] == "1"
    assert environment["PYTHONDONTWRITEBYTECODE"] == "1"


def test_the_bundle_is_where_the_function_looks(last_stage: list[tuple[str, str]], aws: Stage) -> None:
    assert ("COPY", f"${{BUNDLE}} {IMAGE_BUNDLE}") in last_stage
    assert aws.function("analyze")["Environment"]["Variables"]["ADLENS_BUNDLE"] == IMAGE_BUNDLE
    manifest = tomllib.loads((aws.image_context() / BUNDLE / "manifest.toml").read_text())
    assert manifest["name"] == "base"


def test_it_ends_with_a_smoke_import_without_rights(last_stage: list[tuple[str, str]], aws: Stage) -> None:
    names = [name for name, _ in last_stage]
    assert names[-3:] == ["USER", "RUN", "CMD"]
    user, smoke, command = (rest for _, rest in last_stage[-3:])
    assert user.split(":")[0] not in ("0", "root")
    assert "import functions.analyze.handler" in smoke
    assert IMAGE_BUNDLE in smoke
    (handler,) = aws.function("analyze")["ImageConfig"]["Command"]
    assert command == f'["{handler}"]'
