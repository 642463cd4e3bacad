"""NumPy's functions that write into what they are given are refused, before they do."""

import numpy as np
import pytest
from helpers.compiling import X, assert_refused, assert_same, runs_as_a_program

from engine import compiled

WRITERS = {
    "a function's out": lambda y: np.cumsum(y, axis=0, out=y),
    "a method's out": lambda y: y.clip(0.0, 1.0, out=y),
    "out at its place": lambda y: np.cumsum(y, 0, None, y),
    "a method's out at its place": lambda y: y.round(0, y),
    "copy=False": lambda y: np.nan_to_num(y, copy=False),
    "copy=False at its place": lambda y: np.nan_to_num(y, False),
    "overwrite_input": lambda y: np.median(y, overwrite_input=True),
    "copyto": lambda y: np.copyto(y, 0.0),
    "fill_diagonal": lambda y: np.fill_diagonal(y, 0.0),
    "put": lambda y: np.put(y, [0], 5.0),
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_what_writes_is_refused(write):
    def f(x):
        y = x * 1.0
        write(y)
        return y

    assert_refused(f, "which writes into an array")


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_an_argument_is_as_it_was_when_that_is_refused(write):
    x = X - 0.7
    assert_refused(write, "which writes into an array", x)
    assert_same(x, X - 0.7)


HARMLESS = {
    "out=None": lambda x: np.sum(x, axis=0, out=None),
    "None at its place": lambda x: x.sum(0, None, None),
    "copy=True": lambda x: np.nan_to_num(x, copy=True),
    "no input is overwritten": lambda x: np.median(x, overwrite_input=False),
    "operands where others have out": lambda x: np.einsum("ij,ij->i", x, x),
    "an index where others have out": lambda x: np.take(x, [0], 1),
}


@pytest.mark.parametrize("f", HARMLESS.values(), ids=HARMLESS)
def test_what_writes_nothing_is_recorded(f):
    fast = compiled(f)
    for factor in (1.0, -2.0):
        assert_same(fast(X * factor), f(X * factor))
    assert runs_as_a_program(fast)
