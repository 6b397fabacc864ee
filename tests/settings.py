"""Settings of an API under test: buckets and queues that nobody asks for, and a database that may be there."""

from __future__ import annotations

from adlens.settings import ApiSettings


def api_settings(database_url: str = "postgresql+psycopg2://nowhere") -> ApiSettings:
    return ApiSettings(
        database_url=database_url,
        uploads_bucket="uploads",
        previews_bucket="previews",
        queue_url="queue",
        exports_bucket="exports",
        exports_queue_url="exports",
        jobs_queue_url="jobs",
        webhooks_queue_url="webhooks",
    )
