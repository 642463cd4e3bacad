"""Jacobians that are written down: one pass for all rows, and the numbers of many."""

import numpy as np
import pytest
from helpers.cases import case, numbered
from helpers.rule_rows import CASES
from helpers.stacks import looped_kinds, value_of

from engine import _run, debug, grad, hessian, jacobian, no_grad, op
from engine._nested import leaves
from engine.written import Record, Writing
from engine.written import rows as rows_module
from engine.written.arguments import parts
from engine.written.program import Program

X = np.random.default_rng(2).normal(size=30) * 0.3
ROWS = numbered(CASES)


def written(h, *args):
    """What h gives for arrays that write, and their record."""
    record = Record()
    return h(*map(record.argument, args)), record


def assert_same(h, *args, rtol=1e-12):
    got, record = written(h, *args)
    for x, y in zip(leaves(h(*args)), leaves(got), strict=True):
        assert value_of(y).shape == x.shape
        assert value_of(y).dtype == x.dtype
        np.testing.assert_allclose(value_of(y), x, rtol=rtol, atol=rtol / 10)
    return record


def assert_whole(record):
    """No step of a record needs one that is not in it."""
    assert {*parts([[s.args, s.options] for s in record.steps])} <= {*record.steps}


def unrolled(monkeypatch):
    """A list that grows by what each attempt to take all rows at once gives."""
    given = []

    def seen(y, back):
        given.append(rows_module.rows_at_once(y, back))
        return given[-1]

    monkeypatch.setattr(_run, "rows_at_once", seen)
    return given


def of_all(f, count):
    """The gradient of a number that depends on all results of f."""

    def total(*xs):
        ys = f(*xs)
        ys = ys if isinstance(ys, tuple) else (ys,)
        return sum(np.sum(np.sin(y) * y) for y in ys)

    return grad(total, tuple(range(count)))


EACH_ITS_OWN = {"svd", "qr"}  # whose gradient may not come to some of their columns
LOOPED = {"np.correlate", "index"}  # `x[True]`


@pytest.mark.parametrize("order", [1, 2])
def test_every_rule_has_the_rows_of_as_many_passes(order, monkeypatch):
    given, looped = unrolled(monkeypatch), looped_kinds(monkeypatch)
    for name, (f, *operands) in ROWS.items():
        args = [np.asarray(x, float)[()] for x in operands]
        h = f if order == 1 else of_all(f, len(args))
        with case(name):
            given.clear()
            assert_same(jacobian(h, tuple(range(len(args)))), *args)
            one_each = any(x is None for x in given)
            assert not one_each or name.split()[0] in EACH_ITS_OWN | {"getitem"}
    assert set(looped) <= LOOPED


@pytest.mark.parametrize("name", ["multiply", "matmul", "getitem", "sum", "where"])
def test_float32_stays_float32(name):
    for f, *operands in CASES[name]:
        args = [np.asarray(x, np.float32)[()] for x in operands]
        assert_same(jacobian(f, tuple(range(len(args)))), *args, rtol=1e-5)


W = np.random.default_rng(4).normal(size=(30, 30))
SECOND = {
    "neighbours": lambda x: np.sum(np.sin(x[:-1]) * x[1:] ** 2) + np.exp(-np.dot(x, x)),
    "a product": lambda x: np.prod(1 + x**2),
    "a network": lambda x: np.sum(np.tanh(W @ np.tanh(x @ W))),
    "a form": lambda x: x @ W @ x + np.log(1 + x @ x),
    "a norm": lambda x: np.linalg.norm(x[:10]) * np.linalg.norm(x[10:]),
    "places twice": lambda x: np.sum(x[[0, 0, 2]] ** 3 * x[5]),
    "a matrix": lambda x: np.sum(np.linalg.inv(W + np.outer(x, x)) ** 2),
    "a system": lambda x: x @ np.linalg.solve(W, x) ** 2,
    "a determinant": lambda x: np.linalg.slogdet(W + np.diag(x))[1],
    "averages": lambda x: np.var(x) * np.mean(np.exp(x)) + np.std(x[3:]),
    "labels": lambda x: np.einsum("i,ij,j,j->", x, W, x, np.cos(x)),
    "logsumexp": lambda x: np.log(np.sum(np.exp(W @ x), axis=0)),
    "the greatest": lambda x: np.max(x.reshape((5, 6)), axis=0) @ np.sort(x)[:6] ** 2,
    "joined": lambda x: np.sum(np.concatenate([x, x**2]) * np.stack([x, x]).ravel()),
    "running": lambda x: np.sum(np.cumsum(x**2) ** 2),
    "steps": lambda x: np.sum(np.diff(x) ** 4 * np.where(x[1:] > 0, x[1:], 1)),
}


@pytest.mark.parametrize("f", SECOND.values(), ids=SECOND)
def test_a_hessian_is_written_down_as_one_pass(f, monkeypatch):
    given, looped = unrolled(monkeypatch), looped_kinds(monkeypatch)
    record = assert_same(hessian(f), X, rtol=1e-9)
    assert given
    assert None not in given
    assert not looped
    with_more_rows = sum(np.shape(s.value)[:1] == (30,) for s in record.steps)
    assert with_more_rows < 150  # 30 passes would make thousands


def test_the_third_derivative_is_that_of_many_passes():
    assert_same(jacobian(hessian(SECOND["neighbours"])), X[:4], rtol=1e-9)
    assert_same(jacobian(jacobian(lambda x: np.sin(x) * x[0])), X[:4])


def test_the_program_has_no_steps_of_the_pass_that_all_rows_were_taken_from():
    _, record = written(jacobian(lambda x: np.sin(x) * 3), X)
    assert_whole(record)
    backward = record.steps[[s.name for s in record.steps].index("np.eye") :]
    assert all(np.shape(s.value)[:1] == (30,) for s in backward)
    assert [s.name for s in backward][:4] == ["np.eye", "copy", "*", "*"]


def program_of(h, x):
    """What h writes down at x, as a function of NumPy."""
    got, record = written(h, x)
    step = got.step
    program = Program(record.steps, [step], {record.inputs[0]: "x"}, {})
    lines = "".join(f"    {line.text}\n" for line in program.lines)
    space = {"np": np}
    names = ", ".join(program.inputs)
    exec(f"def run({names}):\n{lines}    return {program.text(step)}", space)
    others = [s.value for s in program.inputs.values()][1:]
    return lambda x: space["run"](x, *others)


@pytest.mark.parametrize("f", SECOND.values(), ids=SECOND)
@pytest.mark.parametrize("block", [rows_module.BLOCK, 7 * 30 * 8])
def test_the_program_gives_the_hessian_at_other_numbers(f, block, monkeypatch):
    monkeypatch.setattr(
        _run, "rows_at_once", lambda *a: rows_module.rows_at_once(*a, block)
    )
    run = program_of(hessian(f), X)
    at = X + 0.01 * np.cos(np.arange(30))
    np.testing.assert_allclose(run(at), hessian(f)(at), rtol=1e-9, atol=1e-10)


# --- results of every form ------------------------------------------------------------


def test_several_arguments_and_results_have_a_jacobian_each():
    def f(x, y):
        return {"a": np.outer(x, y), "b": (x * 2, x[0])}

    assert_same(jacobian(f, (0, 1)), X[:3], X[:4])


def test_a_result_that_does_not_depend_on_an_argument_has_zeros_for_it():
    assert_same(jacobian(lambda x, y: np.sin(x), (0, 1)), X[:3], X[:4])
    assert_same(jacobian(lambda x, y: np.heaviside(x, 0.5) + y, (0, 1)), X[:3], X[:3])
    assert_same(jacobian(lambda x: 2 * np.sign(x)), X[:3])


@op()
def stepped(x):
    """A rule whose slope is 0 everywhere, and says so without asking g."""
    return np.floor(x), (lambda g: np.zeros_like(x),)


@op()
def flat(x):
    """The same, with an array of its own."""
    return np.floor(x), (lambda g: np.zeros(x.shape),)


@pytest.mark.parametrize("f", [stepped, flat])
def test_a_gradient_that_does_not_depend_on_that_of_the_result_is_that_of_all_rows(f):
    assert_same(jacobian(f), X[:3])


def test_results_without_entries_and_with_one():
    for shape in ((0,), (2, 0), (1,), (1, 1)):
        assert_same(jacobian(lambda x: np.sin(x) * 2), np.ones(shape))
    assert_same(jacobian(lambda x: np.sum(np.sin(x))), X)
    assert_same(jacobian(lambda x: x * np.ones((3, 2))), np.float64(0.3))
    assert_same(jacobian(lambda x: np.sin(x)[:0]), X)
    assert_same(jacobian(lambda x: np.ones((3, 2)) * np.sum(x)), np.ones((0, 2)))


@pytest.mark.parametrize("height", [1, 7, 29, 30])
def test_blocks_of_rows_bound_what_an_array_on_the_way_takes(height, monkeypatch):
    block = height * 30 * 8
    monkeypatch.setattr(
        _run, "rows_at_once", lambda *a: rows_module.rows_at_once(*a, block)
    )
    record = assert_same(hessian(SECOND["neighbours"]), X)
    names = [s.name for s in record.steps]
    assert names.count("np.eye") == -(-30 // height)
    assert_same(jacobian(lambda x, y: np.sin(x) * 2, (0, 1)), X, X)
    end = names.index("np.concatenate") if height < 30 else len(names)
    made = [s.value for s in record.steps[names.index("np.eye") : end]]
    made = [x for x in made if x is not None]
    assert max(x.nbytes for x in made) == block
    kept = [x for x in made if any(x.strides)]  # of others only their shape is kept
    assert len(kept) == (-(-30 // height) if height < 30 else len(made))


def test_a_block_is_of_64_mb_and_of_one_row_at_least():
    assert rows_module.BLOCK == 64 * 2**20
    got, record = written(jacobian(lambda x: np.outer(x, x)[0] * 2), X)
    again, _ = written(jacobian(lambda x: x), X)
    assert sum(s.name == "np.eye" for s in record.steps) == 1
    assert isinstance(got, Writing)
    assert isinstance(again, Writing)


# --- where each row takes a pass of its own -------------------------------------------


@op()
def asks(x):
    """A rule whose closure goes by the gradient that comes."""
    return x * 2, (lambda g: g * 2 if np.any(g[0] != 0) else 2 * g,)


@op()
def numbers_of(x):
    """A rule whose closure needs plain numbers of a gradient."""
    return x * 2, (lambda g: np.multiply(2.0, x * 0 + [float(v) for v in g]),)


def test_a_closure_that_goes_by_its_gradient_takes_a_pass_for_each_row(monkeypatch):
    given = unrolled(monkeypatch)
    record = assert_same(jacobian(lambda x: asks(np.sin(x))), X)
    assert given == [None]
    names = [s.name for s in record.steps]
    assert (names.count("np.zeros"), names.count("np.eye")) == (30, 0)
    assert_whole(record)


@op()
def shares(x):
    """A rule whose closure inverts a matrix that does not depend on the gradient."""
    matrix = W + np.outer(x, x)

    def back(g):
        inverse = np.linalg.inv(matrix)
        return g @ inverse if np.all(g == g) else g

    return x * 2, (back,)


def test_what_all_rows_share_stays_where_each_takes_a_pass(monkeypatch):
    given = unrolled(monkeypatch)
    got, record = written(jacobian(lambda x: shares(np.sin(x))), X)
    assert given == [None]
    assert_whole(record)
    assert [s.value.shape for s in record.inputs] == [(30,), (30, 30)]
    assert sum(s.name == "np.linalg.inv" for s in record.steps) == 1
    y = np.sin(X)
    want = np.linalg.inv(W + np.outer(y, y)) * np.cos(X)
    np.testing.assert_allclose(value_of(got), want, rtol=1e-9)


@pytest.mark.parametrize("n", [3, 16, 17, 30])
def test_no_row_is_an_array_that_the_program_would_have_to_be_given(n):
    record = assert_same(jacobian(lambda x: asks(np.sin(x))), X[:n])
    assert [s.value.shape for s in record.inputs] == [(n,)]
    assert sum(s.name == "np.zeros" for s in record.steps) == (n if n > 16 else 0)


def test_a_gradient_that_is_asked_for_plain_numbers_is_an_error_as_it_was():
    with pytest.raises(TypeError, match="which would be fixed in the program"):
        written(jacobian(lambda x: numbers_of(np.sin(x))), X[:4])


def test_where_derivatives_are_checked_each_row_is():
    with debug():
        assert_same(jacobian(lambda x: np.sin(x) * x), X[:4])


def test_what_is_not_written_down_is_computed_as_it_was(monkeypatch):
    given = unrolled(monkeypatch)
    jacobian(np.sin)(X)
    with no_grad():
        written(jacobian(np.sin), X)
    assert len(given) == 1
