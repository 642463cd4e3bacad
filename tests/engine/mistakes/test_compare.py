"""When an answer is right: rounded, in another order, and where all cancels."""

import numpy as np
import pytest

from engine import Tensor, mistakes
from engine.mistakes.compare import Tolerance, digits


def agrees(answer, right, **options):
    return mistakes.agrees(np.asarray(answer, np.float64), right, **options)


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        (0.17, 1 / 6),
        (0.14, 1 / 7),
        (1.4, 1.449),
        (12, 12.34),
        (1235, 1234.567),
        (1.2e-12, 1.234e-12),
        ([1.2, 0.04, -1.9], [1.2265, 0.0396, -1.919]),
        ([-2.326, -20.02], [-2.32578, -20.01762]),
        ([6.0, 0.33], [6.0, 1 / 3]),
        (6, 6.0),
        (np.inf, np.inf),
    ],
)
def test_each_entry_may_be_rounded_to_two_digits_of_its_own(answer, right):
    assert agrees(answer, right)


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        (0.3, 1 / 3),
        (0.34, 1 / 3),
        (1.5, 1.449),
        (6, 6.3),
        (98, 100),
        (100, 98),
        ([1000, 0], [1000, 0.0009]),
        ([1, -1e-6], [1, 1e-6]),
        (0, 1e-9),
        (np.nan, np.nan),
        (np.inf, -np.inf),
        ([1.0], 1.0),
    ],
)
def test_what_is_farther_off_than_its_last_digit_is_wrong(answer, right):
    assert not agrees(answer, right)


def test_too_few_digits_are_said_to_be_too_few():
    x = Tensor(5.0, name="x")
    script = mistakes.script_of_graph(x / 3, lambda t: getattr(t, "name", ""))
    (found,) = mistakes.findings(script, script.gradients[x], np.asarray(0.3))
    assert found.text == "0.3 has too few digits to tell: give at least two."


@pytest.mark.parametrize(
    ("answer", "count"),
    [(6.01, 3), (4.99, 3), (0.25, 2), (12, 2), (7, 0), (1 / 3, 4), ([1.2, 3.4], 4)],
)
def test_digits_are_counted(answer, count):
    assert digits(np.asarray(answer, np.float64)) == count


def test_a_gradient_that_cancels_may_be_answered_by_zero():
    rng = np.random.default_rng(0)
    y, b = rng.normal(size=(5, 3)), Tensor(rng.normal(size=3), name="b")
    z = y + b  # a bias before batch norm
    centred = z - z.mean(axis=0)
    loss = ((centred / np.sqrt((centred**2).mean(axis=0) + 1e-5)) ** 3).mean()
    script = mistakes.script_of_graph(loss, lambda t: getattr(t, "name", ""))
    right = np.asarray(script.values[script.gradients[b]])
    assert np.abs(right).max() < 1e-15
    assert mistakes.findings(script, script.gradients[b], np.zeros(3)) == []
    assert mistakes.findings(script, script.gradients[b], np.full(3, 1e-6))


def test_a_program_in_half_precision_has_right_answers():
    v = np.array([0.3, 1.7, -2.3])
    x = Tensor(v.astype(np.float16), name="x")
    loss = (np.tanh(x) * np.exp(x)).mean()
    script = mistakes.script_of_graph(loss, lambda t: getattr(t, "name", ""))
    exact = np.exp(v) * (np.tanh(v) + 1 - np.tanh(v) ** 2) / 3
    assert mistakes.findings(script, script.gradients[x], exact) == []
    assert mistakes.findings(script, script.gradients[x], exact * 1.1)


def test_the_noise_of_cancellation_is_a_tolerance_of_its_own():
    assert agrees(0.0, 1e-17, tolerance=Tolerance(noise=1e-15))
    assert not agrees(0.0, 1e-13, tolerance=Tolerance(noise=1e-15))
