"""What a folded card says: what it hides, and what comes out of it.

The one idea: nothing is dropped silently. A folded card counts the ops, parameters and
constants that it hides, and shows the value and the gradient of each of its outputs as
if they were cards of their own.

Which ops are folded is decided in folding.py; what its edges say, in edges.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine import Tensor
from viz.boxes import Box
from viz.cards import CHANGED, NAMELESS, Field, Line, number_rows, operand_name
from viz.labels import name_label, shorten, visible
from viz.names import Names
from viz.numbers import (
    gradient_lines,
    gradient_text,
    is_numpy,
    plain,
    size_of,
    value_lines,
)

FOLD = "▣"
_WIDEST = 48  # characters of a title
_MOST_OUTPUTS = 6  # that have a row each


def folded_rows(
    box: Box, names: Names, show: frozenset[str], *, stale: bool
) -> list[list[Field]]:
    """The rows of a folded card: its title, what it hides, and what comes out of it."""
    title = shorten(visible(box.title), _WIDEST)
    rows: list[list[Field]] = [
        [[Line(f"{FOLD} {title}")]],
        [[Line(line, "operation") for line in hidden(box)]],
    ]
    rows += [[[Line(CHANGED, "stale")]]] if stale else []
    if len(box.outputs) == 1:
        (output,) = box.outputs
        name = names.short(output)
        rows += [[[Line(f"gives {name}")]]] if name else []
        return rows + number_rows(output, show)
    return rows + [[_output(output, names, show)] for output in rows_of_outputs(box)]


def hidden(box: Box) -> list[str]:
    """`24 ops, 12 parameters of 3072 numbers, 5 constants`, in lines."""
    tensors = [leaf for leaf in box.leaves if isinstance(leaf, Tensor)]
    parameters = [leaf for leaf in tensors if leaf.requires_grad]
    constants = len(box.leaves) - len(parameters)
    words = [_count(len(box.ops), "op")]
    if parameters:
        entries = _count(sum(map(size_of, parameters)), "number")
        words.append(f"{_count(len(parameters), 'parameter')} of {entries}")
    words += [_count(constants, "constant")] if constants else []
    nodes = _count(len(box.ops) + len(box.leaves), "node")
    lines = [f"folded: {nodes}", ", ".join(words)]
    if len(box.outputs) > _MOST_OUTPUTS:
        lines.append(f"{len(box.outputs)} outputs, {_MOST_OUTPUTS} of them shown")
    return lines


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def folded_slots(operands: Iterable[Any], names: Names) -> list[str]:
    """The slots of a folded card: the name of each operand from outside, or a dot."""
    return [operand_name(operand, names) or NAMELESS for operand in operands]


def rows_of_outputs(box: Box) -> list[Tensor]:
    """Of a folded card with several outputs, those that have a row each."""
    return box.outputs[:_MOST_OUTPUTS] if len(box.outputs) > 1 else []


def _output(output: Tensor, names: Names, show: frozenset[str]) -> Field:
    """One of several outputs of a folded card, in a line."""
    words = [names.short(output) or name_label(output.op)]
    if "value" in show:
        words.append(value_lines(output)[0])
    field = [Line(" ".join(words))]
    if "grad" in show:
        gradient = plain(output.grad)
        known = gradient is not None and is_numpy(gradient)
        text = f"∂ {gradient_text(gradient)}" if known else gradient_lines(output)[0]
        field.append(Line(text, "gradient"))
    return field
