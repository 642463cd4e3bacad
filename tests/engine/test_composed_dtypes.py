"""Compositions have NumPy's dtypes: beside Python's numbers, integers and wide arrays.

A Python number widens nothing, an integer array widens by NumPy's rules, and some
functions count integers as float64 first. Each row is run on arrays and on Tensors.
"""

import numpy as np
import pytest
from helpers.cases import case, name_of
from helpers.composition_rows import CASES

from engine import Tensor

B = np.array([True, False, True])
SMALL = np.arange(6, dtype=np.uint8).reshape(3, 2) % 4

# The second operand: numbers, lists, arrays of three entries and of none.
NUMBERS = {f"the {type(v).__name__} {v}": v for v in (2, 2.0, True)}
DTYPES = [np.uint8, np.int8, np.int64, np.float16, np.float32, np.float64]
NUMBERS |= {f"a number of {d.__name__}": d(2) for d in DTYPES}
NUMBERS |= {f"0-d, {d.__name__}": np.array(2, d) for d in DTYPES}
ARRAYS = {d.__name__: np.array([3, 1, 2], d) for d in DTYPES}
LISTS = {"a list of int": [3, 1, 2], "a list of float": [3.0, 1.0, 2.0]}

# NumPy's function: rows of x (three entries), m (three by three, symmetric, definite)
# and the other operand. Those of one operand are in composition_rows.py.
PAIRS = {
    np.concatenate: [
        lambda x, m, o: np.concatenate([x, o], axis=None),
        lambda x, m, o: np.concatenate([o, x]),
    ],
    np.stack: [lambda x, m, o: np.stack([x, o]), lambda x, m, o: np.stack([x[0], o])],
    np.vstack: [lambda x, m, o: np.vstack([x, o])],
    np.hstack: [lambda x, m, o: np.hstack([x, o])],
    np.dstack: [lambda x, m, o: np.dstack([o, x])],
    np.column_stack: [lambda x, m, o: np.column_stack([x, o])],
    np.append: [lambda x, m, o: np.append(x, o), lambda x, m, o: np.append(o, x)],
    np.atleast_1d: [lambda x, m, o: np.atleast_1d(x, o)[1]],
    np.broadcast_arrays: [lambda x, m, o: np.broadcast_arrays(x, o)[1]],
    np.full_like: [lambda x, m, o: np.full_like(x, o)],
    np.meshgrid: [lambda x, m, o: np.meshgrid(x, o)[1]],
    np.pad: [lambda x, m, o: np.pad(x, 1, constant_values=o)],
    np.select: [
        lambda x, m, o: np.select([B], [x], o),
        lambda x, m, o: np.select([B, ~B], [x, o]),
        lambda x, m, o: np.select([B, ~B], [o, x]),
        lambda x, m, o: np.select([B, B], [o, x], 1.5),
        lambda x, m, o: np.select([B, B], [x, o], 1),
    ],
    np.clip: [
        lambda x, m, o: np.clip(x, o, None),
        lambda x, m, o: np.clip(x, None, o),
        lambda x, m, o: np.clip(x, 0, o),
        lambda x, m, o: np.clip(x, min=o),
    ],
    np.quantile: [
        lambda x, m, o: np.quantile(x, [0, 1]),
        lambda x, m, o: np.quantile(x, [0, 1], method="weibull"),
        lambda x, m, o: np.quantile(x, 1),
        lambda x, m, o: np.quantile(x, 0.3, method="hazen"),
        lambda x, m, o: np.quantile(x, o - 1),
        lambda x, m, o: np.quantile(x, o - 1, method="lower"),
        lambda x, m, o: np.quantile(x, (o - 1) / 2, method="weibull"),
        lambda x, m, o: np.quantile(x, (o - 1) / 2),
    ],
    np.percentile: [
        lambda x, m, o: np.percentile(x, o),
        lambda x, m, o: np.percentile(x, [30, 50]),
    ],
    np.inner: [lambda x, m, o: np.inner(x, o), lambda x, m, o: np.inner(o, m)],
    np.tensordot: [
        lambda x, m, o: np.tensordot(x, o, 0),
        lambda x, m, o: np.tensordot(o, m, 1),
    ],
    np.linalg.tensordot: [lambda x, m, o: np.linalg.tensordot(x, o, axes=1)],
    np.einsum: [
        lambda x, m, o: np.einsum("i,i", x, o),
        lambda x, m, o: np.einsum("i,->i", x, o),
        lambda x, m, o: np.einsum(",i->i", o, x),
    ],
    np.outer: [lambda x, m, o: np.outer(x, o), lambda x, m, o: np.outer(o, x)],
    np.linalg.outer: [lambda x, m, o: np.linalg.outer(x, o)],
    np.vdot: [lambda x, m, o: np.vdot(x, o), lambda x, m, o: np.vdot(o, x[0])],
    np.linalg.matmul: [lambda x, m, o: np.linalg.matmul(m, o)],
    np.vecdot: [lambda x, m, o: np.vecdot(o, x)],
    np.linalg.vecdot: [lambda x, m, o: np.linalg.vecdot(x, o)],
    np.matvec: [lambda x, m, o: np.matvec(m, o)],
    np.vecmat: [lambda x, m, o: np.vecmat(o, m)],
    np.kron: [lambda x, m, o: np.kron(x, o), lambda x, m, o: np.kron(o, m)],
    np.cross: [lambda x, m, o: np.cross(x, o), lambda x, m, o: np.cross(o, m)],
    np.linalg.cross: [lambda x, m, o: np.linalg.cross(x, o)],
    np.average: [
        lambda x, m, o: np.average(x, weights=o),
        lambda x, m, o: np.average(o, weights=x),
        lambda x, m, o: np.average(m, axis=1, weights=o),
        lambda x, m, o: np.average(o, weights=x, returned=True)[1],
    ],
    np.diff: [
        lambda x, m, o: np.diff(x, prepend=o),
        lambda x, m, o: np.diff(x, append=o),
        lambda x, m, o: np.diff(o, prepend=x[0]),
    ],
    np.ediff1d: [
        lambda x, m, o: np.ediff1d(x, to_end=o),
        lambda x, m, o: np.ediff1d(x, to_begin=o),
    ],
    np.gradient: [
        lambda x, m, o: np.gradient(x, o),
        lambda x, m, o: np.gradient(x, o, edge_order=2),
        lambda x, m, o: np.gradient(np.append(o, [5, 7]), x[0]),
    ],
    np.trapezoid: [
        lambda x, m, o: np.trapezoid(x, o),
        lambda x, m, o: np.trapezoid(o, x),
        lambda x, m, o: np.trapezoid(x, dx=o),
        lambda x, m, o: np.trapezoid(o, dx=x[0]),
    ],
    np.interp: [
        lambda x, m, o: np.interp(x, [1, 2.5], [3, 4]),
        lambda x, m, o: np.interp(o, x, x),
        lambda x, m, o: np.interp(x, x, o),
    ],
    np.convolve: [
        lambda x, m, o: np.convolve(x, o),
        lambda x, m, o: np.convolve(o, x, "same"),
    ],
    np.correlate: [lambda x, m, o: np.correlate(o, x, "full")],
    np.divmod: [
        lambda x, m, o: np.divmod(x, o)[0],
        lambda x, m, o: np.divmod(o, x)[1],
    ],
    np.linalg.lstsq: [
        lambda x, m, o: np.linalg.lstsq(m, o)[0],
        lambda x, m, o: np.linalg.lstsq(m[:, :2], o)[1],
        lambda x, m, o: np.linalg.lstsq(m, o)[3],
        lambda x, m, o: np.linalg.lstsq(SMALL, x)[0],
        lambda x, m, o: np.linalg.lstsq(SMALL, x)[1],
    ],
    np.linalg.multi_dot: [
        lambda x, m, o: np.linalg.multi_dot([x, m, o]),
        lambda x, m, o: np.linalg.multi_dot([o, x]),
    ],
    # Rules of which options are more than numbers.
    np.nan_to_num: [
        lambda x, m, o: np.nan_to_num(x * np.array([1, np.nan, 1], x.dtype), nan=o),
        lambda x, m, o: np.nan_to_num(x, posinf=o, neginf=o),
    ],
    np.heaviside: [
        lambda x, m, o: np.heaviside(x, o),
        lambda x, m, o: np.heaviside(o, x),
    ],
    np.nextafter: [
        lambda x, m, o: np.nextafter(x, o),
        lambda x, m, o: np.nextafter(o, x),
    ],
    np.logaddexp: [lambda x, m, o: np.logaddexp(x, o)],
}


def held_to_numpy(f, *arrays):
    """Dtype, shape and value of f on Tensors are those on arrays, errors included."""
    try:
        with np.errstate(all="ignore"):
            theirs = f(*arrays)
    except Exception:
        with pytest.raises((TypeError, ValueError, IndexError)):
            f(*map(Tensor, arrays))
        return
    value = f(*map(Tensor, arrays))
    ours = value.data if isinstance(value, Tensor) else np.asarray(value)
    assert ours.dtype == np.asarray(theirs).dtype
    floats = [a.dtype for a in (*arrays, ours, np.empty(0)) if a.dtype.kind == "f"]
    near = 32 * float(
        max(np.finfo(d).eps for d in floats)
    )  # NumPy's constants: 64 bits
    np.testing.assert_allclose(ours, theirs, rtol=near, atol=near)
    if isinstance(value, Tensor) and value.requires_grad:
        leaves = [Tensor(a) for a in arrays]
        out = f(*leaves)
        out.backward(np.ones(out.shape))
        for leaf in leaves:
            assert leaf.grad is None or leaf.grad.dtype == leaf.dtype


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("function", PAIRS, ids=name_of)
def test_of_two_operands_the_dtype_is_numpys(function, dtype):
    x = np.array([1.5, 2.5, 4.0], dtype)
    m = np.array([[3, 1, 0.5], [1, 2, 0.25], [0.5, 0.25, 4]], dtype)
    lists = {} if function is np.concatenate else LISTS
    for name, other in (NUMBERS | ARRAYS | lists).items():
        for i, f in enumerate(PAIRS[function]):
            with case("row", i, "beside", name):
                held_to_numpy(lambda x, m, f=f, o=other: f(x, m, o), x, m)


@pytest.mark.parametrize("dtype", [np.float16, np.longdouble])
@pytest.mark.parametrize("function", CASES, ids=name_of)
def test_of_one_operand_the_dtype_is_numpys(function, dtype):
    x = np.random.default_rng(0).permutation(12.0 + np.arange(12)).reshape(2, 3, 2) / 10
    for i, f in enumerate(CASES[function]):
        with case("row", i):
            held_to_numpy(f, x.astype(dtype))
