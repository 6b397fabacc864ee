"""Which model bundle to use, and where its weights are."""

from __future__ import annotations

from pathlib import Path

from adlens.domain.errors import InvalidBundle
from adlens.domain.ports.vision import Engines
from adlens.settings import CommandLineSettings
from adlens.vision.bundle import MANIFEST, load_bundle, read_manifest
from adlens_cli.places import BUNDLE_CACHE, CHECKOUT, MODELS

BEST_FIRST = ("compact", "coco-dev", "base")
BUILT = "upstream"
"""What `make models` builds."""


def weights_folder() -> Path:
    """Absolute; relative settings start at the checkout."""
    return (CHECKOUT / CommandLineSettings().weights).resolve()


def bundle_folder(asked: str) -> Path | None:
    """The folder of a bundle, from its path or its name below models/; None when there is no such bundle."""
    return next((folder.resolve() for folder in (Path(asked), MODELS / asked) if (folder / MANIFEST).is_file()), None)


def choose_bundle(asked: str | None) -> str:
    """What was asked for, else what is set, else the best bundle that is here with its weights: a folder or an address
    s3://bucket/prefix. Raises InvalidBundle when there is no such folder.
    """
    chosen = asked or CommandLineSettings().bundle
    if chosen is None:
        here = {path.parent.name for path in MODELS.glob(f"*/{MANIFEST}")}
        if not (weights_folder() / "yolov8n.onnx").exists():
            here.discard("coco-dev")
        return str(MODELS / next(name for name in BEST_FIRST if name in here))
    if chosen.startswith("s3://"):
        return chosen
    if folder := bundle_folder(chosen):
        return str(folder)
    names = ", ".join(sorted(path.parent.name for path in MODELS.glob(f"*/{MANIFEST}")))
    hint = ". `make models` builds it" if Path(chosen) in (Path(BUILT), MODELS / BUILT, Path("models", BUILT)) else ""
    raise InvalidBundle(
        f"There is no model bundle {chosen!r}: no folder with a {MANIFEST}, and models/ has {names}{hint}."
    )


def check_bundle(chosen: str) -> None:
    """Raises InvalidBundle when a folder's bundle is incomplete or altered. Published ones are checked when fetched."""
    if not chosen.startswith("s3://"):
        read_manifest(Path(chosen), {"weights": str(weights_folder())})


def stack_variables(bundle: str) -> dict[str, str]:
    """The local stack's settings with a bundle: a folder, or s3://bucket/prefix."""
    variables = {"ADLENS_LOCAL_BUNDLE": bundle, "ADLENS_LOCAL_WEIGHTS": str(weights_folder())}
    if anonymous := CommandLineSettings().local_anonymous_workspace:
        variables["ADLENS_LOCAL_ANONYMOUS_WORKSPACE"] = str(anonymous)
    return variables


def open_bundle(asked: str | None, threads: int) -> Engines:
    """Raises InvalidBundle when it is incomplete or altered."""
    chosen = choose_bundle(asked)
    folder = _fetched(chosen) if chosen.startswith("s3://") else Path(chosen)
    bundle = load_bundle(folder, threads=threads, variables={"weights": str(weights_folder())})
    bundle.prepare()
    return bundle


def _fetched(uri: str) -> Path:
    from adlens.storage.bundles import fetch_bundle
    from adlens.storage.clients import s3_client

    endpoint = CommandLineSettings().s3_endpoint_url
    return fetch_bundle(s3_client(endpoint, "path" if endpoint else "auto"), uri, BUNDLE_CACHE)
