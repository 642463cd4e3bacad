"""A slope that a rule sets where its formula has no value, as for `x ** 0` at 0."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine import Tensor
from viz.words.local_derivative import RULE_ERRORS, closure
from viz.words.numbers import is_numpy
from viz.words.recorded import Recorded, is_apart, is_close


class Convention(NamedTuple):
    """A slope that a rule sets where its formula has no value.

    Attributes:
        slope: what the rule gives.
        formula: what its formula gives in that place: NaN, or an infinity.
        entries: in how many entries it is so.
        size: of how many.
    """

    slope: float
    formula: float
    entries: int
    size: int


def convention(node: Tensor, slot: int) -> Convention | None:
    """What a rule sets by convention; None if it follows its formula everywhere.

    The slope of `x ** 0`, say: `y * x ** (y - 1)` multiplies 0 by infinity at x = 0.
    """
    both = _by_rule_and_by_formula(node, slot)
    if both is None:
        return None
    rule, formula = both
    # Else the words may be about vectors of which there are several.
    entrywise = node.size == 1 or rule.shape == node.shape
    apart = is_apart(rule, formula)
    if not entrywise or not apart.any() or not (apart | is_close(rule, formula)).all():
        return None  # in the latter case its words are another formula
    return Convention(rule[apart][0], formula[apart][0], int(apart.sum()), apart.size)


def follows_formula(node: Tensor, slot: int) -> bool:
    """Whether a closure's formula, if it has one, comes to what the closure gives."""
    both = _by_rule_and_by_formula(node, slot)
    return both is None or bool(is_close(*both).all())


@np.errstate(all="ignore")
def _by_rule_and_by_formula(
    node: Tensor, slot: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """What a closure gives for ones; by its code, and by the formula that it tells."""
    if not getattr(closure(node, slot), "__doc__", None) or not is_numpy(node.data):
        return None
    try:
        both = Recorded(node, ones=True).values(slot)
    except RULE_ERRORS:  # it can't be run so
        return None
    return both if both is not None and both[0].shape == both[1].shape else None
