"""An S3 object store that keeps a copy of every object in a folder, for the next start of LocalStack to put back.

Per object `<bucket>/<sha256 of the key>` holds the bytes and `<...>.json` its key and what describes it; the JSON is
written last, so what a crash left half-written is not taken for an object.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

from localstack.services.s3.models import S3Object
from localstack.services.s3.storage.ephemeral import EphemeralS3ObjectStore, EphemeralS3StoredObject

NOT_KEPT = ("awslambda-", "cdk-")  # code, which every deployment publishes anew


class KeptObjectStore(EphemeralS3ObjectStore):
    """LocalStack's store in `root_directory`, with copies in `folder`."""

    def __init__(self, root_directory: str, folder: Path) -> None:
        super().__init__(root_directory)
        self._folder = folder

    def open(self, bucket: str, s3_object: S3Object, mode: str = "r") -> EphemeralS3StoredObject:
        stored = super().open(bucket, s3_object, mode)
        if mode == "w" and not bucket.startswith(NOT_KEPT):
            close = stored.close

            def keep_and_close() -> None:
                # not in the store any more: refused after it was written (a wrong checksum)
                if self._get_object_file(bucket, self._key_from_s3_object(s3_object)) is stored.file:
                    self._keep(bucket, s3_object, stored)
                close()

            stored.close = keep_and_close
        return stored

    def remove(self, bucket: str, s3_object: S3Object | list[S3Object]) -> None:
        super().remove(bucket, s3_object)
        for removed in s3_object if isinstance(s3_object, list) else [s3_object]:
            if isinstance(removed, S3Object) and removed.is_current:
                for path in self._paths(bucket, removed):
                    path.unlink(missing_ok=True)

    def delete_bucket(self, bucket: str) -> None:
        super().delete_bucket(bucket)
        shutil.rmtree(self._folder / bucket, ignore_errors=True)

    def _paths(self, bucket: str, s3_object: S3Object) -> tuple[Path, Path]:
        """Description and bytes; the description goes first when an object is removed."""
        data = self._folder / bucket / hashlib.sha256(s3_object.key.encode()).hexdigest()
        return data.with_suffix(".json"), data

    def _keep(self, bucket: str, s3_object: S3Object, stored: EphemeralS3StoredObject) -> None:
        description, data = self._paths(bucket, s3_object)
        data.parent.mkdir(parents=True, exist_ok=True)
        partial = data.with_suffix(f".{os.urandom(4).hex()}.partial")
        stored.seek(0)
        with partial.open("wb") as file:
            shutil.copyfileobj(stored, file)
        partial.replace(data)
        partial.write_text(
            json.dumps(
                {"key": s3_object.key, "system": s3_object.system_metadata, "user": s3_object.user_metadata},
                default=str,
            )
        )
        partial.replace(description)
