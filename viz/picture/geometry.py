"""Where cards and lines are, read from the SVG that Graphviz has written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from math import hypot
from typing import NamedTuple

import numpy as np

EDGE = re.compile(r'(?s)<g id="\w+" class="edge">.*?</g>')
_NODE = re.compile(
    r'(?s)<g id="\w+" class="node [^"]*">\n<title>(\w+)</title>(.*?)</g>'
)
_SHAPE = re.compile(r' (?:d|points)="([^"]*)"')
_PATH = re.compile(r'<path [^>]*d="([^"]*)"')
_HEAD = re.compile(r'<polygon [^>]*points="([^"]*)"')
_PAPER = re.compile(
    r'<g id="graph0"[^>]*>\n(?:<title>[^<]*</title>\n)?'
    r'(?:<polygon [^>]*points="([^"]*)"[^>]*/>\n)?'
)
_NUMBER = re.compile(r"-?[\d.]+")
_STEP = 4.0  # points between two points of a line


class Box(NamedTuple):
    """A rectangle: its corners, in points."""

    left: float
    top: float
    right: float
    bottom: float

    def grown(self, by: float, above: float) -> Box:
        return Box(self.left - by, self.top - above, self.right + by, self.bottom + by)

    def meets(self, other: Box) -> bool:
        """Whether two have a point in common."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


def boxes_of_cards(svg: str) -> Iterator[tuple[str, Box]]:
    """The ident and the border of every card."""
    for ident, inside in _NODE.findall(svg):
        box = border(inside)
        if box:
            yield ident, box


def border(card: str) -> Box | None:
    """The border of a card; None if nothing is drawn of it."""
    shape = _SHAPE.search(card)
    return _around(shape[1]) if shape else None


def _around(text: str) -> Box:
    """The box around all points of a shape."""
    numbers = [float(n) for n in _NUMBER.findall(text)]
    xs, ys = numbers[::2], numbers[1::2]
    return Box(min(xs), min(ys), max(xs), max(ys))


def paper(svg: str) -> tuple[Box, int]:
    """The box that all is drawn in, without a bound if it has no colour; and where in
    the text it ends."""
    found = _PAPER.search(svg)
    bounds = found[1] if found else None
    box = _around(bounds) if bounds else Box(-np.inf, -np.inf, np.inf, np.inf)
    return box, found.end() if found else 0


def line_of(edge: str) -> np.ndarray:
    """Points of the line of an edge, from its tail to the tip of its arrow: (n, 2)."""
    path, head = _PATH.search(edge), _HEAD.search(edge)
    line = _flat(_corners(path[1] if path else "0 0"))
    return np.vstack([line, _corners(head[1])[1]]) if head else line


def curve(text: str, *, bent: bool = True) -> np.ndarray:
    """Points of a shape: of a chain of Bézier curves, if it is bent: (n, 2)."""
    corners = _corners(text)
    return _flat(corners) if bent else corners


def distances(boxes: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(n,): how far the nearest point is from each box."""
    if not len(points):
        return np.full(len(boxes), np.inf)
    x, y = points[:, 0], points[:, 1]
    left, top, right, bottom = (side[:, None] for side in boxes.T)
    dx = np.maximum(np.maximum(left - x, x - right), 0)
    dy = np.maximum(np.maximum(top - y, y - bottom), 0)
    return np.sqrt((dx * dx + dy * dy).min(axis=1))


def _corners(text: str) -> np.ndarray:
    return np.array([float(n) for n in _NUMBER.findall(text)]).reshape(-1, 2)


def _flat(corners: np.ndarray) -> np.ndarray:
    """Points of a chain of Bézier curves, about `_STEP` apart."""
    found = [corners[:1]]
    for i in range(0, len(corners) - 3, 3):
        a, d = corners[i], corners[i + 3]
        n = max(int(hypot(*(d - a)) / _STEP), 2)
        found.append(_weights(n) @ corners[i : i + 4])
    return np.concatenate(found)


@lru_cache(maxsize=256)
def _weights(n: int) -> np.ndarray:
    """(n, 4): how much of each corner of a Bézier curve is in each of n points."""
    t = np.arange(1, n + 1) / n
    s = 1 - t
    return np.stack([s**3, 3 * s * s * t, 3 * s * t * t, t**3], axis=1)
