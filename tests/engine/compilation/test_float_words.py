"""Each operation on Python's floats gives what it gives on NumPy's scalars."""

import math
import operator
from itertools import product

import numpy as np
import pytest
from helpers.floats import SPECIAL, ULPS, assert_same, on_floats

from engine import compiled
from engine.compilation import formulas

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

FUNCTIONS = {
    name: getattr(np, name.removeprefix("np."))
    for name in (*formulas.MATH, *formulas.CHOICES, *formulas.QUESTIONS)
}
OPERATIONS = {
    **{sign: getattr(operator, name) for sign, name in (
        ("+", "add"), ("-", "sub"), ("*", "mul"), ("/", "truediv"), ("%", "mod"),
        ("//", "floordiv"), ("**", "pow"), ("<", "lt"), ("<=", "le"), (">", "gt"),
        (">=", "ge"), ("==", "eq"), ("!=", "ne"),
    )},
    "larger than a fixed number": lambda x, y: np.maximum(x, 0.0) * np.minimum(y, -0.0),
    "larger than 1 and NaN": lambda x, y: np.maximum(x, 1.0) + np.minimum(y, np.nan),
    "powers of arrays": lambda x, y: np.where(x, x, y) ** 2 * np.where(y, y, x) ** -1,
    "where": lambda x, y: np.where(x > y, x, y)[()],
    "where of a number": lambda x, y: np.where(x, y, 2)[()],
    "where of an array of no axes": lambda x, y: np.where(x, y, x),
    "where of truth values": lambda x, y: np.where(x > y, x == 0, ~(y < 0)) * x,
    "sums": lambda x, y: np.sum(x) - y.sum() * x.mean(),
    "counts": lambda x, y: x / np.sum(y > 0),
    "truth values": lambda x, y: ((x < y) & ~(x == 0)) | (y != y),
    "logical": lambda x, y: np.logical_or(np.logical_not(x < y), y > 1) & True,
    "truth values as numbers": lambda x, y: (x < y) * x + (x == y) / (y < x),
    "repeated": lambda x, y: np.squeeze(x.T).copy().max() * np.real(y)[()].astype("f8"),
    **{f"** {n}": lambda x, y, n=n: x**n * y for n in (2, 3, -1, -2, 4, 0, 0.5, -1.5)},
    **{f"{n} **": lambda x, y, n=n: n**x - y for n in (2, 0.5, -2)},
    "abs": lambda x, y: abs(x) - abs(y),
    "minus": lambda x, y: -x - -y - (-1.0) * x,
    "infinite": lambda x, y: x * np.inf - y,
    "not a number": lambda x, y: np.where(x > y, np.nan, x)[()],
    "integers": lambda x, y: (2 * x < 3) * x + 7 // y,
}  # fmt: skip
ROUNDED = {
    *formulas.ROUNDED,
    *(name for name in OPERATIONS if "*" in name[:3]),
}


def of_two(f):
    """A function of two numbers, whatever it takes."""
    if f is np.clip:
        return lambda x, y: np.clip(x, -1.0, 0.0) + np.clip(y, 0.0, 2.5)
    one = f is np.sinc or (isinstance(f, np.ufunc) and f.nin == 1)
    return (lambda x, y: f(x)) if one else f


ALL = {name: of_two(f) for name, f in (FUNCTIONS | OPERATIONS).items()}


@pytest.mark.parametrize("name", ALL)
def test_an_operation_at_odd_numbers_gives_what_numpy_gives(name):
    f = ALL[name]
    fast = compiled(f)
    fast(np.float64(0.5), np.float64(0.25))
    assert on_floats(fast, np.float64(0.5), np.float64(0.25))
    for x, y in product(map(np.float64, SPECIAL), repeat=2):
        ours, theirs = fast(x, y), f(x, y)
        if name not in ROUNDED:
            assert_same(ours, theirs)
            continue
        assert type(ours) is type(theirs)
        assert is_near(ours, theirs), (x, y, ours, theirs)
        assert np.signbit(ours) == np.signbit(theirs) or theirs != theirs


def is_near(ours, theirs):
    same = (ours == theirs) | ((ours != ours) & (theirs != theirs))
    return same | (abs(ours - theirs) <= ULPS * np.spacing(abs(theirs)))


@pytest.mark.parametrize("name", ALL)
def test_an_operation_is_within_four_units_in_the_last_place_of_numpys(name):
    f, fast = ALL[name], compiled(ALL[name])
    rng = np.random.default_rng(0)
    pairs = rng.uniform(-5, 5, (10_000, 2)).round(9)
    pairs[::2] *= 10.0 ** rng.integers(-4, 2, (5_000, 2))
    ours, theirs = np.array([(fast(*p), f(*p)) for p in pairs], float).T
    far = ~is_near(ours, theirs)
    assert not far.any(), (pairs[far], ours[far], theirs[far])
    assert on_floats(fast, *pairs[0])


def first(x, y):
    return x


def second(x, y):
    return y


@pytest.mark.parametrize(
    ("sign", "at_zeros"), [*product("<>", (first, second)), (">", max), ("<", min)]
)
def test_of_two_zeros_the_one_is_larger_that_this_numpy_says(sign, at_zeros):
    better = operator.gt if sign == ">" else operator.lt

    def larger(x, y):
        if x != x or y != y:
            return math.nan
        if x == y == 0.0:  # max and min by the sign
            return math.copysign(
                0.0, at_zeros(math.copysign(1, x), math.copysign(1, y))
            )
        return x if better(x, y) else y

    form = formulas.larger(larger, sign, "{x}")
    beside_fixed = formulas.larger_than_fixed(larger, sign)
    for x, y in product(SPECIAL, repeat=2):
        for one in (form, beside_fixed) if y == y else (form,):
            words = one.format(x="x", y="y")
            assert_same(eval(words, {}, {"x": x, "y": y}), larger(x, y))


def test_a_translation_that_is_wrong_is_not_used(monkeypatch):
    monkeypatch.setitem(formulas.CHOICES, "np.sign", "({x} * 0.5)")
    fast = compiled(lambda x: np.sign(x) * 2.0)
    x = np.float64(-0.7)
    assert [fast(x), fast(x), fast(-x)] == [-2.0, -2.0, 2.0]
    assert not on_floats(fast, x)


UNTRANSLATED = {
    "a matrix": lambda x: np.eye(2) * x,
    "an array of one number": lambda x: x[None] * 2.0,
    "float32": lambda x: np.float32(2.0) + x.astype(np.float32),
    "an integer": lambda x: np.sum(x > 0.0),
    "an integer that chooses": lambda x: x * len(range(np.sum(x > 0.0))),
    "a function without a translation": lambda x: np.i0(x),
    "a method without a translation": lambda x: x.round(2),
    "options": lambda x: np.exp(x, dtype=np.float64),
    "a sum from elsewhere": lambda x: np.sum(x, initial=3.0) * x,
    "a sum in another dtype": lambda x: np.sum(x, None, np.float64) * x,
    "a maximum with more": lambda x: x.max(None, None, False, -5.0) * x,
    "a maximum from elsewhere": lambda x: np.max(x, initial=-5.0) * x,
    "bounds that are computed": lambda x: np.clip(x, x - 1.0, x),
    "a large integer": lambda x: (x < 2**53 + 1) * x,
    "truth values added": lambda x: ((x < 0.0) + (x > 1.0)) * x,
    "numbers joined": lambda x: (np.sum(x > 0.0) & 1) * x,
    "the power of an array": lambda x: np.where(x > 0.0, x, 1.0) ** 0.5,
    "a part": lambda x: np.stack([x, x])[0] * x,
    "numbers as truth values": lambda x: np.logical_and(x, x - 1.0) * x,
    "an array as a power": lambda x: np.sum((x * x) ** np.array([2.0, 3.0])),
    "a large integer as a power": lambda x: (x * 0.0 + 1.0) ** 10**300,
    "a large integer as a base": lambda x: (2**60 + 1) ** x,
    "several results": lambda x: np.modf(x)[0],
    "Python's numbers": lambda x: x.shape == () and 3.0,
}


@pytest.mark.parametrize("f", UNTRANSLATED.values(), ids=UNTRANSLATED)
def test_what_has_no_translation_runs_on_numpy(f):
    fast = compiled(f)
    for x in (np.float64(0.7), np.float64(2.7)):
        np.testing.assert_array_equal(fast(x), f(x))
        assert type(fast(x)) is type(f(x))
        assert not on_floats(fast, x)
