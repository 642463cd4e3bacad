"""Memory: whatever is done, what nobody holds any more is freed at once.

Reference counting frees all there is, so the garbage collector, turned off for a while
and then asked, finds nothing: no cycle is left in any path, the errors among them. The
documented exception is `backward(create_graph=True)`, after which a leaf and its
gradient refer to each other until the leaf lets go.
"""

import functools
import gc
import mmap
import os
import platform
import subprocess
import sys
import tracemalloc
import weakref
from collections import Counter
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import engine
import viz.picture.drawing
import viz.picture.render
import viz.picture.tangles
from engine import Tensor, check_gradients, no_grad, op, scope
from engine.graph import topological_order
from nn import SGD, ExciterNet, Model
from viz import draw

STATM = Path("/proc/self/statm")  # of Linux: the sizes of this process, in pages
X = np.array([0.5, -1.0, 2.0])
BATCH = np.random.default_rng(1).normal(size=(6, 5)), np.linspace(-1, 1, 6)


def left_by(run):
    """What only the garbage collector would find after a run: how many of which."""
    run()  # the first time imports and fills caches
    gc.disable()
    gc.freeze()  # what was there before is none of its business
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        run()
        gc.collect()
        return Counter(type(x).__name__ for x in gc.garbage)
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.unfreeze()
        gc.enable()


# --- paths that leave nothing ---------------------------------------------------------


def make_model():
    return Model.init(5, 3, 1, rng=np.random.default_rng(0))


def make_exciter_net():
    def busy(_layer, g):
        held().get_test_yhat(BATCH[0])
        held().layers[2].w.data = held().layers[2].w.data * 0.99
        return g * 0.5

    net = ExciterNet.init(rng=np.random.default_rng(0), callback_fn=busy)
    held = weakref.ref(net)  # a callback that holds its network makes a cycle
    return net


def train(net, steps=20, *, by_hand=False):
    sgd = SGD(net.parameters(), lr=0.01)
    for _ in range(steps):
        sgd.zero_grad()
        loss = net(*BATCH)
        net.backward() if by_hand else loss.backward()
        sgd.step()


def f(x):
    return np.sum(np.tanh(x) ** 2)


def hooks():
    x = Tensor(X)
    y = x * 2
    y.register_hook(lambda g: g * 2)
    once = x.register_hook(lambda g: once_was.append(g))
    once_was = []
    y.sum().backward()
    once.remove()


def restored():
    with scope("outer"), no_grad(), suppress(KeyError), scope("inner"):
        raise KeyError
    no_grad()(lambda: Tensor(X) * 2)()
    scope("named")(lambda: Tensor(X) * 2)()


def picture(kind):
    loss = make_model()(*BATCH)
    loss.backward()
    return getattr(draw(loss), kind)()


def create_graph():
    x = Tensor(X)
    np.sum(np.tanh(x) ** 2).backward(create_graph=True)
    x.grad.sum().backward()
    x.grad = None


PATHS = {
    "model": lambda: train(make_model()),
    "model, by hand": lambda: train(make_model(), by_hand=True),
    "exciter": lambda: train(make_exciter_net()),
    "exciter, by hand": lambda: train(make_exciter_net(), by_hand=True),
    "prediction": lambda: make_model().get_test_yhat(BATCH[0]),
    "grad": lambda: engine.grad(engine.grad(lambda x: x**3))(2.0),
    "value_and_grad": lambda: engine.value_and_grad(f)(X),
    "hessian": lambda: engine.hessian(f)(X),
    "hvp": lambda: engine.hvp(f, X, X),
    "jacobian": lambda: engine.jacobian(np.tanh)(X),
    "jvp": lambda: engine.jvp(np.tanh, (X,), (X,)),
    "vjp": lambda: engine.vjp(np.tanh, X)[1](X),
    "grad of a Tensor": lambda: engine.grad(f)(Tensor(X)).sum().backward(),
    "check_gradients": lambda: check_gradients(f, X, order=2),
    "hooks": hooks,
    "no_grad and scope": restored,
    "svd": lambda: np.linalg.svd(Tensor(np.diag(X)))[1].sum().backward(),
    "create_graph": create_graph,
    "svg": lambda: picture("svg"),
    "png": lambda: picture("png"),
    "html": lambda: picture("html"),
}


@pytest.fixture
def renderer_asked_once(monkeypatch):
    """Of each call, wasmtime leaves a few classes of ctypes: they are not ours."""
    once = functools.cache(viz.picture.render.to_svg)
    for room in (viz.picture.drawing, viz.picture.tangles):
        monkeypatch.setattr(room, "to_svg", once)


@pytest.mark.no_cover
@pytest.mark.usefixtures("renderer_asked_once")
@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_left_for_the_garbage_collector(path):
    assert left_by(PATHS[path]) == {}


# --- errors ---------------------------------------------------------------------------


@op()
def fragile(x, *, where):
    if where == "rule":
        raise KeyError(where)

    def back(g):
        raise KeyError(where)

    return x * 2, (back,)


def fail(_g):
    raise KeyError("hook")


def hooked(x):
    x.register_hook(fail)
    return x


def call_back(*, by_hand):
    net = make_exciter_net()
    net.exciter.callback_fn = lambda _layer, g: fail(g)
    train(net, by_hand=by_hand)


ERRORS = {
    "in a rule": lambda: fragile(Tensor(X), where="rule"),
    "in a closure": lambda: fragile(Tensor(X), where="closure").sum().backward(),
    "in a hook": lambda: (hooked(Tensor(X)) * 2).sum().backward(),
    "in a callback": lambda: call_back(by_hand=False),
    "in a callback, by hand": lambda: call_back(by_hand=True),
    "of shapes": lambda: Tensor(X) + np.ones((2, 2)),
    "of a seed": lambda: (Tensor(X) * 2).backward(),
    "of an unknown function": lambda: np.unique(Tensor(X)),
    "in grad": lambda: engine.grad(lambda x: fragile(x, where="closure").sum())(X),
    "in hessian": lambda: engine.hessian(lambda x: fragile(x, where="rule").sum())(X),
    "of check_gradients": lambda: check_gradients(lambda x: wrong(x).sum(), X),
    "of draw": lambda: draw(Tensor(X), theme="none"),
    "of save": lambda: draw(Tensor(X)).save("picture.unknown"),
    "with create_graph": lambda: hooked(Tensor(2.0)).backward(create_graph=True),
}


@op()
def wrong(x):
    return x * 2, (lambda g: g * 3,)


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_leaves_nothing_for_the_garbage_collector(error):
    def run():
        try:
            ERRORS[error]()
        except (AssertionError, KeyError, TypeError, ValueError):
            return
        raise RuntimeError("no error came")

    assert left_by(run) == {}


# --- what is freed, and when ----------------------------------------------------------


def chain():
    """A tensor, and weak references to all that it was computed from."""
    x = Tensor(X)
    x.register_hook(lambda g: None)
    y = np.tanh(x * 2) @ np.ones(3)
    return y, [weakref.ref(t) for t in topological_order([y])]


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("times", [0, 1, 2])
def test_a_graph_is_freed_with_the_last_name_for_its_end(times):
    y, held = chain()
    for _ in range(times):
        y.backward()
    del y
    assert {ref() for ref in held} == {None}


@pytest.mark.slow
@pytest.mark.usefixtures("no_collector")
def test_a_long_chain_is_freed_without_recursion():
    y = Tensor(1.0)
    for _ in range(300_000):
        y = y + 1.0
    held = weakref.ref(y.parents[0])
    del y
    assert held() is None


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("lets_go", [True, False])
def test_a_graph_of_gradients_is_freed_once_the_leaf_lets_go(lets_go):
    x = Tensor(X)
    t = np.tanh(x)  # the gradient of t is made of t
    y = (t * t * x).sum()
    y.backward(create_graph=True)
    held = weakref.ref(x.grad)
    if lets_go:
        x.grad = None
    del t, x, y
    assert (held() is None) == lets_go
    assert (gc.collect() == 0) == lets_go
    assert held() is None  # the collector has found it, at the latest


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("make", [make_model, make_exciter_net])
def test_a_dropped_network_is_freed(make):
    net = make()
    loss = net(*BATCH)
    loss.backward()
    net.backward()
    held = [weakref.ref(p) for p in net.parameters()]
    del net, loss
    assert {ref() for ref in held} == {None}


# --- long training --------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(not STATM.exists(), reason="asks Linux for the size of a process")
@pytest.mark.usefixtures("no_collector")
def test_ten_thousand_steps_of_training_do_not_grow_the_process():
    def resident():
        return int(STATM.read_text("ascii").split()[1]) * mmap.PAGESIZE

    net = make_model()
    train(net, 500)
    before = resident()
    train(net, 10_000)
    assert resident() - before < 2**20


@pytest.mark.slow
@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("make", [make_model, make_exciter_net])
def test_a_thousand_steps_of_training_allocate_nothing_that_stays(make):
    net = make()
    train(net, 10)
    tracemalloc.start()
    try:
        train(net, 200)
        before, _ = tracemalloc.get_traced_memory()
        train(net, 1000)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 8_000  # bytes: of a step less than any object takes


PAGES_TAKEN = """
import resource
import numpy as np
from engine import Tensor

def step():
    y = x = Tensor(np.ones(100_000))
    for _ in range(8):
        y = np.tanh(y)
    y.sum().backward()

def taken():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

for _ in range(3):
    step()
before = taken()
for _ in range(10):
    step()
print(taken() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc alone does it")
def test_a_step_takes_no_memory_from_the_system_that_another_gave_back():
    plain = {k: v for k, v in os.environ.items() if not k.startswith("MALLOC_")}
    command = [sys.executable, "-c", PAGES_TAKEN]
    done = subprocess.run(command, env=plain, capture_output=True, check=True)
    assert int(done.stdout) < 1000  # or else 33,000: ten steps of 13 MB each
