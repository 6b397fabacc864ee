"""Addresses that open an object for a while: AWS Signature Version 4 in the query, for lists of many pictures.

boto3 takes half a millisecond and more for each, most of it to find out again where the bucket is; a page of the
gallery spent four fifths of its time on that. This does the arithmetic alone; the addresses are boto3's to the letter.
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Credentials:
    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


class Presigner:
    """Signs GETs of one bucket's objects. Asks boto3 once where the bucket is, nobody else ever."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        example = urlsplit(client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}))
        self._origin, self._host = f"{example.scheme}://{example.netloc}", example.netloc
        self._folder = example.path.removesuffix("k")
        self._region = parse_qs(example.query)["X-Amz-Credential"][0].split("/")[2]

    def url(
        self,
        credentials: Credentials,
        key: str,
        parameters: Mapping[str, str],
        expiry_seconds: int,
        now: datetime | None = None,
    ) -> str:
        """`parameters` are those of the query, such as `response-content-type`, in the order of boto3's."""
        moment = f"{now or datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        scope = f"{moment[:8]}/{self._region}/s3/aws4_request"
        query = {
            **parameters,
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{credentials.access_key}/{scope}",
            "X-Amz-Date": moment,
            "X-Amz-Expires": str(expiry_seconds),
            "X-Amz-SignedHeaders": "host",
            **({"X-Amz-Security-Token": credentials.token} if credentials.token else {}),
        }
        pairs = [f"{name}={_quoted(value)}" for name, value in query.items()]
        path = self._folder + quote(key, safe="/~")
        request = f"GET\n{path}\n{'&'.join(sorted(pairs))}\nhost:{self._host}\n\nhost\nUNSIGNED-PAYLOAD"
        to_sign = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        signing_key = _signing_key(credentials.secret_key, moment[:8], self._region)
        signature = hmac.digest(signing_key, to_sign.encode(), "sha256").hex()
        return f"{self._origin}{path}?{'&'.join(pairs)}&X-Amz-Signature={signature}"


@lru_cache(maxsize=4096)  # most is the same in all addresses of a page
def _quoted(value: str) -> str:
    return quote(value, safe="-_.~")


@lru_cache(maxsize=8)
def _signing_key(secret_key: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
