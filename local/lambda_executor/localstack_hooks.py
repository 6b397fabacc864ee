"""What else LocalStack's community edition needs to serve as the local stage: answers to signed requests only, lasting
objects, prompt parallel queues, calls that wait for an environment.

Runs when LocalStack starts. Settings: ADLENS_AWS_CREDENTIALS, the file with the key that requests are signed with,
ADLENS_CLOSED, which is 0 to answer all others as well, and ADLENS_OBJECTS, the folder that keeps the objects (see
`objects`).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import Lock

from localstack.runtime import hooks
from localstack.utils.threads import FuncThread

from .signatures import KeyPair
from .turns import Turns

LONG_POLL_SECONDS = 20  # the most that SQS offers


@hooks.on_infra_start(should_load=os.environ.get("ADLENS_CLOSED") != "0")
def answer_signed_requests_only() -> None:
    from .gate import Gate

    Gate(KeyPair.read(Path(os.environ["ADLENS_AWS_CREDENTIALS"]))).install()


@hooks.on_infra_start()
def keep_objects() -> None:
    from localstack.services.s3 import provider

    from .objects import KeptObjectStore

    folder = Path(os.environ["ADLENS_OBJECTS"])
    # LocalStack's own store works in one folder of /tmp, whichever LocalStack it is
    provider.EphemeralS3ObjectStore = lambda _: KeptObjectStore(tempfile.mkdtemp(prefix="s3-"), folder)


@hooks.on_infra_start()
def poll_queues_as_aws_does() -> None:
    """Long polls instead of a look every few seconds, and as many pollers as the mapping's MaximumConcurrency."""
    from localstack.services.lambda_.event_source_mapping.esm_worker import EsmWorker
    from localstack.services.lambda_.event_source_mapping.pollers.sqs_poller import SqsPoller

    make_poller, start_worker = SqsPoller.__init__, EsmWorker.start

    def make_long_poller(self: SqsPoller, *args: object, **kwargs: object) -> None:
        make_poller(self, *args, **kwargs)
        self.maximum_batching_window = max(self.maximum_batching_window, LONG_POLL_SECONDS)

    def start_all(self: EsmWorker) -> None:
        start_worker(self)
        for number in range(1, (self.esm_config.get("ScalingConfig") or {}).get("MaximumConcurrency", 1)):
            FuncThread(self.poller_loop, name=f"event-source-mapping-poller-{self.uuid}-{number}").start()

    SqsPoller.__init__, EsmWorker.start = make_long_poller, start_all


@hooks.on_infra_start()
def leave_logs_to_files() -> None:
    """The executor writes what functions print to files; a copy in LocalStack's memory costs as much as a call."""
    from localstack.services.lambda_.invocation.logs import LogHandler

    LogHandler.start_subscriber = LogHandler.add_logs = lambda *_: None


@hooks.on_infra_start()
def wait_for_reserved_concurrency() -> None:
    """A call beyond a function's reserved concurrency waits for an environment, where LocalStack would refuse it.

    On AWS a client that is refused tries again; on one machine the processes are what is scarce.
    """
    from localstack.services.lambda_.invocation.counting_service import CountingService
    from localstack.services.lambda_.invocation.lambda_models import Function, FunctionVersion

    take_lease = CountingService.get_invocation_lease
    turns: dict[tuple[str, int], Turns] = {}
    lock = Lock()

    @contextmanager
    def take_lease_in_turn(
        self: CountingService, function: Function | None, function_version: FunctionVersion
    ) -> Iterator[str]:
        reserved = function.reserved_concurrent_executions if function else None
        if reserved:
            with lock:
                key = function_version.id.unqualified_arn(), reserved
                turn = turns.setdefault(key, Turns(reserved)).take()
        else:
            turn = nullcontext()
        with turn, take_lease(self, function, function_version) as lease:
            yield lease

    CountingService.get_invocation_lease = take_lease_in_turn
