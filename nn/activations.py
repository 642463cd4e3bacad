"""Activations: functions of each entry, and softmax."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import op
from nn.layer import Layer


@op()
def relu(x):
    """The larger of x and 0; the slope at 0 is 0."""
    y = np.maximum(x, 0.0)

    def inside(g):
        """g * (x > 0)"""
        return g * (y != 0)  # which NaN passes, too

    return y, (inside,)


class ReLU(Layer):
    """The rectifier: the larger of the input and 0, entry by entry."""

    name = "ReLU"
    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """Any shape to the same shape."""
        return relu(inp)

    def __repr__(self) -> str:
        return "ReLU()"
