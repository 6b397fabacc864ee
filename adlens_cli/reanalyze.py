"""`adlens reanalyze`: asks the API for a job and waits until it has queued every creative."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import httpx

from adlens_cli.api import chosen_api
from adlens_cli.client import ApiError
from adlens_cli.jobs import JobEnded, wait_for


def run(filters: Mapping[str, Any], every: bool, is_waiting: bool = True) -> int:
    try:
        client = chosen_api()
        answer = client.post("/creatives/reanalyze", **filters, outdated=not every)
        if (job_id := answer["job_id"]) and is_waiting:
            answer["count"] = wait_for(client, job_id)["progress"]["done"]
    except (ApiError, JobEnded, httpx.HTTPError) as error:
        print(f"adlens: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"adlens: stopped waiting; the job goes on. `adlens jobs cancel {job_id}` ends it.", file=sys.stderr)
        return 130
    if answer["count"] or every:
        print(f"{answer['count']} creatives are analysed again.")
    else:
        print("Nothing to do: the bundle in use has analysed every creative.")
    return 0
