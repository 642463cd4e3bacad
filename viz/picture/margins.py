"""The same margin on all four sides.

Graphviz leaves room for labels, which then find other places; some stand in its margin.
Here the paper is cut, or made larger, around what is drawn.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from math import ceil, inf, isfinite

from viz.picture.geometry import Box, curve, paper
from viz.words.text import width

# What a picture is made of; where a user's own graph has more, it stays as it is.
_KNOWN = {"g", "a", "title", "text", "tspan"}
_KNOWN |= {"path", "polygon", "polyline", "rect", "ellipse"}
_TAG = re.compile(r"<(\w+)")
_SIZE = re.compile(r'<svg width="\d+pt" height="\d+pt"\n viewBox="[\d. -]+"')
_PLACE = re.compile(r'transform="scale\(1 1\) rotate\(0\) translate\([-\d. ]+\)"')
_CHART = re.compile(  # which lies within its card; it may have groups in it
    r'<g class="chart[^>]*>(?:<g\b(?:[^<]+|<(?!/g>))*</g>|[^<]+|<(?!/?g\b))*</g>'
)
_SHAPE = re.compile(r"<(path|polygon|polyline|rect|ellipse) ([^>]*)>")
_TEXT = re.compile(r"(?s)<text ([^>]*)>(.*?)</text>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_SHARE = 0.7  # of Graphviz's margin, which was for labels, too
_CHARACTER, _ASCENT, _DESCENT = 0.6, 0.75, 0.24  # of the size of a text
_LEFT_OF = {"start": 0.0, "middle": 0.5, "end": 1.0}  # an anchor: the share of the text

_Attributes = dict[str, str]


def equal(svg: str, room: tuple[float, float] = (inf, inf)) -> str:
    """The SVG of a picture with four margins of one width.

    Args:
        svg: of a picture.
        room: width and height in points of where it is looked at. A picture that is
            made smaller to fit its width would be too tall if it were cut narrower:
            then left and right stay wider.
    """
    sheet, end = paper(svg)
    body = _CHART.sub("", svg[end:])
    known = _PLACE.search(svg) and not {*_TAG.findall(body)} - _KNOWN
    if not known or not isfinite(sheet.left):
        return svg
    boxes = [*_shapes(body), *_texts(body)]
    if not boxes:
        return svg
    ink = _around_all(boxes)
    across, down = -_SHARE * sheet.left, _SHARE * sheet.bottom
    wide = ink.right - ink.left + 2 * across
    high = ceil(ink.bottom - ink.top + 2 * down)
    if high > room[1]:
        needed = high * room[0] / room[1]
        wide = max(wide, min(needed, sheet.right - sheet.left + across))
    return _on(svg, _sheet(ink, ceil(wide), high))


def _around_all(boxes: list[Box]) -> Box:
    left, top, right, bottom = zip(*boxes, strict=True)
    return Box(min(left), min(top), max(right), max(bottom))


def _sheet(ink: Box, wide: int, high: int) -> Box:
    """A paper of that size around what is drawn."""
    left = (ink.left + ink.right - wide) / 2
    top = (ink.top + ink.bottom - high) / 2
    return Box(left, top, left + wide, top + high)


def _on(svg: str, sheet: Box) -> str:
    """The SVG on another paper."""
    left, top, right, bottom = sheet
    wide, high = f"{right - left:.0f}", f"{bottom - top:.0f}"
    size = f'<svg width="{wide}pt" height="{high}pt"\n '
    size += f'viewBox="0.00 0.00 {wide}.00 {high}.00"'
    place = f'transform="scale(1 1) rotate(0) translate({-left:.2f} {-top:.2f})"'
    corners = [(left, bottom), (left, top), (right, top), (right, bottom)]
    points = " ".join(f"{x:.2f},{y:.2f}" for x, y in [*corners, corners[0]])
    svg = _PLACE.sub(place, _SIZE.sub(size, svg, count=1), count=1)
    start = svg.index('points="', svg.index("<polygon")) + len('points="')
    return svg[:start] + points + svg[svg.index('"', start) :]


def _shapes(body: str) -> Iterator[Box]:
    for kind, text in _SHAPE.findall(body):
        shape = dict(_ATTRIBUTE.findall(text))
        drawn = shape.get("stroke", "none") != "none"
        half = float(shape.get("stroke-width", 1)) / 2 if drawn else 0.0
        yield _outline(kind, shape).grown(half, half)


def _outline(kind: str, shape: _Attributes) -> Box:
    if kind == "rect":
        x, y, wide, high = (float(shape[n]) for n in ("x", "y", "width", "height"))
        return Box(x, y, x + wide, y + high)
    if kind == "ellipse":
        x, y, wide, high = (float(shape[n]) for n in ("cx", "cy", "rx", "ry"))
        return Box(x - wide, y - high, x + wide, y + high)
    points = curve(shape["d"]) if kind == "path" else curve(shape["points"], bent=False)
    return Box(*points.min(axis=0), *points.max(axis=0))


def _texts(body: str) -> Iterator[Box]:
    for look, content in _TEXT.findall(body):
        text = dict(_ATTRIBUTE.findall(look))
        size, x, y = (float(text[name]) for name in ("font-size", "x", "y"))
        wide = _CHARACTER * size * width(unescape(re.sub("<[^>]*>", "", content)))
        left = x - wide * _LEFT_OF[text.get("text-anchor", "start")]
        yield Box(left, y - _ASCENT * size, left + wide, y + _DESCENT * size)
