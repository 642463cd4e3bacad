"""An answer beside the right one: whether it agrees, and if not, what is off.

An answer agrees if it is the right number rounded to the digits that it has: 0.33 is a
third, and 0.34 is not. Two significant digits are needed: 0.3 is too few to tell.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from engine._node import data_of
from engine.mistakes.finding import Finding

FEWEST_TELLING = 4  # digits of a rounded answer that is no coincidence
_FEWEST = 0.05  # relative: how far rounding to two digits may go
_MOST_DIGITS = 9  # significant ones of an answer that was rounded
_SINGLE = 2e-7  # relative to the largest entry: what float32 may change
_NEARLY = 1e-5  # how close to a whole number a scaled answer must be


class Tolerance(NamedTuple):
    """How far a number may be off that was not rounded.

    Attributes:
        relative: to itself: another order of operations changes less.
        noise: absolutely: what rounding leaves where contributions cancel.
    """

    relative: float = 1e-5
    noise: float = 0.0


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
    with np.errstate(all="ignore"):
        return array.astype(np.float64)


def agrees(
    answer: np.ndarray,
    right: Any,
    tolerance: Tolerance = Tolerance(),  # noqa: B008 - a constant
    *,
    rounded: bool = True,
) -> bool:
    """Whether an answer is the right one, `rounded` perhaps; NaN never is."""
    right = np.asarray(right, dtype=np.float64)
    if answer.shape != right.shape:
        return False
    return not _wrong(answer, right, tolerance, rounded=rounded).any()


def _wrong(
    answer: np.ndarray, right: np.ndarray, tolerance: Tolerance, *, rounded: bool = True
) -> np.ndarray:
    """Which entries are off."""
    with np.errstate(all="ignore"):
        off = np.where(
            answer == right, 0.0, np.abs(answer - right)
        )  # of two infinities
        size = np.where(np.isfinite(right), np.abs(right), 0.0)
        exact = tolerance.relative * size + _SINGLE * size.max(initial=0.0)
        bound = np.maximum(exact, tolerance.noise)
        if rounded:
            half = 0.501 * _last_digits(answer)
            bound = np.maximum(bound, np.minimum(half, _FEWEST * size))
        return ~(off <= bound)


def _last_digits(answer: np.ndarray) -> np.ndarray:
    """The unit of the last digit of each entry: 0.01 of 1.25; 0 if it is not rounded.

    A whole number may be exact: one of a single digit is taken to be so.
    """
    found = np.zeros(answer.shape)
    known = np.isfinite(answer) & (answer != 0)
    size = np.abs(np.where(known, answer, 1.0))
    exponent = np.floor(np.log10(size))
    for digits in range(_MOST_DIGITS, 0, -1):
        unit = 10.0 ** (exponent - digits + 1)
        scaled = size / np.where(unit > 0, unit, 1.0)
        whole = np.abs(scaled - np.round(scaled)) <= _NEARLY
        found = np.where(known & whole, unit, found)
    ones = answer == np.round(answer)
    found = np.where(ones, np.minimum(found, 1.0), found)
    return np.where(ones & (size < 10), 0.0, found)


def digits(answer: np.ndarray) -> int:
    """How many digits the entries of an answer have together; many if not rounded."""
    unit = _last_digits(answer)
    rounded = unit > 0
    if answer.size and not (rounded | (answer == np.round(answer))).all():
        return FEWEST_TELLING
    size = np.abs(answer[rounded]) / unit[rounded]
    return int(np.sum(np.floor(np.log10(size) + _NEARLY) + 1))


def off(
    answer: np.ndarray,
    right: Any,
    name: str,
    tolerance: Tolerance = Tolerance(),  # noqa: B008 - a constant
) -> Finding:
    """What is off, without a name for the mistake; `name` is that of the value."""
    right = np.asarray(right, dtype=np.float64)
    if answer.shape != right.shape:
        return _of_another_shape(answer, right, name, tolerance)
    if answer.ndim > 1 and agrees(answer.T, right, tolerance):
        return Finding("transposed", "Rows and columns are exchanged.")
    if not right.ndim:
        return Finding("entries", _of_a_number(float(answer), float(right)))
    factor = _factor(answer, right, tolerance)
    if factor == -1.0:
        return Finding("sign", "All entries have the wrong sign.")
    if factor:
        return Finding("multiple", "All entries are wrong by the same factor.")
    wrong = _wrong(answer, right, tolerance)
    first = ", ".join(map(str, np.argwhere(wrong)[0]))
    count = int(wrong.sum())
    if count == 1:
        return Finding("entries", f"1 of {right.size} entries is wrong: [{first}].")
    text = f"{count} of {right.size} entries are wrong. The first is [{first}]."
    return Finding("entries", text)


def _of_a_number(answer: float, right: float) -> str:
    if np.isnan(right):
        return "The program itself gives NaN here: look at its values first."
    unit = float(_last_digits(np.asarray(answer))) or float(answer == np.round(answer))
    if abs(answer - right) <= 0.501 * unit:
        return f"{answer:.6g} has too few digits to tell: give at least two."
    return f"{answer:.6g} is not right, and none of the usual mistakes gives it."


def _of_another_shape(
    answer: np.ndarray, right: np.ndarray, name: str, tolerance: Tolerance
) -> Finding:
    came = f"The answer has shape {answer.shape}, but {name} has shape {right.shape}"
    if answer.ndim > 1 and agrees(answer.T, right, tolerance):
        return Finding("transposed", f"{came}: rows and columns are exchanged.")
    if answer.size == right.size and agrees(
        answer.reshape(right.shape), right, tolerance
    ):
        return Finding("shape", f"{came}: the numbers are right.")
    return Finding("shape", f"{came}: a gradient has the same shape as its value.")


def _factor(
    answer: np.ndarray, right: np.ndarray, tolerance: Tolerance
) -> float | None:
    """What all entries are off by, if it is one number."""
    with np.errstate(all="ignore"):
        if np.count_nonzero(right) < 2:
            return None
        squares = np.sum(right * right)
        factor = float(np.sum(answer * right) / squares)
        if not factor or not np.isfinite(factor) or abs(factor - 1) < 1e-2:
            return None
        if abs(factor + 1) <= tolerance.relative:
            factor = -1.0
        fits = agrees(answer / factor, right, tolerance, rounded=False)
        return factor if fits else None
