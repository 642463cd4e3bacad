"""The layers: Lin, MaskedLinear, ReLU and Mse.

Each is its parameters and a `forward` of one rule.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from engine import Tensor
from nn.layer import Layer
from nn.rules import check_mask, check_weights, lin, masked_linear, mse, relu


class Lin(Layer):
    """A linear layer: inp @ w + b.

    Args:
        w: weights of shape (d, k), a Tensor or an array.
        b: biases of shape (k,).
        name: what the picture calls it.
    """

    def __init__(self, w: Any, b: Any, *, name: str = "Lin") -> None:
        self.w, self.b = _parameter(w), _parameter(b)
        self.name, own = name, type(self).__name__
        if self.w.ndim == 0:  # sizes, perhaps
            raise ValueError(
                f"{own}: w is {w!r:.60}, and must be an array of shape (d, k); "
                f"{own}.init(d, k, rng=np.random.default_rng(0)) makes one"
            )
        check_weights(own, self.w, self.b)

    @classmethod
    def init(
        cls, d: int, k: int, *, rng: np.random.Generator, name: str = "Lin"
    ) -> Self:
        """Random weights of variance 2 / d, and zero biases.

        The variance keeps the size of signals through ReLU layers: K. He et al.,
        "Delving deep into rectifiers" (2015), equation 10.

        Args:
            d: features coming in.
            k: features going out.
            rng: draws the weights.
            name: what the picture calls it.
        """
        _check_sizes(cls.__name__, d=d, k=k)
        return cls(random_weights(np.ones((d, k)), rng), np.zeros(k), name=name)

    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """(n, d) to (n, k)."""
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
    def init(
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
        _check_sizes(cls.__name__, d=d, k=k)
        if mask is None and d != k:
            raise ValueError(f"MaskedLinear: one to one needs {d} == {k}; give a mask")
        mask = np.eye(d) if mask is None else mask
        mask = _mask(cls.__name__, mask, (d, k))
        return cls(random_weights(mask, rng), np.zeros(k), mask=mask, name=name)

    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """(n, d) to (n, k)."""
        return masked_linear(inp, self.w, self.b, mask=self.mask)


class ReLU(Layer):
    """The rectifier: the larger of the input and 0, entry by entry."""

    name = "ReLU"
    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """Any shape to the same shape."""
        return relu(inp)

    def __repr__(self) -> str:
        return "ReLU()"


class Mse(Layer):
    """The mean squared error, a loss.

    Attributes:
        targ: the target of the last call, beside `inp` and `out`.
    """

    name = "Mse"
    targ: Any = None

    _not_parameters = Layer._not_parameters | {"targ"}

    def __call__(self, inp: Any, targ: Any) -> Any:  # type: ignore[override]
        self.targ = targ
        return Layer.__call__(self, inp)

    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """(n, 1) against a `targ` of (n,), or two equal shapes, to one number."""
        return mse(inp, self.targ)

    def __repr__(self) -> str:
        return "Mse()"


def random_weights(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Normal weights where the mask is 1, of variance 2 / (its ones per column)."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"init: rng is {rng!r}; pass np.random.default_rng(seed)")
    inputs = np.maximum(mask.sum(axis=0), 1)
    return rng.standard_normal(mask.shape) * np.sqrt(2 / inputs) * mask


def _check_sizes(caller: str, **sizes: Any) -> None:
    for name, n in sizes.items():
        if not isinstance(n, int | np.integer):
            raise TypeError(f"{caller}: {name} is {n!r:.60}, and must be an int")
        if n < 0:
            raise ValueError(f"{caller}: {name} is {n}, and a size is not negative")


def _mask(caller: str, mask: Any, shape: tuple[int, ...]) -> Any:
    """A list as an array, and an array as it is, if they are masks of the shape."""
    try:
        mask = np.asarray(mask) if isinstance(mask, list | tuple) else mask
    except ValueError as error:  # rows of unequal length
        raise ValueError(f"{caller}: mask is not an array: {error}") from error
    check_mask(caller, mask, shape)
    return mask


def _parameter(x: Any) -> Tensor:
    return x if isinstance(x, Tensor) else Tensor(x)
