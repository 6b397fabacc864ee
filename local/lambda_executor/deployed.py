"""What may run as a function: the deployer writes it into the state folder, the executor runs nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path


class NotDeployed(Exception):
    """The function is not one that was deployed."""


@dataclass(frozen=True)
class DeployedFunction:
    """`code_sha256` is that of a zip in base64, empty for an image, which runs the checkout; `python` the interpreter,
    empty for the project's own."""

    handler: str
    code_sha256: str = ""
    python: str = ""


def read(file: Path) -> dict[str, DeployedFunction]:
    """By function name; nothing where nothing was deployed."""
    if not file.exists():
        return {}
    return {name: DeployedFunction(**each) for name, each in json.loads(file.read_text(encoding="utf-8")).items()}


def dump(functions: Mapping[str, DeployedFunction]) -> str:
    """The text of such a file."""
    return json.dumps({name: asdict(each) for name, each in functions.items()}, indent=2)


def check(file: Path, name: str, asked: DeployedFunction) -> None:
    """Raises NotDeployed."""
    if read(file).get(name) != asked:
        raise NotDeployed(f"{name} ({asked.handler}) is no function that `adlens up` deployed from this checkout.")
