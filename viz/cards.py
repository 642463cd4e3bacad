"""What the card of a tensor says: its title, its slots, its value and its gradient.

The one idea: a card has the same lines in the same order for everything. A leaf reads
`name | value | ∂ gradient`; an op has a column with a slot per operand and, beside it,
the title (`e = a × b`), the value and the gradient. An operand without a name is a dot.

The numbers come from numbers.py, charts from plots.py, names from names.py; digraph.py
puts the lines in boxes, and svg.py gives them their colours.
"""

from __future__ import annotations

import numbers
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from engine import Tensor
from viz.formula import operand_letters
from viz.labels import name_label, shorten, visible
from viz.names import Names
from viz.numbers import (
    extremes,
    gradient_lines,
    is_numpy,
    nested,
    number,
    plain,
    shape_of,
    size_of,
    value_lines,
)
from viz.plots import Chart, chart
from viz.states import DEAD, dead_units
from viz.walk import LOSS, Card

NAMELESS = "·"
CHANGED = "changed since"
_SIGNS = {
    "add": "+",
    "subtract": "-",
    "multiply": "×",
    "divide": "/",
    "power": "**",
    "matmul": "@",
}
_MOST_OPERANDS = 4  # named in a title; the slots name them all
_OPTION_WIDTH = 16  # characters of an option that a title shows


class Line(NamedTuple):
    """One line of a card.

    Attributes:
        text: what it says; spaces where a chart will be drawn.
        role: what it is, which gives it its colour: a field of `colours.Theme`; or
            "room", kept for a chart.
        chart: what is drawn from this line down, if anything.
        part: "value", "grad" or "dead", if the line is about one of these; a style
            sheet, or a script, finds it by this name.
    """

    text: str
    role: str = "ink"
    chart: Chart | None = None
    part: str = ""


Field = list[Line]


def leaf_fields(card: Card, names: Names, show: frozenset[str]) -> list[Field]:
    """The fields of a leaf's card, left to right."""
    name = names.short(card.held)
    fields = [[Line(name)]] if name else []
    fields += _numbers(card.held, show)
    return fields or [[Line(NAMELESS)]]


def op_fields(
    card: Card, names: Names, show: frozenset[str], *, stale: bool
) -> list[list[Field]]:
    """The fields of an op's right column, top to bottom; some stand side by side."""
    node = card.held
    rows = [[[Line(title(card, names))]]]
    rows += number_rows(node, show, arrow=card.kind != LOSS)
    last = len(rows) - ("grad" in show)
    rows[last:last] = [[[Line(CHANGED, "stale")]]] if stale else []
    dead = dead_units(node)
    rows += [[[Line(f"{DEAD} {dead}", part="dead")]]] if dead else []
    return rows


def number_rows(
    node: Tensor, show: frozenset[str], *, arrow: bool = True
) -> list[list[Field]]:
    """Value and gradient: one above the other, or side by side where they are drawn."""
    fields = _numbers(node, show, arrow=arrow)
    charted = any(line.chart for field in fields for line in field)
    return [fields] if charted else [[field] for field in fields]


def _numbers(held: Any, show: frozenset[str], *, arrow: bool = True) -> list[Field]:
    """What a card says of the value and of the gradient."""
    value = _shown_value(held, show)
    gradient = _shown_gradient(held, show, arrow) if "grad" in show else []
    return [field for field in (value, gradient) if field]


def _shown_value(held: Any, show: frozenset[str]) -> Field:
    """The lines on shape and dtype, which a number has none of, and on the value."""
    texts = value_lines(held)
    shapes = texts[:1] if shape_of(held) else []
    field = [Line(text) for text in shapes if "shape" in show]
    if "value" in show:
        field += _charted(held, "value")
        field += [Line(text, part="value") for text in texts[len(shapes) :]]
    return field


def _shown_gradient(held: Any, show: frozenset[str], arrow: bool) -> Field:
    texts = gradient_lines(held, arrow=arrow)
    role = "gradient" if texts[0].startswith("∂") else "operation"
    field = [Line(text, role, part="grad") for text in texts]
    gradient = plain(getattr(held, "grad", None))
    charted = list(_charted(gradient, "grad")) if "value" in show else []
    if charted and np.any(gradient):  # of zeros, the line says all
        field += [*charted, Line(extremes(gradient), "gradient", part="grad")]
    return field


def _charted(held: Any, part: str) -> Iterable[Line]:
    """The lines that keep the room of an array's chart, if it has one."""
    drawn = chart(plain(held))
    if drawn is None:
        return
    first, *rest = drawn.blank()
    yield Line(first, "room", drawn, part)
    yield from (Line(text, "room") for text in rest)


def reference_text(card: Card, names: Names) -> str:
    """What a reference card says: the name of a leaf that is drawn elsewhere."""
    return f"{names.short(card.held)} ↗"


def title(card: Card, names: Names) -> str:
    """`e = a × b`; without a name `a × b`; on what is drawn, with the word `loss`."""
    node = card.held
    name = names.short(node)
    operands = [operand_name(parent, names) or NAMELESS for parent in node.parents]
    words = expression(node, operands)
    words = f"{name} = {words}" if name else words
    if card.kind != LOSS:
        return words
    role = "loss" if _is_loss(node) else "output"
    return words if name == role else f"{words} {role}"


def _is_loss(node: Tensor) -> bool:
    """Whether the pass began here, or may: one number whose gradient is 1."""
    gradient = plain(node.grad)
    told = gradient is not None and is_numpy(gradient)  # others are not computed
    return node.size == 1 and (not told or bool(gradient == 1))


def expression(node: Tensor, operands: list[str]) -> str:
    """What an op computes of its operands: `a × b`, `sum(h, axis=0)`."""
    options = [
        f"{key}={_option(value)}"
        for key, value in (node.options or {}).items()
        if value is not None and value is not False
    ]
    if node.op in _SIGNS and len(operands) == 2 and not options:
        return f"{operands[0]} {_SIGNS[node.op]} {operands[1]}"
    if node.op == "negative" and len(operands) == 1 and not options:
        return f"-{operands[0]}"
    if len(operands) > _MOST_OPERANDS:
        hidden = len(operands) - _MOST_OPERANDS + 1
        operands[_MOST_OPERANDS - 1 :] = [f"… {hidden} more"]
    return f"{name_label(node.op)}({', '.join(operands + options)})"


def operand_name(parent: Any, names: Names) -> str:
    """An operand as an expression names it: its name, a plain number, or ""."""
    name = names.short(parent)
    if not name and isinstance(parent, numbers.Number):
        return number(parent)
    return name


def _option(value: Any) -> str:
    """An option in a few characters; an array by its shape."""
    if isinstance(value, np.ndarray):
        return nested(value.tolist()) if value.size <= 1 else f"array{shape_of(value)}"
    if isinstance(value, tuple) and any(isinstance(v, np.ndarray) for v in value):
        return f"({', '.join(map(_option, value))})"
    if isinstance(value, slice):
        parts = (value.start, value.stop, value.step)
        return ":".join("" if p is None else str(p) for p in parts).removesuffix(":")
    return shorten(visible(repr(value)), _OPTION_WIDTH)


def has_numbers(node: Tensor) -> bool:
    """Whether the edges into an op bear numbers: it and its operands hold one each."""
    return node.size == 1 and all(size_of(parent) == 1 for parent in node.parents)


def slots(node: Tensor, names: Names) -> list[str]:
    """The slots of an op: each operand's name, and where the edges bear formulas the
    rule's letter too (`x: h1`)."""
    known = [operand_name(parent, names) for parent in node.parents]
    if has_numbers(node):
        return [name or NAMELESS for name in known]
    return [
        letter if name in ("", letter) else f"{letter}: {name}"
        for letter, name in zip(operand_letters(node), known, strict=True)
    ]
