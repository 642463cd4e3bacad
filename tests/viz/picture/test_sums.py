"""What a gradient is the sum of."""

import numpy as np
from helpers.pictures import read

from engine import Tensor
from viz import draw


def said_of(name, loss, **options):
    """The lines of the card of a leaf."""
    picture = read(draw(loss, **options).svg())
    (lines,) = [c.lines for c in picture.cards.values() if c.lines[0] == name]
    return lines


def looped(rounds, w):
    h = Tensor(0.5, name="h0")
    for _ in range(rounds):
        h = np.tanh(h * w)
    return h


def test_what_each_use_gives_back_is_written_out():
    x = Tensor(2.0, name="x")
    y = x * 3.0 + np.sin(x)
    y.backward()
    assert said_of("x", y)[-1] == "= 3.0 + (-0.4161)"


def test_what_rounds_use_is_a_sum_over_them():
    w = Tensor(0.9, name="w")
    loss = looped(30, w) * 1.0
    loss.backward()
    assert said_of("w", loss, max_nodes=10)[-1] == "Σ over 30 rounds"


def test_what_others_use_too_says_so():
    w = Tensor(0.9, name="w")
    loss = looped(30, w) * w
    loss.backward()
    lines = said_of("w", loss, max_nodes=10)
    assert " ".join(lines[-2:]) == "Σ over 30 rounds and other uses"


def test_what_a_loop_begins_with_is_no_sum_over_rounds():
    w = Tensor(0.9, name="w")
    loss = looped(30, w) * 1.0
    loss.backward()
    assert "Σ" not in " ".join(said_of("h0", loss, max_nodes=10))


def test_where_no_round_is_drawn_nothing_is_said_of_rounds():
    w = Tensor(0.9, name="w")
    loss = (looped(30, w)[None] @ np.ones(1)) * w
    loss.backward()
    drawing = draw(loss, max_nodes=6)
    assert "multiply → tanh · 30 rounds" in drawing.svg()
    assert "Σ" not in drawing.svg()


def test_before_a_pass_there_is_no_sum():
    w = Tensor(0.9, name="w")
    assert said_of("w", looped(30, w) * 1.0, max_nodes=10)[-1] == "∂ not run"


def test_a_round_that_has_only_begun_is_one_of_them():
    w = Tensor(0.9, name="w")
    loss = looped(29, w) * w * w
    loss.backward()
    lines = said_of("w", loss, max_nodes=12)
    assert " ".join(lines[-2:]) == "Σ over 29 rounds and other uses"
    v, x = Tensor(0.1, name="v0"), Tensor(0.5, name="x0")
    for _ in range(10):
        v = np.tanh(v * w + x)
        x = x - v
    w.grad = None
    loss = v**2  # needs no x of the last round
    loss.backward()
    assert said_of("w", loss, max_nodes=14)[-1] == "Σ over 10 rounds"
