"""On a schedule: ends uploads that never arrived, sends lost work and events again, forgets and removes what is old,
compares the stores with the rows, ends what readers run for too long."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

from adlens.persistence.creatives.queries import PostgresQueries
from adlens.persistence.creatives.removals import PostgresRemovals
from adlens.persistence.creatives.trash import PostgresTrash
from adlens.persistence.search.gone_words import PostgresGoneWords
from adlens.persistence.workspaces.bi import end_long_reads
from adlens.persistence.workspaces.repository import PostgresWorkspaces
from adlens.services.check_storage import SweepStorage
from adlens.services.end_unfinished import ReleaseExports, Sweep, SweepExports
from adlens.services.jobs import ReleaseJobs, SweepJobs
from adlens.services.register_uploads import StoreUpload
from adlens.services.remove_files import DeleteCreatives, RemoveFiles
from adlens.services.send_canary import SendCanary
from adlens.services.send_events import SendEvents
from adlens.services.trash import EmptyTrash
from adlens.settings import SweepSettings
from functions import wiring
from functions.sweep.canary import draw

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service="sweep")
tracer = Tracer(service="sweep")
metrics = Metrics(namespace="AdLens", service="sweep")

Counts = Mapping[str, int]

WORDS = 500
"""Looked at in each workspace by one sweep: nobody can add words there meanwhile."""


@functools.cache
def settings() -> SweepSettings:
    return SweepSettings()


LONGEST_READ = timedelta(minutes=5)
"""Of a reader of the schema `bi`, whose own timeout is a minute unless it sets another."""


def end_unfinished(now: datetime) -> Counts:
    sweep = Sweep(
        wiring.creatives(settings()),
        wiring.object_store(settings()),
        wiring.analysis_queue(settings()),
        upload_window=timedelta(seconds=settings().upload_expiry_seconds),
    )
    result = sweep(now)
    return {"UploadsMissing": result.ended, "WorkSentAgain": result.sent_again}


def release_claims(now: datetime) -> Counts:
    return {"ClaimsReleased": wiring.creatives(settings()).release_all()}


def release_exports(now: datetime) -> Counts:
    return {"ExportsSentAgain": ReleaseExports(wiring.exports(settings()), wiring.export_queue(settings()))()}


def release_jobs(now: datetime) -> Counts:
    return {"JobsReleased": ReleaseJobs(wiring.jobs(settings()), wiring.job_queue(settings()))()}


def sweep_jobs(now: datetime) -> Counts:
    lost, forgotten = SweepJobs(wiring.jobs(settings()), wiring.job_queue(settings()))(now)
    return {"JobsSentAgain": lost, "JobsForgotten": forgotten}


def end_exports(now: datetime) -> Counts:
    lost, forgotten = SweepExports(wiring.exports(settings()))(now)
    return {"ExportsLost": lost, "ExportsForgotten": forgotten}


def remove_files(now: datetime) -> Counts:
    remove = RemoveFiles(
        PostgresRemovals(wiring.database(settings())),
        wiring.object_store(settings()),
        wiring.preview_store(settings()),
        wiring.export_store(settings()),
        window=2 * timedelta(seconds=settings().upload_expiry_seconds),
    )
    return {"FilesRemoved": remove(now)}


def empty_trash(now: datetime) -> Counts:
    trash = PostgresTrash(wiring.database(settings()))
    return {"TrashDeleted": EmptyTrash(trash, timedelta(days=settings().trash_days))(now)}


def forget_words(now: datetime) -> Counts:
    return {"WordsLookedAt": PostgresGoneWords(wiring.database(settings())).forget(WORDS)}


def check_storage(now: datetime) -> Counts:
    objects, rows = SweepStorage(wiring.check_storage(settings()))(now)
    return {"ObjectsWithoutRows": objects, "RowsWithoutObjects": rows}


def send_events(now: datetime) -> Counts:
    return {"EventsSentLate": SendEvents(wiring.webhooks(settings()), wiring.event_queue(settings()))()}


def forget_deliveries(now: datetime) -> Counts:
    return {"DeliveriesForgotten": wiring.webhooks(settings()).forget()}


def end_reads(now: datetime) -> Counts:
    return {"LongReadsEnded": end_long_reads(wiring.database(settings()), LONGEST_READ)}


def send_canary(now: datetime) -> Counts:
    if (workspace := settings().canary_workspace) is None:
        return {}
    PostgresWorkspaces(wiring.database(settings())).create("canary", workspace)
    creatives, store = wiring.creatives(settings()), wiring.object_store(settings())
    send = SendCanary(
        PostgresQueries(wiring.database(settings())),
        StoreUpload(creatives, store),
        DeleteCreatives(creatives, store, wiring.preview_store(settings())),
        workspace,
        draw,
    )
    is_well = send(now)
    return {} if is_well is None else {"CanaryFailed": int(not is_well)}


WORKERS_GONE: tuple[Callable[[datetime], Counts], ...] = (release_claims, release_exports, release_jobs)
DUTIES: tuple[Callable[[datetime], Counts], ...] = (
    end_unfinished,
    end_reads,
    end_exports,
    sweep_jobs,
    empty_trash,
    remove_files,
    send_events,
    forget_deliveries,
    forget_words,
    check_storage,
    send_canary,
)


class SweepIncomplete(Exception):
    """Some duties failed; the others were done."""


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> Counts:
    """`{"workers": "gone"}` says that no worker of before lives on, as when the local stack has started anew."""
    duties = (*WORKERS_GONE, *DUTIES) if event.get("workers") == "gone" else DUTIES
    now = datetime.now(UTC)
    counts: dict[str, int] = {}
    failed = []
    for duty in duties:
        try:
            counts.update(duty(now))
        except Exception:
            logger.exception("a duty failed", duty=duty.__name__)
            failed.append(duty.__name__)
    metrics.add_metric("Sweeps", MetricUnit.Count, 1)  # an alarm misses it
    for name, count in counts.items():
        metrics.add_metric(name, MetricUnit.Count, count)
    logger.info("swept", extra=counts)
    if failed:
        raise SweepIncomplete(f"These failed, and the next sweep tries again: {', '.join(failed)}.")
    return counts
