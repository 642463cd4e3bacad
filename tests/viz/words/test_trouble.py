"""Where NaN began, which units are dead, and which values are stale."""

import numpy as np
import pytest
from helpers.scenes import cards, edges, scene

from engine import Tensor, topological_order
from nn import relu
from viz import draw
from viz.words.trouble import dead_units, origins, stale_ids


def began(result):
    """The names of the ops and leaves in which NaN or ∞ began."""
    order = topological_order([result])
    held = {id(x): x for node in order for x in (node, *node.parents)}
    found = (held[key] for key in origins(order))
    return sorted(getattr(x, "op", "") or getattr(x, "name", "array") for x in found)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("make", "names"),
    [
        (lambda x: np.tanh(x) * 2.0, []),
        (lambda x: np.exp(np.log(x - 5.0) * 2.0), ["log"]),
        (lambda x: np.log(x - 5.0) + np.sqrt(x - 6.0), ["log", "sqrt"]),
        (lambda x: 1.0 / (x - x) + x, ["divide"]),
        (lambda x: Tensor(np.nan, name="n") * x + 1.0, ["n"]),
        (lambda x: x * np.array(np.inf) + 1.0, ["array"]),
    ],
)
def test_nan_or_infinity_began_where_no_operand_has_it(make, names):
    result = make(Tensor(2.0, name="x"))
    result.backward()
    assert began(result) == names


@pytest.mark.filterwarnings("ignore")
def test_if_all_values_are_finite_the_first_gradient_going_back_is_found():
    x = Tensor(0.0, name="x")
    y = np.sqrt(x) * 3.0 + 1.0
    y.backward()
    assert began(y) == ["x"]
    z = np.tanh(x)
    w = np.sqrt(z) * 2.0
    w.backward()
    assert began(w) == ["tanh"]


def test_a_gradient_that_is_missing_does_no_harm():
    assert began(np.tanh(Tensor(1.0))) == []


@pytest.mark.parametrize(
    ("make", "dead", "units"),
    [
        (lambda: relu(Tensor(-1.0)), 1, 1),
        (lambda: relu(Tensor(1.0)), 0, 1),
        (lambda: np.maximum(Tensor(-1.0), 0), 1, 1),
        (lambda: np.maximum(0.0, Tensor(-1.0)), 1, 1),
        (lambda: np.maximum(Tensor(-1.0), 2.0), 0, 0),
        (lambda: np.tanh(Tensor(0.0)), 0, 0),
        (lambda: relu(Tensor([1.0, -1.0, -2.0])), 2, 3),
        (lambda: relu(Tensor([[1.0, -1.0], [-2.0, -2.0]])), 1, 2),
        (lambda: relu(Tensor([[1.0, -1.0], [-2.0, 2.0]])), 0, 2),
        (lambda: relu(Tensor(np.ones((0, 3)))), 0, 0),
    ],
)
def test_a_unit_is_dead_if_no_example_lets_a_gradient_through(make, dead, units):
    assert dead_units(make()) == (dead, units)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (-1.0, ["† dead"]),
        (1.0, []),
        ([1.0, -1.0, -2.0], ["† 2 of 3 units dead"]),
    ],
)
def test_a_card_says_how_many_of_its_units_are_dead(data, words):
    lines = [line.text for line in cards(relu(Tensor(data)))[-1].lines]
    assert [line for line in lines if line.startswith("†")] == words


def test_the_picture_marks_dead_units_and_explains_the_mark():
    dead = draw(relu(Tensor([-1.0, 2.0])) * 3.0).svg()
    assert ">† 1 of 2 units dead<" in dead
    assert "†: lets no gradient through" in dead
    assert "†" not in draw(relu(Tensor([1.0, 2.0])) * 3.0).svg()


# --- values that changed since -------------------------------------------------------


def test_fresh_values_are_not_stale_even_with_nan():
    x = Tensor([1.0, np.nan, np.inf])
    assert stale_ids(scene((np.tanh(x) * 2.0).sum(axis=0)).order) == set()


def test_a_changed_input_makes_all_after_it_stale_and_nothing_else():
    p, q = Tensor(2.0), Tensor(3.0)
    left, right = p * 2.0, q * 2.0
    top = left + right
    p.data = p.data - 0.1
    assert stale_ids(scene(top).order) == {id(left), id(top)}


def test_a_changed_input_counts_even_where_the_next_value_is_the_same():
    x = Tensor(-1.0)
    inner = x * 2.0
    outer = np.maximum(inner, 0.0)
    x.data = np.float64(-5.0)
    assert stale_ids(scene(outer).order) == {id(inner), id(outer)}


def test_a_changed_shape_is_stale_and_no_error():
    x, w = Tensor(np.ones((2, 3))), Tensor(np.ones((3, 2)))
    out = x @ w
    w.data = np.ones((4, 2))
    assert stale_ids(scene(out).order) == {id(out)}


@pytest.mark.parametrize("look", [lambda y: stale_ids(scene(y).order), edges])
def test_looking_fires_no_hook_and_touches_no_gradient(look):
    calls = []
    x = Tensor(2.0)
    y = x * x
    y.register_hook(calls.append)
    y.backward()
    before, calls[:] = x.grad, []
    look(y)
    assert calls == []
    assert x.grad is before


def test_a_value_that_differs_by_rounding_is_not_stale():
    x = Tensor(np.full(1000, 0.1, np.float32))
    total = x.sum()
    total.data = np.nextafter(total.data, np.float32(np.inf))
    assert stale_ids([total]) == set()
    total.data = total.data * np.float32(1.01)
    assert stale_ids([total]) == {id(total)}
