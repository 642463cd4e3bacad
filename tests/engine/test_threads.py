"""Threads: side by side they compute what they compute alone.

What could get in each other's way is interleaved as badly as possible. The interpreter
switches threads a thousand times as often as usual, and where an order matters,
barriers make it. What is shared is the counter that orders the nodes, the tables of
rules, the caches of viz and one Graphviz; the state of recording is not.
"""

import functools
import itertools
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import pytest

from engine import Tensor, backward_pass, grad, no_grad, scope
from nn import SGD, ExciterNet, Model
from viz import draw
from viz.picture import render
from viz.words import recorded

SECONDS = 60  # to wait for a thread before the test fails, and does not hang
THREADS = 8


@pytest.fixture(autouse=True)
def restless():
    """Let the interpreter switch threads whenever it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def together(*tasks):
    """The results of functions that start at the same moment, each in its thread."""
    start = threading.Barrier(len(tasks))

    def run(task):
        start.wait(SECONDS)
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return [f.result(SECONDS) for f in [pool.submit(run, task) for task in tasks]]


def side_by_side(task, inputs):
    return together(*[lambda i=i: task(i) for i in inputs])


# --- training -------------------------------------------------------------------------


def trained(make, seed, *, by_hand, steps=40):
    """Every loss and the last weights of a network, to the last bit."""
    rng = np.random.default_rng(seed)
    net, losses = make(rng=rng), []
    x, y = rng.normal(size=(6, 5)), rng.normal(size=6)
    sgd = SGD(net.parameters(), lr=0.05)
    for _ in range(steps):
        sgd.zero_grad()
        loss = net(x, y)
        net.backward() if by_hand else loss.backward()
        sgd.step()
        losses.append(loss.item())
    return losses, [p.data.tobytes() for p in net.parameters()]


def model(*, rng):
    return Model.init(5, 3, 1, rng=rng)


def exciter_net(*, rng):
    """A network whose callback predicts, with recording off, in every pass."""
    x = rng.normal(size=(4, 5))
    callback = lambda _layer, g: g * np.sign(net.get_test_yhat(x).sum())
    net = ExciterNet.init(rng=rng, callback_fn=callback)
    return net


@pytest.mark.parametrize("make", [model, exciter_net])
@pytest.mark.parametrize("by_hand", [False, True])
def test_networks_train_side_by_side_as_one_after_another(make, by_hand):
    def run(seed):
        return trained(make, seed, by_hand=by_hand)

    alone = [run(seed) for seed in range(THREADS)]
    assert side_by_side(run, range(THREADS)) == alone
    assert len({tuple(losses) for losses, _ in alone}) == THREADS


def test_derivatives_of_functions_are_the_same_side_by_side():
    def run(n):
        return [grad(grad(lambda x: np.sin(x) * x**n))(float(i)) for i in range(1, 30)]

    assert side_by_side(run, range(THREADS)) == [run(n) for n in range(THREADS)]


# --- one leaf, many graphs ------------------------------------------------------------


def test_graphs_may_share_a_leaf_that_they_read():
    shared = Tensor(np.linspace(-1, 1, 5))

    def run(n):
        rows = []
        for k in range(40):
            mine = Tensor(float(n + 1))
            y = (np.tanh(shared * mine) * k).sum()
            gradients = backward_pass([y], [None])
            rows.append((gradients[mine].tobytes(), gradients[shared].tobytes()))
        return rows

    alone = [run(n) for n in range(THREADS)]
    assert side_by_side(run, range(THREADS)) == alone
    assert shared.grad is None


def test_a_constant_that_graphs_share_gets_nothing_and_each_leaf_its_own():
    shared = Tensor(np.linspace(-1, 1, 5), requires_grad=False)

    def run(n):
        mine = Tensor(np.full(5, n + 1.0))
        for _ in range(40):
            (shared * mine).sum().backward()
        return mine.grad.tolist()

    expected = [(40 * shared.data).tolist()] * THREADS
    np.testing.assert_allclose(side_by_side(run, range(THREADS)), expected, rtol=1e-14)
    assert shared.grad is None


def test_no_two_tensors_have_the_same_turn_and_operands_come_first():
    def run(_n):
        x = made = Tensor(1.0)
        turns = [x._countdown]
        for _ in range(2000):
            made = made + x
            turns.append(made._countdown)
        return turns

    all_turns = side_by_side(run, range(THREADS))
    assert len(set().union(*all_turns)) == sum(map(len, all_turns))
    assert all(turns == sorted(turns, reverse=True) for turns in all_turns)


def test_a_graph_that_grew_in_several_threads_goes_backward():
    x = Tensor(2.0)

    def grow(y):
        for _ in range(500):
            y = y + x
        return y

    parts = side_by_side(grow, [x] * THREADS)
    sum(side_by_side(grow, parts)).backward()
    assert x.grad == THREADS * 1001


# --- recording and scopes -------------------------------------------------------------

# Who enters at its first turn and leaves at its second: every order of two threads.
ORDERS = sorted(set(itertools.permutations([0, 0, 1, 1])))


@pytest.mark.parametrize("order", ORDERS)
def test_no_grad_in_a_thread_does_not_touch_another(order):
    step_by_step(no_grad(), order, inside=(False, None), outside=(True, None))


@pytest.mark.parametrize("order", ORDERS)
def test_a_scope_in_a_thread_does_not_touch_another(order):
    step_by_step(scope("mine"), order, inside=(True, "mine"), outside=(True, None))


def step_by_step(context, order, *, inside, outside):
    """Threads enter and leave the same context in this order; each sees its own."""
    entered = [False, False]
    with ThreadPoolExecutor(1) as first, ThreadPoolExecutor(1) as second:
        for n in order:
            leave = functools.partial(context.__exit__, None, None, None)
            done = leave if entered[n] else context.__enter__
            (first, second)[n].submit(done).result(SECONDS)
            entered[n] = not entered[n]
            seen = [
                thread.submit(seen_here).result(SECONDS) for thread in (first, second)
            ]
            assert seen == [inside if e else outside for e in entered]
            assert seen_here() == outside


def seen_here():
    """Whether a node is recorded here, and the label of what it belongs to."""
    node = Tensor(1.0) * 2
    return node.requires_grad, node.group and node.group[0]


def test_an_error_in_a_thread_leaves_the_others_recording():
    def run(n):
        for _ in range(200):
            with suppress(KeyError), no_grad() if n % 2 else scope(f"{n}"):
                assert seen_here() == ((False, None) if n % 2 else (True, f"{n}"))
                raise KeyError
            assert seen_here() == (True, None)
        return True

    assert all(side_by_side(run, range(THREADS)))


# --- pictures -------------------------------------------------------------------------


def loss_of(seed):
    """A loss whose picture has boxes, formulas, a heat map and a chart."""
    rng = np.random.default_rng(seed)
    loss = model(rng=rng)(rng.normal(size=(6, 5)), rng.normal(size=6))
    loss.backward()
    return np.exp(loss) if seed % 2 else loss


def forget():
    """Empty what the pictures before have filled."""
    recorded._formula.cache_clear()


@pytest.mark.slow
@pytest.mark.parametrize("renderer_is_there", [True, False])
def test_threads_draw_at_once_and_all_pictures_are_right(
    renderer_is_there, monkeypatch
):
    losses = [loss_of(seed) for seed in (0, 1)]

    def run(n):
        drawing = draw(losses[n])
        return drawing.source, drawing.svg(), drawing.png(scale=0.5), drawing.html()

    alone = [run(0), run(1)]
    assert alone[0] != alone[1]
    for _ in range(2):
        forget()
        if not renderer_is_there:
            monkeypatch.setattr(render, "_graphviz", None)
        assert side_by_side(run, [0, 1]) == alone


@pytest.mark.usefixtures("chatty_collector")
def test_threads_record_rules_while_garbage_is_collected():
    losses = [loss_of(seed) for seed in range(4)]
    alone = [draw(loss).source for loss in losses]
    for _ in range(3):
        forget()
        assert side_by_side(lambda n: draw(losses[n]).source, range(4)) == alone


def test_a_picture_may_be_drawn_while_others_train():
    loss = loss_of(0)
    alone = trained(model, 3, by_hand=False), draw(loss).svg()
    train = functools.partial(trained, model, 3, by_hand=False)
    assert together(train, lambda: draw(loss).svg()) == list(alone)
