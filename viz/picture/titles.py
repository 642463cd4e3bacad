"""What several ops are called together: softmax, layer norm; else by first and last.

A title is what a person would say. A loop, and what one group made, has the label of
its scope. Of other ops the few functions that everybody knows are found by what they
compute, operand by operand: never by a guess. The rest is called by the first and the
last op.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from engine import Tensor, data_of
from viz.picture.loops import Loop
from viz.picture.scene import Fold, innermost

_NUMBERED = re.compile(r"[\s_.:#-]*\d+$")


class Part(NamedTuple):
    """Ops that together compute what has a name.

    Attributes:
        name: of the function.
        ops: in the order of the program; only they use any but the last.
    """

    name: str
    ops: list[Tensor]


def title_of(folds: Sequence[Fold]) -> str:
    """What some folds are called together.

    Args:
        folds: in the order of the program.
    """
    names = list(_names(folds))
    if len(names) < 3:
        return " → ".join(names)
    return f"{names[0]} … {names[-1]}"


def titled_loop(loop: Loop) -> str:
    """`RK4 step · 200 rounds`: by the scope of a round, or by what it computes."""
    name = scope_of(loop) or title_of([Fold([op]) for op in loop.drawn])
    return f"{name} · {rounds(loop)}"


def unrolled(loop: Loop) -> str:
    """The same of a loop whose round is drawn, which says what it computes."""
    name = scope_of(loop)
    return f"{name} · {rounds(loop)}" if name else rounds(loop)


def rounds(loop: Loop) -> str:
    """`200 rounds`"""
    return f"{loop.count:,} rounds"


def drawn_round(loop: Loop) -> str:
    """`round 200 of 200`: the one that is drawn."""
    return f"round {len(loop.rounds):,} of {loop.count:,}"


def scope_of(loop: Loop) -> str:
    """The label that the scopes of all rounds have, but for a number at the end; ""
    where a round has no scope of its own."""
    groups = [
        innermost(op.group for op in ops if op is not None) for ops in loop.rounds
    ]
    if len(set(map(id, groups))) < len(groups):
        return ""
    labels = {str(group[0]) for group in groups if group is not None}
    named = labels if len(labels) == 1 else {_NUMBERED.sub("", x) for x in labels}
    return named.pop() if len(named) == 1 else ""


def named_parts(folds: Sequence[Fold]) -> list[Part]:
    """What has a name among ops that have a card each; no op is in two parts."""
    ops = [fold.ops[0] for fold in folds if len(fold.ops) == 1 and not fold.alone]
    found: list[Part] = []
    taken: set[int] = set()
    for part in _parts(ops, _users(folds)):
        if not taken & set(map(id, part.ops)):
            found.append(part)
            taken |= set(map(id, part.ops))
    return found


def _names(folds: Sequence[Fold]) -> Iterator[str]:
    """What folds are called one by one; what together has a name is called by it."""
    ops = [op for fold in folds if not fold.title for op in fold.ops]
    taken: set[int] = set()
    ends: dict[int, str] = {}
    for part in _parts(ops, _users(folds), parts=(*_WHOLE, _linear)):
        if not taken & set(map(id, part.ops)):
            taken |= set(map(id, part.ops))
            ends[id(part.ops[-1])] = part.name
    for fold in folds:
        last = fold.ops[-1]
        if fold.title:
            yield fold.title
        elif id(last) in ends or id(last) not in taken:
            yield ends.get(id(last), last.op)


def _users(folds: Sequence[Fold]) -> dict[int, list[Tensor]]:
    users: dict[int, list[Tensor]] = {}
    for fold in folds:
        for op in fold.ops:
            for x in op.parents:
                users.setdefault(id(x), []).append(op)
    return users


def _parts(
    ops: Sequence[Tensor],
    users: dict[int, list[Tensor]],
    parts: Sequence[_Pattern] | None = None,
) -> Iterator[Part]:
    """What has a name and ends with one of the ops; what is larger first."""
    known = set(map(id, ops))
    for pattern in parts or _WHOLE:
        for op in reversed(ops):
            found = pattern(op)
            if found is None:
                continue
            inside = {id(x) for x in found.ops}
            within = inside <= known and all(
                {id(user) for user in users.get(id(x), ())} <= inside
                for x in found.ops
                if x is not op
            )
            if within:
                ordered = [x for x in ops if id(x) in inside]
                yield Part(found.name, ordered)


# --- what is known --------------------------------------------------------------------
#
# Each takes the last op of what it knows, and looks at its operands.


_Pattern = Callable[[Tensor], Part | None]


def _is(x: Any, name: str) -> bool:
    return isinstance(x, Tensor) and x.op == name


def _is_number(x: Any, number: float) -> bool:
    data = data_of(x)
    return np.ndim(data) == 0 and not getattr(x, "parents", ()) and data == number


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
