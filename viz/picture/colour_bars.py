"""The bar under a heat map: which colour is which number, from the least to the
greatest.

It has the colours that cells have, in the same steps, and a tick where 0 lies. The
numbers at its ends stand below. Infinities have a piece of their own beyond its ends.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SHADES = 12  # steps from paper to the full hue; a step is hardly seen
LEAST = 40.0  # points: the width of a bar
ABOVE, HEIGHT = 1.5, 4.0  # points: between the map and the bar; and of the bar
_INFINITE, _APART = 4.0, 2.0  # points: the piece of ∞, and before it


class Piece(NamedTuple):
    """A part of the bar that has one colour: points, and a shade from -1 to 1."""

    left: float
    width: float
    shade: float


class Bar(NamedTuple):
    """A colour bar.

    Attributes:
        pieces: from left to right.
        parts: left and width of what has a frame: the scale, and infinities.
        zero: where 0 lies, if it does not lie at an end.
    """

    pieces: list[Piece]
    parts: list[tuple[float, float]]
    zero: float | None


NO_BAR = Bar([], [], None)


def bar_of(entries: np.ndarray, width: float) -> Bar:
    """The bar of the entries of a map.

    Args:
        entries: floats, NaN and infinities among them; at least one is no NaN.
        width: points that it takes.
    """
    known = entries[np.isfinite(entries)]
    below, above = bool((entries == -np.inf).any()), bool((entries == np.inf).any())
    left = (_INFINITE + _APART) * below
    parts, pieces = [], []
    zero = None
    if below:
        parts.append((0.0, _INFINITE))
        pieces.append(Piece(0.0, _INFINITE, -1.0))
    if known.size:
        wide = width - left - (_INFINITE + _APART) * above
        scale, zero = _scale(float(known.min()), float(known.max()), left, wide)
        parts.append((left, wide))
        pieces += scale
    if above:
        parts.append((width - _INFINITE, _INFINITE))
        pieces.append(Piece(width - _INFINITE, _INFINITE, 1.0))
    return Bar(pieces, parts, zero)


def _scale(
    least: float, greatest: float, left: float, width: float
) -> tuple[list[Piece], float | None]:
    """The pieces from the least to the greatest, and where 0 lies between them."""
    largest = max(-least, greatest) or 1.0
    low, high = least / largest, greatest / largest
    if low == high:
        return [Piece(left, width, np.sign(low))] * bool(low), None

    def place(share: float) -> float:
        return left + (share - low) / (high - low) * width

    pieces = []
    for i in range(-SHADES, SHADES):
        start, end = max(i / SHADES, low), min((i + 1) / SHADES, high)
        if start < end:
            shade = (i if i < 0 else i + 1) / SHADES
            pieces.append(Piece(place(start), place(end) - place(start), shade))
    return pieces, place(0.0) if low < 0 < high else None
