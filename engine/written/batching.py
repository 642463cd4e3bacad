"""How a step is computed for a stack of rows: a rule for each kind of step.

A rule gets the rows so far and a step of one pass, and gives the step's results for all
rows, along a first axis; None where it does not know how. No option depends on rows. It
calls NumPy on the stacks:
if these write down what they are asked, so does the rule.

    elementwise       the axis of the rows in front of all others
    reductions        over the same axes, which are one further now
    shapes            the same numbers, row by row
    indices           with a slice(None) in front

Products of matrices are in batched_products.py.
"""

from __future__ import annotations

import functools
import operator
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.written.arguments import parts, replaced
from engine.written.batched_products import einsum, matmul, outer, solved, tensordot
from engine.written.record import Step

if TYPE_CHECKING:
    from engine.written.batched import Rows

Rule = Callable[["Rows", Step], Any]

_BINARY: dict[str, Callable[..., Any]] = {
    **{"+": operator.add, "-": operator.sub, "*": operator.mul, "**": operator.pow},
    **{"/": operator.truediv, "//": operator.floordiv, "%": operator.mod},
    **{"&": operator.and_, "|": operator.or_, "^": operator.xor},
    **{"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge},
    **{"==": operator.eq, "!=": operator.ne, "@": operator.matmul},
}
_UNARY: dict[str, Callable[..., Any]] = {
    **{"-": operator.neg, "+": operator.pos, "~": operator.invert}
}


def performed(step: Step, args: Sequence[Any], options: dict[str, Any]) -> Any:
    """The operation of a step, on other arguments."""
    if step.kind == "operator":
        return (_UNARY if len(args) == 1 else _BINARY)[step.name](*args)
    if step.kind == "method":
        return getattr(args[0], step.name)(*args[1:], **options)
    if step.kind == "attribute":
        return getattr(args[0], step.name)
    if step.kind == "index":
        return args[0][args[1]]
    return (step.call or _function(step.name))(*args, **options)


def _function(name: str) -> Callable[..., Any]:
    """A ufunc, or a method of one, by the name that a step has for it."""
    first, *rest = name.split(".")
    module: Any = np if first == "np" else sys.modules[first]
    return functools.reduce(getattr, rest, module)


# --- entry by entry -------------------------------------------------------------------


def _elementwise(rows: Rows, step: Step) -> Any:
    if not hasattr(step.value, "ndim"):  # of several results
        return None
    args = [rows.wide(x, step.value.ndim) for x in step.args]
    return performed(step, args, rows.given(step.options))


def is_like(step: Step) -> bool:
    """Whether a step made an array like another: zeros, ones or a number."""
    return step.name in ("np.zeros_like", "np.ones_like", "np.full_like")


def _like(rows: Rows, step: Step) -> Any:
    x, *fill = step.args
    shape = (rows.count, *step.value.shape)
    if rows.depends(fill):
        return None
    options = {**rows.given(step.options), "shape": shape}
    return performed(step, [rows.given(x), *rows.given(fill)], options)


# --- reductions -----------------------------------------------------------------------


def _reduced(rows: Rows, step: Step) -> Any:
    """A sum and the like; of all axes, if none is named."""
    found = _axis(rows, step)
    if found == ():
        return None
    x, (axis,) = step.args[0], found
    if not x.value.ndim and axis is not None:
        return None
    axes = range(x.value.ndim) if axis is None else axis
    over = tuple(map(_further(x), axes)) if np.iterable(axes) else _further(x)(axes)
    return performed(step, [rows.given(x)], {**rows.given(step.options), "axis": over})


def _along(rows: Rows, step: Step) -> Any:
    """A cumulative sum and the like; of all entries in a row, if no axis is named."""
    found = _axis(rows, step)
    if found == ():
        return None
    x, (axis,) = step.args[0], found
    stacked = rows.given(x)
    if axis is None or not x.value.ndim:
        stacked, axis = stacked.reshape((rows.count, x.value.size)), 0
    over = _further(x)(axis)
    y = performed(step, [stacked], {**rows.given(step.options), "axis": over})
    return y.reshape((rows.count, *step.value.shape))


def _axis(rows: Rows, step: Step) -> tuple[Any, ...]:
    """The axis that a step names, in a tuple; an empty one for forms not known."""
    x, *others = step.args
    known = {"axis", "keepdims", "ddof", "dtype"}
    asks_more = not known.issuperset(step.options) or len(others) > 1
    if asks_more or not isinstance(x, Step) or not rows.depends(x):
        return ()
    return (step.options.get("axis", others[0] if others else None),)


def _further(x: Step) -> Callable[[Any], int]:
    """Where an axis of one row is in the stack."""
    ndim = max(x.value.ndim, 1)
    return lambda axis: operator.index(axis) % ndim + 1


# --- shapes ---------------------------------------------------------------------------


def _reshaped(rows: Rows, step: Step) -> Any:
    """Any step that leaves the entries in their order."""
    usual = {"np.reshape": 2, "np.ravel": 1, "ravel": 1}.get(step.name, 99)
    if "order" in step.options or len(step.args) > usual:
        return None
    return rows.given(step.args[0]).reshape((rows.count, *step.value.shape))


def _permuted(rows: Rows, step: Step) -> Any:
    """Any step that puts the axes in another order: seen by their lengths."""
    x, *others = step.args
    if x.value.ndim > 16:  # an array of such lengths would be too big
        return None
    lengths = np.broadcast_to(0, range(2, 2 + x.value.ndim))
    order = performed(step, [lengths, *others], step.options).shape
    return rows.given(x).transpose((0, *(n - 1 for n in order)))


def _stretched(rows: Rows, step: Step) -> Any:
    if len(step.args) + len(step.options) != 2:
        return None
    x = rows.wide(step.args[0], step.value.ndim)
    return np.broadcast_to(x, (rows.count, *step.value.shape))


def _joined(rows: Rows, step: Step) -> Any:
    """Parts one after another; those that all rows share are stretched to them."""
    xs, *others = step.args
    axis = step.options.get("axis", others[0] if others else 0)
    if {*step.options} - {"axis"} or len(others) > 1 or axis is None:
        return None
    if not isinstance(xs, tuple | list) or not all(isinstance(x, Step) for x in xs):
        return None
    given = [rows.given(x) for x in xs]
    stacks = [
        y if x in rows.stacked else np.broadcast_to(y, (rows.count, *x.value.shape))
        for x, y in zip(xs, given, strict=True)
    ]
    return performed(step, [stacks], {"axis": _further(step)(axis)})


# --- indices --------------------------------------------------------------------------


def _indexed(rows: Rows, step: Step) -> Any:
    x, index = step.args
    found = None if rows.depends(index) else index_of_rows(index)
    if found is None:
        return None
    shifted, axis = found
    y = rows.given(x)[rows.given(shifted)]
    return np.moveaxis(y, axis, 0) if axis else y


def index_of_rows(index: Any) -> tuple[tuple[Any, ...], int] | None:
    """An index of one row as that of all, and the axis of the rows in the result.

    NumPy puts the axes of index arrays in front of all others if a slice stands between
    two of them. None for an index of another form.
    """
    given = index if type(index) is tuple else (index,)
    if any(type(i) is list and list(parts(i)) for i in given):
        return None
    values = [replaced(lambda step: step.value, i) for i in given]
    picks = [i for i, x in enumerate(values) if not _is_view(x)]
    arrays = [np.asarray(values[i]) for i in picks]
    if any(x.dtype == bool and not x.ndim for x in arrays):
        return None
    ndim = max((1 if x.dtype == bool else x.ndim for x in arrays), default=0)
    apart = bool(picks) and picks[-1] - picks[0] >= len(picks)
    return (slice(None), *given), ndim if apart else 0


def _is_view(x: Any) -> bool:
    return x is None or x is ... or isinstance(x, slice)


# --- the table ------------------------------------------------------------------------


def _table() -> dict[tuple[str, str], Rule]:
    table: dict[tuple[str, str], Rule] = {
        ("index", ""): _indexed,
        ("function", "np.broadcast_to"): _stretched,
        ("function", "np.concatenate"): _joined,
        ("function", "np.stack"): _joined,
        ("function", "np.tensordot"): tensordot,
        ("function", "np.einsum"): einsum,
        ("function", "np.linalg.solve"): solved,
        ("function", "np.outer"): outer,
        ("operator", "@"): matmul,
        ("function", "np.matmul"): matmul,
        ("function", "np.dot"): matmul,
        ("method", "dot"): matmul,
    }
    for sign in {*_BINARY, *_UNARY} - {"@"}:
        table["operator", sign] = _elementwise
    _enter(table, _elementwise, "copy astype conj round clip")
    _enter(table, _elementwise, "where nan_to_num real", methods=False)
    _enter(table, _like, "zeros_like ones_like full_like", methods=False)
    _enter(table, _reduced, "sum mean prod max min any all var std")
    _enter(table, _along, "cumsum cumprod argmax argmin")
    _enter(table, _reshaped, "reshape squeeze ravel")
    _enter(table, _reshaped, "expand_dims", methods=False)
    _enter(table, _permuted, "transpose swapaxes")
    _enter(table, _permuted, "moveaxis rollaxis matrix_transpose", methods=False)
    table["attribute", "T"] = table["attribute", "mT"] = _permuted
    return table


def _enter(
    table: dict[tuple[str, str], Rule], rule: Rule, names: str, *, methods: bool = True
) -> None:
    for name in names.split():
        table["function", f"np.{name}"] = rule
        if methods:
            table["method", name] = rule


_RULES = _table()


def rule_of(step: Step) -> Rule | None:
    """How a step is computed for all rows; None if that is done row by row."""
    rule = _RULES.get((step.kind, step.name))
    if rule is not None or step.kind != "function" or step.call is not None:
        return rule
    ufunc = _function(step.name)
    plain = isinstance(ufunc, np.ufunc) and ufunc.signature is None
    return _elementwise if plain else None
