"""Slopes where a formula fails: infinities, NaN, zeros, means that are rounded."""

import numpy as np
import pytest

from engine import Tensor, check_gradients, debug, grad, hessian, logsumexp
from nn import relu

inf, nan = np.inf, np.nan


def slopes(f, x, y):
    """Both first derivatives at a pair of numbers."""
    return [grad(f, i)(x, y) for i in (0, 1)]


def curvatures(f, x, y):
    """All four second derivatives."""
    return [slopes(lambda x, y, i=i: grad(f, i)(x, y), x, y) for i in (0, 1)]


@pytest.mark.parametrize("f", [np.logaddexp, np.logaddexp2])
@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (1e16, 1e16, [0.5, 0.5]),
        (-1e300, -1e300, [0.5, 0.5]),
        (np.float32(1e8), np.float32(1e8), [0.5, 0.5]),
        (1e16, 0.0, [1.0, 0.0]),
        (inf, 1.0, [1.0, 0.0]),
        (1.0, inf, [0.0, 1.0]),
        (inf, inf, [0.5, 0.5]),
        (-inf, inf, [0.0, 1.0]),
        (-inf, 2.0, [0.0, 1.0]),
        (-inf, -inf, [0.0, 0.0]),
    ],
)
def test_a_sum_of_exponentials_shares_its_gradient_at_any_size(f, x, y, expected):
    assert slopes(f, x, y) == expected
    curved = np.log(2) if f is np.logaddexp2 else 1.0
    bend = curved * 0.25 if expected == [0.5, 0.5] and np.isfinite(x) else 0.0
    np.testing.assert_allclose(curvatures(f, x, y), bend * np.array([[1, -1], [-1, 1]]))


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([inf, 1.0], [1, 0]),
        ([inf, 1.0, inf], [0.5, 0, 0.5]),
        ([-inf, inf], [0, 1]),
        ([-inf, 2.0, 2.0], [0, 0.5, 0.5]),
        ([-inf, -inf], [0, 0]),
        ([1e16, 1e16], [0.5, 0.5]),
        ([3.0], [1]),
        ([nan, 1.0], [nan, nan]),
    ],
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_so_does_one_of_many_exponentials(x, expected, dtype):
    x = np.array(x, dtype)
    with np.errstate(divide="ignore"):  # the logarithm of 0
        assert grad(logsumexp)(x).tolist() == pytest.approx(expected, nan_ok=True)
        bend = hessian(logsumexp)(x)
        rows = Tensor(np.stack([x, np.zeros_like(x)]))  # one row does not touch another
        logsumexp(rows, axis=1).sum().backward()
        value = logsumexp(Tensor(x))
    assert value.dtype == dtype
    if not np.isnan(x).any():
        ends = np.isinf(x).any()
        p = np.array(expected) * (not ends or np.max(x) < inf)
        np.testing.assert_allclose(bend, np.diag(p) - np.outer(p, p), atol=1e-15)
        np.testing.assert_allclose(rows.grad[0], expected)
    np.testing.assert_allclose(rows.grad[1], 1 / x.size, rtol=1e-6)


SIZES = {
    "abs": lambda x: np.abs(x).sum(),
    "hypot": lambda x: np.hypot(x, 0.0).sum(),
    "hypot, turned": lambda x: np.hypot(0.0, x).sum(),
    "copysign": lambda x: np.copysign(x, 1.0).sum(),
    "norm": np.linalg.norm,
    "vector_norm": np.linalg.vector_norm,
    "matrix_norm": lambda x: np.linalg.matrix_norm(x.reshape(1, 1)),
    **{
        f"norm, ord={p}": lambda x, p=p: np.linalg.norm(x, p)
        for p in (1, 1.5, 2, 3, inf, -inf)
    },
    **{
        f"matrix norm, ord={p}": lambda x, p=p: np.linalg.norm(x.reshape(1, 1), p)
        for p in (1, -1, 2, -2, inf, -inf, "fro", "nuc")
    },
    "svdvals": lambda x: np.linalg.svdvals(x.reshape(1, 1)).sum(),
}


@pytest.mark.parametrize("f", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_all_spellings_of_a_size_agree_at_zero_and_beside_it(f, scale):
    for x, slope in ((0.0, 0.0), (2.0, scale), (-3.0, -scale)):
        x = np.array([x])
        np.testing.assert_allclose(grad(lambda x: f(scale * x))(x), [slope])
        second = hessian(lambda x: f(scale * x))
        np.testing.assert_allclose(second(x), [[0.0]], atol=1e-9)
        third = hessian(lambda x: grad(lambda x: f(scale * x))(x).sum())
        np.testing.assert_allclose(third(x), [[0.0]], atol=1e-6)


@pytest.mark.parametrize("f", [np.std, np.nanstd])
def test_a_spread_of_nothing_has_no_slope_to_any_order(f):
    for x in ([3.0, 3.0], [5.0], [0.1] * 7):
        assert not grad(f)(np.array(x)).any()
        assert not hessian(f)(np.array(x)).any()
    beside = np.array([[3.0, 3.0], [1.0, 2.0]])
    check_gradients(lambda x: f(x, axis=1)[1], beside, order=2)
    check_gradients(
        lambda x: np.linalg.norm(x, axis=1)[1], beside * [[0], [1]], order=2
    )


@pytest.mark.parametrize(
    "x",
    [
        np.float16([1, 1.001]),
        np.float32(1e7) + np.float32([0, 1]),
        1e16 + np.array([0.0, 2.0]),
        np.float16([300, 301]),
    ],
    ids=str,
)
@pytest.mark.parametrize("f", [np.std, np.var, np.nanstd, np.nanvar])
def test_a_spread_far_from_zero_has_the_slopes_of_the_spread(f, x):
    """Though the mean is rounded before it is subtracted."""
    wide = x.astype(np.longdouble)
    away = wide - wide.mean()
    n = x.size
    by_hand = away / (n * wide.std()) if "std" in f.__name__ else 2 * away / n
    np.testing.assert_allclose(grad(f)(x), by_hand.astype(x.dtype), rtol=1e-3)


@pytest.mark.parametrize("f", [np.nanstd, np.nanvar])
def test_a_spread_without_what_is_missing_is_precise_far_from_zero(f):
    x = np.float16([1, nan, 1.001])
    assert f(Tensor(x)).item() == f(x.astype(float)).astype(np.float16)
    assert f(Tensor(x)).dtype == np.float16


def test_twice_centred_spreads_differentiate_to_second_order():
    x = np.random.default_rng(0).normal(size=(2, 4, 3)) + 5
    for f in (np.std, np.var, np.nanstd, np.nanvar):
        check_gradients(lambda x, f=f: f(x, axis=(0, 2), ddof=1), x, order=2)
        check_gradients(lambda x, f=f: f(x, axis=1, keepdims=True), x, order=2)


@pytest.mark.parametrize("f", [np.maximum, np.minimum, np.fmax, np.fmin])
def test_of_two_one_is_taken_or_both_share_where_one_is_missing(f):
    x = np.array([nan, 1.0, nan, 2.0, 2.0, 1.0, 3.0, inf])
    y = np.array([1.0, nan, nan, 2.0, 1.0, 2.0, inf, inf])
    first, second = Tensor(x), Tensor(y)
    value = f(first, second)
    value.backward(np.ones(8))
    np.testing.assert_array_equal(first.grad + second.grad, np.ones(8))
    same = f(x, y)
    taken = [(a == z) | ((a != a) & (z != z)) for a, z in ((x, same), (y, same))]
    expected = taken[0] / (taken[0] + 1.0 * taken[1])
    np.testing.assert_array_equal(first.grad, expected)
    assert not hessian(lambda x: f(x, 1.0))(nan).any()


@pytest.mark.parametrize(
    "f",
    [
        np.max,
        np.min,
        lambda x, axis: np.quantile(x, 0.3, axis),
        lambda x, axis: np.percentile(x, [70], axis)[0],
        lambda x, axis: np.median(x, axis, keepdims=True).sum(),
    ],
)
def test_what_is_chosen_among_the_missing_goes_back_to_them(f):
    x = Tensor([[1.0, nan, 3.0, nan], [1.0, 2.0, 5.0, 3.0]])
    f(x, axis=None).sum().backward()
    assert x.grad.tolist() == [[0, 0.5, 0, 0.5], [0, 0, 0, 0]]
    one = Tensor([[1.0, nan, 3.0]])
    assert np.isnan(f(one, axis=1).sum().item())
    f(one, axis=1).sum().backward()
    assert one.grad.tolist() == [[0, 1, 0]]


def test_a_rectifier_passes_what_is_missing_on():
    x = Tensor([nan, 0.0, 1.0, -1.0])
    y = relu(x)
    y.backward(np.ones(4))
    np.testing.assert_array_equal(y.data, [nan, 0, 1, 0])
    assert x.grad.tolist() == [1, 0, 1, 0]
    assert grad(lambda x: relu(x) * 3)(np.float64(nan)) == 3


def test_the_value_of_a_step_at_its_edge_has_the_gradient():
    def both(w):
        return (np.heaviside(np.array([0.0, 1.0]), w) * w).sum()

    assert grad(both)(2.0) == 5
    assert hessian(both)(2.0) == 2
    x, w = Tensor([[-1.0], [0.0], [2.0]]), Tensor([3.0, 4.0])
    y = np.heaviside(x, w)
    np.testing.assert_array_equal(y.data, np.heaviside(x.data, w.data))
    y.backward(np.arange(6.0).reshape(3, 2) + 1)
    assert x.grad.tolist() == [[0], [0], [0]]
    assert w.grad.tolist() == [3, 4]
    with debug():
        assert np.heaviside(x, 0.5).requires_grad


def test_the_next_number_follows_its_own():
    x = Tensor(np.float32([0.5, -2.0]))
    y = np.nextafter(x, np.float32(9))
    assert (y.data == np.nextafter(x.data, np.float32(9))).all()
    assert y.dtype == np.float32
    (y * y).sum().backward()
    np.testing.assert_array_equal(x.grad, 2 * y.data)
