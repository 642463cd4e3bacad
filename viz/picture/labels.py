"""Labels, put beside their own lines.

Graphviz leaves room for the label of an edge, and puts it where the line need not pass.
Here it moves along its line to the place that is nearest, where it meets no card and no
other label, and no other line is nearer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from viz.picture.frame_boxes import Box, boxes_of_cards, boxes_of_names

_EDGE = re.compile(r'(?s)<g id="\w+" class="edge">.*?</g>')
_PATH = re.compile(r'<path [^>]*d="([^"]*)"')
_HEAD = re.compile(r'<polygon [^>]*points="([^"]*)"')
_TEXT = re.compile(r'(<text [^>]*?) x="[-\d.]+" y="[-\d.]+"([^>]*>)([^<]*)</text>')
_NUMBER = re.compile(r"-?[\d.]+")
_CHARACTER, _LEADING, _ASCENT, _DESCENT = 0.6, 1.2, 0.8, 0.22  # of the size of a text
_PLACES = np.array([0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78, 0.15, 0.85])  # along a line
_GAP = 4.0  # points between a label and its line
_CLEAR = 3.0  # points between it and all else
_STEP = 4.0  # points between two points of a line
_MANY = 1500  # labels beyond which they stay where they are


class _Edge(NamedTuple):
    """An edge: its SVG, the points of its line, and the size of its label."""

    svg: str
    points: np.ndarray
    width: float
    height: float


def placed(svg: str, size: float) -> str:
    """The SVG with its labels in their places.

    Args:
        svg: of a picture.
        size: of the text of labels, in points.
    """
    edges = [_read(found[0], size) for found in _EDGE.finditer(svg)]
    if sum(edge.width > 0 for edge in edges) > _MANY:
        return svg
    boxes = [*(box for _, box in boxes_of_cards(svg)), *boxes_of_names(svg)]
    moved = iter(list(_moved(edges, boxes, size)))
    return _EDGE.sub(lambda _: next(moved), svg)


def _moved(edges: Sequence[_Edge], boxes: list[Box], size: float) -> Iterator[str]:
    taken = np.array(boxes).reshape(-1, 4)
    points = np.concatenate([e.points for e in edges]) if edges else np.zeros((0, 2))
    owner = np.repeat(np.arange(len(edges)), [len(e.points) for e in edges])
    for i, edge in enumerate(edges):
        if not edge.width:
            yield edge.svg
            continue
        places = _candidates(edge)
        foreign = _distances(places, points[owner != i])
        faults = 3.0 * _meets(places, taken).sum(axis=1) + 2.0 * (foreign < _CLEAR)
        best = places[int(np.argmin(faults))]
        taken = np.vstack([taken, best])
        yield _written(edge, best, size)


def _candidates(edge: _Edge) -> np.ndarray:
    """Boxes beside a line, the first the best: (n, 4)."""
    n = len(edge.points)
    places = np.minimum((_PLACES * n).astype(int), n - 1)
    x, y = edge.points[places].T
    before, after = np.maximum(places - 2, 0), np.minimum(places + 2, n - 1)
    along = edge.points[after] - edge.points[before]
    steep = np.abs(along[:, 1]) >= np.abs(along[:, 0]) * 0.35
    # How far the line leans away from the box along its height.
    lean = np.abs(along[:, 0]) / np.maximum(np.abs(along[:, 1]), 1e-9) * edge.height / 2
    lean = np.minimum(lean, edge.width)
    w, h = edge.width, edge.height
    right = np.stack([x + _GAP + lean, y - h / 2], axis=1)
    left = np.stack([x - _GAP - lean - w, y - h / 2], axis=1)
    rise = np.abs(along[:, 1]) / np.maximum(np.abs(along[:, 0]), 1e-9) * w / 2
    rise = np.minimum(rise, 3 * h)
    above = np.stack([x - w / 2, y - h - _GAP / 2 - rise], axis=1)
    below = np.stack([x - w / 2, y + _GAP / 2 + rise], axis=1)
    first = np.where(steep[:, None], right, above)
    second = np.where(steep[:, None], left, below)
    corners = np.concatenate([first, second])
    return np.concatenate([corners, corners + np.array([w, h])], axis=1)


def _meets(boxes: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """(n, m): whether a box meets one that is taken."""
    a, b = boxes[:, None], taken[None]
    return (
        (a[..., 0] < b[..., 2] + 1)
        & (b[..., 0] < a[..., 2] + 1)
        & (a[..., 1] < b[..., 3] + 1)
        & (b[..., 1] < a[..., 3] + 1)
    )


def _distances(boxes: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(n,): how far the nearest point is from each box."""
    if not len(points):
        return np.full(len(boxes), np.inf)
    x, y = points[:, 0], points[:, 1]
    left, top, right, bottom = (side[:, None] for side in boxes.T)
    dx = np.maximum(np.maximum(left - x, x - right), 0)
    dy = np.maximum(np.maximum(top - y, y - bottom), 0)
    return np.sqrt((dx * dx + dy * dy).min(axis=1))


def _read(svg: str, size: float) -> _Edge:
    path = _PATH.search(svg)
    corners = np.array([float(n) for n in _NUMBER.findall(path[1])] if path else [0, 0])
    head = _HEAD.search(svg)
    line = _flat(corners.reshape(-1, 2))
    if head:  # the tip of the arrow
        tip = np.array([float(n) for n in _NUMBER.findall(head[1])]).reshape(-1, 2)
        line = np.vstack([line, tip[1]])
    texts = [found[3].strip("\xa0 ") for found in _TEXT.finditer(svg)]
    texts = [re.sub(r"&#?\w+;", "x", text) for text in texts]
    width = max(map(len, texts), default=0) * _CHARACTER * size
    return _Edge(svg, line, width, len(texts) * _LEADING * size)


def _flat(corners: np.ndarray) -> np.ndarray:
    """Points of a chain of Bézier curves, about `_STEP` apart."""
    found = [corners[:1]]
    for i in range(0, len(corners) - 3, 3):
        a, b, c, d = corners[i : i + 4]
        n = max(int(np.hypot(*(d - a)) / _STEP), 2)
        t = np.linspace(0, 1, n + 1)[1:, None]
        s = 1 - t
        found.append(s**3 * a + 3 * s * s * t * b + 3 * s * t * t * c + t**3 * d)
    return np.concatenate(found)


def _written(edge: _Edge, box: np.ndarray, size: float) -> str:
    lines = len(_TEXT.findall(edge.svg))
    leading = _LEADING * size
    top = box[1] + (edge.height - leading * lines) / 2 + _ASCENT * leading
    rows = iter(range(lines))
    middle = (box[0] + box[2]) / 2

    def text(found: re.Match[str]) -> str:
        y = top + next(rows) * leading
        return f'{found[1]} x="{middle:.2f}" y="{y:.2f}"{found[2]}{found[3]}</text>'

    return _TEXT.sub(text, edge.svg)
