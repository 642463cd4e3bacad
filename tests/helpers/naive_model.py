"""A naive model of the engine: the chain rule asked for, where the engine tells.

The gradient of a tensor is what its users have, each times its derivative by the
tensor. So ask the users, recursively, in Python's integers, which never round. No
order, no casting, no sharing of memory: nothing that the engine could get wrong.
"""

import functools
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine import Tensor


class Boom(Exception):  # noqa: N818  # it is no error
    """What hooks, rules and closures raise on demand."""


def exact(value):
    """As Python's integers, which never round: one, or an array of them."""
    return np.array(value, dtype=object)[()]


@dataclass(eq=False)
class Node:
    """A tensor, and what is known of it, in exact numbers."""

    real: Tensor
    value: Any
    wants: bool
    edges: list[Any] = field(default_factory=list)  # (operand, derivative by it)
    hooks: dict[Any, str] = field(default_factory=dict)  # handle -> kind
    fuse: dict[str, Any] | None = None  # lit, its closures raise
    grad: Any = None


def gradients(output, seed):
    """The gradient of every node that `output` was computed from."""
    graph = ancestors(output)

    @functools.cache
    def gradient(x):
        uses = [(u, d) for u in graph for y, d in u.edges if y is x]
        total = seed if x is output else sum(fit(gradient(u) * d, x) for u, d in uses)
        return hooked(x, total)

    if not output.wants or np.shape(seed) != np.shape(output.value):
        raise ValueError
    for x in graph:
        if x.fuse:
            raise Boom
        if not x.edges and x.grad is not None and np.shape(x.grad) != np.shape(x.value):
            raise ValueError
    return {x: gradient(x) for x in graph}


def ancestors(output):
    graph = [output]
    for node in graph:  # grows on the way
        graph += [x for x in dict.fromkeys(x for x, _ in node.edges) if x not in graph]
    return graph


def fit(g, x):
    """Summed to the shape of x, or spread over it."""
    if np.shape(x.value) == ():
        return g.sum() if np.shape(g) else g
    return g + 0 * x.value


def hooked(x, g):
    for kind in x.hooks.values():
        replacement = HOOKS[kind](g)
        if replacement is not None:
            if np.shape(replacement) != np.shape(x.value):
                raise ValueError
            g = replacement
    return g


def store(expected):
    """Leaves add up, the rest is set anew; a hook that removes itself has run."""
    for x, g in expected.items():
        x.grad = g if x.edges or x.grad is None else x.grad + g
        assert "once" not in x.hooks.values()


def boom(_g):
    raise Boom


HOOKS = {
    "look": lambda g: None,
    "keep": lambda g: None,
    "once": lambda g: -g,
    "double": lambda g: g * 2,
    "three": lambda g: g * 0 + 3,
    "fail": boom,
    "misshape": lambda g: np.ones((5, *np.shape(g))),
}
FAILING = ("fail", "misshape")
OPS = {  # on Tensors and on exact numbers alike; and the derivative by each operand
    "add": (lambda x, y: x + y, lambda x, y: (1, 1)),
    "subtract": (lambda x, y: x - y, lambda x, y: (1, -1)),
    "multiply": (lambda x, y: x * y, lambda x, y: (y, x)),
    "square": (lambda x, y: x * x, lambda x, y: (2 * x,)),
    "total": (lambda x, y: np.sum(x), lambda x, y: (x * 0 + 1,)),
}


def equal(real, number):
    if real is None or number is None:
        return real is number
    return np.array_equal(real, np.array(number, dtype=float))
