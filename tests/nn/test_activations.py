"""Activations: far from zero, at kinks, and what they refuse."""

import sys
from statistics import NormalDist

import numpy as np
import pytest

from engine import Tensor, grad
from nn import (
    GELU,
    LeakyReLU,
    Softmax,
    Tanh,
    gelu,
    leaky_relu,
    log_softmax,
    sigmoid,
    softmax,
)

HUGE = np.array([-np.inf, -1e308, -800.0, -40.0, 40.0, 800.0, 1e308, np.inf])


def slope(f, x):
    x = Tensor(np.array(x))
    f(x).backward(np.ones(x.shape))
    return x.g


def test_sigmoid_has_values_and_slopes_at_any_size():
    y = sigmoid(HUGE)
    np.testing.assert_array_equal(y[[0, 1, 2]], [0, 0, np.exp(-800.0)])
    np.testing.assert_array_equal(y[-4:], 1)
    np.testing.assert_allclose(y[3], np.exp(-40), rtol=1e-14)
    np.testing.assert_allclose(
        slope(sigmoid, HUGE)[3:5], [np.exp(-40)] * 2, rtol=1e-14
    )  # where y is 1 and 1 - y would be 0
    assert np.isfinite(slope(sigmoid, HUGE)).all()


@pytest.mark.parametrize("approximate", ["tanh", "none"])
def test_gelu_is_x_or_0_far_from_zero_and_overflows_nowhere(approximate):
    x = HUGE[1:-1]
    y = gelu(x, approximate=approximate)
    np.testing.assert_allclose(y, np.maximum(x, 0), atol=1e-300)
    g = slope(lambda x: gelu(x, approximate=approximate), x)
    np.testing.assert_allclose(g, x > 0, atol=1e-300)


def test_the_two_forms_of_gelu_differ_by_at_most_5e_4():
    x = np.linspace(-6, 6, 10001)
    exact = gelu(x, approximate="none")
    np.testing.assert_allclose(
        exact[::100], x[::100] * np.vectorize(NormalDist().cdf)(x[::100]), atol=1e-15
    )
    assert 4e-4 < abs(gelu(x) - exact).max() < 5e-4


def test_gelu_of_another_name_is_refused():
    with pytest.raises(ValueError, match="gelu: approximate is 'erf', and must be"):
        GELU(approximate="erf")(np.ones(2))


def test_exact_gelu_without_scipy_names_the_cure(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(ImportError, match="needs SciPy: pip install scipy"):
        gelu(np.ones(2), approximate="none")


def test_softmax_of_huge_numbers_neither_overflows_nor_underflows():
    y = softmax(np.array([[1e300, 1e300, -1e300], [-800.0, -801.0, -1e300]]))
    e = 1 / (1 + np.exp(-1))
    np.testing.assert_allclose(y, [[0.5, 0.5, 0], [e, 1 - e, 0]], rtol=1e-14)


def test_softmax_gives_what_is_hidden_no_share_and_no_gradient():
    x = Tensor([[1.0, -np.inf, 2.0], [-np.inf, -np.inf, 3.0]])
    y = softmax(x)
    y.backward(np.array([[1.0, 5.0, 2.0], [1.0, 1.0, 7.0]]))
    np.testing.assert_array_equal(y.data[:, 1], 0)
    np.testing.assert_array_equal(y.data[1], [0, 0, 1])
    np.testing.assert_array_equal(x.g[1], 0)
    assert x.g[0, 1] == 0
    assert np.isfinite(x.g).all()


@pytest.mark.parametrize("f", [softmax, log_softmax])
@pytest.mark.parametrize("row", [[-np.inf, -np.inf], [np.inf, 0.0]])
def test_where_all_is_hidden_or_one_is_inf_there_are_no_shares_and_numpy_warns(f, row):
    with pytest.warns(RuntimeWarning, match="invalid value") as warned:
        y = f(np.array([row, [0.0, 0.0]]))
    assert len(warned) == 1
    assert np.isnan(y[0]).any()
    assert np.isfinite(y[1]).all()


def test_log_softmax_is_precise_where_a_share_is_close_to_0_or_1():
    y = log_softmax(np.array([0.0, -40.0, -1e6]))
    np.testing.assert_allclose(y, [-np.exp(-40), -40, -1e6], atol=1e-17)


def test_the_slope_of_leaky_relu_at_0_is_that_below():
    np.testing.assert_array_equal(
        slope(lambda x: leaky_relu(x, slope=0.25), [-2.0, -0.0, 0.0, 1e-300]),
        [0.25, 0.25, 0.25, 1],
    )


@pytest.mark.parametrize("f", [sigmoid, gelu, leaky_relu, softmax, log_softmax])
def test_nan_comes_through(f):
    with np.errstate(invalid="ignore"):
        assert np.isnan(f(np.array([np.nan, 1.0]))[0])


@pytest.mark.parametrize("f", [sigmoid, gelu, leaky_relu])
@pytest.mark.parametrize("shape", [(0,), (3, 0), ()])
def test_empty_arrays_and_numbers_are_taken(f, shape):
    x = Tensor(np.zeros(shape))
    y = f(x)
    y.backward(np.ones(shape))
    assert y.shape == x.g.shape == shape


def test_layers_read_as_what_they_are():
    assert repr(Tanh()) == "Tanh()"
    assert repr(Softmax()) == "Softmax()"
    assert repr(Softmax(axis=0)) == "Softmax(axis=0)"
    assert repr(GELU()) == "GELU()"
    assert repr(GELU(approximate="none")) == "GELU(approximate='none')"
    assert repr(LeakyReLU(slope=0.2)) == "LeakyReLU(slope=0.2)"
    with pytest.raises(ValueError, match="LeakyReLU: slope is 'x', and must be a numb"):
        LeakyReLU(slope="x")
    np.testing.assert_allclose(
        Softmax(axis=0)(np.zeros((2, 3))).sum(axis=0), [1, 1, 1], rtol=1e-15
    )


def test_sigmoid_has_no_kink_at_0_in_any_derivative():
    first = grad(sigmoid)
    np.testing.assert_allclose(first(0.0), 1 / 4, rtol=1e-14)
    np.testing.assert_allclose(grad(first)(0.0), 0, atol=1e-16)
    np.testing.assert_allclose(grad(grad(first))(0.0), -1 / 8, rtol=1e-14)
