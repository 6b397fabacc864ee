"""Model bundles that live in the store."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from adlens.domain.errors import InvalidBundle
from adlens.storage.errors import as_transient

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def fetch_bundle(client: S3Client, uri: str, cache: Path) -> Path:
    """A local folder with the bundle at `uri` (s3://bucket/prefix), downloaded below `cache` once per content.

    The manifest's checksums are verified by whoever loads it. Raises InvalidBundle when nothing is there.
    """
    address = urlsplit(uri)
    bucket, prefix = address.netloc, address.path.strip("/") + "/"
    with as_transient("model store"):
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        objects = [found for page in pages for found in page.get("Contents", []) if not found["Key"].endswith("/")]
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
    return folder
