"""What the page of `steps` asks at an edge."""

import numpy as np
import pytest

from engine import Tensor, data_of
from viz import tape
from viz.lesson.asked import ENTRY, FORMULA, LOCAL, PRODUCT, SHAPE, SUM, Asked
from viz.lesson.symbols import Symbols
from viz.lesson.tape import Backward

X = np.array([[0.5, -1.0], [1.5, 2.0], [-0.5, 0.25]])


def asked(loss, names=None):
    """The questions of each step back: (op, operand, which arrival) -> Asked."""
    symbols = Symbols(loss, names, caller="steps")
    return {
        (step.node.op, step.operand.name, step.arrived): Asked(step, symbols)
        for step in tape(loss)
        if isinstance(step, Backward)
    }


def layer():
    w, b = Tensor([[0.5, -1.0], [0.3, 0.8]], name="w"), Tensor([0.1, -0.2], name="b")
    q = X @ w + b
    h = np.tanh(q)
    q.name, h.name = "q", "h"
    return (h * h).sum()


def test_numbers_are_asked_for_the_derivative_the_product_and_the_sum():
    a, b = Tensor(2.0, name="a"), Tensor(-3.0, name="b")
    found = asked((a * b + a) * 5.0)
    assert found["add", "a", 1].kinds == (LOCAL, PRODUCT)
    assert found["multiply", "a", 2].kinds == (LOCAL, PRODUCT, SUM)
    assert found["multiply", "b", 1].kinds == (LOCAL, PRODUCT)


def test_a_product_with_1_is_not_asked():
    a, b = Tensor(2.0, name="a"), Tensor(-3.0, name="b")
    assert asked(a * b)["multiply", "a", 1].kinds == (LOCAL,)


def test_where_the_local_derivative_is_asked_no_gradient_from_above_is_spoken_of():
    a, b = Tensor(2.0, name="a"), Tensor(-3.0, name="b")
    e = a * b
    e.name = "e"
    one = asked(e * 5.0)["multiply", "a", 1]
    for answer, said in [
        (1.0, "1 would mean that `e` changes exactly as much as `a`."),
        (-6.0, "That is the value of `e`. Asked is how fast it changes."),
        (-15.0, "The gradient of `e` is in it. Asked is only how `e` changes."),
    ]:
        assert one.findings(LOCAL, answer)[0].text == said
    for _, match in enumerate(m.match for m in one.edge.mistakes):
        assert match.kind != "upstream" or all(
            match.text != f.text for x in (1.0, 5.0) for f in one.findings(LOCAL, x)
        )


def test_of_an_array_in_an_index_no_entry_is_asked_for_no_card_shows_it():
    x = Tensor(np.arange(6.0).reshape(3, 2), name="x")
    loss = (x[[0, 2, 0], [1, 0, 1]] * np.array([1.0, 2.0, 3.0])).sum()
    assert ENTRY not in asked(loss)["getitem", "x", 1].kinds


def test_the_answers_are_those_of_the_pass():
    a, b = Tensor(2.0, name="a"), Tensor(-3.0, name="b")
    loss = (a * b + a) * 5.0
    loss.backward()
    second = asked(loss)["multiply", "a", 2]
    assert [second.answers(kind)[0] for kind in second.kinds] == [-3.0, -15.0, a.grad]
    for kind in second.kinds:
        assert second.findings(kind, second.answers(kind)[0]) == []


def test_arrays_are_asked_for_a_shape_only_where_it_is_another_one():
    found = asked(layer())
    assert found["matmul", "w", 1].kinds == (SHAPE, FORMULA, ENTRY)
    assert found["tanh", "q", 1].kinds == (FORMULA, ENTRY)
    assert found["matmul", "w", 1].findings(SHAPE, (2, 2)) == []
    (said,) = found["matmul", "w", 1].findings(SHAPE, (3, 2))
    assert "That is the shape of" in said.text


def test_formulas_are_in_the_names_of_the_page_and_one_of_them_is_right():
    formulas = asked(layer(), {"X": X})["matmul", "w", 1].formulas
    (right,) = (text for text, said in formulas if not said)
    assert right == "X.T @ ∂v1"
    assert 2 <= len(formulas) <= 4
    assert len({text for text, _ in formulas}) == len(formulas)


def test_no_wrong_formula_comes_to_the_right_one():
    loss = layer()
    steps = [step for step in tape(loss) if isinstance(step, Backward)]
    symbols, compared = Symbols(loss, {"X": X}, caller="steps"), 0
    for step in steps:
        one = Asked(step, symbols)
        scope = {f"g_{symbols.of(step.node)}": step.upstream, "np": np}
        for x in (step.node, *step.node.parents):
            scope[symbols.of(x)] = data_of(x)
        for text, said in one.formulas if FORMULA in one.kinds else ():
            try:
                given = np.broadcast_to(
                    eval(text.replace("∂", "g_"), vars(np), scope), step.operand.shape
                )
            except ValueError:  # shapes that do not fit
                assert said
                continue
            compared += 1
            assert np.allclose(given, one.edge.right()) == (not said), text
    assert compared > 8


def test_the_same_graph_is_asked_in_the_same_order():
    first, second = asked(layer()), asked(layer())
    for one, other in zip(first.values(), second.values(), strict=True):
        assert one.kinds == other.kinds
        assert one.entry == other.entry
        if FORMULA in one.kinds:
            assert one.formulas == other.formulas


def test_an_entry_is_asked_only_where_all_arrays_are_small():
    x, w = np.ones((20, 5)), Tensor(np.ones((5, 2)), name="w")
    assert asked((x @ w).sum())["matmul", "w", 1].kinds == (SHAPE, FORMULA)


def test_the_entry_that_is_asked_shows_mistakes():
    one = asked(layer())["matmul", "w", 1]
    right, wrong = one.answers(ENTRY)
    values = [x for _, x in wrong if x is not None]
    assert len(values) > 3
    assert sum(not np.isclose(x, right) for x in values) == len(values)


def test_nothing_is_asked_where_nothing_is_to_be():
    x = Tensor(np.array([1.0, 2.0]), name="x")
    step = next(s for s in tape((x * 2.0).sum()) if isinstance(s, Backward))
    symbols = Symbols(step.node, None, caller="steps")
    assert Asked(step, symbols, asks=False).kinds == ()


@pytest.mark.parametrize("shape", [(1,), (1, 1)])
def test_one_entry_is_a_number_whatever_its_shape(shape):
    a = Tensor(np.full(shape, 2.0), name="a")
    found = asked((a * np.full(shape, -3.0)).sum())
    one = found["multiply", "a", 1]
    assert one.kinds == (LOCAL,)
    assert one.findings(LOCAL, -3.0) == []
    assert one.findings(LOCAL, 2.0)[0].kind == "own value"
