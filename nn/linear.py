"""Linear layers: lin and masked_linear, Lin and MaskedLinear.

A file of layers begins with its rules: value, and derivatives right below. As in
engine/rules/, `g` is the gradient of the final scalar with respect to the value.

For two matrices np.dot(x, w) is x @ w, and up to eight times as fast where one is thin.
"""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np

from engine import Tensor, op
from nn.checks import check_rng, check_sizes, refuse_sizes
from nn.layer import Layer
from nn.module import parameter


@op()
def lin(x, w, b):
    """x @ w + b, for x of shape (n, d), w of shape (d, k) and b of shape (k,).

    x may have more axes before the last, as in (n, t, d): the value has them too.
    """
    if x.ndim != 2 or b.ndim != 1 or x.shape[1:] + b.shape != w.shape:
        if x.ndim > 2:
            return in_rows(lin, x, w, b)
        raise shape_error("lin", x, w, b)
    y = np.dot(x, w)
    if y.dtype is b.dtype:
        y += b
    else:
        y = y + b
    return y, (
        lambda g: np.dot(g, w.T),
        lambda g: np.dot(x.T, g),
        lambda g: g.sum(axis=0),
    )


@op()
def masked_linear(x, w, b, *, mask):
    """x @ (w * mask) + b: where the fixed `mask` is 0, the weight is left out.

    Shapes as in `lin`; the mask, of zeros and ones, has the shape of w.
    """
    if x.ndim != 2 or b.ndim != 1 or x.shape[1:] + b.shape != w.shape:
        if x.ndim > 2:
            return in_rows(masked_linear, x, w, b, mask=mask)
        raise shape_error("masked_linear", x, w, b)
    check_mask("masked_linear", mask, w.shape)
    kept = np.where(mask, w, 0.0)  # 0 * NaN is NaN
    y = np.dot(x, kept)
    if y.dtype is b.dtype:
        y += b
    else:
        y = y + b
    return y, (
        lambda g: np.dot(g, kept.T),
        lambda g: np.where(mask, np.dot(x.T, g), 0.0),
        lambda g: g.sum(axis=0),
    )


def in_rows(operation, x, w, b, **options):
    """The rule of a batch, on a stack of batches: all their examples are its rows."""
    if w.ndim != 2 or x.shape[-1:] != w.shape[:1]:
        raise shape_error(operation.__name__, x, w, b)
    rows, (d, k) = math.prod(x.shape[:-1]), w.shape
    y, (to_x, to_w, to_b) = operation.__wrapped__(x.reshape(rows, d), w, b, **options)
    return y.reshape(*x.shape[:-1], k), (
        lambda g: to_x(g.reshape(rows, k)).reshape(x.shape),
        lambda g: to_w(g.reshape(rows, k)),
        lambda g: to_b(g.reshape(rows, k)),
    )


class Lin(Layer):
    """A linear layer: inp @ w + b.

    Args:
        w: weights of shape (d, k), a Tensor or an array.
        b: biases of shape (k,); None for a layer without: inp @ w.
        name: what the picture calls it.
    """

    def __init__(self, w: Any, b: Any, *, name: str = "Lin") -> None:
        self.w = parameter(w)
        self.b: Any = None if b is None else parameter(b)
        self.name, own = name, type(self).__name__
        refuse_sizes(own, w, "d, k", what="w", shape="(d, k)")
        check_weights(own, self.w, self.b)

    @classmethod
    def init(
        cls,
        d: int,
        k: int,
        *,
        rng: np.random.Generator,
        bias: bool = True,
        name: str = "Lin",
    ) -> Self:
        """Random weights of variance 2 / d, and zero biases.

        The variance keeps the size of signals through ReLU layers: K. He et al.,
        "Delving deep into rectifiers" (2015), equation 10.

        Args:
            d: features coming in.
            k: features going out.
            rng: draws the weights.
            bias: whether to add biases.
            name: what the picture calls it.
        """
        check_sizes(cls.__name__, d=d, k=k)
        biases = np.zeros(k) if bias else None
        return cls(random_weights(np.ones((d, k)), rng), biases, name=name)

    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """(n, d) to (n, k); of more axes, (…, d) to (…, k)."""
        if self.b is None:
            return inp @ self.w
        return lin(inp, self.w, self.b)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({' -> '.join(map(str, self.w.shape))})"


class MaskedLinear(Lin):
    """A linear layer whose masked weights are always 0.

    Args:
        w: weights of shape (d, k), a Tensor or an array.
        b: biases of shape (k,).
        mask: zeros and ones, of shape (d, k). `np.eye(k)` joins the k inputs to the k
            outputs one to one. The layer keeps a copy.
        name: what the picture calls it.
    """

    def __init__(
        self, w: Any, b: Any, *, mask: Any, name: str = "MaskedLinear"
    ) -> None:
        if b is None:
            raise TypeError("MaskedLinear: b is None, and must be an array of (k,)")
        super().__init__(w, b, name=name)
        mask = _mask("MaskedLinear", mask, self.w.shape)
        self.mask = mask.astype(bool)  # a copy, which widens no float32
        if not isinstance(mask, np.ndarray):
            return
        if not isinstance(self.w.data, np.ndarray):  # to go with w, be of its library
            self.mask = np.asarray(self.mask, like=self.w.data)
        else:
            self.mask.flags.writeable = False

    @classmethod
    def init(  # type: ignore[override]  # there is no mask to draw in a Lin
        cls,
        d: int,
        k: int,
        *,
        rng: np.random.Generator,
        name: str = "MaskedLinear",
        mask: Any = None,
    ) -> Self:
        """As `Lin.init`, where d is the number of inputs that the mask lets through.

        Args:
            d: features coming in.
            k: features going out.
            rng: draws the weights.
            name: what the picture calls it.
            mask: zeros and ones, of shape (d, k); one to one (d == k) if None.
        """
        check_sizes(cls.__name__, d=d, k=k)
        if mask is None and d != k:
            raise ValueError(f"MaskedLinear: one to one needs {d} == {k}; give a mask")
        mask = np.eye(d) if mask is None else mask
        mask = _mask(cls.__name__, mask, (d, k))
        return cls(random_weights(mask, rng), np.zeros(k), mask=mask, name=name)

    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """(n, d) to (n, k)."""
        return masked_linear(inp, self.w, self.b, mask=self.mask)


def random_weights(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Normal weights where the mask is 1, of variance 2 / (its ones per column)."""
    check_rng("init", rng)
    inputs = np.maximum(mask.sum(axis=0), 1)
    return rng.standard_normal(mask.shape) * np.sqrt(2 / inputs) * mask


def _mask(caller: str, mask: Any, shape: tuple[int, ...]) -> Any:
    """A list as an array, and an array as it is, if they are masks of the shape."""
    try:
        mask = np.asarray(mask) if isinstance(mask, list | tuple) else mask
    except ValueError as error:  # rows of unequal length
        raise ValueError(f"{caller}: mask is not an array: {error}") from error
    check_mask(caller, mask, shape)
    return mask


def check_mask(caller: str, mask: Any, shape: tuple[int, ...]) -> None:
    """Raise unless the mask is an array of zeros and ones, of the weight's shape."""
    if isinstance(mask, Tensor) or not hasattr(mask, "shape"):
        raise TypeError(
            f"{caller}: mask is a {type(mask).__name__}, and must be a plain array: it "
            "is fixed, and has no gradient"
        )
    if mask.shape != shape:
        cure = "; mask.T would fit" if mask.shape == shape[::-1] else ""
        raise ValueError(
            f"{caller}: mask has shape {mask.shape}, and must have w's, {shape}{cure}"
        )
    if mask.dtype.kind == "b":
        return
    if not isinstance(mask, np.ndarray) and not hasattr(mask, "__dlpack__"):
        raise TypeError(
            f"{caller}: mask is a {type(mask).__name__} of {mask.dtype} whose numbers "
            "are not known yet; pass mask != 0, which is boolean"
        )
    if not ((mask == 0) | (mask == 1)).all():
        raise ValueError(
            f"{caller}: mask holds {mask[(mask != 0) & (mask != 1)][0]}, and must hold "
            "zeros and ones; mask != 0 does"
        )


def check_weights(caller: str, w: Any, b: Any) -> None:
    """Raise ValueError unless w is a matrix (d, k), and b a vector (k,) or None."""
    if w.ndim != 2:
        cure = "; w[:, None] would, with k = 1" if w.ndim == 1 else ""
        raise ValueError(f"{caller}: w has shape {w.shape}, and must have (d, k){cure}")
    if b is not None and b.shape != w.shape[1:]:
        cure = "; b.ravel() would fit" if b.size == w.shape[1] else ""
        raise ValueError(
            f"{caller}: b has shape {b.shape}, and must have {w.shape[1:]} to go with "
            f"w {w.shape}{cure}"
        )


def shape_error(caller: str, x: Any, w: Any, b: Any) -> ValueError:
    """The error that says which shape of a linear layer's operands is wrong."""
    if x.ndim < 2:
        return ValueError(
            f"{caller}: x has shape {x.shape}, and must be a batch of shape (n, d); "
            "for one example use x[None, :]"
        )
    check_weights(caller, w, b)
    d, (e, k) = x.shape[-1], w.shape
    cure = "; w.T would fit" if k == d else f"; w must have {d} rows"
    return ValueError(f"{caller}: x {x.shape} @ w {w.shape} needs {d} == {e}{cure}")
