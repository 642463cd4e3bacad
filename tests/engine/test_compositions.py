"""NumPy functions composed of rules: NumPy's values, and slopes to second order."""

import inspect

import numpy as np
import pytest
from helpers.cases import case, name_of
from helpers.composition_rows import CASES, ROWS

from engine import Tensor, check_gradients
from engine.numpy_protocol import _compositions

NUMPY = np.lib.NumpyVersion(np.__version__)
M = np.array([[True, False], [False, True], [True, True]])
V = np.array([0.5, -1.0, 2.0])
XP = np.array([0.0, 0.4, 1.1, 3.0])


def test_every_composition_has_a_case():
    assert set(CASES) == set(_compositions)


@pytest.mark.parametrize("f", ROWS.values(), ids=ROWS)
def test_a_composition_is_numpys_function_and_differentiates_to_second_order(f):
    x = np.random.default_rng(0).permutation(12.0 + np.arange(12)).reshape(2, 3, 2) / 10
    value = f(Tensor(x))
    assert type(value) is Tensor
    expected = f(x)
    assert value.shape == np.shape(expected)
    np.testing.assert_allclose(value.data, expected, rtol=1e-12, atol=1e-15)
    check_gradients(lambda x: f(x * x), x, order=2)


@pytest.mark.parametrize("function", CASES, ids=name_of)
def test_its_dtype_is_numpys_and_a_gradient_has_that_of_the_data(function):
    x = np.random.default_rng(0).permutation(12.0 + np.arange(12)).reshape(2, 3, 2) / 10
    for i, f in enumerate(CASES[function]):
        leaf = Tensor(x.astype(np.float32))
        with case("row", i):
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


@pytest.mark.parametrize("function", _compositions, ids=name_of)
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
    for f in (lambda m: np.linalg.qr(m, mode="raw"),):
        f(X.data)
        with pytest.raises(ValueError, match=r"^np\.linalg\.\w+: .*(pass|has)"):
            f(X)
    with pytest.raises(TypeError, match=r"^np\.pad: mode 'empty' .* has no rule; all"):
        np.pad(VECTOR, 1, mode="empty")


@pytest.mark.slow
@pytest.mark.no_cover
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


def test_none_is_not_a_number_to_join():
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


def test_a_tensor_is_a_bound_of_an_arrays_clip():
    low = Tensor(1.5)
    y = np.array([1.0, 2.0]).clip(low, 3.0)
    y.sum().backward()
    np.testing.assert_array_equal(y.data, [1.5, 2.0])
    assert low.grad == 1
