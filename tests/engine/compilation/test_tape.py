"""What arrays that write keep: writes, plain values, shapes that depend on values."""

import math

import numpy as np
import pytest
from helpers.compiling import X, assert_as_it_is, assert_refused, assert_same, programs

from engine import Tensor, compiled

Y = X * 1.7 - 0.4


# --- writes ---------------------------------------------------------------------------


def writes_at_an_index(x):
    y = x.copy()
    y[0] = 1.0
    y[:, 1] = y[:, 0] + 2.0
    y *= 3.0
    return y


def writes_where(x):
    y = np.zeros_like(x)
    y[x > 0.5] = 1.0
    return y * x


def writes_for_a_ufunc(x):
    y = x * 2
    np.add.at(y, 0, 1.0)
    return y


def writes_through_another_name(x):
    y = x * 1
    z = y
    z += 1
    return y


def shows_a_part_after_a_write(x):
    y = x * 2
    y[0] = 5.0
    return np.sum(y[0]) + np.sum(y)


def writes_into_an_array_of_numpy_s_own(x):
    y, total = np.zeros(3), 0.0
    for i in range(3):
        y[i] = i + 1.0
        total = total + x[0] * y
    return total


ALLOWED = [
    *(writes_at_an_index, writes_where, writes_for_a_ufunc, shows_a_part_after_a_write),
    *(writes_through_another_name, writes_into_an_array_of_numpy_s_own),
]


@pytest.mark.parametrize("f", ALLOWED, ids=lambda f: f.__name__)
def test_a_write_into_an_array_that_f_made_is_written(f):
    fast = compiled(f)
    for x in (X * 0, X, Y):  # where x is 0, what y was does not show
        assert_same(fast(x), f(x))
    assert programs(fast) <= 2


def test_what_an_array_of_numpy_s_was_when_it_was_used_is_kept():
    def f(x):
        y = np.zeros(3)
        first = x[0] * y
        y[0] = 7.0
        return first + x[0] * y

    fast = compiled(f)
    for x in (X * 0, X, Y):
        assert_same(fast(x), f(x))
    assert programs(fast) == 1


def writes_into_what_it_was_given(x):
    x[0] = 1.0
    return x


def adds_to_what_it_was_given(x):
    x += 1.0
    return x


OUTSIDE = np.zeros(3)


def writes_into_what_is_outside(x):
    OUTSIDE[:] = x[0]
    return x


def writes_into_a_part(x):
    y = x * 2
    z = y[0]
    z += 1.0
    return y


def writes_while_a_part_is_shown(x):
    y = x * 2
    z = y[0]
    y[0] = 5.0
    return z


def copies_into(x):
    y = x * 2
    np.copyto(y, x)
    return y


def gives_an_array_for_the_result(x):
    y = x * 2
    np.add(y, 1.0, out=y)
    return y


REFUSED = [
    (writes_into_what_it_was_given, "writes into an array that it was given, or has"),
    (adds_to_what_it_was_given, "writes into an array that it was given, or has"),
    (writes_into_what_is_outside, "writes into an array that it was given, or has"),
    (writes_into_a_part, "writes into a part of an array"),
    (writes_while_a_part_is_shown, "of which another shows a part"),
    (copies_into, "f calls np.copyto, which writes"),
    (gives_an_array_for_the_result, "gives out= to np.add"),
]


@pytest.mark.parametrize(("f", "words"), REFUSED)
def test_a_write_that_others_would_see_is_refused(f, words):
    given = X.copy()
    assert_refused(f, words, given)
    assert_same(given, X)
    assert not OUTSIDE.any()


# --- plain values ---------------------------------------------------------------------

PLAIN = {
    "float": lambda x: x * float(np.sum(x)),
    "complex": lambda x: x * complex(np.sum(x)).real,
    "math": lambda x: x * math.exp(np.sum(x)),
    "item": lambda x: x * np.sum(x).item(),
    "tolist": lambda x: x * x.tolist()[0][0],
    "asarray": lambda x: x * np.array([np.sum(x), 1.0, 2.0]),
    "round": lambda x: x * round(np.sum(x)),
    "int of a float": lambda x: x[: int(np.sum(x))],
}


@pytest.mark.parametrize("f", PLAIN.values(), ids=PLAIN)
def test_a_plain_value_of_what_is_recorded_is_refused_with_the_cure(f):
    cures = "leave it out|write np.round|np.stack|write x.astype"
    assert_refused(f, rf"f asks for .*, which would be fixed in the program; ({cures})")


def test_a_plain_value_of_an_array_outside_is_refused_too():
    w = X.copy()
    assert_refused(
        lambda x: x * float(w[0, 0]), r"f asks for float\(x\), which would be fixed"
    )


def test_a_function_that_catches_the_refusal_runs_as_it_is():
    def f(x):
        try:
            return x * float(np.sum(x))
        except TypeError:
            return x * 0.0

    for x in (X, X * 0.0):  # where both give the same
        assert_as_it_is(f, x, why="f asks for", told=True)


HELD = {
    "if": lambda x: x * 2 if np.sum(x) > 4.0 else x * 3,
    "any": lambda x: x * 2 if (x > 1.2).any() else x * 3,
    "allclose": lambda x: x * (2 if np.allclose(x, X) else 3),
    "array_equal": lambda x: x * (2 if np.array_equal(x, X) else 3),
    "max of two": lambda x: max(x[0, 0], x[0, 1] - 0.3) * 2.0,
    "length": lambda x: [x * i for i in range(np.argmax(x[0] % 0.7))],
}


@pytest.mark.parametrize("f", HELD.values(), ids=HELD)
def test_a_value_in_control_flow_is_a_guard(f):
    fast = compiled(f)
    for x in (X, Y, -X, X, Y):
        assert_same(fast(x), f(x))
    assert programs(fast) >= 2
    assert not fast._as_it_is


SHAPES = {
    "count_nonzero": lambda x: x * np.count_nonzero(x > 0.5),
    "index": lambda x: x[:, np.argmax(x[0] % 0.7)],
    "mask": lambda x: x[x > 0.5] ** 2,
    "mask, by its size": lambda x: np.sum(x[x > 0.5]) / max(x[x > 0.5].size, 1),
    "unique": np.unique,
    "nonzero": lambda x: np.nonzero(x > 0.5),
    "where": lambda x: np.where(x > 0.5),
    "compress": lambda x: x.ravel().compress(x.ravel() > 0.5),
    "repeat": lambda x: np.repeat(x[0], np.array([1, 2, 3])) * (x > 0.5).sum(),
    "trim_zeros": lambda x: np.trim_zeros(np.where(x > 0.5, x, 0.0).ravel()),
    "bincount": lambda x: np.bincount((np.abs(x) * 3).astype(int).ravel()),
    "empty": lambda x: np.sum(x[x > 100.0]),
}


@pytest.mark.parametrize("f", SHAPES.values(), ids=SHAPES)
def test_a_shape_that_depends_on_values_is_a_guard(f):
    fast = compiled(f)
    for x in (X, Y, -X, X * 2.0, X):
        assert_same(fast(x), f(x))
    assert not fast._as_it_is


# --- what f asks an array for ---------------------------------------------------------

KINDS = {
    "isinstance": lambda x: x * (2 if isinstance(x, np.ndarray) else 3),
    "isinstance of a number": lambda x: x * (2 if isinstance(x, float) else 3),
    "not a Tensor": lambda x: x * (3 if isinstance(x, Tensor) else 2),
    "class": lambda x: x * (2 if x.__class__ is np.ndarray else 3),
    "isscalar": lambda x: x * (2 if np.isscalar(x) else 3),
}


@pytest.mark.parametrize("f", KINDS.values(), ids=KINDS)
def test_a_recorded_array_is_taken_for_what_it_stands_for(f):
    for given in (X, 2.0, 3, np.float32(2.0), np.array(2.0)):
        fast = compiled(f)
        assert_same(fast(given * 0), f(given * 0))  # where all gives the same
        assert_same(fast(given), f(given))
        assert programs(fast) == 1 + (type(given * 0) is not type(given))


def matched(x):
    match x:
        case float():
            return x * 2
        case int():
            return x * 3
        case [a, b]:
            return a + b
        case {"w": w}:
            return w * 2
        case _:
            return x * 5


def test_a_recorded_value_is_matched_as_what_it_stands_for():
    fast = compiled(matched)
    for x in (0.0, 0, 2.0, 3, [1.0, 2.0], (1.0, 2.0), {"w": X}, X * 0, X):
        assert_same(fast(x), matched(x))


# --- errors that f lets NumPy raise ---------------------------------------------------


def test_a_function_that_lets_numpy_raise_runs_as_it_is():
    def f(x):
        with np.errstate(all="raise"):
            return np.log(x)

    assert_as_it_is(f, why="np.errstate")
    fast = compiled(f)
    fast(X)
    with pytest.raises(FloatingPointError):
        fast(X * 0)


def test_a_function_that_ignores_numpy_s_warnings_is_a_program():
    def f(x):
        with np.errstate(divide="ignore"):
            return np.log(x)

    fast = compiled(f)
    for x in (X, X * 2):
        assert_same(fast(x), f(x))
    assert programs(fast) == 1


# --- hooks ----------------------------------------------------------------------------


def test_what_a_hook_returns_has_the_shape_of_the_gradient():
    w = Tensor(np.ones(3))
    w.register_hook(lambda g: np.ones(2))

    def f(x):
        (x * w).sum().backward()
        return w.grad

    with pytest.raises(ValueError, match="has shape .2,., and must have .3,."):
        compiled(f)(X)
    assert w.grad is None


# --- shapes that follow from a number -------------------------------------------------

BY_A_NUMBER = {
    "tile": lambda x, n: np.tile(x, n),
    "broadcast": lambda x, n: np.broadcast_to(x[0, 0], (n + 1, 3)),
    "reshape": lambda x, n: x.reshape(n + 1, -1),
    "differences": lambda x, n: np.diff(x, n),
    "the axis of a sum": lambda x, n: x.sum(n),
    "the axis of a function": lambda x, n: np.sum(x, axis=n),
    "a diagonal": lambda x, n: np.diag(x, n),
    "an axis that is moved": lambda x, n: np.moveaxis(x[None], n, 0),
    "an axis in a tuple": lambda x, n: np.transpose(x[None], (n, 1 - n, 2)),
}


@pytest.mark.parametrize("part", BY_A_NUMBER.values(), ids=BY_A_NUMBER)
def test_a_shape_that_follows_from_a_number_is_held(part):
    def f(x, n):
        y = part(x, n)
        return y * len(y) / y.size

    fast = compiled(f)
    for n in (0, 1, 0):
        assert_same(fast(X, n), f(X, n))


# --- what is an operand itself --------------------------------------------------------


@pytest.mark.parametrize(
    "pair", [np.atleast_2d, np.broadcast_arrays], ids=["atleast_2d", "broadcast_arrays"]
)
def test_a_function_may_give_its_arguments_themselves_which_f_must_not_write_to(pair):
    def f(x, y):
        first, _ = pair(x, y)
        first *= 2.0
        return first

    x = X.copy()
    assert_refused(f, "writes into a part", x, Y)
    assert_same(x, X)


def test_what_is_another_array_is_seen_when_that_is_written_to():
    def f(x):
        y = x * 2
        same = np.real(y)
        y[0] = 0.0
        return same + 1

    assert_refused(f, "of which another shows a part")


def test_a_part_of_what_is_an_argument_itself_is_copied():
    def f(x):
        return np.real(x)[1:], np.atleast_2d(x)

    part, whole = compiled(f)(X)
    assert not np.shares_memory(part, X)
    assert not np.shares_memory(whole, X)
    assert not np.shares_memory(whole, part)


def test_complex_numbers_of_python_follow():
    def f(x):
        return x**x + 1

    fast = compiled(f)
    for x in (-1.5, -0.3, 2.0):
        assert_same(fast(x), f(x))


@pytest.mark.parametrize("kind", [int, np.int64])
def test_how_often_a_list_is_repeated_is_held(kind):
    def f(x, n):
        return sum([x] * n), (x[0],) * n, n * [1.0]

    fast = compiled(f)
    for n in (2, 3, 1, 2):
        assert_same(fast(X, kind(n)), f(X, kind(n)))


@pytest.mark.parametrize("first", [-2, 2])
def test_an_integer_to_the_power_of_one_is_of_the_class_that_its_sign_gives(first):
    def f(n):
        return np.fmod(n**n, 3) + n**2

    fast = compiled(f)
    for n in (first, -first, 3, -1):
        assert_same(fast(n), f(n))
