"""Where NaN began, which units are dead, and which values are stale."""

import re

import numpy as np
import pytest
from helpers.scenes import cards, edges, scene, various

from engine import Tensor, scope, topological_order
from nn import relu
from viz import draw
from viz.picture.colours import THEMES
from viz.words.trouble import dead_units, saturated_units, spread, stale_ids, suspects


def began(result):
    """The names of the ops and leaves in which NaN or ∞ began."""
    order = topological_order([result])
    held = {id(x): x for node in order for x in (node, *node.parents)}
    found = (held[key] for key in spread(order).began)
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
        (lambda x: x + np.inf - np.inf, ["array"]),
        (lambda x: np.log(x - 5.0) + np.exp(x - np.inf), ["log"]),
        (
            lambda x: 1.0 / (1.0 + np.exp(x * 1e3)),
            ["exp"],
        ),  # not written: it overflowed
        (lambda x: 1.0 / (1.0 + Tensor(np.inf, name="n") * x), ["n"]),  # a parameter
    ],
)
def test_nan_or_infinity_began_where_no_operand_has_it(make, names):
    result = make(Tensor(2.0, name="x"))
    result.backward()
    assert began(result) == names


MASK = np.where(np.tri(3) > 0, 0.0, -np.inf)  # of causal attention


def softmax(scores):
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("masked", "names"),
    [
        (lambda scores: scores + MASK, []),
        (lambda scores: np.where(np.tri(3) > 0, scores, -np.inf), []),
        (lambda scores: scores + Tensor(MASK, requires_grad=False), []),
        (lambda scores: np.log(scores) + MASK, ["log"]),  # a score is below 0
        (lambda scores: scores - np.full((3, 3), np.inf), ["array"]),  # a row of -inf
        (lambda scores: scores * np.where(np.tri(3) > 0, 1.0, -np.inf), ["array"]),
    ],
)
def test_a_mask_of_infinities_is_no_trouble_while_what_follows_is_finite(masked, names):
    scores = Tensor(np.linspace(-1.0, 1.0, 9).reshape(3, 3), name="scores")
    loss = (softmax(masked(scores)) ** 2).sum()
    loss.backward()
    assert began(loss) == names


@pytest.mark.filterwarnings("ignore")
def test_the_way_is_from_the_origin_to_the_result_and_no_other():
    x, y = Tensor(1.0, name="x"), Tensor(4.0, name="y")
    root = np.sqrt(x * 3.0 - y)
    product = root * y
    loss = product + np.exp(y)
    loss.backward()
    found = spread(topological_order([loss]))
    assert found.began == {id(root)}
    assert found.way == {(id(root), id(product)), (id(product), id(loss))}


@pytest.mark.filterwarnings("ignore")
def test_an_infinity_that_does_not_reach_the_result_has_no_way():
    x = Tensor(2.0)
    big = np.exp(x * 1e3)
    loss = 1.0 / (1.0 + big)
    found = spread(topological_order([loss]))
    assert found.began == {id(big)}
    assert found.way == set()


@pytest.mark.filterwarnings("ignore")
def test_where_only_gradients_are_not_finite_the_way_is_back_to_the_leaves():
    x = Tensor(0.0, name="x")
    z = np.tanh(x)
    w = np.sqrt(z) * 2.0
    w.backward()
    found = spread(topological_order([w]))
    assert found.began == {id(z)}
    assert found.way == {(id(x), id(z))}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("theme", THEMES)
def test_the_edges_of_the_way_are_thick_and_in_the_colour_of_the_ring(theme):
    x = Tensor(-1.0, name="x")
    loss = np.sqrt(x) * 2.0 + np.exp(x)
    loss.backward()
    source = draw(loss, theme=theme).source
    edges = re.findall(r"^\t(n\d) -> (n\d) \[(.*)\]$", source, re.M)
    thick = [(a, b) for a, b, look in edges if "penwidth=3 " in f"{look} "]
    assert thick == [("n1", "n2"), ("n2", "n4")]
    colour = f'color="{THEMES[theme].nan}"'
    assert [(a, b) for a, b, look in edges if colour in look] == thick
    assert f"{THEMES[theme].nan_word} line" in draw(loss, theme=theme).svg()


@pytest.mark.filterwarnings("ignore")
def test_the_way_goes_through_folded_cards():
    t = Tensor(-1.0, name="x")
    t = various(np.sqrt(t), 100)
    found = cards(t * 2.0, most=10)
    folded = [words for words in found if words.card.kind == "folded"]
    assert [words.ring for words in folded] == [True]
    assert found[-1].way == {0}
    assert "penwidth=3" in draw(t * 2.0, max_nodes=10).source


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
    ("data", "saturated"),
    [
        ([0.0, 2.9, -2.9], (0, 3)),
        ([0.0, 3.1, -3.1], (2, 3)),
        ([[4.0, 4.0, 0.0], [0.0, -4.0, 0.0]], (1, 3)),  # for every example
        ([np.nan, 20.0], (1, 2)),
    ],
)
def test_a_unit_is_saturated_if_it_lets_next_to_nothing_through(data, saturated):
    assert saturated_units(np.tanh(Tensor(data))) == saturated
    assert saturated_units(Tensor(data) * 1.0) == (0, 0)


def test_the_picture_marks_saturated_units_and_explains_the_mark():
    drawn = draw(np.tanh(Tensor([0.1, 9.0])) * 3.0).svg()
    assert ">† 1 of 2 units saturated<" in drawn
    assert "† saturated: lets under 1 % of the gradient through" in drawn
    assert "lets no gradient" not in drawn


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


def blamed(result):
    """Name -> whether it is sure that it was changed."""
    order = topological_order([result])
    held = {id(x): x for node in order for x in (node, *node.parents)}
    found = suspects([node for node in order if node.parents])
    return {getattr(held[key], "name", "array"): sure for key, sure in found.items()}


def test_the_leaf_that_was_changed_is_found_and_no_other():
    x, w = Tensor(2.0, name="x"), Tensor(3.0, name="w")
    inner = x * 2.0
    result = np.exp(inner) * w
    assert blamed(result) == {}
    x.data = np.float64(5.0)
    assert blamed(result) == {"x": True}
    x.data, w.data = np.float64(2.0), np.float64(7.0)
    assert blamed(result) == {"w": True}


def test_of_two_operands_that_may_have_been_changed_neither_is_sure():
    x, w = Tensor(2.0, name="x"), Tensor(3.0, name="w")
    result = np.tanh(x * w)
    w.data = np.float64(5.0)
    assert blamed(result) == {"x": False, "w": False}


def test_what_another_op_tells_for_sure_takes_the_doubt_from_the_rest():
    x, w = Tensor(2.0, name="x"), Tensor(3.0, name="w")
    product = x * w
    result = product.sum() + np.exp(w)
    w.data = np.float64(5.0)
    assert blamed(result) == {"w": True}


def test_an_array_may_have_been_written_into_if_it_can_be():
    x, w = np.ones((2, 3)), Tensor(np.ones(3), name="w")
    result = (x @ w).sum()
    w.data = w.data * 2.0
    assert blamed(result) == {"array": False, "w": False}
    x.flags.writeable = False
    assert blamed(result) == {"w": True}


def test_if_all_was_changed_nothing_is_sure_and_nothing_is_left_out():
    x, v = Tensor(2.0, name="x"), Tensor(3.0, name="v")
    result = np.exp(x * 2.0) + v
    inner = result.parents[0].parents[0]
    for leaf in (x, v):
        leaf.data = leaf.data + 1.0
    assert blamed(result) == {"x": True, "v": True}
    for tensor in (x, v):
        tensor.data = tensor.data - 1.0
    inner.data = inner.data + 1.0  # not a leaf: exp no longer agrees with it
    assert blamed(result) == {"x": False}


def test_no_leaf_is_blamed_for_certain_where_an_interior_value_was_changed():
    x, b = Tensor(2.0, name="x"), Tensor(3.0, name="b")
    inner = x * 2.0
    result = inner + b
    inner.data = np.float64(9.0)
    assert blamed(result) == {"x": False, "b": False}


def test_the_card_of_what_was_changed_says_so():
    x, w = Tensor(2.0, name="x"), Tensor(np.ones(3), name="w")
    result = np.tanh(x * 3.0) * w
    x.data = np.float64(5.0)
    marks = {c.title: [t for t in c.lines if t.role == "stale"] for c in cards(result)}
    assert [line.text for line in marks["x"]] == ["changed since"]
    assert marks["w"] == []
    assert [c.stale for c in cards(result) if c.title in ("x", "w")] == [True, False]
    w.data = w.data * 2.0
    svg = draw(result).svg()
    assert (svg.count(">changed since<"), svg.count(">out of date<")) == (2, 3)
    both = Tensor(1.0, name="a") * Tensor(2.0, name="b")
    both.parents[0].data = np.float64(3.0)
    svg = draw(both).svg()
    assert svg.count(">changed since?<") == 2
    assert "changed since?: this, or another operand of the same op" in svg


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


def test_a_fold_has_the_ring_of_a_leaf_that_it_hides():
    with scope("inside"):
        h = np.tanh(Tensor(1.0, name="x") * 2.0) * Tensor(np.nan, name="bad")
        h = np.tanh(h) * 3.0
    result = h * 2.0 + 1.0
    assert 'class="ring"' not in draw(Tensor(1.0) * 2.0).svg()
    svg = draw(result, fold=["inside"]).svg()
    assert svg.count('class="ring"') == 1


def test_a_fold_that_hides_a_changed_leaf_says_so():
    w = Tensor(3.0, name="w")
    with scope("inside"):
        h = np.tanh(np.tanh(Tensor(1.0, name="x") * 2.0) + w)
    result = h * 2.0 + 1.0
    w.data = np.float64(5.0)
    assert ">changed since<" in draw(result, fold=["inside"]).svg()
