"""Results in tuples, lists and dicts, and what comes back beside a number (has_aux)."""

from typing import NamedTuple

import numpy as np
import pytest

from engine import Tensor, grad, jvp, no_grad, value_and_grad, vjp

X = np.array([1.0, 2.0, -0.5])


class Both(NamedTuple):
    sine: np.ndarray
    rest: dict


def several(x, y):
    return Both(np.sin(x), {"product": x * y, "list": [np.sum(y), 3.0]})


def flat(value):
    return [value.sine, value.rest["product"], *value.rest["list"]]


def test_vjp_takes_a_gradient_in_the_form_of_the_value():
    value, pullback = vjp(several, X, 2.0)
    assert type(value) is Both
    assert [type(part) for part in flat(value)] == [
        np.ndarray,
        np.ndarray,
        np.float64,
        float,
    ]
    to_x, to_y = pullback(Both(X, {"list": [5.0, 7.0], "product": np.ones(3)}))
    np.testing.assert_allclose(to_x, X * np.cos(X) + 2.0)
    np.testing.assert_allclose(to_y, np.sum(X) + 5.0)


def test_jvp_returns_value_and_tangent_in_the_form_of_the_result():
    value, tangent = jvp(several, [X, 2.0], [np.ones(3), 10.0])
    assert type(value) is type(tangent) is Both
    np.testing.assert_array_equal(value.sine, np.sin(X))
    expected = [np.cos(X), 2.0 + 10.0 * X, 10.0, 0.0]
    for part, by_hand in zip(flat(tangent), expected, strict=True):
        np.testing.assert_allclose(part, by_hand)


def test_forms_of_results_nest_in_other_derivatives():
    def by_rows(x):
        (square, cube), pullback = vjp(lambda y: (y * y, y**3), x)
        return square + pullback((0.0, 1.0))[0] + cube

    assert grad(by_rows)(2.0) == 4.0 + 12.0 + 12.0  # x**2 + 3 x**2 + x**3
    assert grad(lambda x: jvp(lambda y: {"a": y**3}, [x], [1.0])[1]["a"])(2.0) == 12.0
    w = Tensor(3.0)
    (inside, outside), pullback = vjp(lambda x: (x * x, x * w), 2.0)
    assert (inside.item(), outside.item()) == (4.0, 6.0)
    pullback([0.0, 1.0])[0].backward()
    assert w.grad == 1.0


def test_a_tensor_that_is_returned_twice_counts_twice():
    def f(x):
        y = x * x
        return y, y

    assert vjp(f, 3.0)[1]((1.0, 10.0)) == (66.0,)
    assert jvp(f, [3.0], [1.0]) == ((9.0, 9.0), (6.0, 6.0))


@pytest.mark.parametrize(
    ("v", "words"),
    [
        ((X, {"product": X}), r"a dict of 'product' came for a dict .*, at \[1\]$"),
        ((X, {"product": X, "list": [1.0]}), r"a list of 1 .* list of 2, at \[1\]\["),
        ((X, {"product": 1.0, "list": [1.0, 1.0]}), r"shape \(\) .* \(3,\), at .*'pro"),
        (X[:2], r"shape \(2,\) came for a Both of 2$"),
    ],
)
def test_a_gradient_of_another_form_is_refused_and_where_it_differs_is_named(v, words):
    _, pullback = vjp(several, X, 2.0)
    message = "^pullback: a gradient must have the form and the shapes of the value; "
    with pytest.raises(ValueError, match=message + words):
        pullback(v)


def test_a_direction_of_another_form_is_refused_and_where_it_differs_is_named():
    with pytest.raises(ValueError, match=r"\(2,\) came for .* \(3,\), at \[0\]\['w'\]"):
        jvp(lambda p: p["w"], [{"w": X}], [{"w": X[:2]}])


@pytest.mark.parametrize("ask", [grad, value_and_grad])
@pytest.mark.parametrize("out", [(1.0,), [1.0], {"loss": 1.0}, (1.0, "aux")])
def test_grad_of_a_form_is_refused_and_has_aux_is_named(ask, out):
    words = (
        f"^{ask.__name__}: f returned a {type(out).__name__}, .*one number; with has"
    )
    with pytest.raises(TypeError, match=words):
        ask(lambda x: out)(1.0)


@pytest.mark.parametrize(
    ("out", "words"),
    [
        (True, "a bool, and must return one real number$"),
        (np.bool_(True), "a bool, and must"),
        (np.ones(3) > 0, "a ndarray of bool, and must"),
        (None, "a NoneType, and must return one real number; is a return missing"),
        ("0.5", "a str, and must"),
        (np.str_("0.5"), "a str_, and must"),
        (1j, "a complex, and must"),
    ],
)
def test_what_is_not_a_number_is_refused(out, words):
    for ask in (grad, value_and_grad):
        with pytest.raises(TypeError, match=f"^{ask.__name__}: f returned {words}"):
            ask(lambda x: out)(1.0)


def test_a_comparison_is_not_a_number():
    with pytest.raises(TypeError, match="grad: f returned a bool, and must return"):
        grad(lambda x: x > 0)(1.0)


# --- has_aux --------------------------------------------------------------------------


def with_parts(x, *, by=1.0):
    y = np.sin(x) * by
    return np.sum(y), {"y": y, "words": ["sine", None], "count": 3}


def test_what_comes_beside_the_number_is_handed_on_as_plain_data():
    gradient, aux = grad(with_parts, has_aux=True)(X, by=2.0)
    np.testing.assert_array_equal(gradient, 2.0 * np.cos(X))
    assert type(aux["y"]) is np.ndarray
    np.testing.assert_array_equal(aux.pop("y"), 2.0 * np.sin(X))
    assert aux == {"words": ["sine", None], "count": 3}


def test_value_and_grad_returns_the_value_and_it_in_a_pair():
    (value, aux), gradient = value_and_grad(with_parts, has_aux=True)(X)
    assert (type(value), value) == (np.float64, np.sum(np.sin(X)))
    assert type(aux["y"]) is np.ndarray
    np.testing.assert_array_equal(gradient, np.cos(X))
    (value, aux), slopes = value_and_grad(
        lambda x, y: (x * y, x), (0, 1), has_aux=True
    )(2.0, 3.0)
    assert (value, aux, slopes) == (6.0, 2.0, (3.0, 2.0))


def test_what_belongs_to_a_graph_outside_stays_a_tensor():
    def outer(x):
        slope, (square, constant) = grad(
            lambda y: (y**3, (y * y, Tensor(5.0))), has_aux=True
        )(x)
        assert type(square) is Tensor
        return slope + square + constant

    assert grad(outer)(2.0) == 12.0 + 4.0
    w = Tensor(3.0)
    slope, aux = grad(lambda x: (x * x, (w * x, x)), has_aux=True)(2.0)
    assert (type(slope), slope) == (np.float64, 4.0)
    assert type(aux[1]) is np.float64
    aux[0].backward()
    assert w.grad == 2.0
    with no_grad():
        assert type(grad(lambda x: (x * x, w * x), has_aux=True)(2.0)[1]) is np.float64


@pytest.mark.parametrize(
    ("out", "words"),
    [(1.0, "a float"), ((1.0, 2.0, 3.0), "a tuple of 3"), ([1.0, 2.0], "a list")],
)
def test_has_aux_wants_a_pair(out, words):
    message = f"^grad: f returned {words}, and with has_aux=True must return a pair, "
    with pytest.raises(TypeError, match=message):
        grad(lambda x: out, has_aux=True)(1.0)


def test_the_first_of_the_pair_is_a_number():
    with pytest.raises(TypeError, match="grad: f returned a tuple, and must return"):
        grad(lambda x: ((x, x), 1), has_aux=True)(1.0)
    with pytest.raises(ValueError, match=r"grad: f returned shape \(3,\), and must"):
        grad(lambda x: (x, 1), has_aux=True)(X)


@pytest.mark.parametrize("make", [dict, lambda p: [p["w"]]])
def test_what_f_puts_into_its_argument_does_not_become_the_argument(make):
    where = make({"w": np.ones(2)})
    key = next(iter(where)) if isinstance(where, dict) else 0

    def f(p):
        p[key] = p[key] * 2
        return np.sum(p[key] ** 2)

    assert np.array_equal(grad(f)(where)[key], [8.0, 8.0])
    assert np.array_equal(value_and_grad(f)(where)[1][key], [8.0, 8.0])
    assert np.array_equal(where[key], [1.0, 1.0])


def test_what_f_takes_out_of_its_argument_has_a_gradient():
    found = grad(lambda p: np.sum(p.pop("w") ** 2))({"w": np.ones(3)})
    assert found["w"].tolist() == [2.0, 2.0, 2.0]
