"""Where a program repeats itself, and how it is cut into rounds."""

import numpy as np
import pytest
from helpers.scenes import various

from engine import Tensor, scope, topological_order
from viz.picture.repeats import loops_in


def loops(result):
    return loops_in([op for op in topological_order([result]) if op.parents])


def shape(result):
    """Of each loop the rounds, and the ops of one."""
    return [(loop.count, [op.op for op in loop.drawn]) for loop in loops(result)]


def euler(steps, *, both=True):
    x, v = Tensor(1.0), Tensor(0.0)
    for _ in range(steps):
        v = v - 0.1 * x
        x = x + 0.1 * v
    return x * v if both else x * 1.0


def recurrent(steps, h):
    w, u = Tensor(np.ones((2, 3))), Tensor(np.eye(3))
    for x in np.ones((steps, 1, 2)):
        h = np.tanh(x @ w + h @ u)
    return h.sum()


def gated(steps):
    """A cell whose state is no Tensor yet in the first round."""
    w, h = Tensor(np.ones((4, 2))), np.zeros((1, 2))
    for x in np.ones((steps, 1, 2)):
        z = np.concatenate([x, h], axis=1) @ w
        h = np.tanh(z) * np.sin(z)
    return h.sum()


def test_a_loop_has_all_its_rounds():
    assert shape(euler(30)) == [(30, ["multiply", "subtract", "multiply", "add"])]


def test_a_round_begins_where_it_reads_its_data():
    for state in (np.zeros((1, 3)), Tensor(np.zeros((1, 3)))):
        found = shape(recurrent(20, state))
        assert found == [(20, ["matmul", "matmul", "add", "tanh"])]


def test_a_first_round_may_lack_what_is_no_tensor_yet():
    (loop,) = loops(gated(12))
    assert loop.count == len(loop.rounds) == 12
    assert [op is None for op in loop.rounds[0]] == [True, False, False, False, False]


def test_a_last_round_of_which_the_result_needs_a_part_counts():
    x, v = Tensor(1.0), Tensor(0.0)
    for _ in range(20):
        pull = np.sin(x)
        x, v = x + 0.1 * v, v - 0.1 * pull
    (loop,) = loops(x * 1.0)
    assert (loop.count, len(loop.rounds)) == (20, 19)
    assert [op.op for op in loop.begun if op is not None] == ["multiply", "add"]


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_few_rounds_are_no_loop(steps):
    assert loops(euler(steps)) == []


def test_what_does_not_repeat_has_no_loop():
    assert loops(various(Tensor(1.0), 300)) == []


def test_rounds_are_cut_so_that_they_use_only_the_one_before():
    a, b = Tensor(1.0), Tensor(2.0)
    for _ in range(20):
        a, b = b, np.tanh(a + b)
    assert shape(b * 1.0) == [(20, ["tanh", "add"])]


def test_a_loop_after_another_of_the_same_ops_has_all_its_rounds():
    w, u, x, y = map(Tensor, (0.9, 0.8, 1.0, 2.0))
    for i in range(8):
        x = np.tanh(x * w + i)
    for i in range(8):
        y = np.tanh(y * u + i)
    ops = ["multiply", "add", "tanh"]
    assert shape(np.sin(x) + np.cos(y)) == [(8, ops), (8, ops)]


def test_a_loss_of_the_same_ops_as_a_round_is_no_round():
    w, x, y = Tensor(np.zeros(2)), np.eye(2), np.ones(2)
    for _ in range(10):
        w = w - 0.1 * (x.T @ (x @ w - y))
    assert [loop.count for loop in loops(((x @ w - y) ** 2).mean())] == [10]


def test_rounds_that_use_what_was_made_long_before_are_no_loop():
    a, b, c = Tensor(1.0), Tensor(2.0), Tensor(3.0)
    for _ in range(40):
        a, b, c = b, c, np.tanh(a + c)
    assert loops(c * 1.0) == []


def test_a_loop_in_each_round_of_a_loop_is_found_in_the_one_that_is_drawn():
    x, w = Tensor(1.0), Tensor(0.5)
    for _ in range(10):
        for _ in range(5):
            x = np.tanh(x * w)
        x = np.sin(x + 1.0)
    outer, inner = loops(x * 1.0)
    assert (outer.count, len(outer.drawn)) == (10, 12)
    assert (inner.count, len(inner.drawn)) == (5, 2)
    assert set(inner.hidden) < set(outer.drawn)


def test_where_scopes_begin_rounds_begin():
    x, w = Tensor(1.0), Tensor(0.5)
    x = np.tanh(x)
    for _ in range(9):
        with scope("step"):
            x = np.tanh(np.sin(x) * w)
    assert [op.op for op in loops(x * 1.0)[0].drawn] == ["sin", "multiply", "tanh"]


def test_what_is_used_unlike_by_others_is_not_even():
    def program(early):
        h, seen = Tensor(0.5), []
        for _ in range(20):
            h = np.tanh(h * 0.9)
            seen.append(h)
        return np.stack(seen).sum() if early is None else h + seen[early]

    assert [loop.is_even for loop in loops(program(None))] == [True]
    assert [loop.is_even for loop in loops(program(10))] == [False]


def test_what_is_kept_is_in_no_loop():
    result = euler(30)
    ops = [op for op in topological_order([result]) if op.parents]
    before, after = loops_in(ops, kept={ops[60]})
    assert {len(before.rounds), len(after.rounds)} == {14, 15}
    assert ops[60] not in (*before.hidden, *before.drawn, *after.hidden, *after.drawn)


def test_long_programs_take_no_recursion():
    assert shape(euler(4000))[0][0] == 4000


def test_rounds_that_share_nothing_are_a_loop_where_they_are_many():
    def samples(n):
        w = Tensor(0.5)
        return np.stack([np.tanh(w * x) ** 2 for x in np.arange(1.0, n + 1)]).mean()

    assert shape(samples(5)) == []
    assert shape(samples(20)) == [(20, ["multiply", "tanh", "power"])]
