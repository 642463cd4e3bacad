"""Random numbers that f draws itself: refused, and the generator is as before."""

import random

import numpy as np
import pytest
from helpers.compiling import X, assert_refused, assert_same, programs

from engine import compiled

GENERATORS = {
    "Generator": (np.random.default_rng(3), lambda rng: rng.random()),
    "RandomState": (np.random.RandomState(3), lambda rng: rng.rand()),
    "Random": (random.Random(3), lambda rng: rng.random()),
    "np.random": (np.random, lambda rng: rng.rand()),
    "random": (random, lambda rng: rng.random()),
}


@pytest.mark.parametrize(("rng", "draw"), GENERATORS.values(), ids=GENERATORS)
def test_a_function_that_draws_is_refused(rng, draw):
    assert_refused(lambda x: x * draw(rng), "f draws random numbers")


def test_a_draw_that_changes_no_number_is_refused_and_undone():
    rng, other = np.random.default_rng(3), np.random.default_rng(3)
    assert_refused(lambda x: x if rng.random() < 2.0 else -x, "f draws random numbers")
    assert rng.random() == other.random()


def test_a_generator_that_f_makes_itself_is_no_draw():
    seed = 0
    fast = compiled(lambda x: x * np.random.default_rng(seed).random())
    for seed in (0, 1, 0):
        assert_same(fast(X), X * np.random.default_rng(seed).random())
    assert programs(fast) == 2
