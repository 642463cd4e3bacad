"""What the card of a fold says: what it hides, and what comes out of it.

Nothing is dropped silently. The card counts the ops that it hides, and apart from each
other parameters, inputs, arrays of data and constants; it says what those with a name
are called, and shows the value and the gradient of each of its outputs.
"""

from __future__ import annotations

from textwrap import wrap
from typing import Any

import numpy as np

from engine import Tensor, data_of
from viz.picture.lines import (
    ENTRY,
    NOTE,
    Field,
    Line,
    Shown,
    number_rows,
    sized,
    title_lines,
)
from viz.picture.loops import Variable
from viz.picture.scene import Fold
from viz.picture.sparkline import Profile
from viz.picture.titles import unrolled
from viz.words.names import Names
from viz.words.numbers import (
    extremes,
    gradient_lines,
    gradient_text,
    is_numpy,
    shape_of,
    size_of,
    value_lines,
)
from viz.words.operation import COMMUTATIVE
from viz.words.text import name_label, shorten, visible

FOLD, LOOP = "▣", "↻"
_WIDEST = 48  # characters of the title of a fold
_MOST_OUTPUTS = 6  # of a fold, that have a row each
_COUNTED = 40  # characters of a line that counts
_FIRM = "\xa0"  # a space where no line ends
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_MOST_NAMES = 3  # of what a fold hides, that it says


def fold_rows(fold: Fold, names: Names, show: Shown, mark: str) -> list[list[Field]]:
    """The rows of a folded card: its title, what it hides, and what comes out of it;
    `mark` is what is said on changed data, or ""."""
    title = shorten(visible(fold.title), _WIDEST)
    said = (*hidden(fold), *hidden_names(fold, names))
    rows: list[list[Field]] = [
        [title_lines(f"{FOLD} {title}")],
        [[Line(line, "muted", NOTE) for line in said]],
    ]
    rows += [[[Line(mark, "stale", NOTE)]]] if mark else []
    if len(fold.outputs) == 1:
        (output,) = fold.outputs
        name = names.short(output)
        rows += [[[Line(f"output {name}", size=NOTE)]]] if name else []
        rows += number_rows(output, show)
    else:
        rows += [[_output(output, names, show)] for output in listed_outputs(fold)]
    variables = fold.loop.variables if fold.loop is not None else []
    return rows + (profile_rows(variables[-1], show) if variables else [])


def variable_rows(
    variable: Variable, names: Names, show: Shown, mark: str
) -> tuple[str, list[list[Field]]]:
    """The title and the rows of what a round of a loop begins with; `mark` as above."""
    name, after = names.short(variable.before), name_label(called(variable, names))
    title = f"{LOOP} {visible(unrolled(variable.loop))}"
    since = f"after round {len(variable.loop.rounds) - 1:,}"
    words = f"{name} = {after} {since}" if name and after else f"{name} {since}".strip()
    rows = [[[*title_lines(title, LOOP), *title_lines(words, name)]]]
    rows += number_rows(variable.before, show)
    rows += [[[Line(mark, "stale", NOTE)]]] if mark else []
    rows += profile_rows(variable, show)
    if _is_used(variable):
        text = f"used in round {len(variable.loop.rounds) - 1:,}, too"
        rows += [[[Line(text, "muted", NOTE)]]]
    return title, rows


def _is_used(variable: Variable) -> bool:
    """Whether the round that made it uses it, too: that gives a part of its gradient,
    along no edge that is drawn."""
    others = (op for op in variable.loop.rounds[-2] if op is not None)
    return any(x is variable.before for op in others for x in op.parents)


def unrolled_rows(fold: Fold, names: Names) -> list[list[Field]]:
    """What the rounds of a loop that are not drawn hold, if it is parameters."""
    if not any(getattr(leaf, "requires_grad", False) for leaf in fold.leaves):
        return []
    assert fold.loop is not None
    said = [f"rounds 1 … {len(fold.loop.rounds) - 1:,}:", *hidden(fold)[1:]]
    said += hidden_names(fold, names)
    return [[[Line(line, "muted", NOTE) for line in said]]]


def in_round(variable: Variable, names: Names) -> str:
    """`h₄₉`: what round 49 made of `h`; "" where it has no name."""
    name, number = called(variable, names), str(len(variable.loop.rounds) - 1)
    return name and name + number.translate(_SUBSCRIPTS)


def called(variable: Variable, names: Names) -> str:
    """The name of a variable: that of what the last round made of it."""
    values = reversed(variable.values[len(variable.loop.rounds) - 1 :])
    return next((names.full(x) for x in values if not names.is_made_up(x)), "")


def profile_rows(variable: Variable, show: Shown) -> list[list[Field]]:
    """The gradient of a variable, round by round; nothing before a pass."""
    profile = Profile(variable)
    if "grad" not in show.parts or not profile.sizes:
        return []
    line = Line("", chart=profile.chart(), part="grad")
    return [[[line, Line(profile.words, "gradient", NOTE, part="grad")]]]


def hidden(fold: Fold) -> list[str]:
    """`24 ops, 12 parameters of 3072 numbers, 5 constants`, in lines."""
    kinds = _wanting(fold)
    constants, arrays = 0, dict[Any, Any]()
    for leaf in fold.leaves:
        if getattr(leaf, "requires_grad", False):
            continue
        if shape_of(leaf):
            arrays.setdefault(_place(leaf), leaf)  # the same one may be used again
        else:
            constants += 1
    kinds["array"] = list(arrays.values())
    words = [_counted(len(fold.ops), "op")]
    words += [_with_entries(leaves, kind) for kind, leaves in kinds.items() if leaves]
    words += [_counted(constants, "constant")] if constants else []
    nodes = _counted(len(fold.ops) + len(fold.leaves), "node")
    together = ", ".join(word.replace(" ", _FIRM) for word in words)
    lines = [line.replace(_FIRM, " ") for line in wrap(together, _COUNTED)]
    lines = [f"folded: {nodes}", *lines]
    if len(fold.outputs) > _MOST_OUTPUTS:
        lines.append(f"{len(fold.outputs)} outputs, {_MOST_OUTPUTS} of them shown")
    return lines


def _wanting(fold: Fold) -> dict[str, list[Any]]:
    """The leaves that want a gradient: parameters, and inputs. The first operand is
    what a layer is called on, as in frames.py."""
    found: dict[str, list[Any]] = {"parameter": [], "input": []}
    leaves = [x for x in fold.leaves if getattr(x, "requires_grad", False)]
    others = (op.parents[op.op not in COMMUTATIVE :] for op in fold.ops if leaves)
    later = {id(x) for operands in others for x in operands}
    for leaf in leaves:
        found["parameter" if id(leaf) in later else "input"].append(leaf)
    return found


def _place(leaf: Any) -> Any:
    """Where an array lies in memory, and how: views of one array are the same."""
    data = data_of(leaf)
    if not isinstance(data, np.ndarray):
        return id(leaf)
    return data.__array_interface__["data"][0], data.shape, data.strides


def hidden_names(fold: Fold, names: Names) -> list[str]:
    """`holds w1, b1, w2, … 3 more`: the leaves that it hides and that have a name; no
    line if none has."""
    called = list(dict.fromkeys(filter(None, map(names.short, fold.leaves))))
    if not called:
        return []
    kept = len(called) if len(called) <= _MOST_NAMES + 1 else _MOST_NAMES
    while kept > 1 and len(", ".join(called[:kept])) > _WIDEST:
        kept -= 1
    more = [f"… {len(called) - kept} more"] if kept < len(called) else []
    return [f"holds {', '.join(called[:kept] + more)}"]


def _with_entries(leaves: list[Any], noun: str) -> str:
    entries = _counted(sum(map(size_of, leaves)), "number")
    return f"{_counted(len(leaves), noun)} of {entries}"


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def listed_outputs(held: Any) -> list[Tensor]:
    """Of a fold with several outputs, those that have a row each."""
    several = isinstance(held, Fold) and len(held.outputs) > 1
    return list(held.outputs[:_MOST_OUTPUTS]) if several else []


def _output(output: Tensor, names: Names, show: Shown) -> Field:
    """One of several outputs of a fold: a line for its value, one for its gradient."""
    words = f"{names.short(output) or name_label(output.op)}{sized(output, show)}"
    if "value" in show.parts:
        words += f" {_value(output)}"
    field = [Line(words.rstrip(), size=ENTRY)]
    if "grad" in show.parts:
        gradient = data_of(output.grad)
        known = gradient is not None and is_numpy(gradient)
        text = (
            f"∂ {gradient_text(gradient, show.noise)}"
            if known
            else gradient_lines(output)[0]
        )
        field.append(Line(text, "gradient", ENTRY))
    return field


def _value(output: Tensor) -> str:
    """A number; the entries of a short row; of any other array the extremes."""
    lines = value_lines(output)
    entries = lines[1:] if output.ndim else lines
    return entries[0] if len(entries) == 1 else extremes(output.data) if entries else ""
