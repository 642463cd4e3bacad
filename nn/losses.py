"""Losses: how far an output is from its target, as one number."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine import op
from nn.layer import Loss


@op()
def mse(output, target):
    """The mean squared error: mean((output - target) ** 2), a number.

    The shapes are equal, or (n, 1) for the output and (n,) for the target.
    """
    shape, wanted = output.shape, getattr(target, "shape", ())
    if shape != wanted and (len(shape) != 2 or shape != (*wanted, 1)):
        raise mse_shape_error(shape, wanted)
    difference = output.reshape(wanted) - target
    flat, n = difference.reshape(-1), difference.size
    if difference.dtype.char == "e":  # float16, whose sums and counts end at 65504
        loss, n = (flat * flat).mean(), np.float32(n)  # which adds in float32
    else:
        loss = np.dot(flat, flat) / n  # the sum of squares
    return loss, (
        lambda g: (2 * g / n * difference).reshape(shape),
        lambda g: -2 * g / n * difference,
    )


class Mse(Loss):
    """The mean squared error."""

    name = "Mse"
    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """(n, 1) against a `targ` of (n,), or two equal shapes, to one number."""
        return mse(inp, self.targ)


def mse_shape_error(output: tuple[int, ...], target: tuple[int, ...]) -> ValueError:
    """The error for an output and a target whose shapes do not go together."""
    same = math.prod(output) == math.prod(target)
    cure = f"target.reshape({output}) would fit" if same else "they differ in size"
    return ValueError(
        f"mse: output {output} against target {target}; they must be equal, or (n, 1) "
        f"against (n,); {cure}"
    )
