"""What pyproject.toml says of the packages holds for all of them."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

from packaging.requirements import Requirement
from typer.testing import CliRunner

import adlens
from adlens_cli.main import app

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_every_package_has_a_layer() -> None:
    here = {folder.parent.name for folder in ROOT.glob("*/__init__.py") if folder.parent.name != "tests"}
    layered = PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    named = {name for layer in layered for name in re.split(r"[ |:]+", layer)}
    assert named == set(PROJECT["tool"]["importlinter"]["root_packages"]) == here | {"adlens", "adlens_web"}


def test_every_folder_with_code_is_a_package() -> None:
    """A folder without __init__.py is invisible to the import contracts."""
    rooms = PROJECT["tool"]["importlinter"]["root_packages"]
    folders = {
        path.parent for room in rooms for path in (ROOT / room).rglob("*.py") if "node_modules" not in path.parts
    }
    assert not [str(folder) for folder in folders if not (folder / "__init__.py").is_file()]


def test_the_changelog_starts_with_the_version() -> None:
    version = re.search(r"^## (\S+) - \d{4}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert version
    assert version[1] == adlens.__version__


def test_a_version_of_the_changelog_has_each_heading_once() -> None:
    for release in (ROOT / "CHANGELOG.md").read_text().split("\n## ")[1:]:
        headings = re.findall("^### .*", release, re.MULTILINE)
        assert len(headings) == len(set(headings)), release[:30]


def test_the_command_says_its_version() -> None:
    assert CliRunner().invoke(app, ["--version"]).output == f"adlens {adlens.__version__}\n"


def test_tested_versions_are_in_the_ranges() -> None:
    project = PROJECT["project"]
    for text in [*project["dependencies"], *project["optional-dependencies"]["lift"]]:
        wanted = Requirement(text)
        assert wanted.specifier.contains(version(wanted.name)), text
        assert {one.operator for one in wanted.specifier} == {">=", "<"}, text
