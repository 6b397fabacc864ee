"""Uploaded files in an S3-compatible store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from adlens.domain.errors import ObjectGone, TransientError
from adlens.domain.media import check_file_size
from adlens.domain.ports.storage import PresignedPost, StoredObject
from adlens.domain.stored_files import ListedObject
from adlens.storage.clients import credentials
from adlens.storage.errors import as_transient
from adlens.storage.presigning import Presigner

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

_PART_BYTES = 16 * 2**20
"""S3 takes 10,000 parts, so files of up to 160 GB."""
_GONE = {"NoSuchKey", "404", "NotFound"}


class S3ObjectStore:
    """`client` reaches the store from here; `public_client` signs what browsers send to its public endpoint."""

    def __init__(self, client: S3Client, public_client: S3Client, bucket: str, expiry_seconds: int) -> None:
        self._client = client
        self._public_client = public_client
        self._bucket = bucket
        self._expiry_seconds = expiry_seconds

    def get(self, key: str, max_bytes: int) -> StoredObject:
        from botocore.exceptions import ClientError

        with as_transient("object store"):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if error.response["Error"]["Code"] in _GONE:
                    raise ObjectGone("The uploaded file is gone. Upload it again.") from error
                raise
            with answer["Body"] as body:
                check_file_size(answer["ContentLength"], max_bytes)
                return StoredObject(body.read(), answer["ETag"].strip('"'))

    def put(self, key: str, data: bytes, content_type: str) -> None:
        with as_transient("object store"):
            self._client.put_object(Bucket=self._bucket, Key=key, Body=data, ContentType=content_type)

    def put_file(self, key: str, path: Path, content_type: str) -> None:
        """Sends a large file in parts, two at a time; one that breaks off leaves no object."""
        from boto3.exceptions import S3UploadFailedError
        from boto3.s3.transfer import TransferConfig

        config = TransferConfig(multipart_chunksize=_PART_BYTES, max_concurrency=2, max_io_queue=2)
        with as_transient("object store"):
            try:
                self._client.upload_file(
                    str(path), self._bucket, key, ExtraArgs={"ContentType": content_type}, Config=config
                )
            except S3UploadFailedError as error:
                raise TransientError("The object store did not take the file. Try again shortly.") from error

    def exists(self, key: str) -> bool:
        from botocore.exceptions import ClientError

        with as_transient("object store"):
            try:
                self._client.head_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if error.response["Error"]["Code"] in _GONE:
                    return False
                raise
            return True

    def delete(self, keys: list[str]) -> None:
        with as_transient("object store"):
            for start in range(0, len(keys), 1000):
                batch = keys[start : start + 1000]
                objects: list[ObjectIdentifierTypeDef] = [{"Key": key} for key in batch]
                answer = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True})
                if refused := answer.get("Errors"):
                    code = refused[0].get("Code", "no reason given")
                    raise TransientError(f"The object store did not remove {len(refused)} files ({code}).")

    def page(self, after: str, limit: int) -> list[ListedObject]:
        """As `adlens.domain.ports.storage.ListableStore` says; `limit` is 1,000 at most."""
        with as_transient("object store"):
            answer = self._client.list_objects_v2(Bucket=self._bucket, StartAfter=after, MaxKeys=limit)
            return [ListedObject(each["Key"], each["LastModified"]) for each in answer.get("Contents", [])]

    def delete_versions(self, prefix: str) -> int:
        """As `adlens.domain.ports.storage.ErasableStore` says; markers of deletions count as versions."""
        with as_transient("object store"):
            page = self._client.list_object_versions(Bucket=self._bucket, Prefix=prefix)
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            versions: list[ObjectIdentifierTypeDef] = [
                {"Key": each["Key"], "VersionId": each["VersionId"]} for each in found
            ]
            if versions:
                answer = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": versions, "Quiet": True})
                if errors := answer.get("Errors"):
                    raise TransientError(f"The object store kept {errors[0]['Key']}: {errors[0]['Message']}.")
            return len(found)

    def ping(self) -> None:
        with as_transient("object store"):
            self._client.head_bucket(Bucket=self._bucket)

    def presigned_post(self, key: str, content_type: str, max_bytes: int) -> PresignedPost:
        form = self._public_client.generate_presigned_post(
            self._bucket,
            key,
            Fields={"Content-Type": content_type},
            Conditions=[["content-length-range", 1, max_bytes], {"Content-Type": content_type}],
            ExpiresIn=self._expiry_seconds,
        )
        expires_at = datetime.now(UTC) + timedelta(seconds=self._expiry_seconds)
        return PresignedPost(form["url"], form["fields"], expires_at)

    def presigned_url(self, key: str, filename: str, content_type: str | None) -> str:
        # The stored content type is what the uploader claimed; a browser must never take it for a page.
        disposition = f"{'inline' if content_type else 'attachment'}; filename*=UTF-8''{quote(filename, safe='')}"
        parameters = {
            "response-content-type": content_type or "application/octet-stream",
            "response-content-disposition": disposition,
        }
        return self._presigner.url(credentials(), key, parameters, self._expiry_seconds)

    @cached_property
    def _presigner(self) -> Presigner:
        return Presigner(self._public_client, self._bucket)
