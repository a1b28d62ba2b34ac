"""Open a network of a pinned file with ONNX Runtime, in the input size that is wanted."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import numpy_helper

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
        self.input_shape: tuple[int, ...] = tuple(first.shape)

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


def with_input_size(content: bytes, width: int, height: int) -> bytes:
    """Return a fully convolutional network with another fixed size of its (1, 3, h, w) input.

    A picture of 16:9 in a square input wastes 38 % of the time on its padding.
    """
    model = onnx.load_from_string(content)
    weights = {weight.name for weight in model.graph.initializer}
    entry = next(value for value in model.graph.input if value.name not in weights)
    sides = entry.type.tensor_type.shape.dim
    old_height = sides[2].dim_value
    sides[2].dim_value, sides[3].dim_value = height, width
    del model.graph.value_info[:]
    for output in model.graph.output:
        cells = output.type.tensor_type.shape.dim[1]
        cells.Clear()
        cells.dim_param = "cells"
    _resize_constant_reshapes(model, old_height, width, height)
    return bytes(model.SerializeToString())


def _resize_constant_reshapes(
    model: onnx.ModelProto, old_side: int, width: int, height: int
) -> None:
    """Mend the reshapes of a channel shuffle, whose sizes were written down as constants."""
    grids = {old_side // stride: stride for stride in (8, 16, 32)}
    for weight in model.graph.initializer:
        values = numpy_helper.to_array(weight)
        is_shape = values.dtype == np.int64 and values.ndim == 1 and values.size in (4, 5)
        if is_shape and values[-1] == values[-2] and int(values[-1]) in grids:
            stride = grids[int(values[-1])]
            changed = values.copy()
            changed[-2:] = height // stride, width // stride
            weight.CopyFrom(numpy_helper.from_array(changed, weight.name))
