"""An operation in words: the expression, and the names of its operands."""

import numpy as np
import pytest
from helpers.scenes import cards

from engine import Tensor, op


def title(tensor):
    return cards(tensor)[-1].title


def leaf(value, name):
    return Tensor(value, name=name)


a, b = leaf(2.0, "a"), leaf(-3.0, "b")
matrix, vector = leaf(np.ones((3, 2)), "m"), leaf(np.ones(2), "v")
TITLES = [
    (lambda: a + b, "L = a + b"),
    (lambda: a - b, "L = a - b"),
    (lambda: a * b, "L = a × b"),
    (lambda: a / b, "L = a / b"),
    (lambda: a**2, "L = a ** 2"),
    (lambda: a * -3.0, "L = a × -3.0"),
    (lambda: -a, "L = -a"),
    (lambda: np.tanh(a), "L = tanh(a)"),
    (lambda: matrix @ vector, "t1 = m @ v"),
    (lambda: (a + b) * a, "L = · × a"),
    (lambda: np.tanh(a + b), "L = tanh(·)"),
    (lambda: matrix.sum(axis=0), "v1 = sum(m, axis=0)"),
    (lambda: matrix.sum(), "L = sum(m)"),
    (lambda: matrix.T, "v1 = m.T"),
    (lambda: np.einsum("ij,ij->i", matrix, matrix), "v1 = einsum('ij,ij->i', m, m)"),
    (lambda: matrix[1:, 0], "v1 = m[1:, 0]"),
    (lambda: np.pad(matrix, 1), "v1 = scatter(m, index=[1:4, 1:3], (5, 4))"),
]


@pytest.mark.parametrize(("make", "expected"), TITLES)
def test_a_title_is_the_expression_as_one_writes_it(make, expected):
    assert title(make()) == expected


def test_a_named_op_is_an_equation_also_the_last():
    for name, expected in [("e", "e = a × b"), ("loss", "loss = a × b")]:
        node = a * b
        node.name = name
        assert title(node) == expected


def test_a_result_of_one_number_is_called_l_unless_that_name_is_taken():
    assert title(leaf(2.0, "L") * b) == "v1 = L × b"
    assert title(a * leaf([2.0, 3.0], "y")) == "v1 = a × y"


def test_operands_without_a_name_get_one_where_their_order_matters():
    left, right = a + b, a * b
    assert title(left - right) == "L = v1 - v2"
    assert title(left / right) == "L = v1 / v2"
    assert title(left + right) == "L = · + ·"
    assert title(left * right) == "L = · × ·"
    assert title(left - b) == "L = · - b"  # there is but one that it can be
    assert [c.title for c in cards(left - right)[2:4]] == ["v1 = a + b", "v2 = a × b"]


def test_many_operands_are_counted_in_the_title_and_each_has_its_edge():
    @op()
    def total(*xs):
        return sum(xs), tuple((lambda g: g) for _ in xs)

    node = total(*(leaf(1.0, f"x{i}") for i in range(9)))
    assert title(node) == "L = total(x0, x1, x2, … 6 more)"
    assert cards(node)[-1].operands == [f"x{i}" for i in range(9)]


@pytest.mark.parametrize(
    ("make", "operands"),
    [
        (lambda: a * b, ["a", "b"]),
        (lambda: b - a, ["b", "a"]),
        (lambda: a * a, ["a", "a"]),
        (lambda: (a + b) * a, ["·", "a"]),
        (lambda: matrix @ vector, ["m", "v"]),
        (lambda: matrix @ np.ones(2), ["m", "v1"]),
        (lambda: (a + b) * 2.0, ["·", "2.0"]),
        (lambda: 2.0 - a, ["2.0", "a"]),
        (lambda: np.tanh(leaf([1.0, 2.0], "x")), ["x"]),
    ],
)
def test_the_operands_of_an_op_are_told_in_their_order(make, operands):
    assert cards(make())[-1].operands == operands
