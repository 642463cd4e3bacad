"""no_grad: off inside, restored on every way out, its own in every thread."""

import contextlib
import contextvars
import sys
import threading

import numpy as np
import pytest

from engine import Tensor, data_of, debug, lines, no_grad, scope
from engine.recording import is_recording


def recorded():
    return (Tensor(1.0) * 2).requires_grad


def test_nothing_is_recorded_inside_and_all_is_again_after():
    with no_grad():
        assert not recorded()
    assert recorded()


def test_it_nests_and_one_instance_may_be_entered_twice():
    off = no_grad()
    with off:
        with off, no_grad():
            assert not recorded()
        assert not recorded()
    assert recorded()


def test_an_exception_restores_it():
    with pytest.raises(KeyError), no_grad():
        raise KeyError
    assert recorded()


def test_it_decorates_functions_and_keeps_their_names():
    @no_grad()
    def predict(x, *, twice=False):
        """Documentation."""
        return recorded(), x, twice

    assert predict(3, twice=True) == (False, 3, True)
    assert predict.__name__ == "predict"
    assert recorded()


def test_it_refuses_to_decorate_what_runs_later():
    with pytest.raises(
        TypeError, match=r"no_grad: rows runs after .* 'with no_grad\(\)"
    ):

        @no_grad()
        def rows():
            yield 1

    with pytest.raises(TypeError, match="no_grad: later runs after"):

        @no_grad()
        async def later():
            yield 1

    with pytest.raises(TypeError, match="no_grad: decorates functions"):
        no_grad()(3)


def test_forgetting_the_parentheses_is_an_error():
    with pytest.raises(TypeError, match=r"no_grad.*no_grad\(\)"):

        @no_grad
        def predict():
            pass


def test_it_refuses_coroutines():
    with pytest.raises(TypeError, match="no_grad: later runs after"):

        @no_grad()
        async def later():
            pass


def test_a_new_thread_records():
    seen = []
    with no_grad():
        thread = threading.Thread(target=lambda: seen.append(recorded()))
        thread.start()
        thread.join()
        assert not recorded()
    assert seen == [True]


def test_a_generator_that_is_closed_in_another_context_has_nothing_to_undo():
    def steps():
        with no_grad():
            yield

    begun = steps()
    contextvars.copy_context().run(next, begun)
    begun.close()
    assert is_recording()


# --- lines ----------------------------------------------------------------------------


def place(node):
    """The number of the line that is noted for an op, or None."""
    for fn in node.grad_fns:
        noted = getattr(getattr(fn, "edge", fn), "place", "")
        if noted:
            file, _, rest = noted.partition(".py:")
            assert file.endswith("test_recording")
            return int(rest.split()[0])
    return None


def here():
    """The number of the line that calls this."""
    return sys._getframe(1).f_lineno


def test_lines_notes_the_line_of_each_op_inside_and_of_none_outside():
    a, b = Tensor(2.0), Tensor(3.0)
    assert place(a * b) is None
    with lines():
        c, at = a * b, here()
        d, below = np.exp(c), here()
    assert (place(c), place(d)) == (at, below)
    assert place(a * b) is None


def test_gradients_are_the_same_with_lines():
    def loss(x, w):
        q, r = np.linalg.qr(x @ w)
        return (np.tanh(q) * 3.0 + r).sum()

    found = []
    for inside in (contextlib.nullcontext(), lines()):
        rng = np.random.default_rng(0)
        x, w = Tensor(rng.normal(size=(3, 3))), Tensor(rng.normal(size=(3, 3)))
        with inside:
            result = loss(x, w)
        result.backward(create_graph=True)
        (x.grad * x.grad).sum().backward()
        found.append([np.array(data_of(leaf.grad)) for leaf in (x, w)])
    for plain, noted in zip(*found, strict=True):
        assert (plain == noted).all()


def test_lines_checks_nothing():
    with lines():
        y = Tensor(1.0) * np.inf
        y.backward()
    assert y.data == np.inf


@np.errstate(over="ignore")
def test_lines_nests_with_the_other_states():
    a = Tensor(2.0)
    with lines():
        with lines(), scope("net"):
            inner, at = a * 1.0, here()
        assert (place(inner), inner.group) == (at, ("net", None))
        with no_grad():
            assert not (a * 1.0).requires_grad
        assert place(a * 1.0) == here()
        with debug(), pytest.raises(FloatingPointError, match="Inf appeared"):
            a * 1e308
        assert (a * 1e308).data == np.inf  # and no longer
    with debug():
        with lines(), pytest.raises(FloatingPointError, match="Inf appeared"):
            a * 1e308
        assert place(a * 1.0) == here()
    assert place(a * 1.0) is None


def test_an_exception_ends_lines_and_a_thread_has_its_own():
    a, found = Tensor(2.0), []
    with pytest.raises(KeyError), lines():
        thread = threading.Thread(target=lambda: found.append(place(a * a)))
        thread.start()
        thread.join()
        raise KeyError
    assert found == [None]
    assert place(a * a) is None


def test_lines_in_a_generator_ends_with_it():
    a = Tensor(2.0)

    def rows():
        with lines():
            yield a * 1.0
            yield a * 2.0

    first, second = rows()
    assert None not in (place(first), place(second))
    assert place(a * a) is None


def test_lines_decorates_and_takes_no_arguments():
    @lines()
    def double(x):
        return x * 2.0

    assert place(double(Tensor(1.0))) is not None
    with pytest.raises(TypeError, match=r"lines takes no arguments; .* @lines\(\)"):
        lines(double)
    with pytest.raises(TypeError, match=r"lines: rows runs after .* 'with lines\(\)"):

        @lines()
        def rows():
            yield 1


def test_an_op_whose_first_operand_wants_no_gradient_has_a_line_too():
    with lines():
        node, at = 3.0 - Tensor(1.0), here()
    assert node.grad_fns[0] is None
    assert place(node) == at
