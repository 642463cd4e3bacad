"""Undoing broadcasting: once, for every op.

Where NumPy stretched an operand to the shape of the result, each of its entries was
used several times; so its gradient is the sum over those uses. No rule knows about
this: the backward pass does it on every edge.
"""

from __future__ import annotations

from typing import Any


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum `g` over the axes that broadcasting added to `shape`, or stretched from 1.

    Args:
        g: an array (or Tensor) of a shape that `shape` broadcasts to.
        shape: the shape that the operand has.

    Raises:
        ValueError: if `shape` does not broadcast to the shape of `g`.
    """
    if not hasattr(g, "shape") or not isinstance(shape, tuple):
        raise TypeError(
            f"unbroadcast: g is a {type(g).__name__} and shape {shape!r:.60}; an array "
            "and a tuple are needed"
        )
    if g.shape == shape:
        return g
    axes = broadcast_axes(shape, g.shape)
    return g.sum(axis=axes, keepdims=True).reshape(shape)


def broadcast_axes(shape: tuple[int, ...], to: tuple[int, ...]) -> tuple[int, ...]:
    """The axes of `to` that broadcasting `shape` to it adds, or stretches from 1."""
    added = len(to) - len(shape)
    axes = list(range(added))
    for i, n in enumerate(shape, added):
        if added < 0 or (n != to[i] and n != 1):
            raise ValueError(f"unbroadcast: {shape} does not broadcast to {to}")
        if n != to[i]:
            axes.append(i)
    return tuple(axes)
