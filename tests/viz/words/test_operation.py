"""An operation in words: the expression, and the names of its operands."""

import numpy as np
import pytest
from helpers.scenes import cards

from engine import Tensor, op
from viz.words.names import Names
from viz.words.operation import slots

NO_NAMES = Names(None)


def title(tensor):
    return cards(tensor)[-1].title


def leaf(value, name):
    return Tensor(value, name=name)


a, b = leaf(2.0, "a"), leaf(-3.0, "b")
matrix, vector = leaf(np.ones((3, 2)), "m"), leaf(np.ones(2), "v")
TITLES = [
    (lambda: a + b, "a + b"),
    (lambda: a - b, "a - b"),
    (lambda: a * b, "a × b"),
    (lambda: a / b, "a / b"),
    (lambda: a**2, "a ** 2"),
    (lambda: a * -3.0, "a × -3.0"),
    (lambda: -a, "-a"),
    (lambda: np.tanh(a), "tanh(a)"),
    (lambda: matrix @ vector, "v1 = m @ v"),
    (lambda: (a + b) * a, "· × a"),
    (lambda: np.tanh(a + b), "tanh(·)"),
    (lambda: matrix.sum(axis=0), "v1 = sum(m, axis=0)"),
    (lambda: matrix.sum(), "L = sum(m)"),
]


@pytest.mark.parametrize(("make", "expected"), TITLES)
def test_a_title_is_the_expression_as_one_writes_it(make, expected):
    word = "loss" if make().size == 1 else "output"
    assert title(make()) == f"{expected} {word}"


def test_a_named_op_is_an_equation_and_loss_is_said_once():
    for name, expected in [("e", "e = a × b loss"), ("loss", "loss = a × b")]:
        node = a * b
        node.name = name
        assert title(node) == expected


def test_many_operands_are_counted_in_the_title_and_all_have_slots():
    @op()
    def total(*xs):
        return sum(xs), tuple((lambda g: g) for _ in xs)

    node = total(*(leaf(1.0, f"x{i}") for i in range(9)))
    assert title(node) == "total(x0, x1, x2, … 6 more) loss"
    assert slots(node, NO_NAMES) == [f"x{i}" for i in range(9)]


def test_slots_say_the_names():
    assert slots(a * b, NO_NAMES) == ["a", "b"]
    assert slots((a + b) * 2.0, NO_NAMES) == ["·", "2.0"]
    assert slots(matrix @ vector, NO_NAMES) == ["m", "v"]
    assert slots(matrix @ np.ones(2), NO_NAMES) == ["m", "·"]
    assert slots(np.tanh(leaf([1.0, 2.0], "x")), NO_NAMES) == ["x"]
