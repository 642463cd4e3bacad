"""The checker is checked: it finds a derivative that is wrong by 0.1 %."""

import numpy as np
import pytest

from engine import Tensor, check_gradients, no_grad, op

X = np.array([[0.5, -1.0], [2.0, 0.3]])


@op()
def wrong_square(x, *, by=1.001):
    return x * x, (lambda g: g * x * (2 * by),)


@op()
def wrong_in_one_entry(x):
    off = np.array([[1.0, 1.0], [1.0, 1.001]])
    return np.tanh(x), (lambda g: g * (1 - np.tanh(x) ** 2) * off,)


def test_a_derivative_wrong_by_a_thousandth_is_found():
    check_gradients(lambda x: wrong_square(x, by=1.0), X, order=2)
    with pytest.raises(AssertionError, match="argument 0, entry"):
        check_gradients(wrong_square, X)


def test_the_error_names_the_argument_the_worst_entry_and_both_numbers():
    message = r"argument 1, entry \[1, 1\]: the rule says \S+, central differences \S+$"
    with pytest.raises(AssertionError, match=message):
        check_gradients(lambda a, x: a * wrong_in_one_entry(x), 2.0, X)


def test_a_second_derivative_wrong_by_a_thousandth_is_found():
    @op()
    def cube(x):
        @op()
        def slope(x):
            return 3 * x * x, (lambda g: g * x * 6.006,)

        return x * x * x, (lambda g: g * slope(x),)

    check_gradients(cube, X)
    with pytest.raises(AssertionError, match="second derivative, argument 0"):
        check_gradients(cube, X, order=2)


def test_nan_is_no_agreement():
    @op()
    def undefined(x):
        return x * 1, (lambda g: g * np.nan,)

    with pytest.raises(AssertionError, match="the rule says nan"):
        check_gradients(undefined, X)


def test_an_infinite_slope_hides_no_wrong_one():
    @op()
    def wrong_exp(x):
        return np.exp(x), (lambda g: g * 0,)

    with np.errstate(over="ignore"), pytest.raises(AssertionError, match="argument 0"):
        check_gradients(wrong_exp, np.array([709.7825, 1.0]))


def test_it_checks_under_no_grad_too():
    with no_grad():
        check_gradients(np.tanh, X, order=2)


def test_losing_the_graph_is_found():
    with pytest.raises(TypeError, match="f returned .* left the graph"):
        check_gradients(lambda x: x.data * 2 if isinstance(x, Tensor) else x * 2, X)


def test_the_order_is_1_or_2():
    with pytest.raises(ValueError, match="order is 3, and must be 1 or 2"):
        check_gradients(np.tanh, X, order=3)


def test_it_leaves_the_arguments_alone_and_draws_from_the_rng_it_is_given():
    x = X.copy()
    rng = np.random.default_rng(3)
    check_gradients(np.tanh, x, rng=rng)
    np.testing.assert_array_equal(x, X)
    assert rng.random() != np.random.default_rng(3).random()
