"""A walk over NumPy: no function takes a Tensor and loses its gradient without a word.

What NumPy hands to a Tensor has a rule, or is constant, or is refused in our words.
What it does not hand over is in test_numpy_names.py; np.random is here.
"""

import warnings

import numpy as np
import pytest

from engine import Tensor, numpy_protocol
from engine.numpy_protocol import CONSTANT

MODULES = [np, np.linalg, np.fft, np.random, np.emath, np.char, np.strings, np.rec]
MODULES += [np.lib.stride_tricks, np.lib.array_utils, np.polynomial.polynomial]
TABLES = (numpy_protocol._rules, numpy_protocol._compositions, CONSTANT)


def dispatched():
    """Every public function that NumPy hands to a Tensor among its arguments."""
    found = {}
    for module in MODULES:
        for name in sorted(getattr(module, "__all__", dir(module))):
            function = getattr(module, name)
            if isinstance(function, np.ufunc) or hasattr(function, "_implementation"):
                found.setdefault(function, f"{module.__name__}.{name}")
    return [pytest.param(function, id=name) for function, name in found.items()]


def call(function):
    t = Tensor([[1.0, -2.0], [3.0, 4.0]])
    if isinstance(function, np.ufunc):
        return t.__array_ufunc__(function, "__call__", *[t] * function.nin)
    return t.__array_function__(function, (Tensor,), (t,), {})


@pytest.mark.parametrize("function", dispatched())
def test_every_function_is_supported_or_constant_or_refused_in_our_words(function):
    known = [table for table in TABLES if function in table]
    if known:
        assert len(known) == 1
        return
    words = r"^np\.[\w.]+ has no rule on Tensors(: .* here|: .*[;,]|; write one).*t\.da"
    with pytest.raises(TypeError, match=words):
        call(function)


def test_a_reason_is_given_for_what_is_refused_and_for_nothing_else():
    for function in numpy_protocol._WHY_NOT:
        assert not any(function in table for table in TABLES), function


# --- np.random ------------------------------------------------------------------------


def samplers():
    """What makes random numbers, old and new; each call starts from the same seed."""
    for make in (np.random.default_rng, np.random.RandomState):
        for name in sorted(dir(make(0))):
            if not name.startswith("_") and callable(getattr(make(0), name)):
                yield pytest.param(make, name, id=f"{make.__name__}.{name}")


def arguments(t):
    yield from [
        (t,),
        (t, 0.5),
        (0.5, t),
        (t, t),
        (1.0, t, 5.0),
        (0.1, 0.5, t),
        (t, t, t),
    ]
    yield from [(4, t), ([t, t],), (3, [0.5, t]), ([t], 0.5), (2, 3, t)]


@pytest.mark.no_cover
@pytest.mark.parametrize(("make", "name"), list(samplers()))
def test_no_random_number_moves_with_a_tensor(make, name):
    def drawn(value):
        for i in range(len(list(arguments(value)))):
            t = Tensor(value)
            args = list(arguments(t))[i]
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    result = getattr(make(0), name)(*args)
            except (TypeError, ValueError, NotImplementedError, OverflowError):
                yield None  # refused; the words may be NumPy's
                continue
            array = result if isinstance(result, np.ndarray | float) else 0
            assert np.asarray(array).dtype.kind != "O"
            assert np.array_equal(t.data, value)
            yield array

    for value in (0.25, np.array([0.25, 0.5])):
        for one, other in zip(drawn(value), drawn(value + 1e-3), strict=True):
            assert np.array_equal(one, other) or one is other is None
