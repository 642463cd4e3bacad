"""A function, recorded: what would be lost in a program is refused."""

import itertools

import numpy as np
import pytest
from helpers.compiling import X, assert_refused, assert_same, programs, users_module

from engine import Tensor, compiled, grad
from engine.compilation.forms import Other
from engine.compilation.recording import recorded


class Holder:
    def __init__(self, **parts):
        vars(self).update(parts)


# --- twice ----------------------------------------------------------------------------


def test_what_is_not_the_same_in_both_records_is_refused():
    times = users_module("count = []\ndef f(): count.append(1); return len(count)")
    now = times.f
    now.__module__ = "time"  # as a clock: it is not looked into
    assert_refused(lambda x: x * now(), "recorded twice, and did something else")


def test_arrays_that_are_not_the_same_in_both_records_are_refused():
    times = users_module(
        "count = []\ndef f(): count.append(1); return np.ones(3) * len(count)"
    )
    now = times.f
    now.__module__ = "time"
    assert_refused(lambda x: x * now(), "recorded twice, and did something else")


# --- what outlives the recording ------------------------------------------------------


def test_an_intermediate_that_a_library_keeps_is_refused_by_its_place():
    module = users_module("last = None\ndef keep(y):\n  global last\n  last = y")
    module.keep.__module__ = "logging"

    def f(x):
        module_keep(x * 2)
        return x

    module_keep = module.keep
    fast = compiled(f)
    with pytest.raises(
        TypeError, match="keeps an array of the recording, in the global"
    ):
        fast(X)


def test_an_intermediate_in_an_attribute_that_is_not_looked_at_is_refused():
    holder = Holder()
    module = users_module("def keep(holder, y): holder.last = y")
    module.keep.__module__ = "logging"

    class Library:
        pass

    Library.__module__ = "logging"
    holder = Library()

    def f(x):
        module_keep(holder, x * 2)
        return x

    module_keep = module.keep
    with pytest.raises(TypeError, match="in 'last' of a Library"):
        compiled(f)(X)


def test_an_intermediate_in_a_cycle_of_the_user_s_is_none():
    def f(x):
        parts = {"y": x * 2}
        parts["itself"] = parts
        return parts["y"]

    fast = compiled(f)
    assert_same(fast(X), X * 2)
    assert programs(fast) == 1


# --- containers that are given --------------------------------------------------------


def sets_an_entry(p):
    p[0] = p[0] * 2
    return p[0]


def appends(p):
    p.append(p[0])
    return p


def sets_a_key(p):
    p["a"] = p["a"] * 2
    return p


def adds_a_key(p):
    p["new"] = p["a"]
    return p["a"]


def sets_further_in(p):
    p["a"][0] = p["a"][0] * 2
    return p["a"]


CHANGES = [
    (sets_an_entry, [X], "list"),
    (appends, [X], "list"),
    (sets_a_key, {"a": X}, "dict"),
    (adds_a_key, {"a": X}, "dict"),
    (sets_further_in, {"a": [X]}, "list"),
]


@pytest.mark.parametrize(
    ("f", "given", "kind"), CHANGES, ids=[c[0].__name__ for c in CHANGES]
)
def test_a_container_that_f_was_given_and_changes_is_refused(f, given, kind):
    assert_refused(f, f"f changes a {kind} that it was given", given)


def test_arguments_at_any_depth_are_taken_apart():
    def f(p):
        return {k: [np.sum(v) for v in vs] for k, vs in p.items()}

    fast = compiled(f)
    forms = [
        *({"a": [X, X], "b": []}, {"a": [X, X * 2], "b": []}, {"a": (X, X), "b": []}),
        *({"b": [], "a": [X]}, {"a": [X], "b": []}, {0: [1.0]}, {False: [1.0]}),
        {None: [X], (1, 2): [2.0]},
    ]
    for _ in range(2):
        for p in forms:
            assert_same(fast(p), f(p))
    assert programs(fast) == len(forms) - 1


def test_words_and_flags_that_are_given_are_part_of_the_program():
    def f(x, how="sum", axis=None):
        return getattr(np, how)(x, axis=axis)

    fast = compiled(f)
    for _ in range(2):
        for args in (
            (X,),
            (X, "mean"),
            (X, "sum", 0),
            (X, "sum", 1),
            (X, "max", None),
            (X, "min", None),
        ):
            assert_same(fast(*args), f(*args))


def test_what_a_program_can_t_take_is_said():
    with pytest.raises(Other, match="an argument is a set"):
        recorded(lambda x: x, "f", ({1.0},), floats=False)
    with pytest.raises(Other, match="an argument is of complex128"):
        recorded(lambda x: x, "f", (X + 1j,), floats=False)


# --- what the recording leaves behind -------------------------------------------------


def test_recording_changes_nothing_outside():
    kept = Holder(n=np.zeros(1), parts={"a": [np.ones(3)]}, w=Tensor(np.ones(3)))

    def f(x):
        kept.n = kept.n + 1
        kept.parts["a"][0] = x[0]
        (x * kept.w).sum().backward()
        raise ValueError("in the end")

    for _ in range(2):
        n, first = kept.n, kept.parts["a"][0]
        with pytest.raises(TypeError, match="in the end|recorded"):
            recorded(g := _raising_type_error(f), "f", (X,), floats=False)
        assert kept.n is n
        assert kept.parts["a"][0] is first
        assert kept.w.grad is None
        del g


def _raising_type_error(f):
    def g(x):
        try:
            f(x)
        except ValueError as error:
            raise TypeError(str(error)) from error

    return g


def test_a_function_inside_its_own_recording_is_part_of_it():
    inner = compiled(lambda x: np.sum(x**2))
    fast = compiled(grad(lambda x: inner(x) + inner(2.0 * x)))
    for x in (X, X * 2):
        assert_same(fast(x), grad(lambda x: np.sum(x**2) + np.sum((2.0 * x) ** 2))(x))


def test_iterators_that_f_makes_itself_are_part_of_it():
    fast = compiled(
        lambda x: sum(x * k for k in itertools.islice(itertools.count(1), 3))
    )
    for x in (X, X * 2):
        assert_same(fast(x), sum(x * k for k in (1, 2, 3)))
