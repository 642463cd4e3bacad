"""Arguments of NumPy's functions: lists, operands among options, options, numbers."""

import inspect
import warnings

import numpy as np
import pytest

from engine import Tensor, check_gradients
from engine.numpy_protocol import CONSTANT, _compositions, _extensions, _rules

X = np.array([[1.5, -2.0, 0.25], [3.0, 4.5, -1.0]])
V, W = np.array([1.5, 2.5, 4.0]), np.array([0.3, -0.7, 1.1])
MASK = np.array([[True, False, True], [True, True, False]])
CUBE = np.arange(24.0).reshape(2, 3, 4)[:, ::-1] / 7


def agrees(f, *arrays, rtol=1e-12):
    """NumPy's value, dtype and shape, and slopes to second order for each operand."""
    value, expected = f(*map(Tensor, arrays)), f(*arrays)
    assert type(value) is Tensor
    assert (value.shape, value.dtype) == (np.shape(expected), expected.dtype)
    np.testing.assert_allclose(value.data, expected, rtol=rtol, atol=1e-15)
    check_gradients(f, *arrays, order=2)


@pytest.mark.parametrize(
    "f",
    [
        lambda v: np.concatenate(([0], np.cumsum(v))),
        lambda v: np.concatenate([(1, 2), v, [3.0]]),
        lambda v: np.concatenate([[[0, 1, 2]], v[None]], axis=0),
        lambda v: np.concatenate([[v[0], 1.0], v]),
        lambda v: np.hstack([0, v, [1, 2]]),
        lambda v: np.vstack([[0, 1, 2], v]),
        lambda v: np.dstack([[0, 1, 2], v]),
        lambda v: np.stack([[0, 1, 2], v]),
        lambda v: np.stack([[v[2], v[1], v[0]], v]),
        lambda v: np.column_stack([[0, 1, 2], v]),
        lambda v: np.append([1, 2], v),
        lambda v: np.append(v, [[1, 2]]),
        lambda v: np.append([[1, 2, 3]], v[None], axis=0),
        lambda v: np.where([True, False, True], [1.0, 2.0, 3.0], v),
        lambda v: np.where([[True, False, True]], v, ((1,), (2,))),
        lambda v: np.where([True, False, True], [v[0], v[1], 5.0], v),
        lambda v: np.where(np.array([True, False]), [[v[0], 1], [2, v[1]]], v[:2]),
        lambda v: v * [v[0], 2.0, 3.0],
        lambda v: np.multiply([1, 2, 3], v),
        lambda v: np.inner([1, 2, 3], v),
        lambda v: np.outer([1, 2], v),
        lambda v: np.dot([[1, 2, 3]], v),
        lambda v: np.vdot([1, 2, 3], v),
        lambda v: np.kron([1, 2], v),
        lambda v: np.cross([1, 2, 3], v),
        lambda v: np.tensordot([[1, 2, 3]], v, 1),
        lambda v: np.einsum("i,i->i", [1, 2, 3], v),
        lambda v: np.convolve([1, 2], v),
        lambda v: np.interp([2, 3.2], v, [1, 2, 5]),
        lambda v: np.average([1, 2, 4], weights=v),
        lambda v: np.average(v, weights=[1, 2, 3]),
        lambda v: np.trapezoid([1, 2, 4], v),
        lambda v: np.gradient([1.0, 2, 4], v),
        lambda v: np.diff([1, 2, 3], prepend=v),
        lambda v: np.ediff1d(v, to_begin=[1, 2]),
        lambda v: np.extract([True, False, True], v),
        lambda v: np.take(v, [0, 2, 2]),
        lambda v: np.linalg.solve([[1, 2], [3, 4]], v[:2]),
        lambda v: np.linalg.multi_dot([[[1, 2, 3]], v]),
        lambda v: np.meshgrid([1, 2], v)[1],
        lambda v: np.broadcast_arrays([[1], [2]], v)[1],
    ],
)
def test_a_list_among_the_arrays_is_the_array_that_numpy_makes_of_it(f):
    def plain(v):
        value = f(v)
        return np.asarray(value)

    value, expected = f(Tensor(V)), plain(V)
    assert (value.shape, value.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_allclose(value.data, expected, rtol=1e-12)
    check_gradients(lambda v: f(v * v), V, order=2)


def test_a_number_among_arrays_widens_nothing_and_a_list_does():
    x = V.astype(np.float32)
    for rest in (1, 1.0, [1.0], (1,), np.float64(1)):
        plain = np.concatenate([x, rest], axis=None)
        assert np.concatenate([Tensor(x), rest], axis=None).dtype == plain.dtype


def test_rows_of_different_lengths_are_refused_by_name():
    with pytest.raises(ValueError, match=r"^np\.concatenate: .*inhomogeneous"):
        np.concatenate([[[1.0], [1.0, 2.0]], Tensor(V)])
    with pytest.raises(ValueError, match=r"^add: np\.stack: .*same shape"):
        Tensor(V) + [Tensor(V), 1.0]


# --- numbers, which have no axis, and reductions that take one ------------------------


def outcome(f, x, args, options):
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            value = f(x, *args, **options)
    except Exception:
        return "refused"
    several = isinstance(value, tuple | list)
    return [np.shape(v) for v in value] if several else np.shape(value)


@pytest.mark.parametrize("axis", [{}, *({"axis": a} for a in (0, -1, 1, None, ()))])
def test_a_number_is_taken_where_numpy_takes_one_along_an_axis_too(axis):
    for function in {*_rules, *_compositions, *CONSTANT}:
        for args in ((), (2,), (0,)):
            if isinstance(function, np.ufunc) and len(args) >= function.nin:
                continue  # the next argument would be written into
            if function is np.nan_to_num and args == (0,):
                continue  # copy=False writes
            if function is np.histogram:
                continue  # without edges they would move with the data
            if function is np.roll and axis == {"axis": ()}:
                continue  # NumPy has an error of its own there, for numbers only
            ours = outcome(function, Tensor(3.0), args, axis)
            theirs = outcome(function, np.float64(3.0), args, axis)
            assert ours == theirs, (function, args, axis)


def test_a_number_is_repeated_and_its_gradient_is_the_sum():
    x = Tensor(3.0)
    y = np.repeat(x, 2, axis=0)
    y.sum().backward()
    assert (y.shape, x.grad) == ((2,), 2)


# --- operands that stand among the options --------------------------------------------


@pytest.mark.parametrize(
    ("f", "arrays"),
    [
        (np.clip, (X, -1.1, 2.2)),
        (np.clip, (X, W, W + 1)),
        (lambda x, low: np.clip(x, low, None), (X, 0.1)),
        (lambda x, high: np.clip(x, None, high), (X, V + 0.1)),
        (lambda x, low: np.clip(x, min=low), (X, 0.1)),
        (lambda x, high: np.clip(x, 9.0, high), (X, 0.1)),
        (lambda x, low: x.clip(low, 3.5), (X, 0.1)),
        (lambda x, high: x.clip(max=high), (X, 0.1)),
        (lambda x, q: np.quantile(x, q), (X, 0.37)),
        (lambda x, q: np.quantile(x, q, axis=1), (X, np.array([0.1, 0.4, 0.9]))),
        (lambda x, q: np.quantile(x, q, method="hazen"), (X, 0.37)),
        (lambda x, q: np.percentile(x, q, axis=0, keepdims=True), (X, 37.0)),
        (lambda q: np.quantile(X, q), (np.array([[0.1], [0.77]]),)),
        (lambda x: np.full_like(x, x[0, 0]) * x, (X,)),
        (lambda x: np.full_like(x, x[:1]), (X,)),
        (lambda x: np.select([MASK], [x], default=x[0, 0]), (X,)),
        (lambda x, t: np.select([MASK, ~MASK], [x, t]), (X, V)),
        (lambda x: np.pad(x, 1, constant_values=x[0, 0]), (X,)),
        (lambda x: np.pad(x, ((1, 2), (0, 3)), constant_values=x[:, :2]), (X,)),
        (lambda x: np.pad(x, 2, constant_values=x[:, :1]), (X,)),
        (lambda x: np.pad(x[0], 2, constant_values=x[1, 1:]), (X,)),
        (lambda xp, fp: np.interp([2.0, 3.3, 9.0], xp, fp), (V, W)),
        (lambda x: np.interp(x, V + 0.1, W, left=x[0, 0], right=x[1, 0] ** 2), (X,)),
        (lambda x, t: np.diff(x, prepend=t), (X, 2.0)),
        (lambda x, t: np.diff(x, append=t), (X, X[:, :1])),
        (lambda t: np.diff(V, prepend=t), (2.0,)),
        (lambda a, w: np.average(a, weights=w), (V, V)),
        (lambda a, w: np.average(a, axis=1, weights=w), (X, V)),
        (lambda a, w: np.average(a, axis=(1, 0), weights=w), (CUBE, X.T**2)),
        (lambda a, w: np.average(a, axis=(0, 2), weights=w), (CUBE, CUBE[:, 1] + 1)),
        (lambda x: np.var(x, mean=x[:1] * 2, axis=0), (X,)),
        (lambda x: np.sum(x, initial=x[0, 0]), (X,)),
        (lambda x: np.max(x, axis=0, initial=x[0, 0] ** 2), (X,)),
    ],
)
def test_an_operand_among_the_options_has_a_gradient_too(f, arrays):
    arrays = [np.asarray(a) for a in arrays]
    agrees(f, *arrays)


def test_holes_and_infinities_become_a_tensor_and_give_it_their_gradient():
    x, nan, top = Tensor([np.nan, 1.0, np.inf, -np.inf]), Tensor(2.0), Tensor(3.0)
    y = np.nan_to_num(x, nan=nan, posinf=top)
    (y * np.array([1.0, 10.0, 100.0, 0.0])).sum().backward()
    np.testing.assert_array_equal(y.data[:3], [2, 1, 3])
    np.testing.assert_array_equal(y.data, np.nan_to_num(x.data, nan=2.0, posinf=3.0))
    assert (nan.grad, top.grad) == (1, 100)
    np.testing.assert_array_equal(x.grad, [0, 10, 0, 0])
    with pytest.raises(ValueError, match=r"^np\.nan_to_num: copy=False would write"):
        np.nan_to_num(x, copy=False)


def test_at_either_end_a_quantile_has_the_slope_of_the_gap_beside_it():
    for q, value, slope in ((0.0, 1.0, 2 * 3), (0.5, 4.0, 2 * 5), (1.0, 9.0, 2 * 5)):
        rank = Tensor(q)
        y = np.quantile(np.array([9.0, 1.0, 4.0]), rank)
        y.backward()
        assert (y.item(), rank.grad) == (value, slope)
    assert np.quantile(np.array([2.0]), Tensor(0.3)) == 2


def test_a_spread_of_fewer_entries_than_are_taken_off_is_infinite_as_in_numpy():
    with np.errstate(divide="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for f in (np.var, np.std):
            assert (
                f(X, where=MASK, ddof=9) == f(Tensor(X), where=MASK, ddof=9) == np.inf
            )


def test_at_a_bound_that_is_a_tensor_the_gradient_is_that_of_the_entry():
    x, low, high = Tensor([0.0, 1.0, 5.0, -1.0]), Tensor(0.0), Tensor(1.0)
    np.clip(x, low, high).sum().backward()
    np.testing.assert_array_equal(x.grad, [1, 1, 0, 0])
    assert (low.grad, high.grad) == (1, 1)


def test_bounds_that_are_not_numbers_or_the_wrong_way_round_clip_as_in_numpy():
    x = np.array([np.nan, 0.0, 1.0, 2.0])
    for low, high in ((np.nan, 1.0), (0.0, np.nan), (2.0, 1.0), (1.0, 1.0)):
        ours = np.clip(Tensor(x), Tensor(low), Tensor(high)).data
        np.testing.assert_array_equal(ours, np.clip(x, low, high))
    for bounds in ({"a_min": 0.0}, {"a_max": 0.0}):
        with pytest.raises(TypeError):
            np.clip(x, **bounds)
        with pytest.raises(TypeError, match=r"^np\.clip: a_min came without a_max"):
            np.clip(Tensor(x), **bounds)


def test_a_tensor_that_would_be_written_into_an_array_is_refused_with_a_cure():
    array, t = np.array([1.0, np.nan]), Tensor(3.0)
    for f, name in (
        (lambda: np.full_like(array, t), r"np\.full_like"),
        (lambda: np.nan_to_num(array, nan=t), r"np\.nan_to_num"),
        (lambda: np.copyto(array, t), r"np\.copyto"),
    ):
        with pytest.raises(
            TypeError, match=rf"^{name} has no rule .*np\.where\(mask, t"
        ):
            f()


def test_an_order_of_a_norm_that_is_a_tensor_is_refused_in_the_name_of_the_norm():
    for a in (np.ones(3), Tensor(np.ones(3))):
        with pytest.raises(TypeError, match=r"^np\.linalg\.norm: "):
            np.linalg.norm(a, Tensor(3.0))


def test_nothing_is_taken_from_nothing():
    with pytest.raises(
        IndexError, match=r"^np\.take: nothing can be taken from .*\(0,"
    ):
        np.take(Tensor(X[:0]), [0], mode="clip")


def test_how_often_an_entry_is_repeated_must_be_an_integer():
    np.testing.assert_array_equal(np.repeat(Tensor(V), np.int8(2)).data, V.repeat(2))
    with pytest.raises(TypeError, match=r"^np\.repeat: 'Tensor' object cannot be int"):
        np.repeat(Tensor(V), Tensor(2.0))


# --- options --------------------------------------------------------------------------

ORDINARY = {
    "sum": lambda x: np.sum(x, where=MASK),
    "sum of an axis": lambda x: np.sum(x, axis=1, where=MASK, keepdims=True),
    "sum from": lambda x: np.sum(x, axis=0, initial=2.5),
    "sum, all by position": lambda x: np.sum(x, 1, None, None, True, 2.5, MASK),
    "sum, a small mask": lambda x: np.sum(x, where=[True, False, True]),
    "narrow sum": lambda x: np.sum(x, dtype=np.float32),
    "wide sum": lambda x: np.sum(x, axis=0, dtype=np.longdouble),
    "mean": lambda x: np.mean(x, where=MASK),
    "mean of an axis": lambda x: np.mean(x, axis=0, where=MASK, keepdims=True),
    "narrow mean": lambda x: np.mean(x, 1, np.float32),
    "prod": lambda x: np.prod(x, where=MASK, initial=2.0),
    "prod of an axis": lambda x: np.prod(x, 1, None, None, True, 2.0, MASK),
    "wide prod": lambda x: np.prod(x, dtype=np.longdouble),
    "max": lambda x: np.max(x, where=MASK, initial=-9),
    "amax": lambda x: np.amax(x, axis=0, initial=1.0),
    "min": lambda x: np.min(x, axis=1, where=MASK, initial=9.0),
    "amin": lambda x: np.amin(x, 0, None, True, 0.5),
    "nanmax": lambda x: np.nanmax(x, axis=0, where=MASK, initial=-9),
    "nanmin": lambda x: np.nanmin(x, initial=9),
    "var": lambda x: np.var(x, where=MASK),
    "var of an axis": lambda x: np.var(x, axis=1, where=MASK, ddof=1, keepdims=True),
    "var around": lambda x: np.var(x, mean=0.5, correction=1),
    "var around the mean": lambda x: np.var(x, axis=0, mean=np.mean(x, axis=0)),
    "corrected var": lambda x: np.var(x, axis=1, correction=1),
    "narrow var": lambda x: np.var(x, dtype=np.float32),
    "std": lambda x: np.std(x, where=MASK, ddof=1),
    "std around": lambda x: np.std(x, mean=0.5),
    "corrected std": lambda x: np.std(x, axis=1, correction=1, keepdims=True),
    "cumsum": lambda x: np.cumsum(x, 1, np.longdouble),
    "cumprod": lambda x: np.cumprod(x, 1, np.longdouble),
    "cumulative_sum": lambda x: np.cumulative_sum(x, axis=0, dtype=np.float32),
    "cumulative_prod": lambda x: np.cumulative_prod(x, axis=0, dtype=np.float32),
    "nansum": lambda x: np.nansum(x, axis=1, where=MASK, initial=2.0),
    "nanprod": lambda x: np.nanprod(x, 1, np.float64, None, True, 2.0, MASK),
    "nanmean": lambda x: np.nanmean(x, axis=0, where=MASK, dtype=np.float64),
    "nanvar": lambda x: np.nanvar(x, where=MASK, correction=1),
    "nanvar around": lambda x: np.nanvar(x, axis=0, mean=1.0),
    "nanstd": lambda x: np.nanstd(x, where=MASK, ddof=1),
    "nancumsum": lambda x: np.nancumsum(x, 0, np.longdouble),
    "nancumprod": lambda x: np.nancumprod(x, 0, np.longdouble),
    "trace": lambda x: np.trace(x, dtype=np.float32),
    "linalg.trace": lambda x: np.linalg.trace(x, dtype=np.longdouble),
    "take, wrapped": lambda x: np.take(x, [-7, 5, 6], mode="wrap"),
    "take, clipped": lambda x: np.take(x, [-7, 5, 6], 1, mode="clip"),
    "stable sort": lambda x: np.sort(x, stable=True),
    "heap sort": lambda x: np.sort(x, kind="heapsort"),
    "partition": lambda x: np.partition(x, 1, kind="introselect"),
    "narrow concatenate": lambda x: np.concatenate([x, V[None]], dtype=np.float32),
    "stack": lambda x: np.stack([x, x], dtype=np.longdouble, casting="safe"),
    "vstack": lambda x: np.vstack([x, V], dtype=np.float32),
    "hstack": lambda x: np.hstack([x, x], dtype=np.float32, casting="unsafe"),
    "reshape in columns": lambda x: np.reshape(x, (3, 2), order="F"),
    "reshape to -1": lambda x: np.reshape(x, -1, order="F"),
    "reshape as it lies": lambda x: np.reshape(x.T, (2, 3), order="A"),
    "reshape a copy": lambda x: np.reshape(x, (3, 2), copy=True),
    "reshape no copy": lambda x: np.reshape(x, (3, 2), copy=False),
    "ravel in columns": lambda x: np.ravel(x, order="F"),
    "ravel as it lies": lambda x: np.ravel(x.T, "A"),
    "ravel rows as they lie": lambda x: np.ravel(x, "A"),
    "ravel in memory's order": lambda x: np.ravel(x.T, "K"),
    "ravel backwards": lambda x: np.ravel(x[:, ::-1], "K"),
    "a small letter": lambda x: np.ravel(x, "f"),
    "copy": lambda x: np.copy(x, order="F"),
    "full_like": lambda x: np.full_like(x, x[0, 0], order="C"),
    "meshgrid": lambda x: np.meshgrid(x[0], V, copy=False)[0],
    "astype": lambda x: np.astype(x, np.float32, copy=False),
    "interp": lambda x: np.interp(x, [0.1, 5.0, 7.5], [1.0, 4.0, 3.0], period=3.1),
    "interp of places": lambda x: np.interp(W, x[0], [1.0, 4.0, 3.0], period=-3.7),
    "ufunc's dtype": lambda x: np.sqrt(x * x, dtype=np.float32),
    "a list and a dtype": lambda x: np.add(x, [1, 2, 3], dtype=np.float32),
    "a number and a dtype": lambda x: np.hypot(x, np.float64(2), dtype=np.float32),
    "ufunc's order": lambda x: np.exp(x, order="C", casting="same_kind", where=True),
    "narrow einsum": lambda x: np.einsum(
        "ij->j", x, dtype=np.float32, casting="same_kind"
    ),
    "einsum's dtype": lambda x: np.einsum("ij->j", x, dtype=np.longdouble),
}


@pytest.mark.parametrize("f", ORDINARY.values(), ids=ORDINARY)
def test_an_option_gives_numpys_value_dtype_and_shape_and_the_slope_to_it(f):
    value, expected = f(Tensor(X)), f(X)
    assert (value.shape, value.dtype) == (np.shape(expected), expected.dtype)
    rtol = 1e-6 if expected.dtype == np.float32 else 1e-12
    np.testing.assert_allclose(value.data, expected, rtol=rtol)
    if expected.dtype != np.float32:
        check_gradients(f, X, order=2)
    else:  # too coarse for differences: compared with the same in float64
        leaf = Tensor(X)
        value.sum().backward() if value.parents == () else f(leaf).sum().backward()
        assert leaf.grad.dtype == np.float64


@pytest.mark.parametrize("name", [n for n in ORDINARY if "narrow" not in n])
def test_an_option_leaves_narrow_numbers_as_narrow_as_numpy_does(name):
    x = X.astype(np.float32)
    leaf = Tensor(x)
    value = ORDINARY[name](leaf)
    assert value.dtype == ORDINARY[name](x).dtype
    value.sum().backward()
    assert leaf.grad.dtype == np.float32


def test_an_entry_left_out_has_the_slope_0_though_it_is_not_a_number():
    x = Tensor([[np.nan, 2.0], [3.0, np.inf]])
    here = np.array([[False, True], [True, False]])
    for f in (np.sum, np.mean, np.var, np.std, np.prod):
        x.grad = None
        y = f(x, where=here)
        y.backward()
        assert np.isfinite(y.item())
        np.testing.assert_array_equal(x.grad[~here], 0)


def test_where_everything_may_be_left_out_an_extreme_needs_a_beginning():
    for f in (np.max, np.min, np.nanmax, np.amin):
        with pytest.raises(ValueError):
            f(X, where=MASK)
        with pytest.raises(ValueError, match=r"with where=, initial= is needed"):
            f(Tensor(X), where=MASK)
        with pytest.raises(ValueError, match=r"^(max|min|nanmax)|zero-size"):
            f(Tensor(X[:0]))
        assert f(Tensor(X[:0]), initial=2.0).item() == 2
        whole = Tensor([[3, 1]], requires_grad=False).data.astype(int)
        constant = Tensor(whole, requires_grad=False)
        got = f(constant, where=[True, False], initial=2)
        assert (got.dtype, got.item()) == (
            int,
            f(whole, where=[True, False], initial=2),
        )


def test_a_constant_of_integers_begins_with_an_integer():
    x = np.array([3, 1], np.int32)
    for f in (np.max, np.min, np.sum):
        y = f(Tensor(x, requires_grad=False), initial=2)
        assert (y.dtype, y.item()) == (f(x, initial=2).dtype, f(x, initial=2))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda t: np.sum(t, where=MASK[None]), r"^np\.sum: where has the shape"),
        (lambda t: np.sum(t, initial=V), r"^np\.sum: initial has the shape \(3,\)"),
        (lambda t: np.sum(t, initial=Tensor(V)), r"^np\.sum: initial has the shape"),
        (
            lambda t: np.var(t[0], axis=1, mean=np.ones((2, 1))),
            r"^np\.var: mean has the shape \(2, 1\), and the array \(3,\)$",
        ),
        (lambda t: np.var(t, ddof=1, correction=1), r"^np\.var: ddof and correction"),
        (lambda t: np.std(t, ddof=1, correction=0), r"^np\.std: ddof and correction"),
        (lambda t: np.nanvar(t, ddof=1, correction=1), r"^np\.nanvar: ddof and corr"),
        (
            lambda t: np.ravel(t, "X"),
            r"^np\.ravel: order is 'X', and must be one of C,",
        ),
        (lambda t: np.copy(t, "X"), r"^np\.copy: order is 'X', and must be one of C,"),
        (lambda t: np.reshape(t, 6, "K"), r"^np\.reshape: order is 'K', and must be"),
        (lambda t: np.reshape(t.T, 6, copy=False), r"^np\.reshape: .*copy"),
        (lambda t: np.take(t, [0], mode="no"), r"^np\.take: mode is 'no', and must be"),
        (lambda t: np.astype(t, float, device="x"), r"^np\.astype: device is 'x'"),
        (lambda t: np.interp(t, V, V, period=0), r"^np\.interp: period is 0, and"),
        (lambda t: np.select([], [t]), r"^np\.select: list of cases must be same len"),
        (
            lambda t: np.vecdot(t, t[:, :2]),
            r"^np\.vecdot: \(2, 3\) with \(2, 2\): axis",
        ),
        (lambda t: np.matvec(t, V[:2]), r"^np\.matvec: \(2, 3\) with \(2,\): axis -1"),
        (lambda t: np.vecmat(V, t), r"^np\.vecmat: \(3,\) with \(2, 3\): axis -1 of"),
        (
            lambda t: np.einsum("ij,j", t, V[:2]),
            r"einsum: label 'j' is 3 and 2 long$",
        ),
        (
            lambda t: np.average(t, axis=(0, 1), weights=V),
            r"^np\.average: weights of shape \(3,\) for an array of shape \(2, 3\)",
        ),
    ],
)
def test_an_option_that_numpy_refuses_is_refused_by_name(wrong, message):
    with pytest.raises(ValueError):
        wrong(_Plain(X))
    with pytest.raises(ValueError, match=message):
        wrong(Tensor(X))


class _Plain:
    """An array, under the same name as a Tensor in the rows above."""

    def __new__(cls, x):
        return x


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda t: np.sum(t, dtype=int), r"^np\.sum: astype: int64 has no gradient"),
        (
            lambda t: np.add(t, 1.0, dtype=int),
            r"^np\.add: astype: int64 has no gradient",
        ),
        (lambda t: np.add(t, 1.0, where=MASK), r"^np\.add: where= leaves entries"),
        (lambda t: np.var(t, correction=t), r"^np\.var: correction is Tensor\(shape="),
        (lambda t: np.add(t, t, dtype=t), r"^np\.add: dtype is a Tensor, and must"),
        (
            lambda t: np.max(t, initial=1j),
            r"^np\.max: casting='same_kind' takes no com",
        ),
        (lambda t: np.sum(t, where=t), r"^np\.sum: where is of float64, and must be"),
        (lambda t: np.mean(t, where=None), r"^np\.mean: where is of object, and"),
        (lambda t: np.sum(t, dtype=t), r"^np\.sum: dtype is a Tensor, and must"),
        (
            lambda t: np.einsum("ij->j", t, dtype=np.float32),
            r"^np\.einsum: casting='safe' takes no float64 to float32$",
        ),
        (
            lambda t: np.add(t, np.float32(1), casting="no"),
            r"^np\.add: casting='no' takes no float32 to float64$",
        ),
        (
            lambda t: np.stack([t, t], dtype=np.float32, casting="safe"),
            r"^np\.stack: casting='safe' takes no float64 to float32$",
        ),
    ],
)
def test_an_option_without_a_gradient_is_refused_with_the_cause(wrong, message):
    with pytest.raises(TypeError, match=message):
        wrong(Tensor(X))


REFUSED = {  # a parameter of NumPy's function: why no Tensor takes it
    "out": "writes into an array",
    "overwrite_input": "writes into an array",
    "writeable": "writes into an array",
    "subok": "of subclasses of arrays",
    "casting": "of the dtype of a result that is written",
    "order": "of fields, which no array of floats has",
    "device": "NumPy has one",
    "like": "makes an array of another library",
    "weights": "of the quantiles that lie on entries only",
    "x1": "a name that only NumPy's newer function has",
    "x2": "the same",
    "hermitian": "another decomposition",
    "rtol": "a newer name of rcond",
}


@pytest.mark.parametrize("function", [*_rules, *_compositions])
def test_every_parameter_of_numpys_function_is_taken_or_left_out_for_a_reason(function):
    try:
        theirs = inspect.signature(function).parameters
    except ValueError:  # written in C
        return
    if isinstance(function, np.ufunc):
        return
    composition = _extensions.get(function) or _compositions.get(function)
    if composition is None:
        rule = _rules[function]
        taken = {*list(theirs)[: len(rule.operands)], *rule.options}
    else:
        ours = inspect.signature(composition).parameters
        taken = theirs if any(p.kind is p.VAR_KEYWORD for p in ours.values()) else ours
    several = {
        n for n, p in theirs.items() if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    }
    assert {*theirs} - {*taken} - several <= {*REFUSED}


# --- more forms of the same functions -------------------------------------------------


@pytest.mark.parametrize(
    ("f", "arrays"),
    [
        (np.dot, (CUBE, CUBE.swapaxes(1, 2)[:, :, :2])),
        (np.dot, (CUBE, np.arange(4.0) + 1)),
        (np.dot, (V, CUBE)),
        (np.dot, (X, CUBE)),
        (lambda a, b: np.einsum(a, [0, 1], b, [1], [0]), (X, V)),
        (lambda a, b: np.einsum(a, [0, 1], b, [1]), (X, V)),
        (lambda a, b: np.einsum(a, (1, 0), b, (1, 2)), (X, X)),
        (lambda a: np.einsum(a, [..., 30], [30, ...]), (X,)),
        (lambda a: np.einsum(a, [27, 3]), (X,)),
    ],
)
def test_products_of_more_axes_and_labels_in_lists_are_numpys(f, arrays):
    agrees(f, *arrays)
