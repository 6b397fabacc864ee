"""What a snapshot of the API has in it, in a process of its own: it is a question of what importing does."""

import json
import subprocess
import sys

import pytest

REPORT = """
import json, socket, sys
connected = []
socket.socket.connect = lambda self, address: connected.append(str(address))
import psycopg2
psycopg2.connect = lambda *_, **__: connected.append("database")
from functions.api import handler
print(json.dumps({
    "adapters": handler.adapter.cache_info().currsize,
    "stores": handler.wiring.object_store.cache_info().currsize,
    "connected": connected,
}))
"""
ENVIRONMENT = {
    "ADLENS_DATABASE_HOST": "database.test",
    "ADLENS_DATABASE_USER": "adlens_app",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "ADLENS_STAGE": "aws",
    "POWERTOOLS_TRACE_DISABLED": "true",
    **{f"ADLENS_{name}_BUCKET": name.lower() for name in ("UPLOADS", "PREVIEWS", "EXPORTS")},
    **{f"ADLENS_{name}QUEUE_URL": "https://queue.test" for name in ("", "EXPORTS_", "JOBS_", "WEBHOOKS_")},
}


@pytest.mark.parametrize(("kind", "is_primed"), [("snap-start", True), ("on-demand", False)])
def test_a_snapshot_has_what_the_first_request_needs_and_no_connection(kind: str, is_primed: bool) -> None:
    environment = {"PYTHONPATH": ":".join(path for path in sys.path if path), "AWS_LAMBDA_INITIALIZATION_TYPE": kind}
    result = subprocess.run(
        [sys.executable, "-c", REPORT], env=ENVIRONMENT | environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert report == {"adapters": int(is_primed), "stores": int(is_primed), "connected": []}
