"""The legend: one small line under the picture that says what its looks mean.

The one idea: only what is there is explained, in words that need no colour to be read
(`dashed: constant`). It is the label of the graph, so that it goes wherever the DOT
goes; in an SVG each entry is drawn in the colour that it names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from viz.colours import CONSTANT, GRADIENT, LOSS, NAN_TEXT, OPERATION, PARAMETER, STALE
from viz.labels import as_written, escape

FONT_SIZE = "8"  # points; nothing else in a picture is as small
_WIDTH = 78  # characters of a line
_SEPARATOR = " · "
ENTRIES = {  # what there is to explain -> the words, and the colour they are drawn in
    "parameter": ("green: parameter or input", PARAMETER),
    "operation": ("grey: operation", OPERATION),
    "constant": ("dashed: constant", CONSTANT),
    "loss": ("thick: what is drawn", LOSS),
    "array": ("of an array: least … mean … greatest", OPERATION),
    "nameless": ("·: without a name", OPERATION),
    "gradient": ("∂: gradient, ▲ positive, ▼ negative, darker is larger", GRADIENT),
    "sign": ("∂: gradient, ▲ positive, ▼ negative", GRADIENT),
    "values": ("bluer: the larger value", STALE),
    "roles": ("filled by what it is", OPERATION),
    "edge": ("on an edge: local derivative", GRADIENT),
    "formula": ("on an edge: how the gradient g goes back", GRADIENT),
    "width": ("wider: carries more", GRADIENT),
    "reference": ("↗: drawn elsewhere", PARAMETER),
    "stale": ("changed since: an input is newer than the value", STALE),
    "nan": ("yellow ring: NaN", NAN_TEXT),
}
_COLOURS = dict(ENTRIES.values())


def legend_label(kinds: set[str]) -> str:
    """The DOT label that explains the kinds given, in the order of ENTRIES."""
    words = (text for kind, (text, _) in ENTRIES.items() if kind in kinds)
    lines = (f"{escape(line)}\\l" for line in _wrapped(words))
    return as_written("".join(lines))


def _wrapped(entries: Iterable[str]) -> Iterator[str]:
    line = ""
    for entry in entries:
        joined = f"{line}{_SEPARATOR}{entry}" if line else entry
        if len(joined) > _WIDTH:
            yield line
            joined = entry
        line = joined
    if line:
        yield line


def coloured(svg: str) -> str:
    """The SVG with each entry of its legend in the entry's colour."""
    return re.sub(
        rf'(?m)^(<text [^>]*font-size="{FONT_SIZE}\.00"[^>]*>)(.*)</text>$',
        lambda line: f"{line[1]}{_spans(line[2])}</text>",
        svg,
    )


def _spans(line: str) -> str:
    return _SEPARATOR.join(
        f'<tspan fill="{_COLOURS.get(entry, OPERATION)}">{entry}</tspan>'
        for entry in line.split(_SEPARATOR)
    )
