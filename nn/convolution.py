"""Convolution and pooling of images, which are arrays of (n, channels, height, width).

Y. LeCun et al., "Gradient-based learning applied to document recognition" (1998),
section II. Every window of the images becomes a column of one matrix, so that a layer
is one product of matrices: K. Chellapilla, S. Puri and P. Simard, "High performance
convolutional neural networks for document processing" (2006), section 3.

Inside, the axis of the examples is the last, (c, h, w, n): then what lies side by side
in memory stays side by side in a column, and is copied eight times as fast.
"""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np

from engine import Tensor, data_of, op
from nn.checks import check_rng, check_sizes, refuse_sizes
from nn.layer import Layer
from nn.module import parameter

Pair = int | tuple[int, int]


@op()
def conv2d(x, w, b, *, stride=(1, 1), padding=(0, 0)):
    """Each filter's product with each window of the images, plus the filter's bias.

    x is of shape (n, c, h, w): n images of c channels. The filters w are of shape
    (k, c, r, s), k of them with r rows and s columns, and b of (k,). The value is of
    (n, k, i, j), with i = (h + 2 * padding - r) // stride + 1 rows, and j columns
    likewise. The padding is of zeros; stride and padding are pairs, of rows and
    columns.
    """
    check_images("conv2d", x, w, b, stride, padding)
    (k, *window), n = w.shape, x.shape[0]
    size = tuple(window[1:])
    wide = padded(x.transpose(1, 2, 3, 0), padding)
    columns = windows(wide, size=size, stride=stride)
    rows, shape = w.reshape(k, -1), wide.shape
    i, j = places(shape, size, stride)
    y = (rows @ columns).reshape(k, i, j, n) + b.reshape(k, 1, 1, 1)

    def flat(g):
        """g, with a row for each filter"""
        return g.transpose(1, 2, 3, 0).reshape(k, -1)

    def wrt_x(g):
        """w · g, put back where the windows were"""
        back = put_back(rows.T @ flat(g), size=size, stride=stride, shape=shape)
        return unpadded(back, padding).transpose(3, 0, 1, 2)

    def wrt_w(g):
        """g · the windows of x, Σ over places"""
        return (flat(g) @ columns.T).reshape(w.shape)

    return y.transpose(3, 0, 1, 2), (wrt_x, wrt_w, lambda g: g.sum(axis=(0, 2, 3)))


@op()
def max_pool2d(x, *, size, stride):
    """The largest of each window, channel by channel; its entries share the gradient.

    x is of shape (n, c, h, w), the value of (n, c, i, j), where i and j are as in
    `conv2d` without padding: rows and columns that fill no window are left out. Where
    several entries are the largest, each gets an equal part, as in np.max.
    """
    check_pooled("max_pool2d", x, size, stride)
    c, n = x.shape[1], x.shape[0]
    images = x.transpose(1, 2, 3, 0)
    shape = images.shape
    i, j = places(shape, size, stride)
    columns = windows(images, size=size, stride=stride).reshape(c, -1, i, j, n)
    y = columns.max(axis=1)
    hit = (data_of(columns) == data_of(y)[:, None]).astype(x.dtype)
    share = hit / np.maximum(hit.sum(axis=1, keepdims=True), 1.0)

    def wrt_x(g):
        """g, put back where the largest was"""
        parts = g.transpose(1, 2, 3, 0)[:, None] * share
        flat = parts.reshape(c * size[0] * size[1], -1)
        back = put_back(flat, size=size, stride=stride, shape=shape)
        return back.transpose(3, 0, 1, 2)

    return y.transpose(3, 0, 1, 2), (wrt_x,)


@op()
def windows(x, *, size, stride):
    """The windows of images (c, h, w, n), in columns: (c * r * s, i * j * n)."""
    shape = x.shape

    def back(g):
        return put_back(g, size=size, stride=stride, shape=shape)

    if isinstance(x, Tensor):  # the rule is run again: a Tensor is not cut by strides
        return windows(x, size=size, stride=stride), (back,)
    (c, _, _, n), (r, s), (i, j) = shape, size, places(shape, size, stride)
    cut = np.lib.stride_tricks.sliding_window_view(x, size, axis=(1, 2))
    cut = cut[:, :: stride[0], :: stride[1]]  # (c, i, j, n, r, s)
    return cut.transpose(0, 4, 5, 1, 2, 3).reshape(c * r * s, i * j * n), (back,)


@op()
def put_back(columns, *, size, stride, shape):
    """What `windows` undone gives: each entry the sum over all windows that had it."""

    def again(g):
        return windows(g, size=size, stride=stride)

    if isinstance(columns, Tensor):
        return put_back(columns, size=size, stride=stride, shape=shape), (again,)
    (c, _, _, n), (r, s), (i, j) = shape, size, places(shape, size, stride)
    parts = columns.reshape(c, r, s, i, j, n)
    x = np.zeros_like(columns, shape=shape)
    for u in range(r):
        for v in range(s):
            rows = slice(u, u + i * stride[0], stride[0])
            x[:, rows, slice(v, v + j * stride[1], stride[1])] += parts[:, u, v]
    return x, (again,)


def places(shape, size, stride):
    """How many windows fit below one another, and side by side, into (c, h, w, n)."""
    return tuple(
        (length - k) // step + 1
        for length, k, step in zip(shape[1:3], size, stride, strict=True)
    )


def padded(x, padding):
    """Images (c, h, w, n) with zeros around them."""
    for axis, p in zip((1, 2), padding, strict=True):
        if p:
            shape = (*x.shape[:axis], p, *x.shape[axis + 1 :])
            zeros = np.zeros(shape, dtype=x.dtype, like=data_of(x))
            x = np.concatenate([zeros, x, zeros], axis=axis)
    return x


def unpadded(x, padding):
    """Images without the frame of zeros."""
    p, q = padding
    return x[:, p : x.shape[1] - p, q : x.shape[2] - q] if p or q else x


class Conv2d(Layer):
    """A convolution: k filters, each laid on every window of the images.

    Args:
        w: filters of shape (k, c, r, s), a Tensor or an array: k filters for images of
            c channels, of r rows and s columns.
        b: biases of shape (k,).
        stride: by how many entries a window is moved on; a number, or one for rows and
            one for columns.
        padding: how many zeros are put around an image at each side; likewise.
        name: what the picture calls it.
    """

    def __init__(
        self,
        w: Any,
        b: Any,
        *,
        stride: Pair = 1,
        padding: Pair = 0,
        name: str = "Conv2d",
    ) -> None:
        who = type(self).__name__
        self.w, self.b, self.name = parameter(w), parameter(b), name
        refuse_sizes(who, self.w, "c, k, size")
        self.stride = as_pair(who, "stride", stride, least=1)
        self.padding = as_pair(who, "padding", padding, least=0)
        _check_filters(who, self.w, self.b)

    @classmethod
    def init(
        cls,
        c: int,
        k: int,
        size: Pair,
        *,
        rng: np.random.Generator,
        stride: Pair = 1,
        padding: Pair = 0,
        name: str = "Conv2d",
    ) -> Self:
        """Random filters of variance 2 / (c * r * s), as in `Lin.init`; zero biases.

        Args:
            c: channels coming in.
            k: filters, the channels going out.
            size: rows and columns of a filter; a number for both, or a pair.
            rng: draws the filters.
            stride, padding, name: as above.
        """
        check_sizes(cls.__name__, c=c, k=k)
        check_rng(f"{cls.__name__}.init", rng)
        r, s = as_pair(cls.__name__, "size", size, least=1)
        w = rng.standard_normal((k, c, r, s)) * math.sqrt(2 / max(c * r * s, 1))
        return cls(w, np.zeros(k), stride=stride, padding=padding, name=name)

    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """(n, c, h, w) to (n, k, i, j); i = (h + 2 * padding - r) // stride + 1."""
        options = {"stride": self.stride, "padding": self.padding}
        return conv2d(inp, self.w, self.b, **options)

    def __repr__(self) -> str:
        k, c, r, s = self.w.shape
        return f"{type(self).__name__}({c} -> {k}, {r} x {s})"


class MaxPool2d(Layer):
    """The largest of each window: smaller images of the same channels.

    Args:
        size: rows and columns of a window; a number for both, or a pair.
        stride: by how many entries a window is moved on; as the size, if None.
    """

    name = "MaxPool2d"

    def __init__(self, size: Pair, *, stride: Pair | None = None) -> None:
        self.size = as_pair("MaxPool2d", "size", size, least=1)
        stride = self.size if stride is None else stride
        self.stride = as_pair("MaxPool2d", "stride", stride, least=1)

    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """(n, c, h, w) to (n, c, i, j), where i = (h - r) // stride + 1."""
        return max_pool2d(inp, size=self.size, stride=self.stride)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.size[0]} x {self.size[1]})"


class Flatten(Layer):
    """All numbers of an example in one row."""

    name = "Flatten"
    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """(n, …) to (n, d)."""
        if inp.ndim < 2:
            raise ValueError(
                f"Flatten: {inp.shape} came, and must be a batch of shape (n, …)"
            )
        return inp.reshape(inp.shape[0], math.prod(inp.shape[1:]))


def as_pair(caller: str, what: str, x: Any, *, least: int) -> tuple[int, int]:
    """A number for rows and columns alike, or one for each, at least so large."""
    pair = tuple(x) if isinstance(x, tuple | list) else (x, x)
    if len(pair) != 2 or not all(isinstance(n, int | np.integer) for n in pair):
        raise TypeError(
            f"{caller}: {what} is {x!r:.60}, and must be a whole number or two"
        )
    if min(pair) < least:
        raise ValueError(f"{caller}: {what} is {x!r:.60}, and must be at least {least}")
    return int(pair[0]), int(pair[1])


def _check_filters(caller: str, w: Any, b: Any) -> None:
    if w.ndim != 4:
        raise ValueError(f"{caller}: w has shape {w.shape}, and must have (k, c, r, s)")
    if b.shape != w.shape[:1]:
        raise ValueError(
            f"{caller}: b has shape {b.shape}, and must have {w.shape[:1]} to go with "
            f"w {w.shape}"
        )


def check_images(
    caller: str, x: Any, w: Any, b: Any, stride: Any, padding: Any
) -> None:
    """Raise ValueError unless images and filters go together."""
    _check_filters(caller, w, b)
    c = w.shape[1]
    if x.ndim != 4 or x.shape[1] != c:
        cure = ""
        if x.ndim == 3 and x.shape[0] == c:
            cure = "; one image is x[None]"
        elif x.ndim == 3 and c == 1:
            cure = "; of one channel it is x[:, None]"
        elif x.ndim == 4 and x.shape[3] == c:
            cure = "; x.transpose(0, 3, 1, 2) puts the channels there"
        raise ValueError(
            f"{caller}: x has shape {x.shape}, and must have (n, {c}, h, w) to go with "
            f"w {w.shape}{cure}"
        )
    (h, wide), (r, s), (p, q) = x.shape[2:], w.shape[2:], padding
    if r > h + 2 * p or s > wide + 2 * q:
        raise ValueError(
            f"{caller}: a filter of {(r, s)} is larger than the images of {(h, wide)} "
            f"with padding {padding}"
        )
    (
        as_pair(caller, "stride", stride, least=1),
        as_pair(caller, "padding", padding, least=0),
    )


def check_pooled(caller: str, x: Any, size: Any, stride: Any) -> None:
    """Raise ValueError unless windows of the size fit into the images."""
    size = as_pair(caller, "size", size, least=1)
    as_pair(caller, "stride", stride, least=1)
    if x.ndim != 4:
        cure = "; one image is x[None]" if x.ndim == 3 else ""
        raise ValueError(
            f"{caller}: x has shape {x.shape}, and must have (n, c, h, w){cure}"
        )
    if size[0] > x.shape[2] or size[1] > x.shape[3]:
        raise ValueError(
            f"{caller}: a window of {size} is larger than the images of {x.shape[2:]}"
        )
