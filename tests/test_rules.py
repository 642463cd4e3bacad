"""Every rule against central differences: a row per case, and every rule has a row."""

import functools
import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from engine import Tensor, check_gradients, logsumexp, rules
from engine.rules import getitem, scatter
from engine.rules.dtypes import cast

_rng = np.random.default_rng(7)


def some(*shape):
    """Numbers between -2 and 2 that keep away from 0 and from each other."""
    grid = np.linspace(-2, 2, 2 * max(int(np.prod(shape)), 1) + 1)[1::2] + 0.03
    return _rng.permutation(grid).reshape(shape)


def positive(*shape):
    return np.abs(some(*shape)) + 0.5


def definite(x):
    """A symmetric matrix of positive eigenvalues that lie apart."""
    return x @ np.swapaxes(x, -1, -2) + np.diag(np.arange(1.0, x.shape[-1] + 1))


def inner(x, y):
    return np.einsum("...i,...ji", x, y) if np.ndim(x) < np.ndim(y) else x @ y


HOLES = np.array([[False, True, False], [False, False, True]])
PICK = np.array([[True, False, True], [False, True, True]])

# rule: (a function of the operands, the operands)
CASES = {
    "add": [
        (rules.add, some(2, 3), some(2, 3)),
        (rules.add, some(2, 3), some(3)),
        (rules.add, some(2, 1), some(1, 3)),
        (rules.add, some(), some(4)),
        (lambda x: x + x + 1, some(3)),
    ],
    "subtract": [
        (rules.subtract, some(2, 3), some(3)),
        (rules.subtract, some(3), some(2, 1, 3)),
        (lambda x: 1 - x, some(2)),
    ],
    "multiply": [
        (rules.multiply, some(2, 3), some(2, 1)),
        (rules.multiply, some(), some()),
        (lambda x: x * x * 3, some(3)),
    ],
    "divide": [
        (rules.divide, some(2, 3), positive(3)),
        (rules.divide, some(), positive(2)),
        (lambda x: 2 / x, positive(3)),
    ],
    "power": [
        (rules.power, positive(2, 3), some(3)),
        (rules.power, positive(), some(2)),
        (lambda x: x**3, some(2, 3)),
        (lambda x: x**2.0, some()),
        (lambda x: 2**x, some(3)),
        (lambda x: x**0, some(3)),
        (lambda x: x ** np.array([1.0, 2.0, 3.0]), some(2, 3)),
    ],
    "negative": [(rules.negative, some(3))],
    "remainder": [
        (rules.remainder, some(2, 3), positive(3) + 0.21),
        (rules.remainder, some(4), -positive(4) - 0.21),
        (lambda x: x % 0.7, some(3)),
        (lambda x: 5.0 % x, positive(3)),
    ],
    "fmod": [
        (lambda y: np.fmod(1.0, y), np.array([0.13, 0.7])),
        (lambda y: np.fmod(1.16, y), np.array([0.35, -0.35])),
        (rules.fmod, some(2, 3), positive(3) + 0.21),
        (rules.fmod, some(), 0.7),
    ],
    "positive": [(rules.positive, some(3))],
    "reciprocal": [(rules.reciprocal, positive(2, 3)), (rules.reciprocal, some())],
    "absolute": [(rules.absolute, some(2, 3)), (abs, some(3)), (np.fabs, some(3))],
    "conjugate": [(rules.conjugate, some(2, 3)), (np.conj, some(2))],
    "ldexp": [(lambda x: rules.ldexp(x, n=-3), some(2, 3))],
    "copysign": [(rules.copysign, some(2, 3), some(3)), (rules.copysign, some(), -1.0)],
    "square": [(rules.square, some(2, 3))],
    "sqrt": [(rules.sqrt, positive(2, 3))],
    "cbrt": [(rules.cbrt, some(2, 3))],
    "float_power": [
        (rules.float_power, positive(2, 3), some(3)),
        (lambda x: rules.float_power(x, 3), some(3)),
    ],
    "exp": [(rules.exp, some(2, 3)), (rules.exp, some())],
    "exp2": [(rules.exp2, some(2, 3))],
    "expm1": [(rules.expm1, some(2, 3))],
    "log": [(rules.log, positive(2, 3))],
    "log2": [(rules.log2, positive(2, 3))],
    "log10": [(rules.log10, positive(2, 3))],
    "log1p": [(rules.log1p, positive(2, 3))],
    "logaddexp": [(rules.logaddexp, some(2, 3), some(3))],
    "logaddexp2": [(rules.logaddexp2, some(2, 3), some(3))],
    "logsumexp": [
        (lambda x: rules.logsumexp(x, axis=1), some(1, 3)),
        (rules.logsumexp, some(2, 3)),
        (lambda x: rules.logsumexp(x, axis=0), 300 * some(2, 3)),
        (lambda x: rules.logsumexp(x, axis=(0, -1), keepdims=True), some(2, 3, 2)),
    ],
    "sinc": [
        (rules.sinc, some(2, 3)),
        (rules.sinc, np.array([0.0, 1e-9, 0.299999, 0.300001, -0.1, 1.0])),
    ],
    "sin": [(rules.sin, some(2, 3))],
    "cos": [(rules.cos, some(2, 3))],
    "tan": [(rules.tan, some(2, 3) / 2)],
    "arcsin": [(rules.arcsin, some(2, 3) / 3)],
    "arccos": [(rules.arccos, some(2, 3) / 3)],
    "arctan": [(rules.arctan, some(2, 3))],
    "arctan2": [(rules.arctan2, some(2, 3), some(3)), (rules.arctan2, 1.0, some(3))],
    "hypot": [(rules.hypot, some(2, 3), some(3))],
    "sinh": [(rules.sinh, some(2, 3))],
    "cosh": [(rules.cosh, some(2, 3))],
    "tanh": [(rules.tanh, some(2, 3))],
    "arcsinh": [(rules.arcsinh, some(2, 3))],
    "arccosh": [(rules.arccosh, positive(2, 3) + 1)],
    "arctanh": [(rules.arctanh, some(2, 3) / 3)],
    "radians": [(rules.radians, some(2, 3)), (np.radians, some(2))],
    "degrees": [(rules.degrees, some(2, 3)), (np.degrees, some(2))],
    "fmax": [(rules.fmax, some(2, 3), some(3) + 0.01)],
    "fmin": [(rules.fmin, some(2, 3), some(3) + 0.01)],
    "clip": [
        (lambda x: rules.clip(x, a_min=-0.9, a_max=0.9), some(2, 3)),
        (lambda x: np.clip(x, 0.1, None), some(4)),
        (lambda x: np.clip(x, np.array([-1.0, 0.0, 1.0]), 5.0), some(2, 3)),
    ],
    "where": [
        (lambda x, y: rules.where(PICK, x, y), some(2, 3), some(3)),
        (lambda x, y: rules.where(PICK, x, y), some(2, 1), some()),
        (lambda x: np.where(x > 0, x * x, 0.0), some(5)),
    ],
    "nan_to_num": [(lambda x: rules.nan_to_num(x, nan=3.0), some(2, 3))],
    "real": [(rules.real, some(2, 3))],
    "maximum": [
        (rules.maximum, some(2, 3), some(3) + 0.01),
        (lambda x: np.maximum(x, 0.0), some(5)),
    ],
    "minimum": [
        (rules.minimum, some(2, 3), some(3) + 0.01),
        (lambda x: np.minimum(0.5, x), some(4) + 0.01),
    ],
    "astype": [(lambda x: rules.astype(x, dtype=np.float64), some(3))],
    "sum": [
        (rules.sum, some(2, 3)),
        (rules.sum, some()),
        (lambda x: rules.sum(x, axis=0), some(2, 3)),
        (lambda x: rules.sum(x, axis=-1, keepdims=True), some(2, 3)),
        (lambda x: rules.sum(x, axis=(0, -1)), some(2, 3, 2)),
        (lambda x: rules.sum(x, axis=()), some(2, 3)),
    ],
    "mean": [
        (rules.mean, some(2, 3)),
        (rules.mean, some()),
        (lambda x: rules.mean(x, axis=1), some(2, 3)),
        (lambda x: rules.mean(x, axis=(-1, 0), keepdims=True), some(2, 3, 2)),
    ],
    "var": [
        (rules.var, some(2, 3)),
        (lambda x: rules.var(x, axis=0, ddof=1), some(4, 3)),
        (lambda x: rules.var(x, axis=(0, -1), keepdims=True), some(2, 3, 2)),
    ],
    "std": [
        (rules.std, some(2, 3)),
        (lambda x: rules.std(x, axis=1, ddof=1, keepdims=True), some(2, 3)),
    ],
    "cumsum": [
        (rules.cumsum, some(2, 3)),
        (lambda x: rules.cumsum(x, axis=0), some(3, 2)),
        (lambda x: np.cumsum(x, axis=-1), some(2, 3)),
    ],
    "max": [
        (rules.max, some(2, 3)),
        (lambda x: rules.max(x, axis=1), some(2, 3)),
        (lambda x: x.max(axis=(0, 2), keepdims=True), some(2, 3, 2)),
    ],
    "nanmax": [
        (lambda x: rules.nanmax(np.where(HOLES, np.nan, x)), some(2, 3)),
        (lambda x: np.nanmax(np.where(HOLES, np.nan, x), axis=1), some(2, 3)),
    ],
    "nanmin": [
        (lambda x: rules.nanmin(np.where(HOLES, np.nan, x)), some(2, 3)),
        (lambda x: np.nanmin(x, axis=0, keepdims=True), some(2, 3)),
    ],
    "min": [(rules.min, some(2, 3)), (lambda x: np.amin(x, axis=0), some(2, 3))],
    "order_statistic": [
        (lambda x: rules.order_statistic(x, k=1), some(2, 3)),
        (lambda x: rules.order_statistic(x, k=0), some(4)),
    ],
    "convolve": [
        (rules.convolve, some(4), some(3)),
        (rules.convolve, some(2), some(3)),
        (rules.convolve, some(1), some(3)),
    ],
    "concatenate": [
        (rules.concatenate, some(2, 3), some(1, 3)),
        (lambda x, y: rules.concatenate(x, y, axis=-1), some(2, 3), some(2, 2)),
        (lambda x, y: rules.concatenate(x, y, axis=None), some(2, 3), some(4)),
        (lambda x, y: np.stack([x, y], axis=1), some(2, 3), some(2, 3)),
        (lambda x, y: np.stack([x, y], axis=-1), some(2, 3), some(2, 3)),
        (lambda x, y: np.vstack([x, y]), some(3), some(2, 3)),
        (lambda x, y: np.hstack((x, y)), some(3), some()),
        (lambda x, y: np.hstack((x, y)), some(2, 3), some(2, 1)),
        (lambda x, y: np.column_stack([x, y]), some(3), some(3, 2)),
        (lambda x, y: np.append(x, y), some(2, 3), some(2)),
        (lambda x: np.concatenate([x, x, np.ones(2)]), some(3)),
    ],
    "reshape": [
        (lambda x: rules.reshape(x, shape=(3, -1)), some(2, 3)),
        (lambda x: rules.reshape(x, shape=()), some(1)),
        (lambda x: rules.reshape(x, shape=4), some(2, 2)),
    ],
    "squeeze": [
        (rules.squeeze, some(1, 3, 1)),
        (lambda x: rules.squeeze(x, axis=0), some(1, 3, 1)),
    ],
    "expand_dims": [
        (lambda x: rules.expand_dims(x, axis=1), some(2, 3)),
        (lambda x: rules.expand_dims(x, axis=(0, -1)), some(3)),
    ],
    "transpose": [
        (rules.transpose, some(2, 3)),
        (lambda x: rules.transpose(x, axes=(1, 2, 0)), some(2, 3, 4)),
        (lambda x: rules.transpose(x, axes=(-1, 0, 1)), some(2, 3, 4)),
    ],
    "swapaxes": [(lambda x: rules.swapaxes(x, axis1=0, axis2=-1), some(2, 3, 2))],
    "broadcast_to": [
        (lambda x: rules.broadcast_to(x, shape=(2, 3)), some(3)),
        (lambda x: rules.broadcast_to(x, shape=(4, 2, 3)), some(2, 1)),
    ],
    "getitem": [
        (lambda x: getitem(x, index=1), some(3)),
        (lambda x: getitem(x, index=(slice(None, None, -1), 0)), some(3, 2)),
        (lambda x: getitem(x, index=(..., None, 1)), some(2, 3)),
        (lambda x: getitem(x, index=np.array([0, 0, 2])), some(3)),
        (lambda x: getitem(x, index=[1, 1]), some(3, 2)),
        (lambda x: getitem(x, index=PICK), some(2, 3)),
        (lambda x: getitem(x, index=(np.array([0, 1, 0]), slice(1, 3))), some(2, 3)),
        (lambda x: getitem(x, index=np.int64(1)), some(3, 2)),
        (lambda x: getitem(x, index=True), some(3)),
    ],
    "scatter": [
        (lambda x: scatter(x, index=np.array([0, 0, 2]), shape=(4,)), some(3)),
        (lambda x: scatter(x, index=slice(0, 4, 2), shape=(4,)), some(2)),
    ],
    "dot": [
        (lambda x: np.dot(x, 2.0), some(3)),
        (lambda x: np.dot(2.0, x), some(3)),
        (rules.dot, some(2, 3), some(3, 4)),
        (rules.dot, some(3), some(3)),
        (rules.dot, some(3), some(3, 2)),
        (rules.dot, some(2, 3), some(3)),
    ],
    "einsum": [
        (lambda x, y: np.einsum("ij,jk->ik", x, y), some(2, 3), some(3, 2)),
        (lambda x, y: np.einsum("ij,jk", x, y), some(2, 3), some(3, 2)),
        (lambda x, y: np.einsum("i,j->ij", x, y), some(2), some(3)),
        (lambda x, y: np.einsum("...ij,...jk->...ik", x, y), some(4, 2, 3), some(3, 2)),
        (lambda x, y: np.einsum("...i,i", x, y), some(2, 3), some(3)),
        (lambda x, y: np.einsum("bi,bj->", x, y), some(4, 2), some(4, 3)),
        (lambda x: np.einsum("ij->j", x), some(2, 3)),
        (lambda x: np.einsum("ii", x), some(3, 3)),
        (lambda x: np.einsum("aab->b", x), some(2, 2, 3)),
        (lambda x: np.einsum("iij->ji", x), some(2, 2, 3)),
        (lambda x: np.einsum("ij->ji", x), some(2, 3)),
        (lambda x: np.einsum("ij,ij,ij->i", x, x, x), some(2, 3)),
        (lambda x, y: np.inner(x, y), some(2, 3), some(4, 3)),
        (lambda x, y: np.tensordot(x, y), some(4, 2, 3), some(2, 3)),
        (
            lambda x, y: np.tensordot(x, y, axes=([0, 2], [1, 0])),
            some(2, 4, 3),
            some(3, 2),
        ),
        (
            lambda x, y: np.einsum("ij,jk,ik->i", x, y, np.ones((2, 2)), optimize=True),
            some(2, 3),
            some(3, 2),
        ),
    ],
    "inv": [
        (rules.inv, some(3, 3) + 2 * np.eye(3)),
        (rules.inv, some(2, 2, 2) + 4 * np.eye(2)),
    ],
    "solve": [
        (rules.solve, some(3, 3) + 4 * np.eye(3), some(3)),
        (rules.solve, some(3, 3) + 4 * np.eye(3), some(3, 2)),
        (rules.solve, some(2, 2, 2) + 4 * np.eye(2), some(2, 2, 1)),
        (rules.solve, some(3, 2, 2) + 4 * np.eye(2), some(2)),
        (rules.solve, some(2, 2, 2) + 4 * np.eye(2), some(2)),
    ],
    "det": [
        (rules.det, some(3, 3) + np.eye(3)),
        (rules.det, some(2, 2, 2) + np.eye(2)),
        (lambda x: np.linalg.det(x).sum(), some(2, 2, 2) + np.eye(2)),
    ],
    "norm": [
        (rules.norm, some(3)),
        (rules.norm, some(2, 3)),
        (lambda x: np.linalg.norm(x, axis=1, keepdims=True), some(2, 3)),
        (lambda x: np.linalg.norm(x, 2, axis=0), some(2, 3)),
        (lambda x: np.linalg.norm(x, "fro", axis=(0, 2)), some(2, 3, 2)),
        (lambda x: rules.norm(x, ord=3, axis=-1), some(2, 3)),
        (lambda x: rules.norm(x, ord=1.5), some(4)),
        (lambda x: rules.norm(x, ord=1, axis=0, keepdims=True), some(3, 2)),
    ],
    "pinv": [
        (rules.pinv, some(3, 2)),
        (rules.pinv, some(2, 3, 4)),
        (lambda x: np.linalg.pinv(x, rcond=1e-9), some(2, 2)),
    ],
    "cholesky": [
        (lambda x: rules.cholesky(definite(x)), some(3, 3)),
        (lambda x: np.linalg.cholesky(definite(x), upper=True), some(2, 2, 2)),
    ],
    "eigh": [
        (lambda x: rules.eigh(definite(x))[0], some(3, 3)),
        (lambda x: rules.eigh(definite(x))[1], some(3, 3)),
        (lambda x: np.linalg.eigh(definite(x), UPLO="U").eigenvectors, some(2, 2, 2)),
        (lambda x: inner(*rules.eigh(definite(x))), some(3, 3)),
    ],
    "svd": [
        (lambda x: rules.svd(x)[0], some(4, 2)),
        (lambda x: rules.svd(x)[1], some(2, 3)),
        (lambda x: rules.svd(x)[2], some(4, 2)),
        (lambda x: rules.svd(x)[0], some(2, 4)),
        (lambda x: rules.svd(x).Vh, some(2, 2, 3)),
        (lambda x: inner(rules.svd(x).S, rules.svd(x).U), some(2, 3)),
    ],
    "qr": [
        (lambda x: rules.qr(x)[0], some(3, 2)),
        (lambda x: rules.qr(x)[1], some(3, 2)),
        (lambda x: inner(*rules.qr(x)), some(2, 2, 2)),
    ],
    "slogdet": [
        (lambda x: rules.slogdet(x)[1], some(3, 3) + np.eye(3)),
        (lambda x: np.linalg.slogdet(x).logabsdet, some(2, 2, 2) - 3 * np.eye(2)),
    ],
    "matmul": [
        (rules.matmul, some(2, 3), some(3, 4)),
        (rules.matmul, some(3), some(3)),
        (rules.matmul, some(3), some(3, 2)),
        (rules.matmul, some(2, 3), some(3)),
        (rules.matmul, some(4, 2, 3), some(4, 3, 2)),
        (rules.matmul, some(4, 2, 3), some(3, 2)),
        (rules.matmul, some(2, 3), some(4, 3, 2)),
        (rules.matmul, some(2, 1, 2, 3), some(4, 3, 2)),
        (rules.matmul, some(3), some(4, 3, 2)),
        (rules.matmul, some(4, 2, 3), some(3)),
    ],
}

ROWS = [row for rows in CASES.values() for row in rows]


def split(row):
    return row[0], row[1:]


def test_every_rule_has_a_row():
    assert set(CASES) == set(rules.__all__)


@pytest.mark.parametrize("row", ROWS)
def test_first_and_second_derivatives_agree_with_central_differences(row):
    f, operands = split(row)
    check_gradients(f, *operands, order=2)


@pytest.mark.parametrize("row", [r for r in ROWS if len(r) > 2])
def test_they_do_so_when_only_one_operand_is_a_tensor(row):
    f, (x, y) = split(row)
    check_gradients(lambda x: f(x, y), x, order=2)
    check_gradients(lambda y: f(x, y), y, order=2)


@pytest.mark.parametrize("row", ROWS)
def test_plain_in_gives_plain_out(row):
    f, operands = split(row)
    value = f(*operands)
    assert isinstance(value, np.ndarray | np.generic)
    # NumPy itself may sum in another order than the rules that make up the function.
    on_tensors = f(*map(Tensor, operands)).data
    np.testing.assert_allclose(value, on_tensors, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("row", ROWS)
def test_a_gradient_has_the_dtype_of_its_data(row):
    f, operands = split(row)
    leaves = [Tensor(x.astype(np.float32)) for x in map(np.asarray, operands)]
    f(*leaves).sum().backward()
    assert [x.grad.dtype for x in leaves] == [np.float32] * len(leaves)
    assert [x.grad.shape for x in leaves] == [x.shape for x in leaves]


def test_reuse_adds_up():
    check_gradients(lambda x: (x * x) @ np.exp(x).T + x.sum() * x[0, 0], some(2, 2))


# --- points where calculus leaves a choice, or a trap ---------------------------------


def gradient(f, *x):
    leaves = [Tensor(a) for a in x]
    f(*leaves).sum().backward()
    return [leaf.grad for leaf in leaves]


def test_maximum_and_minimum_share_the_gradient_at_a_tie():
    assert gradient(np.maximum, 1.0, 1.0) == [0.5, 0.5]
    assert gradient(np.minimum, 1.0, 1.0) == [0.5, 0.5]
    assert gradient(lambda x: np.maximum(x, 0.0), 0.0) == [0.5]


@pytest.mark.parametrize(
    ("f", "points", "slopes"),
    [
        (abs, [-1.0, 0.0, 2.0], [-1.0, 0.0, 1.0]),
        (lambda x: np.clip(x, -1, 1), [-2.0, -1.0, 0.0, 1.0, 2.0], [0, 1, 1, 1, 0]),
        (lambda x: np.hypot(x, 0.0), [-1.0, 0.0, 2.0], [-1.0, 0.0, 1.0]),
        (lambda x: np.hypot(0.0, x), [-1.0, 0.0, 2.0], [-1.0, 0.0, 1.0]),
        (lambda x: np.fmax(x, np.nan), [1.0, -3.0], [1.0, 1.0]),
        (lambda x: np.fmax(np.nan, x), [1.0, -3.0], [1.0, 1.0]),
        (lambda x: np.fmin([np.nan, 0.0], x), [1.0, 1.0], [1.0, 0.0]),
        (lambda x: np.fmin(x, [np.nan, 0.0]), [1.0, 1.0], [1.0, 0.0]),
        (lambda x: np.copysign(x, -1.0), [-2.0, 0.0, 2.0], [1.0, 0.0, -1.0]),
        (lambda x: np.copysign(x, [0.0, -0.0]), [-2.0, -2.0], [-1.0, 1.0]),
        (lambda x: np.nan_to_num(x), [1.0, np.nan, np.inf], [1.0, 0.0, 0.0]),
        (lambda x: np.where(x > 0, x, 5.0), [1.0, -1.0], [1.0, 0.0]),
        (np.max, [1.0, 3.0, 3.0], [0.0, 0.5, 0.5]),
        (np.max, [1.0, np.nan], [0.0, 0.0]),
        (lambda x: np.sqrt(np.max(x)), [-1.0, 0.0], [0.0, np.inf]),
        (lambda x: np.fmin(x, 0.0), [np.nan, -1.0], [0.0, 1.0]),
        (np.nan_to_num, [-np.inf, 2.0], [0.0, 1.0]),
        (logsumexp, [-np.inf, -np.inf], [0.0, 0.0]),
        (logsumexp, [-np.inf, 0.0], [0.0, 1.0]),
        (logsumexp, [np.inf, 1.0], [np.nan, 0.0]),
        (lambda x: np.linalg.norm(x, 3), [0.0, 0.0], [0.0, 0.0]),
        (lambda x: np.ldexp(x, 1030), [1e-300], [np.inf]),
        (np.min, [1.0, 3.0, 1.0], [0.5, 0.0, 0.5]),
        (np.std, [2.0, 2.0, 2.0], [0.0, 0.0, 0.0]),
        (np.linalg.norm, [0.0, 0.0], [0.0, 0.0]),
        (np.prod, [2.0, 0.0, 3.0], [0.0, 6.0, 0.0]),
        (np.prod, [2.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
        (lambda x: np.logaddexp(x, x), [1e3, -1e3], [1.0, 1.0]),
        (lambda x: x % 3, [4.0, -4.0], [1.0, 1.0]),
        (np.arccosh, [1 + 2**-30], [(2**-30 * (2 + 2**-30)) ** -0.5]),
        (np.arcsinh, [1e200], [1e-200]),
    ],
)
def test_the_slope_at_a_kink_or_edge_is_the_documented_one(f, points, slopes):
    with np.errstate(all="ignore"):
        (g,) = gradient(f, np.array(points))
    np.testing.assert_allclose(g, slopes, rtol=1e-12, atol=0)


def test_where_keeps_the_gradients_of_its_branches_apart():
    x = Tensor([4.0, 0.0])
    with np.errstate(divide="ignore", invalid="ignore"):
        np.where(x > 0, 1 / x, x).sum().backward()
    assert x.grad[0] == -1 / 16
    assert np.isnan(x.grad[1])  # 0 times the infinite slope of 1 / x, as documented
    x = Tensor([4.0, 0.0])
    np.where(x > 0, 1 / np.where(x > 0, x, 1.0), x).sum().backward()
    np.testing.assert_array_equal(x.grad, [-1 / 16, 1.0])


@pytest.mark.parametrize("zero", [0, 0.0, np.zeros(()), np.float32(0)])
def test_the_slope_of_x_to_the_zero_is_zero_at_zero_too(zero):
    assert gradient(lambda x: x**zero, 0.0) == [0.0]
    assert gradient(lambda x: x**zero, 2.0) == [0.0]


def test_the_slope_of_a_square_root_at_zero_is_infinite_as_its_limit_is():
    with np.errstate(divide="ignore"):
        assert gradient(lambda x: x**0.5, 0.0) == [np.inf]


def test_the_slope_of_zero_to_the_y_is_zero():
    assert gradient(lambda x, y: x**y, 0.0, 2.0) == [0.0, 0.0]


def test_the_slope_in_y_is_nan_where_x_is_negative():
    with np.errstate(invalid="ignore"):
        (gx, gy) = gradient(lambda x, y: x**y, -2.0, 3.0)
    assert gx == 12.0
    assert np.isnan(gy)


def test_mixed_second_derivatives_of_a_power_hold_where_the_exponent_is_zero():
    check_gradients(lambda x, y: x**y, np.array([2.0]), np.array([0.0]), order=2)


def test_an_index_taken_twice_gets_both_gradients():
    (g,) = gradient(
        lambda x: x[np.array([0, 0, 2])] * np.array([1.0, 10.0, 5.0]), some(3)
    )
    np.testing.assert_array_equal(g, [11.0, 0.0, 5.0])


def test_a_third_derivative_goes_through_indexing_too():
    x = Tensor(np.array([2.0, 3.0]))
    g = (x[[0, 0, 1]] ** 4).sum()
    for expected in ([64.0, 108.0], [96.0, 108.0], [96.0, 72.0]):
        x.grad = None
        g.backward(create_graph=True)
        np.testing.assert_allclose(x.grad.data, expected)
        g = x.grad.sum()
    x.grad = None


def test_matmul_says_what_did_not_fit_and_what_would():
    a, b = Tensor(np.ones((2, 3))), Tensor(np.ones((2, 3)))
    with pytest.raises(ValueError, match="second transposed would fit") as error:
        a @ b
    assert str(error.value) == (
        "matmul: (2, 3) @ (2, 3) needs 3 == 2; the second transposed would fit"
    )
    with pytest.raises(ValueError, match=r"matmul: \(2, 3\) @ \(5, 4\) needs 3 == 5$"):
        a @ np.ones((5, 4))
    with pytest.raises(ValueError, match=r"number where a matrix belongs; use \*"):
        a @ 2.0


@pytest.mark.filterwarnings("ignore:Mean of empty", "ignore:invalid value")
def test_the_mean_of_nothing_has_a_gradient_of_nothing():
    x = Tensor(np.ones((0, 3)))
    x.mean(axis=0).sum().backward()
    assert x.grad.shape == (0, 3)
    y = Tensor(np.ones((0, 3)))
    y.mean(axis=1).sum().backward()
    assert y.grad.shape == (0, 3)


@pytest.mark.parametrize(
    ("x", "cofactors"),
    [
        ([[1.0, 2.0], [2.0, 4.0]], [[4.0, -2.0], [-2.0, 1.0]]),
        ([[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]),
        (np.diag([2.0, 0.0, 5.0]), np.diag([0.0, 10.0, 0.0])),
    ],
)
def test_a_determinant_that_is_zero_has_its_cofactors_as_slope(x, cofactors):
    (g,) = gradient(np.linalg.det, np.array(x))
    np.testing.assert_allclose(g, cofactors, atol=1e-14)
    (both,) = gradient(np.linalg.det, np.stack([np.array(x), 2 * np.eye(len(x))]))
    np.testing.assert_allclose(both[0], cofactors, atol=1e-14)
    np.testing.assert_allclose(both[1], 2 ** (len(x) - 1) * np.eye(len(x)))


def test_the_slope_of_sinc_is_its_series_near_zero_and_far():
    x = np.linspace(-1.2, 1.2, 49)
    (g,) = gradient(np.sinc, x)
    series = [
        (-1) ** k * 2 * k * (np.pi * x) ** (2 * k - 1) / math.factorial(2 * k + 1)
        for k in range(1, 40)
    ]
    np.testing.assert_allclose(g, np.pi * sum(series), rtol=1e-12, atol=1e-14)


def test_the_gradient_of_a_symmetric_matrix_is_symmetric():
    for f in (lambda x: np.linalg.eigh(x)[1], np.linalg.cholesky):
        x = Tensor([[2.0, 1.0], [1.0, 3.0]])
        (f(x) * np.array([[1.0, 2.0], [5.0, 3.0]])).sum().backward()
        np.testing.assert_allclose(x.grad, x.grad.T, rtol=1e-14)


def test_a_pseudo_inverse_cuts_where_it_is_told_to():
    x = Tensor(np.diag([1.0, 1e-4]))
    assert np.linalg.pinv(x, rcond=1e-2).data[1, 1] == 0
    assert np.linalg.pinv(x).data[1, 1] == pytest.approx(1e4)


@pytest.mark.parametrize("p", [0, np.inf, -np.inf, 1])
def test_the_rule_of_the_norm_knows_vectors_and_p_norms_alone(p):
    x = np.ones((2, 2)) if p == 1 else np.ones(2)
    with pytest.raises(ValueError, match=f"^norm: of order {p!r}, .* has no p-norm"):
        rules.norm(Tensor(x), ord=p)
    with pytest.raises(ValueError, match=f"^norm: of order {p!r}, .* has no p-norm"):
        rules.norm(Tensor(np.ones((2, 2))), ord=p, axis=(0, 1))


def test_a_running_sum_of_one_number_has_an_axis():
    for axis in (None, 0):
        assert gradient(lambda x, axis=axis: np.cumsum(x, axis=axis), 2.0) == [1.0]


def test_a_tie_with_what_is_missing_takes_nothing():
    assert gradient(np.nanmax, np.array([-np.inf, np.nan]))[0].tolist() == [1.0, 0.0]


def test_a_norm_that_is_zero_though_its_entries_are_not_has_slope_zero():
    with np.errstate(divide="ignore"):
        (g,) = gradient(lambda x: np.linalg.norm(x, -1), np.array([0.0, 1.0]))
    assert g.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_infinities_become_the_largest_number_of_their_dtype(dtype):
    x = np.array([np.inf, -np.inf, np.nan, 1.0], dtype)
    for options in ({}, {"posinf": 0.0}, {"neginf": 5.0}, {"posinf": 3.0, "nan": 2.0}):
        y = np.nan_to_num(Tensor(x), **options)
        assert y.dtype == dtype
        np.testing.assert_array_equal(y.data, np.nan_to_num(x, **options))


def test_only_the_axis_that_was_summed_over_goes():
    assert logsumexp(Tensor(np.ones((1, 3))), axis=1).shape == (1,)


def test_dot_is_for_vectors_and_matrices():
    with pytest.raises(ValueError, match=r"dot: .* more than two axes; use @"):
        np.dot(Tensor(np.ones((2, 2, 2))), np.ones((2, 2)))
    with pytest.raises(ValueError, match=r"dot: .* more than two axes; use @"):
        np.dot(Tensor(np.ones((2, 2))), np.ones((2, 2, 2)))
    with pytest.raises(ValueError, match=r"^dot: \(2, 3\) @ \(4, 2\) needs 3 == 4$"):
        np.dot(Tensor(np.ones((2, 3))), np.ones((4, 2)))


def test_a_cast_to_the_dtype_that_is_there_makes_no_node():
    x = Tensor([1.0, 2.0])
    assert cast(x, np.float64) is x
    assert cast(x, np.float32).op == "astype"


def test_casting_to_what_are_no_floats_is_refused():
    with pytest.raises(TypeError, match=r"astype: int64 has no gradient; .*t.data"):
        Tensor([1.0]).astype(np.int64)
    with pytest.raises(TypeError, match=r"astype: complex128 has no gradient"):
        Tensor([1.0]).astype(complex)


@pytest.mark.parametrize("f", [np.mean, np.var])
def test_the_slope_of_a_mean_over_more_entries_than_float16_counts_is_not_zero(f):
    x = np.tile(np.float16([0, 2]), 40000)
    with np.errstate(over="ignore"):  # NumPy's own var counts in float16
        (g,) = gradient(f, x)
    slopes = {np.mean: [1, 1], np.var: [-2, 2]}[f]
    assert g.dtype == np.float16
    np.testing.assert_allclose(g[:2], np.array(slopes) / 80000, rtol=1e-2)


# --- the table itself -----------------------------------------------------------------


def cell(operation):
    """Where a decorated rule keeps the function that it runs."""
    return operation.__closure__[operation.__code__.co_freevars.index("rule")]


@pytest.mark.parametrize("name", rules.__all__)
def test_the_table_finds_a_closure_that_is_wrong_by_a_thousandth(name):
    place = cell(getattr(rules, name))
    rule = place.cell_contents
    for n in range(3):
        used = []

        @functools.wraps(rule)
        def mutant(*operands, _n=n, _used=used, **options):
            value, grad_fns = rule(*operands, **options)
            return value, spoiled(grad_fns, _n, _used)

        place.cell_contents = mutant
        try:
            found = any(map(wrong_in, CASES[name]))
        finally:
            place.cell_contents = rule
        assert found == any(used)  # a closure that gives only zeros can't be wrong


def spoiled(grad_fns, n, used):
    """The closures, the n-th of them (of all the results) wrong by a thousandth."""
    number = itertools.count()

    def one(fn):
        if fn is None or next(number) != n:
            return fn

        def wrong(g):
            gx = fn(g) * 1.001
            used.append(bool(np.any(gx != 0)))
            return gx

        return wrong

    return tuple(tuple(map(one, f)) if type(f) is tuple else one(f) for f in grad_fns)


def wrong_in(row):
    try:
        check_gradients(row[0], *row[1:])
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize(
    ("f", "x", "slope"),
    [
        (lambda x: x ** np.uint8(0), 20.0, 0.0),
        (lambda x: x ** np.arange(3, dtype=np.uint8), np.full(3, 2, "f4"), [0, 1, 4]),
        (lambda x: x ** np.array([-128], np.int8), [1.1], [-128 * 1.1**-129.0]),
        (lambda x: np.array([3], np.int8) ** x, [2.0], [9 * np.log(3)]),
        (lambda x: np.float_power(np.array([3], np.int8), x), [2.0], [9 * np.log(3)]),
        (lambda x: np.float_power(np.float32([3]), x), [2.0], [9 * np.log(3)]),
        (lambda x: Fraction(1, 2) ** x, 2.0, np.log(0.5) / 4),
        (lambda x: np.arctan2(x, np.array([100], np.int8)), [1.0], [100 / 10001]),
        (lambda x: np.arctan2(x, np.uint8(16)), [1.0], [16 / 257]),
        (lambda x: np.arctan2(x, np.float16(300)), [1.0], [300 / 90001]),
        (lambda x: np.arctan2(x, 1e-200), 1e-200, 5e199),
        (lambda x: np.arctan2(x, 1e200), 1e200, 5e-201),
        (lambda x: np.arctan2(1e200, x), 1e200, -5e-201),
    ],
)
def test_a_constant_of_a_small_dtype_neither_wraps_nor_rounds_the_slope(f, x, slope):
    leaf = Tensor(x)
    f(leaf).sum().backward()
    np.testing.assert_allclose(leaf.grad, slope, rtol=1e-14)


def test_a_limit_that_is_no_machine_number_goes_backward_too():
    for f in (np.fmax, np.fmin):
        x = Tensor([1.0, np.nan])
        y = f(x, 10**30)
        y.sum().backward()
        assert y.data[1] == 1e30
        np.testing.assert_array_equal(x.grad, [f is np.fmin, 0.0])
