"""Whether a recorded value still follows from the inputs, or data was changed since.

The one idea: a rule is pure, so running it again on its operands must give the value
that the node holds. Where it does not, a training step (or a hand) came between, and
the picture says so, on that card and on all that were computed from it. Hooks and
`.grad` are not touched.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import Tensor
from viz.formula import RULE_ERRORS
from viz.numbers import is_numpy, plain

_ROUNDING = 64  # machine epsilons that two runs of one sum may differ by


def stale_ids(order: list[Tensor]) -> set[int]:
    """The `id()` of every op whose value no longer follows from the inputs.

    Args:
        order: the ops, operands before what is computed from them.
    """
    stale: set[int] = set()
    for node in order:
        inherited = any(id(parent) in stale for parent in node.parents)
        if inherited or _differs(node):
            stale.add(id(node))
    return stale


def _differs(node: Tensor) -> bool:
    operands = [plain(parent) for parent in node.parents]
    if node.rule is None or not all(map(is_numpy, (node.data, *operands))):
        return False  # another library's arrays: looking would compute them
    try:
        with np.errstate(all="ignore"):
            value, _ = node.rule(*operands, **(node.options or {}))
    except RULE_ERRORS:
        return True  # the data no longer fits the rule
    values = value if isinstance(value, tuple) else (value,)  # svd and its like
    return not any(_same(value, node.data) for value in values)


def _same(value: Any, held: Any) -> bool:
    value, held = np.asarray(value), np.asarray(held)
    if value.shape != held.shape:
        return False
    if held.dtype.kind not in "fc" or (value == held).all():  # as it nearly always is
        return bool((value == held).all())
    finite = np.abs(held[np.isfinite(held)])
    bound = _ROUNDING * np.finfo(held.dtype).eps * finite.max(initial=0.0)
    return np.allclose(value, held, rtol=0.0, atol=float(bound), equal_nan=True)
