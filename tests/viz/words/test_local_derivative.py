"""What stands on an edge: the local derivative, a number or a formula."""

import numpy as np
from helpers.scenes import edges

from engine import Tensor, op


def labels(tensor):
    return [said.lines for said in edges(tensor)]


def leaf(value, name):
    return Tensor(value, name=name)


a, b = leaf(2.0, "a"), leaf(-3.0, "b")


def test_between_numbers_an_edge_bears_the_local_derivative():
    assert labels(a * b) == [["×-3.0"], ["×2.0"]]
    assert labels(a + a) == [["×1.0"], ["×1.0"]]
    assert labels(a - b) == [["×1.0"], ["×-1.0"]]
    assert labels(np.exp(leaf(0.0, "z"))) == [["×1.0"]]
    assert labels(leaf([[2.0]], "x") * leaf([5.0], "y")) == [["×5.0"], ["×2.0"]]


def test_an_operand_that_wants_no_gradient_has_no_derivative():
    assert labels(a * 3.0) == [["×3.0"], []]


def test_between_arrays_it_is_the_formula_with_shapes():
    x, w = leaf(np.ones((64, 5)), "x"), leaf(np.ones((5, 3)), "w")
    for lines, shapes in zip(
        labels(x @ w), ["(64, 3) @ (3, 5)", "(5, 64) @ (64, 3)"], strict=True
    ):
        assert "@" in lines[0]
        assert "g" in lines[0]
        assert lines[1:] == [shapes]


def test_where_broadcasting_is_undone_the_axes_are_told():
    @op()
    def plus(x, y):
        return x + y, (lambda g: g, lambda g: g)

    big = leaf(np.ones((4, 3)), "x")
    assert labels(plus(big, leaf(np.ones(3), "y"))) == [["g"], ["g  Σ axis 0"]]
    assert labels(plus(big, leaf(np.ones((4, 1)), "y")))[1] == ["g  Σ axis 1"]
    assert labels(plus(big, leaf(1.0, "y")))[1] == ["g  Σ axes 0, 1"]


def test_a_closure_that_fails_keeps_its_formula():
    @op()
    def broken(x):
        return x * 1.0, (lambda g: g.no_such_thing,)

    assert labels(broken(a)) == [["g.no_such_thing"]]
