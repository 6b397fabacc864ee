"""Model bundles that live in the store: fetched by whoever needs one, published as versions that never change.

s3://BUCKET/promoted.json                   which version is in charge, since when, and why
s3://BUCKET/NAME/VERSION/manifest.toml      written last: a version is there when its manifest is
s3://BUCKET/NAME/VERSION/metrics.json       what was measured of it; the one object that may be written again
s3://BUCKET/NAME/VERSION/...                the files that the manifest names, cards and notices
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from adlens.domain.errors import Conflict, InvalidBundle, InvalidValue
from adlens.storage.errors import as_transient, error_code

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MANIFEST, METRICS, PROMOTED = "manifest.toml", "metrics.json", "promoted.json"
_PLAIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_STORE = "model store"


def fetch_bundle(client: S3Client, uri: str, cache: Path) -> Path:
    """A local folder with the bundle at `uri` (s3://bucket/prefix), downloaded below `cache` once per content.

    The manifest's checksums are verified by whoever loads it. Raises InvalidBundle when nothing is there, or when it
    reaches outside of its folder.
    """
    address = urlsplit(uri)
    bucket, prefix = address.netloc, address.path.strip("/") + "/"
    with as_transient(_STORE):
        objects = [found for found in _objects(client, bucket, prefix) if not found["Key"].endswith("/")]
        if not objects:
            raise InvalidBundle(f"There is no model bundle at {uri}.")
        content = "".join(sorted(f"{found['Key']} {found['ETag']}\n" for found in objects))
        folder = cache / hashlib.sha256(f"{bucket}\n{content}".encode()).hexdigest()[:16]
        for found in objects:
            target = folder / found["Key"].removeprefix(prefix)
            if not target.resolve().is_relative_to(folder.resolve()):
                raise InvalidBundle(f"{found['Key']} would leave the bundle's folder.")
            if target.exists() and target.stat().st_size == found["Size"]:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            partial = target.with_name(target.name + ".partial")
            client.download_file(bucket, found["Key"], str(partial))
            partial.replace(target)
    _check_contained(folder, uri)
    return folder


@dataclass(frozen=True, slots=True)
class Version:
    """A published version. `bytes` is the size of everything it carries."""

    name: str
    version: str
    bytes: int
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Promotion:
    """The version in charge. `checksum` is its manifest's sha256; `forced` why its figures did not have to be as good
    as those of the one before; `replaced` which one that was, as NAME/VERSION."""

    name: str
    version: str
    checksum: str
    promoted_at: str
    replaced: str = ""
    forced: str = ""


class BundleRegistry:
    """The bundles of one bucket. Trouble with the store raises TransientError."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def uri(self, name: str, version: str) -> str:
        """Raises InvalidValue when this cannot be the name and the version of a published bundle."""
        return f"s3://{self._bucket}/{_prefix(name, version)}".rstrip("/")

    def versions(self) -> list[Version]:
        """Complete ones, sorted by name, oldest first."""
        sizes: dict[tuple[str, str], int] = defaultdict(int)
        published_at: dict[tuple[str, str], datetime] = {}
        with as_transient(_STORE):
            for item in _objects(self._client, self._bucket, ""):
                name, _, rest = item["Key"].partition("/")
                version, _, file = rest.partition("/")
                sizes[name, version] += item["Size"]
                if file == MANIFEST and _is_plain(name) and _is_plain(version):
                    published_at[name, version] = item["LastModified"]
        complete = [Version(*key, sizes[key], since) for key, since in published_at.items()]
        return sorted(complete, key=lambda version: (version.name, version.published_at))

    def publish(self, folder: Path, name: str, version: str) -> bool:
        """Stores a folder as a version; False when exactly this was there already.

        Raises Conflict when the version is there with other content: versions do not change.
        """
        prefix, manifest = _prefix(name, version), folder / MANIFEST
        _check_contained(folder, str(folder))
        files = {path for path in folder.rglob("*") if path.is_file()} - {folder / METRICS}
        for path in files:
            if not path.resolve().is_relative_to(folder.resolve()):
                raise InvalidBundle(f"{path} leads outside of the bundle's folder.")
        keys = {path: f"{prefix}{path.relative_to(folder).as_posix()}" for path in files}
        with as_transient(_STORE):
            there = {item["Key"] for item in _objects(self._client, self._bucket, prefix)} - {prefix + METRICS}
        ours = set(keys.values())
        if there - ours or (keys[manifest] in there and ours - there):
            raise _changed(name, version)
        # The manifest makes the version visible, so it comes last.
        for path in [*sorted(files - {manifest}), manifest]:
            new = self._put_once(path, keys[path])
            if not new and not self._is_same(path, keys[path]):
                raise _changed(name, version)
        return new

    def read(self, name: str, version: str, file: str) -> bytes | None:
        """A file of a version; None when it is not there."""
        return self._get(_prefix(name, version) + file)[0]

    def write_metrics(self, name: str, version: str, metrics: bytes) -> None:
        with as_transient(_STORE):
            self._client.put_object(
                Bucket=self._bucket,
                Key=_prefix(name, version) + METRICS,
                Body=metrics,
                ContentType="application/json",
            )

    def promoted(self) -> Promotion | None:
        content, _ = self._get(PROMOTED)
        return None if content is None else _promotion(content)

    def promote(self, name: str, version: str, checksum: str, forced: str = "") -> Promotion:
        """Puts a version in charge. Raises Conflict when somebody else promotes another one meanwhile."""
        content, etag = self._get(PROMOTED)
        before = None if content is None else _promotion(content)
        promotion = Promotion(
            name,
            version,
            checksum,
            datetime.now(UTC).isoformat(timespec="seconds"),
            f"{before.name}/{before.version}" if before else "",
            forced,
        )
        unchanged: Any = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        body = json.dumps(asdict(promotion), ensure_ascii=False, indent=1).encode()
        if not self._put(PROMOTED, body, ContentType="application/json", **unchanged):
            raise Conflict("Somebody else has just promoted a bundle. Look at `adlens models list` and try again.")
        return promotion

    def _get(self, key: str) -> tuple[bytes | None, str]:
        from botocore.exceptions import ClientError

        with as_transient(_STORE):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=key)
                return answer["Body"].read(), answer["ETag"]
            except ClientError as error:
                if error_code(error) in {"NoSuchKey", "404"}:
                    return None, ""
                raise

    def _put_once(self, path: Path, key: str) -> bool:
        """Whether the object is new; one that is there stays as it is."""
        with path.open("rb") as body:
            return self._put(key, body, ChecksumSHA256=_sha256(path), IfNoneMatch="*")

    def _put(self, key: str, body: Any, **options: Any) -> bool:
        """False when the store says that the condition of the write does not hold."""
        from botocore.exceptions import ClientError

        with as_transient(_STORE):
            try:
                self._client.put_object(Bucket=self._bucket, Key=key, Body=body, **options)
            except ClientError as error:
                if error_code(error) in {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}:
                    return False
                raise
        return True

    def _is_same(self, path: Path, key: str) -> bool:
        with as_transient(_STORE):
            found = self._client.head_object(Bucket=self._bucket, Key=key, ChecksumMode="ENABLED")
        return found.get("ChecksumSHA256") == _sha256(path)


def _objects(client: S3Client, bucket: str, prefix: str) -> Iterator[Any]:
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from page.get("Contents", [])


def _prefix(name: str, version: str) -> str:
    for what, value in ("name", name), ("version", version):
        if not _is_plain(value):
            raise InvalidValue(
                f"The {what} of a published bundle is up to 64 small Latin letters, digits, dots, dashes and "
                f"underscores, the first a letter or digit; {value!r} is not.",
                what,
            )
    return f"{name}/{version}/"


def _is_plain(text: str) -> bool:
    return _PLAIN.fullmatch(text) is not None


def _promotion(content: bytes) -> Promotion:
    try:
        return Promotion(**json.loads(content))
    except (ValueError, TypeError) as error:
        raise InvalidBundle(f"{PROMOTED} of the model store is not what AdLens wrote there.") from error


def _changed(name: str, version: str) -> Conflict:
    return Conflict(
        f"{name} {version} is published already, with other content. Published versions do not change: give the "
        "manifest a new version."
    )


def _sha256(path: Path) -> str:
    """As S3 writes it."""
    with path.open("rb") as file:
        return base64.b64encode(hashlib.file_digest(file, "sha256").digest()).decode()


def _check_contained(folder: Path, uri: str) -> None:
    """A bundle of the store carries its files, or takes them from installed packages."""
    try:
        stages = tomllib.loads((folder / MANIFEST).read_text()).values()
        files = [entry for stage in stages if isinstance(stage, dict) for entry in stage.get("files", {}).values()]
        paths = [str(entry["path"]) for entry in files]
    except FileNotFoundError as error:
        raise InvalidBundle(f"There is no model bundle at {uri}: it has no {MANIFEST}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidBundle(f"The {MANIFEST} at {uri} is none: {error!r}.") from error
    for path in paths:
        if "$" in path or PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise InvalidBundle(f"The bundle at {uri} names the file {path}, which is not in it.")
