"""The gradient of a loop's variable, round by round."""

import re

import numpy as np
import pytest

from engine import Tensor, topological_order
from viz.picture.colours import THEMES
from viz.picture.repeats import loops_in
from viz.picture.sparkline import Profile


def profile(slope, rounds=20, shape=(), *, run=True):
    h = Tensor(np.full(shape, 0.5))
    for _ in range(rounds):
        h = np.sin(h) * slope
    loss = h.sum()
    if run:
        loss.backward()
    (loop,) = loops_in([op for op in topological_order([loss]) if op.parents])
    (variable,) = loop.variables
    return Profile(variable), variable


def heights(found):
    """Of the points of the line, from its foot: 0 to 1."""
    svg = found.chart().draw(THEMES["light"])
    line = re.search(r'stroke-width="1.2" stroke-linejoin="round" d="M([^"]*)"', svg)[1]
    return [(22 - float(point.split()[1])) / 20 for point in line.split("L")]


@pytest.mark.parametrize("shape", [(), (3,)])
def test_it_has_the_largest_gradient_of_each_round(shape):
    found, variable = profile(0.9, shape=shape)
    assert found.sizes == [np.abs(value.grad).max() for value in variable.values]
    assert len(found.sizes) == 20


def test_its_ends_are_said_and_a_logarithmic_scale_too():
    found, _ = profile(0.98)
    assert not found.is_logarithmic
    assert found.words == f"|∂| {min(found.sizes):.4g} … 1.0 by round"
    faded, _ = profile(0.3)
    assert faded.is_logarithmic
    assert faded.words.endswith(" by round, log scale")


def test_what_fades_rises_evenly_on_its_scale_and_what_stays_is_level():
    faded, _ = profile(0.3, rounds=20)
    steps = np.diff(heights(faded))
    np.testing.assert_allclose(steps[3:], steps[-1], rtol=0.1)
    assert heights(faded)[-1] == pytest.approx(1.0)
    level, _ = profile(1.0, rounds=5)
    assert min(heights(level)) > 0.4


def test_before_a_pass_there_is_none():
    found, _ = profile(0.9, run=False)
    assert found.sizes == []


def test_of_many_rounds_as_many_points_as_can_be_told_apart():
    found, _ = profile(0.9999, rounds=5000)
    assert len(heights(found)) == 96


def test_infinite_gradients_are_at_the_top_and_none_at_the_foot():
    found, variable = profile(0.9)
    values = variable.values
    for value in values:
        value.grad = np.float64(1.0)
    values[3].grad, values[4].grad = np.float64(np.inf), np.float64(0.0)
    found = Profile(variable)
    assert heights(found)[3:5] == [1.0, 0.0]
    for value in values:
        value.grad = np.float64(0.0)
    assert set(heights(Profile(variable))) == {0.0}
