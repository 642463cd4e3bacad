"""How well every text stands out against what is painted behind it.

The ratio is that of the Web Content Accessibility Guidelines 2.2, "contrast ratio" and
"relative luminance": from 1, the same colour, to 21, black on white. Text of less than
18 points wants 4.5 (success criterion 1.4.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from helpers.yardstick.geometry import Line, box_of, is_inside
from helpers.yardstick.shapes import Picture, Shape, Text

_PAPER = np.ones(3)  # behind all that is painted
_CLEAR = ("none", "transparent")  # fills that paint nothing
_NAMED = {"black": "#000000", "white": "#FFFFFF"}
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


class Contrast(NamedTuple):
    """The ratio of a text, and the text."""

    ratio: float
    said: str


def contrasts(picture: Picture) -> Iterator[Contrast]:
    """The contrast of every text; of one in several colours, of each of them.

    What is behind a text is what was painted before it at its middle.
    """
    fills = _fills(picture)
    boxes = np.array([box_of(fill.line) for fill in fills]).reshape(-1, 4)
    for order, text in enumerate(picture.painted):
        if isinstance(text, Text):
            x, y = text.box.centre
            left, top, right, bottom = boxes.T
            near = (left < x) & (x < right) & (top < y) & (y < bottom)
            below = [fills[i] for i in np.flatnonzero(near) if fills[i].order < order]
            behind = _behind(text.box.centre, below)
            for look in text.pieces:
                yield Contrast(ratio(_over(look, behind), behind), text.said)


class _Fill(NamedTuple):
    """An area of one colour: when it is painted, and the line around it."""

    order: int
    line: Line
    look: Mapping[str, str]


def _fills(picture: Picture) -> list[_Fill]:
    return [
        _Fill(order, line, shape.look)
        for order, shape in enumerate(picture.painted)
        if isinstance(shape, Shape) and shape.look.get("fill") not in _CLEAR
        for line in shape.lines
        if len(line) > 2
    ]


def ratio(one: np.ndarray, other: np.ndarray) -> float:
    """The contrast of two colours, each three shares of 1."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: np.ndarray) -> float:
    linear = np.where(
        colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4
    )
    return float(linear @ _LUMINANCE)


def _behind(point: np.ndarray, fills: Iterable[_Fill]) -> np.ndarray:
    """The colour at a point that some areas have been painted over, in their order."""
    colour = _PAPER
    for fill in fills:
        if is_inside(point, fill.line):
            colour = _over(fill.look, colour)
    return colour


def _over(look: Mapping[str, str], behind: np.ndarray) -> np.ndarray:
    """The colour of a fill on what is behind it."""
    share = float(look.get("opacity", 1)) * float(look.get("fill-opacity", 1))
    return share * colour_of(look.get("fill", "black")) + (1 - share) * behind


def colour_of(text: str) -> np.ndarray:
    """Three shares of 1, of `#1b1f2a`, `#fff`, `black` or `white`.

    Raises:
        ValueError: if it is written in another way.
    """
    digits = _NAMED.get(text, text).removeprefix("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    if not re.fullmatch("[0-9a-fA-F]{6}", digits):
        raise ValueError(f"colour_of: {text!r} is not #rrggbb, #rgb, black or white")
    return np.array([int(digits[i : i + 2], 16) for i in (0, 2, 4)]) / 255
