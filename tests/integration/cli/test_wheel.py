"""The wheel alone, installed into an empty environment: what pip gives a user, far from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from adlens import __version__

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "samples" / "cups_01_card.jpg"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def adlens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of the installed wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=ROOT, check=True)
    (wheel,) = folder.glob("*.whl")
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder / "venv"], check=True)
    locked = ROOT / "requirements" / "dev.txt"
    install = [uv, "pip", "install", "--quiet", "--python", folder / "venv" / "bin" / "python", "-c", locked, wheel]
    subprocess.run(install, check=True)
    return folder / "venv" / "bin" / "adlens"


def run(adlens: Path, folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """In an empty folder, with no setting of ours."""
    variables = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    return subprocess.run([adlens, *arguments], cwd=folder, env=variables, capture_output=True, text=True, check=False)


def test_the_version_is_that_of_the_checkout(adlens: Path, tmp_path: Path) -> None:
    assert run(adlens, tmp_path, "--version").stdout == f"adlens {__version__}\n"


def test_analyze_has_all_it_needs(adlens: Path, tmp_path: Path) -> None:
    done = run(adlens, tmp_path, "analyze", "--json", SAMPLE)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["overall_status"], found["main_topic"]) == ("SUCCESS", "cups")


def test_tables_are_written_in_every_format(adlens: Path, tmp_path: Path) -> None:
    done = run(adlens, tmp_path, "analyze", "--csv", "out.csv", "--parquet", "out.parquet", SAMPLE)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.csv").stat().st_size
    assert (tmp_path / "out.parquet").stat().st_size


def test_bundles_of_the_package_are_listed_and_verified(adlens: Path, tmp_path: Path) -> None:
    listed = run(adlens, tmp_path, "models", "list")
    assert "models/compact" in listed.stdout, listed.stderr
    assert run(adlens, tmp_path, "models", "verify", "compact").returncode == 0


def test_the_local_stack_says_where_it_runs(adlens: Path, tmp_path: Path) -> None:
    done = run(adlens, tmp_path, "up", "--no-web")
    assert done.returncode == 1
    assert "checkout" in done.stderr
    assert "Traceback" not in done.stderr
