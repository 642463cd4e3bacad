"""The local derivative of one number by another, and what goes back."""

import numpy as np
from helpers.scenes import edges

from engine import Tensor


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
    constant = Tensor(3.0, requires_grad=False)
    assert labels(a * constant) == [["×3.0"], []]
    assert labels(a * 3.0) == [["×3.0"]]  # a number has no edge either
