"""Boxes, lines, where lines cross, and how far a box is from a line.

A line is an array of points, of shape (n, 2), in points of the picture; y grows down.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

Line = np.ndarray


class Box(NamedTuple):
    """An upright rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    def grown(self, by: float) -> Box:
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)

    @property
    def corners(self) -> Line:
        """Clockwise from the top left."""
        left, top, right, bottom = self
        return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])

    @property
    def centre(self) -> np.ndarray:
        return np.array([(self.left + self.right) / 2, (self.top + self.bottom) / 2])


def around(boxes: Iterable[Box]) -> Box:
    """The smallest box around some."""
    left, top, right, bottom = zip(*boxes, strict=True)
    return Box(min(left), min(top), max(right), max(bottom))


def box_of(points: Line) -> Box:
    """The smallest box around some points."""
    return Box(*points.min(axis=0), *points.max(axis=0))


def meet(a: Box, b: Box, *, by: float = 0.5) -> bool:
    """Whether two boxes overlap by more than `by`, both across and down."""
    across = min(a.right, b.right) - max(a.left, b.left)
    down = min(a.bottom, b.bottom) - max(a.top, b.top)
    return across > by and down > by


def is_inside(point: np.ndarray, polygon: Line) -> bool:
    """Whether a point lies in a polygon: whether a ray from it meets an odd number of
    its sides."""
    ends = np.roll(polygon, -1, axis=0)
    (x0, y0), (x1, y1), (x, y) = polygon.T, ends.T, point
    spans = (y0 > y) != (y1 > y)
    with np.errstate(all="ignore"):  # a level side is spanned by no ray
        meets = x < x0 + (y - y0) / (y1 - y0) * (x1 - x0)
    return bool((spans & meets).sum() % 2)


def crossings(a: Line, b: Line) -> Line:
    """The points, of shape (n, 2), at which two lines cross.

    To run on top of each other is not to cross. A point of one line that lies exactly
    on the other counts as right of it: so a crossing at a corner is one crossing.
    """
    if not meet(box_of(a).grown(1), box_of(b).grown(1)):
        return np.empty((0, 2))
    p, r = a[:-1, None], np.diff(a, axis=0)[:, None]
    q, s = b[None, :-1], np.diff(b, axis=0)[None]
    a_parts = _turn(s, p - q) < 0, _turn(s, p + r - q) < 0
    b_parts = _turn(r, q - p) < 0, _turn(r, q + s - p) < 0
    found = (a_parts[0] != a_parts[1]) & (b_parts[0] != b_parts[1])
    i, j = np.nonzero(found)
    p, r, q, s = p[i, 0], r[i, 0], q[0, j], s[0, j]
    return p + (_turn(q - p, s) / _turn(r, s))[:, None] * r


def _turn(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The cross product: above 0 if b lies to one side of a, below 0 to the other."""
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def distance(box: Box, line: Line) -> float:
    """From a box to a line; 0 if the line touches the box or runs through it."""
    corners = box.corners
    if any(len(crossings(line, corners[[i, i + 2]])) for i in (0, 1)):
        return 0.0  # whatever runs through a box crosses one of its diagonals
    beyond = np.maximum(np.maximum(corners[0] - line, line - corners[2]), 0.0)
    from_points = np.hypot(*beyond.T).min()
    return float(min(from_points, _to_segments(corners, line)))


def _to_segments(points: Line, line: Line) -> float:
    """The least distance from one of the points to a line."""
    start, way = line[:-1, None], np.diff(line, axis=0)[:, None]
    length = np.maximum((way**2).sum(-1), 1e-12)
    share = np.clip(((points - start) * way).sum(-1) / length, 0, 1)
    nearest = start + share[..., None] * way
    return float(np.sqrt(((points - nearest) ** 2).sum(-1)).min(initial=np.inf))
