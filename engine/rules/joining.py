"""Joining: several arrays in one, and each gets its part of the gradient back.

Stacking and the like are composed of it, in compositions.py.
"""

from __future__ import annotations

import numpy as np

from engine.op import op


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
