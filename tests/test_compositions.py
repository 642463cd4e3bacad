"""NumPy functions composed of rules: NumPy's values, and slopes to second order."""

import inspect

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from engine import Tensor, check_gradients
from engine.numpy_protocol import _compositions

NUMPY = np.lib.NumpyVersion(np.__version__)
M = np.array([[True, False], [False, True], [True, True]])
V = np.array([0.5, -1.0, 2.0])
XP = np.array([0.0, 0.4, 1.1, 3.0])


def holed(x):
    """x with two entries that are NaN."""
    return np.where(np.arange(12).reshape(2, 3, 2) % 7 == 2, np.nan, x)


def square(x):
    """Three by three, symmetric, with positive eigenvalues well apart."""
    m = x.reshape(-1)[:9].reshape(3, 3)
    return m @ m.T / 4 + np.diag([3.0, 1.0, 0.5])


def vectors(x):
    return x.reshape(-1)[:3], x.reshape(-1)[4:7]


def flat(*rows):
    """Everything in rows, flattened and joined."""
    return np.concatenate([np.ravel(row) for row in rows])


# NumPy's function: functions of an array of shape (2, 3, 2), all entries different
CASES = {
    np.concatenate: [
        lambda x: np.concatenate([x, 1.0], axis=None),
        lambda x: np.concatenate([x, x], 1),
    ],
    np.stack: [
        lambda x: np.stack([x[0, 0, 0], 1.0]),
        lambda x: np.stack((x[0], 2 * x[1]), axis=-1),
        lambda x: np.stack([x[0], x[1]], out=None, dtype=None),
    ],
    np.vstack: [lambda x: np.vstack([x[0], V[:2]])],
    np.hstack: [lambda x: np.hstack([x[0], x[1]]), lambda x: np.hstack([x[0, 0], 1.0])],
    np.dstack: [
        lambda x: np.dstack([x, x]),
        lambda x: np.dstack([x[0], x[1]]),
        lambda x: np.dstack([x[0, 0], x[0, 1]]),
        lambda x: np.dstack([x[0, 0, 0], 2.0]),
    ],
    np.column_stack: [
        lambda x: np.column_stack([x[0, 0, 0], 1.0]),
        lambda x: np.column_stack([x[0], V]),
    ],
    np.append: [
        lambda x: np.append(x, 1.0),
        lambda x: np.append(x, [[1.0]]),
        lambda x: np.append(x, x[:, :1], axis=1),
    ],
    np.array_split: [
        lambda x: flat(*np.array_split(x, 2, axis=1)),
        lambda x: np.array_split(x, 2, axis=1)[0],
        lambda x: np.array_split(x, [1, 2], axis=-2)[1],
    ],
    np.split: [
        lambda x: np.split(x, 3, axis=1)[2],
        lambda x: np.split(x, [1])[1],
        lambda x: np.split(x.reshape(-1), [2, 9])[1],
    ],
    np.vsplit: [lambda x: np.vsplit(x, 2)[1]],
    np.hsplit: [lambda x: np.hsplit(x, 3)[1], lambda x: np.hsplit(x.ravel(), 4)[1]],
    np.dsplit: [lambda x: np.dsplit(x, 2)[1]],
    np.unstack: [lambda x: np.unstack(x)[1], lambda x: np.unstack(x, axis=-1)[0]],
    np.ravel: [lambda x: np.ravel(x, "C"), lambda x: np.ravel(x), lambda x: x.ravel()],
    np.atleast_1d: [
        lambda x: np.atleast_1d(x.sum()),
        lambda x: flat(*np.atleast_1d(x, x[0])),
    ],
    np.atleast_2d: [lambda x: np.atleast_2d(x[0, 0])],
    np.atleast_3d: [
        lambda x: np.atleast_3d(x[0, 0, 0]),
        lambda x: np.atleast_3d(x[0, 0]),
        lambda x: np.atleast_3d(x[0]),
        lambda x: np.atleast_3d(x),
    ],
    np.moveaxis: [
        lambda x: np.moveaxis(x, 0, -1),
        lambda x: np.moveaxis(x, [0, 1], [2, 0]),
    ],
    np.rollaxis: [
        lambda x: np.rollaxis(x, 2),
        lambda x: np.rollaxis(x, 0, 3),
        lambda x: np.rollaxis(x, -2, -1),
        lambda x: np.rollaxis(x, 1, 1),
    ],
    np.matrix_transpose: [lambda x: np.matrix_transpose(x)],
    np.linalg.matrix_transpose: [lambda x: np.linalg.matrix_transpose(x)],
    np.broadcast_arrays: [
        lambda x: np.broadcast_arrays(x[:1], np.ones((2, 1, 1)), x[0, 0, 0])[0],
        lambda x: np.broadcast_arrays(x[:1], x[0, 0])[1],
    ],
    np.full_like: [
        lambda x: np.full_like(x, x[0, 0, 0]),
        lambda x: np.full_like(x, x[0, 0], shape=(3, 2), dtype=x.dtype),
        lambda x: np.full_like(x, 3.0) * x,
    ],
    np.meshgrid: [
        lambda x: np.meshgrid(x[0, 0], 1.0)[0],
        lambda x: np.meshgrid(x[0, 0], V, x[:, 1, 1])[0],
        lambda x: np.meshgrid(x[0, 0], V, x[:, 1, 1])[2],
        lambda x: np.meshgrid(x[0, 0], x[0, 1], indexing="ij")[1],
        lambda x: np.meshgrid(x[0, 0], x[0, 1], sparse=True)[1],
        lambda x: np.meshgrid(x[0, 0])[0],
    ],
    np.copy: [lambda x: x.copy(), lambda x: np.copy(x)],
    np.flip: [
        lambda x: np.flip(x),
        lambda x: np.flip(x, axis=(0, -1)),
    ],
    np.fliplr: [lambda x: np.fliplr(x)],
    np.flipud: [lambda x: np.flipud(x)],
    np.rot90: [
        lambda x: np.rot90(x),
        lambda x: np.rot90(x, 2, axes=(1, 2)),
        lambda x: np.rot90(x, -1, axes=(2, 0)),
        lambda x: np.rot90(x, 4),
    ],
    np.roll: [
        lambda x: np.roll(x[:, :0], 1, axis=1),
        lambda x: np.roll(x, 2),
        lambda x: np.roll(x, -1, axis=1),
        lambda x: np.roll(x, (1, 4), axis=(0, -2)),
        lambda x: np.roll(x, 1, axis=(0, 1)),
        lambda x: np.roll(x, 0),
    ],
    np.repeat: [
        lambda x: np.repeat(x, 2),
        lambda x: np.repeat(x, 3, axis=-2),
        lambda x: np.repeat(x, [1, 3, 0], axis=1),
    ],
    np.tile: [
        lambda x: np.tile(x, 2),
        lambda x: np.tile(x, (2, 1, 3, 1)),
        lambda x: np.tile(x[0, 0], (2, 2)),
    ],
    np.pad: [
        lambda x: np.pad(x, 0),
        lambda x: np.pad(x, 1),
        lambda x: np.pad(x, ((0, 0), (1, 2), (0, 1)), constant_values=3.0),
        *([lambda x: np.pad(x, {-1: (1, 2)})] if NUMPY >= "2.4.0" else []),
        lambda x: np.pad(x, (1, 2), "edge"),
        lambda x: np.pad(x[0], 1, mode="reflect"),
        lambda x: np.pad(x, 2, mode="symmetric"),
        lambda x: np.pad(x, ((0, 0), (4, 0), (1, 1)), mode="wrap"),
    ],
    np.take: [
        lambda x: np.take(x[0, 0], [True, False, True]),
        lambda x: np.take(x, []) * x[0, 0, 0],
        lambda x: np.take(x, [3, 3, 0]),
        lambda x: np.take(x, [[0, 1], [1, 1]], axis=-1),
        lambda x: x.take(1, axis=1),
    ],
    np.take_along_axis: [
        lambda x: np.take_along_axis(x, np.array([[[0, 0, 1]]]), axis=-1),
        lambda x: np.take_along_axis(x, np.array([[[2, 1]], [[0, 0]]]), axis=1),
        lambda x: np.take_along_axis(x, np.array([3, 3, 0]), axis=None),
    ],
    np.compress: [
        lambda x: x.compress([True, False, True], axis=1),
        lambda x: np.compress([True, False], x[0], axis=1),
        lambda x: np.compress([True, False, True], x, axis=1),
        lambda x: np.compress([False, True], x),
    ],
    np.extract: [lambda x: np.extract(M, x[0])],
    np.delete: [lambda x: np.delete(x, 1, axis=1), lambda x: np.delete(x, [0, 5])],
    np.select: [
        lambda x: np.select([x > 2.0, x > 1.5], [x * x, 3 * x], x),
        lambda x: np.select([M], [x[0]]),
    ],
    sliding_window_view: [
        lambda x: sliding_window_view(x[0, 0], 0),
        lambda x: sliding_window_view(x, (1, 2, 2)),
        lambda x: sliding_window_view(x, 2, axis=1),
        lambda x: sliding_window_view(x[0, :, 0], 2),
        lambda x: sliding_window_view(x, (2, 2), axis=(1, 1)),
    ],
    np.diagonal: [
        lambda x: x.diagonal(axis1=2, axis2=1),
        lambda x: np.diagonal(x),
        lambda x: np.diagonal(x, 1),
        lambda x: np.diagonal(x, offset=-1),
        lambda x: np.diagonal(x, 0, 2, 1),
        lambda x: np.diagonal(x, 5),
    ],
    np.linalg.diagonal: [lambda x: np.linalg.diagonal(x, offset=-1)],
    np.trace: [
        lambda x: x.trace(1, axis1=2, axis2=1),
        lambda x: np.trace(x),
        lambda x: np.trace(x, offset=-1),
        lambda x: np.trace(x, axis1=-1, axis2=1),
    ],
    np.linalg.trace: [lambda x: np.linalg.trace(x)],
    np.diag: [
        lambda x: np.diag(x[0]),
        lambda x: np.diag(x[0], -1),
        lambda x: np.diag(x[:, 0, 0], 2),
        lambda x: np.diag(x[0, 0], k=-1),
    ],
    np.diagflat: [lambda x: np.diagflat(x, 1)],
    np.tril: [lambda x: np.tril(x[0, 0]), lambda x: np.tril(x, -1)],
    np.triu: [lambda x: np.triu(x, 1)],
    np.ptp: [lambda x: np.ptp(x, axis=1), lambda x: np.ptp(x, keepdims=True)],
    np.clip: [
        lambda x: np.clip(x, 1.45, 1.95),
        lambda x: np.clip(x, a_min=None, a_max=1.95),
        lambda x: np.clip(x, min=V[:2], max=1.95),
    ],
    np.sort: [
        lambda x: np.sort(x),
        lambda x: np.sort(x, axis=1),
        lambda x: np.sort(x, None),
        lambda x: np.sort(x, axis=0, kind="stable"),
    ],
    np.partition: [lambda x: np.partition(x, 1, axis=1)[:, 1]],
    np.median: [
        lambda x: np.median(x),
        lambda x: np.median(x, axis=1),
        lambda x: np.median(x, axis=(0, 2), keepdims=True),
    ],
    np.quantile: [
        lambda x: np.quantile(x, [0.0, 1.0], axis=1, method="weibull"),
        lambda x: np.quantile(x[0, 0], 1 / 3, method="lower"),
        lambda x: np.quantile(x, np.float32(0.3)),
        lambda x: np.quantile(x, 0.3),
        lambda x: np.quantile(x, [0.0, 0.4, 1.0], axis=1),
        lambda x: np.quantile(x, [[0.1, 0.9]], axis=(0, 1), keepdims=True),
        lambda x: np.quantile(x, 0.4, axis=1, method="weibull"),
        lambda x: np.quantile(x, 0.4, axis=1, method="hazen"),
        lambda x: np.quantile(x, 0.4, method="median_unbiased"),
        lambda x: np.quantile(x, 0.4, method="normal_unbiased"),
        lambda x: np.quantile(x, 0.4, method="interpolated_inverted_cdf"),
        lambda x: np.quantile(x, [0.3, 0.61], axis=1, method="lower"),
        lambda x: np.quantile(x, [0.3, 0.61], axis=1, method="higher"),
        lambda x: np.quantile(x, [0.2, 0.25, 0.3, 0.75], axis=1, method="nearest"),
        lambda x: np.quantile(x, [0.3, 0.5], axis=1, method="midpoint"),
    ],
    np.percentile: [
        lambda x: np.percentile(x, 30),
        lambda x: np.percentile(x, [5, 95]),
    ],
    np.inner: [
        lambda x: np.inner(x[0, :, 0], V),
        lambda x: np.inner(x, x),
        lambda x: np.inner(x, 3.0),
        lambda x: np.inner(3.0, x),
    ],
    np.tensordot: [
        lambda x: np.tensordot(x, 2.0, 0),
        lambda x: np.tensordot(x[0], x[1].T, np.int64(1)),
        lambda x: np.tensordot(x, x, axes=([0, 2], [0, 2])),
        lambda x: np.tensordot(x[0], x[1].T, 1),
        lambda x: np.tensordot(x[0], V, axes=0),
    ],
    np.linalg.tensordot: [lambda x: np.linalg.tensordot(x, x[:, 0], axes=(2, 1))],
    np.einsum: [
        lambda x: np.einsum("i,i->", x[0, 0, :1], x[0, :, 0]),
        lambda x: np.einsum("ij,jk->ik", x[0, :, :1], x[0].T[:, :2]),
        lambda x: np.einsum("i,", x[0, 0], 2.0),
        lambda x: np.einsum("...i->i", x[0, 0]),
        lambda x: np.einsum("...i, ...i -> ...i", x, x[0]),
        lambda x: np.einsum("ijk,ijl->kl", x, x),
    ],
    np.prod: [
        lambda x: np.prod(x[0, 0, 0], axis=0),
        lambda x: np.prod(x, axis=1, keepdims=np._NoValue),
        lambda x: np.prod(x),
        lambda x: np.prod(x, axis=1),
        lambda x: x.prod(axis=(0, -1), keepdims=True),
        lambda x: np.prod(x[:1], axis=0),
        lambda x: np.prod(x[:0], axis=0) * x,
        lambda x: np.prod(x[:, :0], axis=1),
    ],
    np.cumprod: [
        lambda x: np.cumprod(x[0, 0, 0], axis=0),
        lambda x: np.cumprod(x),
        lambda x: np.cumprod(x, axis=1),
        lambda x: x.cumprod(axis=-1),
    ],
    np.cumulative_sum: [
        lambda x: np.cumulative_sum(x[0, 0, :0], include_initial=True) + x,
        lambda x: np.cumulative_sum(x, axis=1),
        lambda x: np.cumulative_sum(x[0, 0], include_initial=True),
    ],
    np.cumulative_prod: [
        lambda x: np.cumulative_prod(x, axis=-2, include_initial=True),
        lambda x: np.cumulative_prod(x[0, 0]),
    ],
    np.outer: [lambda x: np.outer(x, 2.0), lambda x: np.outer(x, x[0])],
    np.linalg.outer: [lambda x: np.linalg.outer(x[0, 0], V)],
    np.vdot: [lambda x: np.vdot(x[0, 0, 0], 2.0), lambda x: np.vdot(x, x * 2)],
    np.linalg.matmul: [lambda x: np.linalg.matmul(x, x[0].T)],
    np.vecdot: [
        lambda x: np.vecdot(x[0, :, 0], np.arange(9.0).reshape(3, 3), axis=0),
        lambda x: np.vecdot(x, x[0]),
        lambda x: np.vecdot(x, x, axis=1),
    ],
    np.linalg.vecdot: [lambda x: np.linalg.vecdot(x, x[:1], axis=-2)],
    np.matvec: [lambda x: np.matvec(x, x[0, 0])],
    np.vecmat: [lambda x: np.vecmat(V, x), lambda x: np.vecmat(x[0, :, 0], x)],
    np.kron: [lambda x: np.kron(x[0], x[1]), lambda x: np.kron(x[0], x[0, 0])],
    np.cross: [
        lambda x: np.cross(*vectors(x)),
        lambda x: np.cross(x, V[None, :, None], axis=1),
        lambda x: np.cross(V, x, axisb=1, axisc=0),
        lambda x: np.cross(x[0].T, [1.0, 2.0, 3.0]),
    ],
    np.linalg.cross: [lambda x: np.linalg.cross(x, x[:, :, ::-1], axis=1)],
    np.average: [
        lambda x: np.average(x, axis=-2, weights=[1.0, 2.0, 0.5]),
        lambda x: flat(*np.average(x, axis=1, weights=[1, 2, 3], returned=True)),
        lambda x: np.average(x),
        lambda x: np.average(x, axis=1, weights=np.float32([0.1, 0.2, 0.7])),
        lambda x: np.average(x, axis=1, weights=[1.0, 2.0, 0.5]),
        lambda x: np.average(x, weights=x * x, keepdims=True),
        lambda x: flat(*np.average(x, axis=1, weights=x[0, :, 0], returned=True)),
        lambda x: np.average(x, axis=(0, 1), returned=True)[0],
        lambda x: np.average(V, weights=x[0, :, 0]),
    ],
    np.nansum: [lambda x: np.nansum(holed(x)), lambda x: np.nansum(holed(x), axis=1)],
    np.nanprod: [lambda x: np.nanprod(holed(x), axis=(0, 1), keepdims=True)],
    np.nancumsum: [lambda x: np.nancumsum(holed(x), axis=1)],
    np.nancumprod: [lambda x: np.nancumprod(holed(x))],
    np.nanmean: [lambda x: np.nanmean(holed(x), axis=(0, 2), keepdims=True)],
    np.nanvar: [lambda x: np.nanvar(holed(x), axis=1, ddof=0.5)],
    np.nanstd: [lambda x: np.nanstd(holed(x)), lambda x: np.nanstd(holed(x), axis=0)],
    np.diff: [
        lambda x: np.diff(x, n=0, prepend=1.0),
        lambda x: np.diff(x),
        lambda x: np.diff(x, n=2, axis=1),
        lambda x: np.diff(x, axis=1, prepend=0.0, append=x[:, :1]),
        lambda x: np.diff(x, n=0),
    ],
    np.ediff1d: [
        lambda x: np.ediff1d(x, to_end=1.0),
        lambda x: np.ediff1d(x),
        lambda x: np.ediff1d(x, to_end=[1.0, 2.0], to_begin=x[0, 0, 0]),
    ],
    np.gradient: [
        lambda x: np.gradient(x.reshape(-1)),
        lambda x: np.gradient(x.reshape(-1), 0.5, edge_order=2),
        lambda x: flat(*np.gradient(x)),
        lambda x: flat(*np.gradient(x, 2.0, axis=(0, 1))),
        lambda x: np.gradient(x, [0.0, 0.5, 2.0], axis=1, edge_order=2),
        lambda x: flat(*np.gradient(x[0], V.cumsum() + [0, 3, 9], 0.1)),
    ],
    np.trapezoid: [
        lambda x: np.trapezoid(x),
        lambda x: np.trapezoid(x, dx=0.5, axis=1),
        lambda x: np.trapezoid(x, x=[0.0, 0.5, 2.0], axis=1),
        lambda x: np.trapezoid(x[0, :, 0], x[0, :, 1]),
        lambda x: np.trapezoid(x, x * 2, axis=0),
    ],
    np.interp: [
        lambda x: np.interp(x[0, 0] * 0 + 3.0, XP, XP * XP) + x,
        lambda x: np.interp(x[0, 0] * 0 + 3.0, XP, XP * XP, right=-1.0) + x,
        lambda x: np.interp(x[0, 0] * 0, XP, XP * XP, left=-1.0) + x,
        lambda x: np.interp(x[0, 0], [0.0, 1.0, 1.0], [0.0, 1.0, 5.0]) * x[0, 0],
        lambda x: np.interp(x, XP, [1.0, 3.0, -1.0, 2.0]),
        lambda x: np.interp([0.2, -1.0, 0.7, 9.0], XP, x.reshape(-1)[:4]),
        lambda x: np.interp(0.7, XP * x[0, 0, 0], XP),
        lambda x: np.interp(x - 1.4, XP, XP * XP, left=-1.0, right=5.0),
        lambda x: np.interp(x, [1.0], [2.0]) + x,
        lambda x: np.interp(x, np.float32(XP), np.float32(XP * XP)),
    ],
    np.convolve: [
        lambda x: np.convolve(x.reshape(-1), x[0, :, 0]),
        lambda x: np.convolve(V, x.reshape(-1), "same"),
        lambda x: np.convolve(x.reshape(-1), V, mode="valid"),
        lambda x: np.convolve(x.reshape(-1), x[0, 0], "same"),
    ],
    np.correlate: [
        lambda x: np.correlate(x[0, 0], x[0, 1], "same"),
        lambda x: np.correlate(x[0].ravel(), V.repeat(2), "same"),
        lambda x: np.correlate(x.reshape(-1), V),
        lambda x: np.correlate(V, x.reshape(-1)),
        lambda x: np.correlate(x[0, 0], x.reshape(-1), "full"),
        lambda x: np.correlate(x.reshape(-1), x[0, 0], "same"),
        lambda x: np.correlate(x[0, 0], x.reshape(-1), "same"),
        lambda x: np.correlate(x.reshape(-1), V, "same"),
        lambda x: np.correlate(V, x.reshape(-1), "same"),
    ],
    np.linalg.eigvalsh: [
        lambda x: np.linalg.eigvalsh(square(x)),
    ],
    np.linalg.svd: [
        lambda x: np.linalg.svd(square(x)).U,
        lambda x: np.linalg.svd(x, full_matrices=False)[2],
        lambda x: np.linalg.svd(x, compute_uv=False),
    ],
    np.linalg.svdvals: [lambda x: np.linalg.svdvals(x)],
    np.linalg.qr: [
        lambda x: np.linalg.qr(x).Q,
        lambda x: np.linalg.qr(x.swapaxes(1, 2))[1],
        lambda x: np.linalg.qr(x, mode="r"),
        lambda x: np.linalg.qr(square(x), mode="complete").R,
    ],
    np.linalg.lstsq: [
        lambda x: np.linalg.lstsq(x[0] / 1000, V)[0],
        lambda x: flat(*np.linalg.lstsq(square(x), V)[:2]),
        lambda x: np.linalg.lstsq(x[0], V)[2] * x,
        lambda x: np.linalg.lstsq(x[0], V)[3],
        lambda x: np.linalg.lstsq([[1, 2], [3, 4], [5, 7]], x[0, :, 0])[0],
        lambda x: np.linalg.lstsq(x[0], V)[0],
        lambda x: np.linalg.lstsq(x[0], V, rcond=1e-9)[1],
        lambda x: np.linalg.lstsq(x[0], x[1])[1],
        lambda x: np.linalg.lstsq(x[0].T, x[1].T)[0],
        lambda x: np.linalg.lstsq(x[0].T, x[1].T)[3],
        lambda x: np.linalg.lstsq(square(x), V)[0],
    ],
    np.linalg.multi_dot: [
        lambda x: np.linalg.multi_dot([x[0], x[1].T, V]),
        lambda x: np.linalg.multi_dot([x[0, 0], x[1].T, x[0], x[1, 1]]),
    ],
    np.linalg.matrix_power: [
        lambda x: np.linalg.matrix_power(x[:, :2], 3),
        lambda x: np.linalg.matrix_power(x[:, :2], 6),
        lambda x: np.linalg.matrix_power(square(x), -2),
        lambda x: np.linalg.matrix_power(x[:, :2], 0) + x[:, :2],
        lambda x: np.linalg.matrix_power(x[:, :2], 1),
    ],
    np.linalg.norm: [
        lambda x: np.linalg.norm(x[0], "f"),
        lambda x: np.linalg.norm(x, 0, axis=1, keepdims=True) * x,
        lambda x: np.linalg.norm(x, 0.5, axis=1),
        lambda x: np.linalg.norm(x, -1, axis=1),
        lambda x: np.linalg.norm(x),
        lambda x: np.linalg.norm(x, 3, axis=1),
        lambda x: np.linalg.norm(x, 1, axis=1, keepdims=True),
        lambda x: np.linalg.norm(x, np.inf, axis=-1),
        lambda x: np.linalg.norm(x, -np.inf, axis=1),
        lambda x: np.linalg.norm(x[0], 1),
        lambda x: np.linalg.norm(x, -1, axis=(2, 1)),
        lambda x: np.linalg.norm(x, np.inf, axis=(0, 1), keepdims=True),
        lambda x: np.linalg.norm(x, -np.inf, axis=(2, 0)),
        lambda x: np.linalg.norm(x[0], 2),
        lambda x: np.linalg.norm(x, -2, axis=(1, 2)),
        lambda x: np.linalg.norm(x, "nuc", axis=(1, 2), keepdims=True),
        lambda x: np.linalg.norm(x, "fro", axis=(0, 1)),
        lambda x: np.linalg.norm(x[0, 0], 0) * x,
    ],
    np.linalg.vector_norm: [
        lambda x: np.linalg.vector_norm(x),
        lambda x: np.linalg.vector_norm(x, axis=(0, 2), ord=3, keepdims=True),
        lambda x: np.linalg.vector_norm(x, axis=1, ord=1),
    ],
    np.linalg.matrix_norm: [
        lambda x: np.linalg.matrix_norm(x),
        lambda x: np.linalg.matrix_norm(x, ord="nuc", keepdims=True),
    ],
    np.linalg.cond: [
        lambda x: np.linalg.cond(square(x), 2),
        lambda x: np.linalg.cond(x[0].T),
        lambda x: np.linalg.cond(square(x)),
        lambda x: np.linalg.cond(x[0]),
        lambda x: np.linalg.cond(square(x), -2),
        lambda x: np.linalg.cond(square(x), 1),
    ],
    np.ldexp: [lambda x: np.ldexp(x, np.array([1, -2]))],
    np.frexp: [lambda x: np.frexp(x * 1.01)[0]],
    np.divmod: [
        lambda x: divmod(x, 0.7)[0] * x,
        lambda x: divmod(5.0, x)[0] * x,
        lambda x: np.divmod(x, 0.7)[1],
        lambda x: divmod(5.0, x)[1],
    ],
    np.modf: [lambda x: np.modf(x * 1.01)[0]],
}
ROWS = [row for rows in CASES.values() for row in rows]


def test_every_composition_has_a_case():
    assert set(CASES) == set(_compositions)


@pytest.mark.parametrize("f", ROWS)
def test_a_composition_is_numpys_function_and_differentiates_to_second_order(f):
    x = np.random.default_rng(0).permutation(12.0 + np.arange(12)).reshape(2, 3, 2) / 10
    value = f(Tensor(x))
    assert type(value) is Tensor
    expected = f(x)
    assert value.shape == np.shape(expected)
    np.testing.assert_allclose(value.data, expected, rtol=1e-12, atol=1e-15)
    check_gradients(lambda x: f(x * x), x, order=2)


@pytest.mark.parametrize("f", ROWS)
def test_its_dtype_is_numpys_and_a_gradient_has_that_of_the_data(f):
    x = np.random.default_rng(0).permutation(12.0 + np.arange(12)).reshape(2, 3, 2) / 10
    leaf = Tensor(x.astype(np.float32))
    value = f(leaf)
    assert value.dtype == f(x.astype(np.float32)).dtype
    value.sum().backward()
    assert leaf.grad.dtype == np.float32


def has_signature(function):
    """Functions written in C have one in newer releases only, ufuncs a short one."""
    try:
        return not isinstance(function, np.ufunc) and inspect.signature(function)
    except ValueError:
        return False


@pytest.mark.parametrize("function", list(_compositions), ids=lambda f: f.__name__)
def test_its_arguments_stand_where_numpys_do(function):
    """Or a positional argument would be taken for another."""
    if not has_signature(function):
        return
    ours = inspect.signature(_compositions[function]).parameters.values()
    theirs = list(inspect.signature(function).parameters.values())
    if theirs[0].kind is inspect.Parameter.VAR_POSITIONAL:
        return
    named = {q.name for q in theirs}
    for i, p in enumerate(ours):
        if p.kind is p.KEYWORD_ONLY:
            assert p.name in named or theirs[-1].kind is p.VAR_KEYWORD
        elif theirs[i].kind is not p.POSITIONAL_ONLY:
            assert (p.name, p.kind) == (theirs[i].name, p.kind)


X, VECTOR = Tensor(np.arange(6.0).reshape(2, 3) + 1), Tensor([1.0, 2.0, 4.0])


@pytest.mark.parametrize(
    "f",
    [
        lambda m, v: np.vecdot(v[:1], v),
        lambda m, v: np.vecdot(v[0], v),
        lambda m, v: np.matvec(m, v[:1]),
        lambda m, v: np.vecmat(v[:1], m),
        lambda m, v: np.inner(v[:1], v),
        lambda m, v: np.tensordot(v[:1], v, 1),
        lambda m, v: np.tensordot(m, m, ([0, 0], [0, 1])),
        lambda m, v: np.take(v, np.array([0.5])),
        lambda m, v: np.take_along_axis(m, np.array([0]), 0),
        lambda m, v: np.linalg.matrix_power(m[:, :2], 2.5),
        lambda m, v: np.linalg.matrix_power(m, 1),
        lambda m, v: np.linalg.multi_dot([m]),
        lambda m, v: np.linalg.svd(v),
        lambda m, v: np.linalg.qr(v),
        lambda m, v: np.array_split(v, -1),
        lambda m, v: np.array_split(v, 0),
        lambda m, v: np.array_split(v, [1.5]),
        lambda m, v: np.hsplit(v, -1),
        lambda m, v: np.split(v[0], 1),
        lambda m, v: np.tile(v, 1.5),
        lambda m, v: np.pad(v, 1.0),
        lambda m, v: np.select([1, 0], [v, v]),
        lambda m, v: np.compress(True, v),
        lambda m, v: np.compress(m > 2, m),
        lambda m, v: np.prod(m, axis=[0, 1]),
        lambda m, v: np.cumprod(m, axis=(0,)),
        lambda m, v: np.linalg.norm(m, 1, [0, 1]),
        lambda m, v: np.linalg.norm(m, 1, (0, 1, 1)),
        lambda m, v: np.gradient(v, 2.0, 3.0, axis=0),
        lambda m, v: np.delete(v, 0, axis=3),
        lambda m, v: np.average(v, axis=1),
        lambda m, v: np.trace(m, 1.5),
        lambda m, v: np.diag(v, 0.5),
        lambda m, v: np.convolve(v, v, mode=None),
        lambda m, v: np.meshgrid(v, v, indexing="yx"),
        lambda m, v: np.quantile(v, 1.5),
        lambda m, v: np.quantile(v, 0.5, method="none"),
        lambda m, v: np.ediff1d(v, to_end=1j),
        lambda m, v: np.clip(v, 0, 1, min=0),
        lambda m, v: np.clip(v, None, 1, max=0),
        lambda m, v: np.rot90(m, axes=(0, -2)),
        lambda m, v: np.linalg.lstsq(m, np.ones((2, 2, 2))),
        lambda m, v: np.rollaxis(m, 0, 5),
        lambda m, v: np.diag(m[None]),
        lambda m, v: np.vsplit(v, 1),
        lambda m, v: np.linalg.outer(m, v),
        lambda m, v: np.linalg.norm(v, "fro"),
        lambda m, v: np.cumulative_sum(m),
        lambda m, v: np.diff(v, n=-1),
        lambda m, v: np.argmax(v, axis=3),
        lambda m, v: np.linalg.qr(m, mode="none"),
        lambda m, v: np.array_split(m, 2, axis=5),
        lambda m, v: np.split(v, 2),
        lambda m, v: np.split(v, 0),
        lambda m, v: np.vsplit(v, 3),
        lambda m, v: np.dsplit(m, 1),
        lambda m, v: np.lib.stride_tricks.sliding_window_view(v, -1),
        lambda m, v: np.lib.stride_tricks.sliding_window_view(v, 4),
        lambda m, v: np.convolve(v, []),
        lambda m, v: np.convolve(v, v, "some"),
        lambda m, v: np.gradient(v[:1]),
        lambda m, v: np.gradient(v, edge_order=3),
        lambda m, v: np.gradient(v, [0.0, 1.0]),
        lambda m, v: np.interp(v, v, v[:2]),
        lambda m, v: np.interp(v, [], []),
        lambda m, v: np.average(m, axis=1, weights=[1.0, 2.0]),
        lambda m, v: np.average(m, weights=[1.0, 2.0, 3.0]),
        lambda m, v: np.linalg.norm(m[None], 1),
        lambda m, v: np.quantile(v[:0], 0.5),
        lambda m, v: np.take(v, [5]),
        lambda m, v: np.unstack(v[0]),
        lambda m, v: np.cross(m, m[0, :2]),
        lambda m, v: np.cross(v, v[:1]),
        lambda m, v: np.cross(v[:1], v),
        lambda m, v: np.tril(v[0]),
        lambda m, v: np.take_along_axis(m, [[0], [1]], 1),
        lambda m, v: np.floor_divide(v, [1.0, 2.0]),
        lambda m, v: np.matvec(v, v),
        lambda m, v: np.vecmat(v, v),
        lambda m, v: np.linalg.multi_dot([m, v, v[:1]]),
        lambda m, v: np.linalg.multi_dot([m[None], m.T, m]),
        lambda m, v: np.linalg.lstsq(m.T, V, rcond=1j),
        lambda m, v: np.linalg.cond(m[:0]),
        lambda m, v: np.tile(v, [[1, 2]]),
        lambda m, v: np.roll(m, np.ones((2, 2), int), axis=0),
        lambda m, v: np.lib.stride_tricks.sliding_window_view(v, 1.5),
        lambda m, v: np.pad(v, np.array([True, False])),
        lambda m, v: np.take(v, np.ones(0)),
        lambda m, v: np.interp(v, XP, XP, left=V),
        lambda m, v: np.diff(v, n=1.0),
        lambda m, v: np.trapezoid(m, axis=(0,)),
        lambda m, v: np.vecdot(m, m, axis=(1,)),
        lambda m, v: np.cross(V, v, axisa=(0,)),
        lambda m, v: np.prod(m, axis=np.ones(0)),
        lambda m, v: np.tensordot(m, m, ([0], [0], [0])),
        lambda m, v: np.percentile(v, np.ones((1, 1, 1))),
        lambda m, v: np.linalg.norm(m, 1, axis=np.array([0, 1])),
        lambda m, v: np.add(v, [[1.0], [2.0, 3.0]]),
        lambda m, v: np.trapezoid(v[:0], m[None], axis=0),
        lambda m, v: np.average(v, weights=[0.0, 1.0, -1.0]),
        lambda m, v: np.linalg.lstsq(m.T.astype(">f2"), V),
        lambda m, v: np.delete(v, v),
        lambda m, v: np.take_along_axis(m, np.array([[0]]), axis=None),
        lambda m, v: np.interp(v.astype(np.longdouble), XP, XP),
        lambda m, v: np.linalg.lstsq(m.T.astype(np.float16), V),
    ],
)
def test_what_numpy_refuses_is_refused_by_name(f):
    with pytest.raises(Exception):  # noqa: B017 - of many kinds
        f(X.data, VECTOR.data)
    with pytest.raises(
        (TypeError, ValueError, IndexError), match=r"^(np\.[\w.]+|add): "
    ):
        f(X, VECTOR)


def test_where_a_number_is_missing_the_spread_of_too_few_is_missing_too():
    x = Tensor([1.0, 2.0])
    assert np.isnan(np.nanvar(x, ddof=3).item())
    assert np.isnan(np.nanstd(x[:1], ddof=1).item())
    with np.errstate(invalid="ignore"):
        assert np.isnan(np.nanvar(Tensor([1.0, np.inf])).item())


def test_a_power_of_zero_hangs_on_nothing():
    x = Tensor([[np.nan, 1.0], [np.inf, 2.0]])
    y = np.linalg.matrix_power(x, 0)
    y.sum().backward()
    np.testing.assert_array_equal(y.data, np.eye(2))
    np.testing.assert_array_equal(x.grad, np.zeros((2, 2)))


def test_a_least_squares_solution_without_a_slope_is_refused():
    a = np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])
    with pytest.raises(ValueError, match=r"^np\.linalg\.lstsq: a .* has rank 1, and"):
        np.linalg.lstsq(Tensor(a), V)
    with pytest.raises(ValueError, match=r"^np\.linalg\.lstsq: a .* has rank 1, and"):
        np.linalg.lstsq(Tensor(np.float32(a[:, :1] * [0.1, 0.3])), np.float32(V))


def test_what_no_slope_is_written_for_is_refused_and_the_cure_named():
    for f in (
        lambda m: np.linalg.svd(m),
        lambda m: np.linalg.qr(m.T, mode="complete"),
        lambda m: np.linalg.qr(m, mode="raw"),
    ):
        f(X.data)
        with pytest.raises(ValueError, match=r"^np\.linalg\.\w+: .*(pass|has)"):
            f(X)
    with pytest.raises(TypeError, match=r"^np\.pad: mode 'reflect' \(odd\) has no"):
        np.pad(VECTOR, 1, mode="reflect", reflect_type="odd")


@pytest.mark.parametrize("method", ["lower", "higher", "nearest", "midpoint", "linear"])
def test_a_rank_between_entries_is_rounded_as_numpy_does(method):
    for n in range(1, 30):
        x = np.arange(float(n))
        for q in np.arange(0, 101) / 100:
            ours = np.quantile(Tensor(x), q, method=method).item()
            assert ours == pytest.approx(np.quantile(x, q, method=method), abs=1e-12)


def test_a_quantile_that_is_an_array_of_numpys_widens_and_pythons_number_does_not():
    x = np.arange(5, dtype=np.float32)
    for f, q in ((np.quantile, 0.3), (np.percentile, 30), (np.percentile, 30.0)):
        assert f(Tensor(x), q).dtype == np.float32
        for wide in (np.float64(q), np.array(q, float), np.array([q])):
            assert f(Tensor(x), wide).dtype == np.float64
    half = np.percentile(Tensor(x), np.float16(30))
    assert half.item() == pytest.approx(4 * float(np.float16(0.3)), abs=1e-6)


def test_a_row_with_a_hole_has_no_median_and_the_others_have_theirs():
    x = Tensor([[1.0, np.nan, 3.0], [1.0, 2.0, 4.0]])
    y = np.median(x, axis=1)
    np.testing.assert_array_equal(y.data, [np.nan, 2.0])
    y[1].backward()
    np.testing.assert_array_equal(x.grad, [[0, 0, 0], [0, 1, 0]])


def test_many_equal_entries_keep_their_order_when_sorted():
    x = Tensor(np.arange(40) % 2 / 1.0)
    (np.sort(x) * np.arange(40.0)).sum().backward()
    np.testing.assert_array_equal(x.grad[::2], np.arange(20.0))
    np.testing.assert_array_equal(x.grad[1::2], np.arange(20.0, 40.0))


def test_the_triangle_that_is_named_is_read():
    m = np.array([[2.0, 9.0], [1.0, 3.0]])
    for uplo in "LU":
        expected = np.linalg.eigvalsh(m, UPLO=uplo)
        np.testing.assert_allclose(np.linalg.eigvalsh(Tensor(m), uplo).data, expected)


def test_entries_of_a_list_are_picked_out_where_a_tensor_says():
    y = np.compress(Tensor([1.0, 0.0]), [[1, 2], [3, 4]], axis=0)
    np.testing.assert_array_equal(y, [[1, 2]])


def test_a_whole_part_is_plain():
    x = Tensor([1.5, -2.5])
    for whole in (np.modf(x)[1], np.divmod(x, 1)[0], np.frexp(x)[1]):
        assert type(whole) is np.ndarray
    assert type(np.linalg.slogdet(Tensor(np.eye(2))).sign) is np.float64


def test_an_array_filled_with_a_tensor_has_the_dtype_that_numpy_gives_it():
    x, fill = Tensor(np.ones(2, np.float32)), Tensor(2.0)
    assert np.full_like(x, fill).dtype == np.float32
    assert np.full_like(x, fill, dtype=np.float64).dtype == np.float64
    assert np.full_like(fill, x, shape=(3, 2), dtype=np.float16).dtype == np.float16


def test_a_plain_fill_gives_a_plain_array():
    assert type(np.full_like(X, 3.0)) is np.ndarray


def test_the_errors_of_linear_algebra_keep_their_kind():
    for f in (np.linalg.cholesky, np.linalg.inv):
        with pytest.raises(np.linalg.LinAlgError, match=f"^{f.__name__}: "):
            f(Tensor([[1.0, 2.0], [2.0, 4.0]]) * 0 - 0.0)
    with pytest.raises(np.exceptions.AxisError):
        np.sum(X, axis=5)


INTEGERS = np.array([[3, 1, 7], [2, 9, 2**53 + 1]])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.median(x, axis=1),
        lambda x: np.quantile(x, 0.3),
        lambda x: np.percentile(x, [20, 50]),
        lambda x: np.sum(x),
        lambda x: np.max(x),
        lambda x: x.sum(axis=None),
        lambda x: np.trace(x),
        lambda x: np.tril(x),
        lambda x: np.triu(x, 1),
        lambda x: np.nansum(x, axis=0),
        lambda x: np.nanprod(x[:, :2]),
        lambda x: np.nancumsum(x),
        lambda x: np.nancumprod(x[0]),
    ],
)
def test_a_constant_of_integers_is_neither_cast_nor_rounded(f):
    ours, theirs = f(Tensor(INTEGERS, requires_grad=False)), f(INTEGERS)
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(ours.data, theirs)


def test_numpys_dot_makes_a_float64_of_a_number_where_multiply_does_not():
    x = Tensor(np.ones(3, np.float32))
    for y in (np.dot(x, 2.0), np.dot(2.0, x), np.dot(x, 2)):
        assert y.dtype == np.float64
    assert (x * 2.0).dtype == np.float32


def test_the_product_over_no_axis_of_a_number_is_a_number():
    assert np.prod(Tensor(2.0), axis=()).shape == ()


def test_a_difference_of_any_order_is_empty_when_nothing_is_left():
    assert np.diff(Tensor([1.0, 2.0]), n=2**70).shape == (0,)


def test_the_widths_of_a_trapezoid_are_one_number_or_places():
    with pytest.raises(TypeError, match=r"^np\.trapezoid: dx has shape \(2,\), and"):
        np.trapezoid(Tensor(np.ones((2, 3))), dx=[1.0, 2.0], axis=0)


def test_none_is_no_number_to_join():
    with pytest.raises(TypeError, match=r"^np\.concatenate: "):
        np.concatenate([Tensor([1.0]), None], axis=None)


def test_the_rank_of_a_median_is_counted_wider_than_float16():
    x = np.random.default_rng(0).permutation(4099).astype(np.float16)
    leaf = Tensor(x)
    y = np.median(leaf)
    assert (y.dtype, y.item()) == (np.float16, np.median(x))
    y.backward()
    assert set(np.flatnonzero(leaf.grad)) == set(np.flatnonzero(x == y.item()))
    assert np.median(Tensor(np.zeros(70000, np.float16))).item() == 0.0


def test_between_places_that_are_equal_nothing_is_made_of_nan():
    x = np.array([np.nan, 0.5])
    ours = np.interp(Tensor(x), [0.0, 1.0, 1.0], [0.0, 1.0, 5.0])
    np.testing.assert_array_equal(ours.data, [np.nan, 0.5])


def test_a_frame_of_nothing_is_numpys():
    assert np.isnan(np.pad(Tensor([1.0]), 1, constant_values=None).data[0])


def test_the_fraction_of_infinity_is_zero():
    x = Tensor([np.inf, -np.inf, 1.5])
    part, whole = np.modf(x)
    assert part.data.tolist() == [0.0, 0.0, 0.5]
    assert whole.tolist() == [np.inf, -np.inf, 1.0]


def test_a_number_has_no_frame_to_pad():
    assert np.pad(Tensor(2.0), 1, constant_values=0.5).data == 2.0


@pytest.mark.parametrize(
    "places",
    [np.array([0, 200, 250], np.uint8), np.array([-100, 0, 100], np.int8), [0, 1, 5]],
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_places_of_a_gradient_may_be_small_integers(places, dtype):
    f = np.array([1.0, 2.0, 4.0], dtype)
    for edge in (1, 2):
        ours = np.gradient(Tensor(f), places, edge_order=edge)
        np.testing.assert_allclose(
            ours.data, np.gradient(f, places, edge_order=edge), rtol=1e-6
        )


@pytest.mark.parametrize(
    "x",
    [
        np.array([40000, -40000], np.float16),
        np.array([60000, 60000], np.float16),
        np.array([1e308, -1e308]),
        np.array([np.inf, np.inf]),
        np.array([-np.inf, 3.0]),
    ],
    ids=str,
)
def test_the_median_of_two_is_their_mean_without_overflow(x):
    leaf = Tensor(x)
    y = np.median(leaf)
    assert y.item() == np.median(x)
    y.backward()
    assert leaf.grad.tolist() == [0.5, 0.5]


def test_more_entries_than_float16_counts_have_a_mean_without_those_that_are_missing():
    x = np.full(70000, 0.5, np.float16)
    x[::2] = np.nan
    x[0::70] = 0.25
    leaf = Tensor(x)
    y = np.nanmean(leaf)
    assert (y.dtype, y.item()) == (np.float16, np.nanmean(x))
    x = Tensor(np.zeros(70000, np.float16))
    (np.nanmean(x) + np.nanvar(x) + np.nanstd(x)).backward()
    np.testing.assert_allclose(x.grad, np.float16(1 / 70000))
    whole = Tensor(np.array([1, 2]), requires_grad=False)
    assert (np.nanmean(whole).item(), np.nanvar(whole).item()) == (1.5, 0.25)


@pytest.mark.parametrize("mode", ["constant", "edge"])
@pytest.mark.parametrize("widths", [-1, (1, -1)])
def test_a_frame_of_negative_width_is_refused(widths, mode):
    with pytest.raises(ValueError, match=r"^np\.pad: widths .*-1.*may be negative"):
        np.pad(Tensor([1.0, 2.0, 3.0]), widths, mode)


def test_a_tensor_as_a_bound_of_an_arrays_clip_is_refused_as_an_option():
    with pytest.raises(TypeError, match=r"^np\.clip: .*option 'a_min' is a Tensor"):
        np.ones(2).clip(Tensor(0.0), 2)
