"""What cards and edges say."""

import numpy as np
import pytest
from helpers.scenes import cards, edges, scene

from engine import Tensor, op
from viz.picture.lines import Line
from viz.picture.scene import REFERENCE
from viz.words.names import Names
from viz.words.operation import slots
from viz.words.trouble import stale_ids

NO_NAMES = Names(None)


def last(tensor):
    return cards(tensor)[-1]


def fields(said):
    """Of a leaf, which has one row."""
    (row,) = said.rows
    return row


def labels(tensor):
    return [said.lines for said in edges(tensor)]


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
    (lambda: matrix @ vector, "m @ v"),
    (lambda: (a + b) * a, "· × a"),
    (lambda: np.tanh(a + b), "tanh(·)"),
    (lambda: matrix.sum(axis=0), "sum(m, axis=0)"),
    (lambda: matrix.sum(), "sum(m)"),
]


@pytest.mark.parametrize(("make", "expected"), TITLES)
def test_a_title_is_the_expression_as_one_writes_it(make, expected):
    word = "loss" if make().size == 1 else "output"
    assert last(make()).title == f"{expected} {word}"


def test_a_named_op_is_an_equation_and_loss_is_said_once():
    for name, expected in [("e", "e = a × b loss"), ("loss", "loss = a × b")]:
        node = a * b
        node.name = name
        assert last(node).title == expected


def test_many_operands_are_counted_in_the_title_and_all_have_slots():
    @op()
    def total(*xs):
        return sum(xs), tuple((lambda g: g) for _ in xs)

    node = total(*(leaf(1.0, f"x{i}") for i in range(9)))
    assert last(node).title == "total(x0, x1, x2, … 6 more) loss"
    assert slots(node, NO_NAMES) == [f"x{i}" for i in range(9)]


def test_slots_say_the_name_and_beside_a_formula_the_letter_too():
    assert slots(a * b, NO_NAMES) == ["a", "b"]
    assert slots((a + b) * 2.0, NO_NAMES) == ["·", "2.0"]
    assert slots(matrix @ vector, NO_NAMES) == ["x: m", "w: v"]
    assert slots(matrix @ np.ones(2), NO_NAMES) == ["x: m", "w"]
    assert slots(np.tanh(leaf([1.0, 2.0], "x")), NO_NAMES) == ["x"]


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
    assert [[line.text for line in field] for field in title] == [["tanh(x) output"]]
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


def test_names_come_from_the_tensor_then_from_the_variables():
    own, held, array = leaf(1.0, "own"), Tensor(1.0), np.ones(1)
    names = Names({"_": held, "x": own, "h": held, "h2": held, "d": array, "n": 3})
    assert [names.short(t) for t in (own, held, array, 3)] == ["own", "h", "d", ""]


def test_a_nameless_leaf_that_is_pointed_at_gets_a_number():
    w = Tensor(1.0)
    h = np.tanh(np.tanh(np.tanh(w * 2.0)))
    (said,) = [c for c in cards(h * w) if c.card.kind == REFERENCE]
    assert said.title == "#1 ↗"
    assert Names(None, pointed_at=[w]).short(w) == "#1"


def test_names_must_be_a_mapping():
    with pytest.raises(TypeError, match=r"names is \['a'\], .*names=locals\(\)"):
        Names(["a"])  # type: ignore[arg-type]


# --- edges --------------------------------------------------------------------------


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
        assert lines[1:] in ([], [shapes])


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


# --- freshness ----------------------------------------------------------------------


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


def test_looking_fires_no_hook_and_touches_no_gradient():
    calls = []
    x = Tensor(2.0)
    y = x * x
    y.register_hook(calls.append)
    y.backward()
    before, calls[:] = x.grad, []
    stale_ids(scene(y).order)
    labels(y)
    assert calls == []
    assert x.grad is before
