"""Loops that are drawn once: their cards, and their edges."""

import re

import numpy as np
import pytest
from helpers.pictures import read as seen
from helpers.scenes import edges, scene

from engine import Tensor, scope
from viz import draw
from viz.picture.frames import frames
from viz.picture.scene import LOSS, OPERATION, PARAMETER, REFERENCE, STATE


def euler(steps=40, *, keep=False):
    x, v, k = Tensor(1.0, name="x0"), Tensor(0.0, name="v0"), Tensor(2.0, name="k")
    path = [x]
    for _ in range(steps):
        v = v - 0.1 * k * x
        x = x + 0.1 * v
        path.append(x)
    loss = np.stack(path).sum() if keep else x * v
    loss.backward()
    return loss


def kinds(found):
    return [card.kind for card in found.cards]


def test_a_loop_is_its_last_round_and_a_card_for_each_variable():
    found = scene(euler(), 20)
    assert kinds(found).count(STATE) == 2
    assert kinds(found).count(OPERATION) == 5  # of one round
    assert kinds(found)[-1] == LOSS
    (loop,) = found.loops
    assert loop.count == 40


def test_a_variable_has_an_edge_from_what_it_begins_with_and_one_back_to_it():
    found = scene(euler(), 20)
    for back in found.backs:
        assert back.head.kind == STATE
        assert back.tail.held is back.head.held.after
        (begun,) = [e for e in found.edges if e.head is back.head]
        assert begun.tail.kind == PARAMETER
        assert begun.tail.held.name in ("x0", "v0")
    assert len(found.backs) == 2


def test_what_comes_back_to_what_a_loop_begins_with_is_its_gradient():
    found = {
        e.edge.tail.held.name: e
        for e in edges(euler(), 20)
        if e.edge.head.kind == STATE
    }
    assert set(found) == {"x0", "v0"}
    for words in found.values():
        assert words.lines == [f"gives ∂ {words.edge.operand.grad:.4g}"]


def test_the_edges_of_the_round_that_is_drawn_say_its_own_derivatives():
    loss = euler()
    for words in edges(loss, 20):
        edge = words.edge
        if edge.tail.kind == STATE:
            assert edge.operand is edge.tail.held.before
            assert words.factor is not None


def lines(loss, most):
    """The lines of each card of a picture."""
    picture = seen(draw(loss, max_nodes=most).svg())
    return [card.lines for card in picture.cards.values()]


def test_what_all_rounds_use_says_that_its_gradient_is_their_sum():
    (k,) = [said for said in lines(euler(), 20) if said[0] == "k"]
    assert k[-1] == "Σ over 40 rounds"


def test_a_stack_of_what_each_round_made_has_one_edge_from_each_card():
    loss = euler(999, keep=True)
    into = [
        words
        for words in edges(loss, 30)
        if getattr(words.edge.head.held, "op", "") == "stack"
    ]
    assert [words.edge.tail.kind for words in into] == [REFERENCE, STATE, OPERATION]
    assert [len(words.edge.several) for words in into] == [0, 998, 0]
    said = [re.sub(r"∂\w+", "∂", words.lines[0]) for words in into]
    assert said == ["∂[0]", "∂[1 … 998]", "∂[999]"]


def test_operands_that_are_not_side_by_side_are_only_counted():
    x, v, both = Tensor(1.0), Tensor(0.5), []
    for _ in range(20):
        v = v - 0.1 * x
        x = x + 0.1 * v
        both += [x, v]
    said = [w.lines for w in edges(np.stack(both).sum(), 30) if w.edge.several]
    assert said == [["19 operands"]] * 2


def test_another_loop_that_takes_what_each_round_made_has_one_edge():
    h, w, total = Tensor(0.5), Tensor(0.9), Tensor(0.0)
    states = []
    for _ in range(30):
        h = np.tanh(h * w)
        states.append(h)
    for h in states:
        total = total + np.sin(h) * 2.0
    found = scene(total * 1.0, 25)
    assert len(found.loops) == 2
    first, second = found.loops
    crossing = [
        e
        for e in found.edges
        if e.tail.held in first.drawn and e.head.held in second.drawn
    ]
    assert len(crossing) == 1


def test_a_frame_says_which_round_is_drawn():
    h, w = Tensor(0.5), Tensor(0.9)
    for i in range(30):
        with scope(f"step {i}"):
            h = np.tanh(h * w)
    (frame,) = frames(scene(h * 1.0, 12))
    assert frame.label == "round 30 of 30"
    assert frame.inner == []
    assert {card.kind for card in frame.cards} == {OPERATION}
    titles = [
        card.lines[0] for card in seen(draw(h * 1.0, max_nodes=12).svg()).cards.values()
    ]
    assert "↻ step · 30 rounds" in titles


def test_loops_in_loops_are_drawn_once_each():
    x, w = Tensor(1.0), Tensor(0.5)
    for _ in range(10):
        for _ in range(6):
            x = np.tanh(x * w)
        x = np.sin(x + 1.0)
    found = scene(x * 1.0, 16)
    assert sorted(loop.count for loop in found.loops) == [6, 10]
    assert kinds(found).count(STATE) == 2
    assert draw(x * 1.0, max_nodes=16).svg()


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_the_way_to_the_next_round_is_dashed_and_counted(theme):
    source = draw(euler(), max_nodes=20, theme=theme).source
    backs = [line for line in source.splitlines() if "constraint=false" in line]
    assert len(backs) == 2
    assert sum('"40 rounds"' in line for line in backs) == 1


def test_arrays_of_rounds_that_are_not_drawn_have_edges_that_a_page_knows():
    ws = [Tensor(np.full((2, 2), 0.1 * i), name=f"w{i}") for i in range(5)]
    x, decay = Tensor(np.ones(2)), 0.0
    for w in ws:
        x = np.tanh(x @ w) + x
    for w in ws:
        decay = decay + (w**2).sum()
    loss = (x**2).sum() + 0.1 * decay
    loss.backward()
    strays = [words.edge for words in edges(loss, 30) if words.edge.op is not None]
    assert [edge.operand.name for edge in strays] == ["w0", "w1", "w2", "w3"]
    picture = seen(draw(loss, max_nodes=30).svg())
    titles = {card.lines[0] for card in picture.cards.values()}
    assert {w.name for w in ws} <= {title.split()[0] for title in titles}
