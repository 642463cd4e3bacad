"""One step in fewer words: the same value, to the last bit."""

from __future__ import annotations

from typing import Any, TypeGuard

import numpy as np

from engine.written.record import Step


def _sum_that_keeps_no_axes(step: Step) -> None:
    """The sum without `keepdims`, where what was kept goes at once."""
    x = step.args[0] if step.args else None
    if not is_method(step, "reshape") or not is_method(x, "sum"):
        return
    axes, kept = x.options.get("axis"), x.options.get("keepdims")
    if kept and np.squeeze(x.value, axis=axes).shape == step.value.shape:
        step.name, step.args, step.options = "sum", x.args, {"axis": axes}


def _one_reshape(step: Step) -> None:
    """The last of several reshapes, and none below a broadcast of one number."""
    x = step.args[0] if step.args else None
    if not is_method(x, "reshape"):
        return
    if is_method(step, "reshape"):
        step.args = (x.args[0], step.value.shape)
    elif step.name == "np.broadcast_to" and x.args[0].value.ndim == 0:
        step.args = (x.args[0], *step.args[1:])


def _transposed(step: Step) -> None:
    """.T of a matrix, and .mT of a stack of them."""
    if step.kind != "method" or step.name not in ("swapaxes", "transpose"):
        return
    x, *axes = step.args
    n = x.value.ndim
    axes = axes[0] if len(axes) == 1 and type(axes[0]) is tuple else axes
    order = list(range(n))
    if step.name == "swapaxes":
        i, j = axes
        order[i], order[j] = order[j], order[i]
    else:
        order = [i % n for i in axes] if axes else order[::-1]
    if n >= 2 and order == [*range(n - 2), n - 1, n - 2]:
        step.kind, step.name, step.args = "attribute", "T" if n == 2 else "mT", (x,)


def _is_nan(step: Step) -> None:
    """np.isnan(x) for x != x."""
    x = step.args[0] if step.args else None
    twice = step.kind == "operator" and step.name == "!=" and x is step.args[1]
    if twice and isinstance(x, Step):
        step.kind, step.name, step.args = "function", "np.isnan", (x,)


def _zeros(step: Step) -> None:
    """np.zeros(shape) for np.zeros_like(x, shape=shape)."""
    if step.name == "np.zeros_like" and "shape" in step.options:
        wide = step.value.dtype == np.float64
        step.name, step.call, step.args = "np.zeros", None, (step.options["shape"],)
        step.options = {} if wide else {"dtype": step.value.dtype}


def _method(step: Step) -> None:
    """x.sum(axis=0) for np.sum(x, axis=0)."""
    known = step.kind == "function" and step.name in _METHODS and len(step.args) == 1
    of_array = known and isinstance(getattr(step.args[0], "value", None), np.ndarray)
    if of_array and step.options.keys() <= {"axis", "keepdims"}:
        step.kind, step.name, step.call = "method", step.name[3:], None


_METHODS = tuple(f"np.{name}" for name in ("sum", "max", "min", "mean", "any", "all"))
SHORTER = (
    _method,
    _zeros,
    _one_reshape,
    _sum_that_keeps_no_axes,
    _transposed,
    _is_nan,
)


def repeated(step: Step) -> Step | None:
    """The step whose value a trivial one only repeats; None if it is not trivial."""
    if step.kind == "operator" and len(step.args) == 1:
        (x,) = step.args
        twice = isinstance(x, Step) and x.kind == "operator" and len(x.args) == 1
        other = x.args[0] if twice and x.name == step.name != "~" else None
    elif step.kind == "operator" and len(step.args) == 2:
        x, y = step.args
        one_right = type(y) in (int, float) and y == 1 and step.name in ("*", "/", "**")
        one_left = type(x) in (int, float) and x == 1 and step.name == "*"
        other = x if one_right else y if one_left else None
    elif (
        step.kind == "method" and step.name in ("reshape", "astype", "copy", "squeeze")
    ) or step.name == "np.broadcast_to":
        other = step.args[0]
    elif step.kind == "attribute" and getattr(step.args[0], "kind", "") == "attribute":
        other = step.args[0].args[0] if step.name == step.args[0].name else None
    else:
        return None
    return (
        other if isinstance(other, Step) and _alike(other.value, step.value) else None
    )


def _alike(x: Any, y: Any) -> bool:
    arrays = (
        isinstance(x, np.ndarray | np.generic),
        isinstance(y, np.ndarray | np.generic),
    )
    return all(arrays) and x.shape == y.shape and x.dtype == y.dtype


def is_method(x: Any, name: str) -> TypeGuard[Step]:
    return isinstance(x, Step) and x.kind == "method" and x.name == name
