"""What boto3 signs is taken, and nothing that is altered, late or somebody else's."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config

from local.lambda_executor.signatures import KeyPair, Received, Refused, Signed

OURS, THEIRS = KeyPair("ADLENSAAAAAAAAAAAAAA", "0123456789abcdef"), KeyPair("ADLENSAAAAAAAAAAAAAA", "another")
ENDPOINT = "http://127.0.0.1:4566"
KEYS = ["a.jpg", "workspace/group/creative Кружка?#&+ %2F~(1).jpg", "a//b/../c", "=;,:@!$'*"]


def client(service: str, key_pair: KeyPair = OURS) -> Any:
    session: Any = boto3.Session()
    return session.client(
        service,
        "eu-central-1",
        endpoint_url=ENDPOINT,
        aws_access_key_id=key_pair.access_key,
        aws_secret_access_key=key_pair.secret_key,
        config=Config(signature_version="s3v4" if service == "s3" else None, s3={"addressing_style": "path"}),
    )


class Sent(Exception):
    """Carries what boto3 was about to send."""


def sent(service: str, call: Callable[[Any], object], key_pair: KeyPair = OURS) -> Received:
    made = client(service, key_pair)
    requests: list[AWSPreparedRequest] = []

    def stop(request: AWSPreparedRequest, **_: object) -> None:
        requests.append(request)
        raise Sent

    made.meta.events.register_first("before-send.*.*", stop)
    with pytest.raises(Sent):
        call(made)
    (request,) = requests
    body = request.body.read() if hasattr(request.body, "read") else request.body or b""
    return received(
        request.method or "",
        request.url or "",
        _texts(request.headers),
        body.encode() if isinstance(body, str) else body,
    )


def _texts(headers: Mapping[str, Any]) -> dict[str, str]:
    return {name: value.decode() if isinstance(value, bytes) else str(value) for name, value in headers.items()}


def received(
    method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b"", fields: Any = None
) -> Received:
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lower = {name.lower(): value for name, value in {"Host": parts.netloc, **(headers or {})}.items()}
    return Received(method, target, lower, lambda: body, lambda: fields)


def refused(request: Received, now: datetime | None = None) -> str:
    with pytest.raises(Refused) as refusal:
        OURS.check(request, now)
    return refusal.value.code


CALLS: dict[str, tuple[str, Callable[[Any], object]]] = {
    "put": ("s3", lambda s3: s3.put_object(Bucket="b", Key=KEYS[1], Body=b"bytes", Metadata={"a": "x  y"})),
    "list": ("s3", lambda s3: s3.list_objects_v2(Bucket="b", Prefix="Кружка/ &=+", ContinuationToken="a/b==")),
    "delete many": ("s3", lambda s3: s3.delete_objects(Bucket="b", Delete={"Objects": [{"Key": "k"}]})),
    "cors": ("s3", lambda s3: s3.get_bucket_cors(Bucket="b")),
    "message": ("sqs", lambda sqs: sqs.send_message(QueueUrl=f"{ENDPOINT}/0/q", MessageBody="Кружка")),
    "invoke": ("lambda", lambda fn: fn.invoke(FunctionName="arn:aws:lambda:eu-central-1:0:function:f", Payload=b"{}")),
    "stack": ("cloudformation", lambda cfn: cfn.describe_stacks(StackName="s")),
    "parameter": ("ssm", lambda ssm: ssm.put_parameter(Name="/a/b", Value="v", Type="String")),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_boto3_signs_is_taken_and_nothing_else(name: str) -> None:
    service, call = CALLS[name]
    request = sent(service, call)
    assert OURS.check(request) is Signed.BY_HEADER
    assert refused(sent(service, call, THEIRS)) == "SignatureDoesNotMatch"
    assert refused(replace(request, method="PATCH")) == "SignatureDoesNotMatch"
    assert refused(replace(request, target=f"{request.target}x")) == "SignatureDoesNotMatch"
    assert refused(replace(request, headers={**request.headers, "host": "other:4566"})) == "SignatureDoesNotMatch"
    assert refused(replace(request, body=lambda: b"another")) in ("SignatureDoesNotMatch", "XAmzContentSHA256Mismatch")
    for late in (timedelta(minutes=16), timedelta(minutes=-16)):
        assert refused(request, datetime.now(UTC) + late) == "RequestTimeTooSkewed"
    without = {name: value for name, value in request.headers.items() if name != "authorization"}
    assert refused(replace(request, headers=without)) == "AccessDenied"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("AWS ADLENSAAAAAAAAAAAAAA:c2lnbmVk", "AuthorizationHeaderMalformed"),
        ("Bearer adl_x_y", "AuthorizationHeaderMalformed"),
        (f"AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host, Signature={'0' * 64}", "AccessDenied"),
        (
            f"AWS4-HMAC-SHA256 Credential=test/20260101/r/s3/aws4_request, SignedHeaders=host, Signature={'0' * 64}",
            "InvalidAccessKeyId",
        ),
        (
            f"AWS4-HMAC-SHA256 Credential={OURS.access_key}/20260101/r/s3/aws4_request, SignedHeaders=host, "
            f"Signature={'0' * 64}",
            "AccessDenied",
        ),
    ],
)
def test_other_headers_are_refused(header: str, code: str) -> None:
    assert refused(received("GET", f"{ENDPOINT}/b/k", {"Authorization": header})) == code


def test_a_body_without_a_signed_hash_is_for_the_store_only() -> None:
    request = sent("sqs", lambda sqs: sqs.list_queues())
    assert refused(replace(request, headers={**request.headers, "x-amz-content-sha256": "UNSIGNED-PAYLOAD"})) == (
        "AccessDenied"
    )


@pytest.mark.parametrize("key", KEYS)
def test_a_signed_address_opens_what_it_is_for(key: str) -> None:
    url = client("s3").generate_presigned_url(
        "get_object", {"Bucket": "b", "Key": key, "ResponseContentDisposition": 'attachment; filename="a b.csv"'}, 600
    )
    request = received("GET", url)
    assert OURS.check(request) is Signed.FOR_STORE
    assert refused(replace(request, method="DELETE")) == "SignatureDoesNotMatch"
    assert refused(replace(request, target=request.target.replace("/b/", "/c/", 1))) == "SignatureDoesNotMatch"
    assert refused(replace(request, target=f"{request.target}&delete")) == "SignatureDoesNotMatch"
    assert refused(replace(request, target=request.target.replace("Expires=600", "Expires=601"))) == (
        "SignatureDoesNotMatch"
    )
    assert refused(replace(request, target=f"{request.target}&X-Amz-Expires=600")) == (
        "AuthorizationQueryParametersError"
    )
    headers = {**request.headers, "x-amz-copy-source": "/b/other"}
    assert refused(replace(request, headers=headers)) == "AccessDenied"
    assert refused(request, datetime.now(UTC) + timedelta(seconds=601)) == "AccessDenied"
    assert refused(request, datetime.now(UTC) - timedelta(minutes=16)) == "AccessDenied"


def test_an_address_signed_by_another_or_for_another_service_is_refused() -> None:
    theirs = client("s3", THEIRS).generate_presigned_url("get_object", {"Bucket": "b", "Key": "k"}, 600)
    assert refused(received("GET", theirs)) == "SignatureDoesNotMatch"
    assert refused(received("GET", theirs.replace("%2Fs3%2F", "%2Fsqs%2F"))) == "AccessDenied"
    assert refused(received("GET", theirs.partition("&X-Amz-Date")[0] + "&X-Amz-Signature=x")) == (
        "AuthorizationQueryParametersError"
    )
    week = client("s3").generate_presigned_url("get_object", {"Bucket": "b", "Key": "k"}, 8 * 24 * 3600)
    assert refused(received("GET", week)) == "AuthorizationQueryParametersError"


def form(key_pair: KeyPair = OURS, **changes: str) -> Iterable[tuple[str, str]]:
    made = client("s3", key_pair).generate_presigned_post(
        "b",
        "group/k",
        Fields={"Content-Type": "image/png"},
        Conditions=[["eq", "$Content-Type", "image/png"], ["content-length-range", 1, 10]],
        ExpiresIn=600,
    )
    return [*{**made["fields"], **changes}.items(), ("file", "")]


def post(fields: Iterable[tuple[str, str]], url: str = f"{ENDPOINT}/b") -> Received:
    return received("POST", url, {"Content-Type": "multipart/form-data"}, fields=list(fields))


def test_a_signed_form_is_taken() -> None:
    assert OURS.check(post(form())) is Signed.FOR_STORE
    assert OURS.check(post(form(), f"{ENDPOINT}/b/")) is Signed.FOR_STORE


def policy(**changes: Any) -> str:
    whole = {"expiration": "2999-01-01T00:00:00Z", "conditions": [{"bucket": "b"}], **changes}
    return base64.b64encode(json.dumps(whole).encode()).decode()


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (post(form(THEIRS)), "SignatureDoesNotMatch"),
        (post(form(policy=policy())), "SignatureDoesNotMatch"),
        (post([*form(), ("Key", "somebody/else")]), "InvalidArgument"),  # LocalStack would store under the one, and
        (post([*form(), ("acl", "public-read")]), "AccessDenied"),  # check the other
        (post(form(), f"{ENDPOINT}/c"), "AccessDenied"),
        (post(form(), f"{ENDPOINT}/b/k?uploads"), "AccessDenied"),
        (post(form(), f"{ENDPOINT}/?Action=SendMessage"), "AccessDenied"),
        (post([("file", "")]), "AccessDenied"),
    ],
)
def test_other_forms_are_refused(request_: Received, code: str) -> None:
    assert refused(request_) == code


def test_an_expired_form_is_refused() -> None:
    assert refused(post(form()), datetime.now(UTC) + timedelta(seconds=601)) == "AccessDenied"


@pytest.mark.parametrize("broken", [policy(conditions=[["in", "$key", "a"]]), policy(expiration=7), "bm9uZQ=="])
def test_a_policy_that_says_nothing_is_refused(broken: str) -> None:
    fields = dict(form(policy=broken))
    scope = OURS._scope(fields["x-amz-credential"])
    assert refused(post({**fields, "x-amz-signature": OURS._sign(scope, broken)}.items())) == "InvalidPolicyDocument"


def test_own_headers_are_taken() -> None:
    url = f"{ENDPOINT}/_localstack/health?reload=1"
    assert OURS.check(received("GET", url, OURS.headers("GET", url, "localstack"))) is Signed.BY_HEADER


def test_the_key_is_read_from_a_file_of_aws_s_tools(tmp_path: Path) -> None:
    file = tmp_path / "aws-credentials"
    file.write_text("[default]\naws_access_key_id = A\naws_secret_access_key = %B\nregion = us-east-1\n")
    assert KeyPair.read(file) == KeyPair("A", "%B")
    assert "%B" not in repr(KeyPair.read(file))
