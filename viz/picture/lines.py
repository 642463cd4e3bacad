"""The lines of a card, and those on a value and a gradient.

The op is small, the value and under it the gradient are large. A small array has its
entries, a larger one a chart and its extremes; then value and gradient stand side by
side.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import inf
from typing import Any, NamedTuple

import numpy as np

from engine import data_of
from viz.picture.chart_parts import Chart
from viz.picture.charts import chart
from viz.picture.glyphs import with_stand_ins
from viz.words.detail import Detail, detail
from viz.words.line_breaks import in_lines
from viz.words.numbers import (
    NOT_COMPUTED,
    above,
    extremes,
    gradient_lines,
    is_numpy,
    shape_of,
    value_lines,
)
from viz.words.text import width

CHANGED = "changed since"
MAYBE_CHANGED = "changed since?"  # this, or another operand of the same op
STALE = "out of date"  # by one of these
# Sizes of text, in points.
TITLE = 10.0
NUMBER = 13.0
ENTRY = 11.0
NOTE = 10.0
LABEL = 10.0  # of an edge
LABEL_WIDTH = 28  # characters of a line of it
SMALLEST = 10.0  # of these
TITLE_WIDTH, NARROW_TITLE = 260.0, 130.0  # points, if the numbers take no more
_LEADING = 1.2  # from line to line, in sizes
_CHARACTER = 0.6  # the width of one, in sizes: that of our font, and of Courier
_SPACE = "\0"  # where a title is not cut
_UNDER_CHART = 0.5  # points


class Line(NamedTuple):
    """One line of a card.

    Attributes:
        text: what it says; "" where a chart is drawn.
        role: what it is, which gives it its colour: a field of `colours.Theme`.
        size: of the text, in points.
        chart: what is drawn, if it is no text.
        part: "value", "grad", "sum" or "dead", if the line is about one of these; a
            style sheet, or a script, finds it by this name.
        lead: what it begins with in the colour of values: a name.
    """

    text: str
    role: str = "ink"
    size: float = NUMBER
    chart: Chart | None = None
    part: str = ""
    lead: str = ""

    @property
    def width(self) -> float:
        """Points that it takes."""
        if self.chart is not None:
            return self.chart.width
        return _columns(self.text) * _CHARACTER * self.size

    @property
    def height(self) -> float:
        """Points from its top to that of the next."""
        if self.chart is not None:
            return self.chart.height + _UNDER_CHART
        return _LEADING * self.size


Field = list[Line]


# What was written of tensors, by their `id()`, the noise, and the detail.
Rows = dict[tuple[int, float, Detail], list[list[Field]]]


class Shown(NamedTuple):
    """What cards show of tensors, and how.

    Attributes:
        parts: "value", "grad", "shape" and "sum", or some of them.
        noise: the size below which a gradient is rounding noise.
        title: points that a line of a title may take beside narrower numbers.
        known: rows that were written before of the same tensors, and are again.
    """

    parts: frozenset[str]
    noise: float = 0.0
    title: float = TITLE_WIDTH
    known: Rows | None = None


@lru_cache(maxsize=4096)
def _columns(text: str) -> int:
    """The columns of a text, or of the stand-ins that a PNG shows: there is room for
    both."""
    return (
        width(text) if text.isascii() else max(width(text), width(with_stand_ins(text)))
    )


def title_lines(words: str, name: str = "", width: float = inf) -> Field:
    """What was computed, or a name: small, above the numbers; the name stands out.

    Args:
        words: a long one takes several lines.
        name: at its start, if it has one.
        width: points that a line may take.
    """
    most = max(int(min(width, 1e4) / (_CHARACTER * TITLE)), len(name))
    whole = name.replace(" ", _SPACE)
    cut = in_lines(words.replace(name, whole, 1) if name else words, most)
    first, *rest = (line.replace(_SPACE, " ") for line in cut)
    lead = name if first.startswith(name) else ""
    return [
        Line(first, "muted", TITLE, lead=lead),
        *(Line(line, "muted", TITLE) for line in rest),
    ]


def aside_lines(label: Sequence[str]) -> Field:
    """The label of an edge that stands in the card: a formula, and what follows it."""
    formula, *rest = label
    lines = [*in_lines(formula, LABEL_WIDTH), *rest]
    return [Line(line, "gradient", NOTE) for line in lines]


def sized(held: Any, show: Shown) -> str:
    """The shape of an array, as its title has it, and a dtype that is not float64."""
    if "shape" not in show.parts:
        return ""
    shape, dtype = shape_of(held), getattr(data_of(held), "dtype", "float64")
    said = f" {shape}" if shape else ""
    return said if dtype == "float64" else f"{said} {dtype}"


def number_rows(held: Any, show: Shown) -> list[list[Field]]:
    """Value and gradient: one above the other, or side by side if both are arrays."""
    if show.known is None:
        return _number_rows(held, show)
    key = id(held), show.noise, detail()
    if key not in show.known:
        show.known[key] = _number_rows(held, show)
    return list(show.known[key])


def _number_rows(held: Any, show: Shown) -> list[list[Field]]:
    fields = [f for f in (_value(held, show), _gradient(held, show)) if f]
    beside = all(len(field) > 1 for field in fields)
    return [fields] if beside and fields else [[field] for field in fields]


def _value(held: Any, show: Shown) -> Field:
    """The lines on a value."""
    if "value" not in show.parts:
        return []
    data = data_of(held)
    if hasattr(data, "shape") and not is_numpy(data):  # another library's
        return [Line(NOT_COMPUTED, "muted", NOTE, part="value")]
    drawn = chart(data)
    texts = value_lines(held)[1:] if shape_of(held) else value_lines(held)
    size = NUMBER if len(texts) == 1 and drawn is None else ENTRY
    size = NOTE if drawn is not None else size
    charted = [] if drawn is None else [Line("", chart=drawn, part="value")]
    return charted + [Line(text, size=size, part="value") for text in texts]


def _gradient(held: Any, show: Shown) -> Field:
    """The lines on a gradient; none of what wants none."""
    if "grad" not in show.parts or not getattr(held, "requires_grad", False):
        return []
    gradient = _without_noise(data_of(held.grad), show.noise)
    drawn = chart(gradient, gradient=True) if "value" in show.parts else None
    if drawn is not None:
        text = f"∂ {extremes(data_of(held.grad), above(show.noise))}"
        line = Line(text, "gradient", NOTE, part="grad")
        return [Line("", chart=drawn, part="grad"), line]
    texts = gradient_lines(held, noise=show.noise)
    size = NUMBER if len(texts) == 1 else ENTRY
    return [Line(text, "gradient", size, part="grad") for text in texts]


def _without_noise(gradient: Any, noise: float) -> Any:
    """A gradient as its chart has it: rounding noise is 0."""
    if not noise or not is_numpy(gradient) or not shape_of(gradient):
        return gradient
    return np.where(np.abs(gradient) < noise, 0.0, gradient)
