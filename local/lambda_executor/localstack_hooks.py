"""What else LocalStack's community edition needs to serve as the local stage: lasting objects, prompt parallel queues.

Runs when LocalStack starts. Setting: ADLENS_OBJECTS, the folder that keeps the objects (see `objects`).
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from localstack.runtime import hooks
from localstack.utils.threads import FuncThread

LONG_POLL_SECONDS = 20  # the most that SQS offers


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
