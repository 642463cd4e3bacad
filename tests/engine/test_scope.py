"""scope: what nodes belong to. Its own in every thread, restored on every way out."""

import threading

import numpy as np
import pytest

from engine import Tensor, grad, no_grad, scope
from engine.recording import recording


def group():
    return (Tensor(1.0) * 2).group


def labels(pair):
    """From the inside out."""
    found = []
    while pair is not None:
        label, pair = pair
        found.append(label)
    return found


def test_nodes_belong_to_the_scope_they_are_made_in():
    with scope("net"):
        first, second = group(), group()
    assert labels(first) == ["net"]
    assert first is second
    assert group() is None


def test_scopes_nest_and_every_entrance_is_a_group_of_its_own():
    cell = scope("cell")
    with cell:
        outer = group()
        with cell:
            inner = group()
        assert group() is outer
    assert labels(inner) == ["cell", "cell"]
    assert inner[1] is outer
    with cell:
        assert group() is not outer


def test_it_is_left_on_an_exception():
    with pytest.raises(ZeroDivisionError), scope("net"):
        1 / 0
    assert group() is None


def test_it_decorates_a_function_each_call_a_group():
    @scope("step")
    def step(x):
        return x * 2

    first, second = step(Tensor(1.0)), step(Tensor(1.0))
    assert labels(first.group) == ["step"]
    assert first.group is not second.group
    assert step.__name__ == "step"


def test_it_refuses_what_runs_after_the_decorator_has_returned():
    with pytest.raises(TypeError, match="scope: later runs after the decorator"):

        @scope("x")
        def later():
            yield 1


@pytest.mark.parametrize("label", ["", None, 3, b"net", object(), Tensor, [1]])
def test_a_label_is_a_name(label):
    with pytest.raises(TypeError, match="scope: label is .*, and must be a name"):
        scope(label)


def test_it_does_not_switch_recording_on():
    with no_grad(), scope("net"):
        assert not (Tensor(1.0) * 2).requires_grad
        with recording():
            assert group() is None  # the scope was opened where nothing was recorded


def test_recording_inside_no_grad_goes_on_in_the_scope_around_it():
    with scope("net"):
        with no_grad():
            with recording():
                assert labels(group()) == ["net"]
            assert not (Tensor(1.0) * 2).requires_grad
        assert labels(group()) == ["net"]


def test_a_derivative_taken_in_a_scope_is_the_same():
    with scope("net"):
        assert grad(lambda x: x**3)(2.0) == 12.0


def test_results_of_several_belong_to_it_too():
    with scope("svd"):
        u, s, v = np.linalg.svd(Tensor(np.array([[2.0, 1.0], [0.0, 1.0]])))
    assert all(part.group is s.group for part in (u, s, v))
    assert labels(s.group) == ["svd"]


def test_threads_have_scopes_of_their_own():
    seen = []
    with scope("main"):
        thread = threading.Thread(target=lambda: seen.append(group()))
        thread.start()
        thread.join()
    assert seen == [None]
