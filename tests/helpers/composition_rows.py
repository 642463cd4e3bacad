"""The table of compositions of rules: a row per case, of one array."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from helpers.cases import numbered

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


def equations(x):
    """Six equations of six unknowns, of shape (2, 3, 6), well apart."""
    return (3 * np.eye(6) + np.outer(x[0], x[1]) / 9).reshape(2, 3, 6)


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
    np.block: [
        lambda x: np.block([[x[0], x[1]], [x[1], 2 * x[0]]]),
        lambda x: np.block([x[0, 0], 1.0]),
        lambda x: np.block([[x[0]], [np.ones((1, 2))]]),
        lambda x: np.block([[[x]]]),
        lambda x: np.block(x),
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
    np.ravel: [
        lambda x: np.ravel(x, "C"),
        lambda x: np.ravel(x, "F"),
        lambda x: np.ravel(x),
        lambda x: x.ravel(),
    ],
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
        lambda x: np.pad(x, 1, "linear_ramp"),
        lambda x: np.pad(x, (3, 2), "linear_ramp", end_values=(3.0, -2.5)),
        lambda x: np.pad(x, ((0, 0), (1, 2), (3, 0)), "maximum"),
        lambda x: np.pad(x, (1, 2), "minimum", stat_length=((1, 2), (2, 1), (9, 1))),
        lambda x: np.pad(x, 2, "mean", stat_length=2),
        lambda x: np.pad(x, 1, "median"),
        lambda x: np.pad(x, 1, "reflect", reflect_type="odd"),
        lambda x: np.pad(x, (5, 3), "reflect", reflect_type="odd"),
        lambda x: np.pad(x, ((0, 0), (7, 1), (0, 9)), "symmetric", reflect_type="odd"),
        lambda x: np.pad(x[:1], 1, "reflect", reflect_type="odd"),
    ],
    np.insert: [
        lambda x: np.insert(x, 1, x[0, 0, 0], axis=1),
        lambda x: np.insert(x, [0, 2], x[:, :1] * 3, axis=1),
        lambda x: np.insert(x, [1, 1, 4], [1.0, 2.0, 3.0]),
        lambda x: np.insert(x[0, 0], slice(0, 2), x[1, :2, 0]),
        lambda x: np.insert(V, 1, x[0, 0, 0]),
        lambda x: np.insert(x, -1, 1, axis=-1),
    ],
    np.resize: [
        lambda x: np.resize(x, (4, 5)),
        lambda x: np.resize(x, 3),
        lambda x: np.resize(x[0, 0, 0], (2, 2)),
    ],
    np.trim_zeros: [
        lambda x: np.trim_zeros(x[0, 0]),
        lambda x: np.trim_zeros(np.pad(x[0, 0], (2, 1))),
        lambda x: np.trim_zeros(np.pad(x[0, 0], (2, 1)), "f"),
        lambda x: np.trim_zeros(np.pad(x[0, 0], (2, 1)), trim="B"),
        lambda x: np.trim_zeros(np.pad(x[0], 1), axis=1),
        lambda x: np.trim_zeros(np.pad(x[0], 1)),
    ],
    np.fft.fftshift: [
        lambda x: np.fft.fftshift(x),
        lambda x: np.fft.fftshift(x, 1),
        lambda x: np.fft.fftshift(x, axes=(0, -2)),
    ],
    np.fft.ifftshift: [
        lambda x: np.fft.ifftshift(x),
        lambda x: np.fft.ifftshift(x, -2),
        lambda x: np.fft.ifftshift(x, axes=[0, 1]),
    ],
    np.take: [
        lambda x: np.take(x[0, 0], [True, False, True]),
        lambda x: np.take(x, []) * x[0, 0, 0],
        lambda x: np.take(x, [3, 3, 0]),
        lambda x: np.take(x, [-9, 4], axis=1, mode="wrap"),
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
        lambda x: np.clip(x, x[:1, :1], x[1, 1] + 0.02),
        lambda x: np.clip(x, a_min=None, a_max=1.95),
        lambda x: np.clip(x, min=V[:2], max=1.95),
    ],
    np.choose: [
        lambda x: np.choose([0, 1, 1], [x[0, :, 0], x[1, :, 0]]),
        lambda x: np.choose([0, 1, 0], [x[0, :, 0], [1, 2, 3]]),
        lambda x: np.choose([[0], [3]], [x[0, :, 0], 2.0], mode="wrap"),
        lambda x: np.choose(np.array([5, -1]), [x[0, 0], x[1, 0]], mode="clip"),
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
        lambda x: np.quantile(x, x[0, 0] / 40),
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
    np.nanmedian: [
        lambda x: np.nanmedian(holed(x)),
        lambda x: np.nanmedian(holed(x), axis=1, keepdims=True),
    ],
    np.nanquantile: [
        lambda x: np.nanquantile(x, 0.3),
        lambda x: np.nanquantile(holed(x), [0.2, 0.7], axis=(0, 1), keepdims=True),
        lambda x: np.nanquantile(holed(x), 0.3, axis=-1, method="weibull"),
    ],
    np.nanpercentile: [
        lambda x: np.nanpercentile(holed(x), 30, axis=1),
        lambda x: np.nanpercentile(holed(x), [[5, 95]]),
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
        lambda x: np.prod(x, 1, initial=0.5, where=M),
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
        lambda x: np.average(x, axis=(1, 0), weights=x[:, :, 0].T),
        lambda x: flat(*np.average(x, axis=1, weights=[1, 2, 3], returned=True)),
        lambda x: np.average(x),
        lambda x: np.average(x, axis=1, weights=np.array([0.1, 0.2, 0.7], "f")),
        lambda x: np.average(x, axis=1, weights=[1.0, 2.0, 0.5]),
        lambda x: np.average(x, weights=x * x, keepdims=True),
        lambda x: flat(*np.average(x, axis=1, weights=x[0, :, 0], returned=True)),
        lambda x: np.average(x, axis=(0, 1), returned=True)[0],
        lambda x: np.average(V, weights=x[0, :, 0]),
    ],
    np.nansum: [
        lambda x: np.nansum(holed(x)),
        lambda x: np.nansum(holed(x), axis=1),
        lambda x: np.nansum(holed(x), 1, where=M, initial=2.0),
    ],
    np.nanprod: [lambda x: np.nanprod(holed(x), axis=(0, 1), keepdims=True)],
    np.nancumsum: [lambda x: np.nancumsum(holed(x), axis=1)],
    np.nancumprod: [lambda x: np.nancumprod(holed(x))],
    np.nanmean: [lambda x: np.nanmean(holed(x), axis=(0, 2), keepdims=True)],
    np.nanvar: [
        lambda x: np.nanvar(holed(x), axis=1, ddof=0.5),
        lambda x: np.nanvar(holed(x), axis=1, mean=1.0, where=M),
    ],
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
        lambda x: np.interp(x, XP.astype("f"), (XP * XP).astype("f")),
    ],
    np.linspace: [
        lambda x: np.linspace(x[0], x[1], 5),
        lambda x: np.linspace(x[0], 1, 4, endpoint=False, axis=1),
        lambda x: np.linspace(1, x, 1),
        lambda x: np.linspace(0, x[0, 0], 0) + x[0, 0, 0],
        lambda x: flat(*np.linspace(x[0], x[1], num=5, retstep=True)),
        lambda x: np.linspace(x, x, 3, dtype=np.float64),
    ],
    np.logspace: [
        lambda x: np.logspace(x[0], x[1], 5),
        lambda x: np.logspace(0, x[0, 0], 3, base=2, axis=-1),
        lambda x: np.logspace(0, x[1], 3, endpoint=False, base=x[0], axis=1),
    ],
    np.geomspace: [
        lambda x: np.geomspace(x[0], x[1], 5),
        lambda x: np.geomspace([[1, 2]], x[0], 3),
        lambda x: np.geomspace(-x[0], -3.0, 4, endpoint=False, axis=1),
        lambda x: np.geomspace(2, x[0, 0, 0], 1) * x,
        lambda x: np.geomspace(1, x[0, 0], num=3, dtype=np.float64),
    ],
    np.polyval: [
        lambda x: np.polyval(x[0, :, 0], x[1]),
        lambda x: np.polyval([1, 2, 3], x),
        lambda x: np.polyval(x[0], 2),
    ],
    np.vander: [
        lambda x: np.vander(x[0, :, 0]),
        lambda x: np.vander(x[0, :, 0], 4, increasing=True),
    ],
    np.polyint: [
        lambda x: np.polyint(x[0, :, 0]),
        lambda x: np.polyint(x[0, :, 0], 2, [1.0, 2.0]),
        lambda x: np.polyint(x[0, :, 0], m=2, k=3),
        lambda x: np.polyint(x[0, :, 0], 0),
    ],
    np.polyder: [
        lambda x: np.polyder(x[0, :, 0]),
        lambda x: np.polyder(x.ravel(), m=2),
    ],
    np.polyadd: [
        lambda x: np.polyadd(x[0, :, 0], [1.0, 2.0]),
        lambda x: np.polyadd(1.0, x[0, 0]),
        lambda x: np.polyadd(x[0, 0], x[1, 0]),
    ],
    np.polysub: [
        lambda x: np.polysub(x[0, 0], x[1, :, 0]),
        lambda x: np.polysub(x[0, 0], [0, 0, 1]),
    ],
    np.polymul: [
        lambda x: np.polymul(np.append(0.0, x[0, 0]), x[1, :, 0]),
        lambda x: np.polymul(x[0, 0, 0], [0, 1, 2]),
        lambda x: np.polymul([0.0, 0.0], x[0, 0]),
    ],
    np.cov: [
        lambda x: np.cov(x[0]),
        lambda x: np.cov(x[0, 0], x[1, 0]),
        lambda x: np.cov(x[:, 0, 0]),
        lambda x: np.cov(x[0], x[1], rowvar=False),
        lambda x: np.cov(x[:, :, 0], bias=True),
        lambda x: np.cov(x[:, :, 0], ddof=2, rowvar=True),
        lambda x: np.cov(x[:, :, 0], fweights=[1, 2, 3]),
        lambda x: np.cov(x[:, :, 0], fweights=[1, 2, 3], aweights=[0.3, 0.4, 1.0]),
        lambda x: np.cov(x[:, :, 0], aweights=x[0, :, 1]),
        lambda x: np.cov(x[:, :, 0], aweights=[1.0, 2.0, 1.0], ddof=0),
    ],
    np.corrcoef: [
        lambda x: np.corrcoef(x[:, :, 0]),
        lambda x: np.corrcoef(x[0], x[1], rowvar=False),
        lambda x: np.corrcoef(x[:, 0, 0]),
    ],
    np.bincount: [
        lambda x: np.bincount([0, 3, 1], x[0, :, 0]),
        lambda x: np.bincount(np.array([1, 1], np.uint8), x[0, 0], minlength=4),
    ],
    np.histogram: [
        lambda x: np.histogram([0, 3, 1, 0.5, 2, 2], 4, weights=x[0].ravel())[0],
        lambda x: np.histogram(3 * M, [0, 1, 1, 9], weights=x[0])[0],
        lambda x: np.histogram([0, 3, 1], 2, (0, 2.5), True, x[0, :, 0])[0],
        lambda x: np.histogram(x[0], 2, (0.0, 2.0), weights=x[1])[0],
        lambda x: flat(*np.histogram(V, 3, weights=x[0, :, 0], density=True)),
    ],
    np.apply_along_axis: [
        lambda x: np.apply_along_axis(lambda row: row * row.sum(), 1, x),
        lambda x: np.apply_along_axis(np.outer, 1, x, V),
        lambda x: np.apply_along_axis(np.sum, -1, x, keepdims=True),
        lambda x: np.apply_along_axis(np.sum, 0, x[0, 0]),
        lambda x: np.apply_along_axis(lambda row: [[1, 2], [3, 4]] * row, 0, x),
    ],
    np.apply_over_axes: [
        lambda x: np.apply_over_axes(np.sum, x, [0, -1]),
        lambda x: np.apply_over_axes(lambda x, axis: np.cumsum(x, axis), x, 1),
    ],
    np.piecewise: [
        lambda x: np.piecewise(x, [x < 1.5, x >= 2], [lambda y: y * y, np.exp]),
        lambda x: np.piecewise(x, [x < 2, x > 1.5], [np.sin, 3.0, lambda y: y**3]),
        lambda x: np.piecewise(x[0, :, 0], V > 0, [lambda y, k: y * k, 2], 3.0),
        lambda x: np.piecewise(x, [True, False], [lambda y: y * y, np.exp]),
        lambda x: np.piecewise(x, [x < 0], [lambda y: y * y, lambda y: 1 / y]),
        lambda x: np.piecewise(x[0, 0, 0], [True], [lambda y: y * y]),
        lambda x: np.piecewise(x, [x > 1.5], [x[0, 0, 0], lambda y: y.sum()]),
    ],
    np.real_if_close: [
        lambda x: np.real_if_close(x),
        lambda x: np.real_if_close(x, tol=5),
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
    np.linalg.tensorinv: [
        lambda x: np.linalg.tensorinv(equations(x)),
        lambda x: np.linalg.tensorinv(square(x), ind=1),
    ],
    np.linalg.tensorsolve: [
        lambda x: np.linalg.tensorsolve(equations(x), x[0].T),
        lambda x: np.linalg.tensorsolve(
            equations(x).transpose(0, 2, 1), x[0].T, axes=(1,)
        ),
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
ROWS = numbered(CASES)
