"""What a node is, and what the data of an operand is.

A node is a value in a graph: it knows what it was computed from. This file has its
fields and no behaviour: operators.py and methods.py add those of NumPy's arrays, and
tensor.py the rest. It imports no other file of the engine, so that all can import it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

next_countdown = itertools.count(0, -1).__next__

Array = Any  # numpy.ndarray, a NumPy scalar, or an array of a library that speaks NumPy


class Node:
    """The fields of a Tensor, which is the only class that extends this one."""

    __slots__ = (
        "data",  # the value
        "grad",  # None, or the gradient of the last pass: shape and dtype of data
        "parents",  # the operands in order, constants included; () for a leaf
        "grad_fns",  # per operand: gradient of self -> gradient of it; None: not wanted
        "rule",  # the function of op.py's rule, so that the node can be run again
        "options",  # the rule's keyword options; None if there are none
        "requires_grad",
        "name",
        "group",  # what made the node, for the picture (recording.Group); or None
        "_countdown",  # counts down as Tensors are made: less than that of any operand
        "_hooks",  # None, or what to call with the gradient, by the key of its Hook
        "__weakref__",
    )

    data: Array
    grad: Any
    parents: tuple[Any, ...]
    grad_fns: tuple[Callable[[Any], Any] | None, ...]
    rule: Callable[..., Any] | None
    options: dict[str, Any] | None
    requires_grad: bool
    name: str
    group: tuple[Any, Any] | None
    _countdown: int
    _hooks: dict[object, Callable[[Any], Any]] | None

    @property
    def op(self) -> str:
        """The name of the rule that made this node; "" for a leaf."""
        return self.rule.__name__ if self.rule else ""


def data_of(x: Any) -> Any:
    """The data of a Tensor; anything else as it is.

    Args:
        x: a Tensor, or an array or number of any shape.

    Returns:
        An array or a number: of a Tensor `x.data`, not a copy.
    """
    return x.data if isinstance(x, Node) else x


def is_array(x: Any) -> bool:
    """Whether x can be the data of a Tensor: its operators are those of NumPy's arrays.

    An array of another library can, if it speaks NumPy's protocols (it has the method
    `__array_function__`). These can't: a np.matrix, whose * is another operation; a
    masked array, which leaves entries out; a table of pandas, which aligns by labels.
    """
    if x.__class__ is np.ndarray or isinstance(x, np.generic):
        return True
    masked = isinstance(x, np.matrix | np.ma.MaskedArray)
    return hasattr(x, "__array_function__") and not masked


def becomes_array(x: Any) -> bool:
    """Whether NumPy makes an array of x, which is not one: a table, an image."""
    if isinstance(x, Node | type) or is_array(x):
        return False
    return hasattr(x, "__array__")
