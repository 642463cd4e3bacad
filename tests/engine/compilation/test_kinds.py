"""What is what, of all that a compiled function may use."""

import collections
import threading
from contextvars import ContextVar
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.compiling import X, users_module

from engine import Tensor
from engine.compilation.kinds import (
    check_hidden,
    copied,
    functions_of,
    holds_arrays,
    is_around,
    is_collection,
    is_copied,
    is_plain,
    is_users_code,
    is_users_module,
    names_in,
    seen_in,
)
from nn import Lin


class Holder:
    def __init__(self, **parts):
        vars(self).update(parts)


class InSlots:
    __slots__ = ("k",)

    def __init__(self, k):
        self.k = k


def test_code_of_the_user_s_is_told_from_that_of_libraries():
    module = users_module("def f(x): return x")
    assert is_users_code(module.f)
    assert is_users_code(test_code_of_the_user_s_is_told_from_that_of_libraries)
    assert not is_users_code(np.vander)
    assert not is_users_code(collections.namedtuple)
    assert not is_users_code(Lin.init.__func__)
    assert is_users_module("__main__")
    assert not is_users_module("nn.linear")


@pytest.mark.parametrize(
    "x",
    [
        *(X, Tensor(X), [1, (X,)], {"a": {"b": X}}, {Tensor(1.0): 1}, Holder(w=X)),
        *(Holder(inner=[Holder(w=X)]), InSlots(X), SimpleNamespace(w=X)),
        *(collections.deque([X]), Holder(w=X).__init__, Lin(np.ones((2, 1)), X[0, :1])),
    ],
    ids=lambda x: type(x).__name__,
)
def test_arrays_are_found_at_any_depth(x):
    assert holds_arrays(x)


def test_what_holds_no_arrays():
    kept = Holder(a=1.0, b=[2, "c"])
    kept.itself = kept
    for x in (1.0, "a", None, [1, {"a": 2}], kept, InSlots(1), np.sin, X.sum):
        assert not holds_arrays(x)


def test_objects_of_the_user_s_and_layers_are_copied():
    class Odd(Holder):
        def __del__(self):
            pass

    class Counting(Holder):
        def __next__(self):
            return 1

    class Words(dict):
        pass

    class Both(InSlots):
        def __init__(self):
            self.k, self.more = 1.0, 2.0

    for x in (Holder(), SimpleNamespace(), Lin(np.ones((2, 1)), np.ones(1))):
        assert is_copied(x)
    for x in (
        Odd(),
        Counting(),
        Words(),
        InSlots(1),
        Both(),
        Holder,
        X,
        threading.Lock(),
    ):
        assert not is_copied(x)


def test_plain_collections():
    for x in ([1, "a", (2.0, None)], (1, 2), {"a": 1.0}):
        assert is_plain(x)
    for x in ([1, [2]], {"a": X}, [Holder()]):
        assert not is_plain(x)
    for x in ({1}, collections.deque([1]), collections.Counter("a"), InSlots(1.0)):
        assert is_collection(x)
    for x in ({Holder()}, collections.deque([X]), InSlots(X), Holder(), X):
        assert not is_collection(x)


def test_all_that_is_in_a_collection_is_seen():
    one = collections.deque([1, 2], maxlen=3)
    assert seen_in(one) == seen_in(collections.deque([1, 2], maxlen=3))
    assert seen_in(one) != seen_in(collections.deque([1, 2], maxlen=4))
    assert seen_in(one) != seen_in(collections.deque([2, 1], maxlen=3))
    assert seen_in(InSlots(1)) != seen_in(InSlots(1.0))
    assert seen_in({True: 1}.keys()) != seen_in({1: 1}.keys())


def test_a_copy_of_a_collection_is_one_all_the_way():
    parts = {"a": [1, (2,)]}
    twin = copied(parts)
    twin["a"].append(3)
    assert parts == {"a": [1, (2,)]}


def test_what_gives_other_values_each_time_is_refused():
    for x in (iter([1]), (i for i in "a"), ContextVar("v"), threading.local()):
        with pytest.raises(
            TypeError, match="from outside, whose values are not looked"
        ):
            check_hidden(x)
    check_hidden([1])


def test_functions_behind_others_are_found():
    def inner(x):
        return x

    def around(f):
        return lambda x: f(x)

    assert is_around(around(inner), set())
    assert is_around({"a": [X]}, set())
    assert not is_around({"a": np.sin}, set())
    assert list(functions_of(staticmethod(inner))) == [inner]
    assert list(functions_of(property(inner, inner))) == [inner, inner]
    assert not list(functions_of(3))


def test_names_that_code_looks_up():
    module = users_module("def f(x): return [k * y for y in h(x)]")
    assert {"h", "k"} <= set(names_in(module.f.__code__))
