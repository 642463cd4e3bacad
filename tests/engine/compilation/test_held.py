"""What a compiled function binds anew: the program binds it, too."""

import math

import numpy as np
import pytest
from helpers.compiling import (
    X,
    assert_follows,
    assert_refused,
    assert_same,
    programs,
    runs_as_a_program,
)

from engine import Tensor, compiled


class Holder:
    def __init__(self, **parts):
        vars(self).update(parts)


def attributes_of_an_object():
    a = Holder(n=np.zeros(1), mean=np.zeros(3))

    def f(x):
        a.n = a.n + 1
        a.mean = 0.9 * a.mean + 0.1 * x[0]
        a.last = {"sum": np.sum(x), "rows": [x[0] * 2.0]}
        return x * a.n, a.mean, a.last["rows"][0]

    yield f
    yield
    a.n = np.ones(1) * 7
    yield
    a.mean = np.ones(3)


def entries_of_a_list():
    parts = [np.ones(3), np.arange(3.0)]

    def f(x):
        parts[0], parts[1] = parts[1], parts[0] + x[0]
        return parts[0] * 1.0, parts[1] * 1.0

    yield f
    yield
    parts[0] = np.ones(3)


def entries_of_a_dict_in_a_list():
    parts = {"a": [{"w": np.ones(3)}]}

    def f(x):
        parts["a"][0]["w"] = parts["a"][0]["w"] * 2
        parts["new"] = x[0] * 3
        return parts["a"][0]["w"] * 1.0, parts["new"] * 1.0

    yield f
    yield


def word_that_is_put_back():
    parts = {"last": "b"}

    def f(x):
        was = parts["last"]
        parts["last"] = "a"
        return x * (2.0 if was == "a" else 3.0)

    yield f
    yield
    parts["last"] = "b"
    yield
    parts["last"] = "b"


def data_of_tensors():
    u, v = Tensor(np.ones(3)), Tensor(np.arange(3.0))

    def f(x):
        u.data, v.data = v.data, u.data * 2
        return u.data * x, v.data + 0.0

    yield f
    yield
    u.data = np.ones(3) * 5


def gradients_that_accumulate():
    w = Tensor(np.ones(3))

    def f(x):
        (x * w**2).sum().backward()
        return w.grad + 0.0

    yield f
    yield
    w.grad = None
    yield
    w.grad = np.ones(3)


def two_lists_that_become_one():
    kept = Holder(a=[np.ones(3)], b=[np.ones(3)])

    def f(x):
        kept.a[0] = kept.a[0] + x[0]
        kept.b[0] = kept.b[0] * 2.0
        return kept.a[0] * 1.0

    yield f
    kept.b = kept.a
    yield
    kept.b = [np.ones(3)]


CASES = [
    *(attributes_of_an_object, entries_of_a_list, entries_of_a_dict_in_a_list),
    *(word_that_is_put_back, data_of_tensors, gradients_that_accumulate),
    two_lists_that_become_one,
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_the_program_binds_what_f_binds(case):
    assert_follows(case)


def test_what_is_bound_shares_no_memory_with_what_is_given_or_returned():
    kept = Holder(w=np.ones((2, 3)), v=np.ones((2, 3)))

    def f(x):
        kept.w = kept.v = y = x * 2.0
        kept.u = x
        return y, x

    fast = compiled(f)
    for _ in range(3):  # a call that records is one of f itself
        given = X.copy()
        arrays = [given, *fast(given), kept.w, kept.v, kept.u]
    assert programs(fast) == 2  # at first there was no u
    for i, a in enumerate(arrays):
        assert not any(np.shares_memory(a, b) for b in arrays[:i])


def test_what_f_binds_before_it_raises_is_bound():
    kept = Holder(n=np.zeros(1))

    def f(x):
        kept.n = kept.n + 1
        return np.linalg.inv(x)

    fast = compiled(f)
    fast(np.eye(2))
    assert_same(kept.n, np.ones(1))
    with pytest.raises(np.linalg.LinAlgError):
        fast(np.zeros((2, 2)))
    assert_same(kept.n, np.full(1, 2.0))


def test_a_number_that_f_counts_up_is_an_argument_of_the_program():
    kept, log = Holder(n=0, mean=0.0), {"n": 3, "last": None}

    def f(x):
        kept.n += 1
        kept.mean = 0.5 * kept.mean + 0.5 * np.sum(x)
        log["n"] -= 2
        log["last"] = np.max(x)
        return x * kept.n * log["n"]

    fast, mean = compiled(f), 0.0
    for n in range(1, 21):
        assert_same(fast(X * n), X * n * n * (3 - 2 * n))
        mean = 0.5 * mean + 0.5 * np.sum(X * n)
        assert (kept.n, kept.mean, log) == (n, mean, {"n": 3 - 2 * n, "last": 1.3 * n})
    assert runs_as_a_program(fast)
    assert programs(fast) <= 3


def test_a_number_that_f_counts_up_and_needs_as_a_number_gives_programs():
    kept = Holder(n=0)

    def f(x):
        kept.n += 1
        return x * math.sqrt(kept.n)

    fast = compiled(f)
    for n in range(1, 9):
        assert_same(fast(X), X * math.sqrt(n))
    with pytest.warns(UserWarning, match="8 times, .* this time 'n' is another one"):
        assert_same(fast(X), X * 3.0)
    assert kept.n == 9


def test_a_tensor_that_f_keeps_is_refused():
    kept = Holder(w=np.ones(3))
    tensor = Tensor(np.ones(3))

    def f(x):
        kept.last = x * tensor
        return kept.last.sum()

    assert_refused(f, "f keeps a Tensor in 'last' of a Holder")
    assert not hasattr(kept, "last")
