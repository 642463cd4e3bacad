"""Which cards, which edges, and what stands together."""

import contextlib

import numpy as np
from helpers.scenes import scene

from engine import Tensor, scope
from nn import ReLU
from viz.picture.frames import DEEPEST, frames
from viz.picture.scene import CONSTANT, LOSS, OPERATION, PARAMETER, REFERENCE


def kinds(tensor):
    return [card.kind for card in scene(tensor).cards]


def links(tensor):
    return [(e.tail.ident, e.head.ident, e.slot) for e in scene(tensor).edges]


def test_cards_come_in_walk_order_operands_left_to_right():
    a, b = Tensor(1.0, name="a"), Tensor(2.0, name="b")
    found = scene(a * b + a)
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
    assert scene(far).referred() == [w]


def test_an_op_of_leaves_stands_at_its_use_so_no_edge_is_long():
    u, h = Tensor(1.0), Tensor(1.0)
    total = h
    for _ in range(30):
        total = np.tanh(total + u * 3.0)
    assert scene(total).crossings <= 2


def test_an_op_used_far_away_keeps_its_edge_and_its_crossings_count():
    first = np.tanh(Tensor(1.0))
    h = first
    for _ in range(10):
        h = np.tanh(h)
    assert scene(h + first).crossings == 10
    assert REFERENCE not in kinds(h + first)


def test_a_group_is_a_layer_with_the_parameters_that_only_it_uses():
    x, w, shared = Tensor([1.0]), Tensor([2.0], name="w"), Tensor([3.0])
    hidden = x * w
    hidden.group = ("Lin 1", None)
    out = np.tanh(hidden) * shared + shared
    out.group = ("Lin 2", None)
    first, second = frames(scene(out))
    assert (first.label, second.label) == ("Lin 1", "Lin 2")
    assert {id(c.held) for c in first.cards} == {id(w), id(hidden)}  # x is its input
    assert {id(c.held) for c in second.cards} == {id(out)}


def test_a_parameter_of_two_layers_stands_with_neither():
    w = Tensor(2.0)
    hidden = w * 3.0
    out = hidden * w
    hidden.group, out.group = ("Lin 1", None), ("Lin 2", None)
    first, second = frames(scene(out))
    assert w not in [c.held for c in (*first.cards, *second.cards)]


def test_what_one_scope_made_stands_in_one_frame_connected_or_not():
    a, b = Tensor(1.0), Tensor(2.0)
    with scope("block"):
        first, second = np.tanh(a), np.exp(b)
    (group,) = frames(scene(first + second))
    assert [card.held for card in group.cards] == [first, second]


def test_every_entrance_of_a_scope_is_a_frame_of_its_own():
    h, cell = Tensor(1.0), scope("cell")
    for _ in range(3):
        with cell:
            h = np.tanh(h) * 2.0
    assert [g.label for g in frames(scene(h + 1.0))] == ["cell"] * 3


def test_frames_nest_as_scopes_do_and_no_deeper_than_can_be_seen():
    x = Tensor(1.0)
    with scope("net"), scope("encoder"):
        h = np.tanh(x)
    (net,) = frames(scene(h + 1.0))
    (encoder,) = net.inner
    assert (net.label, net.cards, encoder.label) == ("net", [], "encoder")
    with contextlib.ExitStack() as stack:
        for i in range(2000):
            stack.enter_context(scope(str(i)))
        h = np.tanh(x)
    depth, (frame,) = 1, frames(scene(h + 1.0))
    while frame.inner:
        depth, (frame,) = depth + 1, frame.inner
    assert depth == DEEPEST
    assert [card.held for card in frame.cards] == [h]


def test_a_parameter_that_two_inner_frames_share_stands_in_the_one_around_them():
    x, w = np.ones((2, 2)), Tensor(np.eye(2))
    with scope("block"):
        with scope("first"):
            h = x @ w
        with scope("second"):
            h = h @ w
    (block,) = frames(scene(h.sum()))
    assert [card.held for card in block.cards] == [w]
    assert [len(inner.cards) for inner in block.inner] == [1, 1]


def test_a_layer_called_again_gets_a_frame_of_its_own():
    relu, h = ReLU(), Tensor(1.0)
    for _ in range(3):
        h = relu(h)
    assert [g.label for g in frames(scene(h * 1.0))] == ["ReLU()"] * 3
