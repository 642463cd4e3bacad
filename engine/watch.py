"""What `debug()` watches: where a NaN or Inf begins, and arrays changed under way.

The one idea: inside `debug()` op.py has every node looked at here. Its value is held to
those of its operands, and each of its closures is wrapped in one that holds what it
returns to what it was given, after it has made sure that every array is what it was:
a checksum is kept of each. The pass itself knows nothing of this, and outside `debug()`
nothing of it exists.
"""

from __future__ import annotations

import linecache
import os
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from engine.contract import parameters

# The user's line is the innermost one in none of these: viz and nn lie beside engine.
_HOUSE = os.path.dirname(os.path.dirname(__file__))
_PACKAGES = (os.path.join(_HOUSE, name) for name in ("engine", "nn", "viz"))
_NOT_THE_USERS = tuple(f"{folder}{os.sep}" for folder in (*_PACKAGES, np.__path__[0]))

Closure = Callable[[Any], Any]


class _Used(NamedTuple):
    """An array that a node was made of, as it was then."""

    what: str
    array: np.ndarray
    checksum: int


def watched(
    rule: Callable[..., Any],
    operands: tuple[Any, ...],
    arrays: list[Any],
    options: dict[str, Any],
    value: Any,
    grad_fns: tuple[Closure | None, ...],
) -> tuple[Closure | None, ...]:
    """The closures of a new node, wrapped in checks.

    Args:
        rule: that made it.
        operands: Tensors, arrays and numbers.
        arrays: the same, unwrapped.
        options: the rule's.
        value: of the node.
        grad_fns: the rule's closures, None where no gradient is wanted.

    Raises:
        FloatingPointError: if the value has a NaN or Inf, and no operand has.
    """
    op, names = rule.__name__, parameters(rule)[0]
    place = users_line()
    began = _began(value, arrays)
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
        *_used([("the value", value)]),
    ]
    return tuple(
        None if fn is None else _checked(fn, op, name, np.shape(value), used, place)
        for fn, name in zip(grad_fns, called, strict=True)
    )


def _checked(
    fn: Closure, op: str, operand: str, shape: Any, used: list[_Used], place: str
) -> Closure:
    def checked(g: Any) -> Any:
        _refuse_changes(op, used, place)
        gradient = fn(g)
        began = _began(gradient, [g])
        if began:
            raise FloatingPointError(
                f"{op}, going backward: {began} appeared in the gradient of operand "
                f"{operand!r}, of shape {np.shape(gradient)}, from a finite one of "
                f"shape {shape}; the op was made at {place}"
            )
        return gradient

    checked.unwatched = fn  # type: ignore[attr-defined]  # what the picture shows
    return checked


def _refuse_changes(op: str, used: list[_Used], place: str) -> None:
    for what, array, checksum in used:
        if _checksum(array) != checksum:
            raise RuntimeError(
                f"{op}: {what}, an array of shape {array.shape}, was changed in place "
                f"after its use at {place}, and before the backward pass at "
                f"{users_line()}; the gradient would be wrong: copy it before it is "
                "used, or bind a new array (p.data = p.data - step)"
            )


def _used(arrays: Any) -> Iterator[_Used]:
    """Those that somebody could write to; an index is a tuple that may hold some."""
    for what, x in arrays:
        if isinstance(x, tuple | list):
            yield from _used((what, part) for part in x)
        elif isinstance(x, np.ndarray):
            yield _Used(what, x, _checksum(x))


def _checksum(array: np.ndarray) -> int:
    if array.dtype.hasobject:  # an index may be a list of anything
        return 0
    return zlib.crc32(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)


def _began(after: Any, before: list[Any]) -> str:
    """ "NaN" or "Inf" if it is in what came out and not in what went in; else ""."""
    if not _has(np.isnan, after) and not _has(np.isinf, after):
        return ""
    if any(_has(np.isnan, x) for x in before):
        return ""
    if _has(np.isnan, after):
        return "NaN"
    return "" if any(_has(np.isinf, x) for x in before) else "Inf"


def _has(test: Callable[[Any], Any], x: Any) -> bool:
    """Of NumPy's floats: nothing is computed for the sake of a lazy array."""
    if isinstance(x, np.ndarray | np.floating | float):
        return np.asarray(x).dtype.kind == "f" and bool(test(x).any())
    return False


def _shapes(arrays: list[Any]) -> str:
    return " and ".join(
        f"shape {x.shape}" if getattr(x, "shape", ()) else f"{x}" for x in arrays
    )


def users_line() -> str:
    """Where the innermost line stands that is not the engine's: file, line and text."""
    frame = sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith(_NOT_THE_USERS):
        frame = frame.f_back
    file, line = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(file, line, frame.f_globals).strip()
    return f"{file}:{line}" + (f" ({text})" if text else "")
