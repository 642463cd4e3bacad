"""A node's rule, run again on Tensors: this is how a pass is differentiated.

A rule is written in functions that take Tensors too. With `create_graph` the pass runs
it once more, on the node's operands as Tensors, and uses the closures that come back:
what they compute is recorded. There is no second set of rules for second derivatives.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine._watch import watched_again
from engine.tensor import Tensor


def grad_fns_on_tensors(node: Tensor) -> tuple[Any, ...]:
    """The node's closures, over Tensors; None where the node has none.

    Raises:
        RuntimeError: if the value is not the one that the rule gave before, or not a
            Tensor.
    """
    if node.rule is None:  # a leaf, which has no operands
        return ()
    first_only = f"backward: rule '{node.op}' has first derivatives only: "
    try:
        value, grad_fns = node.rule(*map(as_tensor, node.parents), **node.options or {})
    except TypeError as error:  # it asked for plain numbers, or for what has no rule
        raise RuntimeError(f"{first_only}run again on Tensors, {error}") from error
    if type(value) is not Tensor:
        raise RuntimeError(
            f"{first_only}run again on Tensors it gave a {type(value).__name__}"
        )
    if not _equal_to_the_bit(value.data, node.data):
        raise RuntimeError(
            f"backward: the data of an operand of '{node.op}' was changed since the "
            "forward pass, so its derivative is no longer that of the value"
        )
    pairs = zip(grad_fns, node.grad_fns, strict=True)
    return tuple(
        None if before is None else watched_again(fn, before) for fn, before in pairs
    )


def as_tensor(x: Any) -> Any:
    """x as a Tensor; a Python number as it is, so that it widens no float32."""
    if type(x) is Tensor or type(x) in (int, float):
        return x
    constant = Tensor(0.0, requires_grad=False)
    constant.data = x  # a scalar as it came: NumPy rounds powers of arrays otherwise
    return constant


def _equal_to_the_bit(again: Any, before: Any) -> bool:
    """NaN included. An array of another library is not compared: that computes it."""
    if not isinstance(before, np.ndarray | np.generic):
        return True
    again = again.astype(before.dtype)  # in-place addition rounds to the array's dtype
    return bool(np.array_equal(again, before, equal_nan=True))
