"""`adlens reanalyze`: asks the API for new analyses, batch by batch."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import httpx

from adlens_cli.api import chosen_api
from adlens_cli.client import ApiError


def run(filters: Mapping[str, Any], every: bool) -> int:
    count = 0
    cursor: dict[str, Any] = {}
    try:
        client = chosen_api()
        while True:
            answer = client.post("/creatives/reanalyze", **filters, outdated=not every, **cursor)
            count += answer["count"]
            if answer["next_cursor"] is None:
                break
            cursor = {"cursor": answer["next_cursor"]}
    except (ApiError, httpx.HTTPError) as error:
        print(f"adlens: {error}", file=sys.stderr)
        print(f"adlens: {count} creatives are analysed again. Run the command again for the others.", file=sys.stderr)
        return 1
    if count or every:
        print(f"{count} creatives are analysed again.")
    else:
        print("Nothing to do: the bundle in use has analysed every creative.")
    return 0
