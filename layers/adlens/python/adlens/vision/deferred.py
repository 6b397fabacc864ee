"""Modules that a library imports and we do not need: scikit-learn's KMeans asks for all of scipy.stats, for nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any


class _StandIn(ModuleType):
    """Passes on to the module whose name it has, which is imported with the first use."""

    waits = True

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if not self.waits:
            return getattr(import_module(self.__name__), name)

        def looked_up(*arguments: Any, **options: Any) -> Any:
            """What the library takes for the function `name`."""
            return getattr(self, name)(*arguments, **options)

        return looked_up


@contextmanager
def deferred(*names: str) -> Iterator[None]:
    """What is imported within it gets stand-ins for the modules `names`, packages before what is in them, unless they
    are there already. All threads do: none may import one of them for itself meanwhile.
    """
    stand_ins = {name: _StandIn(name) for name in names if name not in sys.modules}
    packages: dict[str, ModuleType | None] = {}
    for name, stand_in in stand_ins.items():
        sys.modules[name] = stand_in
        packages[name] = package = sys.modules.get(name.rpartition(".")[0])
        if package:
            setattr(package, name.rpartition(".")[2], stand_in)
    try:
        yield
    finally:
        for name, stand_in in stand_ins.items():
            del sys.modules[name]
            if package := packages[name]:
                delattr(package, name.rpartition(".")[2])
            stand_in.waits = False
