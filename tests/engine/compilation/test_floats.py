"""Programs of scalars on Python's floats, and where they go on with NumPy."""

import math
import pickle
import re
import warnings

import numpy as np
import pytest
from helpers.floats import ULPS, assert_same, on_floats
from helpers.program_rows import ANY, LIKE_TORCH
from helpers.programs import HEAD, programs
from hypothesis import given

from engine import Tensor, compiled, grad, rules, value_and_grad
from engine.compilation.forms import leaves_of

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

NOT_ON_FLOATS = {  # of the rows that give a number of numbers
    *("np.ldexp({x}, 2)", "np.frexp({x})[0]", "np.nanmax({x}, axis=0)"),
    *("np.nanmin({x})", "np.nanprod({x})", "np.nanstd({x} * k[0, 0])", "np.std({x})"),
    *("np.median({x})", "np.percentile({x}, 30.0)", "np.nanmedian({x})"),
    *("np.pad({x}, 1, constant_values=0.5)", "np.i0(np.tanh({x}))"),
    "np.interp(np.tanh({x}), [-1.0, 0.05, 1.0], [0.0, 2.0, 1.0])",
    "np.nanquantile(np.where({x} > 1.0, np.nan, {x}), 0.3)",
    "np.piecewise({x}, [{x} > 0.0], [lambda i: i * i, 0.0])",
    *("np.prod({x}, axis=-1)", "np.linalg.norm({x})"),
}


def is_scalar(row):
    """Whether a row gives a number of two numbers."""
    if re.search("{[vms]}", row):
        return False
    x, y = np.float64(0.7), np.float64(-0.3)
    try:
        return (
            np.ndim(
                eval(row.format(x="x", y="y"), {**globals(), **HEAD, "x": x, "y": y})
            )
            == 0
        )
    except (ValueError, TypeError, IndexError):
        return False


SCALARS = [*filter(is_scalar, ANY + LIKE_TORCH)]
ROWS = [row for row in SCALARS if row not in NOT_ON_FLOATS]


def function_of(program):
    lines = [f"    {line}" for line in program.lines]
    head = f"def f({', '.join(program.leaves)}):"
    outputs = f"    return {' + '.join(program.outputs)}"
    env = {"np": np, "rules": rules, "__name__": "programs", **HEAD}
    exec("\n".join([head, *lines, outputs]), env)
    return env["f"]


@pytest.mark.parametrize("row", SCALARS)
def test_a_row_of_scalars_runs_on_floats_unless_it_is_named(row):
    env = {"np": np, "rules": rules, "__name__": "programs", **HEAD}
    exec(f"def f(a, b): return {row.format(x='a', y='b')}", env)
    x = np.float64(0.7), np.float64(-0.3)
    fast = compiled(value_and_grad(env["f"], (0, 1)))
    assert on_floats(fast, *x) == (row not in NOT_ON_FLOATS)


@pytest.mark.slow
@given(programs(ROWS, [()]))
def test_random_programs_are_close_elsewhere_and_in_second_order(program):
    f = function_of(program)
    leaves = [np.float64(x) for x in program.leaves.values()]
    places = range(len(leaves))

    def slope(*xs):
        return sum(g * g for g in grad(f, places)(*xs))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for eager in (value_and_grad(f, places), value_and_grad(slope)):
            fast, exact = compiled(eager), compiled(eager, floats=False)
            for factor in (1.0, 1.05, -0.9):
                there = [x * factor for x in leaves]
                assert_close(fast(*there), exact(*there), exact.source(*there))


def assert_close(ours, theirs, source):
    """Within a few last places, for each step, of the largest result."""
    ours, theirs = [*leaves_of(ours)], [*leaves_of(theirs)]
    assert [*map(type, ours)] == [*map(type, theirs)]
    largest = max(1.0, np.max(np.abs(theirs), where=np.isfinite(theirs), initial=0.0))
    off = ULPS * source.count(" = ") * np.finfo(float).eps * largest
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=off)


ODD = {
    "overflow of exp": (np.exp, 1000.0),
    "overflow of a product": (lambda x: x * 10.0 - x, 1e308),
    "overflow of a power": (lambda x: x**4, 1e100),
    "overflow that comes out finite": (lambda x: 1.0 / (x * x), 1e200),
    "a division by zero": (lambda x: 1.0 / x, 0.0),
    "a division by minus zero": (lambda x: 1.0 / x, -0.0),
    "zero by zero": (lambda x: x / x, 0.0),
    "the logarithm of zero": (np.log, 0.0),
    "the logarithm of less": (np.log, -1.0),
    "the root of a negative number": (np.sqrt, -2.0),
    "a negative base": (lambda x: x**0.5, -8.0),
    "a negative base of a fraction that is squared": (
        lambda x: (x ** (1 / 3)) ** 2,
        -8.0,
    ),
    "a negative power of zero": (lambda x: x**-1.5, 0.0),
    "the sine of infinity": (np.sin, math.inf),
    "infinity minus infinity": (lambda x: x * x - x * x * 2.0, 1e200),
    "a remainder of zero": (lambda x: 1.0 % x + 1.0 // x, 0.0),
    "NaN that is compared": (lambda x: np.where(x < 1.0, x, 2.0) * 1.0, math.nan),
    "NaN that is larger": (lambda x: np.maximum(x, 0.0), math.nan),
    "minus zero": (lambda x: np.maximum(x, 0.0) * np.sign(x), -0.0),
}


@pytest.mark.parametrize("row", ODD.values(), ids=ODD)
@pytest.mark.parametrize("number", [float, np.float64])
def test_infinities_and_nan_come_out_as_on_numpy(row, number):
    f, odd = row
    eager = value_and_grad(f)
    fast = compiled(eager)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fast(number(0.75))
        assert on_floats(fast, number(0.75))
        assert_same(fast(number(odd)), eager(number(odd)))
        assert_same(fast(number(0.75)), compiled(eager, floats=False)(number(0.75)))


def test_numpy_warns_of_an_infinity_that_comes_out():
    fast = compiled(lambda x: x * 10.0 - 1.0)
    fast(np.float64(0.5))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(RuntimeWarning, match="overflow"):
            fast(np.float64(1e308))
        assert fast(np.float64(0.75)) == 6.5


def test_python_raises_where_the_function_does():
    fast = compiled(lambda x, y: np.exp(y) * (1 / x))
    fast(2.0, 1.0)
    assert on_floats(fast, 2.0, 1.0)
    with pytest.raises(ZeroDivisionError):
        fast(0.0, 1.0)


# --- classes --------------------------------------------------------------------------

RESULTS = {
    "a number of NumPy's": lambda x: np.exp(x),
    "a truth value of NumPy's": lambda x: np.exp(x) > 1.0,
    "an array of no axes": lambda x: np.where(x > 0.5, x, 0.0),
    "a truth value in an array": lambda x: np.where(x > 0.5, x > 0.0, x < 0.0),
    "what came": lambda x: (x, np.exp(x)),
    "a constant": lambda x: (np.float64(2.0) * 1.0, np.exp(x), np.array(3.0)),
    "the same twice": lambda x: (lambda y: [y, y])(np.exp(x)),
    "a dict": lambda x: {"a": x + 1, "b": {"c": -np.exp(x), "d": abs(x)}},
    "many": lambda x: [np.exp(x) * n for n in range(40)],
}
ARGUMENTS = (0.7, 3, np.float64(0.7), np.array(0.7))


@pytest.mark.parametrize("f", RESULTS.values(), ids=RESULTS)
@pytest.mark.parametrize("x", ARGUMENTS, ids=["float", "int", "float64", "array"])
def test_results_have_the_classes_that_they_have_on_numpy(f, x):
    fast, exact = compiled(f), compiled(f, floats=False)
    for there in (x, x + x, x + x + x):
        ours, theirs = fast(there), exact(there)
        if isinstance(ours, dict):
            ours, theirs = [*leaves_of(ours)], [*leaves_of(theirs)]
        assert [*map(type, leaves_of(ours))] == [*map(type, leaves_of(theirs))]
        assert_close(ours, theirs, exact.source(there))
    assert on_floats(fast, x)


def test_an_integer_may_be_given():
    fast = compiled(value_and_grad(lambda x: x * np.exp(x)))
    for n in (3, 2):
        assert_close(fast(n), (n * np.exp(n), (n + 1) * np.exp(n)), " = ")
    assert on_floats(fast, 3)


def test_a_truth_value_may_be_given():
    fast = compiled(lambda b, x: np.where(b, x, -x) * 2.0)
    for b in (np.True_, np.False_):
        assert_same(fast(b, 0.5), np.float64(1.0 if b else -1.0))
    assert on_floats(fast, np.True_, 0.5)


def test_large_integers_are_compared_as_on_numpy():
    fast = compiled(lambda n, x: (x == n) * 1.0)
    x = np.float64(2.0**53)
    for n in (3, 2**53 + 1, 10**300):
        assert_same(fast(n, x), (x == n) * 1.0)
    assert on_floats(fast, 3, x)


# --- what is not on floats ------------------------------------------------------------


def test_without_floats_every_bit_is_that_of_the_function():
    def f(x):
        return np.tanh(np.exp(x) ** 0.3)

    exact, fast = compiled(f, floats=False), compiled(f)
    xs = np.random.default_rng(0).normal(size=500)
    assert [exact(x) for x in xs] == [f(x) for x in xs]
    assert not on_floats(exact, xs[0])
    assert on_floats(fast, xs[0])
    assert [fast(x) for x in xs] != [f(x) for x in xs]  # the last bits of some


def squared(x):
    return np.exp(x) ** 2


@compiled(floats=False)
def decorated(x):
    """Of NumPy's bits."""
    return np.exp(x)


def test_the_option_stays_with_the_function():
    assert decorated(0.5) == np.exp(0.5)
    assert decorated.__doc__ == "Of NumPy's bits."
    assert not on_floats(decorated, 0.5)
    assert pickle.loads(pickle.dumps(decorated)) is decorated
    for floats in (True, False):
        fast = pickle.loads(pickle.dumps(compiled(squared, floats=floats)))
        assert on_floats(fast, 0.5) == floats
        assert on_floats(fast.with_function(np.exp), 0.5) == floats


def test_a_decorator_without_options_is_one():
    @compiled()
    def f(x):
        return np.exp(x)

    assert f(0.5) == math.exp(0.5)
    assert on_floats(f, 0.5)


def test_the_source_shows_the_lines_on_floats_and_then_those_on_numpy():
    source = compiled(lambda x: np.tanh(x) * 2.0).source(np.float64(0.5))
    ours, theirs = source.split("except (")
    assert "x2 = float(x)" in ours
    assert "tanh(x2) * 2.0" in ours
    assert "np." not in ours.partition("# what it computes")[2]
    assert "np.tanh(x) * 2.0" in theirs


def test_what_is_looked_at_twice_is_computed_once():
    fast = compiled(lambda x: np.maximum(np.exp(x), 0.5))
    ours, _ = fast.source(np.float64(0.5)).split("# the same on NumPy")
    assert ours.count("exp(") == 1


def test_hooks_and_what_is_bound_stay_on_numpy():
    weight = Tensor(2.0)

    def step(x):
        loss = np.exp(weight * x)
        loss.backward()
        weight.data = weight.data - 0.1 * weight.grad
        weight.grad = None
        return loss

    fast = compiled(step)
    fast(0.5)
    assert not on_floats(fast, 0.5)

    def hooked(x):
        x = Tensor(x)
        x.register_hook(lambda g: None)
        y = np.exp(x)
        y.backward()
        return x.grad

    fast = compiled(hooked)
    assert fast(0.5) == np.exp(0.5)
    assert not on_floats(fast, 0.5)


def test_a_captured_number_is_looked_up():
    scale = Tensor(2.0)
    fast = compiled(lambda x: np.exp(x) * scale)
    assert [fast(0.0), fast(0.0)] == [2.0, 2.0]
    scale.data = np.float64(3.0)
    assert fast(0.0) == 3.0
    assert on_floats(fast, 0.0)


WRITES = {
    "all of it": (lambda v, x: v.__setitem__((), x), True),
    "by an ellipsis": (lambda v, x: v.__setitem__(..., x), True),
    "twice": (lambda v, x: [v.__setitem__((), x), v.__setitem__((), x * 2.0)], False),
    "added to": (lambda v, x: v.__iadd__(x), False),
}


@pytest.mark.parametrize(("write", "translated"), WRITES.values(), ids=WRITES)
def test_a_write_is_translated_where_it_fills_a_fresh_array(write, translated):
    def f(x):
        v = np.zeros_like(x)
        write(v, x)
        return v * np.exp(x)

    fast = compiled(f)
    for x in (np.array(0.5), np.array(0.75)):
        assert_close([fast(x)], [f(x)], " = ")
    assert on_floats(fast, x) == translated


# --- branches -------------------------------------------------------------------------


def test_a_branch_is_taken_as_on_numpy():
    def f(x):
        return x * 2.0 if x > 1.0 else np.exp(x)

    fast, exact = compiled(value_and_grad(f)), compiled(value_and_grad(f), floats=False)
    for x in (0.5, 2.0, 0.75, 1.0, 3.0, math.nan):
        assert_close(fast(x), exact(x), " = ")
    assert on_floats(fast, 0.5)
    assert on_floats(fast, 2.0)


def test_where_a_branch_hangs_on_a_last_bit_one_of_the_two_comes_out():
    xs = np.random.default_rng(0).normal(size=1_000)
    x = next(x for x in xs if math.tanh(x) != np.tanh(x))
    edge = np.float64(max(math.tanh(x), np.tanh(x)))

    def f(x):
        return x * 2.0 if np.tanh(x) >= edge else x * 3.0

    fast = compiled(f)
    for elsewhere in (x - 1.0, x + 1.0):  # a program for each branch
        assert fast(elsewhere) == f(elsewhere)
        assert on_floats(fast, elsewhere)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fast(x) in (x * 2.0, x * 3.0)


def test_an_integer_that_chooses_may_be_pythons():
    fast = compiled(lambda n, x: sum(np.exp(x) for _ in range(n)))
    for n in (2, 3):
        np.testing.assert_allclose(fast(n, 0.5), n * np.exp(0.5))
        assert on_floats(fast, n, 0.5)


def test_a_value_has_its_name_however_often_its_line_has_run():
    def f(x):
        size = abs(x)
        return size * size

    sources = {compiled(f).source(np.float64(0.5)) for _ in range(20)}
    assert len(sources) == 1  # Python runs a line in another way after some rounds
    assert "size = abs(" in sources.pop()
