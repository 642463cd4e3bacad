"""What a loss may be given: shapes, class ids, probabilities, labels; and the errors.

Numbers are looked at where they are at hand. An array of a library that computes later
is taken as it is: its shape alone is checked.
"""

from __future__ import annotations

import math
import sys
import warnings
from typing import Any

import numpy as np

from engine import Tensor, data_of, written


def check_ignore(caller: str, ignore: Any) -> None:
    """Raise TypeError unless it is an id or None."""
    if ignore is not None and not isinstance(ignore, int | np.integer):
        raise TypeError(
            f"{caller}: ignore is {ignore!r:.60}, and must be an int, or None"
        )


def _has_numbers(y: Any) -> bool:
    """Whether there are numbers to look at: a lazy array's are not known yet."""
    return isinstance(y, np.ndarray) and y.dtype.kind in "fiub"


def _first(y: np.ndarray, wrong: np.ndarray) -> str:
    """The first entry that is wrong, and its place: `target[3] is -1`."""
    place = [int(i) for i in np.argwhere(wrong)[0]]
    return f"target{place or ''} is {y[tuple(place)]}"


def check_probabilities(caller: str, y: Any, cure: str = "") -> None:
    """Raise unless each number is from 0 to 1."""
    if _has_numbers(y) and y.size and not 0 <= y.min() <= y.max() <= 1:
        first = _first(y, ~((y >= 0) & (y <= 1)))
        cure = cure if (y == -1).any() else ""
        raise ValueError(f"{caller}: {first}, and must be from 0 to 1{cure}")


def check_signs(caller: str, y: Any) -> None:
    """Raise unless each label is -1 or 1."""
    if _has_numbers(y) and not (abs(y) == 1).all():
        raise ValueError(
            f"{caller}: {_first(y, abs(y) != 1)}, and must be -1 or 1; 2 * y - 1 "
            "would be, of 0 and 1"
        )


def check_sums(caller: str, y: Any) -> None:
    """Raise unless the probabilities of each example sum to 1, nearly."""
    if not _has_numbers(y) or not y.size:
        return
    off = abs(y.sum(axis=-1) - 1.0)
    if off.max() > 1e-3:
        place = [int(i) for i in np.argwhere(off > 1e-3)[0]]
        raise ValueError(
            f"{caller}: target{place or ''} sums to {y[tuple(place)].sum():.4g}, and "
            "the probabilities of an example must sum to 1"
        )


def warn_of_probabilities(caller: str, x: Any) -> None:
    """Warn if the output went through softmax or sigmoid: the loss does that itself."""
    made = x.op if isinstance(x, Tensor) else ""
    if made not in ("softmax", "sigmoid"):
        if caller != "CrossEntropy" or not are_probabilities(data_of(x)):
            return
        made = "softmax, it seems: its rows sum to 1"
    warnings.warn(
        f"{caller}: the output is that of {made}; it takes logits, so leave that layer "
        "out",
        UserWarning,
        stacklevel=_calls_inside(),
    )


def are_probabilities(x: Any) -> bool:
    """Whether no entry is negative and each row sums to 1, to within 1e-6."""
    if not _has_numbers(x) or x.ndim < 2 or not x.size or x.shape[-1] < 2:
        return False
    first = x[(0,) * (x.ndim - 1)]  # which mostly says that they are not
    return all(
        bool(y.min() >= 0 and y.max() <= 1 and abs(y.sum(axis=-1) - 1).max() <= 1e-6)
        for y in (first, x)
    )


def _calls_inside() -> int:
    """How many calls, from the one that asks, are nn's: a warning names the next."""
    frame, calls = sys._getframe(1), 1
    while frame.f_back and frame.f_globals["__name__"].startswith("nn."):
        frame, calls = frame.f_back, calls + 1
    return calls


def shape_error(
    caller: str, output: tuple[int, ...], target: tuple[int, ...]
) -> ValueError:
    """The error for an output and a target whose shapes do not go together."""
    same = math.prod(output) == math.prod(target)
    cure = f"target.reshape({output}) would fit" if same else "they differ in size"
    return ValueError(
        f"{caller}: output {output} against target {target}; they must be equal, or "
        f"(n, 1) against (n,); {cure}"
    )


def check_classes(caller: str, output: Any, target: Any, ignore: Any) -> None:
    """Raise unless the target has class ids or probabilities that fit the output."""
    check_ignore(caller, ignore)
    shape, wanted = output.shape, getattr(target, "shape", ())
    if len(shape) < 2 or wanted not in (shape, shape[:-1]):
        cure = ""
        if len(shape) == 1:
            cure = "; for one example use output[None, :]"
        elif shape and math.prod(wanted) == math.prod(shape[:-1]):
            cure = f"; target.reshape({shape[:-1]}) would fit"
        raise ValueError(
            f"{caller}: output {shape} against target {wanted}; they must be (n, k) "
            f"against class ids (n,), or probabilities (n, k){cure}"
        )
    if wanted == shape:
        return
    ids = data_of(target)
    if ids.dtype.kind not in "iu":
        raise TypeError(
            f"{caller}: class ids of {ids.dtype} came, and they must be integers; "
            "target.astype(int) would be"
        )
    if not written.is_known(ids) or not ids.size:
        return  # they may not be known yet
    counted = ids if ignore is None else ids[ids != ignore]
    if not counted.size:
        raise ValueError(f"{caller}: all ids are {ignore}, which do not count")
    least, most, k = counted.min(), counted.max(), shape[-1]
    if not 0 <= least <= most < k:
        cure = f"; ignore={least} leaves {least} out" if least < 0 else ""
        if least > 0 and most == k:
            cure = "; classes are counted from 0, so target - 1 would fit"
        wrong = (ids < 0) | (ids >= k)
        first = _first(ids, wrong if ignore is None else wrong & (ids != ignore))
        raise ValueError(
            f"{caller}: {first}, and must be a class of the output {shape}, from 0 to "
            f"{k - 1}{cure}"
        )
