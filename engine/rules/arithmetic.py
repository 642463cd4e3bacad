"""Arithmetic: the rules behind + - * / % ** and abs, and roots.

Elementwise, for operands of any shapes that broadcast. Closures that need nothing from
the forward pass are made once, and so is the pair of them that every sum has: in a long
graph of small ops, what the garbage collector has to walk is most of the time.
"""

from __future__ import annotations

import numpy as np

from engine._node import data_of
from engine.numpy_protocol import adapts
from engine.op import op
from engine.rules.choices import where


def same(g):
    return g


def negated(g):
    return -g


both_same = (same, same)


@op(np.add)
def add(x, y):
    """x + y"""
    return x + y, both_same


@op(np.subtract)
def subtract(x, y):
    """x - y"""
    return x - y, (same, negated)


@op(np.multiply)
def multiply(x, y):
    """x * y"""
    return x * y, (lambda g: g * y, lambda g: g * x)


@op(np.divide)
def divide(x, y):
    """x / y"""
    z = x / y
    return z, (lambda g: g / y, lambda g: -g * z / y)


@op(np.remainder)
def remainder(x, y):
    """What x // y leaves, with the sign of y; np.mod is the same function.

    The slopes are those between the jumps.
    """
    return np.remainder(x, y), (same, lambda g: -g * np.floor_divide(x, y))


@op(np.fmod)
def fmod(x, y):
    """What division leaves when the quotient is cut off, with the sign of x."""
    z = np.fmod(x, y)
    return z, (same, lambda g: -g * np.rint((x - z) / y))


@op(np.negative)
def negative(x):
    """-x"""
    return -x, (negated,)


@op(np.positive)
def positive(x):
    """x itself, as another node."""
    return np.positive(x), (same,)


@op(np.conjugate)
def conjugate(x):
    """The complex conjugate, which of a real array is the array."""
    return np.conjugate(x), (same,)


@op(np.reciprocal)
def reciprocal(x):
    """1 / x"""
    y = np.reciprocal(x)
    return y, (lambda g: -g * y * y,)


def over(x, y):
    """x / y, and 0 where y is 0: there to every order, since x is multiplied by 0."""
    return x * (y != 0) / (y + (y == 0))


@op(np.absolute, np.fabs)
def absolute(x):
    """|x|; the slope at 0 is 0."""
    return np.absolute(x), (lambda g: g * np.sign(x),)


@op(np.copysign)
def copysign(x, y):
    """|x| with the sign of y; slope 0 at x = 0, and 0 in y between the jumps."""
    z = np.copysign(x, y)
    return z, (lambda g: g * np.sign(x) * np.sign(z), lambda g: 0 * g)


@op(np.nextafter)
def nextafter(x, y):
    """The number next to x on the way to y; its slope is 1 in x and 0 in y."""
    return np.nextafter(x, y), (same, lambda g: 0 * g)


@op()
def ldexp(x, *, n):
    """x * 2 ** n, for integers n, without rounding."""
    return np.ldexp(x, n), (lambda g: ldexp(g, n=n),)


@op(np.square)
def square(x):
    """x * x"""
    return np.square(x), (lambda g: g * 2 * x,)


@op(np.sqrt)
def sqrt(x):
    """The square root; its slope at 0 is infinite, as the limit is."""
    y = np.sqrt(x)
    return y, (lambda g: g / (2 * y),)


@op(np.cbrt)
def cbrt(x):
    """The cube root; its slope at 0 is infinite, as the limit is."""
    y = np.cbrt(x)
    return y, (lambda g: g / (3 * y * y),)


@op(np.power)
def power(x, y):
    """x ** y

    At x = 0 the slope in x is 0 for y = 0 (x ** 0 is 1 everywhere), and infinite for
    0 < y < 1, as the limit is; the slope in y is 0 for y >= 0. For x < 0 the slope in y
    is NaN: between the integers x ** y is not real.
    """
    z = x**y
    return z, _slopes_of_power(x, y, z)


@op(np.float_power)
def float_power(x, y):
    """x ** y in float64 or wider; the slopes are those of `power`."""
    z = np.float_power(x, y)
    return z, _slopes_of_power(x, y, z)


def _slopes_of_power(x, y, z):
    def wrt_x(g):
        """g * y * x ** (y - 1)"""
        return g * y * x ** _one_less(x, y)

    def wrt_y(g):
        """g * z * log(x)"""
        wide = x * z.dtype.type(1)  # as the value: x may be of small integers
        return g * z * np.log(wide + (x == 0))  # log 1 = 0 where x is 0

    return wrt_x, wrt_y


def _one_less(x, y):
    """y - 1, but 0 where x = y = 0: it spares 0 * 0 ** -1, which is NaN."""
    if type(y) in (int, float):
        return y - 1 + (x == 0) if y == 0 else y - 1
    return y - 1.0 + ((x == 0) & (y == 0))  # 1.0: a small integer less 1 wraps


# --- composed, of two results ---------------------------------------------------------


@adapts(np.ldexp)
def _ldexp(x1, x2):
    return ldexp(x1, n=data_of(x2))


@adapts(np.frexp)
def _frexp(x):
    n = np.frexp(data_of(x))[1]
    return ldexp(x, n=-n), n


@adapts(np.divmod)
def _divmod(x1, x2):
    return np.floor_divide(x1, x2), remainder(x1, x2)


@adapts(np.modf)
def _modf(x):
    finite = where(np.isinf(x), 0, x)  # infinity less itself is NaN
    return finite - np.trunc(finite), np.trunc(x)
