"""NumPy's less usual functions: its values bit for bit, kinks, errors, refusals."""

import numpy as np
import pytest
from helpers.cases import case, name_of
from helpers.composition_rows import CASES

from engine import Tensor, check_gradients, grad, rules

FUNCTIONS = [
    *(np.block, np.insert, np.resize, np.trim_zeros, np.choose, np.pad),
    *(np.fft.fftshift, np.fft.ifftshift, np.linspace, np.logspace, np.geomspace),
    *(
        np.polyval,
        np.vander,
        np.polyint,
        np.polyder,
        np.polyadd,
        np.polysub,
        np.polymul,
    ),
    *(np.cov, np.corrcoef, np.bincount, np.histogram, np.real_if_close),
    *(np.apply_along_axis, np.apply_over_axes, np.piecewise),
    *(np.linalg.tensorinv, np.linalg.tensorsolve),
]
X = np.random.default_rng(0).permutation(12.0 + np.arange(12)).reshape(2, 3, 2) / 10


@pytest.mark.parametrize("function", FUNCTIONS, ids=name_of)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_its_value_is_numpys_to_the_last_bit(function, dtype):
    x = X.astype(dtype)
    for i, f in enumerate(CASES[function]):
        with case("row", i):
            value = f(Tensor(x)).data
            if dtype is np.float64:
                np.testing.assert_array_equal(value, f(x))
            assert value.dtype == np.asarray(f(x)).dtype


M, V = Tensor(np.arange(6.0).reshape(2, 3) + 1), Tensor([1.0, 2.0, 4.0])


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda: np.block([[M], M]), "nested to different depths"),
        (lambda: np.block([[M], []]), "a list is empty"),
        (lambda: np.trim_zeros(V, "fx"), "trim is 'fx', and must be"),
        (lambda: np.fft.fftshift(M[0, 0]), "none to shift"),
        (
            lambda: np.pad(V, 1, "edge", stat_length=1),
            "stat_length came, and mode 'edg",
        ),
        (lambda: np.pad(V, 1, "mean", end_values=1), "end_values came, and mode 'mean"),
        (
            lambda: np.pad(V, 1, "maximum", stat_length=0),
            "stat_length is 0, and at least 1",
        ),
        (
            lambda: np.pad(V, 1, "mean", stat_length=-1),
            "stat_length is -1, and at least 0",
        ),
        (lambda: np.geomspace(V, 0.0), "start and stop must not be 0"),
        (lambda: np.polyval(V[0], 2.0), "a number came for the coefficients"),
        (lambda: np.vander(M), r"x has shape \(2, 3\), and must be a row"),
        (lambda: np.vander(V, -1), "N is -1, and a matrix"),
        (lambda: np.polyint(V, -1), "m is -1; np.polyder is np.polyint of"),
        (lambda: np.polyint(V, 3, [1.0, 2.0]), "2 constants k for 3 integrals"),
        (lambda: np.polyder(V, -1), "m is -1; np.polyder is np.polyint of"),
        (lambda: np.polymul(M, V), r"coefficients of shape \(2, 3\), and they must"),
        (lambda: np.cov(M[None]), "m or y has 3 axes; 2 at most"),
        (lambda: np.cov(M, aweights=[1.0, 2.0]), r"aweights of shape \(2,\) for 3 obs"),
        (lambda: np.cov(M, fweights=[1, -2, 3]), "cannot be negative"),
        (lambda: np.bincount([0, 1], V), r"\(2,\) bins for weights of shape \(3,\)"),
        (lambda: np.bincount([0, -1, 1], V), "no negative"),
        (lambda: np.histogram([1.0], weights=V), r"weights of shape \(3,\) for data"),
        (lambda: np.histogram([1.0], [0.0], weights=V[:1]), "edges of bins .* two are"),
        (lambda: np.apply_along_axis(np.sum, 1, M[:0]), "has no row along axis 1"),
        (
            lambda: np.apply_over_axes(lambda x, axis: x[None], M, 0),
            "the function made an array of 3 axes of 2",
        ),
        (lambda: np.piecewise(V, [V > 1], [1, 2, 3]), "3 functions for 1 conditions"),
        (lambda: np.piecewise(V, [[True], [True] * 3], [1, 2]), "must be of one shape"),
        (lambda: np.choose([0, 2], [V[:2], V[:2]]), "invalid entry in choice array"),
        (lambda: np.linalg.tensorsolve(M, V), "are not a square of equations"),
        (lambda: np.linalg.tensorinv(M, 0), r"ind is 0 and a of \(2, 3\): rows have"),
        (lambda: np.nanmedian(V[0], axis=0), "axis 0 is out of bounds"),
        (lambda: np.nanquantile(V, 2.0), "quantiles must lie between 0 and 1"),
    ],
)
def test_a_wrong_value_is_refused_by_name(f, words):
    with pytest.raises(ValueError, match=rf"^np\.[\w.]+: .*{words}"):
        f()


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda: np.block([[M], (M, M)]), "a tuple came, and blocks are in lists"),
        (lambda: np.histogram([1.0], V), "bins is a Tensor, and bins are constants"),
        (lambda: np.histogram(V, 2, (0, V[1])), "range is a Tensor, and bins are con"),
        (lambda: np.histogram(V), "edges of bins would move with the data; pass bins"),
        (
            lambda: np.histogram([0, 1, 2], "auto", weights=V),
            "bins 'auto' are for data without weights",
        ),
        (lambda: np.histogram(V, "auto"), "edges of bins would move with the data"),
        (
            lambda: np.bincount([0, 1, 1], V.astype(np.longdouble)),
            "which do not fit into float64",
        ),
        (lambda: np.insert(V, 0, 1j), "values of complex128 do not fit into float64"),
        (lambda: np.piecewise(V, V > 1, [1j]), "a piece of complex128 does not fit"),
        (lambda: np.polyder(V, [1]), r"m has shape \(1,\), and must be a number"),
        (lambda: np.linspace(V, 2.0, V[0]), "linspace: option 'num' is a Tensor"),
        (lambda: np.linspace(V, 2.0, dtype=int), "astype: int64 has no gradient"),
        (lambda: np.pad(V, 1, print), "mode <built-in function print> .* has no rule"),
    ],
)
def test_what_has_no_slope_is_refused_by_name(f, words):
    with pytest.raises(TypeError, match=rf"^np\.[\w.]+: .*{words}"):
        f()


# --- rules ----------------------------------------------------------------------------


def test_bessels_functions_satisfy_their_equation_wherever_they_are_finite():
    """I0'' + I0' / x = I0."""
    x = np.concatenate([-np.geomspace(1e-3, 700, 50), np.geomspace(1e-3, 700, 50)])
    slope = grad(lambda x: np.i0(x).sum())
    bend = grad(lambda x: slope(x).sum())
    np.testing.assert_allclose(bend(x) + slope(x) / x, np.i0(x), rtol=1e-12)
    assert slope(np.float64(2.0)) == pytest.approx(1.5906368546373291, rel=1e-14)
    assert slope(np.float64(0.0)) == pytest.approx(0.0, abs=1e-15)


def test_what_is_unwrapped_moves_as_it_did():
    x = Tensor([0.0, 3.0, -3.0, 9.0])
    y = np.unwrap(x)
    np.testing.assert_array_equal(y.data, np.unwrap(x.data))
    assert not np.array_equal(y.data, x.data)
    (y * V.data.cumsum()[[0, 1, 2, 2]]).sum().backward()
    np.testing.assert_array_equal(x.grad, [1.0, 3.0, 7.0, 7.0])


def test_the_ends_of_a_range_share_the_gradient_of_what_lies_between():
    start, stop = Tensor(1.0), Tensor(3.0)
    np.linspace(start, stop, 5)[1].backward()
    assert (start.grad, stop.grad) == (0.75, 0.25)
    y, step = np.linspace(start, 2.0, 1, retstep=True)
    assert (y.data.tolist(), np.isnan(step)) == ([1.0], True)


# --- compositions ---------------------------------------------------------------------


def test_a_polynomial_keeps_its_constant_where_all_else_is_zero():
    p = Tensor([0.0, 0.0, 0.0])
    y = np.polymul(p, [2.0, 3.0])
    assert y.shape == np.polymul(p.data, [2.0, 3.0]).shape
    y.sum().backward()
    np.testing.assert_array_equal(p.grad, [0.0, 0.0, 5.0])


def test_a_polynomial_object_is_evaluated_at_a_tensor():
    check_gradients(np.poly1d([1.0, 2.0, 3.0]), np.array([0.5, 2.0]), order=2)


def test_nothing_is_left_of_zeros_that_are_trimmed():
    for trim in ("f", "b", "fb"):
        assert np.trim_zeros(Tensor([0.0, 0.0]), trim).shape == (0,)
    assert np.trim_zeros(Tensor(0.0)).shape == ()


def test_an_entry_that_stands_in_two_bins_edges_is_counted_in_the_last():
    weights, data = Tensor([1.0, 10.0, 100.0, 1000.0]), [1.0, np.nan, 2.0, -1.0]
    for edges in ([0, 1, 1, 2], [0, 1, 2], [1, 2, 2]):
        counts, bins = np.histogram(data, edges, weights=weights)
        theirs = np.histogram(data, edges, weights=weights.data)
        np.testing.assert_array_equal(counts.data, theirs[0])
        np.testing.assert_array_equal(bins, theirs[1])


def test_the_bins_of_constants_and_of_moving_data_between_fixed_edges_are_plain():
    for x in (V, Tensor(V.data, requires_grad=False)):
        counts, edges = np.histogram(x, [0.0, 2.0, 5.0])
        assert (counts.tolist(), edges.tolist()) == ([1, 2], [0.0, 2.0, 5.0])
    assert np.bincount(Tensor([0, 2]).detach().data.astype(int)).tolist() == [1, 0, 1]
    whole = Tensor(np.array([0, 2]), requires_grad=False)
    assert np.bincount(whole).tolist() == [1, 0, 1]
    assert np.histogram(Tensor(V.data, requires_grad=False))[0].sum() == 3


def test_a_covariance_of_a_single_observation_is_not_a_number():
    with pytest.warns(RuntimeWarning), np.errstate(all="ignore"):
        assert np.isnan(np.cov(Tensor([[1.0], [2.0]])).data).all()


def test_a_function_along_an_axis_may_return_numbers_that_hang_on_nothing():
    def largest_or_three(row):
        return np.max(row) if row[0] > 1 else 3.0

    y = np.apply_along_axis(largest_or_three, 0, M)
    np.testing.assert_array_equal(y.data, [3.0, 5.0, 6.0])
    assert type(np.apply_along_axis(np.argmax, 1, M)) is np.ndarray
    check_gradients(lambda x: np.apply_along_axis(largest_or_three, 0, x), X[0])


def test_the_pieces_of_a_function_have_their_own_slopes():
    x, k = Tensor([-1.0, 0.0, 2.0]), Tensor(5.0)
    y = np.piecewise(x, [x < 0, x > 0], [lambda y: y * y, np.exp, k])
    np.testing.assert_array_equal(y.data, [1.0, 5.0, np.exp(2.0)])
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [-2.0, 0.0, np.exp(2.0)])
    assert k.grad == 1.0


def test_a_function_of_a_piece_where_another_is_infinite_makes_no_nan():
    x = Tensor([-1.0, 0.0, 4.0])
    y = np.piecewise(x, [x > 0], [np.log, 0.0])
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [0.0, 0.0, 0.25])


def test_what_is_not_chosen_gets_the_gradient_zero():
    x, y = Tensor([np.nan, 2.0]), Tensor([3.0, np.inf])
    np.choose([1, 0], [x, y]).sum().backward()
    np.testing.assert_array_equal([x.grad, y.grad], [[0.0, 1.0], [1.0, 0.0]])
    rows = np.choose([1, 0, 1], M)
    np.testing.assert_array_equal(rows.data, [4.0, 2.0, 6.0])


def test_a_row_without_numbers_has_no_median_and_the_others_have_theirs():
    x = Tensor([[np.nan, np.nan, np.nan], [np.nan, 2.0, 4.0], [5.0, 1.0, 9.0]])
    y = np.nanmedian(x, axis=1)
    np.testing.assert_array_equal(y.data, [np.nan, 3.0, 5.0])
    y[1:].sum().backward()
    np.testing.assert_array_equal(x.grad, [[0, 0, 0], [0, 0.5, 0.5], [1, 0, 0]])


def test_equal_entries_share_the_gradient_of_a_median_beside_what_is_missing():
    x = Tensor([np.nan, 2.0, 2.0, 2.0])
    np.nanmedian(x).backward()
    np.testing.assert_allclose(x.grad, [0, 1 / 3, 1 / 3, 1 / 3])


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize("mode", ["reflect", "symmetric"])
@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_an_odd_frame_is_numpys_however_wide(n, mode, dtype):
    x = np.cos(np.arange(n)).astype(dtype)
    for widths in ((0, 1), (1, 0), (4, 4), (11, 2), (3, 17), (20, 20)):
        ours = np.pad(Tensor(x), widths, mode, reflect_type="odd")
        theirs = np.pad(x, widths, mode, reflect_type="odd")
        np.testing.assert_array_equal(ours.data, theirs, strict=True)


def test_a_ramp_may_end_at_a_tensor():
    x, end = Tensor([1.0, 2.0]), Tensor(5.0)
    y = np.pad(x, (0, 2), "linear_ramp", end_values=end)
    np.testing.assert_array_equal(y.data, [1.0, 2.0, 3.5, 5.0])
    y.sum().backward()
    assert (x.grad.tolist(), end.grad) == ([1.0, 1.5], 1.5)


def test_an_empty_array_has_frames_only_where_it_is_not_empty():
    for mode in ("mean", "linear_ramp", "median"):
        assert np.pad(Tensor(np.ones((0, 2))), ((0, 0), (1, 1)), mode).shape == (0, 4)
        with pytest.raises(ValueError, match=r"^np\.pad: "):
            np.pad(Tensor(np.ones((0, 2))), 1, mode)


def test_blocks_go_back_to_where_they_came_from():
    x, y = Tensor([[1.0]]), Tensor(2.0)
    weights = np.array([[1.0, 10.0], [100.0, 1000.0]])
    (np.block([[x, y], [y, x]]) * weights).sum().backward()
    assert (x.grad.item(), y.grad.item()) == (1001.0, 110.0)


def test_a_rule_of_the_engine_is_called_by_its_own_name_too():
    y = rules.linspace(0.0, Tensor(2.0), num=3)
    assert (y.op, y.data.tolist()) == ("linspace", [0.0, 1.0, 2.0])
