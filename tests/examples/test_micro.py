"""The micro engine, beside the real one: ten programs, and what a reader is promised.

Each program is one that some small engine gets wrong. It is written once and runs on
both; values and gradients have to agree, after one backward pass and after two.
"""

import ast
import gc
import runpy
import weakref
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import engine
from engine import rules

PATH = Path(__file__).parents[2] / "examples" / "micro.py"
micro = runpy.run_path(str(PATH))
Tensor = micro["Tensor"]

MICRO = SimpleNamespace(
    Tensor=Tensor,
    op=micro["op"],
    exp=Tensor.exp,
    sum=Tensor.sum,
    max=Tensor.max,
)
REAL = SimpleNamespace(
    Tensor=engine.Tensor,
    op=engine.op(),
    exp=rules.exp,
    sum=rules.sum,
    max=rules.max,
)

RNG = np.random.default_rng(0)
ROW, COLUMN, TABLE = (
    RNG.normal(size=3),
    RNG.normal(size=(2, 1)),
    RNG.normal(size=(2, 3)),
)
STACK = RNG.normal(size=(3, 3, 3))
BATCH, TARGET = RNG.normal(size=(6, 4)), RNG.normal(size=(6, 1))
TIES = np.array([[1.0, 1.0, 1.0, 0.0], [1.0, 2.0, 1.0, 2.0], [0.5, 2.0, 1.0, -3.0]])
LABELS = np.eye(3)[:, [0, 2, 1, 1, 0]]  # one column for each example


# --- ten programs: the engine and its leaves come in, results go out, the loss last ---


def cube(m, x):
    """A second pass that starts from the gradients of the first gives 72, not 54."""
    square = x * x
    return square, square * x


def early_and_late(m, x):
    """56, not 44, where a gradient is passed on before it is complete."""
    a = x * x
    b = a * a
    return a, b, 3.0 * a + b


def twice_the_square(m, x):
    """96, not 64, where a node is visited once for each of its uses."""
    a = x * x
    return a, a * a + a * a


def doublings(m, x):
    """`x + x` has two edges, and the sixtieth sum 2**60 paths."""
    y = x
    for _ in range(60):
        y = y + y
    return (y,)


def chain(m, x, step):
    """5,000 ops: too deep for a pass that recurses."""
    y = x
    for _ in range(2500):
        y = y * 0.999 + step
    return y, y * y


def broadcast(m, number, row, column, table):
    """Each gradient has the shape of its data, whatever was stretched to what."""
    stretched = row + table * column
    outer = row * column
    scaled = number * stretched * outer
    return stretched, outer, scaled, m.sum(scaled * scaled)


def network(m, w1, b1, w2, b2):
    """Two layers and a mean squared error, on plain data to the left of `@`."""
    h = BATCH @ w1 + b1
    hidden = m.exp(-(h * h))
    error = hidden @ w2 + b2 - TARGET
    return h, hidden, error, m.sum(error * error) * (1 / len(BATCH))


def largest(m, x):
    """Two and three that are equal share the gradient, along each axis and overall."""
    columns, rows, one = m.max(x, axis=0), m.max(x, axis=1), m.max(x)
    weighted = m.sum(columns * [0.1, 0.7, 1.3, 1.9]) + m.sum(rows * [0.3, 1.1, 1.7])
    return columns, rows, one, weighted + one * one


def cross_entropy(m, logits, bias):
    """Of the softmax, written out, with a rule of one's own for the logarithm."""

    @m.op
    def log(x):
        return np.log(x), (lambda g: g / x,)

    z = logits + bias
    z = z - m.max(z, axis=0)
    norms = log(m.sum(m.exp(z), axis=0))
    return z, norms, m.sum(norms - m.sum(z * LABELS, axis=0))


def many_uses(m, x):
    """One leaf in every operation and place; numbers, lists and arrays beside it."""
    y = 2.0 * x + x * 0.5 - 3 * (1.0 - x)
    z = np.ones(3) * x - x * [1.0, 2.0, 3.0] + (ROW + x) - (ROW - -x)
    product = x @ x + STACK @ x + x @ STACK
    scale = m.exp(m.max(x) - m.sum(x, axis=-1))
    return y, z, product, scale, m.sum(product * y * z * scale + 1.0)


PROGRAMS = [  # the leaves, and what is known without a computer of their gradients
    (cube, [3.0], 27.0),
    (early_and_late, [2.0], 44.0),
    (twice_the_square, [2.0], 64.0),
    (doublings, [1.0], 2.0**60),
    (chain, [0.5, 1e-3], None),
    (broadcast, [-1.5, ROW, COLUMN, TABLE], None),
    (network, [RNG.normal(size=s) for s in [(4, 5), (5,), (5, 1), (1,)]], None),
    (largest, [TIES], None),
    (cross_entropy, [RNG.normal(size=(3, 5)), RNG.normal(size=(3, 1))], None),
    (many_uses, [RNG.normal(size=(3, 3))], None),
]
programs = pytest.mark.parametrize(
    ("program", "data", "known"), PROGRAMS, ids=[row[0].__name__ for row in PROGRAMS]
)


def run(m, program, data):
    """Values; gradients after one pass and after two: leaves first, the loss last."""
    leaves = [m.Tensor(x) for x in data]
    results = program(m, *leaves)
    passes = []
    for _ in range(2):
        results[-1].backward()
        passes.append([x.grad for x in (*leaves, *results)])
    return [x.data for x in results], *passes


@programs
def test_a_program_gives_what_the_real_engine_gives(program, data, known):
    ours, theirs = run(MICRO, program, data), run(REAL, program, data)
    products = program in (network, many_uses)  # BLAS adds up in an order of its own
    for mine, real in zip(ours, theirs, strict=True):
        for x, y in zip(mine, real, strict=True):
            assert np.shape(x) == np.shape(y)
            np.testing.assert_allclose(x, y, rtol=1e-12 if products else 0)
    if known is not None:
        _, gradients, _ = ours
        assert gradients[0] == known


@programs
def test_a_second_pass_doubles_the_leaves_and_nothing_else(program, data, known):
    _, first, second = run(MICRO, program, data)
    for i, (once, twice) in enumerate(zip(first, second, strict=True)):
        np.testing.assert_array_equal(twice, once * 2 if i < len(data) else once)


# --- what a reader of it relies on ----------------------------------------------------


def test_the_file_has_at_most_100_lines_and_needs_numpy_only():
    source = PATH.read_text("utf-8")
    assert len(source.splitlines()) <= 100
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert imported == {"heapq", "itertools", "numpy"}


def test_a_node_has_an_edge_for_each_operand():
    a = Tensor(2.0)
    b = a + a
    assert b.parents == (a, a)
    assert len(b.grad_fns) == 2
    assert a.parents == a.grad_fns == ()


def test_nobody_else_holds_the_memory_of_a_gradient():
    x, y = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
    z = x + y
    (z + 0.0).sum().backward()
    x.grad *= 2
    assert list(x.grad) == [2.0, 2.0]
    assert list(y.grad) == list(z.grad) == [1.0, 1.0]


def test_a_vector_beside_a_matrix_is_refused():
    x, w = Tensor([1.0, 2.0]), Tensor(np.eye(2))
    with pytest.raises(ValueError, match="transpose"):
        (x @ w).sum().backward()


def test_a_function_of_numpy_is_refused():
    with pytest.raises(TypeError, match="does not support ufuncs"):
        np.exp(Tensor(1.0))


@pytest.mark.usefixtures("no_collector")
@programs
def test_a_graph_is_freed_at_once(program, data, known):
    leaves = [Tensor(x) for x in data]
    *_, loss = program(MICRO, *leaves)
    loss.backward()
    freed = weakref.ref(loss)
    del loss, _
    assert freed() is None
    assert gc.collect() == 0
