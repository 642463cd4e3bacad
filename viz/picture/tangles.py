"""Lines that cross, and labels that lie on other lines: layouts that have fewer.

Graphviz makes room for labels before it orders the cards of a rank; with other room it
finds another order. Where edges cross, or a label has no good place, a few ways to give
room are tried. The one with the fewest faults is kept, if the picture can be read as
well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import graphviz  # type: ignore[import-untyped]  # has no hints
import numpy as np

from viz.picture.fit import Room
from viz.picture.geometry import EDGE, line_of
from viz.picture.lines import LABEL
from viz.picture.render import size_of_svg, to_svg
from viz.picture.svg import Overlay, crowded_labels

_MANY = 120  # edges: beyond, one more layout takes long
_GAPS = (
    "0.3",
    "0.5",
    "0.6",
)  # inches between ranks that leave no other room for labels
_NEARLY = 0.97  # of the score: as large, to the eye
_AT_END = 12.0  # points: so near to a common end, lines do not cross


class Layout(NamedTuple):
    """A layout by Graphviz.

    Attributes:
        source: the DOT.
        svg: what Graphviz made of it.
        faults: crossings of edges, and labels that lie on other lines.
        score: as `Room` has it.
    """

    source: str
    svg: str
    faults: int
    score: float


def untangled(
    graph: graphviz.Digraph, svg: str, overlay: Overlay, room: Room
) -> tuple[str, str]:
    """The DOT and the SVG of the layout with the fewest faults; the graph becomes it.

    Args:
        graph: of a picture.
        svg: what Graphviz made of it.
        overlay: what stands on and around its cards.
        room: where it will be looked at.
    """
    crowded = crowded_labels(svg, overlay)
    source = str(graph.source)
    best = _judged(source, svg, len(crowded), room)
    if not best.faults or source.count(" -> ") > _MANY:
        return source, svg
    body, gap = list(graph.body), graph.graph_attr["ranksep"]
    kept = body, gap
    for lines, ranksep in _changes(body, crowded, gap):
        graph.body[:], graph.graph_attr["ranksep"] = lines, ranksep
        changed = str(graph.source)
        svg = to_svg(changed)
        found = _judged(changed, svg, len(crowded_labels(svg, overlay)), room)
        is_as_large = found.score >= min(_NEARLY * best.score, room.least)
        if found.faults < best.faults and is_as_large:
            best, kept = found, (lines, ranksep)
        if not best.faults:
            break
    graph.body[:], graph.graph_attr["ranksep"] = kept
    return best.source, best.svg


def _judged(source: str, svg: str, crowded: int, room: Room) -> Layout:
    faults = crowded + crossings([line_of(edge) for edge in EDGE.findall(svg)])
    return Layout(source, svg, faults, room.score(*size_of_svg(svg)))


def _changes(
    body: Sequence[str], crowded: Sequence[int], gap: str
) -> Iterator[tuple[list[str], str]]:
    """Lines of DOT with other room for labels, and the gap between ranks."""
    edges = [i for i, line in enumerate(body) if " -> " in line]

    def with_labels(chosen: Sequence[int], change: Callable[[str], str]) -> list[str]:
        places = {edges[i] for i in chosen}
        return [change(line) if i in places else line for i, line in enumerate(body)]

    yield with_labels(crowded, _in_full_size), gap
    for wider in _GAPS:
        yield with_labels(range(len(edges)), _outside), wider


def _in_full_size(edge: str) -> str:
    return edge.replace("]\n", f" fontsize={LABEL:g}]\n")


def _outside(edge: str) -> str:
    """Its label is put beside it after the layout."""
    return edge.replace("[label=", "[xlabel=")


def crossings(lines: Sequence[np.ndarray]) -> int:
    """How often lines cross, other than where they have an end in common."""
    boxes = [(*line.min(axis=0), *line.max(axis=0)) for line in lines]
    return sum(
        _crossings(lines[i], lines[j])
        for i, j in combinations(range(len(lines)), 2)
        if boxes[i][0] <= boxes[j][2]
        and boxes[j][0] <= boxes[i][2]
        and boxes[i][1] <= boxes[j][3]
        and boxes[j][1] <= boxes[i][3]
    )


def _crossings(a: np.ndarray, b: np.ndarray) -> int:
    """How often two lines cross: steps of each that go from one side of a step of the
    other to its other side."""
    p, r = a[:-1, None], np.diff(a, axis=0)[:, None]
    q, s = b[None, :-1], np.diff(b, axis=0)[None]
    of_a = (_turn(s, p - q) < 0) != (_turn(s, p + r - q) < 0)
    of_b = (_turn(r, q - p) < 0) != (_turn(r, q + s - p) < 0)
    steps, _ = np.nonzero(of_a & of_b)
    ends = [x for x in a[[0, -1]] for y in b[[0, -1]] if np.hypot(*(x - y)) < _AT_END]
    return sum(all(np.hypot(*(a[i] - end)) > _AT_END for end in ends) for i in steps)


def _turn(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The cross product: above 0 if b lies to one side of a, below 0 to the other."""
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])
