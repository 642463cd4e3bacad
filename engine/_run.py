"""A call of a function on fresh Tensors, and the way back to just these.

What derivatives.py is made of: every derivative of a function begins with such a call.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from numbers import Number, Real
from operator import index
from typing import Any, NamedTuple

import numpy as np

from engine._cuts import called_alone
from engine._nested import leaves, mapped, refilled
from engine._node import data_of, next_countdown
from engine.graph import ancestors, backward_pass
from engine.recording import is_recording, recording
from engine.rules import positive, scatter
from engine.tensor import Tensor
from engine.written.array import Writing
from engine.written.rows import rows_at_once, zeros_of

Function = Callable[..., Any]


class Run(NamedTuple):
    """A call of a function on fresh Tensors."""

    args: list[Any]  # those differentiated, of the form that they were given in
    fresh: list[Tensor]  # the Tensors in them, in order
    out: Any
    aux: Any  # what came beside it
    nested: bool  # whether a Tensor outside wants the gradient of what is computed here
    called: list[Any] | None  # functions of derivative 0; None where derivatives nest


def run_on_fresh(
    caller: str,
    f: Function,
    places: tuple[int, ...],
    args: Any,
    kwargs: Any,
    *,
    has_aux: bool = False,
) -> Run:
    for i in places:
        if not -len(args) <= i < len(args):
            raise ValueError(
                f"{caller}: argnums {places} of a call with {len(args)} arguments"
            )
    wanted, call, start = is_recording(), list(args), next_countdown()
    with recording():
        for i in places:
            call[i] = mapped(_fresh if wanted else _fresh_leaf, args[i])
        chosen = [_copied(call[i]) for i in places]
        out, called = called_alone(f, call, kwargs)

    def is_nested(x: Any) -> bool:
        # Nodes that f made are known here alone; older ones are part of an outer graph.
        results = [part for part in leaves(x) if depends(part)]
        return wanted and any(node._countdown > start for node in ancestors(results))

    aux = None
    if has_aux:
        out, aux = _pair(caller, out)
        aux = mapped(lambda x: x if is_nested(x) else data_of(x), aux)
    return Run(chosen, leaves(chosen), out, aux, is_nested(out), called)


def _pair(caller: str, out: Any) -> tuple[Any, Any]:
    if not isinstance(out, tuple) or len(out) != 2:
        came = f"a {type(out).__name__}"
        came += f" of {len(out)}" if isinstance(out, tuple) else ""
        raise TypeError(
            f"{caller}: f returned {came}, and with has_aux=True must return a pair, "
            "(number, aux)"
        )
    return out


def check_number(caller: str, out: Any) -> None:
    if isinstance(out, tuple | list | dict):
        raise TypeError(
            f"{caller}: f returned a {type(out).__name__}, and must return one number; "
            "with has_aux=True it may return the pair (number, anything else)"
        )
    data = data_of(out)
    if type(data) is np.float64:  # as it mostly is
        return
    is_real = isinstance(data, Real) and not isinstance(data, bool)
    if not is_real and getattr(data, "dtype", np.dtype(object)).kind not in "iuf":
        of = f" of {data.dtype}" if np.shape(data) else ""
        cure = "; is a return missing?" if data is None else ""
        raise TypeError(
            f"{caller}: f returned a {type(data).__name__}{of}, and must return one "
            f"real number{cure}"
        )
    if math.prod(np.shape(data)) != 1:
        raise ValueError(
            f"{caller}: f returned shape {np.shape(data)}, and must return one number; "
            "use jacobian, or sum the result"
        )


def arrays_in(caller: str, out: Any) -> list[Any]:
    """The numbers and arrays of which a result consists; an error if it has others."""
    parts = leaves(out)
    for part in parts:
        if not isinstance(part, Number) and not hasattr(part, "__array_function__"):
            raise TypeError(
                f"{caller}: f returned a {type(part).__name__}, and must return one "
                "array, or a tuple, list or dict of them"
            )
    return parts


def _copied(x: Any) -> Any:
    """An argument in its form, into which f, that has the other, can put nothing."""
    return x if isinstance(x, Tensor) else mapped(lambda part: part, x)


def _fresh(x: Any) -> Tensor:
    """A new Tensor of the value of x; in the graph, if x is."""
    return positive(x) if depends(x) else _fresh_leaf(x)


def _fresh_leaf(x: Any) -> Tensor:
    return Tensor(data_of(x))


def depends(x: Any) -> bool:
    return isinstance(x, Tensor) and x.requires_grad


def reached_by(run: Run, outs: list[Any], vs: list[Any]) -> dict[Tensor, Any]:
    """The gradients that are reached from results, with the gradients vs of these."""
    pairs = [pair for pair in zip(outs, vs, strict=True) if depends(pair[0])]
    again = run.nested or any(map(depends, vs))
    return back([x for x, _ in pairs], [v for _, v in pairs], run.fresh, again=again)


def in_form(run: Run, reached: dict[Tensor, Any]) -> list[Any]:
    """The gradients of the run's arguments, in their form; 0 where none arrived."""
    gradients = [
        reached[x] if x in reached else np.zeros_like(x.data)[()] for x in run.fresh
    ]
    return refilled(run.args, gradients)


def back(
    outs: list[Tensor], vs: list[Any], inputs: list[Tensor], *, again: bool
) -> dict[Tensor, Any]:
    """The gradients of `inputs`; nothing older is walked."""
    return backward_pass(outs, vs, inputs, create_graph=again, only_inputs=True)


def zero_like(out: Any) -> Tensor:
    dtype = np.result_type(getattr(out, "dtype", float), 0.0)  # of integers, float64
    return Tensor(np.zeros_like(out, dtype=dtype))


def as_asked_for(run: Run, x: Any) -> Any:
    """x as Tensors if somebody outside differentiates it, else as plain data."""
    return x if run.nested else mapped(data_of, x)


def all_rows(run: Run, out: Any) -> list[Any]:
    """The Jacobians of one result of a run by its arguments, in their form."""
    shape = np.shape(data_of(out))
    stacks = _together(run, out)
    if stacks is not None:
        columns = [
            stack.reshape(shape + x.shape)
            for stack, x in zip(stacks, run.fresh, strict=True)
        ]
        return refilled(run.args, columns)
    indices = list(np.ndindex(shape))
    ways = (_one_hot(data_of(out), i) for i in indices)
    rows = [leaves(in_form(run, reached_by(run, [out], [v]))) for v in ways]
    columns = [
        _assembled([row[k] for row in rows], indices, shape + x.shape, x.dtype)
        for k, x in enumerate(run.fresh)
    ]
    return refilled(run.args, columns)


def _together(run: Run, out: Any) -> list[Any] | None:
    """The rows of each Jacobian, of one pass, where it is written down; else None."""
    data = data_of(out)
    written = isinstance(data, Writing) and depends(out)
    if not written or run.nested or data.size < 2:
        return None

    def pulled_back(v: Any) -> list[Any]:
        reached = reached_by(run, [out], [v])
        return [
            reached[x] if x in reached else np.zeros_like(x.data) for x in run.fresh
        ]

    return rows_at_once(data, pulled_back)


def _one_hot(out: Any, index: tuple[int, ...]) -> Any:
    v = zeros_of(out) if isinstance(out, Writing) else np.zeros(np.shape(out))
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


def argument_places(
    caller: str, f: Any, argnums: int | Sequence[int]
) -> tuple[int, ...]:
    check_function(caller, f)
    if type(argnums) is int:
        return (argnums,)
    try:
        return tuple(map(index, argnums if np.iterable(argnums) else [argnums]))
    except TypeError:
        raise TypeError(
            f"{caller}: argnums is {argnums!r:.60}, and must be an int, or several"
        ) from None


def check_function(caller: str, f: Any) -> None:
    if not callable(f):
        raise TypeError(f"{caller}: f is {f!r:.60}, and must be a function")
