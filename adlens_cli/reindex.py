"""`adlens reindex`: creatives of earlier releases are found as those of this one are, while everything runs."""

from __future__ import annotations

import sys

from adlens.domain.errors import AdLensError
from adlens.persistence.search.reindex import reindex
from adlens_cli.database import engine_of


def run(database: str | None) -> int:
    from tqdm import tqdm

    changed = 0
    try:
        for batch in tqdm(reindex(engine_of(database)), unit="batch", file=sys.stderr, disable=None):
            changed += batch
    except AdLensError as error:
        print(f"adlens: {error} Run it again: finished batches are kept.", file=sys.stderr)
        return 1
    print(f"{changed} creatives changed.", file=sys.stderr)
    return 0
