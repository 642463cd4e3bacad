"""Every rule against central differences: a row per case, and every rule has a row."""

import functools
import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from helpers.cases import case
from helpers.rule_rows import CASES, ROWS, VALUES, some

from engine import Tensor, check_gradients, logsumexp, rules
from engine.rules.dtypes import cast

_rng = np.random.default_rng(7)


def test_every_rule_has_a_row():
    missing = set(rules.__all__) - set(CASES)
    assert not missing, f"no row in tests/helpers/rule_rows.py for {missing}"
    assert set(CASES) == set(rules.__all__)


def test_a_rule_that_numpy_does_not_have_has_a_known_value():
    """The rest are compared with NumPy's functions; a row compares slopes alone."""
    of_numpy = {n for n in rules.__all__ if hasattr(np, n) or hasattr(np.linalg, n)}
    missing = set(rules.__all__) - of_numpy - set(VALUES)
    assert not missing, f"no value in tests/helpers/rule_rows.py, VALUES, for {missing}"


@pytest.mark.parametrize("rule", VALUES)
def test_its_value_is_the_known_one(rule):
    f, operand, value = VALUES[rule]
    np.testing.assert_allclose(f(np.array(operand)), value, rtol=1e-15)
    np.testing.assert_allclose(f(Tensor(operand)).data, value, rtol=1e-15)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_first_and_second_derivatives_agree_with_central_differences(row):
    f, *operands = row
    check_gradients(f, *operands, order=2)
    if len(operands) == 2:
        x, y = operands
        with case("only the first operand is a Tensor"):
            check_gradients(lambda x: f(x, y), x, order=2)
        with case("only the second operand is a Tensor"):
            check_gradients(lambda y: f(x, y), y, order=2)


@pytest.mark.parametrize("rule", CASES)
def test_plain_in_gives_plain_out(rule):
    for i, (f, *operands) in enumerate(CASES[rule]):
        with case("row", i):
            value = f(*operands)
            assert isinstance(value, np.ndarray | np.generic)
            # NumPy itself may sum in another order than the rules of a composition.
            on_tensors = f(*map(Tensor, operands)).data
            np.testing.assert_allclose(value, on_tensors, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("rule", CASES)
def test_a_gradient_has_the_dtype_of_its_data(rule):
    for i, (f, *operands) in enumerate(CASES[rule]):
        leaves = [Tensor(x.astype(np.float32)) for x in map(np.asarray, operands)]
        with case("row", i):
            f(*leaves).sum().backward()
            assert [x.grad.dtype for x in leaves] == [np.float32] * len(leaves)
            assert [x.grad.shape for x in leaves] == [x.shape for x in leaves]


def test_reuse_adds_up():
    check_gradients(lambda x: (x * x) @ np.exp(x).T + x.sum() * x[0, 0], some(2, 2))


# --- points where calculus leaves a choice, or a trap ---------------------------------


def gradient(f, *x):
    leaves = [Tensor(a) for a in x]
    f(*leaves).sum().backward()
    return [leaf.grad for leaf in leaves]


def test_maximum_and_minimum_share_the_gradient_at_a_tie():
    assert gradient(np.maximum, 1.0, 1.0) == [0.5, 0.5]
    assert gradient(np.minimum, 1.0, 1.0) == [0.5, 0.5]
    assert gradient(lambda x: np.maximum(x, 0.0), 0.0) == [0.5]


@pytest.mark.parametrize(
    ("f", "points", "slopes"),
    [
        (abs, [-1.0, 0.0, 2.0], [-1.0, 0.0, 1.0]),
        (lambda x: np.clip(x, -1, 1), [-2.0, -1.0, 0.0, 1.0, 2.0], [0, 1, 1, 1, 0]),
        (lambda x: np.hypot(x, 0.0), [-1.0, 0.0, 2.0], [-1.0, 0.0, 1.0]),
        (lambda x: np.hypot(0.0, x), [-1.0, 0.0, 2.0], [-1.0, 0.0, 1.0]),
        (lambda x: np.fmax(x, np.nan), [1.0, -3.0], [1.0, 1.0]),
        (lambda x: np.fmax(np.nan, x), [1.0, -3.0], [1.0, 1.0]),
        (lambda x: np.fmin([np.nan, 0.0], x), [1.0, 1.0], [1.0, 0.0]),
        (lambda x: np.fmin(x, [np.nan, 0.0]), [1.0, 1.0], [1.0, 0.0]),
        (lambda x: np.copysign(x, -1.0), [-2.0, 0.0, 2.0], [1.0, 0.0, -1.0]),
        (lambda x: np.copysign(x, [0.0, -0.0]), [-2.0, -2.0], [-1.0, 1.0]),
        (lambda x: np.nan_to_num(x), [1.0, np.nan, np.inf], [1.0, 0.0, 0.0]),
        (lambda x: np.where(x > 0, x, 5.0), [1.0, -1.0], [1.0, 0.0]),
        (np.max, [1.0, 3.0, 3.0], [0.0, 0.5, 0.5]),
        (np.max, [1.0, np.nan], [0.0, 1.0]),
        (lambda x: np.sqrt(np.max(x)), [-1.0, 0.0], [0.0, np.inf]),
        (lambda x: np.fmin(x, 0.0), [np.nan, -1.0], [0.0, 1.0]),
        (np.nan_to_num, [-np.inf, 2.0], [0.0, 1.0]),
        (logsumexp, [-np.inf, -np.inf], [0.0, 0.0]),
        (logsumexp, [-np.inf, 0.0], [0.0, 1.0]),
        (logsumexp, [np.inf, 1.0], [1.0, 0.0]),
        (lambda x: np.linalg.norm(x, 3), [0.0, 0.0], [0.0, 0.0]),
        (lambda x: np.ldexp(x, 1030), [1e-300], [np.inf]),
        (np.min, [1.0, 3.0, 1.0], [0.5, 0.0, 0.5]),
        (np.std, [2.0, 2.0, 2.0], [0.0, 0.0, 0.0]),
        (np.linalg.norm, [0.0, 0.0], [0.0, 0.0]),
        (np.prod, [2.0, 0.0, 3.0], [0.0, 6.0, 0.0]),
        (np.prod, [2.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
        (lambda x: np.logaddexp(x, x), [1e3, -1e3], [1.0, 1.0]),
        (lambda x: x % 3, [4.0, -4.0], [1.0, 1.0]),
        (np.arccosh, [1 + 2**-30], [(2**-30 * (2 + 2**-30)) ** -0.5]),
        (np.arcsinh, [1e200], [1e-200]),
    ],
)
def test_the_slope_at_a_kink_or_edge_is_the_documented_one(f, points, slopes):
    with np.errstate(all="ignore"):
        (g,) = gradient(f, np.array(points))
    np.testing.assert_allclose(g, slopes, rtol=1e-12, atol=0)


def test_where_keeps_the_gradients_of_its_branches_apart():
    x = Tensor([4.0, 0.0])
    with np.errstate(divide="ignore", invalid="ignore"):
        np.where(x > 0, 1 / x, x).sum().backward()
    assert x.grad[0] == -1 / 16
    assert np.isnan(x.grad[1])  # 0 times the infinite slope of 1 / x, as documented
    x = Tensor([4.0, 0.0])
    np.where(x > 0, 1 / np.where(x > 0, x, 1.0), x).sum().backward()
    np.testing.assert_array_equal(x.grad, [-1 / 16, 1.0])


@pytest.mark.parametrize("zero", [0, 0.0, np.zeros(()), np.float32(0)])
def test_the_slope_of_x_to_the_zero_is_zero_at_zero_too(zero):
    assert gradient(lambda x: x**zero, 0.0) == [0.0]
    assert gradient(lambda x: x**zero, 2.0) == [0.0]


def test_the_slope_of_a_square_root_at_zero_is_infinite_as_its_limit_is():
    with np.errstate(divide="ignore"):
        assert gradient(lambda x: x**0.5, 0.0) == [np.inf]


def test_the_slope_of_zero_to_the_y_is_zero():
    assert gradient(lambda x, y: x**y, 0.0, 2.0) == [0.0, 0.0]


def test_the_slope_in_y_is_nan_where_x_is_negative():
    with np.errstate(invalid="ignore"):
        (gx, gy) = gradient(lambda x, y: x**y, -2.0, 3.0)
    assert gx == 12.0
    assert np.isnan(gy)


def test_mixed_second_derivatives_of_a_power_hold_where_the_exponent_is_zero():
    check_gradients(lambda x, y: x**y, np.array([2.0]), np.array([0.0]), order=2)


def test_an_index_taken_twice_gets_both_gradients():
    (g,) = gradient(
        lambda x: x[np.array([0, 0, 2])] * np.array([1.0, 10.0, 5.0]), some(3)
    )
    np.testing.assert_array_equal(g, [11.0, 0.0, 5.0])


def test_a_third_derivative_goes_through_indexing_too():
    x = Tensor(np.array([2.0, 3.0]))
    g = (x[[0, 0, 1]] ** 4).sum()
    for expected in ([64.0, 108.0], [96.0, 108.0], [96.0, 72.0]):
        x.grad = None
        g.backward(create_graph=True)
        np.testing.assert_allclose(x.grad.data, expected)
        g = x.grad.sum()
    x.grad = None


def test_matmul_says_what_did_not_fit_and_what_would():
    a, b = Tensor(np.ones((2, 3))), Tensor(np.ones((2, 3)))
    with pytest.raises(ValueError, match="second transposed would fit") as error:
        a @ b
    assert str(error.value) == (
        "matmul: (2, 3) @ (2, 3) needs 3 == 2; the second transposed would fit"
    )
    with pytest.raises(ValueError, match=r"matmul: \(2, 3\) @ \(5, 4\) needs 3 == 5$"):
        a @ np.ones((5, 4))
    with pytest.raises(ValueError, match=r"number where a matrix belongs; use \*"):
        a @ 2.0


@pytest.mark.filterwarnings("ignore:Mean of empty", "ignore:invalid value")
def test_the_mean_of_nothing_has_a_gradient_of_nothing():
    x = Tensor(np.ones((0, 3)))
    x.mean(axis=0).sum().backward()
    assert x.grad.shape == (0, 3)
    y = Tensor(np.ones((0, 3)))
    y.mean(axis=1).sum().backward()
    assert y.grad.shape == (0, 3)


@pytest.mark.parametrize(
    ("x", "cofactors"),
    [
        ([[1.0, 2.0], [2.0, 4.0]], [[4.0, -2.0], [-2.0, 1.0]]),
        ([[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]),
        (np.diag([2.0, 0.0, 5.0]), np.diag([0.0, 10.0, 0.0])),
    ],
)
def test_a_determinant_that_is_zero_has_its_cofactors_as_slope(x, cofactors):
    (g,) = gradient(np.linalg.det, np.array(x))
    np.testing.assert_allclose(g, cofactors, atol=1e-14)
    (both,) = gradient(np.linalg.det, np.stack([np.array(x), 2 * np.eye(len(x))]))
    np.testing.assert_allclose(both[0], cofactors, atol=1e-14)
    np.testing.assert_allclose(both[1], 2 ** (len(x) - 1) * np.eye(len(x)))


def test_the_slope_of_sinc_is_its_series_near_zero_and_far():
    x = np.linspace(-1.2, 1.2, 49)
    (g,) = gradient(np.sinc, x)
    series = [
        (-1) ** k * 2 * k * (np.pi * x) ** (2 * k - 1) / math.factorial(2 * k + 1)
        for k in range(1, 40)
    ]
    np.testing.assert_allclose(g, np.pi * sum(series), rtol=1e-12, atol=1e-14)


def test_a_pseudo_inverse_cuts_where_it_is_told_to():
    x = Tensor(np.diag([1.0, 1e-4]))
    assert np.linalg.pinv(x, rcond=1e-2).data[1, 1] == 0
    assert np.linalg.pinv(x).data[1, 1] == pytest.approx(1e4)


@pytest.mark.parametrize("p", [0, np.inf, -np.inf, 1])
def test_the_rule_of_the_norm_knows_vectors_and_p_norms_alone(p):
    x = np.ones((2, 2)) if p == 1 else np.ones(2)
    with pytest.raises(ValueError, match=f"^norm: of order {p!r}, .* has no p-norm"):
        rules.norm(Tensor(x), ord=p)
    with pytest.raises(ValueError, match=f"^norm: of order {p!r}, .* has no p-norm"):
        rules.norm(Tensor(np.ones((2, 2))), ord=p, axis=(0, 1))


def test_a_running_sum_of_one_number_has_an_axis():
    for axis in (None, 0):
        assert gradient(lambda x, axis=axis: np.cumsum(x, axis=axis), 2.0) == [1.0]


def test_a_tie_with_what_is_missing_takes_nothing():
    assert gradient(np.nanmax, np.array([-np.inf, np.nan]))[0].tolist() == [1.0, 0.0]


def test_a_norm_that_is_zero_though_its_entries_are_not_has_slope_zero():
    with np.errstate(divide="ignore"):
        (g,) = gradient(lambda x: np.linalg.norm(x, -1), np.array([0.0, 1.0]))
    assert g.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_infinities_become_the_largest_number_of_their_dtype(dtype):
    x = np.array([np.inf, -np.inf, np.nan, 1.0], dtype)
    for options in ({}, {"posinf": 0.0}, {"neginf": 5.0}, {"posinf": 3.0, "nan": 2.0}):
        y = np.nan_to_num(Tensor(x), **options)
        assert y.dtype == dtype
        np.testing.assert_array_equal(y.data, np.nan_to_num(x, **options))


def test_only_the_axis_that_was_summed_over_goes():
    assert logsumexp(Tensor(np.ones((1, 3))), axis=1).shape == (1,)


def test_a_dot_product_of_lengths_that_differ_is_refused():
    with pytest.raises(ValueError, match=r"^dot: \(2, 3, 4\) @ \(4, 3, 5\) needs 4 =="):
        np.dot(Tensor(np.ones((2, 3, 4))), np.ones((4, 3, 5)))
    with pytest.raises(ValueError, match=r"^dot: \(2, 3\) @ \(4, 2\) needs 3 == 4$"):
        np.dot(Tensor(np.ones((2, 3))), np.ones((4, 2)))


def test_a_cast_to_the_dtype_that_is_there_makes_no_node():
    x = Tensor([1.0, 2.0])
    assert cast(x, np.float64) is x
    assert cast(x, np.float32).op == "astype"


def test_casting_to_what_are_no_floats_is_refused():
    with pytest.raises(TypeError, match=r"astype: int64 has no gradient; .*t.data"):
        Tensor([1.0]).astype(np.int64)
    with pytest.raises(TypeError, match=r"astype: complex128 has no gradient"):
        Tensor([1.0]).astype(complex)


@pytest.mark.parametrize("f", [np.mean, np.var])
def test_the_slope_of_a_mean_over_more_entries_than_float16_counts_is_not_zero(f):
    x = np.tile(np.float16([0, 2]), 40000)
    with np.errstate(over="ignore"):  # NumPy's own var counts in float16
        (g,) = gradient(f, x)
    slopes = {np.mean: [1, 1], np.var: [-2, 2]}[f]
    assert g.dtype == np.float16
    np.testing.assert_allclose(g[:2], np.array(slopes) / 80000, rtol=1e-2)


# --- the table itself -----------------------------------------------------------------


def cell(operation):
    """Where a decorated rule keeps the function that it runs."""
    return operation.__closure__[operation.__code__.co_freevars.index("rule")]


@pytest.mark.parametrize("name", rules.__all__)
def test_the_table_finds_a_closure_that_is_wrong_by_a_thousandth(name):
    place = cell(getattr(rules, name))
    rule = place.cell_contents
    for n in range(3):
        used = []

        @functools.wraps(rule)
        def mutant(*operands, _n=n, _used=used, **options):
            value, grad_fns = rule(*operands, **options)
            return value, spoiled(grad_fns, _n, _used)

        place.cell_contents = mutant
        try:
            found = any(map(wrong_in, CASES[name]))
        finally:
            place.cell_contents = rule
        assert found == any(used)  # a closure that gives only zeros can't be wrong


def spoiled(grad_fns, n, used):
    """The closures, the n-th of them (of all the results) wrong by a thousandth."""
    number = itertools.count()

    def one(fn):
        if fn is None or next(number) != n:
            return fn

        def wrong(g):
            gx = fn(g) * 1.001
            used.append(bool(np.any(gx != 0)))
            return gx

        return wrong

    return tuple(tuple(map(one, f)) if type(f) is tuple else one(f) for f in grad_fns)


def wrong_in(row):
    try:
        check_gradients(row[0], *row[1:])
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize(
    ("f", "x", "slope"),
    [
        (lambda x: x ** np.uint8(0), 20.0, 0.0),
        (lambda x: x ** np.arange(3, dtype=np.uint8), np.full(3, 2, "f4"), [0, 1, 4]),
        (lambda x: x ** np.array([-128], np.int8), [1.1], [-128 * 1.1**-129.0]),
        (lambda x: np.array([3], np.int8) ** x, [2.0], [9 * np.log(3)]),
        (lambda x: np.float_power(np.array([3], np.int8), x), [2.0], [9 * np.log(3)]),
        (lambda x: np.float_power(np.float32([3]), x), [2.0], [9 * np.log(3)]),
        (lambda x: Fraction(1, 2) ** x, 2.0, np.log(0.5) / 4),
        (lambda x: np.arctan2(x, np.array([100], np.int8)), [1.0], [100 / 10001]),
        (lambda x: np.arctan2(x, np.uint8(16)), [1.0], [16 / 257]),
        (lambda x: np.arctan2(x, np.float16(300)), [1.0], [300 / 90001]),
        (lambda x: np.arctan2(x, 1e-200), 1e-200, 5e199),
        (lambda x: np.arctan2(x, 1e200), 1e200, 5e-201),
        (lambda x: np.arctan2(1e200, x), 1e200, -5e-201),
    ],
)
def test_a_constant_of_a_small_dtype_neither_wraps_nor_rounds_the_slope(f, x, slope):
    leaf = Tensor(x)
    f(leaf).sum().backward()
    np.testing.assert_allclose(leaf.grad, slope, rtol=1e-14)


def test_a_limit_that_is_not_a_machine_number_goes_backward_too():
    for f in (np.fmax, np.fmin):
        x = Tensor([1.0, np.nan])
        y = f(x, 10**30)
        y.sum().backward()
        assert y.data[1] == 1e30
        np.testing.assert_array_equal(x.grad, [f is np.fmin, 0.0])
