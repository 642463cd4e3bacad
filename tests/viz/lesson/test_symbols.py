"""What tensors and local derivatives are called in a formula.

A symbol is held to what it stands for. A local derivative is held to a table of
derivatives, and computes the number that is printed beside it.
"""

import re

import numpy as np
import pytest
from helpers.explanations import leaf, told

from engine import Tensor, op
from viz.words.numbers import number

# --- names ----------------------------------------------------------------------------


def test_what_has_no_name_is_v1_v2_and_so_on_and_is_said_to_be():
    x = leaf(2.0)
    assert told((x * 3.0 + 1.0) ** 2 * x, x) == [
        "∂L/∂x = 1.0 · ∂(v3 × x)/∂x + ∂L/∂v1 · ∂v1/∂x  x is used twice",
        "  = (1.0) · (v3 = 49.0) + (28.0) · (3.0)",
        "  = 49.0 + 84.0",
        "  = 133.0  nudged by 1e-6 in the recorded graph: 133.0 ✓",
        "where L = v3 × x = 98.0",
        "where v3 = v2 ** 2 = 49.0",
        "where v1 = x × 3.0 = 6.0",
    ]


def test_a_leaf_without_a_name_is_not_said_to_be_computed():
    x, y = Tensor(2.0), Tensor(3.0)
    found = told(x * y * 5.0, x)
    assert found[:2] == [
        "∂L/∂v1 = ∂L/∂v3 · ∂v3/∂v1  v1 is used once",
        "  = (5.0) · (v2 = 3.0)",
    ]
    assert "where v3 = v1 × v2 = 6.0" in found
    assert not any("()" in line for line in found)


def test_a_made_up_name_is_not_one_that_the_user_has():
    L, v1 = leaf(3.0, "L"), leaf(4.0, "v1")
    assert told(L * v1 * 2.0, v1)[0].startswith("∂t2/∂v1 = ∂t2/∂t1 · ∂t1/∂v1")


@pytest.mark.parametrize("name", ["v1", "L"])
def test_nor_one_that_a_constant_has(name):
    x, constant = leaf(2.0), np.array([5.0, 6.0])
    loss = (np.tanh(x) * constant).sum()
    text = "\n".join(told(loss, x, {name: constant}))
    assert name not in re.findall(r"(?:∂|where )(\w+)", text)


def test_two_constants_of_one_number_are_numbers():
    x = leaf(2.0)
    assert told(x * np.array(5.0), x)[1] == "  = (1.0) · (5.0)"
    assert told(x * 5.0, x)[1] == "  = (1.0) · (5.0)"
    c = Tensor(5.0, requires_grad=False, name="c")
    assert told(x * c, x)[1] == "  = (1.0) · (c = 5.0)"


# --- local derivatives ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "symbol"),
    [
        (lambda x, y: x / y, "1 / y = 0.25"),
        (lambda x, y: y / x, "-L / x = -1.0"),
        (lambda x, y: np.exp(x), "L = 7.389"),
        (lambda x, y: np.sin(x), "cos(x) = -0.4161"),
        (lambda x, y: np.cos(x), "-sin(x) = -0.9093"),
        (lambda x, y: np.tanh(x), "1 - L · L = 0.07065"),
        (lambda x, y: np.log(x), "1 / x = 0.5"),
        (lambda x, y: np.sqrt(x), "1 / (2 · L) = 0.3536"),
        (lambda x, y: -x, "-1.0"),
        (lambda x, y: y - x, "-1.0"),
        (lambda x, y: x + y, "1.0"),
        (lambda x, y: x**y, "y · x ** (y - 1) = 32.0"),
        (lambda x, y: y**x, "L · log(y) = 22.18"),
    ],
)
def test_a_local_derivative_is_the_rules_own_in_the_users_names(make, symbol):
    x, y = leaf(2.0, "x"), leaf(4.0, "y")
    assert told(make(x, y), x)[1] == f"  = (1.0) · ({symbol})"


ONE = "exp exp2 expm1 log log2 log10 log1p sin cos tan sinc arcsin arccos arctan sinh"
ONE += (
    " cosh tanh arcsinh arctanh sqrt cbrt square reciprocal negative absolute deg2rad"
)

TWO = (
    "add subtract multiply divide power maximum fmin hypot arctan2 logaddexp logaddexp2"
)
TWO += " remainder fmod copysign float_power"


@pytest.mark.parametrize("name", [*ONE.split(), *TWO.split()])
def test_a_symbol_computes_the_number_beside_it(name):
    p, q = leaf(0.6, "p"), leaf(1.7, "q")
    f = getattr(np, name)
    made = [f(p)] if name in ONE.split() else [f(p, q), f(q, p), f(p, -1.7 + 3 * q)]
    for L in made:
        known = {**vars(np), "π": np.pi, "v2": 3.4}
        known |= {"p": 0.6, "q": 1.7, "L": L.item()}
        local = told(L, p, {"L": L})[1].removeprefix("  = (1.0) · ")
        symbol, equals, shown = local[1:-1].rpartition(" = ")
        slope = number(p.grad)
        assert shown == slope
        if equals:
            computed = float(eval(symbol.replace("·", "*"), known))
            assert computed == pytest.approx(p.grad, rel=1e-12)
        p.grad = None


def test_an_exponent_is_reduced_as_one_writes_it():
    x = leaf(2.0)
    symbol = "-3.0 · x ** -4.0 = -0.1875"
    assert told(x**-3.0, x)[1] == f"  = (1.0) · ({symbol})"


def test_a_letter_that_a_rule_bound_anew_is_what_it_was_bound_to():
    @op()
    def scaled(x, y):
        y = y * 2.0
        return x * y, (lambda g: g * y, lambda g: g * x * 2.0)

    p, q = leaf(2.0, "p"), leaf(3.0, "q")
    (found,) = (line for line in told(scaled(p, q), p) if "(1.0) · " in line)
    assert "(q · 2.0 = 6.0)" in found


@pytest.mark.parametrize("name", ["inf", "nan", "e5", "1_0"])
def test_a_name_that_python_could_read_as_a_number_is_a_name(name):
    x, y = leaf(2.0, "x"), leaf(3.0, name)
    assert told(x * y, x)[1] == f"  = (1.0) · ({name} = 3.0)"
