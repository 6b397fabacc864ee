"""What counting requests costs: `python -m benchmarks.limits [--requests 2000]`.

Looks up a key of a workspace whose plan counts requests and one whose plan does not, in turns, on a PostgreSQL of its
own, and prints the medians of both and their ratio; then how many requests a second eight clients of one workspace get.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import text

from adlens.persistence.migrations import migrate
from adlens.persistence.session import make_engine
from adlens.persistence.workspaces.repository import PostgresWorkspaces
from benchmarks.exports import database

CLIENTS = 8


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2000)
    requests = parser.parse_args().requests
    with database() as url:
        engine = make_engine(url, pool_size=CLIENTS)
        migrate(engine)
        with engine.begin() as connection:
            high = "UPDATE plans SET key_requests_per_second = 1000000, workspace_requests_per_second = 1000000"
            connection.execute(text(f"{high} WHERE name = 'standard'"))
        workspaces = PostgresWorkspaces(engine)
        keys = {}
        for plan in ("unlimited", "standard"):
            made = workspaces.create(plan)
            workspaces.change_plan(made.id, plan)
            _, keys[plan] = workspaces.create_key(made.id, "benchmark")
        seconds: dict[str, list[float]] = {plan: [] for plan in keys}
        for _ in range(requests):
            for plan, key in keys.items():
                started = time.perf_counter()
                workspaces.verify(key)
                seconds[plan].append(time.perf_counter() - started)
        medians = {plan: 1000 * statistics.median(values) for plan, values in seconds.items()}
        print(f"not counted {medians['unlimited']:6.2f} ms")
        print(f"counted     {medians['standard']:6.2f} ms, {medians['standard'] / medians['unlimited']:.2f} times")
        for plan, key in keys.items():
            started = time.perf_counter()
            with ThreadPoolExecutor(CLIENTS) as pool:
                list(pool.map(workspaces.verify, [key] * requests))
            print(f"{CLIENTS} clients, {plan:9} {requests / (time.perf_counter() - started):6.0f} requests a second")
    return 0


if __name__ == "__main__":
    sys.exit(main())
