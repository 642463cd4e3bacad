"""code: the program that is written is the pass that runs."""

import ast
import gc
import math
import subprocess
import sys
import warnings
import weakref

import numpy as np
import pytest
import scipy.special
from helpers import composition_rows, rule_rows
from helpers.programs import programs
from hypothesis import assume, given, settings

from engine import (
    Tensor,
    grad,
    logsumexp,
    op,
    scope,
    topological_order,
    value_and_grad,
)
from nn import ExciterNet, Model
from viz import code

RNG = np.random.default_rng(0)
BASE = RNG.permutation(12.0 + np.arange(12)).reshape(2, 3, 2) / 10
ROWS = {name: (f, operands) for name, (f, *operands) in rule_rows.ROWS.items()}
ROWS |= {f"{name}, composed": (f, [BASE]) for name, f in composition_rows.ROWS.items()}


def loss_of(f, operands, dtype=float):
    """A number that depends on every entry of all results."""
    y = f(*[Tensor(np.array(x, dtype)) for x in operands])
    results = [
        p
        for p in (y if isinstance(y, tuple | list) else [y])
        if isinstance(p, Tensor) and p.requires_grad
    ]
    rng = np.random.default_rng(0)
    return sum((p * rng.normal(size=p.shape).astype(dtype)).sum() for p in results)


def assert_equal_to_the_bit(loss, written):
    value, gradients = written()
    loss.backward()
    np.testing.assert_array_equal(value, loss.data)
    assert np.asarray(value).dtype == loss.dtype
    leaves = [x for x in topological_order([loss]) if not x.parents]
    by_data = {id(x.data): x for x in leaves}
    wrt = [by_data[id(written.arguments[name])] for name in written.wrt]
    assert len(wrt) == len(leaves)
    for g, leaf in zip(gradients, wrt, strict=True):
        np.testing.assert_array_equal(g, leaf.grad)
        assert (np.shape(g), np.asarray(g).dtype) == (leaf.shape, leaf.grad.dtype)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_program_of_every_rule_is_the_pass_to_the_last_bit(row):
    f, operands = row
    loss = loss_of(f, operands)
    assert_equal_to_the_bit(loss, code(loss))


LESSON = """\
def value_and_gradients(w1, b1, w2, b2, x, y):
    # forward
    lin1 = x @ w1 + b1
    relu = np.maximum(lin1, 0.0)
    lin2 = relu @ w2 + b2
    difference = lin2.reshape(100) - y
    loss = np.dot(difference, difference) / 100
    # backward
    g_loss = 1.0
    g_lin2 = (2 * g_loss / 100 * difference)[:, None]
    g_relu = g_lin2 @ w2.T
    g_w2 = relu.T @ g_lin2
    g_b2 = g_lin2.sum(axis=0)
    g_lin1 = g_relu * (relu != 0)
    g_w1 = x.T @ g_lin1
    g_b1 = g_lin1.sum(axis=0)
    return loss, (g_w1, g_b1, g_w2, g_b2)"""


def lesson():
    x, y = RNG.normal(size=(100, 2)), RNG.normal(size=100)
    model = Model.init(2, 16, 1, rng=RNG)
    first, _, last = model.layers
    names = {"x": x, "y": y, "w1": first.w, "b1": first.b, "w2": last.w, "b2": last.b}
    return model(x, y), names


def test_the_lesson_network_is_what_a_lecturer_would_write():
    loss, names = lesson()
    written = code(loss, names=names)
    assert str(written) == LESSON
    assert_equal_to_the_bit(loss, written)


def test_the_exciter_network_runs():
    loss = ExciterNet.init(rng=RNG)(RNG.normal(size=(4, 5)), RNG.normal(size=4))
    assert_equal_to_the_bit(loss, code(loss))


def test_batch_norm_and_attention_have_the_users_names():
    x = Tensor(RNG.normal(size=(5, 3)))
    mean, variance = x.mean(axis=0), x.var(axis=0)
    normal = (x - mean) / np.sqrt(variance + 1e-5)
    loss = (normal**2 * np.arange(3.0)).sum()
    written = code(loss, names=locals())
    assert "    normal = (x - mean) / sqrt\n" in str(written)
    assert "    g_variance = " in str(written)
    assert_equal_to_the_bit(loss, written)
    q, k, v = (Tensor(RNG.normal(size=(4, 2)), name=n) for n in "qkv")
    with scope("attention"):
        scores = q @ k.T / np.sqrt(2)
        weights = np.exp(scores - logsumexp(scores, axis=-1, keepdims=True))
    loss = ((weights @ v) ** 2).sum()
    written = code(loss, names=locals())
    assert "    # forward\n    # attention\n" in str(written)
    assert "    g_v = weights.T @ g_matmul" in str(written)
    assert_equal_to_the_bit(loss, written)


def test_it_runs_at_other_numbers_and_is_then_the_gradient_there():
    x, y = Tensor(0.3, name="x"), Tensor(2.0, name="y")
    written = code(np.sin(x * y) + x)
    there = (0.7, -1.1)
    assert written(*there)[1] == grad(lambda x, y: np.sin(x * y) + x, (0, 1))(*there)
    assert written(y=-1.1)[0] == np.sin(0.3 * -1.1) + 0.3
    for wrong in (
        lambda: written(1, 2, 3),
        lambda: written(z=1),
        lambda: written(1, x=2),
    ):
        with pytest.raises(TypeError, match="code: the program's parameters are x, y;"):
            wrong()


def test_a_keyword_a_builtin_and_a_clash_are_names_that_python_takes():
    a, b, c, d = (Tensor(float(i)) for i in (1, 2, 3, 4))
    names = {"lambda": a, "print": b, "np": c, "2 w!": d}
    loss = a * b + c * d * a
    written = code(loss, names=names)
    assert list(written.arguments) == ["lambda_", "print_", "np_", "v2_w"]
    assert_equal_to_the_bit(loss, written)
    same = code(Tensor(2.0, name="w") * Tensor(3.0, name="w"))
    assert list(same.arguments) == ["w", "w2"]


@pytest.mark.parametrize(
    "label", ["a\nimport os", "a\r\nraise X", "a\u2028b", "#", '"""']
)
def test_a_label_is_data_in_one_line(label):
    x = Tensor(2.0, name=label)
    with scope(label):
        y = np.exp(x)
        z = y * y * np.sin(y)
    written = code(z * y)
    function = ast.parse(str(written)).body
    assert [type(part) for part in function] == [ast.FunctionDef]
    assert all(isinstance(part, ast.Assign | ast.Return) for part in function[0].body)
    assert written()[0] == (z * y).data


def test_lines_are_at_most_88_columns():
    xs = [Tensor(float(i), name=f"a_long_name_of_a_number_{i}") for i in range(12)]
    written = code(sum(xs[1:], xs[0]) ** 2)
    assert max(map(len, str(written).splitlines())) <= 88
    assert_equal_to_the_bit(sum(xs[1:], xs[0]) ** 2, written)


# --- functions ------------------------------------------------------------------------

DATA = np.random.default_rng(1).normal(size=(20, 3))
LABELS = np.random.default_rng(2).integers(0, 3, 20)


def cross_entropy(w, b):
    logits = DATA @ w + b
    log_p = logits - logsumexp(logits, axis=1, keepdims=True)
    nll = -log_p[np.arange(20), LABELS].mean()
    return nll + 0.1 * (w * w).sum()


def test_a_functions_own_variables_name_its_values():
    w, b = np.ones((3, 3)), np.zeros(3)
    written = code(cross_entropy, w, b)
    assert list(written.arguments)[:2] == ["w", "b"]
    for line in (
        "    logits = DATA @ w + b",
        "    nll = -log_p[np.arange(20), LABELS].mean()",
        "    loss = nll + 0.1 * (w * w).sum()",
    ):
        assert line in str(written).splitlines()
    for at in (w, DATA[:3]):  # another place than that of the recording
        value, gradients = written(at, b)
        assert value == cross_entropy(at, b)
        for g, right in zip(gradients, grad(cross_entropy, (0, 1))(at, b), strict=True):
            np.testing.assert_array_equal(g, right)


def test_choices_inside_a_function_are_written_out_and_hold_at_other_numbers():
    def ranked(x):
        return np.sort(x)[::-1] @ np.arange(4.0)

    written = code(ranked, np.array([3.0, 1.0, 2.0, 0.0]))
    there = np.array([0.0, 5.0, 1.0, 7.0])
    assert written(there)[0] == ranked(there)
    np.testing.assert_array_equal(written(there)[1][0], grad(ranked)(there))


@pytest.mark.parametrize("x", [2.0, -0.5])
def test_a_gradient_is_a_function_too(x):
    f = grad(lambda x: x**3 * np.exp(-x))
    written = code(f, 1.0)
    assert written(x)[0] == f(x)
    assert written(x)[1][0] == pytest.approx(grad(f)(x), rel=1e-14)


def test_an_argument_that_has_no_part_gets_zeros_and_integers_get_nothing():
    value, gradients = code(lambda x, y, n: (x * n).sum(), np.ones(2), 3.0, 2)()
    assert value == 4.0
    assert [g.tolist() for g in gradients] == [[2.0, 2.0], 0.0]


def test_a_function_that_is_none_of_a_number_is_refused():
    def writes(x):
        x.data[0] = 1.0
        return x.sum()

    for f, error, words in (
        (lambda x: 3.0, TypeError, "code: f returned a float that does not depend"),
        (lambda x: x * 2, ValueError, r"code: f returned shape \(2,\)"),
        (writes, TypeError, "code: f writes into an array that it was given"),
    ):
        with pytest.raises(error, match=words):
            code(f, np.ones(2))
    with pytest.raises(TypeError, match="arguments come with a function"):
        code(Tensor(1.0) * 2, 3.0)


# --- what can't be written out --------------------------------------------------------


@op()
def softplus(x):
    """log(1 + e ** x), by Python's own functions."""
    e = math.exp(x)
    return np.float64(math.log1p(e)), (lambda g: g * (e / (1 + e)),)


def test_a_rule_that_needs_plain_numbers_is_called_as_it_is():
    x = Tensor(0.5, name="x")
    loss = softplus(x * 2) * x
    written = code(loss)
    assert "    softplus2, (back,) = softplus(x * 2)\n" in str(written)
    assert_equal_to_the_bit(loss, written)
    assert written(1.5)[0] == pytest.approx(1.5 * math.log1p(math.exp(3.0)))
    with pytest.raises(ValueError, match="calls the rule softplus, which could not"):
        written.save("step.py")


def test_functions_of_scipy_are_called_by_their_names(tmp_path):
    x = Tensor(0.5, name="x")
    loss = scipy.special.erf(x) * x
    written = code(loss)
    assert "scipy.special.erf(x)" in str(written)
    assert_equal_to_the_bit(loss, written)
    written.save(tmp_path / "step.py")
    assert "import scipy.special\n" in (tmp_path / "step.py").read_text()


def test_a_ufunc_that_only_scipy_calls_has_a_name_too():
    x = Tensor(np.array([1.5, 2.5]), name="x")
    loss = scipy.special.psi(x).sum()
    assert_equal_to_the_bit(loss, code(loss))


def test_a_rule_with_options_is_called_with_them():
    @op()
    def scaled(x, *, by, note):
        """x times a number, by Python's own arithmetic."""
        y = float(x) * by
        return np.float64(y), (lambda g: g * by,)

    x = Tensor(0.5, name="x")
    loss = scaled(x * 2, by=3.0, note="a") * x
    assert_equal_to_the_bit(loss, code(loss))


def test_decompositions_of_large_arrays_are_told_apart():
    """NumPy prints the middle of an array of more than 1000 entries as `...`."""
    matrix = np.array([[2.0, 1.0], [1.0, 3.0]])
    one = np.random.default_rng(0).normal(size=(2, 600))
    other = one.copy()
    other[:, 300] += 5.0

    def f(a):
        return (np.linalg.solve(a, one) + 2 * np.linalg.solve(a, other)).sum()

    assert code(f, matrix)()[0] == f(matrix)


def test_a_number_of_a_wider_dtype_keeps_its_gradient_whole():
    x, w = np.linspace(0.1, 0.4, 4, dtype=np.float32), 0.1

    def f(x, w):
        return (np.sin(x) * w).sum()

    _, (_, g_w) = code(f, x, np.float64(w))()
    assert g_w == grad(f, 1)(x, np.float64(w))


def test_it_is_saved_and_runs_alone(tmp_path):
    loss, names = lesson()
    file = tmp_path / "step.py"
    code(loss, names=names).save(file)
    run = "import numpy as np, step; a = np.ones; print(step.value_and_gradients("
    run += "a((2, 3)), a(3), a((3, 1)), a(1), a((4, 2)), a(4))[0])"
    done = subprocess.run(
        [sys.executable, "-c", run.replace("reshape(100)", "")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert "cannot reshape array of size 4 into shape (100,)" in done.stderr
    run = run.replace("a((4, 2)), a(4)", "a((100, 2)), a(100)")
    done = subprocess.run(
        [sys.executable, "-c", run], cwd=tmp_path, capture_output=True, text=True
    )
    assert float(done.stdout) == 81.0
    with pytest.raises(ValueError, match=r"'step\.txt' does not end in \.py"):
        code(loss).save(tmp_path / "step.txt")


def test_a_notebook_shows_it_as_python():
    assert (
        code(Tensor(2.0) * 3)._repr_markdown_().startswith("```python\ndef value_and")
    )


def test_nothing_but_a_loss_is_written_out():
    with pytest.raises(TypeError, match="code: got a float, and needs a Tensor"):
        code(2.0)
    with pytest.raises(ValueError, match=r"code: the loss has shape \(2,\)"):
        code(Tensor([1.0, 2.0]) * 2)
    with pytest.raises(ValueError, match="code: .* wants no gradient, so there is no"):
        code(Tensor(1.0, requires_grad=False))


def test_data_that_was_changed_since_is_an_error():
    x = Tensor([1.0, 2.0])
    loss = (x * x).sum()
    x.data[0] = 5.0
    with pytest.raises(
        RuntimeError, match="code: the data of an operand of 'multiply'"
    ):
        code(loss)


def test_no_grad_is_read_or_changed_and_no_layer_keeps_an_array_that_writes():
    loss, names = lesson()
    loss.backward()
    before = {n: x.grad for n, x in names.items() if isinstance(x, Tensor)}
    code(loss, names=names)
    assert all(names[n].grad is g for n, g in before.items())
    assert all(type(x.data) is np.ndarray for x in map(names.get, before))


def test_an_array_that_writes_gives_its_data_to_nobody():
    def f(x):
        np.from_dlpack(x.data)

    with pytest.raises(BufferError, match="does not give its data away"):
        code(f, np.ones(2))
    with pytest.raises(TypeError, match=r"^code: f asks for float.*np\.exp\(x\)"):
        code(lambda x: float(x.data), 2.0)
    with pytest.raises(TypeError, match=r"^code: f asks for np\.asarray"):
        code(lambda x: (np.ones(3)[np.argsort(x.data)] * x).sum(), np.ones(3))


def test_what_was_recorded_is_freed_without_the_collector():

    freed = []

    def f(x):
        y = x * np.ones(3)
        weakref.finalize(y.data.step.value, freed.append, True)
        return (y * y).sum()

    gc.disable()
    try:
        written = code(f, np.ones(3))
        assert freed == [True]
    finally:
        gc.enable()
    assert written()[0] == 3.0


# --- random programs: `make fuzz` runs ten thousand -----------------------------------


@pytest.mark.slow
@settings(settings.default, max_examples=max(150, settings.default.max_examples))
@given(programs())
def test_random_programs_have_a_written_program_that_runs_as_they_do(program):
    with np.errstate(all="ignore"):
        outputs = program.run([Tensor(x) for x in program.leaves.values()])
        loss = sum((y * y).sum() for y in outputs)
        assert_equal_to_the_bit(loss, code(loss))


@pytest.mark.slow
@settings(settings.default, max_examples=max(150, settings.default.max_examples))
@given(programs())
def test_random_programs_have_a_written_program_that_holds_elsewhere(program):
    def f(*xs):
        return sum((y * y).sum() for y in program.run(xs))

    leaves = list(program.leaves.values())
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            written = code(f, *leaves)
        except TypeError as refusal:
            assume("does not depend" not in str(refusal))
            assume("was given the function" not in str(refusal))
            raise
        there = [1.05 * x for x in leaves]
        try:
            value, gradients = written(*there)
        except ValueError as refusal:
            assume("the function goes another way" not in str(refusal))
            raise
        right, rights = value_and_grad(f, range(len(there)))(*there)
    np.testing.assert_array_equal(value, right)
    for g, r in zip(gradients, rights, strict=True):
        np.testing.assert_array_equal(g, r)


def test_a_negative_number_to_a_power_is_in_parentheses():
    with np.errstate(all="ignore"):  # the slope is NaN
        written = code(lambda y: (-2.0) ** y * -3.0, 2.0)
        assert written(4.0)[0] == -48.0
    assert "power = (-2.0) ** y" in str(written)
