"""The local AWS answers whoever holds its key, the forms and addresses that were signed with it, and nobody else."""

from __future__ import annotations

import json
import stat
import time
from typing import Any

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError
from simple_websocket import Client as WebSocket
from simple_websocket import ConnectionError as Refused

UNSIGNED = [
    ("GET", "/", {}),
    ("GET", "/adlens-local-uploads", {}),
    ("PUT", "/adlens-local-uploads/stolen/key", {}),
    ("DELETE", "/adlens-local-uploads", {}),
    ("GET", "/_localstack/health", {}),
    ("POST", "/_localstack/state/reset", {}),
    ("GET", "/_aws/sqs/messages?QueueUrl=http://127.0.0.1/000000000000/adlens-local-analysis", {}),
    ("GET", "/000000000000/adlens-local-analysis?Action=ReceiveMessage", {}),
    ("POST", "/", {"X-Amz-Target": "AmazonSQS.ListQueues", "Content-Type": "application/x-amz-json-1.0"}),
    ("POST", "/2015-03-31/functions", {}),
    ("POST", "/2015-03-31/functions/adlens-local-admin/invocations", {}),
    ("POST", "/?Action=DescribeStacks", {}),
    ("GET", "/restapis/adlens/v1/_user_request_/health", {}),
    ("POST", "/_aws/execute-api", {"X-Amz-Target": "AmazonSQS.ListQueues"}),
    ("GET", "/adlens-local-uploads?Signature=x&Expires=9999999999&AWSAccessKeyId=test", {}),
    # as LocalStack's parts call each other
    ("GET", "/adlens-local-uploads", {"x-localstack-data": '{"service_principal": "lambda"}'}),
    ("GET", "/", {"Authorization": "AWS4-HMAC-SHA256 Credential=__internal_call__/20260101/us-east-1/s3/aws4_request"}),
]


def answer(running: Any, method: str, path: str, **options: Any) -> httpx.Response:
    return httpx.request(method, f"{running.deployment.endpoint_url}{path}", timeout=30, **options)


@pytest.mark.parametrize(("method", "path", "headers"), UNSIGNED)
def test_no_service_answers_what_is_not_signed(running, method: str, path: str, headers: dict[str, str]) -> None:
    refused = answer(running, method, path, headers=headers)
    assert (refused.status_code, "<Code>" in refused.text) == (403, True)


def test_a_key_of_somebody_else_is_refused(running) -> None:
    for service, call in (("s3", "list_buckets"), ("lambda", "list_functions"), ("sqs", "list_queues")):
        theirs = boto3.client(
            service,
            "us-east-1",
            endpoint_url=running.deployment.endpoint_url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        with pytest.raises(ClientError, match=r"InvalidAccessKeyId|not this stack's"):
            getattr(theirs, call)()


def test_nobody_else_reads_the_key(running) -> None:
    assert stat.S_IMODE(running.localstack.credentials.stat().st_mode) == 0o600
    assert running.localstack.key_pair.secret_key not in "".join(
        path.read_text(errors="replace") for path in (running.root / "logs").glob("*.log")
    )


def test_a_name_of_the_dns_that_points_here_gets_nothing(running) -> None:
    for path in ("/_aws/execute-api/adlens/v1/health", "/_localstack/health"):
        port = httpx.URL(running.deployment.endpoint_url).port
        for host in (f"rebound.example:{port}", "adlens-local-uploads.s3.localhost.localstack.cloud", "[::1]:80"):
            assert answer(running, "GET", path, headers={"Host": host}).status_code == 403
        assert answer(running, "GET", path, headers={"Host": f"localhost:{port}"}).status_code in (200, 403)


def test_no_connection_of_a_websocket(running) -> None:
    with pytest.raises(Refused):
        WebSocket.connect(f"{running.deployment.endpoint_url.replace('http', 'ws')}/_aws/execute-api/adlens/v1")


def test_an_altered_or_expired_address_is_refused(running, workspace, picture, tmp_path) -> None:
    group_id, ids = workspace.upload({"a.png": picture(21, "PNG"), "b.png": picture(22, "PNG")}, tmp_path)
    workspace.settled(group_id)
    url, other = (workspace.get(f"/creatives/{ids[name]}")["file_path"] for name in ("a.png", "b.png"))
    assert httpx.get(url).status_code == 200
    assert httpx.get(url.replace(ids["a.png"], ids["b.png"])).status_code == 403
    assert httpx.get(url.partition("?")[0]).status_code == 403
    assert httpx.get(f"{url.partition('?')[0]}?{other.partition('?')[2]}").status_code == 403
    assert httpx.put(url, content=b"overwritten").status_code == 403
    assert httpx.delete(url).status_code == 403
    target = {"X-Amz-Target": "AmazonSQS.ListQueues", "Content-Type": "application/x-amz-json-1.0"}
    assert b"QueueUrls" not in httpx.post(url, headers=target, content=b"{}").content
    uploads = running.deployment.uploads_bucket
    key = url.partition("?")[0].partition(f"/{uploads}/")[2]
    brief = running.aws("s3").generate_presigned_url("get_object", {"Bucket": uploads, "Key": key}, ExpiresIn=1)
    time.sleep(2.1)
    assert httpx.get(brief).status_code == 403


def test_a_form_puts_one_object_and_nothing_else(running, workspace, picture) -> None:
    data, endpoint = picture(23, "PNG"), running.deployment.endpoint_url
    announced = workspace.api.post("/uploads", json={"files": [{"filename": "a.png", "size": len(data)}]}).json()
    form = announced["uploads"][0]["form"]

    def send(fields: Any, url: str = form["url"], **headers: str) -> int:
        parts = [(name, (None, value)) for name, value in (fields.items() if isinstance(fields, dict) else fields)]
        return httpx.post(url, files=[*parts, ("file", ("a.png", data, "image/png"))], headers=headers).status_code

    assert send({}) == 403
    assert send({**form["fields"], "x-amz-signature": "0" * 64}) == 403
    assert send({**form["fields"], "policy": form["fields"]["policy"][:-4] + "AAAA"}) == 403
    # LocalStack stores under `key` and checks the last of its spellings
    assert send([("key", "stolen/key"), *form["fields"].items(), ("Key", form["fields"]["key"])]) == 403
    assert send({**form["fields"], "acl": "public-read"}) == 403
    assert send(form["fields"], f"{endpoint}/{running.deployment.exports_bucket}") == 403
    assert send(form["fields"], f"{endpoint}/?Action=ListQueues") == 403
    assert send(form["fields"], f"{form['url']}/key?uploads") == 403
    assert send(form["fields"], **{"X-Amz-Target": "AmazonSQS.ListQueues"}) == 204
    workspace.settled(announced["group_id"])
    expired = running.aws("s3").generate_presigned_post(running.deployment.uploads_bucket, "k", ExpiresIn=1)
    time.sleep(2.1)
    assert send(expired["fields"], expired["url"]) == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "https://app.localstack.cloud", "null"])
def test_pages_of_other_origins_are_told_nothing(running, workspace, picture, tmp_path, origin: str) -> None:
    group_id, ids = workspace.upload({"a.png": picture(24, "PNG")}, tmp_path)
    workspace.settled(group_id)
    creative = workspace.get(f"/creatives/{ids['a.png']}")
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    api = running.deployment.api_url
    for url in (creative["file_path"], creative["preview_url"], f"{api}/groups", running.deployment.endpoint_url):
        answers = (httpx.options(url, headers=asked), httpx.get(url, headers={"Origin": origin}))
        for each in answers:
            assert not [name for name in each.headers if name.startswith("access-control-allow-origin")]


def test_pages_of_the_web_app_may_send_and_read_uploads(running, workspace) -> None:
    bucket = f"{running.deployment.endpoint_url}/{running.deployment.uploads_bucket}"
    for origin in running.deployment.web_origins.split():
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        allowed = httpx.options(bucket, headers=asked)
        assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, origin)
        refused = httpx.post(bucket, headers={"Origin": origin}, files={"file": b""})  # and may read why not
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (403, origin)


def test_whoever_holds_the_key_is_answered(running) -> None:
    assert running.localstack.healthy()
    names = {each["FunctionName"] for each in running.aws("lambda").list_functions()["Functions"]}
    assert running.deployment.api_function in names
    function = running.aws("lambda").get_function_configuration(FunctionName=running.deployment.api_function)
    assert "*" not in json.loads(function["Environment"]["Variables"]["ADLENS_CORS_ORIGINS"])
