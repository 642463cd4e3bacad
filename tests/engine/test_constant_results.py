"""A gradient that is 0 because nothing depends on the argument: who is told what."""

import threading
import warnings

import numpy as np
import pytest

from engine import Tensor, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

X = np.array([1.5, -2.0])
GENERAL = (
    r"constants and comparisons \(t > 0\) .* t\.data, t\.item\(\), t\.detach\(\) and"
)


def rounded(x):
    return np.sum(np.round(x))


@pytest.mark.parametrize(
    ("f", "names"),
    [
        (rounded, r"np\.round, of"),
        (lambda x: x.round().sum(), r"np\.round, of"),
        (lambda x: np.where(np.greater(x, 0), 1.0, 0.0).sum(), r"np\.greater, of"),
        (lambda x: np.floor(x).sum() + np.sign(x).sum(), r"np\.floor, np\.sign, of"),
        (lambda x: float(np.linalg.matrix_rank(x[:, None])), r"np\.linalg\.matrix_"),
    ],
)
def test_the_function_that_cut_the_graph_is_named(f, names):
    with pytest.warns(UserWarning, match=f"so the gradient is 0; f called {names}"):
        np.testing.assert_array_equal(grad(f)(X), [0.0, 0.0])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: 3,
        lambda x: np.float32(3),
        lambda x: np.array(3.0),
        lambda x: Tensor(3.0),
        lambda x: x.data.sum(),
        lambda x: x.detach().sum(),
        lambda x: np.where(x > 0, 1.0, 0.0).sum(),
        lambda x: float(np.size(x)) + np.shape(x)[0],
    ],
)
def test_else_the_usual_suspects_are(f):
    with pytest.warns(UserWarning, match=f"^grad: .* on argument 0, .*{GENERAL}"):
        np.testing.assert_array_equal(grad(f)(X), [0.0, 0.0])


def test_it_is_one_warning_at_the_line_of_the_call():
    for ask in (grad, value_and_grad):
        with pytest.warns(UserWarning, match=f"^{ask.__name__}: ") as seen:
            ask(rounded)(X)
        assert [(w.filename, w.category) for w in seen] == [(__file__, UserWarning)]


def test_the_arguments_that_were_asked_for_are_named():
    def f(x, y):
        return x * 2

    with pytest.warns(UserWarning, match=r"does not depend on argument 1, so"):
        assert grad(f, 1)(1.0, 2.0) == 0.0
    with pytest.warns(UserWarning, match=r"does not depend on arguments \(0, 1\), so"):
        assert grad(lambda x, y: 1.0, (0, 1))(1.0, 2.0) == (0.0, 0.0)


def test_one_argument_that_counts_is_enough():
    assert grad(lambda x, y: y * 2, (0, 1))(2.0, 3.0) == (0.0, 2.0)
    assert grad(lambda p: p["a"] * 1)({"a": 1.0, "b": 2.0}) == {"a": 1.0, "b": 0.0}
    assert grad(lambda x: np.sum(x * np.sign(x)))(X).tolist() == [1.0, -1.0]
    assert grad(lambda p: 1.0)({}) == {}
    assert grad(lambda x: x.sum() * 0)(np.ones(0)).size == 0


def test_nobody_is_warned_where_derivatives_nest():
    def line(x):
        return np.sum(3.0 * x)

    np.testing.assert_array_equal(hessian(line)(X), np.zeros((2, 2)))
    np.testing.assert_array_equal(hvp(line, X, X), np.zeros(2))
    assert grad(grad(lambda x: 3.0 * x))(2.0) == 0.0
    assert grad(lambda x: grad(lambda y: 3.0 * y)(x))(2.0) == 0.0
    assert grad(lambda x: x * grad(lambda y: 4.0)(x))(2.0) == 0.0
    for f in (rounded, lambda x: 3.0):
        np.testing.assert_array_equal(hessian(f)(X), np.zeros((2, 2)))
        np.testing.assert_array_equal(hvp(f, X, X), np.zeros(2))
        np.testing.assert_array_equal(jacobian(grad(f))(X), np.zeros((2, 2)))


def test_a_derivative_of_any_other_kind_warns_of_nothing():
    np.testing.assert_array_equal(jacobian(np.round)(X), np.zeros((2, 2)))
    np.testing.assert_array_equal(vjp(np.round, X)[1](X)[0], np.zeros(2))
    np.testing.assert_array_equal(jvp(np.round, [X], [X])[1], np.zeros(2))
    assert vjp(lambda x: grad(lambda y: 3.0)(x) * x, 2.0)[0] == 0.0


def test_what_was_called_before_or_elsewhere_is_not_named():
    np.floor(Tensor(X))

    def f(x):
        other = threading.Thread(target=lambda: np.ceil(Tensor(X)))
        other.start()
        other.join()
        return rounded(x)

    for _ in range(2):
        with pytest.warns(UserWarning, match=r"f called np\.round, of derivative 0$"):
            grad(f)(X)


def test_a_function_that_raises_leaves_nothing_behind():
    with pytest.raises(ZeroDivisionError):
        grad(lambda x: 1 / 0)(1.0)
    with pytest.warns(UserWarning, match="so the gradient is 0"):
        grad(rounded)(X)


def test_it_can_be_turned_off_as_any_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        assert grad(lambda x: 1.0)(2.0) == 0.0
