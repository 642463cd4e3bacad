"""The calculus: one short function per operation, its derivative two lines below.

Each rule returns its value and, for each operand, a backward closure: it takes `g`, the
gradient of the final scalar with respect to the value, and returns that with respect to
the operand. Sums over broadcast axes are not the rules' business (../broadcasting.py).

    arithmetic.py      add, subtract, multiply, divide, power, negative
    elementwise.py     exp, log, tanh, maximum, minimum, astype
    reductions.py      sum, mean
    shapes.py          reshape, squeeze, expand_dims, transpose, swapaxes, broadcast_to
    indexing.py        getitem, and its own derivative scatter
    linear_algebra.py  matmul, dot
"""

from engine.rules.arithmetic import add, divide, multiply, negative, power, subtract
from engine.rules.elementwise import astype, exp, log, maximum, minimum, tanh
from engine.rules.indexing import getitem, scatter
from engine.rules.linear_algebra import dot, matmul
from engine.rules.reductions import mean, sum
from engine.rules.shapes import (
    broadcast_to,
    expand_dims,
    reshape,
    squeeze,
    swapaxes,
    transpose,
)

__all__ = [
    "add",
    "astype",
    "broadcast_to",
    "divide",
    "dot",
    "exp",
    "expand_dims",
    "getitem",
    "log",
    "matmul",
    "maximum",
    "mean",
    "minimum",
    "multiply",
    "negative",
    "power",
    "reshape",
    "scatter",
    "squeeze",
    "subtract",
    "sum",
    "swapaxes",
    "tanh",
    "transpose",
]
