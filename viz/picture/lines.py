"""The lines of a card, and those on a value and a gradient.

A number has a line. A small array has its entries, a larger one a chart and its
extremes; then value and gradient stand side by side.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from engine import Tensor, data_of
from viz.picture.charts import Chart, chart
from viz.words.numbers import extremes, gradient_lines, shape_of, value_lines

CHANGED = "changed since"


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


def number_rows(
    node: Tensor, show: frozenset[str], *, arrow: bool = True
) -> list[list[Field]]:
    """Value and gradient: one above the other, or side by side where they are drawn."""
    fields = value_and_gradient(node, show, arrow=arrow)
    charted = any(line.chart for field in fields for line in field)
    return [fields] if charted else [[field] for field in fields]


def value_and_gradient(
    held: Any, show: frozenset[str], *, arrow: bool = True
) -> list[Field]:
    """What a card says of a value and of its gradient, as far as it is to be shown."""
    value = _shown_value(held, show)
    gradient = _shown_gradient(held, show, arrow) if "grad" in show else []
    return [field for field in (value, gradient) if field]


def _shown_value(held: Any, show: frozenset[str]) -> Field:
    """The lines on shape and dtype (not of a number), and on the value."""
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
    gradient = data_of(getattr(held, "grad", None))
    charted = list(_charted(gradient, "grad")) if "value" in show else []
    if charted and np.any(gradient):  # of zeros, the line says all
        field += [*charted, Line(extremes(gradient), "gradient", part="grad")]
    return field


def _charted(held: Any, part: str) -> Iterator[Line]:
    """The lines that keep the room of an array's chart, if it has one."""
    found = chart(data_of(held))
    if found is None:
        return
    first, *rest = found.blank()
    yield Line(first, "room", found, part)
    yield from (Line(text, "room") for text in rest)
