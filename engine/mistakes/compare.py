"""An answer beside the right one: whether it agrees, and if not, what is off.

An answer agrees if it is the right number rounded to the digits that it has: 0.33 is a
third, to two decimals, and 0.3334 is not. It needs two significant digits at least.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine._node import data_of
from engine.mistakes.finding import Finding

TOLERANCE = 1e-5  # relative: what float32 may change, or another order of operations
FEWEST_DIGITS = 1e-2  # relative: how far rounding may go
FEWEST_TELLING = 4  # digits of an answer that is no coincidence
_MOST_DECIMALS = 9  # digits of an answer that was rounded


def as_answer(caller: str, x: Any) -> np.ndarray:
    """An answer as an array of float64.

    Raises:
        TypeError: if it is not made of real numbers.
    """
    try:
        array = np.asarray(data_of(x))
    except ValueError:  # rows of unequal length
        array = np.asarray(None)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{caller}: the answer is {x!r:.60}, and must be real numbers")
    return array.astype(np.float64)


def agrees(answer: np.ndarray, right: Any, *, rounded: bool = True) -> bool:
    """Whether an answer is the right one, `rounded` perhaps; NaN never is."""
    right = np.asarray(right, dtype=np.float64)
    if answer.shape != right.shape:
        return False
    bound = _bound(answer, right, rounded=rounded)
    return bool((_off_by(answer, right) <= bound).all())


def digits(answer: np.ndarray) -> int:
    """How many digits all entries of an answer have together, zeros in front apart."""
    unit = _last_digit(answer)
    if not unit:
        return FEWEST_TELLING
    finite = np.abs(answer[np.isfinite(answer)])
    return int(np.sum(np.floor(np.log10(finite[finite > 0] / unit)) + 1))


def _off_by(answer: np.ndarray, right: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        off = np.abs(answer - right)
        off = np.where(answer == right, 0.0, off)  # of two infinities
    return np.where(np.isnan(off), np.inf, off)


def _bound(
    answer: np.ndarray, right: np.ndarray, *, rounded: bool = True
) -> np.ndarray:
    """How far each entry may be off."""
    finite = np.where(np.isfinite(right), np.abs(right), 0.0)
    largest = finite.max(initial=0.0)
    exact = TOLERANCE * np.maximum(finite, 0.1 * largest)
    most = FEWEST_DIGITS * np.maximum(finite, 0.1 * largest)
    return np.maximum(exact, np.minimum(_last_digit(answer), most) * rounded)


def _last_digit(answer: np.ndarray) -> float:
    """A little more than half a unit of the last decimal that an answer has.

    0 if it is not rounded. A whole number may be exact: so it counts as not rounded.
    """
    finite = answer[np.isfinite(answer)]
    for decimals in range(_MOST_DECIMALS):
        if np.array_equal(np.round(finite, decimals), finite):
            return 0.0 if decimals == 0 else 0.501 * 10.0**-decimals
    return 0.0


def off(answer: np.ndarray, right: Any) -> Finding:
    """What is off, without a name for the mistake."""
    right = np.asarray(right, dtype=np.float64)
    if answer.shape != right.shape:
        return _of_another_shape(answer, right)
    if answer.ndim > 1 and answer.shape == right.T.shape and agrees(answer.T, right):
        return Finding("transposed", "Transposed, it is right.")
    factor = _factor(answer, right)
    if factor is not None:
        return _multiple(factor, right.size)
    wrong = _off_by(answer, right) > _bound(answer, right)
    if not right.ndim:
        said = f"{float(answer):.6g} is not right"
        return Finding("entries", f"{said}; none of the usual mistakes gives it.")
    first = ", ".join(map(str, np.argwhere(wrong)[0]))
    count = int(wrong.sum())
    are = "1 entry is" if count == 1 else f"{count} entries are"
    entry = f"[{first}]" if count == 1 else f"[{first}], the first of them"
    return Finding("entries", f"Of {right.size} entries, {are} off: look at {entry}.")


def _of_another_shape(answer: np.ndarray, right: np.ndarray) -> Finding:
    came = f"The answer has shape {answer.shape}, and the value {right.shape}"
    if answer.ndim > 1 and agrees(answer.T, right):
        return Finding("transposed", f"{came}: transposed, it is right.")
    if answer.size == right.size and agrees(answer.reshape(right.shape), right):
        return Finding("shape", f"{came}: the numbers are right.")
    return Finding("shape", f"{came}: a gradient has the shape of its value.")


def _factor(answer: np.ndarray, right: np.ndarray) -> float | None:
    """What all entries are off by, if it is one number."""
    squares = float(np.sum(right * right))
    if not squares or not np.isfinite(squares) or not np.isfinite(answer).all():
        return None
    factor = float(np.sum(answer * right)) / squares
    known = _simple(factor)
    if not factor or (right.size == 1 and known != -1):  # which would be the answer
        return None
    factor = known if known is not None else factor
    exact = answer / factor
    bound = _bound(answer, right)
    fits = bool((_off_by(exact, right) <= bound).all())
    return factor if fits else None


def _simple(factor: float) -> float | None:
    """A small whole number, or one over one, that a factor is to rounding."""
    for n in (round(factor), round(1 / factor) if factor else 0):
        if n and abs(n) <= 1000:
            for value in (float(n), 1.0 / n):
                if abs(factor - value) <= TOLERANCE * abs(value):
                    return value
    return None


def _multiple(factor: float, size: int) -> Finding:
    if factor == -1.0:
        text = "The sign is wrong." if size == 1 else "All entries have the wrong sign."
        return Finding("sign", text)
    part = round(1 / factor)
    over = abs(part) > 1 and abs(1 / factor - part) <= TOLERANCE * abs(part)
    times = f"{'-' if part < 0 else ''}1/{abs(part)}" if over else f"{factor:.6g}"
    return Finding("multiple", f"All entries are {times} times those that are right.")
