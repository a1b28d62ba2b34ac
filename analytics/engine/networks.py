"""Open a network of a pinned file with ONNX Runtime."""

from __future__ import annotations

import hashlib
from pathlib import Path

import onnxruntime as ort

from analytics.engine.frames import Floats

PREFERRED_PROVIDERS = ("OpenVINOExecutionProvider", "CPUExecutionProvider")


class NetworkError(Exception):
    """A file is missing, is not the pinned one, or can not be loaded; the text says which."""


class Network:
    """One session on one thread: the cores belong to the workers, not to a thread pool."""

    def __init__(self, content: bytes, name: str) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        available = ort.get_available_providers()
        providers = [name for name in PREFERRED_PROVIDERS if name in available]
        try:
            self._session = ort.InferenceSession(content, options, providers=providers)
        except Exception as error:  # ONNX Runtime raises a class of its own for every fault
            msg = f"{name} can not be loaded: {error}"
            raise NetworkError(msg) from error
        first = self._session.get_inputs()[0]
        self.input_name: str = first.name
        self.input_shape: tuple[int | str, ...] = tuple(first.shape)
        """A name stands for a size that each batch may choose."""

    def run(self, values: Floats) -> list[Floats]:
        """Run on one batch of the input's shape; return all outputs in the file's order."""
        return list(self._session.run(None, {self.input_name: values}))


def read_pinned(path: Path, sha256: str) -> bytes:
    """Return the content of a file whose hash is known.

    Raises:
        NetworkError: the file is missing, or one byte of it differs.

    """
    try:
        content = path.read_bytes()
    except OSError as error:
        msg = f"{path.name} can not be read: {error.strerror}"
        raise NetworkError(msg) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        msg = f"{path.name} is not the pinned file: its SHA-256 differs"
        raise NetworkError(msg)
    return content
