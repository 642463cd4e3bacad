"""Functions and modules that a compiled function calls: what they use is looked up."""

import contextlib
import functools
import operator
import sys
import weakref

import numpy as np
import pytest
from helpers.compiling import (
    X,
    assert_as_it_is,
    assert_follows,
    assert_refused,
    assert_same,
    users_module,
)

from engine import compiled, grad, no_grad, op, scope, value_and_grad

ALIVE = []
TEXT = "k = 2.0\nw = np.ones(3)\ndef h(x): return x * k + w\n"


def default_values():
    def f(x, k=2.0, *, w=np.ones(3)):  # noqa: B008 - it is what is tested
        return np.sum(x * w) * k

    yield f
    f.__defaults__ = (3.0,)
    yield
    f.__kwdefaults__["w"][0] = 5.0
    yield
    f.__kwdefaults__ = {"w": np.arange(3.0)}


def default_list():
    def f(x, ks=[1.0]):  # noqa: B006 - it is what is tested
        return x * ks[0]

    yield f
    f.__defaults__[0][0] = 5.0


def code():
    def h(x):
        return x * 2

    def other(x):
        return x * 3

    yield lambda x: h(x)
    h.__code__ = other.__code__


def closures_made_in_a_loop():
    fs = []
    for i in range(3):

        def f(x):
            return x * i  # noqa: B023 - it is what is tested

        fs.append(f)
    yield lambda x: sum(f(x) for f in fs)
    i = 5
    yield
    fs.pop()
    yield
    fs[0] = np.sin


def closure_in_a_closure():
    k = 2.0

    def outer():
        def inner(x):
            return x * k

        return inner

    yield lambda x: outer()(x)
    k = 3.0


def decorated():
    kept = {"k": 2.0}

    def scaled(f):
        @functools.wraps(f)
        def wrapper(x):
            return f(x) * kept["k"]

        return wrapper

    @scaled
    def f(x):
        return x**2

    yield f
    kept["k"] = 3.0


def decorated_by_the_engine():
    k = 2.0

    @no_grad()
    def share(x):
        return np.sum(x) * k

    @scope("inner")
    def inner(x):
        return x * share(x) * k

    yield value_and_grad(lambda x: np.sum(inner(x)))
    k = 3.0


def context_of_the_user_s():
    k = 2.0

    @contextlib.contextmanager
    def scaled():
        yield k

    def f(x):
        with scaled() as by:
            return x * by

    yield f
    k = 3.0


def rule_of_the_user_s():
    k = 2.0

    @op()
    def scaled(x):
        return x * k, (lambda g: g * k,)

    yield value_and_grad(lambda x: np.sum(scaled(x) ** 2))
    k = 3.0


def attributes_of_a_function():
    def h(x):
        return x * h.k + h.w

    h.k, h.w = 2.0, np.ones(3)
    yield lambda x: h(x) + getattr(h, "more", 0.0)
    h.k = 3.0
    yield
    h.w = np.arange(3.0)
    yield
    h.more = 1.0
    yield
    del h.more


def attribute_that_a_function_gives_itself():
    def f(x):
        if not hasattr(f, "kept"):
            f.kept = np.arange(3.0)
        return x * f.kept

    yield f
    yield
    f.kept = np.ones(3)
    yield
    del f.kept


def counted_in_an_attribute():
    def f(x):
        f.last = np.sum(x)
        return x + f.last

    f.last = np.float64(0.0)
    yield f
    f.last = np.float64(1.0)


def part_of_a_function():
    def f(k, x, b=0.0):
        return np.sum(k * x + b)

    a = np.ones(3)
    part = functools.partial(f, a, b=2.0)
    yield lambda x: part(x)
    a[0] = 3.0
    yield
    part.keywords["b"] = 4.0
    yield
    part.__setstate__((f, (np.arange(3.0),), {}, None))


def method():
    class Scaled:
        def __init__(self):
            self.k, self.w = 2.0, np.ones(3)

        def __call__(self, x):
            return x * self.k * self.w

    scaled = Scaled()
    yield scaled.__call__
    scaled.k = 3.0
    yield
    scaled.w[0] = 5.0


def object_that_is_called():
    class Scaled:
        k = 2.0

        def __call__(self, x):
            return x * self.k

    scaled = Scaled()
    yield scaled
    scaled.k = 3.0


def cached():
    factor = 2.0

    @functools.lru_cache
    def mask(n, *, of=1.0):
        return np.ones(n) * of * factor

    yield lambda x: x * mask(3, of=2.0)
    mask(3, of=2.0)[0] = 7.0
    yield
    mask.cache_clear()
    factor = 5.0


ALIVE = []


def weak_reference():
    class Kept:
        pass

    kept, other = Kept(), Kept()
    ALIVE.extend((kept, other))  # as long as this runs
    kept.w, other.w = np.ones(3), np.ones(3) * 2
    ALIVE.append((kept, other))
    ref = weakref.ref(kept)
    yield lambda x: x * ref().w
    kept.w = np.arange(3.0)
    yield
    ref = weakref.ref(other)
    yield


def derivative_of_a_derivative():
    k = 2.0

    def f(x):
        return np.sum(np.sin(x) ** 2 * k)

    yield grad(lambda x: np.sum(grad(f)(x) ** 2))
    k = 3.0


def compiled_in_a_compiled_function():
    k, w = 2.0, np.ones(3)
    inner = compiled(lambda x: x * w * k)
    yield grad(lambda x: np.sum(inner(x) ** 2))
    k = 3.0
    yield
    w[:] = 2.0


def module_of_the_user_s():
    m = users_module(TEXT)
    yield lambda x: np.sum(m.h(x) * m.k * m.w)
    m.k = 3.0
    yield
    m.w[0] = 5.0
    yield
    m.w = np.arange(3.0)
    yield
    m.h = np.sin


def name_from_a_module():
    m = users_module(TEXT)
    h = m.h
    yield lambda x: h(x)
    m.k = 3.0
    yield
    m.w = np.arange(3.0)
    yield
    h = np.cos


def name_that_a_module_may_have():
    m = users_module(TEXT)
    yield lambda x: x * (3.0 if hasattr(m, "more") else m.k)
    m.more = True


def ways_to_an_attribute():
    class Kept:
        j, k = 7.0, 2.0

    kept, name = Kept(), "k"
    get = operator.attrgetter("k")
    yield lambda x: x * getattr(kept, name) * get(kept)
    kept.k = 3.0
    yield
    name = "j"


def generator_and_comprehension():
    ks, least = [1.0, 2.0, 3.0], 1.5

    def chosen():
        for k in ks:
            if k > least:
                yield k

    yield lambda x: sum(map(lambda k: np.sum(x * k), chosen()))  # noqa: C417
    least = 0.5
    yield
    ks[0] = 9.0


def recursion():
    depth = 2

    def h(x, n):
        return x if n == 0 else np.sin(h(x, n - 1)) * depth

    yield lambda x: h(x, depth)
    depth = 4


def what_is_matched():
    mode = {"kind": "a", "k": 2.0}

    def f(x):
        match mode:
            case {"kind": "a", "k": k}:
                return x * k
            case {"kind": "b"}:
                return x**2
        return x

    yield f
    mode["k"] = 3.0
    yield
    mode["kind"] = "b"
    yield
    mode["kind"] = "c"


def key_that_is_missing():
    parts = {"a": 2.0}

    def f(x):
        try:
            return x * parts["b"]
        except KeyError:
            return x * parts["a"]

    yield f
    parts["b"] = 5.0


CASES = [
    *(default_values, default_list, code, closures_made_in_a_loop, decorated),
    *(closure_in_a_closure, decorated_by_the_engine, context_of_the_user_s),
    *(
        rule_of_the_user_s,
        attributes_of_a_function,
        attribute_that_a_function_gives_itself,
        counted_in_an_attribute,
        method,
    ),
    *(part_of_a_function, object_that_is_called, cached, weak_reference, recursion),
    *(derivative_of_a_derivative, compiled_in_a_compiled_function, key_that_is_missing),
    *(module_of_the_user_s, name_from_a_module, name_that_a_module_may_have),
    *(ways_to_an_attribute, generator_and_comprehension, what_is_matched),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_what_a_function_uses_is_looked_up(case):
    assert_follows(case)


@pytest.fixture
def importable(monkeypatch):
    module = users_module(TEXT, "users_importable")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def test_a_module_that_f_imports_itself_is_looked_up(importable):
    def f(x):
        import users_importable
        from users_importable import h

        return h(x) * users_importable.k

    fast = compiled(f)
    assert_same(fast(X), f(X))
    importable.k = 3.0
    assert_same(fast(X), f(X))
    importable.w = np.arange(3.0)
    assert_same(fast(X), f(X))


def test_an_attribute_of_a_module_that_f_assigns_is_refused():
    module = users_module(TEXT)

    def f(x):
        module.k = module.k + 1
        return x * module.k

    assert_refused(f, "f assigns 'k' of the module users_module")
    assert module.k == 2.0


def test_a_cached_function_is_not_given_what_is_recorded():
    kept = functools.lru_cache(lambda x: x * 2)
    assert_refused(lambda x: x * kept(np.sum(x)), "it keeps what it has once computed")


def test_functions_that_python_calls_for_others_run_as_they_are():
    @functools.singledispatch
    def h(x):
        return x * 2

    assert_as_it_is(lambda x: h(x), why="by way of")


def test_attributes_of_a_part_of_a_function_are_there():
    part = functools.partial(np.multiply, 2.0)
    part.k = 3.0
    fast = compiled(lambda x: part(x) * part.k)
    assert_same(fast(X), X * 2.0 * 3.0)
    part.k = 4.0
    assert_same(fast(X), X * 2.0 * 4.0)
