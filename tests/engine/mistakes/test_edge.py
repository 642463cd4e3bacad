"""One edge of the backward pass, asked for alone."""

import ast

import numpy as np
import pytest

from engine import Tensor, op
from engine.mistakes import BEFORE, Edge


def named(**tensors):
    names = {id(x): name for name, x in tensors.items()}
    return lambda x: names.get(id(x), "")


def product(gradient=-2.0, before=None):
    a, b = Tensor(2.0), Tensor(-3.0)
    e = a * b
    before = None if before is None else np.float64(before)
    return Edge(e, 0, named(a=a, b=b, e=e), np.float64(gradient), before)


def lines(edge):
    return [ast.unparse(statement.tree) for statement in edge.script.statements]


def test_an_edge_is_the_lines_of_its_op_and_of_what_goes_back():
    edge = product()
    assert lines(edge) == ["e = a * b", "g_a = g_e * b"]
    assert edge.right() == 6.0
    assert [ast.unparse(line) for line in edge.backward()] == ["g_a = g_e * b"]


def test_with_the_gradient_1_it_is_the_local_derivative():
    edge = product()
    assert edge.right({edge.script.seed: np.float64(1.0)}) == -3.0


def test_what_came_before_is_added():
    edge = product(before=0.5)
    assert lines(edge)[-1] == f"g_a = {BEFORE} + g_e * b"
    assert edge.right() == 6.5
    kinds = {finding.kind for finding in edge.findings(6.0)}
    assert kinds == {"use"}


def test_what_came_before_is_not_mistaken_for_a_gradient_from_above():
    for answer in (0.5, 6.0, 0.25 + 6.0):
        found = product(before=0.5).findings(answer)
        assert {finding.kind for finding in found} <= {"use", "entries"}
    assert product(before=0.5).findings(3.0)[0].kind == "added"


def test_a_gradient_that_is_only_handed_on_has_a_line():
    a, b = Tensor(2.0), Tensor(-3.0)
    d = a + b
    edge = Edge(d, 0, named(a=a, b=b, d=d), np.float64(-2.0))
    assert lines(edge) == ["d = a + b", "g_d_ = g_d"]
    (found,) = edge.findings(-1.0)
    assert found.text == (
        "Going back through `d = a + b`: each term of a sum gets the whole gradient, "
        "and not a part of it."
    )


def test_each_slot_of_an_op_with_one_operand_twice_is_an_edge():
    a = Tensor(3.0)
    y = a * a
    for slot in (0, 1):
        edge = Edge(y, slot, named(a=a, y=y), np.float64(2.0))
        assert edge.right() == 6.0


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (-3.0, "upstream", "this is the local derivative alone"),
        (-2.0, "factor", "you passed the gradient on as it came"),
        (
            -4.0,
            "own value",
            "you used `a`. In its place belongs the value",
        ),
        (-5.0, "added", "you added where you must multiply"),
        (-6.0, "sign", "the sign is wrong"),
        (1.5, "inverse", "you divided where you must multiply"),
        (17.0, "entries", "17 is not right, and none of the usual mistakes gives it."),
        (0.0, "entries", "0 is not right, and none of the usual mistakes gives it."),
    ],
)
def test_a_wrong_number_is_told_its_mistake(answer, kind, words):
    first = product().findings(answer)[0]
    assert first.kind == kind
    assert words in first.text


def test_a_right_answer_has_four_digits_or_is_rounded():
    a, b = Tensor(1 / 3), Tensor(2 / 7)
    e = a * b
    edge = Edge(e, 0, named(a=a, b=b, e=e), np.float64(1.2345678))
    for right in (1.2345678 * 2 / 7, 1.235 * 0.2857, 0.35, 0.353):
        assert edge.findings(right) == []
    assert edge.findings(0.36)
    assert "too few digits" in edge.findings(0.4)[0].text


def test_where_the_gradient_is_nan_nan_is_right_and_nothing_else():
    a = Tensor(0.0)
    with np.errstate(all="ignore"):
        y = np.log(a) * 0.0
        edge = Edge(y, 0, named(a=a), np.float64(np.nan))
        assert edge.findings(np.nan) == []
        assert "gives NaN here" in edge.findings(1.0)[0].text


def test_one_entry_of_an_array_is_told_its_mistake():
    x, w = np.array([[1.0, 2.0], [3.0, 5.0], [-1.0, 0.5]]), Tensor(np.eye(2))
    y = x @ w
    g = np.array([[1.0, 0.5], [2.0, -1.0], [0.25, 3.0]])
    edge = Edge(y, 1, named(x=x, w=w, y=y), g)
    right = x.T @ g
    assert edge.findings(right[0, 1], entry=(0, 1)) == []
    (found, *_) = edge.findings(x[:, 0].sum(), entry=(0, 1))
    assert found.kind == "upstream"
    assert "entries" in edge.findings(999.5, entry=(0, 1))[0].kind
    assert edge.findings(right) == []


def test_a_shape_is_told_whose_it_is():
    x, w = np.ones((3, 2)), Tensor(np.ones((2, 4)))
    y = x @ w
    edge = Edge(y, 1, named(x=x, w=w, y=y), np.ones((3, 4)))
    assert edge.findings_of_shape((2, 4)) == []
    for shape, words in [
        ((4, 2), "Rows and columns are exchanged."),
        ((3, 4), "That is the shape of y, which it goes back through."),
        ((7,), "A gradient has one number for each number of its value, here of w."),
    ]:
        (found,) = edge.findings_of_shape(shape)
        assert found.text == words


def test_broadcasting_is_undone_in_the_lines():
    x, b = np.ones((3, 2)), Tensor(np.ones(2))
    y = x + b
    edge = Edge(y, 1, named(x=x, b=b, y=y), np.arange(6.0).reshape(3, 2))
    assert lines(edge)[-1] == "g_b = g_y.sum(axis=0)"
    assert edge.right().tolist() == [6.0, 9.0]


def test_no_mistake_is_in_the_forward_pass():
    for mistake in product().mistakes:
        assert "another program" not in mistake.match.text


@op()
def flat(x):
    """Nothing comes back, whatever the gradient is."""
    return x * 1.0, (lambda g: np.zeros(3),)


def test_what_depends_on_nothing_can_not_be_written_out():
    a = Tensor([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="^edge: what flat gives back can't be"):
        Edge(flat(a), 0, named(a=a), np.ones(3))


def test_an_op_that_sorts_has_its_lines_too():
    a = Tensor([3.0, 1.0, 2.0])
    y = np.sort(a)
    edge = Edge(y, 0, named(a=a, y=y), np.ones(3))
    assert edge.right().tolist() == [1.0, 1.0, 1.0]


def test_an_op_that_was_frozen_since_has_its_edges():
    a, b = Tensor(2.0), Tensor(3.0)
    e = a * b
    e.requires_grad = False
    assert Edge(e, 0, named(a=a, b=b, e=e), np.float64(4.0)).right() == 12.0
