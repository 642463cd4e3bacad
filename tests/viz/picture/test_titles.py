"""What several ops are called together."""

import numpy as np

from engine import Tensor, scope, topological_order
from viz.picture.repeats import loops_in
from viz.picture.scene import read
from viz.picture.titles import title_of, titled_loop

rng = np.random.default_rng(0)
X = rng.normal(size=(4, 5))


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def test_a_title_has_first_and_last_op_and_known_parts_by_their_names():
    x = Tensor(X)
    assert title_of(read(np.tanh(x))) == "tanh"
    assert title_of(read(np.sin(np.tanh(x)))) == "tanh → sin"
    assert title_of(read(np.exp(np.sin(np.tanh(x))))) == "tanh … exp"
    w, b = Tensor(rng.normal(size=(5, 3))), Tensor(np.zeros(3))
    assert title_of(read(np.tanh(x @ w + b))) == "linear → tanh"
    assert title_of(read(softmax(x @ w + b))) == "linear → softmax"


def looped(label, n=12):
    h = Tensor(0.5)
    for i in range(n):
        with scope(label(i)):
            h = np.tanh(h * 0.9)
    ops = [op for op in topological_order([h * 1.0]) if op.parents]
    return loops_in(ops)[0]


def test_a_loop_has_the_label_of_its_scopes():
    assert titled_loop(looped(lambda i: "RK4 step")) == "RK4 step · 12 rounds"
    assert titled_loop(looped(lambda i: f"step {i}")) == "step · 12 rounds"
    assert titled_loop(looped(lambda i: f"h[{i}]")) == "multiply → tanh · 12 rounds"
    assert titled_loop(looped(lambda i: str(i))) == "multiply → tanh · 12 rounds"
    assert titled_loop(looped(lambda i: "x", 1200)) == "x · 1,200 rounds"


def test_one_scope_around_a_whole_loop_is_not_its_name():
    h = Tensor(0.5)
    with scope("net"):
        for _ in range(12):
            h = np.tanh(h * 0.9)
    (loop,) = loops_in([op for op in topological_order([h * 1.0]) if op.parents])
    assert titled_loop(loop) == "multiply → tanh · 12 rounds"


def test_a_linear_layer_adds_a_bias_and_nothing_larger():
    x, w = Tensor(X), Tensor(np.eye(5))
    assert title_of(read(np.tanh(x @ w + x))) == "matmul … tanh"
    assert title_of(read(np.tanh(x @ w + Tensor(X)))) == "matmul … tanh"
    row = x[0]
    assert "linear" not in title_of(read(np.tanh(row @ w + row)))
