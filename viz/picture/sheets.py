"""The sheets of a page: the picture, and the inside of every fold that can be opened.

A sheet is an SVG, and what can be asked about it. The insides are laid out here, when a
page is made.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from viz.picture.details import Details
from viz.picture.render import to_svg
from viz.picture.svg import Overlay, overlaid

_IDENT = re.compile(r'<g id="\w+" ')


class Inside(NamedTuple):
    """The picture of what is in a fold, to be laid out.

    Attributes:
        title: of the fold.
        source: in DOT.
        overlay: what is still to be drawn.
        details: what can be asked about it.
    """

    title: str
    source: str
    overlay: Overlay
    details: Details


class Sheet(NamedTuple):
    """What a page shows at a time.

    Attributes:
        title: of the fold; "" of the whole picture.
        svg: the picture.
        facts: what can be asked about it, ready for JSON.
    """

    title: str
    svg: str
    facts: dict[str, Any]


def sheets(svg: str, details: Details, insides: Mapping[int, Inside]) -> list[Sheet]:
    """The whole picture, and after it the insides that can be reached from it.

    Args:
        svg: of the whole picture.
        details: of it.
        insides: by the key of a fold.
    """
    place: dict[int, int] = {}  # by the id of an Inside, from 1
    reached: list[Inside] = []
    queue = [details]
    for one in queue:
        for key, _ in one.folds.values():
            inner = insides.get(key)
            if inner is not None and id(inner) not in place:
                reached.append(inner)
                queue.append(inner.details)
                place[id(inner)] = len(reached)
    places = {key: place.get(id(inner)) for key, inner in insides.items()}
    return [
        Sheet("", svg, _facts(details, places)),
        *(Sheet(x.title, _drawn(x), _facts(x.details, places)) for x in reached),
    ]


def _facts(details: Details, places: Mapping[int, int | None]) -> dict[str, Any]:
    """What can be asked about a sheet, and which sheet opens where."""
    told = details.written()
    for ident, (key, label) in details.folds.items():
        card, place = told["cards"][ident], places.get(key)
        card |= {"closed": _closed(label)} if place is None else {"opens": place}
    return told


def _closed(label: str) -> str:
    cure = f"open=[{label!r}]" if label else "max_nodes=None"
    return f"too large to open here: draw(..., {cure})"


def _drawn(inside: Inside) -> str:
    """An SVG without the idents that Graphviz gives: those of another have the same."""
    return _IDENT.sub("<g ", overlaid(to_svg(inside.source), inside.overlay))
