"""The calculus: one short function per operation, its derivative right below.

Each rule returns its value and, for each operand, a backward closure: it takes `g`, the
gradient of the final scalar with respect to the value, and returns that with respect to
the operand. Rules do not undo broadcasting: the pass does.

A file holds rules and, below them, NumPy functions that are composed of rules:

    arithmetic.py      add multiply divide remainder abs copysign square sqrt power ...
    exponents.py       exp exp2 expm1 log log2 log10 log1p logaddexp logsumexp i0 ...
    trigonometry.py    sin cos tan sinh cosh tanh and inverses, hypot degrees sinc ...
    choices.py         maximum minimum fmax fmin clip heaviside where, and choose ...
    reductions.py      sum mean var std cumsum
    options.py         what reductions take beyond their rules: dtype where initial ...
    extremes.py        max min nanmax nanmin, and ptp
    indexing.py        getitem scatter
    shapes.py          reshape squeeze expand_dims transpose swapaxes broadcast_to,
                       and ravel moveaxis meshgrid ...
    joining.py         concatenate stack, and block append ..., split array_split ...
    ranges.py          linspace, and logspace geomspace
    resizing.py        insert resize trim_zeros, and the frames of pad that are computed
    arranging.py       flip rot90 roll repeat tile pad take select sliding_window_view
    diagonals.py       diagonal diag trace tril triu
    sorting.py         order_statistic, and sort partition median quantile percentile
    linear_algebra.py  matmul dot
    einsum.py          einsum, and inner tensordot
    products.py        prod cumprod outer vdot vecdot kron cross
    averages.py        average nansum nanmean nanvar nanstd nanmedian nanquantile ...
    differences.py     unwrap, and diff ediff1d gradient trapezoid interp
    convolution.py     convolve, and correlate
    polynomials.py     polyval vander polyint polyder polyadd polysub polymul
    statistics.py      cov corrcoef bincount histogram
    applying.py        apply_along_axis apply_over_axes piecewise
    ufunc_methods.py   np.add.reduce, and accumulate, reduceat, outer of every ufunc
    decompositions.py  cholesky eigh svd qr slogdet
    matrices.py        inv pinv solve det, and lstsq multi_dot tensorsolve ...
    norms.py           norm, and cond
    dtypes.py          astype real, and real_if_close
    special/           SciPy's special functions: imported when the first of them comes

README.md, beside this file, lists every function of NumPy that is supported, and says
which are refused on the arrays of a library that computes later (Dask), because they
need their data at once; `__main__.py` prints it from the registry.
"""

# ruff: noqa: F401 - the first only register what NumPy's functions arrive at
import engine.rules.applying
import engine.rules.averages
import engine.rules.diagonals
import engine.rules.options
import engine.rules.polynomials
import engine.rules.products
import engine.rules.resizing
import engine.rules.statistics
import engine.rules.ufunc_methods
from engine.rules.arithmetic import (
    absolute,
    add,
    cbrt,
    conjugate,
    copysign,
    divide,
    float_power,
    fmod,
    ldexp,
    multiply,
    negative,
    nextafter,
    positive,
    power,
    reciprocal,
    remainder,
    sqrt,
    square,
    subtract,
)
from engine.rules.choices import (
    clip,
    fmax,
    fmin,
    heaviside,
    maximum,
    minimum,
    nan_to_num,
    where,
)
from engine.rules.convolution import convolve
from engine.rules.decompositions import cholesky, eigh, qr, slogdet, svd
from engine.rules.differences import unwrap
from engine.rules.dtypes import astype, real
from engine.rules.einsum import einsum
from engine.rules.exponents import (
    exp,
    exp2,
    expm1,
    i0,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    logaddexp2,
    logsumexp,
)
from engine.rules.extremes import max, min, nanmax, nanmin
from engine.rules.indexing import getitem, scatter
from engine.rules.joining import concatenate, stack
from engine.rules.linear_algebra import dot, matmul
from engine.rules.matrices import det, inv, pinv, solve
from engine.rules.norms import norm
from engine.rules.ranges import linspace
from engine.rules.reductions import cumsum, mean, std, sum, var
from engine.rules.shapes import (
    broadcast_to,
    expand_dims,
    reshape,
    squeeze,
    swapaxes,
    transpose,
)
from engine.rules.sorting import order_statistic
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
    sinc,
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
    "cholesky",
    "clip",
    "concatenate",
    "conjugate",
    "convolve",
    "copysign",
    "cos",
    "cosh",
    "cumsum",
    "degrees",
    "det",
    "divide",
    "dot",
    "eigh",
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
    "heaviside",
    "hypot",
    "i0",
    "inv",
    "ldexp",
    "linspace",
    "log",
    "log10",
    "log1p",
    "log2",
    "logaddexp",
    "logaddexp2",
    "logsumexp",
    "matmul",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "multiply",
    "nan_to_num",
    "nanmax",
    "nanmin",
    "negative",
    "nextafter",
    "norm",
    "order_statistic",
    "pinv",
    "positive",
    "power",
    "qr",
    "radians",
    "real",
    "reciprocal",
    "remainder",
    "reshape",
    "scatter",
    "sin",
    "sinc",
    "sinh",
    "slogdet",
    "solve",
    "sqrt",
    "square",
    "stack",
    "squeeze",
    "std",
    "subtract",
    "sum",
    "svd",
    "swapaxes",
    "tan",
    "tanh",
    "transpose",
    "unwrap",
    "var",
    "where",
]
