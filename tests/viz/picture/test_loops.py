"""A loop, and what one of its rounds hands to the next."""

import gc
import weakref
from unittest.mock import ANY

import numpy as np

from engine import Tensor
from viz.picture.loops import begun_by, loop_of


def euler(steps):
    """The ops of each round, and what they begin with."""
    x, v = x0, v0 = Tensor(1.0), Tensor(0.0)
    rounds = []
    for _ in range(steps):
        pull = x * 0.1
        v = v - pull
        step = v * 0.1
        x = x + step
        rounds.append([pull, v, step, x])
    return rounds, x0, v0


def test_a_variable_knows_where_it_begins_and_what_became_of_it():
    rounds, x0, v0 = euler(6)
    v, x = loop_of(rounds).variables
    assert (v.initial, x.initial) == ([v0], [x0])
    assert (v.before, v.after) == (rounds[-2][1], rounds[-1][1])
    assert x.values == [ops[3] for ops in rounds]
    assert x.begun == [(rounds[0][0], 0), (rounds[0][3], 0)]


def test_a_first_round_of_other_ops_is_left_out():
    rounds, *_ = euler(7)
    first = [rounds[0][1], rounds[0][0], *rounds[0][2:]]
    assert loop_of([first, *rounds[1:]]).rounds == rounds[1:]


def test_rounds_in_another_order_are_no_loop():
    rounds, *_ = euler(7)
    rounds[4] = rounds[4][::-1]
    assert loop_of(rounds) is None


def test_a_round_that_only_begins_is_told_by_its_operands():
    rounds, *_ = euler(7)
    loop = loop_of(rounds[:-1])
    assert begun_by(rounds[-1][:2], loop) == [*rounds[-1][:2], None, None]
    v, x = rounds[-2][1], rounds[-2][3]
    assert begun_by([x * 0.1], loop) == ()  # it may be for something else
    step = v * 0.1
    assert begun_by([step, x + step], loop) == [None, None, step, ANY]
    step = v * 0.2  # another number
    assert begun_by([step, x + step], loop) == ()
    assert begun_by([x * Tensor(0.1)], loop) == ()
    assert begun_by([np.sin(x)], loop) == ()


def test_a_loop_is_freed_without_the_collector():
    rounds, *_ = euler(6)
    loop = loop_of(rounds)
    variables, held = loop.variables, weakref.ref(rounds[0][0])
    gc.disable()
    try:
        del loop, variables, rounds
        assert held() is None
    finally:
        gc.enable()
