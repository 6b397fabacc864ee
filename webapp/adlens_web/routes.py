"""The addresses of the pages and which of them the navigation lists. An address holds all that its page shows."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from adlens_web import filters

UPLOAD = "/"
GROUPS = "/groups"
DUPLICATES = "/duplicates"
ANALYTICS = "/analytics"
COMPARE = "/analytics/compare"
CREATIVES = "/creatives"
CREATIVE = "/creative/[creative_id]"
SETTINGS = "/settings"
TRASH = "/trash"
KEYS = "/settings/keys"

NAVIGATION = (
    (UPLOAD, "upload", "nav.upload"),
    (GROUPS, "layers", "nav.groups"),
    (ANALYTICS, "chart_column", "nav.analytics"),
    (CREATIVES, "images", "nav.creatives"),
    (SETTINGS, "settings_2", "nav.settings"),
)
"""Entries of the navigation: address, icon, key of the text."""


def creative(creative_id: str, query: Mapping[str, str]) -> str:
    """The page of a creative, opened from the gallery of `query`."""
    return address(f"/creative/{creative_id}", **query)


def gallery(link: str) -> str:
    """The gallery that shows the creatives of a link of the API."""
    return address(CREATIVES, **filters.from_api(link))


def comparison(a: str, b: str = "", *, other: bool = False) -> str:
    """The page that compares two sets, as query strings of the API: with all others unless there is an `other`."""
    return address(COMPARE, a=a, b=b, beside="other" if other or b else "")


def address(path: str, **parameters: str) -> str:
    """`path` with the parameters that are not empty."""
    query = urlencode({name: value for name, value in parameters.items() if value}, quote_via=quote)
    return f"{path}?{query}" if query else path
