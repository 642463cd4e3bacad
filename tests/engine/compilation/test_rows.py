"""Every rule, compiled: the same numbers as the engine's, to the last bit."""

import warnings

import numpy as np
import pytest
from helpers import composition_rows, rule_rows
from helpers.programs import HEAD, programs
from hypothesis import given, settings

from engine import Tensor, compiled, grad, rules, value_and_grad

RNG = np.random.default_rng(0)
BASE = RNG.permutation(12.0 + np.arange(12)).reshape(2, 3, 2) / 10
ROWS = {name: (f, operands) for name, (f, *operands) in rule_rows.ROWS.items()}
ROWS |= {f"{name}, composed": (f, [BASE]) for name, f in composition_rows.ROWS.items()}

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def loss_of(f):
    """A function of one number: it depends on every entry of all results of f."""

    def loss(*operands):
        y = f(*operands)
        results = [
            p
            for p in (y if isinstance(y, tuple | list) else [y])
            if isinstance(p, Tensor) and p.requires_grad
        ]
        rng = np.random.default_rng(0)
        return sum((p * rng.normal(size=p.shape)).sum() for p in results)

    return loss


def runs_as_a_program(fast):
    return bool(fast._programs) and not fast._as_it_is


def assert_same(x, y):
    """Of the same class, shape, dtype and bits."""
    if isinstance(x, tuple | list):
        assert len(x) == len(y)
        for a, b in zip(x, y, strict=True):
            assert_same(a, b)
        return
    assert type(x) is type(y)
    assert (np.shape(x), np.asarray(x).dtype) == (np.shape(y), np.asarray(y).dtype)
    if np.asarray(x).dtype.kind == "f" and np.isnan(x).any():
        np.testing.assert_array_equal(x, y)
        return
    assert np.asarray(x).tobytes() == np.asarray(y).tobytes(), (x, y)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_every_rule_gives_the_same_bits_at_inputs_it_was_not_recorded_with(row):
    f, operands = row
    eager = value_and_grad(loss_of(f), range(len(operands)))
    fast = compiled(eager, floats=False)
    for factor in (1.0, 1.05, 0.95):
        there = [np.asarray(x * factor)[()] for x in operands]
        assert_same(fast(*there), eager(*there))
    assert runs_as_a_program(fast)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_every_rule_gives_the_same_bits_in_float32(row):
    f, operands = row
    operands = [np.asarray(x, np.float32)[()] for x in operands]
    eager = value_and_grad(loss_of(f), range(len(operands)))
    fast = compiled(eager, floats=False)
    try:
        expected = eager(*operands)
    except TypeError:
        pytest.skip("not for float32")
    fast(*operands)
    assert_same(fast(*operands), expected)
    assert runs_as_a_program(fast)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_the_second_derivative_of_every_rule_has_the_same_bits(row):
    f, operands = row
    loss = loss_of(f)

    def slope(*xs):
        gradients = grad(loss, range(len(xs)))(*xs)
        return sum(np.sum(g * g) for g in gradients)

    eager = grad(slope, range(len(operands)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            expected = eager(*operands)
        except RuntimeError:
            pytest.skip("it has first derivatives only")
        fast = compiled(eager, floats=False)
        fast(*operands)
        assert_same(fast(*operands), expected)
        assert runs_as_a_program(fast)


def assert_does_the_same(fast, eager, args):
    """The same numbers, or the same kind of error: of an array with no entry."""
    try:
        expected = eager(*args)
    except (ValueError, IndexError) as error:
        with pytest.raises(type(error)):
            fast(*args)
    else:
        assert_same(fast(*args), expected)


def function_of(program):
    """A random program as a function, whose constants are globals."""
    lines = [f"    {line}" for line in program.lines]
    head = f"def f({', '.join(program.leaves)}):"
    outputs = f"    return [{', '.join(program.outputs)}]"
    env = {"np": np, "rules": rules, "__name__": "programs", **HEAD}
    exec("\n".join([head, *lines, outputs]), env)
    return env["f"]


@pytest.mark.slow
@pytest.mark.parametrize("order", [1, 2])
@settings(settings.default, max_examples=max(150, settings.default.max_examples))
@given(programs())
def test_random_programs_have_the_same_bits_where_they_were_not_recorded(
    order, program
):
    f = function_of(program)
    leaves = list(program.leaves.values())

    def loss(*xs):
        return sum((y * y).sum() for y in f(*xs))

    def slope(*xs):
        gradients = grad(loss, range(len(xs)))(*xs)
        return sum(np.sum(g * g) for g in gradients)

    eager = value_and_grad(loss if order == 1 else slope, range(len(leaves)))
    fast = compiled(eager, floats=False)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", "compiled: ")  # it would run as it is
        for factor in (1.0, 1.05, -0.9):
            there = [np.asarray(x * factor)[()] for x in leaves]
            assert_does_the_same(fast, eager, there)
        narrow = [np.asarray(x, np.float32)[()] for x in leaves]
        assert_does_the_same(fast, eager, narrow)
