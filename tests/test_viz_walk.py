"""viz/walk.py and viz/groups.py: which cards, which edges, and what stands together."""

import numpy as np

from engine import Tensor
from viz.groups import groups
from viz.walk import CONSTANT, LOSS, OPERATION, PARAMETER, REFERENCE, walk


def kinds(tensor):
    return [card.kind for card in walk(tensor).cards]


def links(tensor):
    return [(e.tail.ident, e.head.ident, e.slot) for e in walk(tensor).edges]


def test_cards_come_in_walk_order_operands_left_to_right():
    a, b = Tensor(1.0, name="a"), Tensor(2.0, name="b")
    found = walk(a * b + a)
    assert [c.ident for c in found.cards] == ["n0", "n1", "n2", "n3"]
    assert [c.kind for c in found.cards] == [PARAMETER, PARAMETER, OPERATION, LOSS]
    assert [c.held for c in found.cards[:2]] == [a, b]
    assert links(a * b + a) == [
        ("n0", "n2", 0),
        ("n1", "n2", 1),
        ("n2", "n3", 0),
        ("n0", "n3", 1),
    ]


def test_a_plus_a_is_two_edges_from_one_card():
    a = Tensor(1.0)
    assert links(a + a) == [("n0", "n1", 0), ("n0", "n1", 1)]


def test_a_leaf_alone_is_one_card():
    assert kinds(Tensor(1.0)) == [PARAMETER]
    assert kinds(Tensor(1.0, requires_grad=False)) == [CONSTANT]


def test_a_plain_constant_is_drawn_once_per_use_and_a_tensor_once():
    a, array, fixed = Tensor([1.0]), np.ones(1), Tensor([2.0], requires_grad=False)
    assert kinds(a * array + array).count(CONSTANT) == 2
    assert kinds(a * fixed + fixed).count(CONSTANT) == 1


def test_a_leaf_used_far_away_gets_a_reference_card_there():
    w = Tensor(1.0, name="w")
    h = w * 2.0
    for _ in range(2):
        h = np.tanh(h)
    near, far, farther = w * 2.0 * w, np.tanh(w * 2.0) * w, h * w
    assert REFERENCE not in kinds(near)  # two ranks after the leaf
    assert [kinds(t).count(REFERENCE) for t in (far, farther)] == [1, 1]
    assert kinds(far).count(PARAMETER) == 1
    assert walk(far).referred() == [w]


def test_an_op_of_leaves_stands_at_its_use_so_no_edge_is_long():
    u, h = Tensor(1.0), Tensor(1.0)
    total = h
    for _ in range(30):
        total = np.tanh(total + u * 3.0)
    assert walk(total).crossings <= 2


def test_an_op_used_far_away_keeps_its_edge_and_its_crossings_count():
    first = np.tanh(Tensor(1.0))
    h = first
    for _ in range(10):
        h = np.tanh(h)
    assert walk(h + first).crossings == 10
    assert REFERENCE not in kinds(h + first)


def test_a_group_is_a_layer_with_the_parameters_that_only_it_uses():
    x, w, shared = Tensor([1.0]), Tensor([2.0], name="w"), Tensor([3.0])
    hidden = x * w
    hidden.group = "Lin 1"
    out = np.tanh(hidden) * shared + shared
    out.group = "Lin 2"
    first, second = groups(walk(out))
    assert (first.label, second.label) == ("Lin 1", "Lin 2")
    assert {id(c.held) for c in first.cards} == {id(w), id(hidden)}  # x is its input
    assert {id(c.held) for c in second.cards} == {id(out)}


def test_a_parameter_of_two_layers_stands_with_neither():
    w = Tensor(2.0)
    hidden = w * 3.0
    out = hidden * w
    hidden.group, out.group = "Lin 1", "Lin 2"
    first, second = groups(walk(out))
    assert w not in [c.held for c in (*first.cards, *second.cards)]


def test_ops_of_one_label_that_feed_one_another_share_a_group():
    a = Tensor(1.0)
    inner = np.tanh(a)
    outer = np.exp(inner)
    inner.group = outer.group = "Block"
    assert [len(g.cards) for g in groups(walk(outer * 2.0))] == [2]


def test_a_layer_called_again_gets_a_box_of_its_own():
    h = Tensor(1.0)
    for _ in range(3):
        h = np.tanh(h) * 2.0
        h.group = "Cell"
    assert [g.label for g in groups(walk(h))] == ["Cell"] * 3
