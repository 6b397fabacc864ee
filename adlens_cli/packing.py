"""A bundle made self-contained: what the store takes, and what any machine with the same packages can run."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Mapping
from importlib.metadata import packages_distributions
from pathlib import Path, PurePosixPath
from typing import Any

import tomlkit

from adlens.domain.errors import InvalidBundle
from adlens.storage.bundles import METRICS
from adlens.vision.bundle import MANIFEST, read_manifest
from adlens_cli.places import ANALYZE_REQUIREMENTS


def pack(folder: Path, variables: Mapping[str, str], target: Path) -> Path:
    """Copies the bundle in `folder` to the new folder `target` with everything that its manifest names.

    What lies in the bundle's folder keeps its path, cards and notices too. What comes from elsewhere (../, a variable,
    a package that the analyze image does not pin) goes to files/, and the manifest names it there. Raises InvalidBundle
    when a file is missing or altered.
    """
    found = read_manifest(folder, variables)
    for path in folder.rglob("*"):
        if not path.resolve().is_relative_to(folder.resolve()):
            raise InvalidBundle(f"{path} leads outside of the bundle's folder: it would be published with it.")
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns(METRICS, ".*", "__pycache__"))
    manifest = tomlkit.parse((folder / MANIFEST).read_text())
    for stage, stage_manifest in found.stages.items():
        for role, entry in manifest.get(str(stage), {}).get("files", {}).items():
            _carry(entry, stage_manifest.files[role], target)
    (target / MANIFEST).write_text(tomlkit.dumps(manifest))
    return target


def _carry(entry: Any, source: Path, target: Path) -> None:
    sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
    if "package" in entry and entry.get("sha256") == sha256 and _is_pinned(entry["package"]):
        return
    if "package" in entry or not _is_inside(entry["path"]):
        carried = Path("files") / f"{sha256[:12]}-{source.name}"
        (target / "files").mkdir(exist_ok=True)
        shutil.copyfile(source, target / carried)
        entry["path"] = carried.as_posix()
        entry.pop("package", None)
    entry["sha256"] = sha256
    for weaker in ("md5", "unpinned"):
        entry.pop(weaker, None)


def _is_inside(path: str) -> bool:
    return "$" not in path and not PurePosixPath(path).is_absolute() and ".." not in PurePosixPath(path).parts


def _is_pinned(package: str) -> bool:
    """Whether the analyze image always has exactly this version of the package."""
    locked = set(re.findall(r"^([a-z0-9._-]+)==", ANALYZE_REQUIREMENTS.read_text(), re.MULTILINE))
    return any(re.sub(r"[-_.]+", "-", name).lower() in locked for name in packages_distributions().get(package, []))
