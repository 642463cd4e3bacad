"""What is folded, what it says, and what stays exact."""

import contextlib
import html
import itertools
import sys
import time

import numpy as np
import pytest
from helpers.pictures import read
from helpers.scenes import cards, edges, ops_on, scene, various

from engine import Tensor, scope, topological_order
from nn import Lin, ReLU
from nn.networks import Network
from viz import draw
from viz.picture.edges import _given
from viz.picture.fold_cards import listed_outputs
from viz.picture.frames import frames
from viz.picture.scene import FOLDED, STATE, Fold, shown_by
from viz.words.local_derivative import given_back

KEPT = []


def folds(tensor, most):
    return [card.held for card in scene(tensor, most).cards if card.kind == FOLDED]


def titles(tensor, most):
    return [(fold.title, len(fold.ops)) for fold in folds(tensor, most)]


def chain(n):
    return various(Tensor(0.5, name="x"), n) * 2.0


def repeated(n):
    t = Tensor(0.5, name="x")
    for _ in range(n):
        t = np.tanh(t)
    return t * 2.0


def recurrent(steps, seed=0):
    rng = np.random.default_rng(seed)
    w = Tensor(rng.normal(size=(3, 4)), name="w")
    u = Tensor(rng.normal(size=(4, 4)) / 4, name="u")
    h = np.zeros((2, 4))
    for _ in range(steps):
        h = np.tanh(rng.normal(size=(2, 3)) @ w + h @ u)
    return h.sum()


def tangle(n, seed):
    """A scalar graph without any order."""
    rng = np.random.default_rng(seed)
    found = [Tensor(rng.normal()) for _ in range(9)]
    makers = [lambda a, b: a + b, lambda a, b: a * b, lambda a, b: np.tanh(a) - b]
    for _ in range(n):
        a, b = (found[i] for i in rng.integers(max(0, len(found) - 20), len(found), 2))
        found.append(makers[rng.integers(3)](a, b) * 0.5)
    return sum(found[-20:], found[0])


def deep(n):
    return layered(*[4] * (n + 1))


def layered(*sizes):
    rng = np.random.default_rng(0)
    layers = []
    for before, after in itertools.pairwise(sizes):
        layers += [Lin.init(before, after, rng=rng), ReLU()]
    net = Network(layers[:-1])
    KEPT.append(net)  # a layer that is gone has no repr
    return net(rng.normal(size=(3, sizes[0])), rng.normal(size=(3, sizes[-1])))


GRAPHS = {
    "chain": lambda: chain(200),
    "repeated": lambda: repeated(200),
    "recurrent": lambda: recurrent(40),
    "tangle": lambda: tangle(90, 0),
    "another tangle": lambda: tangle(300, 1),
    "deep": lambda: deep(30),
}
graphs = pytest.mark.parametrize("make", GRAPHS.values(), ids=list(GRAPHS))


def test_what_fits_is_not_folded():
    t = chain(10)
    assert len(scene(t).cards) == 12
    assert folds(t, 12) == []
    assert [len(fold.ops) for fold in folds(t, 11)] == [10]


@graphs
@pytest.mark.parametrize("most", [5, 12, 60])
def test_every_op_is_in_one_card_and_every_leaf_in_one_or_drawn(make, most):
    result = make()
    found = scene(result, most)
    assert len(found.cards) <= most
    ops = list(ops_on(found.cards))
    order = topological_order([result])
    assert sorted(map(id, ops)) == sorted(id(t) for t in order if t.parents)
    leaves = {id(t) for t in order if not t.parents}
    drawn = {id(card.held) for card in found.cards} & leaves
    hidden = [id(x) for fold in folds(result, most) for x in fold.leaves]
    hidden += {
        id(x) for loop in found.loops for op in loop.hidden for x in op.parents
    } - drawn
    hidden_leaves = [x for x in hidden if x in leaves]
    assert drawn | set(hidden_leaves) == leaves
    assert not drawn & set(hidden_leaves)
    assert len(hidden_leaves) == len(set(hidden_leaves))


@graphs
@pytest.mark.parametrize("most", [5, 12, 60])
def test_edges_run_one_way(make, most):
    found = scene(make(), most)
    place = {card: i for i, card in enumerate(found.cards)}
    assert all(place[edge.tail] < place[edge.head] for edge in found.edges)
    assert all(place[edge.head] <= place[edge.tail] for edge in found.backs)


@graphs
@pytest.mark.parametrize("most", [5, 12, 60])
def test_what_goes_into_folded_cards_adds_up_to_the_gradient(make, most):
    result = make()
    result.backward()
    sums = {}
    found = scene(result, most)
    all_edges = [one for edge in found.edges for one in edge.several or [edge]]
    shares = [(e.operand, s) for e in all_edges for s in given_along(e)]
    for loop in found.loops:  # what its other rounds give to what they all use
        inside = {id(op) for op in (*loop.hidden, *loop.drawn)}
        begun = {(id(op), slot) for v in loop.variables for op, slot in v.begun}
        shares += [
            (x, given_back(op, slot))
            for op in loop.hidden
            for slot, x in enumerate(op.parents)
            if id(x) not in inside and (id(op), slot) not in begun
        ]
    for operand, share in shares:
        if share is not None:
            sums[id(operand)] = sums.get(id(operand), 0.0) + share
    for fold in folds(result, most):  # an output may be used inside as well
        for op in fold.ops:
            for slot, parent in enumerate(op.parents):
                if any(parent is output for output in fold.outputs):
                    sums[id(parent)] = sums.get(id(parent), 0.0) + given_back(op, slot)
    seen = 0
    for card in found.cards:
        for held in shown_by(card):
            if getattr(held, "requires_grad", False) and held is not result:
                np.testing.assert_allclose(sums[id(held)], held.grad, rtol=1e-9)
                seen += 1
    assert seen


def given_along(edge):
    """What goes back along an edge; along that of another round nothing is counted."""
    if isinstance(edge.head.held, Fold):
        return [_given(edge.head.held).get(id(edge.operand))]
    if edge.head.kind == STATE:
        uses = edge.head.held.begun
        return [given_back(op, i) for op, i in uses if op.parents[i] is edge.operand]
    return [given_back(edge.head.held, edge.slot)] if edge.op is None else []


def test_the_label_into_a_folded_card_is_the_derivative_along_all_paths():
    t = chain(100)
    t.backward()
    (into,) = [e for e in edges(t, 10) if e.edge.head.kind == FOLDED]
    gradient = into.edge.operand.grad
    assert into.lines == [f"×{gradient / 2.0:.4g}"]


def test_before_a_pass_the_number_is_there_and_the_array_is_not():
    (into,) = [e for e in edges(chain(100), 10) if e.edge.head.kind == FOLDED]
    assert into.lines[0].startswith("×0.0")
    folded = [e for e in edges(recurrent(20), 5) if e.edge.head.kind == FOLDED]
    assert folded
    assert all(e.lines == [] for e in folded)


def test_groups_are_folded_first_and_a_layer_without_leaves_is_not_a_fold():
    loss = layered(4, 3, 5, 2, 4, 3, 5, 2, 1)  # 8 × (Lin, w, b), 7 ReLU, x, loss, y
    assert titles(loss, 34) == []
    assert [title for title, _ in titles(loss, 20)][:2] == [
        "Lin(4 -> 3)",
        "Lin(3 -> 5)",
    ]
    assert [ops for _, ops in titles(loss, 20)] == [1] * 8
    (first, *_) = folds(loss, 20)
    assert len(first.leaves) == 2


def test_inner_groups_are_folded_before_those_around_them():
    t = Tensor(np.ones((2, 2)))
    with scope("net"):
        for _ in range(3):
            with scope("block"):
                t = np.tanh(t @ Tensor(np.eye(2)))
    loss = t.sum()
    assert titles(loss, 5) == [("block", 2)] * 3
    assert titles(loss, 3) == [("net", 6)]


def test_chains_are_elementwise_and_used_by_nobody_else():
    x = Tensor(np.ones((2, 2)))
    y = np.exp(np.tanh(x) * 2.0)  # a chain, used twice after its end
    z = (y @ y).sum()
    assert titles(z, 5) == [("tanh … exp", 3)]


@pytest.mark.parametrize("grouped", [False, True])
def test_what_is_folded_lies_in_the_round_that_is_drawn_or_outside(grouped):
    h, w = Tensor(0.5), Tensor(0.9)
    with scope("all") if grouped else contextlib.nullcontext():
        for _ in range(30):
            h = np.tanh(h * w)
        h = various(h, 6)
    found = scene(h * 1.0, 7)
    (loop,) = found.loops
    drawn = set(map(id, loop.drawn))
    parts = [set(map(id, c.held.ops)) for c in found.cards if c.kind == FOLDED]
    assert sorted(len(part & drawn) for part in parts) == [0, 2]
    assert all(part <= drawn or not part & drawn for part in parts)


def test_a_whole_loop_is_one_fold_that_counts_its_rounds_where_there_is_no_room():
    (fold,) = folds(recurrent(13), 7)
    assert fold.title == "matmul … tanh · 13 rounds"
    assert len(fold.ops) == 13 * 4


def test_what_has_no_order_is_folded_far_from_the_result():
    found = scene(tangle(90, 0), 40)
    assert found.cards[-1].kind == "loss"
    (first, *others) = [card.held for card in found.cards if card.kind == FOLDED]
    assert len(first.ops) > 50 > max(len(fold.ops) for fold in others)
    made_last = [card for card in found.cards if card.held not in first.ops]
    assert len(made_last) > 25


def test_a_folded_card_says_what_it_hides():
    svg = html.unescape(draw(deep(30), max_nodes=5).svg())
    assert "▣ lin → relu · 29 rounds" in svg
    assert "folded: 116 nodes" in svg
    assert "58 ops, 58 parameters of 580 numbers" in svg
    assert "▣: folded, several cards in one" in svg


def hides(tensor, names=None, most=5):
    """What the folded cards of a picture say that they hide: counts, and names."""
    for words in cards(tensor, names, most=most):
        if words.card.kind == FOLDED:
            lines = [line.text for line in words.rows[1][0]][1:]
            assert max(map(len, lines)) <= 64
            yield " ".join(lines).split(" holds ")


def grouped(make, *leaves, names=None):
    """The lines of a fold of what `make` makes of leaves that nothing else uses."""
    with scope("net"):
        made = make(Tensor(np.ones((2, 2))) * 1.0, *leaves)
        made = np.tanh(made) * 2.0
    (lines,) = hides(made.sum() * 3.0, names)
    return lines


def test_a_folded_card_counts_parameters_inputs_data_and_constants_apart():
    w, b = Tensor(np.ones((2, 2))), Tensor(np.zeros(2))
    assert grouped(lambda h, w, b: h @ w + b, w, b)[0] == (
        "5 ops, 2 parameters of 6 numbers, 2 constants"
    )
    assert grouped(lambda h, x: h + x @ np.eye(2), Tensor(np.ones((2, 2))))[0] == (
        "5 ops, 1 input of 4 numbers, 1 array of 4 numbers, 2 constants"
    )
    assert grouped(lambda h, gain: gain * h, Tensor(np.ones(2)))[0] == (
        "4 ops, 1 parameter of 2 numbers, 2 constants"
    )
    mask = Tensor(np.eye(2), requires_grad=False)
    assert grouped(lambda h, mask: h * mask * np.ones(2), mask)[0] == (
        "5 ops, 2 arrays of 6 numbers, 2 constants"
    )


def test_a_folded_card_names_the_parameters_and_the_data_that_it_hides():
    leaves = {f"w{i}": Tensor(np.eye(2), name=f"w{i}") for i in range(6)}
    x = np.ones((2, 2))

    def chained(h, *ws):
        for w in ws:
            h = h @ w
        return h + x

    assert grouped(chained, *leaves.values())[1] == "w0, w1, w2, … 3 more"
    few = list(leaves.values())[:3]
    assert grouped(chained, *few, names={"x": x})[1] == "w0, w1, w2, x"
    assert len(grouped(lambda h: h)) == 1  # nothing there has a name
    wide = {f"{'wide' * 5}_{i}": np.ones((2, 2)) for i in range(4)}
    said = grouped(lambda h, *ws: sum(ws, h), *wide.values(), names=wide)[1]
    assert said == "widewidewidewidewide_0, widewidewidewidewide_1, … 2 more"


def test_a_folded_card_has_value_and_gradient_of_its_output():
    t = chain(100)
    t.backward()
    svg = draw(t, max_nodes=10).svg()
    folded = t.parents[0]
    assert f">{folded.data:.4g}<" in svg
    assert ">∂ 2.0<" in svg


@pytest.mark.parametrize("direction", ["LR", "TB"])
@pytest.mark.parametrize("most", [5, 20])
def test_a_folded_card_may_hide_all_that_it_was_computed_from(direction, most):
    x = Tensor(0.5)
    with scope("all"):
        t = various(2.0 * x, 30) * x
    t = t * 3.0
    t.backward()
    drawing = draw(t, max_nodes=most, direction=direction)
    card = read(drawing.svg()).cards["n0"]
    assert card.lines[0].startswith("▣ ")
    assert any(line.startswith("∂ ") for line in card.lines)


def test_several_outputs_have_a_row_each_and_the_rest_is_counted():
    svg = draw(tangle(90, 0), max_nodes=40).svg()
    assert "outputs, 6 of them shown" in svg


def many_outputs():
    """A fold of eight outputs, the gradients of which are 1e-15, 1, ..., 6, 100."""
    x = Tensor(2.0, name="x")
    with scope("net"):
        start = np.tanh(x)
        outputs = [start + float(k) for k in range(8)]
    total = x * 0.0
    for output, slope in zip(outputs, (1e-15, *range(1, 7), 100), strict=True):
        total = total + output * float(slope)
    total.backward()
    return next(c for c in cards(total, most=8) if c.card.kind == FOLDED)


def test_of_a_fold_with_many_outputs_those_that_have_a_row_count():
    found = many_outputs()
    assert len(listed_outputs(found.card.held)) == 6
    assert found.magnitude.number == 5.0  # the sixth


def test_rounding_noise_of_one_of_many_outputs_is_about_zero():
    noise, *others = [line.text for line in many_outputs().lines if "∂" in line.text]
    assert noise == "∂ ≈ 0"
    assert others[0] == "∂ 1.0"


def test_a_folded_card_that_holds_a_stale_op_or_a_nan_says_so():
    t = chain(100)
    t.parents[0].parents[0].data = np.float64(np.nan)
    drawing = draw(t, max_nodes=10)
    assert ">out of date<" in drawing.svg()
    assert "ring: where NaN" in drawing.svg()


def test_a_fold_stands_in_the_group_around_all_that_it_hides():
    t = Tensor(0.5)
    with scope("net"):
        for _ in range(30):
            t = np.tanh(t) @ Tensor(np.eye(1)) if t.ndim else np.tanh(t)[None, None]
    drawing = draw(t.sum(), max_nodes=None, direction="LR")
    assert read(drawing.svg()).groups == ["net"]


def test_folds_of_inner_groups_stand_in_the_frame_of_the_outer_one():
    t = Tensor(np.ones((2, 2)))
    with scope("net"):
        for _ in range(3):
            with scope("block"):
                t = np.tanh(t @ Tensor(np.eye(2)))
    (net,) = frames(scene(t.sum(), 5))
    assert (net.label, [card.kind for card in net.cards]) == ("net", [FOLDED] * 3)


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [lambda: chain(20_000), lambda: repeated(20_000), lambda: recurrent(4_000)],
)
def test_twenty_thousand_ops_fold_and_draw_soon(make):
    draw(chain(3)).svg()  # the renderer is loaded
    result = make()
    result.backward()
    limit = sys.getrecursionlimit()
    start = time.process_time()
    sys.setrecursionlimit(250)
    try:
        svg = draw(result).svg()
    finally:
        sys.setrecursionlimit(limit)
    assert time.process_time() - start < 8  # s; measured: 1
    assert "folded" in svg or "rounds" in svg


@pytest.mark.parametrize(
    ("most", "kind"),
    [(4, ValueError), (-1, ValueError), (7.5, TypeError), (True, TypeError)],
)
def test_a_number_of_cards_that_makes_no_picture_is_refused(most, kind):
    with pytest.raises(kind, match="draw: max_nodes is .*, and must be"):
        draw(chain(3), max_nodes=most)


def test_what_is_far_hides_its_first_operand_too_and_a_chain_does_not():
    (far, *_) = folds(tangle(90, 0), 40)
    assert far.ops[0].parents[0] in far.leaves
    assert far.begins is False
    (chained,) = folds(chain(100), 10)
    assert chained.ops[0].parents[0] not in chained.leaves


def test_as_few_groups_are_closed_as_fit_those_far_from_the_result_first():
    h = Tensor(np.ones(3), name="x")
    for i in range(10):
        with scope(f"round {i}"):
            h = various(h, 3, since=3 * i)
    whole = len(scene(h).cards)
    for most in range(12, whole):
        cards = scene(h, most).cards
        folded = [card.kind for card in cards].count(FOLDED)
        assert len(cards) <= most
        assert len(cards) > most - 2  # a group more would be 2 cards fewer
        assert all(card.kind == FOLDED for card in cards[1 : folded + 1])
