"""The image of the analysis, as far as it can be checked without an engine: its Dockerfile and its build context."""

import fnmatch
import re
import tomllib
from pathlib import Path

import pytest

from infra_cdk.analysis import IMAGE_BUNDLE
from infra_cdk.config import BUNDLE, IMAGE_TARGETS, ROOT

from .conftest import Stage

DOCKERFILE = ROOT / "functions/analyze/Dockerfile"


@pytest.fixture(scope="module")
def instructions() -> list[tuple[str, str]]:
    """Instruction and argument, continued lines joined."""
    text = re.sub(r"\\\n\s*", "", DOCKERFILE.read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines)]


@pytest.fixture(scope="module")
def stages(instructions: list[tuple[str, str]]) -> dict[str, list[tuple[str, str]]]:
    """By name, each with what it inherits from the stage it starts from."""
    found: dict[str, list[tuple[str, str]]] = {}
    current: list[tuple[str, str]] = []  # before the first: arguments
    for name, rest in instructions:
        if name == "FROM":
            base, _, alias = rest.partition(" AS ")
            current = found[alias] = [*found.get(base, [])]
        current.append((name, rest))
    return found


@pytest.fixture(scope="module", params=IMAGE_TARGETS)
def target(request: pytest.FixtureRequest, stages: dict[str, list[tuple[str, str]]]) -> list[tuple[str, str]]:
    return stages[request.param]


def test_the_base_is_one_version_of_awss_image_for_python_3_12(
    instructions: list[tuple[str, str]], stages: dict[str, list[tuple[str, str]]]
) -> None:
    (base,) = (rest for name, rest in instructions if name == "ARG" and rest.startswith("LAMBDA_IMAGE="))
    assert re.fullmatch(r"LAMBDA_IMAGE=public\.ecr\.aws/lambda/python:3\.12\.\d{4}(\.\d\d){3}-x86_64", base)
    bases = {rest.split()[0] for name, rest in instructions if name == "FROM"}
    assert bases - stages.keys() == {"${LAMBDA_IMAGE}", "scratch", "bundle-${BUNDLE_FROM}"}


def test_the_fast_target_is_the_default(aws: Stage, stages: dict[str, list[tuple[str, str]]]) -> None:
    assert [*stages][-1] == IMAGE_TARGETS[0]
    assert aws.image()["dockerBuildTarget"] == IMAGE_TARGETS[0]
    assert aws.image()["dockerBuildArgs"] == {"BUNDLE": BUNDLE}


def test_a_stage_chooses_the_reference_target_and_a_bundle_made_in_the_image(
    aws_reference: Stage, stages: dict[str, list[tuple[str, str]]]
) -> None:
    image = aws_reference.image()
    assert image["dockerBuildTarget"] in stages
    assert f"bundle-{image['dockerBuildArgs']['BUNDLE_FROM']}" in stages
    analyze = aws_reference.function("analyze")
    assert analyze["MemorySize"] > 3008
    (mapping,) = (
        mapping
        for mapping in aws_reference.of_type("AWS::Lambda::EventSourceMapping").values()
        if mapping["FunctionName"]["Ref"].startswith("Analysis")
    )
    assert mapping["BatchSize"] == 1


def test_only_the_reference_target_has_torch(stages: dict[str, list[tuple[str, str]]]) -> None:
    installed = {
        name: [rest.split()[-1] for _, rest in stages[name] if "pip install" in rest and "${AMX}" not in rest]
        for name in ("build", "build-reference")
    }
    assert installed["build"][-1] == "/requirements/analyze.txt"
    assert installed["build-reference"][-1] == "/requirements/reference.txt"
    for name, room in ("fast", "build"), ("reference", "build-reference"):
        assert ("COPY", f"--from={room} /opt/python/lib /opt/python/lib") in stages[name]
    packages = {name: (ROOT / f"requirements/{name}.txt").read_text() for name in ("analyze", "reference")}
    assert "\ntorch==" in packages["reference"]
    assert "torch" not in packages["analyze"]


@pytest.mark.parametrize(("built", "without"), [("aws", "bundle-upstream"), ("aws_reference", "bundle-checkout")])
def test_what_is_copied_is_in_the_context(
    built: str, without: str, stages: dict[str, list[tuple[str, str]]], request: pytest.FixtureRequest
) -> None:
    context = request.getfixturevalue(built).image_context()
    sources = {
        source.replace("${BUNDLE}", BUNDLE)
        for stage, lines in stages.items()
        for name, rest in lines
        if stage != without and name == "COPY" and not rest.startswith("--from=")
        for source in rest.split()[:-1]
    }
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
    assert len(installs) == 7
    assert all("--require-hashes" in rest for rest in installs)


def test_matrix_units_are_asked_for(stages: dict[str, list[tuple[str, str]]]) -> None:
    """Lambda promises none: its image goes without what they need."""
    (install,) = (rest for _, rest in stages["build"] if "/requirements/amx.txt" in rest and "pip install" in rest)
    assert install.startswith('[ -z "${AMX}" ] || ')
    assert ("ARG", "AMX") in stages["build"]


def test_only_tmp_is_written_to(target: list[tuple[str, str]]) -> None:
    (environment,) = (dict(pair.split("=", 1) for pair in rest.split()) for name, rest in target if name == "ENV")
    homes = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "MPLCONFIGDIR")
    homes += ("YOLO_CONFIG_DIR", "EASYOCR_MODULE_PATH", "HF_HOME")
    assert all(Path(environment[name]).is_relative_to("/tmp") for name in homes)  # noqa: S108 - Lambda's
    assert environment["HF_HUB_OFFLINE"] == environment["YOLO_OFFLINE"] == "1"
    assert environment["YOLO_AUTOINSTALL"] == "0"
    assert environment["PYTHONDONTWRITEBYTECODE"] == "1"


def test_the_bundle_is_where_the_function_looks(
    target: list[tuple[str, str]], stages: dict[str, list[tuple[str, str]]], aws: Stage
) -> None:
    assert ("COPY", "${BUNDLE} /bundle") in stages["bundle-checkout"]
    assert any(rest.endswith("--out /bundle") for _, rest in stages["bundle-upstream"])
    assert ("COPY", f"--from=bundle /bundle {IMAGE_BUNDLE}") in target
    assert aws.function("analyze")["Environment"]["Variables"]["ADLENS_BUNDLE"] == IMAGE_BUNDLE
    manifest = tomllib.loads((aws.image_context() / BUNDLE / "manifest.toml").read_text())
    assert manifest["name"] == Path(BUNDLE).name


def test_it_ends_with_a_smoke_import_without_rights(target: list[tuple[str, str]], aws: Stage) -> None:
    names = [name for name, _ in target]
    assert names[-3:] == ["USER", "RUN", "CMD"]
    user, smoke, command = (rest for _, rest in target[-3:])
    assert user.split(":")[0] not in ("0", "root")
    assert "import functions.analyze.handler" in smoke
    assert IMAGE_BUNDLE in smoke
    (handler,) = aws.function("analyze")["ImageConfig"]["Command"]
    assert command == f'["{handler}"]'
