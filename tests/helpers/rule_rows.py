"""The table of rules: a row per case, numbers between -2 and 2 as operands."""

import math

import numpy as np

from engine import rules
from engine.rules import getitem, scatter
from helpers.cases import numbered

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


SIX = np.array([[0.7, -1.3, 0.2], [1.9, -0.4, 1.1]])
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
    "nextafter": [(rules.nextafter, some(2, 3), 5.0), (rules.nextafter, 0.3, some(3))],
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
    "heaviside": [
        (rules.heaviside, some(2, 3), some(3)),
        (lambda y: rules.heaviside(np.array([0.0, 1.0, 0.0]), y) * y, some(3)),
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
        (lambda x: np.sum(x, axis=1, where=PICK, initial=2.0), SIX),
        (lambda x: rules.sum(x, axis=0), some(2, 3)),
        (lambda x: rules.sum(x, axis=-1, keepdims=True), some(2, 3)),
        (lambda x: rules.sum(x, axis=(0, -1)), some(2, 3, 2)),
        (lambda x: rules.sum(x, axis=()), some(2, 3)),
    ],
    "mean": [
        (rules.mean, some(2, 3)),
        (rules.mean, some()),
        (lambda x: np.mean(x, axis=1, where=PICK), SIX),
        (lambda x: rules.mean(x, axis=1), some(2, 3)),
        (lambda x: rules.mean(x, axis=(-1, 0), keepdims=True), some(2, 3, 2)),
    ],
    "var": [
        (rules.var, some(2, 3)),
        (lambda x: rules.var(x, axis=0, ddof=1), some(4, 3)),
        (lambda x: np.var(x, axis=1, where=PICK, correction=1), SIX),
        (lambda x, m: np.var(x, axis=0, mean=m), SIX, SIX[:1] + 1),
        (lambda x: rules.var(x, axis=(0, -1), keepdims=True), some(2, 3, 2)),
    ],
    "std": [
        (rules.std, some(2, 3)),
        (lambda x: rules.std(x, axis=1, ddof=1, keepdims=True), some(2, 3)),
        (lambda x: np.std(x, axis=1, where=PICK, keepdims=True), SIX),
    ],
    "cumsum": [
        (rules.cumsum, some(2, 3)),
        (lambda x: rules.cumsum(x, axis=0), some(3, 2)),
        (lambda x: np.cumsum(x, axis=-1), some(2, 3)),
    ],
    "max": [
        (rules.max, some(2, 3)),
        (lambda x: rules.max(x, axis=1), some(2, 3)),
        (lambda x: np.max(x, axis=1, where=PICK, initial=0.1), SIX),
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
        (lambda x, y: np.concatenate([x, y], axis=1), some(2, 3), some(2, 3)),
        (lambda x, y: np.concatenate([x, y], axis=-1), some(2, 3), some(2, 3)),
        (lambda x, y: np.vstack([x, y]), some(3), some(2, 3)),
        (lambda x, y: np.hstack((x, y)), some(3), some()),
        (lambda x, y: np.hstack((x, y)), some(2, 3), some(2, 1)),
        (lambda x, y: np.column_stack([x, y]), some(3), some(3, 2)),
        (lambda x, y: np.append(x, y), some(2, 3), some(2)),
        (lambda x: np.concatenate([x, x, np.ones(2)]), some(3)),
    ],
    "reshape": [
        (lambda x: rules.reshape(x, shape=(3, -1)), some(2, 3)),
        (lambda x: np.reshape(x, (3, 2), order="F"), SIX),
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
        (rules.dot, some(2, 3, 4), some(2, 4, 3)),
        (rules.dot, some(2, 3, 4), some(4)),
        (rules.dot, some(3), some(2, 3, 4)),
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
    "i0": [(rules.i0, some(2, 3)), (rules.i0, some()), (rules.i0, 3 * some(3))],
    "linspace": [
        (lambda x, y: rules.linspace(x, y, num=4), some(2, 3), some(3)),
        (lambda x, y: rules.linspace(x, y, num=3, endpoint=False), some(), some(2)),
        (lambda x, y: rules.linspace(x, y, num=1), some(2), some(2)),
        (lambda x: rules.linspace(x, 1.5, num=5), some()),
    ],
    "unwrap": [
        (lambda x: rules.unwrap(5 * x), some(2, 3)),
        (lambda x: rules.unwrap(x, axis=0, discont=1.5, period=1.7), some(4)),
    ],
    "stack": [
        (rules.stack, some(2, 3), some(2, 3)),
        (rules.stack, some(), some()),
        (lambda x, y: np.stack([x, y], axis=1), some(2, 3), some(2, 3)),
        (lambda x, y: np.stack([x, y], axis=-1), some(2, 3), some(2, 3)),
        (lambda x: np.stack([x, np.ones(2), x]), some(2)),
    ],
}

ROWS = numbered(CASES)

# rule that NumPy does not have: (a function of the operand, the operand, its value)
VALUES = {
    "getitem": (lambda x: rules.getitem(x, index=1), [5.0, 6.0, 7.0], 6.0),
    "logsumexp": (rules.logsumexp, [0.0, 0.0, math.log(2.0)], math.log(4.0)),
    "order_statistic": (lambda x: rules.order_statistic(x, k=1), [3.0, 1.0, 2.0], 2.0),
    "scatter": (
        lambda x: rules.scatter(x, index=np.array([2, 0, 2]), shape=(3,)),
        [1.0, 10.0, 100.0],
        [10.0, 0.0, 101.0],
    ),
}
