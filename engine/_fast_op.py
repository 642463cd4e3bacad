"""A shorter way through an operation of one to three operands and no options.

Most nodes of a small graph are made by one of these, and they take a quarter less time
than the operation that op.py defines. They do the usual case only: Tensors, arrays and
numbers by position, a rule of one value, recording as usual. All that is out of the
ordinary (a list, a keyword, an error, `debug()`, several results) is left to the
general operation, which then runs the rule again if it has to: rules are pure.

Each number of operands is written out. One function for all, which goes through them
in a loop, makes a graph of scalars a fifth slower.

Nothing is decided here. Without this file the engine would do the same, more slowly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine._contract import PLAIN, is_real
from engine.numpy_protocol import ARGUMENT_ERRORS
from engine.recording import state
from engine.tensor import Tensor

float64 = np.float64


def of_one(
    rule: Callable[..., Any], general: Callable[..., Any], make_node: Callable[..., Any]
) -> Callable[..., Any]:
    """The operation of a rule of one operand; see `of_two`."""

    def operation(*operands: Any, **options: Any) -> Any:
        if options or len(operands) != 1:
            return general(*operands, **options)
        (x,) = operands
        group = state()
        usual = group is None or group.__class__ is tuple
        if x.__class__ is Tensor and x.requires_grad and usual:
            try:
                y, grad_fns = rule(x.data)
            except ARGUMENT_ERRORS:
                return general(x)
            complete = grad_fns.__class__ is tuple and len(grad_fns) == 1
            if complete and (y.__class__ is float64 or is_real(y)):
                return make_node(y, operands, grad_fns, rule, None, group)
        return general(x)

    return operation


def of_two(
    rule: Callable[..., Any], general: Callable[..., Any], make_node: Callable[..., Any]
) -> Callable[..., Any]:
    """The operation of a rule of two operands.

    Args:
        rule: takes two operands and no options.
        general: the same operation, for every case.
        make_node: op.py's, which alone makes nodes.
    """

    def operation(*operands: Any, **options: Any) -> Any:
        if options or len(operands) != 2:
            return general(*operands, **options)
        x, y = operands
        wrt_x = wrt_y = False
        if x.__class__ is Tensor:
            wrt_x, x = x.requires_grad, x.data
        elif x.__class__ not in PLAIN:
            return general(*operands)
        if y.__class__ is Tensor:
            wrt_y, y = y.requires_grad, y.data
        elif y.__class__ not in PLAIN:
            return general(*operands)
        group = state()
        if (wrt_x or wrt_y) and (group is None or group.__class__ is tuple):
            try:
                z, grad_fns = rule(x, y)
            except ARGUMENT_ERRORS:
                return general(*operands)
            complete = grad_fns.__class__ is tuple and len(grad_fns) == 2
            if complete and (z.__class__ is float64 or is_real(z)):
                if not (wrt_x and wrt_y):
                    to_x, to_y = grad_fns
                    grad_fns = (to_x if wrt_x else None, to_y if wrt_y else None)
                return make_node(z, operands, grad_fns, rule, None, group)
        return general(*operands)

    return operation


def of_three(
    rule: Callable[..., Any], general: Callable[..., Any], make_node: Callable[..., Any]
) -> Callable[..., Any]:
    """The operation of a rule of three operands, such as `lin`; see `of_two`."""

    def operation(*operands: Any, **options: Any) -> Any:
        if options or len(operands) != 3:
            return general(*operands, **options)
        x, w, b = operands
        wrt_x = wrt_w = wrt_b = False
        if x.__class__ is Tensor:
            wrt_x, x = x.requires_grad, x.data
        elif x.__class__ not in PLAIN:
            return general(*operands)
        if w.__class__ is Tensor:
            wrt_w, w = w.requires_grad, w.data
        elif w.__class__ not in PLAIN:
            return general(*operands)
        if b.__class__ is Tensor:
            wrt_b, b = b.requires_grad, b.data
        elif b.__class__ not in PLAIN:
            return general(*operands)
        group = state()
        recorded = group is None or group.__class__ is tuple
        if (wrt_x or wrt_w or wrt_b) and recorded:
            try:
                y, grad_fns = rule(x, w, b)
            except ARGUMENT_ERRORS:
                return general(*operands)
            complete = grad_fns.__class__ is tuple and len(grad_fns) == 3
            if complete and (y.__class__ is float64 or is_real(y)):
                if not (wrt_x and wrt_w and wrt_b):
                    to_x, to_w, to_b = grad_fns
                    to_x, to_w = to_x if wrt_x else None, to_w if wrt_w else None
                    grad_fns = (to_x, to_w, to_b if wrt_b else None)
                return make_node(y, operands, grad_fns, rule, None, group)
        return general(*operands)

    return operation


SHORTER = {1: of_one, 2: of_two, 3: of_three}  # by the number of operands
