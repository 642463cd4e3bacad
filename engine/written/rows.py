"""The rows of a Jacobian that is written down: one pass, for all rows at once.

In blocks of rows, so that no array which the program makes on the way is bigger than
BLOCK; a single row may be. Of several blocks, only the results are kept while the
program is written down.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import Any

import numpy as np

from engine.written.array import Writing
from engine.written.batched import NotBatchedError, batched, dependent
from engine.written.record import SMALL, Record, Step

BLOCK = 64 * 2**20  # bytes


def rows_at_once(
    y: Writing, back: Callable[[Any], Sequence[Any]], block: int = BLOCK
) -> list[Any] | None:
    """What a pass gives for each entry of a result, written down for all together.

    Args:
        y: the result, an array that writes.
        back: the pass: from the gradient of y to those of several arrays.
        block: how many bytes an array on the way may have.

    Returns:
        For each of the arrays its gradients, along a first axis for the entries of y;
        None if each entry needs a pass of its own.
    """
    record, before = y.record, len(y.record.steps)
    one = Step("seed", "", (), {}, np.ones(y.shape, y.dtype)[()])
    given = back(Writing(record, one))
    steps = record.steps[before:]
    gone = dependent(steps, one)
    record.steps[before:] = kept = [step for step in steps if step not in gone]
    try:
        columns = _columns(record, steps, one, given, block)
    except NotBatchedError:
        record.steps[before:] = kept
        return None
    record.stacked = True
    return columns


def _columns(
    record: Record, steps: list[Step], one: Step, given: Sequence[Any], block: int
) -> list[Any]:
    wanted = [x.step for x in given if isinstance(x, Writing)]
    count, height = one.value.size, _height(steps, one, block)
    columns: list[list[Any]] = [[] for _ in given]
    for start in range(0, count, height):
        n = min(height, count - start)
        before = len(record.steps)
        made = batched(record, steps, one, _identity(record, one, start, n), wanted)
        if height < count:
            _forget(record.steps[before:], {x.step for x in made if x is not None})
        found = dict(zip(wanted, made, strict=True))
        for x, column in zip(given, columns, strict=True):
            stacked = found.get(x.step) if isinstance(x, Writing) else None
            column.append(_repeated(x, n) if stacked is None else stacked)
    return [x[0] if len(x) == 1 else np.concatenate(x) for x in columns]


def _height(steps: Sequence[Step], one: Step, block: int) -> int:
    """How many rows a block has."""
    values = [one.value, *(s.value for s in steps)]
    return max(1, block // max(getattr(value, "nbytes", 0) for value in values))


def _identity(record: Record, one: Step, start: int, n: int) -> Any:
    """The gradients of the entries of a result, from one entry on: n of them."""
    args = (n,) if n == one.value.size else (n, one.value.size, start)
    options = {} if one.value.dtype == np.float64 else {"dtype": one.value.dtype}
    value = np.eye(*args, **options)
    made = record.kept(Step("function", "np.eye", args, options, value, np.eye))
    return made.reshape((n, *one.value.shape)) if one.value.ndim != 1 else made


def _forget(steps: Sequence[Step], results: Container[Step]) -> None:
    """Keep of the arrays on the way what a program may ask: their shapes and dtypes."""
    for step in steps:
        if isinstance(step.value, np.ndarray) and step not in results:
            zero = np.zeros((), step.value.dtype)
            step.value = np.broadcast_to(zero, step.value.shape)


def _repeated(x: Any, n: int) -> Any:
    """What does not depend on the gradient, for each row."""
    return np.repeat(x[None], n, axis=0)


def zeros_of(y: Writing) -> Any:
    """Zeros of the shape of y, to be written to.

    A small array is written out; for others a step makes one, so that the program is
    not given an array for each row.
    """
    value = np.zeros(y.shape)
    if value.size <= SMALL:
        return value
    return y.record.kept(Step("function", "np.zeros", (y.shape,), {}, value, np.zeros))
