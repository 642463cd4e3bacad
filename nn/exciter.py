"""The Exciter: a clamp that calls back when its gradient arrives.

A backward pass is a good moment to look at a network, or to change it. The gradients of
the pass in progress are computed from the arrays of the forward pass, so whatever the
callback does to the parameters takes effect on the next call.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from engine import Tensor, no_grad, op
from nn.checks import as_float
from nn.layer import Layer

Callback = Callable[["Exciter", Any], Any]


@op()
def exciter(x, *, low=-10.0, high=10.0):
    """x clamped to [low, high]; the gradient passes inside, bounds included."""
    y = np.minimum(np.maximum(x, low), high)
    return y, (lambda g: g * ((x >= low) & (x <= high)),)


class Exciter(Layer):
    """Clamps its input to [low, high] and, going backward, calls `custom_backward`.

    Args:
        callback_fn: called as `callback_fn(layer, grad_output)` once in every backward
            pass, when the gradient of the output is complete, with recording off. It
            may probe the network and set weights (`layer.w.data = ...`); what it
            returns, if not None, replaces the gradient. The graph holds the layer
            weakly: keep the network as long as it is to be called.
        low, high: the bounds. The gradient passes where low <= input <= high and is 0
            outside.
        name: what the picture calls it.
    """

    def __init__(
        self,
        callback_fn: Callback | None = None,
        *,
        low: float = -10.0,
        high: float = 10.0,
        name: str = "Exciter",
    ) -> None:
        if callback_fn is not None and not callable(callback_fn):
            raise TypeError(
                f"Exciter: callback_fn is {callback_fn!r}, and must be a function of "
                "(layer, grad_output)"
            )
        low, high = as_float("Exciter", "low", low), as_float("Exciter", "high", high)
        if not low < high:
            raise ValueError(f"Exciter: low {low} must be less than high {high}")
        self.callback_fn = callback_fn
        self.low, self.high = low, high
        self.name = name

    def __call__(self, inp: Any) -> Any:
        out = super().__call__(inp)
        if isinstance(out, Tensor) and out.requires_grad:
            out.register_hook(_hook(self))
        return out

    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """Any shape to the same shape."""
        return exciter(inp, low=self.low, high=self.high)

    def custom_backward(self, grad_output: Any) -> Any:
        """What happens when the gradient of the output is complete.

        For second derivatives what it returns is a constant.

        Args:
            grad_output: of the final scalar with respect to `out`; read-only.

        Returns:
            None, or a gradient of the same shape to go on with.
        """
        if self.callback_fn is not None:
            return self.callback_fn(self, grad_output)
        return None

    def __repr__(self) -> str:
        return f"Exciter(low={self.low}, high={self.high})"


def _hook(layer: Exciter) -> Callable[[Any], Any]:
    """Holds the layer weakly: the layer keeps the output, and that keeps its hooks."""
    held = weakref.ref(layer)

    def hook(grad_output: Any) -> Any:
        alive = held()
        if alive is None:
            return None
        with no_grad():
            return alive.custom_backward(grad_output)

    return hook
