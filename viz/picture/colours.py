"""What the colours of the picture mean, and how strong a gradient looks.

Every colour has a meaning, and a theme says which colour it is. The hues are those of
Okabe and Ito, which people with any kind of colour vision can tell apart ("Color
Universal Design", 2008). A gradient has one hue wherever it appears. Its strength is a
tint and a line width, on a logarithmic scale from the graph's own smallest gradient to
its largest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Theme:
    """A colour for everything that has one, and what the legend calls it."""

    paper: str  # the background
    ink: str  # names and values
    gradient: str  # gradients and the edges that carry them
    parameter: str  # the border of a leaf that wants a gradient
    operation: str  # the border of an op, and quiet text
    constant: str  # the dashed border of what wants no gradient
    loss: str  # the thick border of what is drawn
    value: str  # the fill, where it means the value
    stale: str  # a value that no longer follows from the inputs
    nan: str  # the ring where NaN or ∞ began, and their cells
    nan_text: str  # the same, fit to read
    positive: str  # cells of a heat map above 0, and
    negative: str  # below 0
    parameter_word: str
    operation_word: str
    nan_word: str
    positive_word: str
    negative_word: str


_LIGHT = Theme(
    paper="#FFFFFF",
    ink="#1B1F2A",  # blue-black
    gradient="#D55E00",  # vermillion
    parameter="#009E73",  # bluish green
    operation="#808080",
    constant="#9A9A9A",
    loss="#2B2B2B",
    value="#0072B2",  # blue
    stale="#0072B2",
    nan="#F0E442",  # yellow
    nan_text="#8A7F00",
    positive="#D55E00",
    negative="#0072B2",
    parameter_word="green",
    operation_word="grey",
    nan_word="yellow",
    positive_word="orange",
    negative_word="dotted blue",
)
_DARK = Theme(
    paper="#14171E",
    ink="#E9ECF2",
    gradient="#FF9248",
    parameter="#2CC79B",
    operation="#99A0AD",
    constant="#7C828E",
    loss="#F4F5F7",
    value="#56B4E9",  # sky blue
    stale="#56B4E9",
    nan="#F0E442",
    nan_text="#F0E442",
    positive="#FF9248",
    negative="#56B4E9",
    parameter_word="green",
    operation_word="grey",
    nan_word="yellow",
    positive_word="orange",
    negative_word="dotted blue",
)
_PRINT = Theme(  # greys alone, for a page that is printed or copied
    paper="#FFFFFF",
    ink="#000000",
    gradient="#3C3C3C",
    parameter="#000000",
    operation="#8C8C8C",
    constant="#8C8C8C",
    loss="#000000",
    value="#707070",
    stale="#000000",
    nan="#BDBDBD",
    nan_text="#595959",
    positive="#404040",
    negative="#404040",
    parameter_word="black",
    operation_word="grey",
    nan_word="grey",
    positive_word="grey",
    negative_word="dotted grey",
)
THEMES = {"light": _LIGHT, "dark": _DARK, "print": _PRINT}

_DECADES = 6  # the scale covers at most this many powers of ten below the largest
_PALEST, _STRONGEST = (0.05, 0.22)  # share of the hue in the fill
_THINNEST, _THICKEST = (1.0, 2.4)  # width of an edge, in points


class Scale:
    """Places a gradient, or a value, between the smallest and largest of its graph.

    Args:
        magnitudes: |gradient| of every card; 0 and ∞ give no scale and are left out.

    Attributes:
        ends: the smallest and the largest magnitude that look different; None if there
            are no two.
    """

    def __init__(self, magnitudes: Iterable[float]) -> None:
        seen = [m for m in magnitudes if 0 < m < math.inf]
        largest, smallest = max(seen, default=1.0), min(seen, default=1.0)
        self._top = math.log10(largest)
        self._span = min(self._top - math.log10(smallest), _DECADES)
        shown = max(smallest, largest * 10.0**-_DECADES)
        self.ends = (shown, largest) if smallest < largest else None

    def strength(self, magnitude: float) -> float:
        """0 for the smallest |gradient|, 1 for the largest or an infinite one."""
        if magnitude == math.inf:
            return 1.0
        if self._span <= 0:
            return 0.5  # all alike
        below = self._top - math.log10(magnitude)
        return min(max(1 - below / self._span, 0.0), 1.0)

    def fill(self, magnitude: float, hue: str, paper: str) -> str:
        """The fill of a card: paper where nothing is, else a tint of the hue."""
        if magnitude <= 0:
            return paper
        share = _PALEST + (_STRONGEST - _PALEST) * self.strength(magnitude)
        return mixed(share, hue, paper)

    def pen_width(self, magnitude: float) -> str:
        """The width of an edge, in points, as DOT wants it."""
        if magnitude <= 0:
            return f"{_THINNEST:.2f}"
        grown = (_THICKEST - _THINNEST) * self.strength(magnitude)
        return f"{_THINNEST + grown:.2f}"


def pale(hue: str, paper: str) -> str:
    """A hue as the fill of a card on which text is read."""
    return mixed(_STRONGEST, hue, paper)


def mixed(share: float, hue: str, paper: str) -> str:
    """`share` of a hue on paper."""
    pairs = ((int(hue[i : i + 2], 16), int(paper[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(p - (p - h) * share):02X}" for h, p in pairs)
