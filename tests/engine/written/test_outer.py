"""Calls that leave a program."""

import math

import numpy as np
import pytest

from engine import compiled, written
from viz import code


def test_a_call_of_plain_numbers_is_that_call():
    assert written.called(math.sqrt, 4.0) == 2.0


def test_every_run_of_a_compiled_function_makes_the_call():
    fast = compiled(lambda x: written.called(math.sqrt, x) * 2.0)
    for x in (1.0, 4.0, 9.0):
        assert fast(x) == math.sqrt(x) * 2.0
    assert "sqrt(x)" in fast.source(1.0)


def test_code_refuses_the_call_for_its_result_would_be_fixed():
    with pytest.raises(TypeError, match="code: sqrt needs plain numbers, which would"):
        code(lambda x: x * written.called(math.sqrt, x.data), 4.0)


def test_random_numbers_are_drawn_where_nothing_is_recorded():
    drawn = written.drawn(np.random.default_rng(0), (3,), np.ones(3))
    np.testing.assert_array_equal(drawn, np.random.default_rng(0).random(3))
