"""The addresses of the pages: what a page shows is in its address."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

UPLOAD = "/"
GROUPS = "/groups"
ANALYTICS = "/analytics"
CREATIVES = "/creatives"
CREATIVE = "/creative/[creative_id]"
SETTINGS = "/settings"


def creative(creative_id: str, query: Mapping[str, str]) -> str:
    """The page of a creative that was opened from the gallery of `query`."""
    return address(f"/creative/{creative_id}", **query)


def address(path: str, **parameters: str) -> str:
    """`path` with the parameters that are not empty."""
    query = urlencode({name: value for name, value in parameters.items() if value}, quote_via=quote)
    return f"{path}?{query}" if query else path
