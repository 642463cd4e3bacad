"""A recorded graph with other numbers: the same program, in numbers of one's own.

The rules run again on new leaves. What is no Tensor (data, targets, masks, indices)
stays as it is; so does everything that was chosen outside the graph.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine import Tensor, copy_node, data_of, topological_order
from viz.words.numbers import is_numpy

_TRIES = 100  # draws, until one has finite values and slopes
_DIGITS = 2  # significant ones of a drawn number


def redrawn(
    loss: Tensor, name_of: Callable[[Tensor], str], seed: str | int | None
) -> tuple[Tensor, dict[int, Any]]:
    """A copy of the graph of a loss, each Tensor with its name and no gradient.

    Args:
        loss: a Tensor of one element.
        name_of: the name of a Tensor, or "".
        seed: what the numbers of the leaves are drawn by, each near the old one: of its
            sign, from half of it to three halves, in two digits. Whole numbers stay
            whole, from 1 to 9. If None, the numbers stay.

    Returns:
        The copy, and by the ids of the constants of the old graph those of the new one:
        what is written into the old arrays later does not change the copy.

    Raises:
        ValueError: if no numbers were found with which all is finite that was.
    """
    if seed is None:
        return _again(loss, name_of, lambda leaf: _copied(leaf.data))
    rng = np.random.default_rng(_entropy(seed))
    for _ in range(_TRIES):
        with np.errstate(all="ignore"):
            copy, constants = _again(loss, name_of, lambda x: _drawn(x.data, rng))
        if _is_usable(loss, copy):
            return copy, constants
    raise ValueError(
        f"exercise: in {_TRIES} draws no numbers near those of the program gave a "
        "finite result; leave out seed, or choose other numbers"
    )


def _entropy(seed: str | int) -> list[int]:
    return list(str(seed).encode())


def _again(
    loss: Tensor, name_of: Callable[[Tensor], str], data: Callable[[Tensor], Any]
) -> tuple[Tensor, dict[int, Any]]:
    twins: dict[Tensor, Tensor] = {}
    constants: dict[int, Any] = {}

    def operand(y: Any) -> Any:
        if isinstance(y, Tensor) and y in twins:
            return twins[y]
        if not isinstance(data_of(y), np.ndarray):
            return y
        if id(y) not in constants:
            constants[id(y)] = _copied(data_of(y))
        return constants[id(y)]

    for x in topological_order([loss]):
        parents = tuple(map(operand, x.parents))
        if not x.parents:
            twin = Tensor(data(x), requires_grad=x.requires_grad)
            twin.group = x.group
        else:
            assert x.rule is not None
            value, fns = x.rule(*map(data_of, parents), **x.options or {})
            pairs = zip(fns, x.grad_fns, strict=True)
            kept = tuple(fn if before is not None else None for fn, before in pairs)
            twin = copy_node(x, parents=parents, grad_fns=kept)
            twin.data = value
        twin.name = name_of(x)
        twins[x] = twin
    return twins[loss], constants


def _copied(x: Any) -> Any:
    return x.copy() if isinstance(x, np.ndarray) else x


def _drawn(data: Any, rng: np.random.Generator) -> Any:
    """Other numbers like these, of the same shape and dtype."""
    old = np.asarray(data)
    if (old == np.round(old)).all() and old.any() and (np.abs(old) <= 9).all():
        new = rng.integers(1, 10, old.shape) * np.sign(old)
    elif not old.any():  # such as a bias that begins at 0
        new = rng.integers(1, 10, old.shape) / 10 * rng.choice([-1, 1], old.shape)
    else:
        new = _rounded(old * rng.uniform(0.5, 1.5, old.shape))
    new = np.asarray(new).astype(old.dtype)
    return new if isinstance(data, np.ndarray) else new[()]


def _rounded(x: np.ndarray) -> np.ndarray:
    """Each number in two significant digits."""
    short = [float(f"{number:.{_DIGITS}g}") for number in x.ravel().tolist()]
    return np.array(short, dtype=np.float64).reshape(x.shape)


def _is_usable(old: Tensor, new: Tensor) -> bool:
    """Whether the result is finite, and all that was; and no two numbers are the same,
    which would hide which of them an answer was computed from."""
    before, order = topological_order([old]), topological_order([new])
    if not all(is_numpy(x.data) for x in order) or not np.isfinite(new.data).all():
        return False
    pairs = zip(before, order, strict=True)
    if any((np.isfinite(x.data) & ~np.isfinite(y.data)).any() for x, y in pairs):
        return False
    alone = [abs(float(x.data)) for x in order if not x.parents and not x.ndim]
    return len(set(alone)) == len(alone) or len(alone) > 9
