"""For all tests: none is a matter of time, and some share a process where several run them (pytest-xdist)."""

from __future__ import annotations

import ctypes
import ctypes.util
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

settings.register_profile("whatever the machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("whatever the machine")

_DEFAULT = ctypes.c_void_p(-1)  # FE_DFL_ENV of C's fenv.h

HERE = Path(__file__).parent
# In one process each, and first, for they take the longest. Stacks prefer the same ports.
TOGETHER = {
    "torch": ("training", "e2e/test_reference.py"),
    "stack": ("e2e", "web", "integration/local", "integration/cli"),
}


class Groups(LoadScopeScheduling):
    """Gives each process a whole group of tests at a time."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(self.config.rootpath / nodeid.partition("::")[0])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Groups:
    return Groups(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: [*TOGETHER, group_of(item.path)].index(group_of(item.path)))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Hypothesis insists on numbers as IEEE 754 has them; models that ran before have made denormal ones zero."""
    if "vision" not in item.path.parts:
        ctypes.CDLL(ctypes.util.find_library("m")).fesetenv(_DEFAULT)


def group_of(path: Path) -> str:
    """One of TOGETHER; else the file, whose tests share what they set up."""
    inside = path.relative_to(HERE)
    for name, folders in TOGETHER.items():
        if any(inside.is_relative_to(folder) for folder in folders):
            return name
    return inside.as_posix()
