"""Trigonometry: circular and hyperbolic functions, their inverses, and angles."""

from __future__ import annotations

import math

import numpy as np

from engine.op import op
from engine.rules.arithmetic import over


@op(np.sin)
def sin(x):
    """The sine, x in radians."""
    return np.sin(x), (lambda g: g * np.cos(x),)


@op(np.cos)
def cos(x):
    """The cosine, x in radians."""
    return np.cos(x), (lambda g: -g * np.sin(x),)


@op(np.tan)
def tan(x):
    """The tangent, x in radians."""
    y = np.tan(x)
    return y, (lambda g: g * (1 + y * y),)


@op(np.sinc)
def sinc(x):
    """sin(pi x) / (pi x), and 1 at 0."""
    y = np.sinc(x)

    def slope(g):
        """g * (cos(pi * x) - y) / x"""
        return g * _slope_of_sinc(x, y)

    return y, (slope,)


def _slope_of_sinc(x, y):
    """(cos(pi x) - y) / x; near 0, where that is 0 / 0, by its Taylor series."""
    near = np.abs(x) < 0.3
    z, series = np.square(math.pi * x), 0.0
    for k in range(9, 0, -1):  # the next term is below 1e-17
        series = series * z + (-1) ** k * 2 * k / math.factorial(2 * k + 1)
    far = (np.cos(math.pi * x) - y) / np.where(near, 1.0, x)
    return np.where(near, series * math.pi * math.pi * x, far)


@op(np.arcsin)
def arcsin(x):
    """The inverse sine, in radians; its slope is infinite at -1 and 1."""
    return np.arcsin(x), (lambda g: g / np.sqrt(1 - x * x),)


@op(np.arccos)
def arccos(x):
    """The inverse cosine, in radians; its slope is infinite at -1 and 1."""
    return np.arccos(x), (lambda g: -g / np.sqrt(1 - x * x),)


@op(np.arctan)
def arctan(x):
    """The inverse tangent, in radians."""
    return np.arctan(x), (lambda g: g / (1 + x * x),)


@op(np.arctan2)
def arctan2(y, x):
    """The angle of the point (x, y), in radians; no slope (NaN) at the origin."""
    r = np.hypot(x, y)  # its square may be too large, or too small
    return np.arctan2(y, x), (
        lambda g: g * (x / r / r),
        lambda g: -g * (y / r / r),
    )


@op(np.hypot)
def hypot(x, y):
    """sqrt(x**2 + y**2), without overflow; slope 0 at the origin."""
    z = np.hypot(x, y)

    def wrt_x(g):
        """g * x / z"""
        return over(g * x, z)

    def wrt_y(g):
        """g * y / z"""
        return over(g * y, z)

    return z, (wrt_x, wrt_y)


@op(np.sinh)
def sinh(x):
    """The hyperbolic sine."""
    return np.sinh(x), (lambda g: g * np.cosh(x),)


@op(np.cosh)
def cosh(x):
    """The hyperbolic cosine."""
    return np.cosh(x), (lambda g: g * np.sinh(x),)


@op(np.tanh)
def tanh(x):
    """The hyperbolic tangent."""
    y = np.tanh(x)
    return y, (lambda g: g * (1 - y * y),)


@op(np.arcsinh)
def arcsinh(x):
    """The inverse hyperbolic sine."""
    return np.arcsinh(x), (lambda g: g / np.hypot(x, 1.0),)


@op(np.arccosh)
def arccosh(x):
    """The inverse hyperbolic cosine, for x >= 1; its slope is infinite at 1."""
    return np.arccosh(x), (lambda g: g / np.sqrt((x - 1) * (x + 1)),)


@op(np.arctanh)
def arctanh(x):
    """The inverse hyperbolic tangent, for x between -1 and 1."""
    return np.arctanh(x), (lambda g: g / (1 - x * x),)


@op(np.deg2rad, np.radians)
def radians(x):
    """Degrees to radians."""
    return np.deg2rad(x), (lambda g: np.deg2rad(g),)


@op(np.rad2deg, np.degrees)
def degrees(x):
    """Radians to degrees."""
    return np.rad2deg(x), (lambda g: np.rad2deg(g),)
