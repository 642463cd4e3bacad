"""Groups that a person asked to have open, or folded."""

import numpy as np
import pytest

from engine import Tensor, scope
from viz import draw
from viz.picture.folding import folded
from viz.picture.scene import FOLDED, read
from viz.picture.wishes import wished


def blocks(n=3):
    """A chain of blocks of four ops, in each a norm of two."""
    h = Tensor([1.0, 2.0, 3.0], name="x")
    for i in range(n):
        with scope(f"block {i}"):
            with scope("norm"):
                h = h - h.mean()
            h = np.tanh(h) * 2.0
    return h.sum()


def titles(tensor, *, opened=(), closed=(), most=None):
    scene = folded(wished(read(tensor), opened, closed), most)
    return [card.held.title for card in scene.cards if card.kind == FOLDED]


def ops(tensor, *, opened=(), closed=(), most=None):
    """The groups of the ops that have a card of their own."""
    scene = folded(wished(read(tensor), opened, closed), most)
    return [
        card.held.group[0]
        for card in scene.cards
        if getattr(card.held, "op", "") and card.held.group
    ]


def test_what_is_to_be_folded_is_one_card_and_nothing_else_is():
    assert titles(blocks(), closed=["block 1"]) == ["block 1"]
    assert titles(blocks(), closed=["norm"]) == ["norm"] * 3
    assert titles(blocks()) == []


def test_of_groups_in_each_other_the_outermost_that_is_named_is_folded():
    assert titles(blocks(), closed=["norm", "block 0"]) == ["block 0", "norm", "norm"]


def test_what_is_to_be_open_stays_open_however_few_cards_are_wanted():
    few = titles(blocks(), most=6)
    assert "block 1" in few or len(few) == 1
    shown = ops(blocks(), opened=["block 1"], most=6)
    assert shown == ["norm", "norm", "block 1", "block 1"]


def test_an_open_group_in_a_folded_one_stays_open():
    found = ops(blocks(1), closed=["block 0"], opened=["norm"])
    assert found == ["norm", "norm"]


def test_a_label_before_the_colon_is_enough():
    with scope("Lin 1: Lin(5 -> 3)"):
        h = np.tanh(Tensor(1.0) * 2.0)
    assert titles(h * 3.0, closed=["Lin 1"]) == ["Lin 1: Lin(5 -> 3)"]
    assert titles(h * 3.0, closed=["Lin 1: Lin(5 -> 3)"]) == ["Lin 1: Lin(5 -> 3)"]


def test_an_unknown_label_is_said_with_those_there_are():
    with pytest.raises(ValueError, match="fold names 'blok'.*there are 'block 0', 'n"):
        draw(blocks(), fold=["blok"])
    with pytest.raises(
        ValueError, match="open names 'x', and no layer and no scope is"
    ):
        draw(Tensor(1.0) * 2.0, open=["x"])


@pytest.mark.parametrize("argument", ["open", "fold"])
def test_labels_are_a_list_of_texts(argument):
    with pytest.raises(TypeError, match=rf"{argument} is 'a'; for one, write \['a'\]"):
        draw(blocks(), **{argument: "a"})
    for wrong in (3, [3], None):
        with pytest.raises(TypeError, match=f"draw: {argument} is .*list of labels"):
            draw(blocks(), **{argument: wrong})


def test_the_result_itself_is_never_folded():
    with scope("all"):
        loss = np.tanh(Tensor(1.0, name="x") * 2.0) + 1.0
    drawing = draw(loss, fold=["all"])
    assert repr(drawing) == "Drawing(3 cards, 2 edges)"
    assert "▣ all" in drawing.svg()


def test_a_label_is_a_whole_one_and_not_its_beginning():
    h = Tensor(1.0, name="x")
    for label in ("block 1", "block 10"):
        with scope(label):
            h = np.tanh(h * 2.0) * 3.0
    assert titles(h * 4.0, closed=["block 1"]) == ["block 1"]


def test_a_group_is_not_to_be_open_and_folded():
    with pytest.raises(ValueError, match="^draw: 'block 0' is to be both open and f"):
        draw(blocks(), open=["block 0"], fold=["block 0"])
