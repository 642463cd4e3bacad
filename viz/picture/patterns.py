"""Functions that everybody knows, found by what some ops compute.

Softmax, a norm, attention, ...: few, and sure. A pattern takes the last op of what it
knows and looks at its operands, one by one; nothing is guessed. Ops that others use
from inside are no part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from engine import Tensor, data_of
from viz.picture.scene import Fold
from viz.words.numbers import is_numpy


class Part(NamedTuple):
    """Ops that together compute what has a name.

    Attributes:
        name: of the function.
        ops: in the order of the program; only they use any but the last.
    """

    name: str
    ops: list[Tensor]


def parts_in(
    ops: Sequence[Tensor],
    folds: Sequence[Fold],
    *,
    linear: bool = False,
) -> Iterator[Part]:
    """What has a name and ends with one of the ops, what is larger first; no op is in
    two of them.

    Args:
        ops: in the order of the program.
        folds: all that may use them.
        linear: whether `x @ w + b` has a name, too.
    """
    place, users = {id(op): i for i, op in enumerate(ops)}, _users(folds)
    taken: set[int] = set()
    for pattern in (*_WHOLE, _linear) if linear else _WHOLE:
        for op in reversed(ops):
            found = pattern(op)
            if found is None:
                continue
            inside = {id(x) for x in found.ops}
            within = inside <= place.keys() and all(
                {id(user) for user in users.get(id(x), ())} <= inside
                for x in found.ops
                if x is not op
            )
            if within and not inside & taken:
                taken |= inside
                yield Part(found.name, sorted(found.ops, key=lambda x: place[id(x)]))


def _users(folds: Sequence[Fold]) -> dict[int, list[Tensor]]:
    users: dict[int, list[Tensor]] = {}
    for fold in folds:
        for op in fold.ops:
            for x in op.parents:
                users.setdefault(id(x), []).append(op)
    return users


# --- patterns -------------------------------------------------------------------------


_Pattern = Callable[[Tensor], Part | None]


def _is(x: Any, name: str) -> bool:
    return isinstance(x, Tensor) and x.op == name


def _is_number(x: Any, number: float) -> bool:
    data = data_of(x)
    plain = is_numpy(data) and np.ndim(data) == 0 and not _has_parents(x)
    return bool(plain and data == number)


def _attention(op: Tensor) -> Part | None:
    """`softmax(scores) @ v`, scores of a product, maybe scaled and masked."""
    if op.op not in ("matmul", "einsum"):
        return None
    shares = _softmax(op.parents[0])
    if shares is None:
        return None
    ops, scores = shares.ops, _begun(shares)
    inside = [op, *ops]
    for masked_or_scaled in (("where", "add"), ("divide", "multiply")):
        if getattr(scores, "op", "") in masked_or_scaled:
            inside.append(scores)
            computed = list(filter(_has_parents, scores.parents))
            scores = computed[0] if len(computed) == 1 else None
    known = isinstance(scores, Tensor) and scores.op in ("matmul", "einsum")
    return Part("attention", [*inside, scores]) if known else None


def _softmax(op: Any) -> Part | None:
    """`e / e.sum(axis)` for `e = exp(x)`, or `exp(x - x.max(axis))`."""
    if not _is(op, "divide"):
        return None
    e, total = op.parents
    if not (_is(e, "exp") and _is(total, "sum") and total.parents[0] is e):
        return None
    ops, (z,) = [op, total, e], e.parents
    if _is(z, "subtract"):
        x, most = z.parents
        if _is(most, "max") and most.parents[0] is x:
            return Part("softmax", [*ops, z, most])
    return Part("softmax", ops)


def _begun(shares: Part) -> Any:
    """What a softmax is taken of."""
    first = next((x for x in shares.ops if x.op == "subtract"), None)
    exp = next(x for x in shares.ops if x.op == "exp")
    return first.parents[0] if first is not None else exp.parents[0]


def _norm(op: Tensor) -> Part | None:
    """`d / sqrt(mean(d ** 2) + eps)` for `d = x - mean(x)`, with or without `gain * …`
    and `… + bias`."""
    bare = {"add": ("divide", "multiply"), "multiply": ("divide",)}.get(op.op)
    if bare is not None:
        inner = list(filter(_has_parents, op.parents))
        found = _norm(inner[0]) if len(inner) == 1 else None
        fits = found is not None and found.ops[0].op in bare
        return Part(found.name, [op, *found.ops]) if found and fits else None
    if not _is(op, "divide"):
        return None
    d, std = op.parents
    if not (_is(d, "subtract") and _is(std, "sqrt")):
        return None
    (added,) = std.parents
    variance = added.parents[0] if _is(added, "add") else added
    x, mean = d.parents
    if not _is(variance, "mean"):
        return None
    (square,) = variance.parents
    if not (_is_square(square) and square.parents[0] is d):
        return None
    if not (_is(mean, "mean") and mean.parents[0] is x):
        return None
    ops = [op, std, variance, square, d, mean]
    ops += [added] if added is not variance else []
    return Part(_norm_name(mean, x), ops)


def _norm_name(mean: Tensor, x: Any) -> str:
    axis, last = (mean.options or {}).get("axis"), np.ndim(data_of(x)) - 1
    if axis in (-1, last, (-1,), (last,)):
        return "layer norm"
    return "batch norm" if axis in (0, (0,)) else "normalisation"


def _sigmoid(op: Tensor) -> Part | None:
    """`1 / (1 + exp(-x))`"""
    if not _is(op, "divide") or not _is_number(op.parents[0], 1):
        return None
    total = op.parents[1]
    if not _is(total, "add"):
        return None
    e = next((x for x in total.parents if _is(x, "exp")), None)
    one = any(_is_number(x, 1) for x in total.parents)
    if e is None or not one or not _is(e.parents[0], "negative"):
        return None
    return Part("sigmoid", [op, total, e, e.parents[0]])


def _mean_squared_error(op: Tensor) -> Part | None:
    """`((x - y) ** 2).mean()`"""
    if not _is(op, "mean") or op.size != 1 or not _is_square(op.parents[0]):
        return None
    square = op.parents[0]
    if not _is(square.parents[0], "subtract"):
        return None
    return Part("mean squared error", [op, square, square.parents[0]])


def _linear(op: Tensor) -> Part | None:
    """`x @ w + b`"""
    if not _is(op, "add") or not _is(op.parents[0], "matmul"):
        return None
    product, b = op.parents
    w = product.parents[1]
    return None if _has_parents(b) or _has_parents(w) else Part("linear", [op, product])


def _is_square(x: Any) -> bool:
    return _is(x, "square") or (_is(x, "power") and _is_number(x.parents[1], 2))


def _has_parents(x: Any) -> bool:
    return bool(getattr(x, "parents", ()))


_WHOLE: tuple[_Pattern, ...] = (
    _attention,
    _norm,
    _softmax,
    _sigmoid,
    _mean_squared_error,
)
