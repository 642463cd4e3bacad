"""What the rules of SciPy's functions share: numbers, a quotient, a refusal."""

from __future__ import annotations

import math

import numpy as np

ROOT_PI = math.sqrt(math.pi)
ROOT_2 = math.sqrt(2)
ROOT_2_PI = math.sqrt(2 * math.pi)


def quotient(x, y):
    """x / y, and 0 where both are 0: there x stands before a logarithm, and wins."""
    both = (x == 0) & (y == 0)
    return np.where(both, 0, x / np.where(both, np.nan, y))


def must_be_constant(function, operand):
    """The closure of an operand in which the derivative has no closed form."""

    def refuse(_g):
        """no closed form"""
        raise TypeError(
            f"{function}: its derivative in {operand} has no closed form, and "
            f"{operand} is a Tensor that wants a gradient; pass its array, t.data"
        )

    return refuse
