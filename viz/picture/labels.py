"""Labels, put beside their own lines.

Graphviz leaves room for the label of an edge, and puts it where the line need not pass.
Here it moves along its line to the place that is nearest, where it meets no card and no
other label, and no other line is nearer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import unescape
from typing import NamedTuple

import numpy as np

from viz.picture.frame_boxes import boxes_of_frames, boxes_of_names
from viz.picture.geometry import (
    EDGE,
    Box,
    boxes_of_cards,
    distances,
    line_of,
    paper,
)
from viz.words.text import width

_TEXT = re.compile(r'(<text [^>]*?) x="[-\d.]+" y="[-\d.]+"([^>]*>)([^<]*)</text>')
_NUMBER = re.compile(r'id="edge(\d+)"')  # from 1, in the order of the DOT
_SIZE = re.compile(r'font-size="[\d.]+"')
_CHARACTER, _LEADING, _ASCENT = 0.6, 1.2, 0.8  # of the size of a text
# Along a line: the places to look at first, and if none is good all others.
_NEAR = np.array([0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78, 0.15, 0.85])
_ALONG = np.array(sorted(np.linspace(0.06, 0.94, 23), key=lambda x: abs(x - 0.5)))
_GAP = 4.0  # points between a label and its line
_CLEAR = 3.0  # points between it and the edge of the paper
_APART = np.array([-8.0, -2.0, 8.0, 2.0])  # how far labels reach for each other
_NEAR_IT = 6.0  # points, within which no other line is nearer than its own
_FAR = 4.5  # points, beyond which a label is lost
_SWEEPS = 3  # after all labels have a place
_STRUCK, _SERIOUS = 1.5, 2.0  # faults: of a label on its own line; of one that is lost
_TRIED = 12  # places of others that a label may take
_MANY = 2_000_000  # labels × points of lines, beyond which they stay where they are


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
    around = _surroundings(svg, size)
    places = _places(around)
    written = (
        _written(edge, places[i], size) if i in places else edge.svg
        for i, edge in enumerate(around.edges)
    )
    return EDGE.sub(lambda _: next(written), svg)


class Crowded(NamedTuple):
    """Edges whose labels have no good place, by their numbers in the DOT, which are not
    those in the SVG.

    Attributes:
        lost: those that lie on other things, or nearer to them, or far away.
        struck: those that only their own lines run through.
    """

    lost: list[int]
    struck: list[int]


def crowded(svg: str, size: float) -> Crowded:
    """The edges whose labels have no good place; as for `placed`."""
    around = _surroundings(svg, size)
    places = _places(around)
    faults = {
        int(_NUMBER.findall(around.edges[i].svg)[0]) - 1: _faults(around, i, places)
        for i in places
    }
    return Crowded(
        sorted(i for i, fault in faults.items() if fault >= _SERIOUS),
        sorted(i for i, fault in faults.items() if _STRUCK <= fault < _SERIOUS),
    )


def _surroundings(svg: str, size: float) -> _Surroundings:
    edges = [_read(found[0], size) for found in EDGE.finditer(svg)]
    boxes = [*(box for _, box in boxes_of_cards(svg)), *boxes_of_names(svg)]
    return _Surroundings(edges, boxes, [*boxes_of_frames(svg)], paper(svg)[0])


class _Surroundings:
    """What a label must not meet: cards, names, lines; all but other labels."""

    def __init__(
        self,
        edges: Sequence[_Edge],
        boxes: Sequence[Box],
        frames: Sequence[Box],
        within: Box,
    ) -> None:
        self.edges = edges
        inset = np.array([_CLEAR, _CLEAR, -_CLEAR, -_CLEAR])
        self.paper = np.array(within) + inset
        self.boxes = np.array(boxes, float).reshape(-1, 4)
        self.frames = np.array(frames, float).reshape(-1, 4)
        self.points = np.concatenate([np.zeros((0, 2)), *(e.points for e in edges)])
        self.owner = np.repeat(np.arange(len(edges)), [len(e.points) for e in edges])

    def _on_frames(self, places: np.ndarray) -> np.ndarray:
        """How many frames run through each place."""
        a, b = places[:, None], self.frames[None]
        inside = (a[..., :2] > b[..., :2]) & (a[..., 2:] < b[..., 2:])
        through = _meets(places, self.frames) & ~inside.all(axis=-1)
        return np.asarray(through.sum(axis=1))

    def faults(self, i: int, places: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """How bad it is to put the label of edge `i` in each place: 0 if it is not.

        Args:
            i: of `edges`.
            places: boxes, (n, 4).
            labels: the boxes of the other labels, (m, 4).
        """
        near = np.concatenate([places[:, :2].min(0), places[:, 2:].max(0)])[None]
        taken = np.concatenate([self.boxes, labels])
        lies_on = _meets(places, taken[_meets(near, taken)[0]]).sum(axis=1)
        own = distances(places, self.edges[i].points)
        x, y = self.points.T
        left, top, right, bottom = near[0] + [-_NEAR_IT, -_NEAR_IT, _NEAR_IT, _NEAR_IT]
        here = (x > left) & (x < right) & (y > top) & (y < bottom) & (self.owner != i)
        foreign = distances(places, self.points[here])
        outside = (places[:, :2] < self.paper[:2]) | (places[:, 2:] > self.paper[2:])
        return (
            6.0 * lies_on
            + 6.0 * outside.any(axis=1)
            + 0.5 * self._on_frames(places)
            + 0.5 * _meets(places, labels + _APART).any(axis=1)
            + 3.0 * (foreign < 1)
            + _STRUCK * (own < 1)
            + 2.0 * (foreign < np.minimum(own + 0.5, _NEAR_IT))
            + (own > _FAR) * (2.0 + 0.5 * (own - _FAR))
        )


def _places(around: _Surroundings) -> dict[int, np.ndarray]:
    """The box of each label, by the place of its edge; where one has no good place
    left, those that took it are moved, too."""
    wanted = [i for i, edge in enumerate(around.edges) if edge.width]
    places: dict[int, np.ndarray] = {}
    if len(wanted) * len(around.points) > _MANY:
        return places
    for _ in range(1 + _SWEEPS):
        before, bad = list(map(tuple, places.values())), []
        for i in wanted:
            places[i], faults = _best(around, i, places)
            bad += [i] if faults else []
        if not bad or before == list(map(tuple, places.values())):
            break
    for i in bad:
        places |= _moved(around, i, places)
    return places


def _moved(
    around: _Surroundings, i: int, places: Mapping[int, np.ndarray]
) -> dict[int, np.ndarray]:
    """New places of a label that had none that was good, and of those in its way; none
    if that brings nothing."""
    others = {j: box for j, box in places.items() if j != i}
    taken = np.array(list(others.values())).reshape(-1, 4)
    faults = _faults(around, i, places)
    found = _candidates(around.edges[i], _ALONG, 4)
    free = found[around.faults(i, found, np.empty((0, 4))) == 0]
    for place in free[:_TRIED] if faults else ():
        met = _meets(place[None], taken)[0]
        new, left = {i: place}, 0.0
        for j in (j for j, is_met in zip(others, met, strict=True) if is_met):
            new[j], worse = _best(around, j, {**places, **new})
            left += worse
        if left < faults:
            return new
    return {}


def _faults(around: _Surroundings, i: int, places: Mapping[int, np.ndarray]) -> float:
    """How bad the place of a label is."""
    others = [box for j, box in places.items() if j != i]
    labels = np.array(others).reshape(-1, 4)
    return float(around.faults(i, places[i][None], labels)[0])


def _best(
    around: _Surroundings, i: int, places: Mapping[int, np.ndarray]
) -> tuple[np.ndarray, float]:
    """The first of the best places of a label, and its faults."""
    others = [box for j, box in places.items() if j != i]
    labels = np.array(others).reshape(-1, 4)
    best, least = np.zeros(4), np.inf
    for along, sides in ((_NEAR, 2), (_ALONG, 5)):
        found = _candidates(around.edges[i], along, sides)
        faults = around.faults(i, found, labels)
        first = int(np.argmin(faults))
        if faults[first] < least:
            best, least = found[first], float(faults[first])
        if not least:
            break
    return best, least


def _candidates(edge: _Edge, along: np.ndarray, sides: int) -> np.ndarray:
    """Boxes beside a line, the first the best: (n, 4)."""
    n = len(edge.points)
    places = np.minimum((along * n).astype(int), n - 1)
    x, y = edge.points[places].T
    before, after = np.maximum(places - 2, 0), np.minimum(places + 2, n - 1)
    way = np.abs(edge.points[after] - edge.points[before])
    steep = way[:, 1] >= way[:, 0] * 0.35
    w, h = edge.width, edge.height
    # How far the line leans towards the box along its side.
    lean = np.minimum(way[:, 0] / np.maximum(way[:, 1], 1e-9) * h / 2, w)
    rise = np.minimum(way[:, 1] / np.maximum(way[:, 0], 1e-9) * w / 2, 3 * h)
    right = np.stack([x + _GAP + lean, y - h / 2], axis=1)
    left = np.stack([x - _GAP - lean - w, y - h / 2], axis=1)
    above = np.stack([x - w / 2, y - h - _GAP / 2 - rise], axis=1)
    below = np.stack([x - w / 2, y + _GAP / 2 + rise], axis=1)
    on = np.stack([x - w / 2, y - h / 2], axis=1)
    beside, over = [right, left], [above, below]
    corners = np.concatenate(
        [np.where(steep[:, None], a, b) for a, b in zip(beside, over, strict=True)]
        + [np.where(steep[:, None], b, a) for a, b in zip(beside, over, strict=True)]
        + [on]
    )[: sides * len(along)]
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


def _read(svg: str, size: float) -> _Edge:
    texts = [unescape(found[3]).strip("\xa0 ") for found in _TEXT.finditer(svg)]
    wide = max(map(width, texts), default=0) * _CHARACTER * size
    return _Edge(svg, line_of(svg), wide, len(texts) * _LEADING * size)


def _written(edge: _Edge, box: np.ndarray, size: float) -> str:
    lines = len(_TEXT.findall(edge.svg))
    leading = _LEADING * size
    top = box[1] + (edge.height - leading * lines) / 2 + _ASCENT * leading
    rows = iter(range(lines))
    middle = (box[0] + box[2]) / 2

    def text(found: re.Match[str]) -> str:
        y = top + next(rows) * leading
        return f'{found[1]} x="{middle:.2f}" y="{y:.2f}"{found[2]}{found[3]}</text>'

    return _SIZE.sub(f'font-size="{size:.2f}"', _TEXT.sub(text, edge.svg))
