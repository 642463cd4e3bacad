"""What `debug()` watches: where a NaN or Inf begins, and arrays that changed meanwhile.

Inside `debug()` op.py has every new node checked here. Its value is compared with those
of its operands, and each of its closures is wrapped in one that first makes sure that
no array has changed (it keeps a checksum of each), and then compares the gradient that
it returns with the one it was given. The pass does only two things for this: closures
of a rule that is run again get the same checks, and at the end all gradients are
checked. Outside `debug()` none of it runs. Inside `lines()` nothing is checked: only
the line of your program is noted beside the closures, for pictures.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from engine._gradients import match_to_data
from engine._node import data_of
from engine._users_line import users_line, users_place
from engine.recording import is_checking

Closure = Callable[[Any], Any]


class _Used(NamedTuple):
    """An array or a list that a node was made of, and its checksum then."""

    what: str
    array: Any
    checksum: int


class _Edge(NamedTuple):
    """What an error says of a closure."""

    op: str
    name: str  # of the operand
    operand: Any
    shape: tuple[int, ...]  # of the value
    used: list[_Used]
    place: str


def watched(
    rule: Callable[..., Any],
    names: tuple[str, ...],
    operands: tuple[Any, ...],
    arrays: list[Any],
    options: dict[str, Any],
    value: Any,
    grad_fns: tuple[Closure | None, ...],
    results: Any = (),
) -> tuple[Closure | None, ...]:
    """The closures of a new node, wrapped in checks; or with its place, in `lines()`.

    Args:
        rule: that made it.
        names: of its operands; none for `*xs`.
        operands: Tensors, arrays and numbers.
        arrays: the same, unwrapped.
        options: the rule's.
        value: of the node.
        grad_fns: the rule's closures, None where no gradient is wanted.
        results: all values of a rule of several.

    Raises:
        FloatingPointError: if the value has a NaN or Inf, and no operand has.
    """
    if not is_checking():
        return _placed(grad_fns, users_place())
    op, place = rule.__name__, users_line()
    began = _new_nan_or_inf(value, arrays)
    if began:
        raise FloatingPointError(
            f"{op}: {began} appeared in a value of shape {np.shape(value)}, from "
            f"{_shapes(arrays)}, at {place}"
        )
    called = [
        getattr(x, "name", "") or (names[i] if i < len(names) else f"xs[{i}]")
        for i, x in enumerate(operands)
    ]
    used = [
        *_used(zip((f"operand {name!r}" for name in called), arrays, strict=True)),
        *_used((f"option {name!r}", x) for name, x in options.items()),
        *_used([("the value", value), ("a result", results)]),
    ]
    edges = (
        _Edge(op, name, x, np.shape(value), used, place)
        for name, x in zip(called, operands, strict=True)
    )
    return tuple(
        None if fn is None else _checked(fn, edge)
        for fn, edge in zip(grad_fns, edges, strict=True)
    )


def _placed(
    grad_fns: tuple[Closure | None, ...], place: str
) -> tuple[Closure | None, ...]:
    """The closures of a node; the first one that there is tells its place."""
    placed = list(grad_fns)
    for i, fn in enumerate(grad_fns):
        if fn is not None:
            placed[i] = _with_place(fn, place)
            break
    return tuple(placed)


def _with_place(fn: Closure, place: str) -> Closure:
    def same(g: Any) -> Any:
        return fn(g)

    same.unwatched, same.place = fn, place  # type: ignore[attr-defined]
    return same


def _checked(fn: Closure, edge: _Edge) -> Closure:
    def checked(g: Any) -> Any:
        _refuse_changes(edge)
        came = _new_nan_or_inf(g)
        if came:
            raise FloatingPointError(
                f"{edge.op}, going backward: {came} arrived in the gradient of its "
                f"value, of shape {edge.shape}: of finite ones the sum over its uses, "
                "a hook, or the dtype made it, or the pass began with it; the op was "
                f"made at {edge.place}"
            )
        gradient = match_to_data(fn(g), edge.operand.data, edge.op)
        began = _new_nan_or_inf(gradient)
        if began:
            raise FloatingPointError(
                f"{edge.op}, going backward: {began} appeared in the gradient of "
                f"operand {edge.name!r}, of shape {np.shape(data_of(gradient))}, from "
                f"a finite one of shape {edge.shape}; the op was made at {edge.place}"
            )
        return gradient

    # For the picture, which shows `fn`, and for a rule that is run again:
    checked.unwatched, checked.edge = fn, edge  # type: ignore[attr-defined]
    return checked


def watched_again(fn: Any, before: Closure) -> Any:
    """The closure of a rule that was run again, in the checks of the one before."""
    edge = getattr(before, "edge", None)
    return fn if edge is None else _checked(fn, edge)


def check_finite(gradients: Mapping[Any, Any]) -> None:
    """Raise if a pass has found a NaN or Inf: on a leaf, no closure sees the sum."""
    for x, g in gradients.items():
        came = _new_nan_or_inf(g)
        if came:
            raise FloatingPointError(
                f"backward: {came} in the gradient of {x!r}: the sum over its uses, a "
                f"hook, or the dtype made it, at {users_line()}"
            )


def _refuse_changes(edge: _Edge) -> None:
    for what, x, checksum in edge.used:
        if _checksum(x) != checksum:
            form = "a list" if isinstance(x, list) else f"an array of shape {x.shape}"
            raise RuntimeError(
                f"{edge.op}: {what}, {form}, was changed in place after its use at "
                f"{edge.place}, and before the backward pass at {users_line()}; the "
                "gradient would be wrong: copy it before it is used, or bind a new "
                "array (p.data = p.data - step)"
            )


def _used(arrays: Any) -> Iterator[_Used]:
    """Arrays that somebody could write to; an index is a tuple that may hold some."""
    for what, x in arrays:
        if isinstance(x, list | np.ndarray):
            yield _Used(what, x, _checksum(x))
        if isinstance(x, tuple | list):
            yield from _used((what, part) for part in x)


def _checksum(array: Any) -> int:
    if isinstance(array, list):  # its arrays have sums of their own
        return zlib.crc32(repr(array).encode())
    if array.dtype.hasobject:  # an index may be a list of anything
        return 0
    return zlib.crc32(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)


def _new_nan_or_inf(after: Any, before: Sequence[Any] = ()) -> str:
    """ "NaN" or "Inf" if it is in what came out and not in what went in; else ""."""
    if not _has(np.isnan, after) and not _has(np.isinf, after):
        return ""
    if any(_has(np.isnan, x) for x in before):
        return ""
    if _has(np.isnan, after):
        return "NaN"
    return "" if any(_has(np.isinf, x) for x in before) else "Inf"


def _has(test: Callable[[Any], Any], x: Any) -> bool:
    """Of NumPy's floats only: a lazy array would have to be computed."""
    x = data_of(x)
    if isinstance(x, np.ndarray | np.floating | float):
        return np.asarray(x).dtype.kind == "f" and bool(test(x).any())
    return False


def _shapes(arrays: list[Any]) -> str:
    return " and ".join(
        f"shape {x.shape}" if getattr(x, "shape", ()) else f"{x}" for x in arrays
    )
