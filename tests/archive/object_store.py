"""A real S3 server in a thread, and its buckets."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
from moto.server import ThreadedMotoServer


def object_store() -> Iterator[str]:
    """Yield the address of a server, for a fixture."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port)
    server.start()
    yield f"http://127.0.0.1:{port}"
    server.stop()


def bucket_of(name: str, url: str) -> dict[str, Any]:
    """Return the bucket as an entry of STORAGES."""
    options = {
        "bucket_name": name,
        "endpoint_url": url,
        "access_key": "key",
        "secret_key": "secret",
        "region_name": "us-east-1",
        "file_overwrite": False,
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


@dataclass(frozen=True)
class Bucket:
    name: str
    url: str

    @property
    def client(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id="key",
            aws_secret_access_key="secret",  # noqa: S106 -- of a server that lives as long as a test
            region_name="us-east-1",
        )

    def names(self) -> list[str]:
        listed = self.client.list_objects_v2(Bucket=self.name)
        return [item["Key"] for item in listed.get("Contents", [])]
