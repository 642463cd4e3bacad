"""Products of matrices, and what else sums over axes of two, for a stack of rows.

The rules are as those in batching.py.
"""

from __future__ import annotations

import operator
import string
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.written.record import Step

if TYPE_CHECKING:
    from engine.written.batched import Rows


def matmul(rows: Rows, step: Step) -> Any:
    """x @ y: by one product where the other has no stacks of its own."""
    if len(step.args) != 2:
        return None
    x, y = step.args
    stacked = rows.depends(x), rows.depends(y)
    given, dims = rows.given([x, y]), _dims([x, y])
    is_dot = step.name in ("np.dot", "dot")  # which is another product of more axes
    if step.options or (is_dot and not {*dims} <= {1, 2}):
        return None
    if stacked == (True, False) and dims[1] <= 2:
        return given[0] @ given[1]
    if stacked == (False, True) and dims[0] <= 2:
        if dims[1] > 1:
            return given[0] @ given[1]
        return given[1] @ (given[0].T if dims[0] == 2 else given[0])
    ndim = max(*dims, 2)
    z = _matrices(rows, x, ndim, "row") @ _matrices(rows, y, ndim, "column")
    return z.reshape((rows.count, *step.value.shape)) if 1 in dims else z


def solved(rows: Rows, step: Step) -> Any:
    """The solutions of x s = y; of one matrix x for all rows at once."""
    if rows.depends(step.args[0]):
        return None
    x, y = step.args
    if _dims([x, y]) == [2, 1]:
        return np.linalg.solve(rows.given(x), rows.given(y).T).T
    ndim = max(*_dims([x, y]), 2)
    s = np.linalg.solve(rows.given(x), _matrices(rows, y, ndim, "column"))
    return s.reshape((rows.count, *step.value.shape))


def _dims(xs: Sequence[Any]) -> list[int]:
    return [np.ndim(x.value if isinstance(x, Step) else x) for x in xs]


def _matrices(rows: Rows, x: Any, ndim: int, vector: str) -> Any:
    """An argument as matrices: with ndim axes, if it has rows; a vector as one."""
    y, (dims,) = rows.given(x), _dims([x])
    if dims == 1:
        y = y[..., None, :] if vector == "row" else y[..., None]
    more = ndim - max(dims, 2) if rows.depends(x) else 0
    return y[(slice(None), *(None,) * more)] if more else y


def outer(rows: Rows, step: Step) -> Any:
    if step.options or len(step.args) != 2:
        return None
    x, y = (
        rows.given(x).reshape((rows.count, -1) if rows.depends(x) else -1)
        for x in step.args
    )
    return x[..., :, None] * y[..., None, :]


def tensordot(rows: Rows, step: Step) -> Any:
    if all(map(rows.depends, step.args[:2])):
        return None
    x, y, *others = step.args
    axes = step.options.get("axes", others[0] if others else 2)
    first, second = _summed_axes(axes, *_dims([x, y]))
    over = (
        [i + rows.depends(x) for i in first],
        [i + rows.depends(y) for i in second],
    )
    z = np.tensordot(rows.given(x), rows.given(y), axes=over)
    before = 0 if rows.depends(x) else _dims([x])[0] - len(first)
    return np.moveaxis(z, before, 0) if before else z


def _summed_axes(axes: Any, first: int, second: int) -> list[list[int]]:
    if not np.iterable(axes):
        return [[*range(first - axes, first)], [*range(axes)]]
    both = zip(axes, (first, second), strict=True)
    return [
        [operator.index(i) % n for i in (own if np.iterable(own) else [own])]
        for own, n in both
    ]


def einsum(rows: Rows, step: Step) -> Any:
    """A label for the rows, in front of those of what depends on them."""
    labels, *xs = step.args
    if not isinstance(labels, str) or {*step.options} - {"optimize"}:
        return None
    new = next((c for c in string.ascii_letters if c not in labels), "")
    if not new or "->" not in labels:
        return None
    inputs, output = labels.split("->")
    pairs = zip(inputs.split(","), xs, strict=True)
    given = ",".join(new + own if rows.depends(x) else own for own, x in pairs)
    return np.einsum(f"{given}->{new}{output}", *rows.given(xs), **step.options)
