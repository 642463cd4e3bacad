"""The @op decorator: it turns a rule into an operation, and alone makes nodes.

A *rule* is a pure function of arrays that returns its value and, for each operand, the
backward closure. `op` unwraps the Tensors, runs the rule on their arrays and keeps what
a backward pass will need. A rule's parameters before the `*` are its operands; those
after it are options, which are never differentiated. A rule with several results
(such as svd) returns a tuple of values, and for each value its closures:

    @op(np.exp)                                       @op(np.sum)
    def exp(x):                                       def sum(x, *, axis=None): ...
        y = np.exp(x)
        return y, (lambda g: g * y,)
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from engine import numpy_protocol
from engine._contract import (
    PLAIN,
    as_operand,
    called_whole,
    check_closures,
    check_options,
    check_rule,
    checked_value,
    is_real,
    of_library,
    parameters,
    with_context,
    with_keywords,
)
from engine._fast_op import SHORTER
from engine._node import next_countdown
from engine._watch import watched
from engine.recording import Watched, group_of, state
from engine.tensor import Tensor

Rule = Callable[..., tuple[Any, tuple[Callable[[Any], Any] | None, ...]]]
Operation = Callable[..., Any]

float64 = np.float64
_new = Tensor.__new__


def op(
    *numpy_functions: Callable[..., Any], lazy: bool = True
) -> Callable[[Rule], Operation]:
    """Make a rule differentiable, and have it stand for NumPy functions.

    Args:
        numpy_functions: those that arrive at the rule when a Tensor is among their
            arguments, such as `np.exp`. None are needed.
        lazy: whether the rule can wait until an array library that computes later
            (Dask) has the data. If not, it is refused on such arrays.

    Returns:
        A decorator. The decorated rule takes Tensors, arrays and numbers: called with a
        Tensor it returns a Tensor, without one the plain value.

    Raises:
        ValueError: if a NumPy function has a rule already.
    """

    for f in numpy_functions:
        if isinstance(f, FunctionType) and "numpy" not in f.__module__:
            raise TypeError("op: write @op() above a rule, with the parentheses")
        if not callable(f):
            raise TypeError(f"op: {f!r} is not a function of NumPy; np.exp is one")

    def decorate(rule: Rule) -> Operation:
        check_rule(rule)
        rule = rule if lazy else numpy_protocol.at_once(rule, rule.__name__)
        name = rule.__name__
        names, option_names = parameters(rule)
        ufunc = any(isinstance(f, np.ufunc) for f in numpy_functions)

        @functools.wraps(rule)
        def operation(*operands: Any, **options: Any) -> Any:
            if options:
                if len(operands) < len(names):
                    operands = with_keywords(name, names, operands, options)
                check_options(name, option_names, options)
            arrays: list[Any] = []
            constants: list[int] = []  # places of operands that want no gradient
            for x in operands:
                if x.__class__ is Tensor:
                    if not x.requires_grad:
                        constants.append(len(arrays))
                    x = x.data
                elif x.__class__ in PLAIN or as_operand(name, x, ufunc) is x:
                    constants.append(len(arrays))
                else:
                    like = of_library(*operands)
                    arrays = [as_operand(name, x, ufunc, like) for x in operands]
                    return operation(*arrays, **options)
                arrays.append(x)
            try:
                value, grad_fns = rule(*arrays, **options)
            except numpy_protocol.ARGUMENT_ERRORS as error:
                called = called_whole(error, rule, arrays, options)
                if called is None:
                    raise with_context(error, name, arrays) from error
                value, grad_fns = called
            if grad_fns.__class__ is not tuple or len(grad_fns) != len(operands):
                check_closures(name, value, grad_fns, len(operands))
            group = state()
            if len(constants) == len(operands) or group is False:
                return _constant(value, grad_fns, operands)
            if value.__class__ is not float64 and not is_real(value):
                if isinstance(value, tuple):
                    call = (operands, arrays, options, constants)
                    return _several(value, grad_fns, rule, *call)
                value = checked_value(value, name, operands)
            if constants:
                grad_fns = _without(grad_fns, constants)
            if group.__class__ is Watched:
                args = (operands, arrays, options)
                grad_fns = watched(rule, names, *args, value, grad_fns)
                group = group.group
            return _node(value, operands, grad_fns, rule, options or None, group)

        made = operation
        if len(names) in SHORTER and not option_names:
            shorter = SHORTER[len(names)](rule, operation, _node)
            made = functools.wraps(rule)(shorter)
        made.lazy = lazy  # type: ignore[attr-defined]  # for the list of rules
        for function in numpy_functions:
            numpy_protocol.register(function, made, names, option_names)
        return made

    return decorate


def _node(
    value: Any,
    parents: tuple[Any, ...],
    grad_fns: tuple[Any, ...],
    rule: Rule | None,
    options: dict[str, Any] | None,
    group: Any,
) -> Tensor:
    """A Tensor with operands, without the checks that `Tensor()` makes of its input."""
    node = _new(Tensor)
    node.data = value
    node.parents = parents
    node.grad_fns = grad_fns
    node.rule = rule
    node.options = options
    node.requires_grad = True
    node.name = ""
    node.group = group
    node.grad = node._hooks = None
    node._countdown = next_countdown()
    return node


def copy_node(
    node: Tensor,
    *,
    parents: tuple[Any, ...] | None = None,
    grad_fns: tuple[Callable[[Any], Any] | None, ...] | None = None,
) -> Tensor:
    """A node of the same data, rule, options, group and name; no gradient, no hooks.

    The data is shared, not copied. The copy is newer than every Tensor made before it:
    so copy operands before what was computed from them.

    Args:
        node: any Tensor; a leaf gives a leaf.
        parents: the operands of the copy, in order; those of `node` if None.
        grad_fns: for each operand a closure that takes the gradient of the copy and
            returns that of the operand, or None; those of `node` if None.

    Raises:
        TypeError: if `node` is not a Tensor.
        ValueError: if there are not as many closures as operands.
    """
    if node.__class__ is not Tensor:
        raise TypeError(f"copy_node: node is {node!r:.60}, and must be a Tensor")
    parents = node.parents if parents is None else parents
    grad_fns = node.grad_fns if grad_fns is None else grad_fns
    if len(parents) != len(grad_fns):
        raise ValueError(
            f"copy_node: {len(grad_fns)} closures came for {len(parents)} operands, "
            "and each needs one, or None"
        )
    twin = _node(node.data, parents, grad_fns, node.rule, node.options, node.group)
    twin.requires_grad = node.requires_grad
    twin.name = node.name
    return twin


def _constant(value: Any, grad_fns: Any, operands: tuple[Any, ...]) -> Any:
    """Plain in, plain out; a Tensor in, a Tensor that wants no gradient out."""
    if Tensor not in map(type, operands):
        return value
    if isinstance(value, tuple):
        check_closures("a rule", value, grad_fns, len(operands))
        pairs = zip(value, grad_fns, strict=True)
        results = [v if f is None else _constant(v, f, operands) for v, f in pairs]
        return _like(value, results)
    if isinstance(value, np.integer):  # which as a number would become a float
        value = np.asarray(value)
    return Tensor(value, requires_grad=False)


def _several(
    values: Any,
    grad_fns: Any,
    rule: Rule,
    operands: tuple[Any, ...],
    arrays: list[Any],
    options: dict[str, Any],
    constants: list[int],
) -> Any:
    """A node for every result of a rule; a result without closures stays as it is."""
    group, names = state(), parameters(rule)[0]
    check_closures(rule.__name__, values, grad_fns, len(operands))
    results = []
    for k, (value, fns) in enumerate(zip(values, grad_fns, strict=True)):
        if fns is not None:
            one = _result(rule, k, getattr(values, "_fields", None))
            check_closures(one.__name__, value, fns, len(operands))
            value = checked_value(value, one.__name__, operands)
            fns = _without(fns, constants)
            if isinstance(group, Watched):
                args = (operands, arrays, options)
                fns = watched(one, names, *args, value, fns, values)
            value = _node(value, operands, fns, one, options or None, group_of(group))
        results.append(value)
    return _like(values, results)


def _result(rule: Rule, k: int, names: tuple[str, ...] | None) -> Rule:
    """The rule for one result of several: what runs again for higher derivatives."""

    @functools.wraps(rule)
    def one(*operands: Any, **options: Any) -> Any:
        values, grad_fns = rule(*operands, **options)
        return values[k], grad_fns[k]

    one.__name__ += f".{names[k]}" if names else f"[{k}]"
    return one


def _like(values: Any, results: list[Any]) -> Any:
    """The results in a tuple of the same kind, with the names of its fields if any."""
    return type(values)(*results) if hasattr(values, "_fields") else tuple(results)


def _without(grad_fns: Any, constants: list[int]) -> tuple[Any, ...]:
    """None for the closure of an operand that wants no gradient: it is freed here."""
    kept = list(grad_fns)
    for i in constants:
        kept[i] = None
    return tuple(kept)
