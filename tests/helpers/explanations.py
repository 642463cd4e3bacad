"""Explanations to read, and reading them: graphs of a few lines, and what is printed.

What is printed is read as a person reads it, line by line; the spaces that put one
thing below another are not part of it.
"""

import re

import numpy as np
import pytest

from engine import Tensor
from nn import Model
from viz.lesson.explain import explain

# --- what is explained ----------------------------------------------------------------


def leaf(value, name="x"):
    return Tensor(value, name=name)


def fresh_lesson():
    """(a * b + c) * f before a pass, and what its variables are called."""
    a, b, c, f = (leaf(*x) for x in [(2.0, "a"), (-3.0, "b"), (10.0, "c"), (-2.0, "f")])
    e = a * b
    d = e + c
    L = d * f
    return L, {"a": a, "b": b, "c": c, "f": f, "e": e, "d": d, "L": L}


def lesson():
    """The same after a pass."""
    L, named = fresh_lesson()
    L.backward()
    return L, named


def model():
    """The loss of a network after a pass, and the network."""
    rng = np.random.default_rng(0)
    net = Model.init(5, 64, 3, rng=rng)
    loss = net(rng.normal(size=(8, 5)), rng.normal(size=(8, 3)))
    loss.backward()
    return loss, net


def never_computed():
    """A Dask array of shape (4, 3) that fails the test once somebody computes it."""
    da = pytest.importorskip("dask.array", reason="Dask: pip install '.[scale]'")

    def never(block):
        raise AssertionError("computed")

    return da.ones((4, 3), chunks=2).map_blocks(
        never, dtype=float, meta=np.ones((0, 0))
    )


# --- what is read ---------------------------------------------------------------------


def lines(found):
    """What it prints, of every run of spaces two."""
    return [re.sub(" {2,}", "  ", line) for line in str(found).splitlines()]


def told(loss, wrt, names=None):
    """What it prints after a pass, without the sum: the nudge aside, only reasons."""
    with np.errstate(all="ignore"):
        loss.backward()
    return lines(explain(loss, wrt, names=names))


def reasons(loss, wrt, names=None):
    """The words at the end: no sum, no `where`, no nudge."""
    if loss.requires_grad:
        with np.errstate(all="ignore"):
            loss.backward()
    found = lines(explain(loss, wrt, names=names))
    return [x for x in found if not re.match(r" |where |∂.* = |∂.* is a sum", x)]
