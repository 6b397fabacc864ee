"""boto3 clients with the timeouts and signatures that S3-compatible stores agree on."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode

from adlens.domain.errors import TransientError
from adlens.storage.presigning import Credentials

if TYPE_CHECKING:
    from boto3 import Session
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

LIFT_SECONDS = 26  # the gateway waits for 29

AddressingStyle = Literal["auto", "path", "virtual"]


@functools.cache
def s3_client(endpoint_url: str | None = None, addressing_style: AddressingStyle = "auto") -> S3Client:
    import boto3
    from botocore.config import Config

    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": addressing_style},
        # boto3's default checksums break some S3-compatible stores.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=3,
        read_timeout=20,
        retries={"mode": "standard", "max_attempts": 3},
    )
    return boto3.client("s3", endpoint_url=endpoint_url, config=config)


def credentials() -> Credentials:
    """What clients sign with now; those of a role are renewed before they end."""
    known = _session().get_credentials()
    found = known and known.get_frozen_credentials()
    if not (found and found.access_key and found.secret_key):
        raise TransientError("There are no AWS credentials here.")
    return Credentials(found.access_key, found.secret_key, found.token)


def database_token(host: str, user: str, port: int = 5432) -> str:
    """A password for `user` of a database on RDS, for 15 minutes, by the rights of this process; signed here.

    As boto3's `generate_db_auth_token`, without the half second that its client of RDS takes to load.
    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.IAMDBAuth.html
    """
    from botocore.model import ServiceId
    from botocore.signers import RequestSigner

    session = _session()
    known, region = session.get_credentials(), session.region_name
    if known is None or region is None:
        raise TransientError("There are no AWS credentials here.")
    signer = RequestSigner(ServiceId("rds-db"), region, "rds-db", "v4", known, session.events)
    request = {
        "method": "GET",
        "url": f"https://{host}:{port}/?{urlencode({'Action': 'connect', 'DBUser': user})}",
        "body": {},
        "headers": {},
        "context": {},
    }
    return str(signer.generate_presigned_url(request, "connect", expires_in=900)).removeprefix("https://")


@functools.cache
def _session() -> Session:
    import boto3

    return boto3.Session()


@functools.cache
def sqs_client() -> SQSClient:
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "max_attempts": 3})
    return boto3.client("sqs", config=config)


@functools.cache
def lambda_client(endpoint_url: str | None = None) -> LambdaClient:
    import boto3
    from botocore.config import Config

    # A call is never repeated: it may still be at work, and who asks is gone before a second one ends.
    config = Config(connect_timeout=3, read_timeout=LIFT_SECONDS, retries={"mode": "standard", "total_max_attempts": 1})
    return boto3.client("lambda", endpoint_url=endpoint_url, config=config)
