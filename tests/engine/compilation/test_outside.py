"""What a compiled function uses from outside: each change there is found."""

import collections
import enum
import types
from argparse import Namespace
from array import array
from contextvars import ContextVar
from threading import local

import numpy as np
import pytest
from helpers.compiling import (
    X,
    assert_as_it_is,
    assert_follows,
    assert_refused,
    assert_same,
    programs,
    users_module,
)

from engine import Tensor, compiled


class Holder:
    """An object of the user's."""

    def __init__(self, **parts):
        vars(self).update(parts)


class Doubling(Holder):
    pass


class InSlots:
    __slots__ = ("k",)

    def __init__(self, k):
        self.k = k


class Words(dict):
    __getattr__ = dict.__getitem__


class Mode(enum.Enum):
    ONE = 1
    TWO = 2


# --- numbers and arrays ---------------------------------------------------------------


def array_written_to():
    w = np.ones(3)
    yield lambda x: np.sum(x * w)
    w *= 3
    yield
    w[...] = np.inf


def array_bound_anew():
    w = np.ones(3)
    yield lambda x: np.sum(x * w)
    w = np.arange(3.0)
    yield
    w = np.ones(3, np.float32) * 1.1
    yield
    w = np.ones((2, 3)) * 4
    yield
    w = 2.5
    yield
    w = [1.0, 2.0, 3.0]
    yield
    w = None
    w = np.arange(3)


def array_seen_as_another():
    w = np.ones(4)
    yield lambda x: np.sum(x * w[:3])
    w.dtype = np.int64


def array_that_lies_otherwise():
    w = np.random.default_rng(0).normal(size=(40, 50)).astype(np.float32)
    yield lambda x: np.sum(w * 1.5) + x
    w = np.asfortranarray(w)
    yield
    w = np.repeat(w, 2, axis=0)[::2]
    yield
    w = w[::-1]


def part_of_an_array():
    w = np.arange(6.0).reshape(2, 3)
    v = w[0]
    yield lambda x: x * v + w
    w[0] = 5.0
    yield
    v = w[1]


def number():
    k = 2.0
    yield lambda x: np.sum(x * k)
    k = 3.0
    yield
    k = 3
    yield
    k = np.float32(3)
    yield
    k = np.float64(3)
    yield
    k = True


def number_without_a_name():
    k = 0.0
    yield lambda x: np.copysign(x, k)
    k = -0.0
    yield
    k = float("nan")
    yield
    k = -float("nan")
    yield
    k = -np.inf


def kind_of_number_beside_float32():
    k = 2.1
    yield lambda x: x.astype(np.float32) * k
    k = np.float64(2.1)
    yield
    k = np.float32(2.1)
    yield
    k = np.array(2.1)


def flag():
    flag = True
    yield lambda x: x * 2 if flag else x * 3
    flag = False
    yield
    flag = None


def enumerated():
    mode = Mode.ONE
    yield lambda x: x * (2 if mode is Mode.ONE else 3)
    mode = Mode.TWO


# --- collections ----------------------------------------------------------------------


def list_of_numbers():
    ks = [1.0, 2.0]
    yield lambda x: sum(np.sum(x * k) for k in ks)
    ks[1] = 5.0
    yield
    ks.append(2.0)
    yield
    del ks[0]


def list_of_arrays():
    ws = [np.ones(3), np.arange(3.0)]
    yield lambda x: sum(np.sum(x * w) for w in ws)
    ws[0] = np.ones(3) * 4
    yield
    ws.append(np.ones(3))
    yield
    ws[1][:] = 7.0


def dict_in_another_order():
    parts = {"a": np.float64(2.0), "b": np.ones(3)}

    def f(x):
        for part in parts.values():
            x = x * 2 + part
        return x

    yield f
    parts["a"] = parts.pop("a")
    yield
    parts["c"] = 1.0


def dict_with_keys_that_say_they_are_equal():
    class Key(Holder):
        def __eq__(self, _):
            return True

        def __hash__(self):
            return 1

    parts = {Key(k=1.0): np.ones(3)}
    yield lambda x: x * sum(key.k for key in parts)
    parts = {Key(k=9.0): np.ones(3)}


def dict_with_tensors_as_keys():
    ws = [Tensor(np.ones(3)), Tensor(np.arange(3.0))]
    moments = {w: np.zeros(3) for w in ws}

    def f(x):
        for w in ws:
            moments[w] = moments[w] * 0.9 + x[0] * w.data
        return [moments[w] * 1.0 for w in ws]

    yield f
    ws.reverse()
    yield
    moments[ws[0]] = np.ones(3)


def two_ways_to_one_array():
    a = np.ones(3)
    one, two = {"a": a}, [a]
    yield lambda x: x * one["a"] + two[0]
    two[0] = np.arange(3.0)
    yield
    one["a"] = np.ones(3) * 5.0
    yield
    one["a"] = two[0]


def dict_with_equal_keys():
    parts = {1: np.ones(3)}
    yield lambda x: x * sum(3 if type(k) is int else 2 for k in parts)
    parts.clear()
    parts[True] = np.ones(3)
    yield
    parts.clear()
    parts[1.0] = np.ones(3)


def named_tuple():
    pair = collections.namedtuple("pair", "w k")
    p = pair(np.ones(3), 2.0)
    yield lambda x: np.sum(x * p.w) * p.k
    p = pair(np.ones(3), 3.0)
    yield
    p.w[0] = 4.0


COLLECTIONS = {
    "set": ({1.0, 2.0}, lambda s: s.add(5.0)),
    "deque": (collections.deque([1.0, 2.0], maxlen=2), lambda s: s.append(5.0)),
    "ordered dict": (collections.OrderedDict(a=2.0), lambda s: s.update(a=5.0)),
    "counter": (collections.Counter("aab"), lambda s: s.update("b")),
    "default dict": (collections.defaultdict(float, a=1.0), lambda s: s.update(b=1.0)),
    "chain of maps": (collections.ChainMap({"a": 2.0}), lambda s: s.update(a=5.0)),
    "bytes": (bytearray(b"ab"), lambda s: s.append(3)),
    "array of Python's": (array("d", [2.0]), lambda s: s.append(5.0)),
    "user's dict": (Words(a=2.0), lambda s: s.update(a=5.0)),
}


def total(collection):
    """A number that depends on all that is in it."""
    values = collection.values() if hasattr(collection, "values") else collection
    return sum((i + 1.5) * value for i, value in enumerate(values))


@pytest.mark.parametrize(("kept", "change"), COLLECTIONS.values(), ids=COLLECTIONS)
def test_a_collection_is_looked_up(kept, change):
    kept = kept.copy() if hasattr(kept, "copy") else kept[:]

    def f(x):
        return x * total(kept)

    fast = compiled(f)
    assert_same(fast(X), f(X))
    change(kept)
    assert_same(fast(X), f(X))
    assert programs(fast) == 2


# --- objects --------------------------------------------------------------------------


def object_with_numbers():
    a = Holder(k=2.0, inner=Holder(k=3.0))
    yield lambda x: x * a.k * a.inner.k
    a.k = 4.0
    yield
    a.inner.k = 5.0
    yield
    a.inner = Holder(k=7.0)


def object_with_arrays():
    a = Holder(w=np.ones(3), k=2.0)
    yield lambda x: np.sum(x * a.w) * a.k
    a.w = np.arange(3.0)
    yield
    a.k = 3.0
    yield
    a.w[0] = 9.0


def attribute_that_comes_and_goes():
    a = Holder(w=np.ones(3), z=1)
    yield lambda x: np.sum(x * a.w) * getattr(a, "k", 1.0)
    a.k = 3.0
    yield
    del a.z
    yield
    del a.k
    yield
    a.k = 5.0


def object_of_another_class():
    a = Holder(w=np.ones(3))
    yield lambda x: x * a.w * (2 if isinstance(a, Doubling) else 1)
    a.__class__ = Doubling


def object_with_a_function_of_numpy_s():
    a = Holder(h=np.sin, k=2.0)
    yield lambda x: a.h(x) * a.k
    a.h = np.cos


def object_in_slots():
    a = InSlots(2.0)
    yield lambda x: x * a.k
    a.k = 3.0


def namespaces():
    a, b = types.SimpleNamespace(k=2.0, w=np.ones(3)), Namespace(k=3.0)
    yield lambda x: x * a.k * a.w * b.k
    a.k = 4.0
    yield
    a.w = np.arange(3.0)
    yield
    b.k = 5.0


def user_s_dict_with_arrays():
    a = Holder(words={"w": np.ones(3), "k": 2.0})
    yield lambda x: x * a.words["w"] * a.words["k"]
    a.words["k"] = 3.0
    yield
    a.words = {"w": np.zeros(3), "k": 1.0}


# --- Tensors --------------------------------------------------------------------------


def data_of_a_tensor():
    w = Tensor(np.ones(3), name="w")
    yield lambda x: (x * w).sum()
    w.data = np.arange(3.0)
    yield
    w.data[0] = 9.0
    yield
    w.data = np.float64(3.0)
    yield
    w.data = np.ones(3, np.float32)


def tensor_that_is_frozen():
    w, v = Tensor(np.ones(3)), Tensor(np.ones(3) * 2)

    def f(x):
        w.grad = v.grad = None
        (x * w * v).sum().backward()
        return [None if t.grad is None else t.grad.sum() for t in (w, v)]

    yield f
    w.requires_grad = False
    yield
    w.requires_grad, v.requires_grad = True, False


def single_number_of_a_tensor_that_becomes_an_array():
    w = Tensor(np.float64(2.0))

    def f(x):
        w.grad = None
        (x * w).sum().backward()
        return w.grad

    yield f
    w.data = np.ones(3)
    yield
    w.data = np.float64(3.0)
    yield
    w.data = np.float32(3.0)


def gradient_that_is_there():
    w = Tensor(np.ones(3))
    yield lambda x: (x * w).sum() * (2 if w.grad is None else 3)
    w.grad = np.ones(3)
    yield
    w.grad = None


def two_tensors_that_become_one():
    ws = [Tensor(np.ones(3)), Tensor(np.ones(3))]

    def f(x):
        (x * ws[0] * ws[1] ** 2).sum().backward()
        gradients = [w.grad for w in ws]
        for w in ws:
            w.grad = None
        return gradients

    yield f
    ws[1] = ws[0]
    yield
    ws[1] = Tensor(np.ones(3) * 4)


def hook_that_comes_and_goes():
    w = Tensor(np.ones(3))

    def f(x):
        w.grad = None
        (x * w).sum().backward()
        return w.grad

    yield f
    handle = w.register_hook(lambda g: g * 2)
    yield
    handle.remove()


CASES = [
    *(array_written_to, array_bound_anew, array_seen_as_another, part_of_an_array),
    *(array_that_lies_otherwise, number, number_without_a_name, flag, enumerated),
    *(kind_of_number_beside_float32, list_of_numbers, list_of_arrays),
    *(
        dict_in_another_order,
        dict_with_equal_keys,
        named_tuple,
        two_ways_to_one_array,
        object_with_numbers,
    ),
    *(object_with_arrays, attribute_that_comes_and_goes, object_of_another_class),
    *(object_in_slots, namespaces, user_s_dict_with_arrays, data_of_a_tensor),
    *(tensor_that_is_frozen, gradient_that_is_there, two_tensors_that_become_one),
    hook_that_comes_and_goes,
    dict_with_keys_that_say_they_are_equal,
    dict_with_tensors_as_keys,
    single_number_of_a_tensor_that_becomes_an_array,
    object_with_a_function_of_numpy_s,
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_each_change_outside_is_found(case):
    assert_follows(case)


def test_the_program_of_before_is_there_when_a_number_comes_back():
    k = 2.0
    fast = compiled(lambda x: x * k)
    for k in (2.0, 3.0, 2.0, 3.0, 2.0):
        assert_same(fast(X), X * k)
    assert programs(fast) == 2


# --- globals --------------------------------------------------------------------------


def test_a_global_that_is_deleted_raises_as_in_the_function():
    module = users_module("k = 2.0\ndef f(x): return x * k")
    fast = compiled(module.f)
    assert_same(fast(X), X * 2.0)
    del module.k
    with pytest.raises(NameError, match="'k' is not defined"):
        fast(X)
    module.k = 4.0
    assert_same(fast(X), X * 4.0)


def test_a_global_that_hides_one_of_python_s_is_found():
    module = users_module("def f(x): return x * max(2.0, 3.0)")
    fast = compiled(module.f)
    assert_same(fast(X), X * 3.0)
    module.max = min
    assert_same(fast(X), X * 2.0)
    del module.max
    assert_same(fast(X), X * 3.0)


# --- what is refused ------------------------------------------------------------------


def test_a_global_that_f_assigns_is_refused():
    module = users_module("n = 0\ndef f(x):\n  global n\n  n += 1\n  return x * n")
    assert_refused(module.f, "f assigns the global 'n'")
    assert module.n == 0


def test_a_variable_around_f_that_it_assigns_is_refused():
    n = 0

    def f(x):
        nonlocal n
        n += 1
        return x * n

    assert_refused(f, "f assigns 'n' of the function around it")
    assert n == 0


def test_a_collection_that_f_changes_is_refused_and_stays():
    seen = {1.0}

    def f(x):
        seen.add(2.0)
        return x

    assert_refused(f, "f changes a set from outside")
    assert seen == {1.0}


def test_a_list_that_f_makes_longer_is_refused_and_stays():
    for log in ([], [1.0], [np.ones(3)]):
        before = len(log)

        def f(x, log=log):
            log.append(np.sum(x))
            return x

        assert_refused(f, "f changes the length of the list .* from outside")
        assert len(log) == before


def test_what_f_deletes_is_refused_and_stays():
    a = Holder(w=np.ones(3), t=1.0)

    def f(x):
        del a.t
        return x * a.w

    assert_refused(f, "f deletes 't' of a Holder")
    assert a.t == 1.0


def test_what_gives_other_values_each_time_is_refused():
    numbers, variable, own = iter([1.0, 2.0]), ContextVar("v", default=1.0), local()
    own.k = 1.0
    assert_refused(lambda x: x * next(numbers), "uses a list_iterator from outside")
    assert_refused(lambda x: x * variable.get(), "uses a ContextVar from outside")
    assert_refused(lambda x: x * own.k, "uses a _local from outside")
    assert next(numbers) == 1.0


def test_what_holds_arrays_and_can_t_be_looked_into_is_refused():
    kept, words = InSlots(np.ones(3)), Words(w=np.ones(3))
    assert_refused(lambda x: x * kept.k, "uses a InSlots from outside that holds")
    assert_refused(lambda x: x * words["w"], "uses a Words from outside that holds")


def test_an_object_that_can_t_be_copied_and_that_f_changes_is_refused_and_stays():
    class Odd(Holder):
        def __del__(self):
            pass

    a = Odd(k=1.0)

    def f(x):
        a.k = a.k + 1.0
        return x * a.k

    assert_refused(f, "f assigns 'k' of a Odd")
    assert a.k == 1.0


# --- what runs as it is ---------------------------------------------------------------


def test_arrays_outside_that_a_program_can_t_take_run_as_they_are():
    for w in (np.ones(3) + 0j, np.ones(3).astype(">f8"), np.ma.array(np.ones(3))):
        assert_as_it_is(lambda x, w=w: np.sum(x * w), why="an a")


def test_an_array_that_gives_way_to_a_masked_one_is_found():
    w = np.ones(3)
    fast = compiled(lambda x: x * (2.0 if isinstance(w, np.ma.MaskedArray) else 3.0))
    assert_same(fast(X), X * 3.0)
    w = np.ma.array([1.0, 2.0, 3.0], mask=[True, False, False])
    assert_same(fast(X), X * 2.0)


def test_a_function_that_warns_runs_as_it_is():
    module = users_module(
        "import warnings\ndef f(x):\n  warnings.warn('seen')\n  return x * 2"
    )
    fast = compiled(module.f)
    for _ in range(2):
        with pytest.warns(UserWarning, match="seen"):
            assert_same(fast(X), X * 2)
    assert not programs(fast)
