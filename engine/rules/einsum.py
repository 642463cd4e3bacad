"""Einsum: sums of products, by labels of axes.

The gradient of one operand is an einsum again, of g and the other operands, to the
labels of that operand. A label that occurs nowhere else is filled in by ones, and one
that occurs twice in the operand (a diagonal) by an identity matrix.
"""

from __future__ import annotations

import string
from operator import index

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from engine._node import data_of
from engine.numpy_protocol import adapts
from engine.op import op
from engine.rules.arithmetic import multiply
from engine.rules.dtypes import asked, check_cast
from engine.rules.shapes import as_arrays


@op()
def einsum(*xs, subscripts, optimize=False):
    """As np.einsum, for subscripts in a string; "..." and a missing "->" included."""
    inputs, output = _labels(subscripts, [x.ndim for x in xs])
    y = np.einsum(f"{','.join(inputs)}->{output}", *xs, optimize=optimize)
    places = range(len(xs))
    return y, tuple(_closure(k, xs, inputs, output, optimize) for k in places)


def _closure(k, xs, inputs, output, optimize):
    own, shape, like = inputs[k], xs[k].shape, data_of(xs[k])
    others = [x for i, x in enumerate(xs) if i != k]
    labels = [output, *[labels for i, labels in enumerate(inputs) if i != k]]

    def product(g):
        target, fillers = _target(own, shape, set("".join(labels)), like)
        given = ",".join([*labels, *[label for label, _ in fillers]])
        arrays = [array for _, array in fillers]
        gx = np.einsum(f"{given}->{target}", g, *others, *arrays, optimize=optimize)
        # Where the others have length 1 along an axis of this one, they were stretched.
        return np.broadcast_to(gx, np.broadcast_shapes(gx.shape, shape))

    return product


def _target(own, shape, known, like):
    """The labels to sum to, each once, and what fills in those that stand alone."""
    free = (c for c in string.ascii_letters if c not in known | set(own))
    target, fillers = "", []
    for label, n in zip(own, shape, strict=True):
        if label in target:  # a diagonal: another label, joined by the identity
            other = next(free)
            same = np.asarray(np.eye(n, dtype=like.dtype), like=like)
            fillers.append((label + other, same))
            target += other
        else:
            if label not in known:
                fillers.append((label, np.ones(n, dtype=like.dtype, like=like)))
            target += label
    return target, fillers


def _labels(subscripts, ranks):
    """Every operand's labels and the result's, with letters in place of "..."."""
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    parts = inputs.split(",")
    if len(parts) != len(ranks):
        raise ValueError(
            f"einsum: {subscripts!r} names {len(parts)} operands, and {len(ranks)} came"
        )
    free = "".join(c for c in string.ascii_letters if c not in subscripts)
    hidden = [r - len(p.replace("...", "")) for p, r in zip(parts, ranks, strict=True)]
    rest = free[: max(hidden, default=0)]
    full = [
        p.replace("...", rest[len(rest) - n :]) if n > 0 else p.replace("...", "")
        for p, n in zip(parts, hidden, strict=True)
    ]
    if not arrow:
        every = "".join(p.replace("...", "") for p in parts)
        once = sorted(c for c in set(every) if every.count(c) == 1)
        output = ("..." if "..." in inputs else "") + "".join(once)
    if rest and "..." not in output:
        raise ValueError(f"einsum: {subscripts!r} has no '...' to the right of '->'")
    return full, output.replace("...", rest)


def _check_lengths(subscripts, shapes):
    """Raise, after NumPy has refused them, if a label has two lengths."""
    inputs, _ = _labels(subscripts, list(map(len, shapes)))
    known: dict[str, int] = {}
    for labels, shape in zip(inputs, shapes, strict=True):
        for label, n in zip(labels, shape, strict=False):
            m = known.setdefault(label, n)
            if n != m and 1 not in (n, m) and n == n and m == m:
                raise ValueError(f"label {label!r} is {m} and {n} long")
            known[label] = n if m == 1 else m


@adapts(np.einsum)
def _einsum(subscripts, *operands, optimize=False, dtype=None, casting="safe"):
    if not isinstance(subscripts, str):
        subscripts, operands = _as_letters((subscripts, *operands))
    arrays = as_arrays(*operands)
    if dtype is not None or casting != "safe":
        arrays = [_cast(x, dtype, casting) for x in arrays]
    try:
        return einsum(*arrays, subscripts=subscripts, optimize=optimize)
    except ValueError:
        _check_lengths(subscripts, [x.shape for x in arrays])
        raise


def _cast(x, dtype, casting):
    y = asked(x, dtype)
    check_cast(x, y.dtype, casting)
    return y


def _as_letters(arguments):
    """The string, and the operands, of `einsum(a, [0, 1], b, [1, 2], [0, 2])`."""
    letters = string.ascii_uppercase + string.ascii_lowercase  # as sorted() has them
    operands, lists = arguments[: len(arguments) // 2 * 2 : 2], arguments[1::2]
    output = arguments[-1:] if len(arguments) % 2 else ()

    def word(labels):
        if not isinstance(labels, list | tuple | np.ndarray):
            raise TypeError(
                f"labels {labels!r:.60} came, and are a list: np.einsum(a, [0, 1], "
                'b, [1, 2], [0, 2]), or a string first, "ij,jk->ik"'
            )
        names = ["..." if i is Ellipsis else letters[index(i)] for i in labels]
        return "".join(names)

    words = ",".join(map(word, lists))
    return (f"{words}->{word(*output)}" if output else words), operands


@adapts(np.inner)
def _inner(a, b):
    a, b = as_arrays(a, b)
    if a.ndim == 0 or b.ndim == 0:
        return multiply(a, b)
    if a.shape[-1] != b.shape[-1]:
        raise ValueError(f"the last axes of {a.shape} and {b.shape} differ")
    shared, free = "z", string.ascii_lowercase[:-1]
    left = free[: a.ndim - 1]
    right = free[len(left) : len(left) + b.ndim - 1]
    words = f"{left}{shared},{right}{shared}->{left}{right}"
    return einsum(a, b, subscripts=words)


@adapts(np.tensordot)
@adapts(np.linalg.tensordot)
def _tensordot(a, b, axes=2):
    a, b = as_arrays(a, b)
    n, m = a.ndim, b.ndim
    if np.ndim(axes) == 0:
        axes = (list(range(n - index(axes), n)), list(range(index(axes))))
    of_a, of_b = axes
    from_a = normalize_axis_tuple(of_a, n, "axes of a")
    from_b = normalize_axis_tuple(of_b, m, "axes of b")
    if [a.shape[i] for i in from_a] != [b.shape[j] for j in from_b]:
        raise ValueError(f"{a.shape} with {b.shape} over {axes}: the lengths differ")
    left, right = list(string.ascii_letters[:n]), list(string.ascii_letters[n : n + m])
    for i, j in zip(from_a, from_b, strict=True):
        right[j] = left[i]
    summed = {left[i] for i in from_a}
    kept = [c for c in left + right if c not in summed]
    words = f"{''.join(left)},{''.join(right)}->{''.join(kept)}"
    return einsum(a, b, subscripts=words)
