"""SGD: gradient descent, on whatever batch the gradients come from."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from engine import Tensor, data_of, keep_dtype
from nn.checks import as_float


class SGD:
    """Steps every parameter against its gradient: p.data = p.data - lr * p.grad.

    The data is bound anew, never written into: recorded graphs, and others who hold the
    array, keep the old values.

    Args:
        parameters: leaf Tensors, such as `model.parameters()`.
        lr: the learning rate, positive.
    """

    def __init__(self, parameters: Iterable[Tensor], *, lr: float) -> None:
        if isinstance(parameters, Tensor) or not isinstance(parameters, Iterable):
            raise TypeError(
                f"SGD: parameters is {parameters!r:.60}, and must be a list of Tensors"
            )
        self.parameters = list(parameters)
        self.lr = as_float("SGD", "lr", lr)
        if not 0 < self.lr < math.inf:
            raise ValueError(f"SGD: lr is {lr}, and must be positive and finite")
        if not self.parameters:
            raise ValueError("SGD: parameters is empty, so there is nothing to train")
        for p in self.parameters:
            if not isinstance(p, Tensor) or p.parents or not p.requires_grad:
                raise TypeError(
                    f"SGD: {p!r} is not a leaf Tensor that wants a gradient"
                )
        self.parameters = list(dict.fromkeys(self.parameters))  # a shared one once

    def step(self) -> None:
        """One step; a parameter without a gradient does not move.

        Raises:
            ValueError: if a gradient does not have the shape of its parameter.
            TypeError: if a gradient is not of real numbers, or the data of a parameter
                is not an array of floats. No parameter has moved then.
        """
        for i, p in enumerate(self.parameters):
            if p.grad is not None:
                _check_step(p, data_of(p.grad), i)
        for p in self.parameters:
            if p.grad is not None:
                p.data = keep_dtype(p.data - self.lr * data_of(p.grad), p.data)

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to None."""
        for p in self.parameters:
            p.grad = None


def _check_step(p: Tensor, grad: Any, i: int) -> None:
    """Raise if the parameter, the i-th, can't take a step against the gradient."""
    alike = grad.__class__ is p.data.__class__ is np.ndarray and grad.dtype.kind == "f"
    if alike and grad.dtype is p.data.dtype and grad.shape == p.data.shape:
        return  # as nearly always
    which = f"parameter {p.name or i!r}"
    for what, x, kinds in (("data", p.data, "f"), ("gradient", grad, "fiub")):
        dtype = getattr(x, "dtype", None) or np.dtype(type(x))
        real = getattr(dtype, "kind", "O") in kinds
        if not real or isinstance(x, np.matrix | np.ma.MaskedArray | Tensor):
            numbers = "floats" if kinds == "f" else "real numbers"
            raise TypeError(
                f"SGD: the {what} of {which} is a {type(x).__name__} of {dtype}, and "
                f"must be a plain array of {numbers}"
            )
    shape = getattr(grad, "shape", ())
    if shape != p.shape and not any(n != n for n in shape):  # NaN: not known yet
        raise ValueError(
            f"SGD: the gradient of {which} has shape {shape}, and must have that of "
            f"the data, {p.shape}"
        )
