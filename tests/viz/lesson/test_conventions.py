"""What an explanation must not claim: false equations, and a tick where none is due.

Where a rule sets a slope, its formula is not written before the number; the nudge is
of the recorded graph, and says so; and beside a kink, a jump, or a number that rounding
has eaten, there is no tick.
"""

import itertools
import re

import numpy as np
import pytest
from helpers.explanations import leaf, lines, reasons, told

from engine import Tensor, op, rules
from nn import relu
from viz.lesson.explain import explain
from viz.lesson.nudge import nudged
from viz.words.convention import convention
from viz.words.numbers import number

ONE = "exp exp2 expm1 log log2 log10 log1p sin cos tan sinc arcsin arccos arctan sinh"
ONE += (
    " cosh tanh arcsinh arccosh arctanh sqrt cbrt square reciprocal negative absolute"
)
TWO = "add subtract multiply divide power float_power maximum minimum fmax fmin hypot"
TWO += " arctan2 logaddexp logaddexp2 remainder fmod copysign"
POINTS = [-2.0, -1.0, 0.0, 0.5, 1.0, 3.0]


def nudge(loss, x):
    """What the nudge says: `6.000 ✓`."""
    (line,) = (line for line in told(loss, x) if "nudged by" in line)
    return line.partition("in the recorded graph: ")[2]


# --- every equation is true -----------------------------------------------------------


def equations(op_name):
    """All `formula = number` that are printed of an op at odd places."""
    f = getattr(np, op_name)
    two = op_name in TWO.split()
    with np.errstate(all="ignore"):
        for p, q in itertools.product(POINTS, POINTS if two else [0.5]):
            x, y = leaf(p, "p"), leaf(q, "q")
            loss = f(x, y) if two else f(x)
            for wrt in (x, y) if two else (x,):
                for line in lines(explain(loss, wrt, names={"L": loss})):
                    known = {"p": np.float64(p), "q": np.float64(q), "L": loss.data}
                    for formula, value in re.findall(r"· \((.+) = ([^ ]+)\)$", line):
                        yield formula, value, known


@pytest.mark.parametrize("name", [*ONE.split(), *TWO.split()])
def test_a_formula_comes_to_the_number_beside_it(name):
    names = {**vars(np), "π": np.pi}
    for formula, value, known in equations(name):
        with np.errstate(all="ignore"):
            computed = eval(formula.replace("·", "*"), names | known)
            assert number(float(computed)) == value, formula


@pytest.mark.parametrize(
    ("make", "at", "formula", "value"),
    [
        (lambda x: x**0, 0.0, "0 · x ** -1", "NaN"),
        (lambda x: 0.0**x, 2.0, "L · log(0.0)", "NaN"),
        (lambda x: 0.0**x, 0.0, "L · log(0.0)", "-∞"),
        (lambda x: np.float_power(x, 0.0), 0.0, "0.0 · x ** -1.0", "NaN"),
    ],
)
def test_a_slope_that_a_rule_sets_is_a_convention(make, at, formula, value):
    x = leaf(at)
    found = told(make(x), x)
    assert found[1] == "  = (1.0) · (0.0 by convention)"
    assert any(
        r.endswith(
            "to x: its local derivative is 0.0 by convention: the formula "
            f"{formula} gives {value} there"
        )
        for r in found
    )


def test_of_two_uses_each_is_told():
    x = leaf(0.0)
    found = told(x**x, x)
    assert found[1] == "  = (1.0) · (0.0 by convention) + (1.0) · (0.0 by convention)"
    assert not any("log(x) = " in line for line in found)
    assert sum("by convention:" in line for line in found) == 2


def test_where_other_terms_remain_the_convention_is_a_line_of_its_own():
    x = leaf([0.0, 2.0, 0.0])
    assert reasons((x**0).sum() + x.sum(), x) == [
        "the slope of v1 = x ** 0 by x is 0.0 by convention in 2 of 3 entries: the "
        "formula 0 · x ** -1 gives NaN there"
    ]


def test_of_many_conventions_three_are_told():
    x = leaf(0.0)
    loss = x + sum(x**0 for _ in range(5))
    assert sum("by convention:" in line for line in reasons(loss, x)) == 3


def test_the_norm_of_zeros_is_told_by_its_own_formula():
    x = leaf([0.0, 0.0])
    assert reasons(np.linalg.norm(x), x)[0] == (
        "L = norm(x) lets nothing through to x: its local derivative is 0.0 by "
        "convention in 2 of 2 entries: its formula gives NaN there"
    )


@op()
def in_words(x, *, which):
    """x * x, with closures that say it well or badly."""

    def right(g):
        """g * 2 * x"""
        return g * 2.0 * x

    def wrong(g):
        """g * 3 * x * x / x"""
        return g * 2.0 * x

    def unknown(g):
        """g * twice(x)"""
        return g * 2.0 * x

    def sentence(g):
        """twice of g, and x times"""
        return g * 2.0 * x

    return x * x, ((right, wrong, unknown, sentence)[which],)


@pytest.mark.parametrize(
    ("which", "shown"),
    [(0, "2 · x = 6.0"), (1, "6.0"), (2, "2.0 · x = 6.0"), (3, "6.0")],
)
def test_a_formula_that_is_not_what_the_rule_does_is_not_shown(which, shown):
    x = leaf(3.0)
    node = in_words(x, which=which)
    assert told(node, x)[1] == f"  = (1.0) · ({shown})"
    assert convention(node, 0) is None
    assert convention(in_words(leaf([0.0, 3.0]), which=which), 0) is None


def test_of_a_square_matrix_the_norms_of_rows_are_not_taken_for_a_convention():
    x = leaf([[0.0, 0.0], [3.0, 4.0]])
    assert convention(rules.norm(x, axis=1), 0) is None  # its words are of one vector


# --- what the nudge may say -----------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        abs,
        relu,
        lambda x: np.maximum(x, 0.0),
        lambda x: np.hypot(x, 0.0),
        lambda x: np.copysign(x, 2.0),
        lambda x: np.clip(x, 0.0, 1.0),
        lambda x: abs(x * 3.0) * 2.0 + x,
    ],
)
def test_at_a_kink_the_slope_is_a_convention(make):
    x = leaf(0.0)
    assert nudge(make(x), x).endswith(
        " to the right, a kink: the slope is a convention"
    )


@pytest.mark.parametrize("make", [np.linalg.norm, np.std, np.max, np.ptp])
def test_so_it_is_for_arrays(make):
    x = leaf([0.0, 0.0])
    assert nudge(make(x), x).endswith("a kink: the slope is a convention")


def test_a_gradient_outside_of_both_slopes_is_wrong_at_a_kink_too():
    @op()
    def bent(x):
        return np.abs(x), (lambda g: g * (np.sign(x) + 1.5),)

    x = leaf(0.0)
    assert nudge(bent(x), x).endswith(
        "-1.000 to the left and 1.000 to the right, a kink ✗"
    )


def test_two_conventions_that_miss_the_slope_are_seen():
    x = leaf(0.0)  # the loss is x, and relu has the slope 0 at 0
    assert nudge(relu(x) - relu(-x), x) == "1.000 ✗"


@pytest.mark.parametrize("make", [lambda x: x % 2.0, lambda x: x - np.fmod(x, 4.0)])
def test_at_a_jump_there_is_no_slope(make):
    x = leaf(4.0)
    assert nudge(make(x), x) == "the loss jumps here"


def test_a_slope_that_rounding_has_eaten_is_not_ticked():
    x = leaf(1.0)
    assert nudge(x + 1e20, x) == "0.000, within rounding"


def test_small_numbers_that_large_ones_left_are_neither_wrong_nor_a_kink():
    x = leaf([1.0, 2.0, 4.0])
    assert "✗" not in (said := nudge((x - x.mean()).sum(), x))
    assert "kink" not in said
    assert "jumps" not in said
    assert nudge(((x - x.data.mean()) / 1.25).sum(), x) == "0.8000 ✓"


def test_a_flat_place_is_not_wrong_for_its_third_derivative():
    x = leaf(0.0)
    assert nudge(x * x + x * x * x, x).endswith(" ✓")
    assert nudge(x * x * x, x).endswith(" ✓")


def test_what_is_not_a_number_is_not_nudged():
    x = leaf(np.nan)
    assert nudged(np.fmax(x, 1.0), x) is None


# --- what left the graph --------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda x: (x.data * x).sum(), "the array of shape (2,) in v2 = v1 × x"),
        (lambda x: (x * x.data[::-1]).sum(), "the array of shape (2,) in v2 = x × v1"),
        (lambda x: (x - x.data.mean()).sum(), "1.65 in v1 = x - 1.65"),
        (lambda x: x.sum() * np.round(x[0]), "2.0 in L = v1 × 2.0"),
    ],
)
def test_plain_data_that_may_have_left_the_graph_is_said_to_be_held_fixed(make, what):
    x = leaf([2.3, 1.0])
    loss = make(x)
    found = told(loss, x)
    assert any("nudged by 1e-6 in the recorded graph: " in line for line in found)
    assert found[-1] == (
        f"{what} is plain data: gradient and nudge hold it fixed, whatever it was "
        "computed from"
    )


def test_literals_constants_and_data_are_ordinary():
    x, c = leaf([2.3, 1.0]), Tensor([1.0, 2.0], requires_grad=False, name="c")
    data = np.array([3.0, 4.0])
    loss = ((x * 2.0 + c - 1) * data * x.detach()).sum()
    assert not any("plain data" in line for line in told(loss, x))


def test_it_is_said_once():
    x = leaf(2.3)
    loss = x * np.float64(2.0) * np.float64(3.0)
    assert sum("plain data" in line for line in told(loss, x)) == 1
