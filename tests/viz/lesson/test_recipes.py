"""The lines of an edge as trees."""

import ast
import warnings

import numpy as np
import pytest
from helpers import rule_rows

from engine import Tensor
from engine.mistakes import Edge
from viz import tape
from viz.lesson.recipes import Recipe, _as_value, as_array, formula_tree
from viz.lesson.tape import Backward


def recipe(node, slot=0, before=None):
    gradient = np.ones_like(node.data)[()]
    return Recipe(Edge(node, slot, lambda x: "", gradient, before), node)


def test_operands_value_and_gradients_have_the_same_names_everywhere():
    a, b = Tensor(2.0, name="alpha"), Tensor(-3.0)
    lines = recipe(a * b, 1).lines()
    assert lines["lines"] == [["y", ["*", "x0", "x1"]], ["r", ["*", "g", "x0"]]]
    assert (lines["value"], lines["result"], lines["constants"]) == ("y", "r", {})
    before = recipe(a * b, 1, np.float64(0.5)).lines()["lines"]
    assert before[1] == ["r", ["+", "s", ["*", "g", "x0"]]]


def test_an_operand_that_stands_twice_has_one_name():
    a = Tensor(3.0)
    assert recipe(a * a).lines()["lines"][0] == ["y", ["*", "x0", "x0"]]


def test_arrays_besides_the_operands_are_constants():
    x = Tensor(np.arange(20.0).reshape(4, 5))
    mask = np.arange(20.0).reshape(4, 5) > 7
    made = recipe(np.where(mask, x, 0.0), 1)
    assert made.unknown == ""
    lines = made.lines()
    names = {name for name, _ in lines["lines"]}
    assert {"y", "r"} <= names


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("g = x + 1", ("g", "x + 1")),
        ("g[0] = v", ("g", "[]=(g, 0, v)")),
        ("g[:, 1] += v", ("g", "[]+=(g, slice, v)")),
        ("np.add.at(g, i, v)", ("g", "np.add.at(g, i, v)")),
        ("a, b = f(x)", ("", "None")),
        ("g -= 1", ("", "None")),
    ],
)
def test_a_line_is_a_variable_and_what_it_is_then(text, wanted):
    name, value = _as_value(ast.parse(text).body[0])
    said = ast.unparse(value)
    assert name == wanted[0]
    assert said == wanted[1].replace("slice", "(:, 1)") or "slice" in wanted[1]


def test_numbers_that_json_lacks_are_words():
    assert as_array(np.array([1.0, np.nan, -np.inf])) == {
        "shape": [3],
        "data": [1.0, "NaN", "-Infinity"],
    }
    assert as_array(np.float64(np.inf)) == "Infinity"
    assert as_array(np.array([True])) == {"shape": [1], "data": [True]}


def test_a_formula_that_a_closure_says_is_a_tree():
    x, y = Tensor(2.0), Tensor(3.0)
    power = formula_tree(x**y, 0)
    assert power == ["*", ["*", "g", "x1"], ["**", "x0", ["-", "x1", 1]]]
    assert formula_tree(x * y, 0) is None


def test_most_rules_can_be_computed_by_the_page():
    known, all_of_them = set(), set()
    for rule, rows in rule_rows.CASES.items():
        for f, *operands in rows:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                y = f(*(Tensor(np.asarray(x, float)) for x in operands))
                steps = [
                    step
                    for step in tape(y if y.ndim == 0 else y.sum())
                    if isinstance(step, Backward) and step.node.op == rule
                ]
                made = [recipe(step.node, step.slot) for step in steps]
            all_of_them.add(rule)
            if made and not any(one.unknown for one in made):
                known.add(rule)
    assert len(known) > 0.7 * len(all_of_them)
