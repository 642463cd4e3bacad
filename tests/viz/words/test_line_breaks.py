"""Where long formulas and titles are broken into lines."""

import pytest

from viz.words.line_breaks import in_lines

BROKEN = [
    ("x.T @ ∂h", 28, ["x.T @ ∂h"]),
    ("∂v1 · stack + ∂v2 · row", 12, ["∂v1 · stack", "+ ∂v2 · row"]),
    ("∂v1 · row  Σ axes 0, 1", 12, ["∂v1 · row", "Σ axes 0, 1"]),
    ("∂v2 · ((v1 > 0) & (v1 < 9))", 20, ["∂v2 · ((v1 > 0)", "& (v1 < 9))"]),
    ("s = sum(v8, axis=-1) (2, 3, 1)", 22, ["s = sum(v8, axis=-1)", "(2, 3, 1)"]),
    ("r = reshape(v, (2, 3, 4))", 16, ["r = reshape(v,", "(2, 3, 4))"]),
    ("a_name_without_a_place_to_cut", 8, ["a_name_without_a_place_to_cut"]),
]


@pytest.mark.parametrize(("formula", "width", "lines"), BROKEN)
def test_a_formula_is_broken_before_operators_and_never_in_a_shape(
    formula, width, lines
):
    assert in_lines(formula, width) == lines


@pytest.mark.parametrize(("formula", "width", "lines"), BROKEN)
def test_nothing_but_space_is_lost(formula, width, lines):
    assert "".join(lines).replace(" ", "") == formula.replace(" ", "")
