"""A derivative as a function: its name, its signature, pickles, methods."""

import copy
import functools
import inspect
import pickle
import pydoc

import numpy as np
import pytest

from engine import grad, hessian, jacobian, value_and_grad

ASKS = [grad, value_and_grad, jacobian, hessian]


def energy(x, *, k=1.0):
    """k x**3."""
    return k * x**3


@grad
def decorated(x):
    return x**2


class Spring:
    """A function that is an object."""

    def __init__(self, k):
        self.k = k

    def __call__(self, x):
        return self.k * x**3


@pytest.mark.parametrize("ask", ASKS)
def test_a_derivative_has_the_name_the_docstring_and_the_signature_of_its_function(ask):
    slope = ask(energy)
    assert (slope.__name__, slope.__doc__) == ("energy", "k x**3.")
    assert slope.__qualname__ == "energy"
    assert slope.__module__ == __name__
    assert inspect.unwrap(slope) is energy
    assert str(inspect.signature(slope)) == "(x, *, k=1.0)"
    shown = pydoc.plain(pydoc.render_doc(slope))
    assert "energy(x, *, k=1.0)\n    k x**3." in shown


def test_its_repr_says_what_it_is_the_derivative_of():
    assert repr(grad(energy)) == "<grad of energy>"
    assert repr(hessian(energy)) == "<jacobian of energy>"


@pytest.mark.parametrize("f", [Spring(2.0), functools.partial(energy, k=2.0)])
def test_a_function_without_a_name_has_derivatives_too(f):
    for ask, expected in zip(ASKS, (24.0, (16.0, 24.0), 24.0, 24.0), strict=True):
        slope = ask(f)
        assert slope(2.0) == expected
        assert slope.__name__ == type(f).__name__
        assert type(f).__name__ in repr(slope)
        assert pydoc.render_doc(slope)


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize(
    "f", [energy, np.sqrt, Spring(2.0), functools.partial(energy, k=2.0)]
)
def test_it_pickles_and_copies_where_its_function_does(ask, f):
    slope = ask(f)
    for twin in (
        pickle.loads(pickle.dumps(slope)),
        copy.copy(slope),
        copy.deepcopy(slope),
    ):
        assert twin(2.0) == slope(2.0)
        assert (twin.__name__, twin.__doc__) == (slope.__name__, slope.__doc__)


def test_it_keeps_what_was_asked_for_through_a_pickle():
    slope = value_and_grad(np.multiply, (0, 1))
    assert pickle.loads(pickle.dumps(slope))(2.0, 3.0) == (6.0, (3.0, 2.0))
    aux = grad(np.frexp, has_aux=True)
    assert pickle.loads(pickle.dumps(aux)).has_aux


def test_a_decorated_function_pickles_by_its_name():
    assert pickle.loads(pickle.dumps(decorated)) is decorated
    assert decorated(3.0) == 6.0


def test_what_does_not_pickle_has_derivatives_that_do_not():
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(grad(lambda x: x))


def test_it_is_a_method_where_it_stands_in_a_class():
    class Field:
        k = 3.0

        def potential(self, x):
            """k x**2."""
            return self.k * x * x

        force = grad(potential, 1)
        both = value_and_grad(potential, 1)
        stiffness = hessian(potential, 1)

    field = Field()
    assert field.force(2.0) == 12.0
    assert field.both(2.0) == (12.0, 12.0)
    assert field.stiffness(2.0) == 6.0
    assert Field.force(field, 2.0) == 12.0
    assert field.force.__doc__ == "k x**2."


def test_an_option_of_the_function_may_have_any_name():
    def f(x, *, self=1.0, args=1.0, f=1.0):
        return x * self * args * f

    for ask in (grad, jacobian):
        assert ask(f)(1.0, self=2.0, args=3.0, f=4.0) == 24.0
