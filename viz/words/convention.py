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


@np.errstate(all="ignore")
def convention(node: Tensor, slot: int) -> Convention | None:
    """What a rule sets by convention; None if it follows its formula everywhere.

    The slope of `x ** 0`, say: `y * x ** (y - 1)` multiplies 0 by infinity at x = 0.
    """
    if not getattr(closure(node, slot), "__doc__", None) or not is_numpy(node.data):
        return None
    try:
        both = Recorded(node, ones=True).values(slot)
    except RULE_ERRORS:  # it can't be run so
        return None
    if both is None or both[0].shape != both[1].shape:
        return None
    rule, formula = both
    # Else the words may be about vectors of which there are several.
    entrywise = node.size == 1 or rule.shape == node.shape
    apart = is_apart(rule, formula)
    if not entrywise or not apart.any() or not (apart | is_close(rule, formula)).all():
        return None  # in the latter case its words are another formula
    return Convention(rule[apart][0], formula[apart][0], int(apart.sum()), apart.size)
