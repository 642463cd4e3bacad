"""The calculus: one short function per operation, its derivative right below.

Each rule returns its value and, for each operand, a backward closure: it takes `g`, the
gradient of the final scalar with respect to the value, and returns that with respect to
the operand. Sums over broadcast axes are not the rules' business (../broadcasting.py).

    arithmetic.py      add subtract multiply divide remainder fmod negative positive
                       reciprocal absolute copysign square sqrt cbrt power float_power
    exponents.py       exp exp2 expm1 log log2 log10 log1p logaddexp logaddexp2
    trigonometry.py    sin cos tan arcsin arccos arctan arctan2 hypot sinh cosh tanh
                       arcsinh arccosh arctanh radians degrees
    choices.py         maximum minimum fmax fmin clip where nan_to_num
    reductions.py      sum mean var std cumsum
    extremes.py        max min
    joining.py         concatenate
    compositions.py    NumPy functions that are composed of these: stack roll trace ...
    shapes.py          reshape squeeze expand_dims transpose swapaxes broadcast_to
    indexing.py        getitem scatter
    linear_algebra.py  matmul dot
    einsum.py          einsum, and by it inner and tensordot
    matrices.py        inv solve det norm
    dtypes.py          astype real
"""

import engine.rules.compositions  # noqa: F401 - has NumPy's functions find them
from engine.rules.arithmetic import (
    absolute,
    add,
    cbrt,
    copysign,
    divide,
    float_power,
    fmod,
    multiply,
    negative,
    positive,
    power,
    reciprocal,
    remainder,
    sqrt,
    square,
    subtract,
)
from engine.rules.choices import clip, fmax, fmin, maximum, minimum, nan_to_num, where
from engine.rules.dtypes import astype, real
from engine.rules.einsum import einsum
from engine.rules.exponents import (
    exp,
    exp2,
    expm1,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    logaddexp2,
)
from engine.rules.extremes import max, min
from engine.rules.indexing import getitem, scatter
from engine.rules.joining import concatenate
from engine.rules.linear_algebra import dot, matmul
from engine.rules.matrices import det, inv, norm, solve
from engine.rules.reductions import cumsum, mean, std, sum, var
from engine.rules.shapes import (
    broadcast_to,
    expand_dims,
    reshape,
    squeeze,
    swapaxes,
    transpose,
)
from engine.rules.trigonometry import (
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    cos,
    cosh,
    degrees,
    hypot,
    radians,
    sin,
    sinh,
    tan,
    tanh,
)

__all__ = [
    "absolute",
    "add",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "astype",
    "broadcast_to",
    "cbrt",
    "clip",
    "concatenate",
    "copysign",
    "cos",
    "cosh",
    "cumsum",
    "degrees",
    "det",
    "divide",
    "dot",
    "einsum",
    "exp",
    "exp2",
    "expand_dims",
    "expm1",
    "float_power",
    "fmax",
    "fmin",
    "fmod",
    "getitem",
    "hypot",
    "inv",
    "log",
    "log10",
    "log1p",
    "log2",
    "logaddexp",
    "logaddexp2",
    "matmul",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "multiply",
    "nan_to_num",
    "negative",
    "norm",
    "positive",
    "power",
    "radians",
    "real",
    "reciprocal",
    "remainder",
    "reshape",
    "scatter",
    "sin",
    "sinh",
    "solve",
    "sqrt",
    "square",
    "squeeze",
    "std",
    "subtract",
    "sum",
    "swapaxes",
    "tan",
    "tanh",
    "transpose",
    "var",
    "where",
]
