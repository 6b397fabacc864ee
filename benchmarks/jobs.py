"""Speed of bulk work: `python -m benchmarks.jobs [--creatives 100000]`.

Fills a PostgreSQL of its own, analyses all creatives again and deletes their group, through the code of API and worker,
and prints what each took. A queue stands in for SQS that answers after 10 ms, as in the same region.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Engine, text

from adlens.domain.gallery import CreativeFilter
from adlens.domain.jobs import JobId, JobKind
from adlens.persistence.creatives.queries import PostgresQueries
from adlens.persistence.creatives.repository import PostgresCreatives
from adlens.persistence.creatives.trash import PostgresTrash
from adlens.persistence.jobs.pages import PostgresJobPages
from adlens.persistence.jobs.repository import PostgresJobs
from adlens.persistence.migrations import migrate
from adlens.persistence.session import make_engine
from adlens.persistence.workspaces.repository import PostgresWorkspaces
from adlens.services.delete_group import DeleteGroup
from adlens.services.jobs import StartJob
from adlens.services.reanalyze import FIRST_PAGE, ReanalyzeAll
from adlens.services.remove_files import DeleteCreatives
from adlens.services.run_job import DeletionPages, JobOutcome, ReanalysisPages, RunJob
from adlens.services.trash import Trash
from adlens.storage.queue import SqsAnalysisQueue, SqsJobQueue
from adlens.testing.storage import MemoryStore
from benchmarks.exports import database, fill

QUEUE_SECONDS = 0.01
_ONE_GROUP = (
    "UPDATE creatives SET event_etag = 'e', group_id = 'grp_0'",
    "UPDATE creative_facts SET group_id = 'grp_0'",
    "VACUUM ANALYZE creatives, creative_facts",
)
T = TypeVar("T")


class _Sqs:
    """Answers as late as SQS does."""

    def __init__(self) -> None:
        self.messages = 0

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        time.sleep(QUEUE_SECONDS)
        self.messages += len(request["Entries"])
        return {}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--creatives", type=int, default=100_000)
    count = parser.parse_args().creatives
    with database() as url:
        engine = make_engine(url)
        migrate(engine)
        workspace = PostgresWorkspaces(engine).create("benchmark").id
        _fill(engine, workspace, count)
        jobs, pages, sqs = PostgresJobs(engine), PostgresJobPages(engine), _Sqs()
        analysis, queue = SqsAnalysisQueue(sqs, "analysis"), SqsJobQueue(sqs, "jobs")  # type: ignore[arg-type]
        creatives, store = PostgresCreatives(engine), MemoryStore()
        delete = DeleteCreatives(creatives, store, store)
        at_once = RunJob(jobs, queue, {JobKind.REANALYSIS: ReanalysisPages(pages, analysis, FIRST_PAGE)})
        run = RunJob(
            jobs,
            queue,
            {
                JobKind.REANALYSIS: ReanalysisPages(pages, analysis),
                JobKind.DELETION: DeletionPages(jobs, pages, delete, PostgresTrash(engine)),
            },
        )

        def work(key: JobId) -> None:
            outcome = run(key, "benchmark", lambda: True)
            if outcome is not JobOutcome.DONE:
                raise RuntimeError(f"{outcome}: {jobs.get(key)}")

        reanalyze = ReanalyzeAll(pages, jobs, at_once)
        begun = _timed("re-analysis accepted", lambda: reanalyze(workspace, CreativeFilter(), False, None))
        if begun is None:
            raise RuntimeError("nothing to analyse again")
        _timed("re-analysis queued", lambda: work(begun.key))
        print(f"{sqs.messages} messages, {jobs.get(begun.key).done} creatives")
        trash = Trash(PostgresTrash(engine), analysis, store, store)
        start = DeleteGroup(PostgresQueries(engine), delete, trash, StartJob(jobs, queue))
        deletion = _timed("deletion accepted", lambda: start(workspace, "grp_0", None))
        if deletion is None:
            raise RuntimeError("the group is too small for a job")
        _timed("group deleted", lambda: work(deletion.key))
    return 0


def _fill(engine: Engine, workspace: UUID, count: int) -> None:
    fill(engine, workspace, count)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        for statement in _ONE_GROUP:
            connection.execute(text(statement))
    engine.dispose()


def _timed(name: str, work: Callable[[], T]) -> T:
    started = time.monotonic()
    result = work()
    print(f"{name:22} {time.monotonic() - started:7.2f} s", flush=True)
    return result


if __name__ == "__main__":
    sys.exit(main())
