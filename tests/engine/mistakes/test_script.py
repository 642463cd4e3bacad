"""A program whose lines are changed and run, without a trace in its values."""

import ast
import math

import numpy as np
import pytest
from helpers.programs import programs
from hypothesis import assume, given, settings

from engine import Tensor, mistakes, op


def script_of(loss):
    return mistakes.script_of_graph(loss, lambda t: getattr(t, "name", ""))


def lines(script):
    return [ast.unparse(statement.tree) for statement in script.statements]


def product():
    a, b, c = (Tensor(v, name=n) for v, n in ((2.0, "a"), (-3.0, "b"), (10.0, "c")))
    return a * b + c, a


def test_every_value_and_every_gradient_has_a_line():
    loss, a = product()
    script = script_of(loss)
    assert lines(script) == [
        "multiply = a * b",
        "loss = multiply + c",
        "g_c = 1.0",
        "g_a = g_c * b",
        "g_b = g_c * a",
    ]
    assert script.gradients[a] == "g_a"
    assert script.own == {"a", "b", "c", "loss"}
    assert script.carrying == {"g_c", "g_a", "g_b"}


def test_a_changed_line_is_run_with_all_that_depends_on_it():
    loss, _ = product()
    script = script_of(loss)
    changed = ast.parse("multiply = a - b").body[0]
    assert script.run("loss", {0: changed}) == 15.0
    assert script.run("g_a", {0: changed}) == -3.0
    assert script.run("g_a", given={"b": 7.0}) == 7.0
    assert script.run("loss") == 4.0
    assert script.run("g_a", {3: ast.parse("g_a = g_c @ b").body[0]}) is None


def test_a_line_that_asks_a_number_for_entries_is_not_run():
    loss, _ = product()
    script = script_of(loss)
    for text in ("g_a = 2[0]", "g_a = (1, 2)(3)", "g_a = 1.5.T"):
        assert script.run("g_a", {3: ast.parse(text).body[0]}) is None


def test_a_step_is_written_as_its_user_may_have_written_it():
    x = Tensor(np.ones(3), name="x")
    y = np.exp(x * 2.0)
    y.name = "y"
    script = script_of((y * y).sum())
    assert mistakes.as_written(script, "y") == "y = np.exp(x * 2.0)"
    assert mistakes.mention(script, "y") == "y"
    assert mistakes.as_written(script, "loss") == "loss = (y * y).sum()"
    assert mistakes.mention(script, "multiply") == "x * 2.0"


def test_a_long_step_and_a_written_out_array_are_shortened():
    x = Tensor(np.ones(4), name="x")
    y = (x * np.array([1.25, 2.25, 3.25, 4.25])).sum()

    def f(x):
        return (x * np.array([1.25, 2.25, 3.25, 4.25])).sum()

    script = mistakes.script_of_function(f, (np.ones(4),))
    assert mistakes.as_written(script, "loss") == "loss = (x * […]).sum()"
    long = y
    for _ in range(30):
        long = np.sin(long) + np.cos(long)
    script = script_of(long)
    assert len(mistakes.as_written(script, "loss")) <= 100


def test_a_rule_that_is_called_whole_can_be_changed_around():
    @op()
    def erf(x):
        return math.erf(x), (lambda g: g * 2 / math.sqrt(math.pi) * math.exp(-x * x),)

    x = Tensor(0.5, name="x")
    loss = erf(x) * 3.0
    script = script_of(loss)
    right = script.values[script.gradients[x]]
    assert np.isclose(right, 3 * 2 / math.sqrt(math.pi) * math.exp(-0.25))
    found = mistakes.findings(
        script, script.gradients[x], np.asarray(right / 3), loss, x
    )
    assert found[0].kind == "upstream"


@pytest.mark.slow
@settings(max_examples=8)
@given(programs())
def test_no_mistake_leaves_a_trace_and_none_is_made_of_a_right_answer(program):
    leaves = {name: Tensor(x, name=name) for name, x in program.leaves.items()}
    results = [x for x in program.run(leaves.values()) if isinstance(x, Tensor)]
    assume(results)
    loss = sum((np.sum(x) for x in results[1:]), np.sum(results[0]))
    script = script_of(loss)
    before = {n: np.array(x) for n, x in script.values.items() if is_array(x)}
    for leaf in [*leaves.values()][:1]:
        gradient = script.gradients.get(leaf)
        if gradient is None:
            continue
        right = np.asarray(script.values[gradient], float)
        if np.isfinite(right).all():
            assert mistakes.findings(script, gradient, right, loss, leaf) == []
        found = mistakes.findings(script, gradient, right + 0.123457, loss, leaf)
        assert found
        assert all(finding.kind in mistakes.KINDS for finding in found)
    for name, x in before.items():
        after = np.asarray(script.values[name])
        assert x.dtype == after.dtype
        assert x.tobytes() == after.tobytes()


def is_array(x):
    return isinstance(x, np.ndarray | np.generic)
