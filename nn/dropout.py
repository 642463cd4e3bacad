"""Dropout: units that are left out at random, while a network is trained."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import data_of, op, written
from nn.checks import check_rng, up_to_one
from nn.layer import Layer


@op()
def drop(x, *, kept, p):
    """x / (1 - p) where `kept`, and 0 · x elsewhere, so that the mean stays the same.

    What is 0 for any number is NaN for an infinity. `kept` is a boolean array of x's
    shape.
    """
    if kept.shape != x.shape:
        raise ValueError(
            f"drop: kept has shape {kept.shape}, and must have that of x, {x.shape}"
        )
    factor = kept.astype(x.dtype) / ((1 - p) or 1.0)

    def to_kept(g):
        """g / (1 - p) where kept, else 0"""
        return g * factor

    return x * factor, (to_kept,)


def dropout(x: Any, p: float, *, rng: np.random.Generator) -> Any:
    """Each entry is 0 with probability p; the others are divided by 1 - p.

    N. Srivastava et al., "Dropout: a simple way to prevent neural networks from
    overfitting" (2014), section 10.

    Args:
        x: a Tensor or an array, of any shape.
        p: from 0 to 1.
        rng: draws which are left out.
    """
    p = up_to_one("dropout", "p", p)
    check_rng("dropout", rng)
    data = data_of(x)
    kept = written.drawn(rng, np.shape(data), data) >= p
    if hasattr(data, "__array_function__"):  # to go with x, be of its library
        kept = np.asarray(kept, like=data)
    return drop(x, kept=kept, p=p)


class Dropout(Layer):
    """`dropout` while the network is trained; after `eval()` the input as it is.

    Args:
        p: the probability of leaving out a unit, from 0 to 1.
        rng: draws which are left out.
    """

    name = "Dropout"

    def __init__(self, p: float, *, rng: np.random.Generator) -> None:
        self.p = up_to_one("Dropout", "p", p)
        check_rng("Dropout", rng)
        self.rng = rng

    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """Any shape to the same shape."""
        if not self.training or not self.p:
            return inp
        return dropout(inp, self.p, rng=self.rng)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.p})"
