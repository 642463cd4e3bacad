"""Arithmetic: the rules behind + - * / ** and the minus sign.

Elementwise, for operands of any shapes that broadcast.
"""

from __future__ import annotations

import numpy as np

from engine.op import op


@op(np.add)
def add(x, y):
    """x + y"""
    return x + y, (lambda g: g, lambda g: g)


@op(np.subtract)
def subtract(x, y):
    """x - y"""
    return x - y, (lambda g: g, lambda g: -g)


@op(np.multiply)
def multiply(x, y):
    """x * y"""
    return x * y, (lambda g: g * y, lambda g: g * x)


@op(np.divide)
def divide(x, y):
    """x / y"""
    z = x / y
    return z, (lambda g: g / y, lambda g: -g * z / y)


@op(np.negative)
def negative(x):
    """-x"""
    return -x, (lambda g: -g,)


@op(np.power)
def power(x, y):
    """x ** y

    At x = 0 the slope in x is 0 for y = 0 (x ** 0 is 1 everywhere), and infinite for
    0 < y < 1, as the limit is; the slope in y is 0 for y >= 0. For x < 0 the slope in y
    is NaN: between the integers x ** y is no real number.
    """
    z = x**y

    def wrt_x(g):
        """g * y * x ** (y - 1)"""
        return g * y * x ** (y - 1 + _both_zero(x, y))

    def wrt_y(g):
        """g * z * log(x)"""
        return g * z * np.log(x + (x == 0))  # log 1 = 0 where x is 0

    return z, (wrt_x, wrt_y)


def _both_zero(x, y):
    """1 where x = y = 0, else 0: it spares 0 * 0 ** -1, which is NaN."""
    if type(y) in (int, float):
        return (x == 0) if y == 0 else 0
    return (x == 0) & (y == 0)
