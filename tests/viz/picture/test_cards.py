"""What a card says, in which order, and what stands side by side."""

import numpy as np
from helpers.scenes import cards

from engine import Tensor
from viz.picture.lines import Line


def last(tensor):
    return cards(tensor)[-1]


def fields(said):
    """Of a leaf, which has one row."""
    (row,) = said.rows
    return row


def leaf(value, name):
    return Tensor(value, name=name)


a, b = leaf(2.0, "a"), leaf(-3.0, "b")


def test_cards_read_name_value_gradient():
    node = a * b
    assert fields(cards(node)[0]) == [
        [Line("a")],
        [Line("2.0", part="value")],
        [Line("∂ not run", "gradient", part="grad")],
    ]
    assert fields(cards(a * 3)[1]) == [
        [Line("3", part="value")],
        [Line("no grad", "operation", part="grad")],
    ]
    changed = leaf(2.0, "a")
    node = changed * b
    changed.data = np.float64(3.0)
    assert last(node).rows == [
        [[Line("a × b loss")]],
        [[Line("-6.0", part="value")]],
        [[Line("changed since", "stale")]],
        [[Line("∂ not run", "gradient", part="grad")]],
    ]


def test_an_op_with_charts_has_value_and_gradient_side_by_side():
    x = Tensor(np.arange(12.0).reshape(2, 6) / 11, name="x")
    y = np.tanh(x)
    y.backward(np.ones((2, 6)))
    title, numbers = last(y).rows
    assert [line.text for field in title for line in field] == ["v1 = tanh(x) output"]
    value, gradient = numbers
    assert [line.text for line in value if line.role == "ink"] == [
        "(2, 6) float64",
        "0.0 … 0.429 … 0.7616",
    ]
    assert [line.text for line in gradient if line.role == "gradient"] == [
        "∂ max|g| 1.0",
        "1.0 … 1.0 … 1.0",
    ]
    assert [line.chart.kind for line in value + gradient if line.chart] == ["map"] * 2


def test_one_number_that_is_nan_says_so_once():
    x = Tensor(1.0)
    x.grad = np.float64(np.nan)
    assert fields(cards(x)[0])[-1] == [Line("∂ NaN", "gradient", part="grad")]


def test_a_gradient_of_zeros_needs_no_chart():
    x = Tensor(np.ones((2, 6)))
    (x * 0.0).backward(np.ones((2, 6)))
    assert [line.text for line in fields(cards(x)[0])[-1]] == ["∂ 0"]


def test_where_nan_began_a_leaf_has_a_ring_and_a_reference_to_it_has_none():
    w = Tensor(np.nan, name="w")
    far = np.tanh(np.tanh(np.tanh(w * 2.0))) * w
    rings = {words.title: words.ring for words in cards(far)}
    assert rings["w"] is True
    assert rings["w ↗"] is False


def test_a_folded_card_names_its_one_output():
    t = Tensor(0.5)
    for _ in range(20):
        t = np.tanh(t)
    t.name = "top"
    (words,) = [c for c in cards(t * 2.0, most=10) if c.card.kind == "folded"]
    assert [[Line("gives top")]] in words.rows
