"""The slope measured, where it agrees, and where there is a kink.

A nudge is right about a smooth function wherever it is asked, says both slopes at a
kink, and catches a rule that is wrong by one percent.
"""

import re

import numpy as np
import pytest
from helpers.explanations import leaf, told

from engine import op
from nn import relu
from viz.lesson.nudge import four_digits, nudged
from viz.words.numbers import number

SMOOTH = [
    lambda x: x * 3.0,
    lambda x: x * x,
    lambda x: x**5,
    lambda x: x**-2,
    lambda x: 1.0 / x,
    lambda x: 2.0**x,
    np.exp,
    np.log,
    np.log1p,
    np.sqrt,
    np.cbrt,
    np.sin,
    np.cos,
    np.tan,
    np.arctan,
    np.sinh,
    np.tanh,
    np.arcsinh,
    lambda x: np.hypot(x, 3.0),
    lambda x: np.logaddexp(x, 1.0),
    lambda x: np.exp(-x * x) * np.sin(5.0 * x),
    lambda x: abs(x) * relu(x),
]


def nudge(loss, x):
    """What the nudge says: `6.000 ✓`."""
    (line,) = (line for line in told(loss, x) if "nudged by" in line)
    return line.partition("nudged by ")[2].partition(": ")[2]


@pytest.mark.parametrize("f", SMOOTH, ids=range(len(SMOOTH)))
@pytest.mark.parametrize("at", [0.3, 0.7, 1.9])
def test_a_nudge_agrees_with_the_slope_of_a_smooth_function(f, at):
    x = leaf(at)
    assert re.fullmatch(r"-?[\d.e-]+ ✓", nudge(f(x), x))


@pytest.mark.parametrize(
    ("f", "at"),
    [
        (np.cos, 0.0),
        (lambda x: x**2, 0.0),
        (lambda x: (x - 3.0) ** 2, 3.0),
        (lambda x: (x - 3.0) ** 2 * 1e6, 3.0),
        (lambda x: np.exp(-x * x), 0.0),
    ],
)
def test_a_smooth_top_or_bottom_is_not_a_kink(f, at):
    x = leaf(at)
    assert nudge(f(x), x).endswith("✓")


@pytest.mark.parametrize("at", [1e-2, 1e-3, 3e-4])
@pytest.mark.parametrize("f", [np.log, lambda x: 1.0 / x, np.sqrt])
def test_a_strong_bend_is_not_a_kink(f, at):
    x = leaf(at)
    assert nudge(f(x), x).endswith("✓")


def test_a_slope_that_a_long_chain_made_small_is_not_a_kink():
    x = y = leaf(1.0)
    for _ in range(3000):
        y = np.tanh(y)
    assert nudge(y, x).endswith("✓")


@pytest.mark.parametrize("at", [1e-9, 1e3, 1e8, -1e15, 123456.7])
def test_the_nudge_is_as_large_as_the_number(at):
    x = leaf(at)
    assert nudge(x * 2.0, x) == "2.000 ✓"
    assert nudge(x * x, x).endswith("✓")


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (abs, "-1.000 to the left and 1.000 to the right, a kink"),
        (relu, "0.000 to the left and 1.000 to the right, a kink"),
        (
            lambda x: np.maximum(x, -2.0 * x),
            "-2.000 to the left and 1.000 to the right",
        ),
        (lambda x: abs(x) * 1e-3 + x, "0.9990 to the left and 1.001 to the right"),
    ],
)
def test_at_a_kink_the_nudge_says_both_slopes(f, words):
    x = leaf(0.0)
    assert nudge(f(x), x).startswith(words)


@pytest.mark.parametrize("by", [1.01, 0.99, 1.001, -1.0])
def test_a_rule_that_is_wrong_by_one_percent_is_found_out(by):
    @op()
    def bent(x):
        return np.sin(x), (lambda g: g * np.cos(x) * by,)

    x = leaf(0.5)
    found = told(bent(x) * 2.0, x)
    result, _, said = found[2].partition("nudged by 1e-6 in the recorded graph: ")
    assert (result, said) == (f"  = {number(1.7551651237807455 * by)}  ", "1.755 ✗")
    w = leaf([0.5, 0.2], "w")
    assert "  entry [1] nudged by 1e-6 in the recorded graph: 0.9801 ✗" in told(
        bent(w).sum(), w
    )


@pytest.mark.parametrize("dtype", ["f4", ">f4", "f8", ">f8"])
def test_rounding_of_a_narrow_float_does_not_disturb_the_nudge(dtype):
    for at in (0.1, 0.37, 0.73, 1.3, 2.9):
        x = leaf(np.full((), at, dtype))
        assert nudge(np.exp(x) * np.sin(x) * x * x / (1 + x), x).endswith("✓")
        w = leaf(np.full((2,), at, dtype))
        assert nudge((np.tanh(w) * w).sum(), w).endswith("✓")


def test_a_float16_is_not_called_wrong_for_its_three_digits():
    for at in (0.1, 0.37, 0.73, 1.3, 2.9):
        x = leaf(np.float16(at))
        assert not nudge(np.exp(x) * np.sin(x) * x * x / (1 + x), x).endswith("✗")


@pytest.mark.parametrize("large", [1e5, 1e8, 1e10])
def test_what_rounds_away_beside_a_large_number_is_not_a_disagreement(large):
    x = leaf(0.7)
    said = nudge(np.sin(x) + large, x)
    assert "✗" not in said
    assert "kink" not in said


def test_an_entry_of_an_array_is_nudged_alone():
    w = leaf(np.arange(6.0).reshape(2, 3))
    loss = (w**2).sum()
    for entry in np.ndindex(2, 3):
        assert nudged(loss, w, entry).slope == pytest.approx(
            2 * w.data[entry], abs=1e-6
        )
    assert w.data.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]


def test_an_inner_tensor_can_be_nudged():
    x = leaf(0.5)
    y = np.sin(x)
    loss = y**2 * x
    assert nudged(loss, y).slope == pytest.approx(2 * np.sin(0.5) * 0.5)
    assert nudged(loss, loss).slope == pytest.approx(1.0)


@pytest.mark.parametrize("at", [np.inf, -np.inf])
def test_an_infinite_input_is_not_nudged(at):
    x = leaf(at)
    loss = np.exp(-abs(x)) + 1.0
    assert nudged(loss, x) is None
    assert not any("nudged" in line for line in told(loss, x))


def test_where_a_nudge_leaves_the_domain_it_says_nothing():
    x = leaf(1e-7)
    assert nudged(np.log(x) * 1.0, x) is None or nudge(np.log(x), x).endswith("✓")
    z = leaf([1.0, 2.0])
    taken = z[z > 1.0 + 1e-9].sum()  # an entry more would change the shape
    assert nudged(taken, z, (0,)) is None or nudged(taken, z, (0,)).slope == 0.0


def test_a_measured_number_has_four_digits():
    for value, text in [
        (6.0, "6.000"),
        (-2.0, "-2.000"),
        (0.0, "0.000"),
        (-0.0, "0.000"),
        (12.0, "12.00"),
        (1234.6, "1235"),
        (1e-4, "0.0001000"),
        (99999.0, "1e5"),
        (9999.96, "1e4"),
        (1e-5, "1e-5"),
    ]:
        assert four_digits(value) == text
