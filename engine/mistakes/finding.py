"""What a mistake is called, and what is said about it."""

from __future__ import annotations

from typing import NamedTuple

# kind -> what it means. Those that people make most come first: where several fit, they
# are offered in this order.
KINDS = {
    "upstream": "the gradient that arrives from above is left out, or is another one",
    "own value": "an operand's own value in place of the other operand's",
    "input or output": "an op's input where its output belongs, or the other way round",
    "sign": "a sign is wrong",
    "exponent": "an exponent is not brought down, or not lowered",
    "factor": "a factor of the local derivative is missing, or one too many",
    "mean": "1 / n is missing, is one too many, or has another n",
    "transposed": "a transposition is missing, or one too many",
    "swapped": "the two sides of a product, a difference or a quotient are exchanged",
    "sum": "a sum over an axis that was broadcast is missing, or one too many",
    "axis": "another axis",
    "use": "one of several uses is missing, counts twice, or overwrites the others",
    "gate": "a mask is left out, or is another one",
    "diagonal": "only the diagonal of a Jacobian",
    "repeated index": "an index that is used several times counts once",
    "inverse": "divided where to multiply, or the other way round",
    "added": "added where to multiply, or multiplied where paths are added",
    "split": "shared out at a sum",
    "order": "the nodes are visited in another order",
    "not zeroed": "gradients of an earlier pass are still in it",
    "stepped": "a parameter was updated before the pass had used it",
    "broadcast": "(n, 1) against (n,) made an (n, n)",
    "seed": "the pass began with 0 instead of 1",
    "shape": "the right numbers in another shape",
    "multiple": "all entries are the right ones times one number",
    "entries": "none of these: how many entries are off",
}


UNNAMED = ("shape", "multiple", "entries")  # which say what is off, and not why


class Finding(NamedTuple):
    """One thing that is off.

    Attributes:
        kind: a word of KINDS.
        text: a sentence for whoever made the mistake.
    """

    kind: str
    text: str
