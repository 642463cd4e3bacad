"""Derivatives of functions that are written in plain NumPy: grad, jacobian, hvp, ...

The function is called on fresh Tensors, the pass runs back to just these, and what
arrives there is returned. No `.grad` is read or written. A Tensor that is passed
in gets a fresh identity node, so that derivatives nest in any order, each stopping at
its own. What depends on a Tensor outside that wants a gradient is returned as a Tensor;
everything else as plain arrays.

An argument is a number, an array, or a tuple, list or dict of them (of any depth), and
its gradient has the same form.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from numbers import Number
from operator import index
from typing import Any, NamedTuple

import numpy as np

from engine._nested import directions, leaves, mapped, refilled
from engine._node import data_of, next_countdown
from engine.graph import ancestors, backward_pass
from engine.recording import is_recording, recording
from engine.rules import positive, scatter
from engine.tensor import Tensor

Function = Callable[..., Any]


class _Run(NamedTuple):
    """A call of a function on fresh Tensors."""

    args: list[Any]  # those differentiated, of the form that they were given in
    fresh: list[Tensor]  # the Tensors in them, in order
    out: Any
    nested: bool  # whether a Tensor outside wants the gradient of what is computed here


def grad(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """The gradient of a function of one number as result.

    Args:
        f: a function of numbers and arrays, written in NumPy.
        argnums: the place of the argument to differentiate by, or several.

    Returns:
        A function of the same arguments: the gradient, in the form of the argument; a
        tuple of them for several.

    Raises:
        ValueError: if f returns more than one number, or does not have the argument.
    """
    both = value_and_grad(f, argnums)
    return lambda *args, **kwargs: both(*args, **kwargs)[1]


def value_and_grad(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """As `grad`, but the function returns the pair (value of f, gradient)."""
    places = _argument_places("grad", f, argnums)

    def both(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        run = _run("grad", f, places, args, kwargs)
        if math.prod(np.shape(data_of(run.out))) != 1:
            raise ValueError(
                f"grad: f returned shape {np.shape(data_of(run.out))}, and must return "
                "one number; use jacobian, or sum the result"
            )
        gradients = _pulled_back(run, None)
        one = isinstance(argnums, int | np.integer)
        return _as_asked_for(run, run.out), gradients[0] if one else tuple(gradients)

    return both


def vjp(f: Function, *x: Any) -> tuple[Any, Function]:
    """The value of f at x, and the function that carries gradients back through it.

    Returns:
        The pair (value, pullback). `pullback(v)` takes a gradient with respect to the
        value, of its shape, and returns the tuple of those with respect to x: v times
        the Jacobian of f, without forming it. It may be called again; given a Tensor,
        it returns Tensors.
    """
    run = _run("vjp", f, tuple(range(len(x))), x, {})
    return _as_asked_for(run, run.out), lambda v: tuple(_pulled_back(run, v))


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """The value of f at the primals, and its change along the tangents.

    The Jacobian of f times the tangents, without forming it, by two backward passes:
    the first is linear in the gradient v that it begins with, and the second
    differentiates it by v (the transpose of a transpose).

    Args:
        f: a function of numbers and arrays, of one array as result.
        primals: its arguments.
        tangents: a direction for each, of its form and shapes.

    Returns:
        The pair (value, tangent), of the same shape.
    """
    if not isinstance(primals, Sequence) or not isinstance(tangents, Sequence):
        raise TypeError("jvp: primals and tangents must be lists, of one per argument")
    ways = directions("jvp", tuple(primals), tuple(tangents))
    run = _run("jvp", f, tuple(range(len(primals))), tuple(primals), {})
    out = data_of(run.out)
    dtype = np.result_type(getattr(out, "dtype", float), 0.0)  # of integers, float64
    v = Tensor(np.zeros_like(out, dtype=dtype))
    rows: dict[Tensor, Any] = {}
    with recording():
        if _depends(run.out):
            rows = _back(run.out, v, run.fresh, again=True)
        pairs = zip(run.fresh, ways, strict=True)
        along = sum((rows[x] * t).sum() for x, t in pairs if x in rows)
    reached = {}
    if _depends(along):  # else the result does not depend on the primals
        again = run.nested or any(map(_depends, ways))
        reached = _back(along, None, [v], again=again)
    return _as_asked_for(run, run.out), reached.get(v, np.zeros_like(v.data)[()])


def jacobian(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """All derivatives of a function of one array, or several, as result.

    Returns:
        A function of the same arguments. For a result of shape s and an array of shape
        t among the argument it returns an array of shape s + t: [i, j] is the
        derivative of the entry i of the result by the entry j of the argument. For a
        tuple, list or dict as result, one of these for each array in it. One backward
        pass is run for each entry of the result.
    """
    places = _argument_places("jacobian", f, argnums)

    def derivatives(*args: Any, **kwargs: Any) -> Any:
        run = _run("jacobian", f, places, args, kwargs, several=True)

        def of(out: Any) -> Any:
            full = _all_rows(run._replace(out=out))
            return full[0] if isinstance(argnums, int | np.integer) else tuple(full)

        return mapped(of, run.out)

    return derivatives


def hessian(f: Function, argnums: int = 0) -> Function:
    """The second derivatives of a function of one number as result.

    Returns:
        A function of the same arguments: for an array argument of shape t an array of
        shape t + t.
    """
    return jacobian(grad(f, argnums), argnums)


def hvp(f: Function, x: Any, v: Any) -> Any:
    """The Hessian of f at x times v, without forming it: of the form of x.

    Args:
        f: a function of one argument and one number as result.
        x: where.
        v: a direction, of the form and shapes of x.
    """

    ways = directions("hvp", x, v)

    def slope(x: Any) -> Any:
        pairs = zip(leaves(grad(f)(x)), ways, strict=True)
        return sum(np.sum(g * d) for g, d in pairs)

    return grad(slope)(x)


# --- running, and going back ----------------------------------------------------------


def _run(
    caller: str,
    f: Function,
    places: tuple[int, ...],
    args: Any,
    kwargs: Any,
    *,
    several: bool = False,
) -> _Run:
    if any(not -len(args) <= i < len(args) for i in places):
        raise ValueError(
            f"{caller}: argnums {places} of a call with {len(args)} arguments"
        )
    _check_function(caller, f)
    wanted, call, start = is_recording(), list(args), next_countdown()
    with recording():
        for i in places:
            call[i] = mapped(_fresh if wanted else _fresh_leaf, args[i])
        out = f(*call, **kwargs)
    for part in leaves(out) if several else [out]:
        if not isinstance(part, Number) and not hasattr(part, "__array_function__"):
            raise TypeError(
                f"{caller}: f returned a {type(part).__name__}, and must return one "
                "array"
            )
    chosen = [call[i] for i in places]
    results = [part for part in leaves(out) if _depends(part)]
    # Nodes that f made are known here alone; older ones are part of an outer graph.
    older = any(x._countdown > start for x in ancestors(results))
    return _Run(chosen, leaves(chosen), out, wanted and older)


def _fresh(x: Any) -> Tensor:
    """A new Tensor of the value of x; in the graph, if x is."""
    return positive(x) if _depends(x) else _fresh_leaf(x)


def _fresh_leaf(x: Any) -> Tensor:
    return Tensor(data_of(x))


def _depends(x: Any) -> bool:
    return isinstance(x, Tensor) and x.requires_grad


def _pulled_back(run: _Run, v: Any) -> list[Any]:
    """The gradients of the run's arguments, in their form."""
    reached = {}
    if _depends(run.out):
        again = run.nested or _depends(v)
        reached = _back(run.out, v, run.fresh, again=again)
    gradients = (reached.get(x, np.zeros_like(x.data)[()]) for x in run.fresh)
    return refilled(run.args, gradients)


def _back(
    out: Tensor, v: Any, inputs: list[Tensor], *, again: bool
) -> dict[Tensor, Any]:
    """The gradients of `inputs`; nothing older is walked."""
    return backward_pass([out], [v], inputs, create_graph=again, only_inputs=True)


def _as_asked_for(run: _Run, x: Any) -> Any:
    """x as a Tensor if somebody outside differentiates it, else as plain data."""
    return x if run.nested else data_of(x)


def _all_rows(run: _Run) -> list[Any]:
    """The Jacobians of a run's result by its arguments, in their form."""
    shape = np.shape(data_of(run.out))
    indices = list(np.ndindex(shape))
    rows = [leaves(_pulled_back(run, _one_hot(shape, i))) for i in indices]
    columns = [
        _assembled([row[k] for row in rows], indices, shape + x.shape, x.dtype)
        for k, x in enumerate(run.fresh)
    ]
    return refilled(run.args, columns)


def _one_hot(shape: tuple[int, ...], index: tuple[int, ...]) -> Any:
    v = np.zeros(shape)
    v[index] = 1
    return v


def _assembled(rows: list[Any], indices: Any, shape: Any, dtype: Any) -> Any:
    """The rows of a Jacobian in one array; by a sum of Tensors, where they are some."""
    if not rows:
        return np.zeros(shape, dtype)
    if not any(isinstance(row, Tensor) for row in rows):
        return np.reshape(np.stack(rows), shape)
    parts = zip(rows, indices, strict=True)
    return sum(scatter(row, index=i, shape=shape) for row, i in parts)


def _argument_places(
    caller: str, f: Any, argnums: int | Sequence[int]
) -> tuple[int, ...]:
    _check_function(caller, f)
    try:
        return tuple(map(index, argnums if np.iterable(argnums) else [argnums]))
    except TypeError:
        raise TypeError(
            f"{caller}: argnums is {argnums!r:.60}, and must be an int, or several"
        ) from None


def _check_function(caller: str, f: Any) -> None:
    if not callable(f):
        raise TypeError(f"{caller}: f is {f!r:.60}, and must be a function")
