"""NumPy's functions of scalars, as formulas of Python's floats and `math`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

_SAME_NAME = """
    exp exp2 expm1 log log2 log10 log1p sqrt cbrt sin cos tan sinh cosh tanh hypot fmod
    copysign nextafter
"""
# NumPy's name -> math's. pow(-8.0, 0.3) raises in `math`; by ** it would be complex.
MATH = {
    **{f"np.{name}": name for name in _SAME_NAME.split()},
    **{"np.arcsin": "asin", "np.arccos": "acos", "np.arctan": "atan"},
    **{"np.arcsinh": "asinh", "np.arccosh": "acosh", "np.arctanh": "atanh"},
    **{"np.arctan2": "atan2", "np.float_power": "pow"},
    **{"np.deg2rad": "radians", "np.radians": "radians"},
    **{"np.rad2deg": "degrees", "np.degrees": "degrees"},
}


def larger(function: Callable[..., Any], sign: str, beside_nan: str) -> str:
    """np.maximum and its like; at two zeros the one that this NumPy gives."""
    zeros = _signs_at_zeros(function)
    nan = f" or {beside_nan} != {beside_nan}"
    if zeros == [1, -1]:
        return f"({{x}} if {{x}} {sign}= {{y}}{nan} else {{y}})"
    if zeros == [-1, 1]:
        return f"({{x}} if {{x}} {sign} {{y}}{nan} else {{y}})"
    both = "{x} + {y}" if sign == ">" else "-(-{x} - {y})"
    tied = f"{both} if {{x}} == {{y}} == 0.0 else {{y}}"
    return f"({{x}} if {{x}} {sign} {{y}}{nan} else {tied})"


def larger_than_fixed(function: Callable[..., Any], sign: str) -> str:
    """np.maximum and np.minimum where y is never NaN: one comparison is enough."""
    zeros = _signs_at_zeros(function)
    if zeros == [1, -1]:
        return f"({{y}} if {{y}} {sign} {{x}} else {{x}})"
    if zeros == [-1, 1]:
        return f"({{y}} if {{y}} {sign}= {{x}} else {{x}})"
    return larger(function, sign, "{x}")


def _signs_at_zeros(function: Callable[..., Any]) -> list[float]:
    """Those of function(0.0, -0.0) and function(-0.0, 0.0)."""
    return [math.copysign(1, function(x, -x)) for x in (np.float64(0.0), -0.0)]


# NumPy's name -> what gives the same of floats x, y, z; other letters are of `math`.
CHOICES = {
    "np.maximum": larger(np.maximum, ">", "{x}"),
    "np.minimum": larger(np.minimum, "<", "{x}"),
    "np.fmax": larger(np.fmax, ">", "{y}"),
    "np.fmin": larger(np.fmin, "<", "{y}"),
    "np.clip": "({y} if {x} < {y} else {z} if {x} > {z} else {x})",
    "np.sign": (
        "(1.0 if {x} > 0.0 else -1.0 if {x} < 0.0 else 0.0 if {x} == 0.0 else {x})"
    ),
    "np.heaviside": (
        "(1.0 if {x} > 0.0 else 0.0 if {x} < 0.0 else {y} if {x} == 0.0 else {x})"
    ),
    "np.square": "({x} * {x})",
    "np.reciprocal": "(1.0 / {x})",
    "np.absolute": "abs({x})",
    "np.fabs": "abs({x})",
    "np.negative": "(-{x})",
    "np.remainder": "({x} % {y})",
    "np.floor_divide": "({x} // {y})",
    **{
        f"np.{name}": f"{{copysign}}({{{name}}}({{x}}), {{x}})"
        for name in ("floor", "ceil", "trunc")
    },
    "np.rint": "{copysign}(round({x}), {x})",
    "np.sinc": f"({{sin}}({math.pi} * {{x}}) / ({math.pi} * {{x}}) if {{x}} else 1.0)",
    "np.logaddexp": (
        f"({{x}} + {math.log(2)} if {{x}} == {{y}} else "
        "{x} + {log1p}({exp}({y} - {x})) if {x} > {y} else "
        "{y} + {log1p}({exp}({x} - {y})))"
    ),
    "np.logaddexp2": (
        "({x} + 1.0 if {x} == {y} else "
        f"{{x}} + {1 / math.log(2)} * {{log1p}}({{exp2}}({{y}} - {{x}})) "
        "if {x} > {y} else "
        f"{{y}} + {1 / math.log(2)} * {{log1p}}({{exp2}}({{x}} - {{y}})))"
    ),
}
BESIDE_FIXED = {
    "np.maximum": larger_than_fixed(np.maximum, ">"),
    "np.minimum": larger_than_fixed(np.minimum, "<"),
}
CHOICES["np.mod"] = CHOICES["np.remainder"]
CHOICES["np.abs"] = CHOICES["np.absolute"]

# What asks something of a float.
QUESTIONS = {
    "np.isnan": "({x} != {x})",
    "np.isfinite": "{isfinite}({x})",
    "np.isinf": "{isinf}({x})",
    "np.signbit": "({copysign}(1.0, {x}) < 0.0)",
}

ROUNDED = {*MATH, "np.sinc", "np.logaddexp", "np.logaddexp2", "np.float_power", "**"}
ROUNDED -= {"np.sqrt", "np.fmod", "np.copysign", "np.nextafter"}  # are exact
