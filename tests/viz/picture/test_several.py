"""Several results in one picture: each has a card, and what they share stands once."""

import itertools

import numpy as np
import pytest
from helpers.pictures import read as seen
from helpers.scenes import ALL, cards, ops_on, various

from engine import Tensor, scope
from viz import draw
from viz.picture.cards import worded_cards
from viz.picture.folding import folded
from viz.picture.lines import Shown
from viz.picture.magnitudes import gradients
from viz.picture.marks import trouble_in
from viz.picture.scene import CONSTANT, LOSS, PARAMETER, read
from viz.words.names import Names


def scene(*results, most=None):
    return folded(read(*results), most)


def titles(*results, names=None):
    found = scene(*results)
    known = Names(names, graph=found.results)
    magnitudes, noise = gradients(found.cards)
    trouble = trouble_in(found.order, {})
    words = worded_cards(found, known, Shown(ALL, noise), magnitudes, trouble)
    return [card.title for card in words]


def heads():
    """A shared part, and two results of it."""
    x, w = Tensor([1.0, 2.0], name="x"), Tensor([3.0, 4.0], name="w")
    h = np.tanh(x * w)
    return h, h.sum(), (h * h).sum()


def test_each_result_is_a_result_card_and_what_they_share_stands_once():
    h, first, second = heads()
    found = scene(first, second)
    assert [card.held for card in found.cards if card.kind == LOSS] == [first, second]
    assert sum(card.held is h for card in found.cards) == 1
    assert found.results == [first, second]
    assert len({id(card.held) for card in found.cards}) == len(found.cards)


def test_a_result_that_another_is_computed_from_is_marked_too():
    h, first, _ = heads()
    found = scene(first, h)
    assert [card.held for card in found.cards if card.kind == LOSS] == [h, first]
    assert len(found.cards) == len(scene(first).cards)


def test_only_a_result_alone_is_called_l_where_it_has_no_name():
    _, first, second = heads()
    assert set(Names(None, graph=[first]).made_up) >= {"L"}
    assert "L" not in Names(None, graph=[first, second]).made_up
    assert Names(None, graph=first).made_up == Names(None, graph=[first]).made_up


def test_one_in_a_list_or_twice_is_the_same_picture_as_alone():
    *_, loss = heads()
    alone = draw(loss).svg()
    assert draw([loss]).svg() == draw((loss, loss)).svg() == alone


def test_the_order_of_the_list_does_not_matter_and_the_bytes_are_the_same():
    pictures = set()
    for order in itertools.permutations(range(3)):
        results = heads()
        results[2].backward()
        pictures.add(draw([results[i] for i in order], names=locals()).svg())
    assert len(pictures) == 1


def test_results_that_share_nothing_stand_side_by_side():
    a, b = Tensor(1.0, name="a"), Tensor(2.0, name="b")
    p, q = a * 2.0, b * 3.0
    found = scene(p, q)
    assert [card.kind for card in found.cards].count(LOSS) == 2
    assert found.crossings == 0
    svg = seen(draw([p, q]).svg())
    assert len(svg.cards) == 4
    assert len(svg.edges) == 2


def test_a_leaf_in_the_list_is_drawn_used_or_not_and_never_folded_away():
    x, lone = Tensor(1.0, name="x"), Tensor(2.0, requires_grad=False)
    h = various(x, 100)
    found = scene(h, x, lone, most=5)
    kinds = {id(card.held): card.kind for card in found.cards}
    assert kinds[id(x)] == PARAMETER
    assert kinds[id(lone)] == CONSTANT
    assert kinds[id(h)] == LOSS
    assert len(found.cards) == 4
    assert [c.kind for c in scene(x, lone).cards] == [PARAMETER, CONSTANT]


# --- folded ---------------------------------------------------------------------------


def chain(h, n):
    return various(h * 1.5, 2 * n)


def looped(n):
    """A recurrent computation, whose states are all results."""
    w, h, states = Tensor(0.5, name="w"), Tensor(1.0), []
    for _ in range(n):
        with scope("cell"):
            h = np.tanh(h * w)
        states.append(h)
    return states


def is_acyclic(found):
    place = {card: i for i, card in enumerate(found.cards)}
    return all(place[e.tail] < place[e.head] for e in found.edges)


@pytest.mark.parametrize("most", [5, 12, 60, None])
def test_results_stay_alone_however_much_is_folded(most):
    early = chain(Tensor(1.0), 60)
    late = chain(early, 60) + early
    other = chain(Tensor(2.0), 60)
    found = scene(early, late, other, most=most)
    assert [c.held for c in found.cards if c.kind == LOSS] == [early, late, other]
    assert is_acyclic(found)
    assert most is None or len(found.cards) <= max(most, 12)


@pytest.mark.parametrize("most", [5, 20, 60])
def test_what_stands_between_results_is_folded_without_a_circle(most):
    states = looped(30)
    found = scene(states[9], states[19], states[29], most=most)
    assert [c.held for c in found.cards if c.kind == LOSS] == states[9::10]
    assert is_acyclic(found)
    assert {id(op) for op in ops_on(found.cards)} == {id(op) for op in found.order}
    assert draw([states[9], states[19], states[29]], max_nodes=most).svg()


def test_every_state_of_a_loop_can_be_a_result():
    states = looped(100)
    found = scene(*states, most=60)
    assert [c.held for c in found.cards if c.kind == LOSS] == states
    assert is_acyclic(found)


def test_one_result_is_folded_as_ever():
    loss = chain(Tensor(1.0), 60)
    assert [c.card.kind for c in cards(loss, most=10)][-1] == LOSS
    assert len(scene(loss, most=10).cards) <= 10


# --- wrong input ----------------------------------------------------------------------


@pytest.mark.parametrize("empty", [[], ()])
def test_an_empty_list_is_refused(empty):
    with pytest.raises(ValueError, match="draw: got an empty list, and needs at least"):
        draw(empty)


@pytest.mark.parametrize("wrong", [3.0, None, np.ones(2), [Tensor(1.0)], "loss"])
def test_what_is_no_tensor_in_a_list_is_named_with_its_place(wrong):
    kind = type(wrong).__name__
    with pytest.raises(TypeError, match=rf"draw: got a {kind} at \[1\], and needs a T"):
        draw([Tensor(1.0), wrong])


def test_what_draw_can_not_take_is_refused_and_says_what_it_takes():
    for wrong in ({1: Tensor(1.0)}, {Tensor(1.0)}, iter([Tensor(1.0)]), "ab", None):
        with pytest.raises(TypeError, match=r"draw: got a \w+, and needs a Tensor"):
            draw(wrong)


def test_a_picture_of_several_can_be_a_page_and_a_png(tmp_path):
    _, first, second = heads()
    drawing = draw([first, second], direction="TB")
    for ending in ("html", "png", "dot"):
        assert drawing.save(tmp_path / f"x.{ending}").stat().st_size > 500
