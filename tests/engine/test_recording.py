"""no_grad: off inside, restored on every way out, its own in every thread."""

import contextvars
import threading

import pytest

from engine import Tensor, no_grad
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
