"""What the colours of the picture mean, and how strong a gradient looks.

The one idea: colour carries meaning and nothing else. The hues are those of Okabe and
Ito, which people with any kind of colour vision can tell apart; a gradient is
vermillion wherever it appears, and its strength is a tint and a line width on a
logarithmic scale that runs from the graph's own smallest gradient to its largest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

INK = "#1B1F2A"  # blue-black: names and values
GRADIENT = "#D55E00"  # vermillion: gradients and the edges that carry them
PARAMETER = "#009E73"  # green: the border of a leaf that wants a gradient
OPERATION = "#808080"  # grey: the border of an op
CONSTANT = "#9A9A9A"  # lighter grey, dashed: what wants no gradient
LOSS = "#2B2B2B"  # dark and thick: the border of what is drawn
NAN = "#F0E442"  # yellow: the ring around a NaN
NAN_TEXT = "#8A7F00"  # the same yellow, dark enough to read
STALE = "#0072B2"  # blue: a value that no longer follows from the inputs
PAPER = "#FFFFFF"

_DECADES = 6  # the scale covers at most this many powers of ten below the largest
_PALEST, _STRONGEST = (0.05, 0.22)  # share of vermillion in the fill
_THINNEST, _THICKEST = (1.0, 2.4)  # width of an edge, in points


class Scale:
    """Places a gradient, or a value, between the smallest and largest of its graph.

    Args:
        magnitudes: |gradient| of every card; 0 and ∞ give no scale and are left out.
    """

    def __init__(self, magnitudes: Iterable[float]) -> None:
        seen = [m for m in magnitudes if 0 < m < math.inf]
        self._top = math.log10(max(seen, default=1.0))
        lowest = math.log10(min(seen, default=1.0))
        self._span = min(self._top - lowest, _DECADES)

    def strength(self, magnitude: float) -> float:
        """How strong |gradient| is here: 0 the smallest, 1 the largest, or infinite."""
        if magnitude == math.inf:
            return 1.0
        if self._span <= 0:
            return 0.5  # all alike
        below = self._top - math.log10(magnitude)
        return min(max(1 - below / self._span, 0.0), 1.0)

    def fill(self, magnitude: float, hue: str = GRADIENT) -> str:
        """The fill of a card: white where nothing is, else a tint of the hue."""
        if magnitude <= 0:
            return PAPER
        share = _PALEST + (_STRONGEST - _PALEST) * self.strength(magnitude)
        return _mixed(share, hue)

    def pen_width(self, magnitude: float) -> str:
        """The width of an edge, in points, as DOT wants it."""
        if magnitude <= 0:
            return f"{_THINNEST:.2f}"
        grown = (_THICKEST - _THINNEST) * self.strength(magnitude)
        return f"{_THINNEST + grown:.2f}"


def pale(hue: str) -> str:
    """A hue as the fill of a card on which text is read."""
    return _mixed(_STRONGEST, hue)


def _mixed(share: float, hue: str) -> str:
    """`share` of a hue on white paper."""
    channels = (int(hue[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(255 - (255 - c) * share):02X}" for c in channels)
