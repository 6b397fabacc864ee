"""The headers of every answer: headers.toml with the addresses of this server and of its store."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

TEMPLATE = Path(__file__).with_name("headers.toml")


def response_headers(origins: Sequence[str], stores: Sequence[str]) -> dict[str, str]:
    """For pages that are opened at `origins` and send and load pictures at `stores`."""
    template = tomllib.loads(TEMPLATE.read_text())
    store = " ".join(stores)
    sockets = " ".join(f"ws{origin.removeprefix('http')}" for origin in origins)
    policy = "; ".join(
        " ".join((name, *value.format(pictures=store, uploads=store, sockets=sockets).split()))
        for name, value in template["content-security-policy"].items()
    )
    return {**template["headers"], "Content-Security-Policy": policy}
