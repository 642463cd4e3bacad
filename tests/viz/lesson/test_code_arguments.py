"""code(f): arguments that are dicts, tuples and lists of arrays, and their names."""

from typing import NamedTuple

import numpy as np
import pytest

from engine import Tensor, grad, value_and_grad
from viz import code

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(10, 3)), RNG.normal(size=10)
PARAMS = {
    "w": RNG.normal(size=(3, 4)),
    "b": RNG.normal(size=4),
    "v": RNG.normal(size=4),
}


def header(written):
    return str(written).splitlines()[0].partition("(")[2].removesuffix("):")


def network(params, x, y):
    h = np.tanh(x @ params["w"] + params["b"])
    return ((h @ params["v"] - y) ** 2).mean()


def test_the_arrays_of_a_dict_are_called_by_their_keys():
    written = code(network, PARAMS, X, Y)
    assert header(written) == "w, b, v, x, y"
    value, gradients = written()
    assert value == network(PARAMS, X, Y)
    of_params, *rest = grad(network, (0, 1, 2))(PARAMS, X, Y)
    assert written.wrt == ("w", "b", "v", "x", "y")
    for g, right in zip(gradients, [*of_params.values(), *rest], strict=True):
        np.testing.assert_array_equal(g, right)


def test_a_call_takes_the_functions_form_and_the_programs_names():
    written = code(network, PARAMS, X, Y)
    there = {k: 2 * x for k, x in PARAMS.items()}
    right = network(there, X, Y + 1)
    assert written(there, X, Y + 1)[0] == right
    assert written(y=Y + 1, params=there)[0] == right
    assert written(there, y=Y + 1)[0] == right
    changed = PARAMS | {"w": there["w"]}
    assert written(w=there["w"])[0] == network(changed, X, Y)


def test_a_call_of_another_form_is_an_error_that_says_which():
    written = code(network, PARAMS, X, Y)
    for wrong in (PARAMS["w"], [*PARAMS.values()], {"w": 1.0}, PARAMS | {"c": 1.0}):
        with pytest.raises(ValueError, match="params must have the form .* w, b, v"):
            written(wrong)
    with pytest.raises(TypeError, match="parameters are params, x, y; 0 arrays came"):
        written(q=1.0)
    with pytest.raises(TypeError, match="4 arrays came, and none by name"):
        written(PARAMS, X, Y, Y)


def test_the_arrays_of_a_tuple_are_called_by_the_functions_variables():
    def line(params, x):
        slope, offset = params
        return (x @ slope + offset).sum()

    assert header(code(line, (RNG.normal(size=3), 0.5), X)) == "slope, offset, x"

    def layers(layers, x):
        for w, b in layers:
            x = np.tanh(x @ w + b)
        return x.sum()

    two = [(np.ones((3, 2)), np.zeros(2)), (np.ones((2, 2)), np.zeros(2))]
    written = code(layers, two, X)
    assert header(written) == "w, b, w2, b2, x"
    assert written(two, X)[0] == layers(two, X)


def test_what_has_no_name_of_its_own_is_called_by_the_way_to_it():
    def layers(layers, x):
        for layer in layers:
            x = np.tanh(x @ layer["w"] + layer["b"])
        return x.sum()

    two = [{"w": np.ones((3, 3)), "b": np.zeros(3)} for _ in range(2)]
    names = "layers_0_w, layers_0_b, layers_1_w, layers_1_b, x"
    assert header(code(layers, two, X)) == names
    # A parameter keeps its name beside a key that is the same.
    assert header(code(lambda x, p: (x * p["x"]).sum(), X, {"x": X})) == "x, p_x"

    def first(*arrays):
        return (arrays[0] * arrays[1]).sum()

    assert header(code(first, X, X)) == "arrays_0, arrays_1"


def test_a_named_tuple_has_names():
    class Line(NamedTuple):
        slope: float
        offset: float

    written = code(
        lambda line, x: (line.slope * x + line.offset).sum(), Line(2, 1.0), X
    )
    assert header(written) == "slope, offset, x"
    assert written(Line(3, 0.0))[0] == (3 * X).sum()


def test_an_array_that_is_given_twice_is_two_arguments():
    def f(x, y):
        return (x * x * y).sum()

    written = code(f, X, X)
    assert header(written) == "x, y"
    value, gradients = written(X, 2 * X)
    right, rights = value_and_grad(f, (0, 1))(X, 2 * X)
    assert value == right
    for g, r in zip(gradients, rights, strict=True):
        np.testing.assert_array_equal(g, r)


def test_numbers_and_lists_are_taken_for_arrays_of_the_dtype():
    written = code(lambda x, y: (x * y).sum(), np.ones(2, "f"), 3.0)
    value, (g, _) = written([1, 2], 4)
    assert (value, g.dtype, g.tolist()) == (12.0, np.float32, [4.0, 4.0])


def test_an_argument_that_nothing_depends_on_keeps_its_place():
    def f(x, y, z):
        return (y * y).sum() + grad(lambda z: (2 * z).sum())(z).sum()

    written = code(f, X, Y, Y)
    assert header(written) == "x, y, z"
    np.testing.assert_array_equal(written(X, 3 * Y, Y)[1][1], 6 * Y)


def test_gradients_have_the_numbers_of_their_values():
    def f(x, w):
        h = np.tanh(w * x)
        h = np.tanh(w * h)
        h = np.tanh(w * h)
        return h.sum()

    lines = str(code(f, X, 2.0)).splitlines()
    forward = [line for line in lines if line.strip().startswith("h")]
    assert [line.split()[0] for line in forward] == ["h", "h2", "h3"]
    assert any("= g_h3 * (1 - h3 * h3)" in line for line in lines)
    assert any("g_h2 * (1 - h2 * h2)" in line for line in lines)


def test_values_are_called_after_the_variables_that_they_are_stored_in():
    def f(x, wq, wk, wv):
        q, k, v = x @ wq, x @ wk, x @ wv
        (a, b), c = (q * k, k * v), q * v
        d = e = a * b
        s, t = np.split(c + d, 2)
        return (np.tanh(e) * np.tanh(c)).sum() + (s * t).sum()

    written = str(code(f, X, *(RNG.normal(size=(3, 4)) for _ in range(3))))
    for line in ("q = x @ wq", "k = x @ wk", "v = x @ wv", "c = q * v"):
        assert f"    {line}\n" in written
    assert "    g_q = " in written


def test_a_name_comes_from_the_function_and_not_from_the_line_that_asks():
    asked = code(np.sin, 0.5)
    assert "asked" not in str(asked)


def test_what_a_function_puts_into_its_dict_is_not_the_argument():
    def f(p):
        p["w"] = p["w"] * 2
        return (p["w"] ** 2).sum()

    value, (g_w,) = code(f, {"w": np.ones(3)})()
    assert (value, g_w.tolist()) == (12.0, [8.0, 8.0, 8.0])


def test_a_tensor_that_a_function_has_from_elsewhere_is_a_parameter_without_gradient():
    w = Tensor(RNG.normal(size=(5, 5)))

    def f(q):
        return (q @ w).sum()

    program = code(f, np.ones((5, 5)))
    assert list(program.arguments) == ["q", "w"]
    assert program.wrt == ("q",)
    np.testing.assert_array_equal(program()[1][0], grad(f)(np.ones((5, 5))).data)


def test_several_arguments_are_called_after_the_star_and_never_after_a_keyword():
    assert code(lambda *a, k=2.0: a[0] * a[1] * k, 1.0, 2.0).wrt == ("a_0", "a_1")
    assert code(lambda x, *r, scale=3.0: x * r[0] * scale, 1.0, 2.0).wrt == ("x", "r_0")


def test_an_argument_that_is_no_number_is_refused():
    with pytest.raises(TypeError, match=r"^code: an argument is None, and must be a n"):
        code(lambda x, s: x * x, 3.0, None)
    with pytest.raises(TypeError, match=r"^code: f returned a int64 that does not dep"):
        code(lambda x: x * x, 3)
