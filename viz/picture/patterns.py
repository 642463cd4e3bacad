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
from viz.picture.scene import Fold, users_of
from viz.words.numbers import is_numpy

_MOST_EPS = 1e-2  # that a norm adds to a variance, as small as it is


class Part(NamedTuple):
    """Ops that together compute what has a name.

    Attributes:
        name: of the function.
        ops: in the order of the program; only they use any but the last.
    """

    name: str
    ops: list[Tensor]


def named_parts(folds: Sequence[Fold]) -> list[Part]:
    """What has a name among ops that have a card each; no op is in two parts."""
    ops = [fold.ops[0] for fold in folds if len(fold.ops) == 1 and not fold.alone]
    return list(parts_in(ops, folds))


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
    place = {id(op): i for i, op in enumerate(ops)}
    users = users_of(op for fold in folds for op in fold.ops)
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


# --- patterns -------------------------------------------------------------------------


_Pattern = Callable[[Tensor], Part | None]


def _is(x: Any, name: str) -> bool:
    return isinstance(x, Tensor) and x.op == name


def _is_number(x: Any, number: float) -> bool:
    """Whether it is that number, and nobody learns it."""
    return _is_fixed(x) and bool(data_of(x) == number)


def _is_fixed(x: Any) -> bool:
    """Whether it is a number that was not computed, and that wants no gradient."""
    data, wanted = data_of(x), getattr(x, "requires_grad", False)
    return is_numpy(data) and np.ndim(data) == 0 and not (wanted or _has_parents(x))


def _axes(op: Tensor, x: Any) -> set[int]:
    """The axes of `x` that a sum, a mean or a maximum of it was taken over."""
    n, axis = np.ndim(data_of(x)), (op.options or {}).get("axis")
    axes = range(n) if axis is None else np.atleast_1d(axis).tolist()
    return {int(i) % n for i in axes}


def _is_spread_over(op: Tensor, axes: set[int], x: Any) -> bool:
    """Whether it is one number for all entries along these axes of `x`, when NumPy
    spreads it over `x`."""
    n = np.ndim(data_of(x))
    shape = (*[1] * (n - op.ndim), *op.shape)
    return all(shape[i] == 1 for i in axes)


def _is_reduced(op: Any, name: str, x: Any) -> bool:
    """Whether it is the sum, mean or so of `x` that belongs to each entry of `x`: of a
    square array's rows, without `keepdims`, the wrong one does."""
    return _is(op, name) and op.parents[0] is x and _is_spread_over(op, _axes(op, x), x)


def _attention(op: Tensor) -> Part | None:
    """`softmax(scores) @ v`, scores of a product, maybe scaled and masked."""
    if op.op not in ("matmul", "einsum"):
        return None
    shares = _softmax(op.parents[0])
    if shares is None or not _sums_over_last(shares):
        return None
    ops, scores = shares.ops, _begun(shares)
    inside = [op, *ops]
    for masked_or_scaled in (("where", "add"), ("divide", "multiply")):
        if getattr(scores, "op", "") in masked_or_scaled:
            inside.append(scores)
            computed = list(filter(_has_parents, scores.parents))
            scores = computed[0] if len(computed) == 1 else None
    known = isinstance(scores, Tensor) and scores.op in ("matmul", "einsum")
    if not known or _is_weight(scores.parents[1]):  # a layer's outputs are no scores
        return None
    return Part("attention", [*inside, scores])


def _sums_over_last(shares: Part) -> bool:
    """Whether the shares that one row has of all others come to 1."""
    total, e = shares.ops[1], shares.ops[2]
    return _axes(total, e) == {e.ndim - 1}


def _is_weight(x: Any) -> bool:
    return getattr(x, "requires_grad", False) and not _has_parents(x)


def _softmax(op: Any) -> Part | None:
    """`e / e.sum(axis)` for `e = exp(x)`, or `exp(x - x.max(axis))`."""
    if not _is(op, "divide"):
        return None
    e, total = op.parents
    if not (_is(e, "exp") and _is_reduced(total, "sum", e)):
        return None
    ops, (z,) = [op, total, e], e.parents
    if _is(z, "subtract"):
        x, most = z.parents
        cancels = _is(most, "max") and _is_spread_over(most, _axes(total, e), x)
        if cancels and most.parents[0] is x:
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
        if not found or not fits or not _is_gain(op, inner[0], found):
            return None
        return Part(found.name, [op, *found.ops])
    if not _is(op, "divide"):
        return None
    d, std = op.parents
    if not (_is(d, "subtract") and _is(std, "sqrt")):
        return None
    (added,) = std.parents
    variance, *eps = added.parents if _is(added, "add") else [added]
    x, mean = d.parents
    if not _is(variance, "mean") or not all(map(_is_small, eps)):
        return None
    (square,) = variance.parents
    if not (_is_square(square) and square.parents[0] is d):
        return None
    whole = _is_reduced(mean, "mean", x) and _is_reduced(variance, "mean", square)
    if not whole or _axes(mean, x) != _axes(variance, square):
        return None
    ops = [op, std, variance, square, d, mean]
    ops += [added] if added is not variance else []
    return Part(_norm_name(mean, x), ops)


def _is_gain(op: Tensor, inner: Any, norm: Part) -> bool:
    """Whether the other operand is a gain or a bias: not what is normalised, nor as
    large as that, as what a residual connection adds."""
    others = [x for x in op.parents if x is not inner]
    d = next(x for x in norm.ops if x.op == "subtract")
    return all(
        x is not d.parents[0] and (op.ndim < 2 or np.size(data_of(x)) < op.size)
        for x in others
    )


def _is_small(x: Any) -> bool:
    """Whether it is what keeps a root from 0."""
    return _is_fixed(x) and bool(0 <= data_of(x) <= _MOST_EPS)


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
    error = square.parents[0]
    if not _is(error, "subtract"):
        return None
    if any(_is(x, "mean") for x in error.parents):  # that is a variance
        return None
    return Part("mean squared error", [op, square, error])


def _linear(op: Tensor) -> Part | None:
    """`x @ w + b`"""
    if not _is(op, "add") or not _is(op.parents[0], "matmul"):
        return None
    product, b = op.parents
    x, w = product.parents
    computed = _has_parents(b) or _has_parents(w)
    if computed or b is x or np.ndim(data_of(b)) > 1:  # more than a bias
        return None
    return Part("linear", [op, product])


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
