"""Convolution: conv2d and max_pool2d, Conv2d, MaxPool2d and Flatten.

Images come in batches of shape (n, c, h, w): the channels before the rows and columns.
Inside the rules, and in memory, the batch is the last axis, (c, h, w, n): then the
windows are copied in long runs. What a rule returns is a view of that, as (n, c, h, w),
and the next rule finds its operand in the order that it wants.

All windows of the images are the columns of one matrix, so that each product is one of
two matrices: K. Chellapilla et al., "High performance convolutional neural networks for
document processing" (2006).
"""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np

from engine import op, rules
from nn.checks import check_rng, check_sizes, refuse_sizes
from nn.layer import Layer
from nn.module import parameter
from nn.windows import (
    as_pair,
    batch_first,
    batch_last,
    check_images,
    places_of,
    put_back,
    short,
    windows2d,
)


@op()
def conv2d(x, w, *b, stride=1, padding=0):
    """The filters w at each place of the images x, plus the biases b if there are any.

    y[n, k, i, j] = b[k] + sum of x[n, c, p i + u, q j + v] w[k, c, u, v] over c, u, v:
    Y. LeCun et al., "Gradient-based learning applied to document recognition" (1998),
    section II.A. It is a correlation: the filters are not flipped.

    Shapes: x (n, c, h, w), w (k, c, r, s) and b (k,) give (n, k, i, j), where
    i = (h + 2 padding - r) // stride + 1, and j likewise. `stride` and `padding` (zeros
    on each side) are an int, or a pair for rows and columns. For the gradient of w the
    windows of x are kept, which are r s / stride² times as large as x.
    """
    (p, q), (above, left) = _steps("conv2d", stride, padding)
    check_images("conv2d", x)
    _check_filters("conv2d", w, *b)
    (n, c, height, width), (k, _, r, s) = x.shape, (shape := w.shape)
    if shape[1] != c:
        raise _channels_error(x, w)
    framed = (c, height + 2 * above, width + 2 * left, n)
    inside = np.s_[:, above : above + height, left : left + width]
    padded = ", padding included" if above or left else "; pad them, with padding="
    rows, columns = places_of("conv2d", framed[1:3], (r, s), (p, q), "filters", padded)
    places = rows * columns * n

    images = rules.scatter(batch_last(x), index=inside, shape=framed)
    windows = windows2d(images, size=(r, s), stride=(p, q))
    windows = windows.reshape(c * r * s, places)
    filters = w.reshape(k, c * r * s)
    y = np.dot(filters, windows)
    if b and y.dtype is b[0].dtype:
        y += b[0][:, None]
    elif b:
        y = y + b[0][:, None]

    def to_x(g):
        """g times w, summed where windows overlap"""
        parts = np.dot(filters.T, batch_last(g).reshape(k, places))
        parts = parts.reshape(c, r, s, rows, columns, n)
        return batch_first(put_back(parts, framed, (p, q))[inside])

    def to_w(g):
        """g times the windows of x, summed over all places"""
        summed = np.dot(batch_last(g).reshape(k, places), windows.T)
        return summed.reshape(shape)

    to_b = (lambda g: g.sum(axis=(0, 2, 3)),) * len(b)
    return batch_first(y.reshape(k, rows, columns, n)), (to_x, to_w, *to_b)


@op()
def max_pool2d(x, *, size, stride=None):
    """The largest entry of each window of the images x, or NaN if the window holds one.

    Where entries of a window are equal, or NaN, they share its gradient equally, as
    np.max shares it; PyTorch gives all of it to the first. What is not chosen gets 0
    times the gradient, which is NaN for an infinite one.

    Shapes: x (n, c, h, w) gives (n, c, i, j), where i = (h - size) // stride + 1, and j
    likewise. Rows and columns that fill no window are left out. `size` and `stride` are
    an int, or a pair for rows and columns; the stride is the size if None.
    """
    r, s = as_pair("max_pool2d", "size", size, 1)
    p, q = (r, s) if stride is None else as_pair("max_pool2d", "stride", stride, 1)
    check_images("max_pool2d", x)
    places_of("max_pool2d", x.shape[2:], (r, s), (p, q), "windows")
    images = batch_last(x).copy()  # windows of another order are read 10 times slower
    windows = windows2d(images, size=(r, s), stride=(p, q))
    y = windows.max(axis=(1, 2))
    kept = y[:, None, None]

    def share(g):
        """g to the largest entry of each window; ties share it"""
        chosen = (windows == kept) | (windows != windows)
        count = chosen.sum(axis=(1, 2), keepdims=True, dtype=g.dtype)
        parts = chosen * (batch_last(g)[:, None, None] / count)
        return batch_first(put_back(parts, images.shape, (p, q)))

    return batch_first(y), (share,)


class Conv2d(Layer):
    """A layer of filters that slide over images: conv2d(inp, w, b).

    Args:
        w: filters of shape (k, c, r, s), a Tensor or an array: k filters of r rows and
            s columns, for images of c channels.
        b: biases of shape (k,); None for a layer without.
        stride: how far a filter goes from place to place; an int, or a pair for rows
            and columns.
        padding: how many zeros are set before and after; an int or a pair.
        name: what the picture calls it.
    """

    def __init__(
        self,
        w: Any,
        b: Any,
        *,
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        name: str = "Conv2d",
    ) -> None:
        own = type(self).__name__
        self.w = parameter(w)
        self.b: Any = None if b is None else parameter(b)
        self.stride, self.padding = map(short, _steps(own, stride, padding))
        self.name = name
        refuse_sizes(own, w, "c, k, size", what="w", shape="(k, c, r, s)")
        _check_filters(own, self.w, *self._biases())

    @classmethod
    def init(
        cls,
        c: int,
        k: int,
        size: int | tuple[int, int],
        *,
        rng: np.random.Generator,
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        bias: bool = True,
        name: str = "Conv2d",
    ) -> Self:
        """Random filters of variance 2 / (c r s), and zero biases.

        The variance keeps the size of signals through ReLU layers: K. He et al.,
        "Delving deep into rectifiers" (2015), equation 10.

        Args:
            c: channels coming in.
            k: filters, which are the channels going out.
            size: rows and columns of a filter, (r, s), or an int for both.
            rng: draws the filters.
            stride: how far a filter goes from place to place.
            padding: how many zeros are set before and after.
            bias: whether to add biases.
            name: what the picture calls it.
        """
        check_sizes(cls.__name__, c=c, k=k)
        check_rng("init", rng)
        r, s = as_pair(cls.__name__, "size", size, 1)
        w = rng.standard_normal((k, c, r, s)) * math.sqrt(2 / max(c * r * s, 1))
        b = np.zeros(k) if bias else None
        return cls(w, b, stride=stride, padding=padding, name=name)

    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """(n, c, h, w) to (n, k, i, j); see `conv2d` for i and j."""
        return conv2d(inp, self.w, *self._biases(), **self._how())

    def _how(self) -> dict[str, Any]:
        """The options that are not as usual: the picture shows them."""
        how = {} if self.stride == 1 else {"stride": self.stride}
        return how if self.padding == 0 else {**how, "padding": self.padding}

    def _biases(self) -> tuple[Any, ...]:
        return () if self.b is None else (self.b,)

    def __repr__(self) -> str:
        k, c, r, s = self.w.shape
        how = "".join(f", {name}={value}" for name, value in self._how().items())
        return f"{type(self).__name__}({c} -> {k}, {r}×{s}{how})"


class MaxPool2d(Layer):
    """The largest entry of each window of an image, channel by channel.

    Args:
        size: rows and columns of a window; an int or a pair.
        stride: how far it goes from place to place; the size if None.
        name: what the picture calls it.
    """

    def __init__(
        self,
        size: int | tuple[int, int],
        *,
        stride: int | tuple[int, int] | None = None,
        name: str = "MaxPool2d",
    ) -> None:
        own = type(self).__name__
        self.size = short(as_pair(own, "size", size, 1))
        stride = self.size if stride is None else stride
        self.stride = short(as_pair(own, "stride", stride, 1))
        self.name = name

    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """(n, c, h, w) to (n, c, i, j); see `max_pool2d` for i and j."""
        return max_pool2d(inp, size=self.size, **self._how())

    def _how(self) -> dict[str, Any]:
        return {} if self.stride == self.size else {"stride": self.stride}

    def __repr__(self) -> str:
        how = "".join(f", {name}={value}" for name, value in self._how().items())
        return f"{type(self).__name__}({self.size}{how})"


class Flatten(Layer):
    """All that belongs to one example, in a row: for a linear layer behind images."""

    name = "Flatten"
    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """(n, …) to (n, d), where d is the product of the rest."""
        shape = getattr(inp, "shape", ())
        if not shape:
            raise ValueError(
                f"Flatten: inp is {inp!r:.60}, and must be a batch of shape (n, …)"
            )
        return inp.reshape(shape[0], math.prod(shape[1:]))

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def _steps(caller: str, stride: Any, padding: Any) -> tuple[Any, Any]:
    return as_pair(caller, "stride", stride, 1), as_pair(caller, "padding", padding, 0)


def _check_filters(caller: str, w: Any, *b: Any) -> None:
    """Raise unless w is (k, c, r, s), of some rows and columns, and b (k,) if any."""
    if len(b) > 1:
        raise TypeError(f"{caller}: takes x, w and perhaps b, and {2 + len(b)} came")
    if w.ndim != 4 or 0 in w.shape[2:]:
        raise ValueError(
            f"{caller}: w has shape {w.shape}, and must have (k, c, r, s): k filters "
            "of r rows and s columns, for images of c channels"
        )
    if b and b[0].shape != w.shape[:1]:
        cure = "; b.ravel() would fit" if b[0].size == w.shape[0] else ""
        raise ValueError(
            f"{caller}: b has shape {b[0].shape}, and must have {w.shape[:1]} to go "
            f"with w {w.shape}{cure}"
        )


def _channels_error(x: Any, w: Any) -> ValueError:
    c, needed = x.shape[1], w.shape[1]
    cure = f"w must have shape ({w.shape[0]}, {c}, …)"
    if x.shape[3] == needed:
        cure = "where the channels of x come last, x.transpose(0, 3, 1, 2) would fit"
    return ValueError(
        f"conv2d: images x {x.shape} have {c} channels, and filters w {w.shape} take "
        f"{needed}; {cure}"
    )
