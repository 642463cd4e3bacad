"""A step in Python's words is the same call: to the bit, whatever it is called."""

import numpy as np
import pytest
from helpers.compiling import X, assert_same

from engine import Tensor, compiled

SPECIAL = np.array([-2.0, -0.0, 0.5, np.inf, np.nan])
NARROW = SPECIAL.astype(np.float32)

STEPS = {
    "a negative power": lambda x: (-2.0) ** x,
    "a power of a negative": lambda x: -(x**2),
    "minus a minus": lambda x: x - (-x) - -1.0,
    "brackets": lambda x: (x - (x - 1.0)) / (x / (x * 2.0)),
    "a product of sums": lambda x: (x + 1.0) * (x - 1.0) % 3.0 // 2.0,
    "comparisons": lambda x: (x > 0.5) & (x < 3.0) | ~(x == x),
    "numpy's number beside it": lambda x: x * np.float64(0.1) + np.float32(0.1),
    "an integer of numpy's": lambda x: x * np.int8(3) + np.int64(2),
    "infinite and NaN": lambda x: x * np.inf + np.nan,
    "sums along axes": lambda x: (
        x.sum(),
        x.sum(axis=0),
        x.sum(axis=-1, keepdims=True),
    ),
    "extremes": lambda x: (x.max(), x.min(axis=0), x.max(0), x.min(initial=0.0)),
    "sum of a dtype": lambda x: x.sum(dtype=np.float32),
    "where": lambda x: np.sum(x, where=x > 0.0),
    "a dtype": lambda x: x.astype(np.float32) + x.astype("float64"),
    "indices": lambda x: (x[1:], x[::-1], x[[0, 2]], x[None, ..., 1], x[-1]),
    "a mask": lambda x: np.where(x > 0.0, x, -1.0),
    "reductions of a ufunc": lambda x: np.maximum.accumulate(x) + np.add.reduce(x),
    "an outer product": lambda x: np.multiply.outer(x, x),
    "strings": lambda x: np.einsum("i,i->", x, x),
    "a function of the user's": lambda x: np.piecewise(x, [x > 0.0], [np.sin, 0.0]),
    "shapes": lambda x: x.reshape(1, -1).T.squeeze().ravel(),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("f", STEPS.values(), ids=STEPS)
def test_a_step_is_the_same_call(f):
    fast = compiled(f, floats=False)
    for x in (SPECIAL, NARROW, SPECIAL[::-1] * 2.0, NARROW):
        assert_same(fast(x), f(x))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", ["a pow", "minus", "compare"])
def test_a_step_on_single_numbers_is_the_same_call(name):
    f = {
        "a pow": lambda x: (-2.0) ** x + x**-2.0,
        "minus": lambda x: 0.5 - (-x) - (-x) * 2.0,
        "compare": lambda x: (x < 1.0) + (x == x) * 2.0,
    }[name]
    fast = compiled(f, floats=False)
    for x in (np.float64(-2.0), np.float64(0.5), np.float32(3.0), np.float64(np.inf)):
        assert_same(fast(x), f(x))


HOSTILE = ["return", "x\nimport os", "'; print(1) #", '"""', "np", "otherwise", "é ﬁ"]


@pytest.mark.parametrize("name", HOSTILE)
def test_the_name_of_a_tensor_can_t_break_the_program(name):
    w = Tensor(np.ones(3), name=name)

    def f(x):
        return (x * w).sum()

    fast = compiled(f)
    for x in (X, X * 2):
        assert_same(fast(x), f(x).data)


@pytest.mark.parametrize("key", HOSTILE)
def test_a_key_can_t_break_the_program(key):
    kept = {key: np.ones(3)}

    def f(p):
        return {key: p[key] * kept[key]}

    fast = compiled(f)
    for x in (X, X * 2):
        assert_same(fast({key: x}), f({key: x}))


def test_a_ufunc_of_the_users_is_called():
    added = np.frompyfunc(lambda a, b: a + b, 2, 1)

    def f(x):
        return added(x, 2.0).astype(float) * added.outer(x[0], x[1]).astype(float).sum()

    fast = compiled(f)
    for factor in (1.0, -2.0):
        assert_same(fast(X * factor), f(X * factor))


def test_a_power_of_a_scalar_is_that_of_scalars_or_of_arrays_as_f_asks():
    base = np.float32(2)

    def by_operator(x):
        return base**x

    def by_function(x):
        return np.power(base, x)

    for f in (by_operator, by_function):
        fast = compiled(f, floats=False)
        for x in np.random.default_rng(0).normal(size=200) * 10:
            assert_same(fast(x), f(x))
