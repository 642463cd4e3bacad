"""Joining: several arrays in one, and each gets its part of the gradient back.

`concatenate` is the rule; stacking is concatenating with a new axis, and so on.
"""

from __future__ import annotations

import numpy as np

from engine.numpy_protocol import adapts
from engine.op import op
from engine.rules.shapes import expand_dims, reshape


@op()
def concatenate(*xs, axis=0):
    """Arrays one after the other along an axis that they have; None: flattened."""
    shapes = [x.shape for x in xs]
    y = np.concatenate(xs, axis=axis)
    lengths = [int(np.prod(s)) if axis is None else s[axis] for s in shapes]
    stops = np.cumsum(lengths)
    places = [
        _place(None if axis is None else axis % len(shape), stop - length, stop)
        for shape, length, stop in zip(shapes, lengths, stops, strict=True)
    ]
    pairs = zip(places, shapes, strict=True)
    return y, tuple(_part(place, shape) for place, shape in pairs)


def _place(axis, start, stop):
    return (*[slice(None)] * (axis or 0), slice(int(start), int(stop)))


def _part(place, shape):
    def part(g):
        """its part of g"""
        return g[place].reshape(shape)

    return part


@adapts(np.concatenate)
def _concatenate(arrays, axis=0):
    return concatenate(*arrays, axis=axis)


@adapts(np.stack)
def _stack(arrays, axis=0):
    return concatenate(*[expand_dims(x, axis=axis) for x in arrays], axis=axis)


@adapts(np.vstack)
def _vstack(tup):
    return concatenate(*[_at_least(2, x) for x in tup], axis=0)


@adapts(np.hstack)
def _hstack(tup):
    xs = [_at_least(1, x) for x in tup]
    return concatenate(*xs, axis=0 if xs[0].ndim == 1 else 1)


@adapts(np.column_stack)
def _column_stack(tup):
    columns = [reshape(x, shape=(-1, 1)) if np.ndim(x) < 2 else x for x in tup]
    return concatenate(*columns, axis=1)


@adapts(np.append)
def _append(arr, values, axis=None):
    return concatenate(arr, values, axis=axis)


def _at_least(n, x):
    """x with axes of length 1 in front, up to n of them in all."""
    shape = np.shape(x)
    return reshape(x, shape=(1,) * (n - len(shape)) + shape)
