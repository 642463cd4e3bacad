"""Batches of examples, and the accuracy of what a network says of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from engine import data_of
from nn.checks import as_array, check_rng, count


def batches(
    x: Any, y: Any, size: int, *, rng: np.random.Generator | None = None
) -> Iterator[tuple[Any, Any]]:
    """Pairs of `size` examples and their targets; the last may have fewer.

    Args:
        x: examples, an array whose first axis counts them.
        y: targets, as many.
        size: how many examples a batch has.
        rng: draws the order; if None, they come as they are.
    """
    x, y = as_array(x), as_array(y)
    n = len(x)
    if len(y) != n:
        raise ValueError(f"batches: {n} examples came with {len(y)} targets")
    size = count("batches", "size", size)
    if rng is not None:
        check_rng("batches", rng)
    return _batches(x, y, size, None if rng is None else rng.permutation(n))


def _batches(x: Any, y: Any, size: int, order: Any) -> Iterator[tuple[Any, Any]]:
    for start in range(0, len(x), size):
        some = slice(start, start + size)
        chosen = some if order is None else order[some]
        yield x[chosen], y[chosen]


def accuracy(output: Any, target: Any) -> float:
    """The share of examples whose class is right, from 0 to 1.

    Args:
        output: logits or probabilities of shape (n, k), where the largest in a row is
            the class; or logits of two classes, of shape (n,) or (n, 1), where those
            above 0 are of class 1. More axes of examples are taken too.
        target: class ids of shape (n,), or a row for each example, of shape (n, k), in
            which the class is the largest. Of two classes: 0 or -1, and 1.
    """
    output, target = np.asarray(data_of(output)), np.asarray(data_of(target))
    if target.dtype.kind not in "fiub":
        raise TypeError(
            f"accuracy: target is of {target.dtype}, and must be of numbers"
        )
    if output.ndim > 1 and output.shape[-1] != 1:
        found = output.argmax(axis=-1)
        wanted = target.argmax(axis=-1) if target.shape == output.shape else target
    else:
        found = (output[..., 0] if output.ndim > 1 else output) > 0
        wanted = (
            target[..., 0] if target.shape == output.shape != found.shape else target
        ) > 0
    if found.shape != wanted.shape:
        raise ValueError(
            f"accuracy: output {output.shape} against target {target.shape}; they must "
            "be (n, k) against class ids (n,), or against (n, k)"
        )
    if not found.size:
        raise ValueError("accuracy: there is no example")
    return float((found == wanted).mean())
