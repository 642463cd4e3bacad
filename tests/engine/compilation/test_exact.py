"""Steps that are left out or computed once change no bit."""

import numpy as np
import pytest
from helpers.compiling import X, assert_same

from engine import compiled, grad

LARGE = np.random.default_rng(0).normal(size=(60, 70)).astype(np.float32)
ODD = np.array([[0.0, -0.0, 1.0], [-1.0, np.inf, -np.inf]])


def lines_of(f, *args):
    """What the program computes, a line each."""
    text = compiled(f).source(*args)
    return [line.strip() for line in text.split("# what it computes\n")[1].split("\n")]


SAME_BITS = {
    "plus 0": lambda x: x + 0.0,
    "minus 0": lambda x: x - 0.0,
    "minus a product with 0": lambda x: x - x * 0.0,
    "times 1": lambda x: x * 1.0,
    "power 1": lambda x: x**1,
    "twice negative": lambda x: np.negative(-x),
    "0 minus": lambda x: 0.0 - x,
    "positive": lambda x: +x,
    "by 1": lambda x: x / 1,
    "true division of the same": lambda x: (x + 1.0) / (x + 1.0),
    "stretched": lambda x: x * np.broadcast_to(x[:, :1], x.shape),
    "twice the same": lambda x: np.exp(x) + np.exp(x) * x,
    "of a dtype": lambda x: x.astype(np.float64) + x.astype(np.float32),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("f", SAME_BITS.values(), ids=SAME_BITS)
def test_signs_of_zero_and_infinities_stay(f):
    fast = compiled(f)
    for x in (ODD, -ODD, ODD[:, ::-1], ODD.astype(np.float32)):
        assert_same(fast(x), f(x))


LAYOUTS = {
    "sum": np.sum,
    "sum of a copy": lambda x: np.sum(x.copy("K") * 1.5),
    "sum of a copy by rows": lambda x: np.sum(x.copy() * 1.5),
    "ones like it": lambda x: np.sum(np.ones_like(x) + x),
    "zeros like it": lambda x: np.sum((np.zeros_like(x) + x) * np.ones_like(x)),
    "in another shape": lambda x: np.cumsum(x.reshape(-1)),
    "turned": lambda x: np.mean(x.T * 2.0),
    "gradient": grad(lambda x: np.sum(np.tanh(x.T) * x.T)),
}


@pytest.mark.parametrize("f", LAYOUTS.values(), ids=LAYOUTS)
def test_sums_go_along_memory_as_in_the_function(f):
    fast = compiled(f)
    for x in (LARGE, np.asfortranarray(LARGE), LARGE[::-1], LARGE.T, LARGE[:, ::2]):
        for _ in range(2):
            assert_same(fast(x), f(x))


@pytest.mark.parametrize("f", [lambda x: x.T, np.zeros_like, np.exp, lambda x: x * 2.0])
def test_a_result_lies_in_memory_as_that_of_the_function(f):
    fast = compiled(f)
    for x in (LARGE, np.asfortranarray(LARGE), LARGE.T):
        for _ in range(2):
            assert fast(x).strides == f(x).strides


def test_a_copy_by_layout_is_one_in_every_layout():
    def f(x):
        y = x * 2
        return y, y.T.ravel()

    fast = compiled(f)
    for x in (LARGE, np.asfortranarray(LARGE)):
        for _ in range(2):
            y, z = fast(x)
            assert not np.shares_memory(y, z)
    line = compiled(np.ravel)
    line(LARGE[0, ::2])
    assert not np.shares_memory(line(LARGE[0, :35]), LARGE)


def test_what_is_computed_twice_is_computed_once():
    lines = lines_of(lambda x: np.exp(x) + np.exp(x) * 2.0, ODD)
    assert sum(line.count("np.exp") for line in lines) == 1


def test_what_changes_no_bit_is_left_out():
    assert lines_of(lambda x: np.exp(0.5 * (x * 1.0) ** 1), ODD) == [
        "v = np.exp(0.5 * x)",
        "return v",
    ]


def test_what_is_read_before_a_write_is_not_read_again_after_it():
    def f(x):
        y = x * 2
        before = np.sum(y)
        y[0] = 1.0
        return before, np.sum(y)

    fast = compiled(f)
    for x in (LARGE, LARGE * 2):
        assert_same(fast(x), f(x))


def test_what_saw_an_array_before_a_write_is_not_computed_from_it_after():
    def twice_negative(x):
        y = x * 1.0
        z = -y
        y[0] = np.maximum(y[0], 0.0)  # changes nothing where it is recorded
        return -z

    def summed_before(x):
        y = x * 1.0
        s = y.sum(axis=0, keepdims=True)
        y[:1] = np.maximum(y[:1], 0.0)
        return s.reshape(3)

    for f in (twice_negative, summed_before):
        fast = compiled(f)
        for x in (np.ones((2, 3)), -np.ones((2, 3))):
            assert_same(fast(x), f(x))


@pytest.mark.parametrize("like", [np.zeros_like, np.ones_like])
def test_zeros_of_a_shape_that_is_an_argument_are_not_fixed(like):
    def f(x, n):
        return like(x, shape=(n,))

    fast = compiled(f)
    for n in (2, 3, 2):
        assert_same(fast(X, n), f(X, n))


def test_a_sum_along_an_axis_that_is_an_argument_is_not_made_another():
    def f(x, n):
        return x.sum(axis=n, keepdims=True).reshape(3)

    fast = compiled(f)
    for n, x in ((0, X), (1, X.reshape(3, 2).copy())):
        assert_same(fast(x, n), f(x, n))
