"""Arrows that touch their cards.

Graphviz ends a line at the rectangle around a card. The corners of a card are round, so
near a corner an arrow would stop up to five points before it. Here the end of each
line moves to the border, and the last part of the line bends with it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from math import hypot
from typing import NamedTuple

from viz.picture.geometry import EDGE, Box, border

_NODE = re.compile(
    r'(?s)<g id="\w+" class="node [^"]*">\n<title>(\w+)</title>\n(.*?)</g>'
)
_SHAPE = re.compile(r"<(?:path|polygon|ellipse) [^>]*>")
_WIDTH = re.compile(r'stroke-width="([\d.]+)"')
_FIRST = re.compile(r' d="M([-\d.]+),')
_ENDS = re.compile(r"<title>(\w+)&#45;&gt;(\w+)</title>")
_LINE = re.compile(r'(?<= d=")M[-\d.]+,[-\d.]+C[^"]+(?=")')
_HEAD = re.compile(r'(<polygon [^>]*points=")([^"]*)"')
_ROUNDER = 1.067  # Graphviz's corner, as a circle: its radius is larger by as much
_RING = 6.0  # points: the width of the ring of a card
_LONGEST_POINT = 4.0  # of an outline, in its widths: SVG's miter limit

_Point = tuple[float, float]


class _Card(NamedTuple):
    """A card: its rectangle, the radius of its corners, the width of its border."""

    box: Box
    radius: float
    border: float

    def step_to(self, x: float, y: float) -> _Point:
        """From a point outside of a corner to the border: the shortest way, so that of
        two lines each stays on its side."""
        left, top, right, bottom = self.box
        round_by = self.radius * _ROUNDER
        from_x = x - min(max(x, left + round_by), right - round_by)
        from_y = y - min(max(y, top + round_by), bottom - round_by)
        far = hypot(from_x, from_y)
        if not far:
            return 0.0, 0.0
        share = (round_by + self.border / 2) / far - 1
        return from_x * share, from_y * share


def touching(svg: str, ringed: Collection[str] = ()) -> str:
    """Graphviz's SVG with lines that begin and end at the borders of cards.

    Args:
        svg: of a picture.
        ringed: the idents of cards that get a ring.
    """
    cards = dict(_cards(svg, ringed))
    return EDGE.sub(lambda edge: _joined(edge[0], cards), svg)


def _cards(svg: str, ringed: Collection[str]) -> Iterator[tuple[str, _Card]]:
    for ident, inside in _NODE.findall(svg):
        shape, first, box = _SHAPE.search(inside), _FIRST.search(inside), border(inside)
        if shape and first and box and shape[0].startswith("<path"):
            wide = _RING if ident in ringed else _width(shape[0])
            yield ident, _Card(box, box.right - float(first[1]), wide)


def _joined(edge: str, cards: Mapping[str, _Card]) -> str:
    """An edge that touches its cards."""
    ends, line, head = _ENDS.search(edge), _LINE.search(edge), _HEAD.search(edge)
    if not ends or not line or not {ends[1], ends[2]} & cards.keys():
        return edge
    points = _points(line[0])
    if ends[1] in cards:
        step = cards[ends[1]].step_to(*points[0])
        points[:2] = _moved(points[:2], step)
    if head and ends[2] in cards:
        corners = _points(head[2])
        step = cards[ends[2]].step_to(*_tip(corners, _width(head[1])))
        points[-2:] = _moved(points[-2:], step)
        moved = " ".join(_written(_moved(corners, step)))
        edge = edge.replace(f'points="{head[2]}"', f'points="{moved}"')
    first, *rest = _written(points)
    return edge.replace(line[0], f"M{first}C{' '.join(rest)}")


def _tip(corners: list[_Point], width: float) -> _Point:
    """The tip of an arrow's head, which is drawn with an outline: that ends in a point
    of its own, beyond the corner."""
    left, (x, y), right = corners[:3]
    (ax, ay), (bx, by) = _direction(left, (x, y)), _direction(right, (x, y))
    half = hypot(ax - bx, ay - by) / 2  # the sine of half the angle
    if half * _LONGEST_POINT < 1:
        return x, y
    dx, dy = _direction((0.0, 0.0), (ax + bx, ay + by))
    return x + dx * width / 2 / half, y + dy * width / 2 / half


def _width(shape: str) -> float:
    found = _WIDTH.search(shape)
    return float(found[1]) if found else 1.0


def _direction(a: _Point, b: _Point) -> _Point:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = hypot(dx, dy) or 1.0
    return dx / length, dy / length


def _moved(points: list[_Point], step: _Point) -> list[_Point]:
    return [(x + step[0], y + step[1]) for x, y in points]


def _written(points: list[_Point]) -> list[str]:
    return [f"{x:.2f},{y:.2f}" for x, y in points]


def _points(text: str) -> list[_Point]:
    numbers = [float(n) for n in re.findall(r"-?[\d.]+", text)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))
