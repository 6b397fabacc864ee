"""AWS Signature Version 4, checked as S3 checks it: headers, addresses and forms that one key has signed.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
"""

from __future__ import annotations

import base64
import configparser
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote_from_bytes, unquote_to_bytes, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"
SKEW = timedelta(minutes=15)
LONGEST = timedelta(days=7)
UNSIGNED = ("UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
"""What S3 takes instead of the hash of a body."""
UNCONDITIONAL = ("file", "policy", "x-amz-signature")
"""Fields of a form that its policy does not name."""
_HEADER = re.compile(rf"{ALGORITHM} Credential=([^\s,]+), ?SignedHeaders=([^\s,]+), ?Signature=([0-9a-f]{{64}})")
_QUERY = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
)


class Refused(Exception):
    """The request is not answered; `code` is S3's name of the reason."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Signed(Enum):
    """By whom a request is signed: the holder of the key, or somebody who was handed an address or a form of the
    store's, which is good for nothing else."""

    BY_HEADER = auto()
    FOR_STORE = auto()


@dataclass(frozen=True)
class Received:
    """A request as it came: `target` is path and query, header names are in lower case.

    `fields` are those of a form with their values, each as often as it was sent; None when it is no form.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: Callable[[], bytes]
    fields: Callable[[], Iterable[tuple[str, str]] | None]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> list[tuple[str, str]]:
        """Names and values, decoded, in their order."""
        pairs = (pair.partition("=")[::2] for pair in self.target.partition("?")[2].split("&") if pair)
        return [(_decoded(name), _decoded(value)) for name, value in pairs]


@dataclass(frozen=True)
class _Scope:
    day: str
    region: str
    service: str

    def __str__(self) -> str:
        return f"{self.day}/{self.region}/{self.service}/aws4_request"


@dataclass(frozen=True)
class KeyPair:
    """An access key and its secret. The check's errors are all `Refused`."""

    access_key: str
    secret_key: str = field(repr=False)

    @classmethod
    def read(cls, file: Path) -> Self:
        """From a file of AWS's tools, profile `default`."""
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(file.read_text(encoding="utf-8"))
        profile = parser["default"]
        return cls(profile["aws_access_key_id"], profile["aws_secret_access_key"])

    def check(self, request: Received, now: datetime | None = None) -> Signed:
        """By what the request is signed. Raises Refused."""
        now = now or datetime.now(UTC)
        if authorization := request.headers.get("authorization"):
            self._check_header(request, authorization, now)
            return Signed.BY_HEADER
        if any(name == "X-Amz-Signature" for name, _ in request.query):
            self._check_address(request, now)
            return Signed.FOR_STORE
        if request.method == "POST" and (fields := request.fields()) is not None:
            self._check_form(request, fields, now)
            return Signed.FOR_STORE
        raise Refused("AccessDenied", "The request is not signed.")

    def headers(self, method: str, url: str, service: str, now: datetime | None = None) -> dict[str, str]:
        """Those that sign a request without a body."""
        parts = urlsplit(url)
        moment = f"{now or datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        signed = {"host": parts.netloc, "x-amz-date": moment}
        scope = _Scope(moment[:8], "us-east-1", service)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        request = Received(method, target, signed, bytes, lambda: None)
        signature = self._signature(request, scope, moment, sorted(signed), hashlib.sha256().hexdigest())
        credential = f"Credential={self.access_key}/{scope}, SignedHeaders={';'.join(sorted(signed))}"
        return {"X-Amz-Date": moment, "Authorization": f"{ALGORITHM} {credential}, Signature={signature}"}

    def _check_header(self, request: Received, authorization: str, now: datetime) -> None:
        if (match := _HEADER.fullmatch(authorization)) is None:
            raise Refused("AuthorizationHeaderMalformed", f"The header Authorization is not one of {ALGORITHM}.")
        credential, names, signature = match.groups()
        scope, signed = self._scope(credential), names.split(";")
        moment = request.headers.get("x-amz-date", "")
        if abs(now - _moment(moment, scope)) > SKEW:
            raise Refused("RequestTimeTooSkewed", "The request was signed more than 15 minutes ago, or ahead.")
        _require_signed(signed, "host")
        actual = hashlib.sha256(request.body()).hexdigest()
        digest = request.headers.get("x-amz-content-sha256")
        if digest is not None:
            _require_signed(signed, "x-amz-content-sha256")
            if digest != actual and not (scope.service == "s3" and digest in UNSIGNED):
                raise Refused("XAmzContentSHA256Mismatch", "The body is not the one that was signed.")
        self._compare(signature, self._signature(request, scope, moment, signed, digest or actual))

    def _check_address(self, request: Received, now: datetime) -> None:
        found: dict[str, str] = {}
        for name, value in request.query:
            if name in found:
                raise Refused("AuthorizationQueryParametersError", f"{name} is there twice.")
            found[name] = value
        if missing := [name for name in _QUERY if name not in found]:
            raise Refused("AuthorizationQueryParametersError", f"The address lacks {', '.join(missing)}.")
        algorithm, credential, moment, expires, names, signature = (found[name] for name in _QUERY)
        scope, signed = self._store_scope(algorithm, credential), names.split(";")
        begins = _moment(moment, scope)
        if not re.fullmatch(r"\d{1,6}", expires) or not timedelta(0) < timedelta(seconds=int(expires)) <= LONGEST:
            raise Refused("AuthorizationQueryParametersError", "X-Amz-Expires must be 1 to 604800 seconds.")
        if now > begins + timedelta(seconds=int(expires)) or begins > now + SKEW:
            raise Refused("AccessDenied", "Request has expired")
        _require_signed(signed, "host", *(name for name in request.headers if name.startswith("x-amz-")))
        self._compare(signature, self._signature(request, scope, moment, signed, "UNSIGNED-PAYLOAD"))

    def _check_form(self, request: Received, fields: Iterable[tuple[str, str]], now: datetime) -> None:
        """What its fields may hold is for the store to check against the policy."""
        form: dict[str, str] = {}
        for name, value in fields:
            if name.lower() in form:
                raise Refused("InvalidArgument", f"The form has {name} twice.")
            form[name.lower()] = value
        policy = form.get("policy", "")
        scope = self._store_scope(form.get("x-amz-algorithm", ""), form.get("x-amz-credential", ""))
        self._compare(form.get("x-amz-signature", ""), self._sign(scope, policy))
        try:
            parsed = json.loads(base64.b64decode(policy))
            expires = datetime.fromisoformat(parsed["expiration"])
            conditions = dict(map(_condition, parsed["conditions"]))
        except (ValueError, KeyError, TypeError) as error:
            raise Refused("InvalidPolicyDocument", "The policy is none.") from error
        if expires.tzinfo is None or now > expires:
            raise Refused("AccessDenied", "Invalid according to Policy: Policy expired.")
        if extra := form.keys() - conditions.keys() - set(UNCONDITIONAL):
            raise Refused(
                "AccessDenied", f"Invalid according to Policy: Extra input fields: {', '.join(sorted(extra))}"
            )
        if request.target.strip("/") != conditions.get("bucket"):
            raise Refused("AccessDenied", "Invalid according to Policy: the form is for another bucket.")

    def _store_scope(self, algorithm: str, credential: str) -> _Scope:
        scope = self._scope(credential)
        if algorithm != ALGORITHM or scope.service != "s3":
            raise Refused("AccessDenied", f"Addresses and forms are signed for s3 by {ALGORITHM}.")
        return scope

    def _scope(self, credential: str) -> _Scope:
        parts = credential.split("/")
        if len(parts) != 5 or parts[4] != "aws4_request":
            raise Refused("AccessDenied", "The credential has no scope.")
        if not hmac.compare_digest(parts[0].encode(), self.access_key.encode()):
            raise Refused("InvalidAccessKeyId", "The access key is not this stack's.")
        return _Scope(*parts[1:4])

    def _compare(self, given: str, expected: str) -> None:
        if not hmac.compare_digest(given.encode(), expected.encode()):
            raise Refused("SignatureDoesNotMatch", "The request is not the one that was signed.")

    def _signature(self, request: Received, scope: _Scope, moment: str, signed: list[str], digest: str) -> str:
        # S3 alone takes keys as they are; the others sign the path that was sent, encoded once more
        path = _encoded(request.path, "/") if scope.service == "s3" else quote_from_bytes(request.path.encode(), "/~")
        query = sorted((_encoded(n), _encoded(v)) for n, v in _pairs(request.target) if n != "X-Amz-Signature")
        headers = "".join(f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in signed)
        canonical = "\n".join(
            (request.method, path, "&".join(f"{n}={v}" for n, v in query), headers, ";".join(signed), digest)
        )
        return self._sign(scope, f"{ALGORITHM}\n{moment}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}")

    def _sign(self, scope: _Scope, text: str) -> str:
        key = f"AWS4{self.secret_key}".encode()
        for part in str(scope).split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.digest(key, text.encode(), "sha256").hex()


def _require_signed(signed: list[str], *names: str) -> None:
    if missing := sorted(set(names) - set(signed)):
        raise Refused("AccessDenied", f"Headers of the request are not signed: {', '.join(missing)}")


def _moment(text: str, scope: _Scope) -> datetime:
    try:
        moment = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise Refused("AccessDenied", "The request has no date of its signature.") from error
    if text[:8] != scope.day:
        raise Refused("AccessDenied", "The credential is for another day.")
    return moment


def _condition(condition: Any) -> tuple[str, Any]:
    """The field that a condition of a policy is about, and the value of an exact one."""
    match condition:
        case {**fields} if len(fields) == 1:
            ((name, value),) = fields.items()
            return str(name).lower(), value
        case ["eq" | "starts-with" as kind, str(name), value]:
            return name.lower().removeprefix("$"), value if kind == "eq" else None
        case ["content-length-range", _, _]:
            return "content-length-range", None
    raise ValueError("unknown condition")


def _pairs(target: str) -> list[tuple[str, str]]:
    return [pair.partition("=")[::2] for pair in target.partition("?")[2].split("&") if pair]  # type: ignore[misc]


def _encoded(text: str, safe: str = "") -> str:
    """Encoded as signatures have it, whichever way it came."""
    return quote_from_bytes(unquote_to_bytes(text), safe=f"{safe}-_.~")


def _decoded(text: str) -> str:
    return unquote_to_bytes(text).decode(errors="replace")
