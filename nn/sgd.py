"""SGD: gradient descent, on whatever batch the gradients come from."""

from __future__ import annotations

import math
from collections.abc import Iterable

from engine import Tensor
from nn.rules import number


class SGD:
    """Steps every parameter against its gradient: p.data = p.data - lr * p.grad.

    The data is bound anew, never written into: recorded graphs, and whoever else holds
    the array, keep the old values.

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
        self.lr = number("SGD", "lr", lr)
        if not 0 < lr < math.inf:
            raise ValueError(f"SGD: lr is {lr}, and must be positive and finite")
        if not self.parameters:
            raise ValueError("SGD: parameters is empty, so there is nothing to train")
        for p in self.parameters:
            if not isinstance(p, Tensor) or p.parents or not p.requires_grad:
                raise TypeError(f"SGD: {p!r} is no leaf Tensor that wants a gradient")
        self.parameters = list(dict.fromkeys(self.parameters))  # a shared one once

    def step(self) -> None:
        """One step; a parameter without a gradient stays where it is."""
        for p in self.parameters:
            if p.grad is not None:
                grad = p.grad.data if isinstance(p.grad, Tensor) else p.grad
                p.data = p.data - self.lr * grad

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to None."""
        for p in self.parameters:
            p.grad = None
