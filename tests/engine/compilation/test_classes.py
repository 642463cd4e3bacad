"""Classes that a compiled function uses: what they define is looked up."""

import functools
from typing import NamedTuple

import numpy as np
import pytest
from helpers.compiling import X, assert_follows, assert_refused, users_module

from engine import compiled

TEXT = """
k = 2.0
def deep(x): return x * k
def mid(x): return deep(x)
class Scaled:
    def __init__(self): self.w = np.ones(3)
    def __call__(self, x): return mid(x) * self.w
    @property
    def twice(self): return k * 2.0
scaled = Scaled()
def f(x): return scaled(x) * scaled.twice
"""


def scaled_class():
    class Base:
        k, parts = 2.0, {"a": 1.0}

        def h(self, x):
            return x * self.k * self.parts["a"]

    class Scaled(Base):
        def __init__(self):
            self.w = np.ones(3)

        def h(self, x):
            return super().h(x) * self.w

    return Base, Scaled


def value_of_a_class():
    base, kind = scaled_class()
    a = kind()
    yield lambda x: a.h(x) * base.k
    base.k = 3.0
    yield
    base.parts["a"] = 4.0
    yield
    kind.k = 5.0
    yield
    a.k = 6.0
    yield
    del a.k, kind.k


def method_of_a_class():
    base, kind = scaled_class()
    a = kind()
    yield lambda x: a.h(x)
    base.h = lambda _, x: x * 7.0
    yield
    kind.h = lambda _, x: x * 9.0
    yield
    a.h = lambda x: x * 11.0


def method_that_comes_later():
    class Scaled:
        k = 2.0

    a = Scaled()
    yield lambda x: x * (a.more() if hasattr(a, "more") else a.k)
    Scaled.more = lambda _: 5.0


def base_of_a_class():
    class One:
        def h(self, x):
            return x * 2.0

    class Two:
        def h(self, x):
            return x * 3.0

    class Scaled(One):
        pass

    a = Scaled()
    yield lambda x: a.h(x)
    Scaled.__bases__ = (Two,)


def methods_of_other_kinds():
    class Scaled:
        k = 2.0

        @classmethod
        def by_class(cls, x):
            return x * cls.k

        @staticmethod
        def by_none(x):
            return x + 1.0

        @property
        def twice(self):
            return self.k * 2

    a = Scaled()
    yield lambda x: Scaled.by_class(a.by_none(x)) * a.twice
    Scaled.k = 3.0
    yield
    Scaled.by_none = staticmethod(lambda x: x**2)
    yield
    Scaled.twice = property(lambda self: 11.0)


def property_that_is_kept():
    class Scaled:
        def __init__(self):
            self.w = np.ones(3)

        @functools.cached_property
        def total(self):
            return self.w.sum()

    a = Scaled()
    yield lambda x: x * a.w * a.total
    a.w = np.arange(3.0)
    yield
    del a.total


def descriptor():
    class Value:
        def __init__(self):
            self.k = 2.0

        def __get__(self, *_):
            return self.k

    value = Value()

    class Scaled:
        k = value

    a = Scaled()
    yield lambda x: x * a.k
    value.k = 3.0


def globals_of_a_method():
    module = users_module(TEXT)
    yield module.f
    module.k = 3.0
    yield
    module.deep = lambda x: x**2
    yield
    module.mid = np.sin


CASES = [
    *(value_of_a_class, method_of_a_class, method_that_comes_later, base_of_a_class),
    *(methods_of_other_kinds, property_that_is_kept, descriptor, globals_of_a_method),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_what_a_class_defines_is_looked_up(case):
    assert_follows(case)


class Pair(NamedTuple):
    w: np.ndarray
    k: float

    def total(self):
        return np.sum(self.w) * self.k


def test_methods_of_a_named_tuple_that_is_given_are_looked_up(monkeypatch):
    fast = compiled(lambda pair: pair.total())
    assert fast(Pair(X, 2.0)) == np.sum(X) * 2.0
    monkeypatch.setattr(Pair, "total", lambda self: np.sum(self.w) * 9.0)
    assert fast(Pair(X, 2.0)) == np.sum(X) * 9.0


def test_an_array_of_a_class_is_refused():
    class Scaled:
        w = np.ones(3)

    assert_refused(lambda x: x * Scaled.w, "Scaled.w is an array of a class")


def test_arrays_among_the_globals_of_a_method_are_refused():
    module = users_module(TEXT.replace("k = 2.0", "k = np.ones(3)", 1))
    assert_refused(module.f, "deep uses 'k' from outside, which holds arrays")


def test_arrays_in_the_closure_of_a_method_are_refused():
    w = np.ones(3)

    class Scaled:
        def h(self, x):
            return x * w

    a = Scaled()
    assert_refused(lambda x: a.h(x), "Scaled.h uses 'w' from outside")


def test_an_attribute_of_a_class_that_f_assigns_is_refused_and_stays():
    class Counted:
        n = 0

    def f(x):
        Counted.n += 1
        return x * Counted.n

    assert_refused(f, "f assigns Counted.n")
    assert Counted.n == 0
