from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from adlens.storage.clients import s3_client
from adlens.storage.presigning import Credentials, Presigner

TYPE, DISPOSITION = "image/png", "inline; filename*=UTF-8''%D1%87%D0%B0%D1%88%22%D0%BA%D0%B0.png"


@pytest.mark.parametrize("token", [None, "a/token+of==a role"])
@pytest.mark.parametrize("key", ["w/grp_1.a-b/c", "w/больше чем/+ключ~&?#.png"])
@pytest.mark.parametrize(
    ("endpoint", "style"),
    [("http://127.0.0.1:4566", "path"), (None, "virtual"), (None, "auto"), ("https://store.example/", "auto")],
)
def test_addresses_are_those_of_boto3(monkeypatch, endpoint, style, key, token) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalr/XUtnFEMI")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    if token:
        monkeypatch.setenv("AWS_SESSION_TOKEN", token)
    # The default session keeps the credentials that it saw first.
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    client = s3_client.__wrapped__(endpoint, style)
    theirs = client.generate_presigned_url(
        "get_object",
        Params={
            "Bucket": "uploads",
            "Key": key,
            "ResponseContentType": TYPE,
            "ResponseContentDisposition": DISPOSITION,
        },
        ExpiresIn=900,
    )
    signed_at = datetime.strptime(parse_qs(urlsplit(theirs).query)["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ")
    ours = Presigner(client, "uploads").url(
        Credentials("AKIDEXAMPLE", "wJalr/XUtnFEMI", token),
        key,
        {"response-content-type": TYPE, "response-content-disposition": DISPOSITION},
        900,
        now=signed_at.replace(tzinfo=UTC),
    )
    assert ours == theirs
