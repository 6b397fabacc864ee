"""Jobs: a queue of bulk work, and the function that does it in stretches."""

from __future__ import annotations

from constructs import Construct

from infra_cdk.buckets import PERFORMANCE_FILES
from infra_cdk.function import Surroundings, ZipCode, ZipFunction, allow
from infra_cdk.queue import feed, make_dead_letters, make_queue

MAX_CONCURRENCY = 2
"""Jobs at once, each with a connection to the database."""
MEMORY_MIB = 1769  # one core, for files of figures; docs/performance.md has what they take


class Jobs(Construct):
    """Only roles that are granted it send to the queue; the function sends what it has no time for. A message whose
    worker died comes back after minutes: the function shortens the queue's six timeouts itself.
    """

    def __init__(self, scope: Construct, construct_id: str, *, surroundings: Surroundings, zip_code: ZipCode) -> None:
        super().__init__(scope, construct_id)
        config, buckets, analysis = surroundings.config, surroundings.buckets, surroundings.queue.analysis
        self.dead_letters = make_dead_letters(self, config=config, name="jobs")
        self.queue = make_queue(self, "Queue", config=config, name="jobs", dead_letters=self.dead_letters)
        self.function = ZipFunction(
            self,
            "Function",
            name="jobs",
            surroundings=surroundings,
            zip_code=zip_code,
            memory_size=MEMORY_MIB,
            description="Works on jobs: re-analysis, deletion of large groups, import of files.",
        )
        variables = {
            "ADLENS_UPLOADS_BUCKET": buckets.uploads.bucket_name,
            "ADLENS_PREVIEWS_BUCKET": buckets.previews.bucket_name,
            "ADLENS_EXPORTS_BUCKET": buckets.exports.bucket_name,
            "ADLENS_QUEUE_URL": analysis.queue_url,
            "ADLENS_JOBS_QUEUE_URL": self.queue.queue_url,
        }
        for name, value in variables.items():
            self.function.add_environment(name, value)
        feed(self.function, self.queue, "jobs", MAX_CONCURRENCY)
        allow(self.function, ["sqs:SendMessage"], analysis.queue_arn, self.queue.queue_arn)
        allow(
            self.function,
            ["s3:DeleteObject"],
            buckets.uploads.arn_for_objects("*"),
            buckets.previews.arn_for_objects("*"),
        )
        allow(self.function, ["s3:GetObject", "s3:DeleteObject"], buckets.exports.arn_for_objects(PERFORMANCE_FILES))
        allow(self.function, ["s3:ListBucket"], buckets.exports.bucket_arn)  # else a missing file answers 403
