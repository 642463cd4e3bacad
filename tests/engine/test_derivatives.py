"""grad, vjp, jvp, jacobian, hessian, hvp: closed forms, forms of arguments, nesting."""

from typing import NamedTuple

import numpy as np
import pytest

import engine
from engine import (
    Tensor,
    check_gradients,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    op,
    value_and_grad,
    vjp,
)

X = np.array([1.0, 2.0, -0.5])
A = np.array([[2.0, 1.0, 0.0], [1.0, 3.0, -1.0], [0.0, -1.0, 1.0]])


def quadratic(x):
    return x @ A @ x / 2


def test_the_gradient_of_a_number_is_a_number():
    slope = grad(lambda x: x**3)(2.0)
    assert slope == 12.0
    assert isinstance(slope, np.float64)


def test_the_gradient_of_an_array_is_an_array_of_its_dtype():
    np.testing.assert_allclose(grad(quadratic)(X), A @ X)
    assert grad(lambda x: np.sum(x * 2))(X.astype(np.float32)).dtype == np.float32


def test_value_and_gradient_come_from_one_call():
    calls = []

    def f(x):
        calls.append(x)
        return np.sum(x * x)

    value, gradient = value_and_grad(f)(X)
    assert len(calls) == 1
    assert (value, type(value)) == (np.sum(X * X), np.float64)
    np.testing.assert_array_equal(gradient, 2 * X)


def test_argnums_chooses_arguments_and_others_stay_as_they_are():
    def f(x, y, *, by=1.0):
        assert not isinstance(y, Tensor) or argnums != 0
        return x * x * y * by

    argnums = 0
    assert grad(f)(3.0, 2.0) == 12.0
    argnums = 1
    assert grad(f, 1)(3.0, 2.0, by=10.0) == 90.0
    argnums = (0, -1)
    assert grad(f, (0, -1))(3.0, 2.0) == (12.0, 9.0)


class Point(NamedTuple):
    x: float
    y: float


def test_a_gradient_has_the_form_of_its_argument():
    def f(p):
        return p["w"] @ p["b"][0] + p["point"].x * p["point"].y

    p = {"w": X, "b": [X * 2, 7.0], "point": Point(3.0, 4.0)}
    g = grad(f)(p)
    assert list(g) == ["w", "b", "point"]
    np.testing.assert_array_equal(g["w"], X * 2)
    np.testing.assert_array_equal(g["b"][0], X)
    assert g["b"][1] == 0.0
    assert g["point"] == Point(4.0, 3.0)


def test_what_a_result_does_not_depend_on_has_the_gradient_zero():
    assert grad(lambda x, y: y * 2, (0, 1))(2.0, 3.0) == (0.0, 2.0)
    with pytest.warns(UserWarning, match="does not depend on argument 0"):
        np.testing.assert_array_equal(grad(lambda x: 1.0)(X), np.zeros(3))
    assert jvp(lambda x: 5.0, (2.0,), (1.0,)) == (5.0, 0.0)


def test_jvp_of_what_depends_on_a_tensor_outside_only_is_zero():
    w = Tensor(3.0)
    value, tangent = jvp(lambda x: w * 2, (1.0,), (1.0,))
    assert (value.item(), tangent) == (6.0, 0.0)


def test_vjp_is_a_gradient_times_the_jacobian():
    value, pullback = vjp(lambda a, x: a @ x, A, X)
    np.testing.assert_array_equal(value, A @ X)
    for v in np.eye(3):
        to_a, to_x = pullback(v)
        np.testing.assert_array_equal(to_a, np.outer(v, X))
        np.testing.assert_array_equal(to_x, A.T @ v)


def test_jvp_is_the_jacobian_times_a_tangent():
    value, tangent = jvp(lambda x: np.tanh(A @ x), (X,), (np.array([1.0, 0.0, 2.0]),))
    y = np.tanh(A @ X)
    np.testing.assert_array_equal(value, y)
    np.testing.assert_allclose(tangent, (1 - y * y) * (A @ [1.0, 0.0, 2.0]))
    assert jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 10.0)) == (6.0, 23.0)


def test_jvp_of_a_linear_function_is_the_function():
    _, tangent = jvp(lambda x: A @ x, (X,), (X,))
    np.testing.assert_allclose(tangent, A @ X)


def test_the_jacobian_has_the_shape_of_the_result_and_that_of_the_argument():
    def f(x):
        return np.sin(x).reshape(3, 1) * x

    full = jacobian(f)(X)
    assert full.shape == (3, 3, 3)
    for i in np.ndindex(3, 3):
        np.testing.assert_allclose(full[i], grad(lambda x, i=i: f(x)[i])(X))
    np.testing.assert_array_equal(jacobian(lambda x: A @ x)(X), A)
    assert jacobian(lambda x: x**2)(3.0) == 6.0


def test_the_jacobian_by_several_arguments_and_forms():
    by_a, by_p = jacobian(lambda a, p: a @ p["x"], (0, 1))(A, {"x": X})
    assert by_a.shape == (3, 3, 3)
    np.testing.assert_array_equal(by_p["x"], A)


def test_the_hessian_and_its_product_with_a_vector():
    np.testing.assert_allclose(hessian(quadratic)(X), A)
    np.testing.assert_allclose(hvp(quadratic, X, X), A @ X)

    def f(x):
        return np.sum(np.exp(x)) * x[0]

    full = hessian(f)(X)
    np.testing.assert_allclose(full, full.T)
    np.testing.assert_allclose(full @ X, hvp(f, X, X))
    check_gradients(lambda x: np.sum(np.exp(x)) * x[0], X, order=2)


def test_the_hessian_of_a_matrix_argument():
    full = hessian(lambda x: np.sum(x * x * x))(A)
    assert full.shape == (3, 3, 3, 3)
    np.testing.assert_allclose(full[0, 0, 0, 0], 6 * A[0, 0])
    assert full[0, 0, 1, 1] == 0.0


# --- nesting --------------------------------------------------------------------------


def test_any_order_nests():
    f = np.sin
    for expected in (np.cos(0.3), -np.sin(0.3), -np.cos(0.3), np.sin(0.3)):
        f = grad(f)
        np.testing.assert_allclose(f(0.3), expected)


def test_an_inner_derivative_does_not_take_the_outer_variable_for_its_own():
    inner = grad(lambda x: x * grad(lambda y: x * y)(1.0))
    assert inner(3.0) == 6.0
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(3.0) == 1.0


def test_every_pair_of_derivatives_nests():
    np.testing.assert_allclose(jacobian(grad(quadratic))(X), A)
    np.testing.assert_allclose(
        grad(lambda x: np.sum(jacobian(lambda y: y**2)(x)))(X), [2.0, 2.0, 2.0]
    )
    assert grad(lambda x: jvp(lambda y: y**3, (x,), (1.0,))[1])(2.0) == 12.0
    assert grad(lambda x: vjp(lambda y: y**3, x)[1](1.0)[0])(2.0) == 12.0
    assert jvp(grad(lambda x: x**3), (2.0,), (1.0,)) == (12.0, 12.0)
    assert jvp(lambda x: jvp(np.sin, (x,), (1.0,))[1], (0.0,), (1.0,)) == (1.0, 0.0)
    np.testing.assert_allclose(
        grad(lambda x: np.sum(hvp(quadratic, x, x)))(X), A.sum(0)
    )


def test_the_value_inside_another_derivative_is_part_of_it():
    assert grad(lambda x: value_and_grad(lambda y: y * y)(x)[0])(3.0) == 6.0


def test_a_tensor_outside_gets_a_gradient_through_a_derivative():
    w = Tensor(3.0)
    penalty = grad(lambda x: w * x * x)(2.0) ** 2  # (2 w x) ** 2
    penalty.backward()
    assert w.grad == 2 * 12.0 * 4.0


# --- what it leaves alone -------------------------------------------------------------


def test_nobodys_gradient_is_touched():
    w, x = Tensor(3.0), Tensor(2.0)
    w.grad = x.grad = np.float64(7)
    grad(lambda x: w * x * x)(x)
    hessian(lambda x: w * x * x)(2.0)
    assert w.grad == x.grad == 7.0


def test_it_works_under_no_grad_and_gives_plain_numbers():
    w = Tensor(3.0)
    with no_grad():
        slope = grad(lambda x: w * x * x)(Tensor(2.0))
        value, pullback = vjp(lambda x: w * x, 2.0)
    assert (type(slope), slope) == (np.float64, 12.0)
    assert (type(value), value) == (np.float64, 6.0)
    assert pullback(1.0) == (3.0,)


# --- what is refused ------------------------------------------------------------------


def test_more_than_one_number_is_refused_by_grad():
    with pytest.raises(ValueError, match=r"grad: f returned shape \(3,\), .*jacobian"):
        grad(np.sin)(X)


def test_a_result_that_is_not_an_array_is_refused():
    with pytest.raises(TypeError, match="vjp: f returned a str, and must return one"):
        vjp(lambda x: (x, "x"), 2.0)


def test_a_place_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"grad: argnums \(2,\) .* with 1 arguments"):
        grad(np.sin, 2)(1.0)


def test_tangents_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"jvp: a direction .* \(2,\) came for .*\(3,"):
        jvp(np.sin, (X,), (np.ones(2),))


def test_an_integer_array_is_refused_as_by_tensor():
    with pytest.raises(TypeError, match="only floats have"):
        grad(np.sum)(np.arange(3))


def test_a_pullback_and_a_tangent_are_differentiated_too():
    at = np.array([1.0, 2.0])
    _, pullback = vjp(np.sin, at)
    v = Tensor([1.0, 1.0])
    np.sum(pullback(v)[0] ** 2).backward()
    np.testing.assert_allclose(v.grad, 2 * np.cos(at) ** 2)
    slopes = grad(lambda v: np.sum(vjp(np.sin, at)[1](v)[0] ** 2))(np.ones(2))
    np.testing.assert_allclose(slopes, 2 * np.cos(at) ** 2)
    slopes = grad(lambda t: np.sum(jvp(np.sin, (at,), (t,))[1] ** 2))(np.ones(2))
    np.testing.assert_allclose(slopes, 2 * np.cos(at) ** 2)


def test_what_is_made_inside_a_function_is_nobody_elses():
    inner = grad(lambda y: y**3)
    value, slope = value_and_grad(lambda x: x * inner(2.0) + inner(x))(3.0)
    assert (type(value), type(slope)) == (np.float64, np.float64)
    assert (value, slope) == (3 * 12 + 27, 12 + 18)
    product = grad(lambda x: np.sum(hvp(lambda y: np.sum(y**3), x, np.ones(2))))
    assert type(product(np.ones(2))) is np.ndarray


@pytest.mark.parametrize("out", [None, "s", object(), {1, 2}])
def test_a_function_that_returns_no_array_is_refused(out):
    for ask in (grad, jacobian, lambda f: lambda x: jvp(f, (x,), (x,))):
        with pytest.raises(TypeError, match=rf"f returned a {type(out).__name__}, and"):
            ask(lambda x: out)(1.0)


def test_a_direction_is_matched_by_its_keys_and_must_have_the_form_of_the_point():
    def f(p):
        return p["a"] ** 2 + 5 * p["b"] ** 2

    point = {"a": 1.0, "b": 3.0}
    assert hvp(f, point, {"b": 0.0, "a": 1.0}) == {"a": 2.0, "b": 0.0}
    assert jvp(f, (point,), ({"b": 0.0, "a": 1.0},))[1] == 2.0
    for wrong in ({"a": 1.0}, [1.0, 0.0], 1.0, {"a": np.ones(2), "b": 0.0}):
        with pytest.raises(ValueError, match="^hvp: a direction must have the form"):
            hvp(f, point, wrong)
    with pytest.raises(ValueError, match=r"shape \(2, 1\) came for shape \(2,\)"):
        hvp(lambda x: np.sum(x**3), np.array([1.0, 2.0]), np.array([[1.0], [2.0]]))


def test_the_hessian_of_several_arguments_comes_in_blocks():
    def f(p):
        return p["a"] ** 2 * np.sum(p["b"])

    blocks = hessian(f)({"a": 3.0, "b": np.array([1.0, 2.0])})
    assert blocks["a"]["a"] == 6.0
    np.testing.assert_array_equal(blocks["a"]["b"], [6.0, 6.0])
    np.testing.assert_array_equal(blocks["b"]["a"], [6.0, 6.0])
    np.testing.assert_array_equal(blocks["b"]["b"], np.zeros((2, 2)))
    both = hessian(lambda x, y: x * x * y, (0, 1))(2.0, 5.0)
    assert both == ((10.0, 4.0), (4.0, 0.0))


def test_the_jacobian_of_several_results_has_one_for_each():
    at = np.array([1.0, 2.0])
    square, total = jacobian(lambda x: (x * x, x.sum()))(at)
    np.testing.assert_array_equal(square, np.diag([2.0, 4.0]))
    np.testing.assert_array_equal(total, [1.0, 1.0])


@pytest.mark.parametrize("at", [14.0, 29.0, 51.0, 70.0])
def test_a_power_of_a_numpy_scalar_is_the_same_when_it_is_run_again(at):
    base, root = np.float64(1.05), np.float64(1 / 7)
    second = grad(grad(lambda x: base**x))(at)
    assert second == pytest.approx(np.log(1.05) ** 2 * 1.05**at, rel=1e-12)
    second = grad(grad(lambda x: x**root))(at)
    assert second == pytest.approx(1 / 7 * (1 / 7 - 1) * at ** (1 / 7 - 2), rel=1e-12)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: engine.grad(3.0), r"grad: f is 3\.0, and must be a function"),
        (lambda: engine.jacobian(None), r"jacobian: f is None, and must be a func"),
        (lambda: engine.vjp("f", 1.0), r"vjp: f is 'f', and must be a function"),
        (lambda: engine.grad(np.sum, 0.5), r"grad: argnums is 0\.5, and must be an in"),
        (lambda: engine.grad(np.sum, None), r"grad: argnums is None, and must be"),
        (lambda: engine.jvp(np.sin, 1.0, 1.0), r"jvp: primals and tangents must be l"),
        (lambda: engine.check_gradients(1, 2.0), r"check_gradients: f is 1, and must"),
        (lambda: engine.unbroadcast(1.0, ()), r"unbroadcast: g is a float and shape"),
    ],
)
def test_what_is_not_a_function_or_not_a_place_is_refused_by_name(ask, words):
    with pytest.raises(TypeError, match=f"^{words}"):
        ask()


def test_a_function_that_returns_what_is_older_than_its_argument_has_slope_zero():
    w = Tensor(3.0)
    with pytest.warns(UserWarning, match="does not depend on argument 0"):
        assert grad(lambda a: w)(2.0) == 0.0
    assert grad(lambda x: x * grad(lambda y: x)(1.0))(3.0) == 0.0
    assert grad(lambda x: x * (1.0 + grad(lambda y: x)(1.0)))(3.0) == 1.0
    rows = jacobian(lambda x: jacobian(lambda y: x)(x))(np.ones(2))
    np.testing.assert_array_equal(rows, np.zeros((2, 2, 2)))


def test_a_derivative_inside_leaves_the_graph_outside_alone():
    x = Tensor(2.0)
    outside = x * x
    outside.register_hook(pytest.fail)
    x.data = np.float64(5.0)  # since then: nobody asks for its slope here
    assert value_and_grad(lambda y: y * outside)(3.0)[1].item() == 4.0
    value, slope = jvp(lambda y: y * outside, [3.0], [1.0])
    assert (value.item(), slope.item()) == (12.0, 4.0)


def test_a_derivative_inside_a_long_program_costs_what_it_is_itself():
    x, walked = Tensor(1.0), []

    @op()
    def told(x):
        return x * 1.0, (lambda g: walked.append(g) or g,)

    outside = told(x)
    for _ in range(10):
        outside = told(outside * 1.0)
    assert grad(lambda y: (y * outside) ** 2)(3.0).item() == 6.0
    assert not walked


def test_the_tangent_of_a_result_of_integers_is_zero():
    for out in (3, np.int64(3), np.array([1, 2]), np.float32(1), True):
        value, slope = jvp(lambda x, out=out: out, [1.0], [1.0])
        assert value is out
        assert slope.dtype == np.result_type(out, 0.0)
        np.testing.assert_array_equal(slope, np.zeros(np.shape(out)))


def test_derivatives_of_nothing_keep_its_dtype():
    x = np.ones(0, np.float32)
    assert jacobian(lambda x: x * x)(x).dtype == np.float32
    assert hessian(lambda x: np.sum(x * x))(x).dtype == np.float32
