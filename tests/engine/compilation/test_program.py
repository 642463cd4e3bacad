"""The text that is run, and the function that Python makes of it."""

import collections
import gc
import linecache
import traceback
import weakref

import numpy as np
import pytest
from helpers.compiling import X, assert_refused, assert_same, programs

from engine import Tensor, compiled, value_and_grad
from engine.compilation.program import Program, released
from nn import Dropout

Pair = collections.namedtuple("Pair", "a b")


RESULTS = {
    "none": lambda x: None,
    "nothing": lambda x: [],
    "of all kinds": lambda x: (x * 2, None, "a", 3, 2.5, True, b"b", np.float32(3)),
    "at any depth": lambda x: {"a": [x * 2, {"b": (x + 1,)}], 1: (), (1, 2): x * 3},
    "named": lambda x: Pair(x * 2, [x + 1]),
    "a shape": lambda x: x.shape,
    "a comparison": lambda x: (x > 0.5, np.sum(x) > 3.0),
    "NaN and -0.0": lambda x: [float("nan"), -0.0, -float("inf")],
    "a Tensor": lambda x: Tensor(np.ones(3)) * x,
    "a list in a list": lambda x: [1, [2.0, [x[0] * 1]]],
}


@pytest.mark.parametrize("f", RESULTS.values(), ids=RESULTS)
def test_results_of_any_form(f):
    fast = compiled(f)
    for x in (X, X * 2, X * 3):
        result = f(x)
        assert_same(fast(x), result.data if isinstance(result, Tensor) else result)
    assert programs(fast) == 1


def test_each_result_is_a_list_of_its_own():
    fast = compiled(lambda x: [1.0, [x]])
    fast(X)
    first = fast(X)
    first[1].append(2.0)
    assert_same(fast(X), [1.0, [X]])


@pytest.mark.parametrize(
    "f", [lambda x: {1.0}, lambda x: object, lambda x: [slice(1)], lambda x: range(3)]
)
def test_a_result_that_is_no_number_or_array_is_refused(f):
    assert_refused(f, "what f returned is a .*, and must be numbers and arrays")


def test_what_f_keeps_must_be_numbers_or_arrays_too():
    class Holder:
        w = None

    kept = Holder()

    def f(x):
        kept.last = {1.0}
        return x

    assert_refused(f, "what f keeps in 'last' of a Holder is a set")


def test_a_traceback_shows_the_line_of_the_program():
    fast = compiled(lambda x: np.linalg.inv(x) * 2.0)
    fast(np.eye(2))
    try:
        fast(np.zeros((2, 2)))
    except np.linalg.LinAlgError as error:
        shown = "".join(traceback.format_exception(error))
    assert "np.linalg.inv(x)" in shown
    assert "<compiled program" in shown


def test_the_lines_that_are_shown_go_with_the_program():
    program = Program("f", ["return args"], {})
    assert program.run((1,)) == (1,)
    files = [file for file in linecache.cache if file.startswith("<compiled f ")]
    assert files
    del program
    gc.collect()
    assert not {*files} & {*linecache.cache}


def test_the_source_is_that_of_the_way_that_the_arguments_take():
    fast = compiled(lambda x: np.sin(x) if np.sum(x) > 0 else np.cos(x))
    fast(X)
    assert "np.cos" in fast.source(-X)
    assert "np.cos" not in fast.source(X)
    assert fast.source(X).startswith("def program(args):\n")


def test_two_programs_of_the_same_function_have_the_same_text():
    def loss(w, x):
        return np.sum(np.tanh(x @ w) ** 2)

    one, two = (compiled(value_and_grad(loss)) for _ in range(2))
    assert one.source(X.T, X) == two.source(X.T, X)


def test_a_large_array_is_dropped_after_its_last_use():
    lines = ["y = np.exp(x)", "z = y * y", "if z is None:", "    pass", "return z + 1"]
    sizes = {"y": 2**20, "z": 2**20, "x": 8}
    assert released(lines, sizes) == [*lines[:2], "del y", *lines[2:]]
    assert released(lines, {"y": 8}) == lines


def test_nothing_is_dropped_inside_an_if():
    lines = ["if x > 1:", "    wait(y)", "    return otherwise", "return 1"]
    sizes = {"x": 2**20, "y": 2**20}
    assert released(lines, sizes) == [*lines[:3], "del x, y", "return 1"]


def test_a_large_draw_before_a_branch_is_kept_for_the_program_that_goes_on():
    dropout = Dropout(0.5, rng=np.random.default_rng(0))
    twin = Dropout(0.5, rng=np.random.default_rng(0))

    def f(x, dropout=dropout):
        h = dropout(x)
        return h * 2.0 if h.sum() > 5_000.0 else h * 3.0

    fast, x = compiled(f), np.ones(5_000)
    for _ in range(12):
        assert_same(fast(x), f(x, twin))
    assert "del" in fast.source(x)


def test_a_program_goes_with_its_function():
    def f(x):
        return x * 2

    fast = compiled(f)
    fast(X)
    gone = weakref.ref(fast)
    del fast
    gc.collect()
    assert gone() is None


RAISES = {
    "no inverse": (
        lambda x, n: np.linalg.inv(x),
        (np.eye(2), 1),
        (np.zeros((2, 2)), 1),
    ),
    "an index": (lambda x, n: x[n], (np.eye(2), 1), (np.eye(2), 5)),
    "a division": (lambda x, n: 1 / n, (np.eye(2), 1), (np.eye(2), 0)),
    "a power": (lambda x, n: np.arange(3) ** n, (X, np.int64(1)), (X, np.int64(-1))),
}


@pytest.mark.parametrize(("part", "one", "other"), RAISES.values(), ids=RAISES)
def test_what_raises_raises_where_nothing_else_needs_it(part, one, other):
    def f(x, n):
        part(x, n)
        return x * 2

    fast = compiled(f)
    assert_same(fast(*one), f(*one))
    with pytest.raises(Exception, match=".") as caught:
        f(*other)
    with pytest.raises(type(caught.value)):
        fast(*other)
