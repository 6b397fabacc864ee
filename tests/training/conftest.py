"""Training runs in its own environment, which these tests make when it is not there: torch is nowhere else."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from training.environment import ROOT, training_python, training_variables

Run = Callable[..., str]


@pytest.fixture(scope="session")
def run() -> Run:
    """Runs a module there, offline, and answers what it printed; what went wrong is in the test's failure."""
    python = training_python()

    def run(module: str, *arguments: str | Path) -> str:
        ended = subprocess.run(
            [python, "-m", module, *arguments],
            cwd=ROOT,
            env=training_variables(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    return run
