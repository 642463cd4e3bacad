"""What the card of a fold says: what it hides, and what comes out of it.

Nothing is dropped silently. The card counts the ops, parameters and constants that it
hides, and shows the value and the gradient of each of its outputs.
"""

from __future__ import annotations

from typing import Any

from engine import Tensor, data_of
from viz.picture.lines import CHANGED, Field, Line, number_rows
from viz.picture.scene import Fold
from viz.words.names import Names
from viz.words.numbers import (
    gradient_lines,
    gradient_text,
    is_numpy,
    size_of,
    value_lines,
)
from viz.words.text import name_label, shorten, visible

FOLD = "▣"
_WIDEST = 48  # characters of the title of a fold
_MOST_OUTPUTS = 6  # of a fold, that have a row each


def fold_rows(
    fold: Fold, names: Names, show: frozenset[str], *, stale: bool
) -> list[list[Field]]:
    """The rows of a folded card: its title, what it hides, and what comes out of it."""
    title = shorten(visible(fold.title), _WIDEST)
    rows: list[list[Field]] = [
        [[Line(f"{FOLD} {title}")]],
        [[Line(line, "operation") for line in hidden(fold)]],
    ]
    rows += [[[Line(CHANGED, "stale")]]] if stale else []
    if len(fold.outputs) == 1:
        (output,) = fold.outputs
        name = names.short(output)
        rows += [[[Line(f"gives {name}")]]] if name else []
        return rows + number_rows(output, show)
    return rows + [[_output(output, names, show)] for output in listed_outputs(fold)]


def hidden(fold: Fold) -> list[str]:
    """`24 ops, 12 parameters of 3072 numbers, 5 constants`, in lines."""
    tensors = [leaf for leaf in fold.leaves if isinstance(leaf, Tensor)]
    parameters = [leaf for leaf in tensors if leaf.requires_grad]
    constants = len(fold.leaves) - len(parameters)
    words = [_counted(len(fold.ops), "op")]
    if parameters:
        entries = _counted(sum(map(size_of, parameters)), "number")
        words.append(f"{_counted(len(parameters), 'parameter')} of {entries}")
    words += [_counted(constants, "constant")] if constants else []
    nodes = _counted(len(fold.ops) + len(fold.leaves), "node")
    lines = [f"folded: {nodes}", ", ".join(words)]
    if len(fold.outputs) > _MOST_OUTPUTS:
        lines.append(f"{len(fold.outputs)} outputs, {_MOST_OUTPUTS} of them shown")
    return lines


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def listed_outputs(held: Any) -> list[Tensor]:
    """Of a fold with several outputs, those that have a row each."""
    several = isinstance(held, Fold) and len(held.outputs) > 1
    return list(held.outputs[:_MOST_OUTPUTS]) if several else []


def _output(output: Tensor, names: Names, show: frozenset[str]) -> Field:
    """One of several outputs of a fold, in a line."""
    words = [names.short(output) or name_label(output.op)]
    if "value" in show:
        words.append(value_lines(output)[0])
    field = [Line(" ".join(words))]
    if "grad" in show:
        gradient = data_of(output.grad)
        known = gradient is not None and is_numpy(gradient)
        text = f"∂ {gradient_text(gradient)}" if known else gradient_lines(output)[0]
        field.append(Line(text, "gradient"))
    return field
