"""Shapes: the same numbers arranged otherwise, and the gradient arranged back."""

from __future__ import annotations

import numpy as np

from engine.op import op


@op(np.reshape)
def reshape(x, *, shape):
    """The entries of x, in order, in another shape."""
    before = x.shape
    return x.reshape(shape), (lambda g: g.reshape(before),)


@op(np.squeeze)
def squeeze(x, *, axis=None):
    """x without its axes of length 1, or without those named."""
    before = x.shape
    return x.squeeze(axis), (lambda g: g.reshape(before),)


@op(np.expand_dims)
def expand_dims(x, *, axis):
    """x with an axis of length 1 more, at the place(s) `axis` of the result."""
    before = x.shape
    return np.expand_dims(x, axis), (lambda g: g.reshape(before),)


@op(np.transpose)
def transpose(x, *, axes=None):
    """x with its axes in another order; reversed if `axes` is None."""
    back = None if axes is None else tuple(np.argsort(np.mod(axes, x.ndim)))
    return x.transpose(axes), (lambda g: g.transpose(back),)


@op(np.swapaxes)
def swapaxes(x, *, axis1, axis2):
    """x with two axes exchanged."""
    return x.swapaxes(axis1, axis2), (lambda g: g.swapaxes(axis1, axis2),)


@op(np.broadcast_to)
def broadcast_to(x, *, shape):
    """x stretched to `shape`; the pass undoes it, as it does after any broadcasting."""
    return np.broadcast_to(x, shape), (lambda g: g,)
