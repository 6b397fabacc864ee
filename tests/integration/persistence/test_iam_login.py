"""What the functions log in with on AWS: a token signed here, over TLS that is checked."""

from __future__ import annotations

import ssl
from typing import Any

import boto3
import pytest

from adlens.persistence.session import CERTIFICATES
from adlens.settings import DatabaseSettings
from adlens.storage import clients
from functions import wiring


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> Any:
    variables = {
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "session",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "ADLENS_DATABASE_HOST": "adlens.proxy-abc.eu-central-1.rds.amazonaws.com",
        "ADLENS_DATABASE_USER": "adlens_app",
        "ADLENS_DATABASE_CONNECT_SECONDS": "25",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    clients._session.cache_clear()
    wiring.database.cache_clear()
    yield
    clients._session.cache_clear()
    wiring.database.cache_clear()


def test_the_token_is_the_one_that_boto3_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore import auth

    fixed = auth.get_current_datetime()
    monkeypatch.setattr(auth, "get_current_datetime", lambda *_, **__: fixed)
    host = "adlens.proxy-abc.eu-central-1.rds.amazonaws.com"
    expected = boto3.Session().client("rds").generate_db_auth_token(host, 5432, "adlens_app")
    assert clients.database_token(host, "adlens_app") == expected


def test_a_connection_has_a_fresh_token_time_to_wake_the_database_and_tls_that_is_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[dict[str, Any]] = []

    def connect(*_: Any, **parameters: Any) -> None:
        given.append(parameters)
        raise ConnectionError

    monkeypatch.setattr("psycopg2.connect", connect)
    engine = wiring.database(DatabaseSettings())
    for _ in range(2):
        with pytest.raises(ConnectionError):
            engine.connect()
    for parameters in given:
        assert parameters["password"].startswith(f"{parameters['host']}:5432/?Action=connect&DBUser=adlens_app&X-Amz-")
        assert (parameters["user"], parameters["dbname"]) == ("adlens_app", "adlens")
        assert (parameters["sslmode"], parameters["sslrootcert"]) == ("verify-full", str(CERTIFICATES))
        assert parameters["connect_timeout"] == 25
        assert "options" not in parameters  # RDS Proxy refuses them
    assert len(given) == 2


def test_certificates_of_aurora_and_of_the_proxy_can_be_checked() -> None:
    context = ssl.create_default_context(cafile=CERTIFICATES)
    names = {
        dict(part[0] for part in found["subject"])["commonName"]  # type: ignore[index]
        for found in context.get_ca_certs()
    }
    assert {f"Amazon Root CA {number}" for number in (1, 2, 3, 4)} <= names  # of RDS Proxy
    for region in ("us-east-1", "eu-central-1", "ap-northeast-1"):
        assert f"Amazon RDS {region} Root CA RSA2048 G1" in names
