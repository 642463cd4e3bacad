"""Every public function, called with what does not belong there.

The one idea: a right call with one argument replaced. It must give what NumPy gives on
plain data (value, shape, dtype; a gradient of the shape and dtype of each Tensor), or an
error of a kind that is meant, with the name of who refuses. The right calls are those of
the tables of rules and compositions; calls.py hears them, and judges. Calls that are no
NumPy function (methods, engine, nn, viz) must answer or refuse by name.

The profile "fuzz" of hypothesis tries more than a run of the suite does.
"""

import contextlib
import warnings

import numpy as np
import pytest
from calls import Call, heard, outcome, tensors_in, wrong
from hypothesis import example, given
from hypothesis import strategies as st

import engine
import nn
import viz
from engine import Tensor
from engine.numpy_protocol import CONSTANT

X = np.arange(6.0).reshape(2, 3) - 2.5
ARRAYS = [
    *(np.ones(()), np.ones(0), np.ones((0, 3)), np.ones((3, 0, 2)), np.ones(1)),
    *(np.arange(4.0) + 0.5, X + 3, np.arange(24.0).reshape(2, 3, 4) + 0.5),
    *(np.array([np.nan, 1, 2]), np.array([-np.inf, 1, np.inf])),
    *(np.ones((2, 3), "f2"), np.ones((2, 3), np.longdouble), np.ones((2, 3), ">f4")),
]
for array in ARRAYS:
    array.flags.writeable = False  # out= would write into them
PLAIN = [
    *(np.arange(6).reshape(2, 3), np.array([0, 2]), np.ones((2, 3), complex)),
    *(np.array(["a", "b"]), np.array([1, 2], object), np.array(["2020"], "M8[Y]")),
    *(None, float("nan"), float("inf"), "text", "", b"x", {}, {1: 2}, [], [[]], ()),
    *([1.0, 2.0], [[1, 2, 3], [4, 5, 6]], [[1], [2, 3]], (0,), (0, 0), (0, 1), (-1,)),
    *((9,), [0], [0, 1], 0, 1, -1, 2, 9, -9, 1.5, -0.5, 2**70, -(2**70), 1j),
    *(np.int64(1), np.float32(1), slice(None), ..., object(), len, range(3), [None]),
]
ODD = [*ARRAYS, *map(Tensor, ARRAYS), Tensor(X, requires_grad=False), *PLAIN]
ODD += [[Tensor(1.0)], (Tensor(1.0),), [Tensor(1.0), Tensor([1.0, 2.0])]]

# Where ours answers though NumPy refuses, or otherwise, and why that is left so:
KNOWN = {
    np.full_like: "dtype from an array",  # a Tensor as dtype has one
    np.nan_to_num: "float128",  # an array as nan= is of a wider dtype
    np.select: "dtype('O')",  # NumPy makes objects of integers that are too large
    np.diff: "NoneType",  # no end is None, and NumPy's is a private value
    np.prod: "AxisError",  # a single number has the axis 0, which other functions take
    np.nanvar: "too large",  # what is left of the entries is compared, not counted
    **dict.fromkeys([np.tril, np.triu], "0-dimensional"),  # one entry is a number
    np.linalg.cond: "unhashable",  # an array of no axes is a number
    np.empty_like: " for ",  # holds anything
    np.array_equiv: "False for True",  # NumPy asks nobody about a list, and hides errors
    np.rot90: "read-only",  # NumPy takes the remainder of an array in place
    **dict.fromkeys(
        [np.linalg.lstsq, np.quantile, np.percentile, np.gradient], " for "
    ),  # of infinities NumPy makes NaN, or not, by the formula that it takes
    np.einsum: "no len()",  # optimize=0 is False
    np.interp: " for ",  # between infinities NumPy has cases of its own
    np.median: "into shape (0,n",  # NumPy can't tell a length where there are no entries
}
SKIPPED = {np.diff: (2**70,), np.gradient: (0,)}  # NumPy never ends; 0 / 0


def constant_calls():
    """Calls of functions that are piecewise constant, which are in no table."""
    for function in sorted(CONSTANT, key=lambda f: f.__name__):
        for args in ((X,), (X, 1.0), (X, X), (X[0], X[0])):
            if outcome(Call(function, args, {}))[1] is None:
                yield Call(function, tuple(map(_tensor, args)), {})


def _tensor(x):
    return Tensor(x) if isinstance(x, np.ndarray) else x


CALLS = {repr(c): c for c in (*heard(), *constant_calls())}
CALLS = [*CALLS.values(), Call(np.astype, (Tensor(X), np.float32), {})]
PLACES = [(call, place) for call in CALLS for place in call.places()]
OPTIONS = ["out", "dtype", "axis", "keepdims", "where", "order", "casting", "bogus"]


def may_be_judged(call, place, x):
    number = type(x) in (int, float)
    skipped = number and any(repr(x) == repr(y) for y in SKIPPED.get(call.function, ()))
    return place[0] != "keepdims" and not skipped and tensors_in(call)  # by its truth


def judge(call):
    found = wrong(call)
    known = KNOWN.get(call.function)
    assert not found or (known and known in found), f"{call!r}: {found}"


@given(st.sampled_from(PLACES), st.sampled_from(ODD))
def test_a_wrong_argument_gives_what_numpy_gives_or_an_error_that_says_who(place, x):
    call, where = place
    changed = call.put(where, x)
    if may_be_judged(changed, where, x):
        judge(changed)


@given(st.sampled_from(CALLS), st.sampled_from(OPTIONS), st.sampled_from(ODD))
def test_an_option_that_is_not_taken_is_refused_by_name(call, option, x):
    unset = option == "where" and isinstance(call.function, np.ufunc)  # holds anything
    if option not in call.kwargs and option != "keepdims" and not unset:
        judge(call._replace(kwargs=call.kwargs | {option: x}))


@pytest.mark.parametrize("call", CALLS, ids=repr)
def test_a_call_of_the_tables_is_right_before_it_is_varied(call):
    judge(call)


# --- what is no function of NumPy -----------------------------------------------------

METHODS = {
    **dict.fromkeys(["sum", "mean", "var", "std", "max", "min", "prod"], (0,)),
    **dict.fromkeys(["cumsum", "cumprod", "argmax", "argmin", "argsort"], (0,)),
    **dict.fromkeys(["any", "all"], (0,)),
    **{"trace": (0, 0, 1), "diagonal": (0, 0, 1), "round": (1,), "clip": (0.0, 1.0)},
    **{"reshape": (3, 2), "squeeze": (None,), "transpose": (1, 0), "dot": (X.T,)},
    **{"swapaxes": (0, 1), "repeat": (2, 1), "compress": ([True, False], 0)},
    **{"take": ([0, 1], 1), "astype": (np.float32,), "searchsorted": (1.0,)},
    **{"__getitem__": (0,), "__add__": (X,), "__rsub__": (2.0,), "__mul__": (X,)},
    **{"__truediv__": (X,), "__pow__": (2,), "__matmul__": (X.T,), "__mod__": (2.0,)},
    **{"__floordiv__": (2.0,), "__lt__": (X,), "__eq__": (X,), "__ge__": (0.5,)},
}


@pytest.mark.parametrize("name", METHODS)
@given(st.data())
def test_a_method_does_what_that_of_arrays_does_or_says_who_refuses(name, data):
    args = list(METHODS[name])
    data_of = np.array([1.0, 2.0, 4.0]) if name == "searchsorted" else X
    if data.draw(st.booleans()):
        args[data.draw(st.integers(0, len(args) - 1))] = data.draw(st.sampled_from(ODD))
    operator = name.startswith("__") and name != "__getitem__"

    def method(x, *args):
        return getattr(x, name)(*args)

    method.__name__ = name
    found = wrong(Call(method, (Tensor(data_of), *args), {}))
    if operator and ("NotImplemented" in found or "nameless" in found):
        return  # where Python goes on to ask the other operand, or compares
    assert not found, f"{name}{args}: {found}"
