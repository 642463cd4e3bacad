"""What the colours of the picture mean, and how strong a gradient looks.

Every colour has a meaning, and a theme says which colour it is. The hues are those of
Okabe and Ito, which people with any kind of colour vision can tell apart ("Color
Universal Design", 2008); so that text can be read, vermillion, bluish green, blue and
yellow are darker here than theirs, and on dark paper vermillion is paler. A gradient is
vermillion wherever it appears; values are blue above 0 and orange below. The one hue
that is not theirs is violet, for the cells of negative gradients: pale, their reddish
purple is too near to vermillion. Text has a contrast of 4.5 on every fill, and lines of
3 on the paper (WCAG 2.2, 1.4.3 and 1.4.11). What a colour says, something else says
too: a word, a dot, a dash.

A gradient's strength is a tint, on logarithmic scales from the graph's own smallest
gradient to its largest: one scale for numbers, and one for arrays.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Theme:
    """A colour for everything that has one, and what the legend calls it."""

    paper: str  # the background
    ink: str  # values
    muted: str  # quiet text: names and ops, above the values
    line: str  # edges
    gradient: str  # gradients, and local derivatives on edges
    parameter: str  # the border of a leaf that wants a gradient
    operation: str  # the border of an op, frames, and the lines of charts
    constant: str  # the dashed border of what wants no gradient
    loss: str  # the thick border of what is drawn
    value: str  # the fill, where it means the value
    stale: str  # a value that no longer follows from the inputs
    nan: str  # the ring where NaN or ∞ began, its way, and their cells
    positive: str  # cells of a value above 0, and
    negative: str  # below 0
    rising: str  # cells of a gradient above 0, and
    falling: str  # below 0
    stronger_word: str  # what a stronger tint is
    parameter_word: str
    operation_word: str
    nan_word: str
    positive_word: str
    negative_word: str
    rising_word: str
    falling_word: str


_LIGHT = Theme(
    paper="#FFFFFF",
    ink="#1B1F2A",  # blue-black
    muted="#585E69",
    line="#868B94",
    gradient="#A84400",  # vermillion
    parameter="#007A59",  # bluish green
    operation="#8C8C8C",
    constant="#768699",
    loss="#2B2B2B",
    value="#0072B2",  # blue
    stale="#00619A",
    nan="#857000",  # yellow
    positive="#0072B2",
    negative="#E69F00",  # orange
    rising="#A84400",
    falling="#6A3D9A",  # violet
    stronger_word="darker",
    parameter_word="green",
    operation_word="grey",
    nan_word="dark yellow",
    positive_word="blue",
    negative_word="dotted orange",
    rising_word="rust",
    falling_word="dotted violet",
)
_DARK = Theme(
    paper="#14171E",
    ink="#E9ECF2",
    muted="#A9B0BC",
    line="#7C828E",
    gradient="#FF8A55",
    parameter="#2CC79B",
    operation="#7C828E",
    constant="#727D92",
    loss="#F4F5F7",
    value="#56B4E9",  # sky blue
    stale="#7CC4EE",
    nan="#F0E442",
    positive="#56B4E9",
    negative="#E69F00",
    rising="#FF8A55",
    falling="#B39DDB",
    stronger_word="lighter",
    parameter_word="green",
    operation_word="grey",
    nan_word="yellow",
    positive_word="blue",
    negative_word="dotted orange",
    rising_word="coral",
    falling_word="dotted violet",
)
_PRINT = Theme(  # greys alone, for a page that is printed or copied
    paper="#FFFFFF",
    ink="#000000",
    muted="#595959",
    line="#808080",
    gradient="#3C3C3C",
    parameter="#4D4D4D",
    operation="#8C8C8C",
    constant="#737373",
    loss="#000000",
    value="#707070",
    stale="#000000",
    nan="#737373",
    positive="#404040",
    negative="#404040",
    rising="#404040",
    falling="#404040",
    stronger_word="darker",
    parameter_word="dark grey",
    operation_word="grey",
    nan_word="broad grey",
    positive_word="grey",
    negative_word="dotted grey",
    rising_word="grey",
    falling_word="dotted grey",
)
THEMES = {"light": _LIGHT, "dark": _DARK, "print": _PRINT}

_DECADES = 6  # powers of ten below the largest in which strengths differ
_PALEST, _STRONGEST = (0.03, 0.16)  # share of the hue in the fill
PALE = 0.12  # the same, where a fill has no strength
# Roles whose tints have strengths; "rising" and "positive" are the first two.
STRENGTHS = ("gradient", "value", "negative", "falling")


class Magnitude(NamedTuple):
    """How large the gradients of a card are, or its values: the largest |entry|, of
    numbers and of arrays apart; 0 where there is none."""

    number: float = 0.0
    array: float = 0.0


class Scale:
    """Places a gradient, or a value, between the smallest and largest of its graph.

    Args:
        magnitudes: of every card; 0 and ∞ give no scale and are left out.

    Attributes:
        ends: the smallest and the largest magnitude, if there are any.
    """

    def __init__(self, magnitudes: Iterable[float]) -> None:
        seen = [m for m in magnitudes if 0 < m < math.inf]
        largest, smallest = max(seen, default=1.0), min(seen, default=1.0)
        self._top = math.log10(largest)
        self._span = min(self._top - math.log10(smallest), _DECADES)
        self.ends = (smallest, largest) if seen else ()

    def strength(self, magnitude: float) -> float:
        """0 for the smallest |gradient|, 1 for the largest or an infinite one."""
        if magnitude == math.inf:
            return 1.0
        if self._span <= 0:
            return 0.5  # all alike
        below = self._top - math.log10(magnitude)
        return min(max(1 - below / self._span, 0.0), 1.0)


class Scales:
    """A scale of numbers, and one of arrays.

    A number is not compared with an entry of an array: that is one of many that share
    what comes back.

    Args:
        magnitudes: of every card.

    Attributes:
        numbers: the scale of what is one number.
        arrays: the scale of arrays, each by its largest entry.
    """

    def __init__(self, magnitudes: Iterable[Magnitude]) -> None:
        seen = list(magnitudes)
        self.numbers = Scale(magnitude.number for magnitude in seen)
        self.arrays = Scale(magnitude.array for magnitude in seen)

    def fill(self, magnitude: Magnitude, hue: str, paper: str) -> str:
        """The fill of a card: paper where nothing is, else a tint of the hue."""
        if not any(magnitude):
            return paper
        share = _PALEST + (_STRONGEST - _PALEST) * self._strength(magnitude)
        return mixed(share, hue, paper)

    def _strength(self, magnitude: Magnitude) -> float:
        pairs = zip((self.numbers, self.arrays), magnitude, strict=True)
        return max(scale.strength(m) for scale, m in pairs if m)


def pale(hue: str, paper: str) -> str:
    """A hue as the fill of a card on which text is read."""
    return mixed(PALE, hue, paper)


def mixed(share: float, hue: str, paper: str) -> str:
    """`share` of a hue on paper."""
    pairs = ((int(hue[i : i + 2], 16), int(paper[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(p - (p - h) * share):02X}" for h, p in pairs)
