"""Charts of arrays, taken apart."""

import re
import xml.etree.ElementTree as ET

from viz.picture.charts import chart
from viz.picture.colours import THEMES

LIGHT = THEMES["light"]
_BOX = re.compile(r"M(\S+) (\S+?)h(\S+?)v(\S+?)h")


def paths(array, theme=LIGHT, **kind):
    """The attributes of all paths of a chart."""
    svg = ET.fromstring(f"<svg>{chart(array, **kind).draw(theme)}</svg>")
    return [dict(path.attrib) for path in svg.iter("path")]


def boxes(d):
    """Left, top, width and height of the rectangles of a path."""
    return [tuple(map(float, found)) for found in _BOX.findall(d)]


def filled(array, theme=LIGHT, **kind):
    """Fill -> the boxes of a heat map and of its bar; without the paper under them."""
    found = [p for p in paths(array, theme, **kind)[1:] if p.get("fill") != "none"]
    return {p["fill"]: boxes(p["d"]) for p in found}


def cells(array, theme=LIGHT, **kind):
    """Fill -> the boxes of the cells of a heat map."""
    bottom = chart(array, **kind).cells.grid.size[1]
    inside = {
        fill: [box for box in found if box[1] < bottom - 1e-3]
        for fill, found in filled(array, theme, **kind).items()
    }
    return {fill: found for fill, found in inside.items() if found}


def bar(array, theme=LIGHT, **kind):
    """The pieces of the colour bar, from left to right: left, width and fill."""
    bottom = chart(array, **kind).cells.grid.size[1]
    return sorted(
        (box[0], box[2], fill)
        for fill, found in filled(array, theme, **kind).items()
        for box in found
        if box[1] > bottom + 1e-3
    )
