"""The checker is checked: it finds a derivative that is wrong by 0.1 %."""

import re

import numpy as np
import pytest

from engine import Tensor, check_gradients, no_grad, op

X = np.array([[0.5, -1.0], [2.0, 0.3]])
LARGE = np.random.default_rng(1).normal(size=(100, 100))
LARGE[50, 50] = 1e4  # moves ten thousand times as far as the others


@op()
def wrong_square(x, *, by=1.001):
    return x * x, (lambda g: g * x * (2 * by),)


@op()
def wrong_in_one_entry(x, *, at=(1, 1), by=1.001):
    off = np.ones(x.shape)
    off[at] = by
    return np.tanh(x), (lambda g: g * (1 - np.tanh(x) ** 2) * off,)


def test_a_derivative_wrong_by_a_thousandth_is_found():
    check_gradients(lambda x: wrong_square(x, by=1.0), X, order=2)
    with pytest.raises(AssertionError, match="argument 0, entry"):
        check_gradients(wrong_square, X)


def test_the_tolerance_is_where_a_difference_becomes_an_error():
    check_gradients(lambda x: wrong_square(x, by=1.0009), X, tolerance=1e-3)
    with pytest.raises(AssertionError, match="argument 0, entry"):
        check_gradients(lambda x: wrong_square(x, by=1.0011), X, tolerance=1e-3)


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


def test_nan_does_not_agree_with_anything():
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


def test_a_constant_has_slope_zero_to_any_order():
    check_gradients(lambda x: np.sign(x) + Tensor(1.0, requires_grad=False), X, order=2)


def test_the_order_is_1_or_2():
    with pytest.raises(ValueError, match="order is 3, and must be 1 or 2"):
        check_gradients(np.tanh, X, order=3)


def test_it_leaves_the_arguments_alone_and_draws_from_the_rng_it_is_given():
    x = X.copy()
    rng = np.random.default_rng(3)
    check_gradients(np.tanh, x, rng=rng)
    np.testing.assert_array_equal(x, X)
    assert rng.random() != np.random.default_rng(3).random()


def test_every_entry_has_a_weight_that_shows_its_error():
    for seed in range(50):
        with pytest.raises(AssertionError, match=r"entry \[1, 1\]"):
            rng = np.random.default_rng(seed)
            check_gradients(lambda x: wrong_in_one_entry(x, by=1 + 1e-5), X, rng=rng)


def test_up_to_256_entries_cost_two_calls_each_and_any_more_cost_eight_in_all():
    def calls(size):
        seen = []
        check_gradients(
            lambda x: seen.append(x) or np.tanh(x), np.linspace(-1, 1, size)
        )
        return len(seen) - 4  # at x: as a Tensor, twice for its value, for the gradient

    assert [calls(n) for n in (256, 257, 10_000)] == [512, 8, 8]


@pytest.mark.no_cover
@pytest.mark.parametrize("seed", range(20))
def test_one_entry_in_ten_thousand_wrong_by_a_thousandth_is_found_and_named(seed):
    rng = np.random.default_rng(seed)
    i, j = rng.integers(0, 50, size=2)
    with pytest.raises(AssertionError) as error:
        check_gradients(
            lambda a, x: a * wrong_in_one_entry(x, at=(i, j)), 2.0, LARGE, rng=rng
        )
    message = rf"argument 1, entry \[{i}, {j}\]: the rule says (\S+), \D+ (\S+)$"
    rule, differences = map(float, re.search(message, str(error.value)).groups())
    assert rule / differences == pytest.approx(1.001, abs=1e-5)


def test_so_is_one_in_the_second_derivative():
    @op()
    def log_cosh(x):
        return np.logaddexp(x, -x), (lambda g: g * wrong_in_one_entry(x, at=(3, 17)),)

    check_gradients(log_cosh, LARGE)
    message = r"second derivative, argument 0, entry \[3, 17\]"
    with pytest.raises(AssertionError, match=message):
        check_gradients(log_cosh, LARGE, order=2)


@pytest.mark.parametrize("by", [np.nan, np.inf, -np.inf])
def test_so_is_one_that_is_not_finite(by):
    message = r"entry \[3, 17\]: the rule says (nan|-?inf)"
    with pytest.raises(AssertionError, match=message):
        check_gradients(lambda x: wrong_in_one_entry(x, at=(3, 17), by=by), LARGE)


@pytest.mark.no_cover
def test_two_errors_that_nearly_cancel_along_one_direction_are_found_along_another():
    @op()
    def wrong_sum(x):
        off = np.ones(x.shape)
        off[200:202] += [1e-5, -1e-5]
        return np.sum(x), (lambda g: g * off,)

    for seed in range(100):
        with pytest.raises(AssertionError, match=r"entry \[20[01]\]"):
            rng = np.random.default_rng(seed)
            check_gradients(wrong_sum, np.linspace(-1, 1, 300), rng=rng)


def test_of_two_errors_in_a_large_argument_the_worse_is_named():
    @op()
    def wrong_sum(x):
        off = np.ones(x.shape)
        off[[20, 250]] += [0.1, 0.01]
        return np.sum(x), (lambda g: g * off,)

    with pytest.raises(AssertionError, match=r"entry \[20\]"):
        check_gradients(wrong_sum, np.linspace(-1, 1, 300))


def test_a_scalar_beside_a_large_argument_is_checked_too():
    with pytest.raises(AssertionError, match=r"argument 1, entry \[\]: the rule"):
        check_gradients(lambda x, a: np.tanh(x) * wrong_square(a), LARGE, 2.0)


@pytest.mark.parametrize("x", [X, LARGE])
def test_a_right_gradient_survives_rounding_and_curvature(x):
    small = x[:50]
    check_gradients(lambda x: np.sum(x) + 1e6, x)
    check_gradients(lambda x: np.tanh(x) + 1e6, small)
    check_gradients(lambda x: x * x, 1e9 * x)
    check_gradients(lambda x: (x - small) ** 3, small)
    check_gradients(lambda x: np.sin(np.sum(x)), small, order=2)
    check_gradients(lambda x: np.sin(1e3 * x), small)


def test_both_numbers_are_slopes_however_far_the_entry_moves():
    with pytest.raises(AssertionError, match=r"rule says -?\d\.") as error:
        check_gradients(wrong_square, np.array([-4.0]))
    assert 4 < abs(float(re.search(r"says (\S+),", str(error.value))[1])) < 8.1


def test_a_step_beyond_the_domain_warns_of_nothing():
    @op()
    def wrong_log(x):
        return np.log(x), (lambda g: g * 1.001 / x,)

    with pytest.raises(AssertionError, match="argument 0"):
        check_gradients(wrong_log, np.array([1e-5]))


def test_what_is_not_an_array_of_real_numbers_is_refused():
    for x in (1j, "one", None, np.ones(2) * 1j):
        with pytest.raises(
            TypeError, match="^check_gradients: .* not an array of real"
        ):
            check_gradients(np.exp, x)
    check_gradients(np.exp, Tensor([1.0, 2.0]))


def test_what_is_not_a_generator_is_refused():
    with pytest.raises(TypeError, match=r"^check_gradients: rng is 5; pass np\.random"):
        check_gradients(np.exp, 1.0, rng=5)
