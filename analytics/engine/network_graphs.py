"""Change a network's graph: its input size, and what ONNX Runtime computes slowly as it is written.

Nothing here changes what comes out, but for the rounding of floating point.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper, numpy_helper

from analytics.engine.networks import NetworkError


def with_free_input_size(content: bytes, name: str) -> bytes:
    """Return a fully convolutional network that takes (1, 3, h, w) of any size.

    Raises:
        NetworkError: the content is no network.

    """
    model = _model_of(content, name)
    sides = _input_of(model).type.tensor_type.shape.dim
    sides[2].dim_param, sides[3].dim_param = "height", "width"
    del model.graph.value_info[:]
    for output in model.graph.output:
        output.type.tensor_type.shape.dim[1].dim_param = f"{output.name} rows"
    return bytes(model.SerializeToString())


def with_plain_slopes(content: bytes, name: str) -> bytes:
    """Return the network with each PRelu of one single slope as a LeakyRelu: the same numbers.

    ONNX Runtime computes that one together with the convolution before it, and leaves the
    layout of its channels as it is: 7 ms instead of 16 for face-reidentification-retail-0095.

    Raises:
        NetworkError: the content is no network.

    """
    model = _model_of(content, name)
    slopes = {weight.name: numpy_helper.to_array(weight) for weight in model.graph.initializer}
    for node in model.graph.node:
        slope = slopes.get(node.input[1]) if node.op_type == "PRelu" else None
        if slope is not None and slope.size == 1:
            node.op_type = "LeakyRelu"
            del node.input[1:]
            node.attribute.append(onnx.helper.make_attribute("alpha", float(slope.item())))
    return bytes(model.SerializeToString())


def with_input_size(content: bytes, width: int, height: int) -> bytes:
    """Return a fully convolutional network with another fixed size of its (1, 3, h, w) input.

    A picture of 16:9 in a square input wastes 38 % of the time on its padding.
    """
    model = onnx.load_from_string(content)
    sides = _input_of(model).type.tensor_type.shape.dim
    old_height = sides[2].dim_value
    sides[2].dim_value, sides[3].dim_value = height, width
    del model.graph.value_info[:]
    for output in model.graph.output:
        cells = output.type.tensor_type.shape.dim[1]
        cells.Clear()
        cells.dim_param = "cells"
    _resize_constant_reshapes(model, old_height, width, height)
    return bytes(model.SerializeToString())


def with_folded_focus(content: bytes) -> bytes:
    """Return YOLOX with its first two layers as one convolution; another network as it is.

    They take every second pixel of four shifted pictures, one after the other as channels
    ("focus"), and convolve that by 3 x 3: the same as 6 x 6 over every second pixel.
    """
    model = onnx.load_from_string(content)
    maker = {output: node for node in model.graph.node for output in node.output}
    values = {weight.name: numpy_helper.to_array(weight) for weight in model.graph.initializer}
    conv = next((node for node in model.graph.node if node.op_type == "Conv"), None)
    joined = maker.get(conv.input[0]) if conv is not None else None
    if conv is None or joined is None or joined.op_type != "Concat":
        return content
    image = _input_of(model).name
    shifts = [_shift_of(name, maker, values, image) for name in joined.input]
    narrow = values[conv.input[1]]
    wide = np.zeros((narrow.shape[0], 3, 6, 6), np.float32)
    for place, (down, across) in enumerate(shifts):
        wide[:, :, down::2, across::2] = narrow[:, 3 * place : 3 * place + 3]
    weight = next(each for each in model.graph.initializer if each.name == conv.input[1])
    weight.CopyFrom(numpy_helper.from_array(wide, weight.name))
    conv.input[0] = image
    del conv.attribute[:]
    for name, sizes in (("kernel_shape", [6, 6]), ("strides", [2, 2]), ("pads", [2] * 4)):
        conv.attribute.append(helper.make_attribute(name, sizes))
    _remove_unused(model)
    return bytes(model.SerializeToString())


def _shift_of(
    name: str, maker: dict[str, onnx.NodeProto], values: dict[str, np.ndarray], image: str
) -> tuple[int, int]:
    """Return the first row and column that a chain of slices takes of the picture."""
    first = {2: 0, 3: 0}
    while name != image:
        node = maker[name]
        starts, axes = values[node.input[1]], values[node.input[3]]
        first[int(axes[0])] = int(starts[0])
        name = node.input[0]
    return first[2], first[3]


def _remove_unused(model: onnx.ModelProto) -> None:
    """Drop the nodes that no output needs."""
    needed = {output.name for output in model.graph.output}
    kept = []
    for node in reversed(model.graph.node):  # they stand in the order in which they are computed
        if needed.intersection(node.output):
            needed.update(node.input)
            kept.append(node)
    del model.graph.node[:]
    model.graph.node.extend(reversed(kept))


def _model_of(content: bytes, name: str) -> onnx.ModelProto:
    try:
        return onnx.load_from_string(content)
    except Exception as error:  # a class of protobuf's, which has no types
        msg = f"{name} can not be loaded: {error}"
        raise NetworkError(msg) from error


def _input_of(model: onnx.ModelProto) -> onnx.ValueInfoProto:
    weights = {weight.name for weight in model.graph.initializer}
    first: onnx.ValueInfoProto
    first = next(value for value in model.graph.input if value.name not in weights)
    return first


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
