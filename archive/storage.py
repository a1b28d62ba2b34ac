"""Where the bytes of a recording lie: on a volume of this machine or in the bucket."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.storage import storages

from archive.engine.reader import ByteSource, LocalFile
from archive.engine.volume import WrongVolumeError, read_identity
from archive.models import Recording, Volume

PRESIGNED_SECONDS = 300


class BucketObject:
    """An object in the bucket, read by ranged GETs. boto3's client may be used by many threads."""

    def __init__(self, key: str, size: int) -> None:
        self.size = size
        self._key = key
        bucket = archive_bucket()
        self._client, self._name = bucket.meta.client, bucket.name

    def read(self, offset: int, length: int) -> bytes:
        end = min(offset + length, self.size) - 1
        if end < offset:
            return b""
        try:
            answer = self._client.get_object(
                Bucket=self._name, Key=self._key, Range=f"bytes={offset}-{end}"
            )
            data: bytes = answer["Body"].read()
        except (BotoCoreError, ClientError) as error:
            raise OSError(f"the bucket did not give {self._key}: {error}") from error
        return data

    def close(self) -> None:
        """Nothing is held open between reads."""


def has_bucket() -> bool:
    return "archive" in storages.backends


def archive_bucket() -> Any:
    """Return boto3's Bucket of the storage named "archive" (django-storages)."""
    storage: Any = storages["archive"]
    return storage.bucket


def volume_path(volume: Volume, relative: str) -> Path:
    """Return the path of a file of the volume. Raises ValueError if it would lie outside."""
    root = Path(volume.path)
    path = root / relative
    if ".." in path.parts or not path.is_relative_to(root):
        raise ValueError(f"{relative!r} is no path inside a volume")
    return path


@dataclass(frozen=True, slots=True)
class Space:
    total_bytes: int
    free_bytes: int

    @property
    def free_percent(self) -> float:
        return 100 * self.free_bytes / max(self.total_bytes, 1)


def space_of(folder: Path) -> Space:
    """Ask the file system; free is what an ordinary user may still write."""
    found = os.statvfs(folder)
    return Space(found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize)


def has_own_identity(volume: Volume) -> bool:
    """Tell whether the volume's disk is there: a wrong one must never be deleted from."""
    try:
        return read_identity(Path(volume.path)) == UUID(str(volume.identity))
    except (WrongVolumeError, OSError):
        return False


def open_recording(recording: Recording) -> ByteSource:
    """Return the recording's bytes: the local copy while there is one, else the bucket's.

    Raises FileNotFoundError, or OSError for the bucket.
    """
    try:
        return LocalFile(volume_path(recording.volume, recording.path))
    except FileNotFoundError:
        if recording.place == Recording.Place.VOLUME:
            raise
    return BucketObject(recording.path, recording.size_bytes)


def delete_recording(recording: Recording) -> None:
    """Remove the recording's bytes wherever they lie; it is no error if they are gone."""
    volume_path(recording.volume, recording.path).unlink(missing_ok=True)
    if recording.place == Recording.Place.BUCKET:
        bucket = archive_bucket()
        try:
            bucket.meta.client.delete_object(Bucket=bucket.name, Key=recording.path)
        except (BotoCoreError, ClientError) as error:
            raise OSError(f"the bucket did not delete {recording.path}: {error}") from error


def upload_recording(recording: Recording) -> bool:
    """Put the recording into the bucket and have the bucket confirm its size and hash.

    Returns False where the local file or an object of that name is not what the row says.
    May be repeated after a crash. Raises OSError.
    """
    path = volume_path(recording.volume, recording.path)
    bucket = archive_bucket()
    client = bucket.meta.client
    key = {"Bucket": bucket.name, "Key": recording.path}
    checksum = base64.b64encode(bytes.fromhex(recording.sha256)).decode()
    try:
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != recording.sha256:
                return False
            if (found := _head(client, key)) is None:
                file.seek(0)
                # The bucket refuses what does not have this hash.
                client.put_object(
                    **key, Body=file, ChecksumAlgorithm="SHA256", ChecksumSHA256=checksum
                )
                found = _head(client, key)
    except (BotoCoreError, ClientError) as error:
        raise OSError(f"the bucket did not take {recording.path}: {error}") from error
    return found == (recording.size_bytes, checksum)


def _head(client: Any, key: dict[str, str]) -> tuple[int, str] | None:
    """Return size and hash of an object, None if there is none."""
    try:
        answer = client.head_object(**key, ChecksumMode="ENABLED")
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.NOT_FOUND:
            return None
        raise
    return answer["ContentLength"], answer.get("ChecksumSHA256", "")


def lock_object(*, key: str, data: bytes, mode: str, until: datetime) -> None:
    """Put an object into the bucket of heads, locked until that moment, and see that it is.

    Raises OSError, also for a bucket that takes objects and does not lock them.
    """
    try:
        storage: Any = storages["heads"]
        client, name = storage.bucket.meta.client, storage.bucket.name
        put = client.put_object(
            Bucket=name,
            Key=key,
            Body=data,
            ContentType="application/json",
            ChecksumAlgorithm="SHA256",
            ObjectLockMode=mode,
            ObjectLockRetainUntilDate=until,
        )
        version = {"VersionId": put["VersionId"]} if "VersionId" in put else {}
        found = client.head_object(Bucket=name, Key=key, **version)
    except (BotoCoreError, ClientError) as error:
        raise OSError(f"the bucket did not take {key}: {error}") from error
    if found.get("ObjectLockMode") != mode:
        raise OSError(f"the bucket does not lock {key}")


def presigned_url(recording: Recording) -> str:
    bucket = archive_bucket()
    url: str = bucket.meta.client.generate_presigned_url(
        "get_object",
        Params={
            "Bucket": bucket.name,
            "Key": recording.path,
            "ResponseContentType": "video/mp4",
        },
        ExpiresIn=PRESIGNED_SECONDS,
    )
    return url
