"""An SVG as cards, edges and all that is painted, in the order of painting.

A card is a `<g class="node ...">`, an edge with its label a `<g class="edge">`. What
else says something is the legend or the name of a frame. All places are in units of the
viewBox, which are points in Graphviz's pictures. Attributes are inherited as in SVG,
whether they stand alone or in `style=`; style sheets are not read, and what is not
displayed is not there. A font has one width: a character takes 0.6 of its size.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from helpers.yardstick.geometry import Box, Line, around, box_of
from helpers.yardstick.paths import moved, number, outlines, transform

CHARACTER, ASCENT, DESCENT, MIDDLE = 0.6, 0.75, 0.2, 0.3  # of the size of a font
_SHAPES = {"path", "polygon", "polyline", "rect", "circle", "ellipse", "line"}
_LINES = ("path", "polyline", "line")  # what the line of an edge may be
_GROUPS = {"svg", "g", "a"}
_SILENT = {"title", "desc", "defs", "style", "script", "metadata", "clipPath", "marker"}
_INHERITED = {
    *("fill", "stroke", "font-size", "text-anchor", "dominant-baseline"),
    *("fill-opacity", "opacity", "display", "visibility"),
}
_HIDDEN = {("display", "none"), ("visibility", "hidden")}
_PX = {"pt": 4 / 3, "px": 1.0, "": 1.0, "in": 96.0}  # pixels of a unit


class Shape(NamedTuple):
    """What is painted that is not text: its lines, and how."""

    lines: list[Line]
    look: Mapping[str, str]

    @property
    def box(self) -> Box:
        return around(map(box_of, self.lines))


class Text(NamedTuple):
    """A line of text.

    Attributes:
        said: the words, without spaces at their ends.
        box: where they stand.
        size: of the font.
        pieces: of each part of it in a colour of its own, the look.
    """

    said: str
    box: Box
    size: float
    pieces: list[Mapping[str, str]]


@dataclass
class Group:
    """A card, an edge or what is neither: its title, and what is painted of it."""

    title: str
    shapes: list[Shape] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)

    @property
    def box(self) -> Box:
        """Around the shapes; around the texts of a card that has no shape."""
        return around(part.box for part in self.shapes or self.texts)

    @property
    def line(self) -> Line:
        """Of an edge: its path, on to the point of its arrow."""
        by_tag = {shape.look["tag"]: shape for shape in reversed(self.shapes)}
        path = next(by_tag[tag] for tag in _LINES if tag in by_tag).lines[0]
        for shape in self.shapes:
            if shape.look["tag"] == "polygon":
                path = _extended(path, shape.lines[0])
        return path

    @property
    def label(self) -> Box | None:
        """Of an edge: the box around what it says."""
        return around(text.box for text in self.texts) if self.texts else None

    @property
    def ends(self) -> tuple[str, str]:
        """Of an edge: the titles of the cards that it joins."""
        tail, _, head = self.title.partition("->")
        return tail.split(":")[0], head.split(":")[0]


class Picture(NamedTuple):
    """All that an SVG shows.

    Attributes:
        width, height: in pixels, 96 to the inch.
        unit: pixels of a unit of the viewBox.
        cards, edges: in the order in which they are painted.
        rest: the legend, and the frames with their names.
        painted: every shape and text, the legend's too, in that order.
    """

    width: float
    height: float
    unit: float
    cards: list[Group]
    edges: list[Group]
    rest: Group
    painted: list[Shape | Text]


def read(svg: str) -> Picture:
    """The Picture of an SVG.

    Raises:
        ValueError: if it holds an element, a transform or a unit that is not known
            here, or a text without a size.
    """
    root = ET.fromstring(svg)
    width, height = (_pixels(root.get(name, "0")) for name in ("width", "height"))
    view = [float(v) for v in root.get("viewBox", f"0 0 {width} {height}").split()]
    picture = Picture(width, height, width / view[2], [], [], Group(""), [])
    _walk(root, {}, np.eye(3), picture, picture.rest)
    return picture


def _pixels(length: str) -> float:
    unit = re.sub(r"[\d.]+", "", length).strip()
    if unit not in _PX:
        raise ValueError(f"read: the picture is {length} wide or high; write pt or px")
    return number(length) * _PX[unit]


def _walk(
    element: ET.Element,
    look: Mapping[str, str],
    matrix: np.ndarray,
    picture: Picture,
    group: Group,
) -> None:
    """Adds what an element shows to the picture, and to the group that it is of."""
    tag = element.tag.rpartition("}")[2]
    if tag in _SILENT:
        return
    look = _look(element, look) | {"tag": tag}
    if _HIDDEN & look.items():
        return
    matrix = matrix @ transform(element.get("transform", ""))
    if tag in _GROUPS:
        group = _group(element, picture, group)
        for child in element:
            _walk(child, look, matrix, picture, group)
    elif tag == "text":
        texts = list(_texts(element, look, matrix))
        group.texts += texts
        picture.painted.extend(texts)
    elif tag in _SHAPES:
        lines = [moved(line, matrix) for line in outlines(tag, element.attrib)]
        shapes = [Shape(lines, look)] if lines else []
        group.shapes += shapes
        picture.painted.extend(shapes)
    else:
        raise ValueError(f"read: the element <{tag}> is not known")


def _look(element: ET.Element, outside: Mapping[str, str]) -> dict[str, str]:
    """The attributes that an element has, or inherits; opacities multiply."""
    own = {k: v for k, v in element.attrib.items() if k in _INHERITED}
    for pair in element.get("style", "").split(";"):
        name, _, value = pair.partition(":")
        if name.strip() in _INHERITED:
            own[name.strip()] = value.strip()
    if "opacity" in own and "opacity" in outside:
        own["opacity"] = str(float(own["opacity"]) * float(outside["opacity"]))
    return dict(outside) | own


def _group(element: ET.Element, picture: Picture, outside: Group) -> Group:
    """The group that what is inside an element is of."""
    kinds = (element.get("class") or "").split()
    for kind, groups in (("node", picture.cards), ("edge", picture.edges)):
        if kind in kinds:
            title = next((c.text or "" for c in element if c.tag.endswith("title")), "")
            groups.append(Group(title))
            return groups[-1]
    return outside


# --- texts --------------------------------------------------------------------------


def _texts(
    element: ET.Element, look: Mapping[str, str], matrix: np.ndarray
) -> Iterator[Text]:
    """The lines of a text: a tspan with a place of its own begins another."""
    x, y = number(element.get("x", "0")), number(element.get("y", "0"))
    parts = [(element.text or "", look)]
    for span in element:
        if {"x", "y", "dy"} & set(span.attrib):
            yield from _text(parts, x, y, matrix)
            parts = []
            x = number(span.get("x", str(x)))
            y = number(span.get("y", str(y))) + _shift(span.get("dy", "0"), look)
        parts += [(span.text or "", _look(span, look)), (span.tail or "", look)]
    yield from _text(parts, x, y, matrix)


def _shift(dy: str, look: Mapping[str, str]) -> float:
    return number(dy) * (number(look["font-size"]) if dy.endswith("em") else 1.0)


def _text(
    parts: list[tuple[str, Mapping[str, str]]], x: float, y: float, matrix: np.ndarray
) -> Iterator[Text]:
    """The line that some parts make, if they say anything."""
    whole = "".join(said for said, _ in parts).replace("\xa0", " ")
    if not whole.strip():
        return
    looks = [look for said, look in parts if said.strip()]
    if "font-size" not in looks[0]:
        raise ValueError(f"read: the text {whole!r:.40} has no font-size")
    size = number(looks[0]["font-size"])
    anchor = {"middle": 0.5, "end": 1.0}.get(looks[0].get("text-anchor", ""), 0.0)
    step, said = CHARACTER * size, whole.strip()
    left = x - anchor * step * len(whole) + step * whole.index(said)
    right = left + step * len(said)
    if looks[0].get("dominant-baseline") in ("middle", "central"):
        y += MIDDLE * size
    box = Box(left, y - ASCENT * size, right, y + DESCENT * size)
    placed = box_of(moved(box.corners, matrix))
    scale = float(np.sqrt(abs(np.linalg.det(matrix))))
    yield Text(said, placed, size * scale, looks)


def _extended(path: Line, head: Line) -> Line:
    """A path with the point of an arrow at the end that it is at."""
    middle = head.mean(axis=0)
    at_start = np.hypot(*(path[0] - middle)) < np.hypot(*(path[-1] - middle))
    end = path[0] if at_start else path[-1]
    tip = head[np.argmax(np.hypot(*(head - end).T))][None]
    return np.vstack([tip, path] if at_start else [path, tip])
