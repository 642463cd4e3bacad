"""The same picture for the program `dot`, which has what the embedded Graphviz lacks.

A plain card has one colour of text and no chart, a table can have both. So where `dot`
makes the file (PDF, EPS), each card of the DOT is written again as a table, with its
lines in their sizes and in the colours of the theme. A histogram, which no table can
show, leaves no room behind.
"""

from __future__ import annotations

import re
from itertools import accumulate

from viz.picture.chart_parts import Chart
from viz.picture.colours import Theme
from viz.picture.dot_text import escape
from viz.picture.lines import LABEL, Field, Line
from viz.picture.svg import CardOverlay, Overlay

_DOT_FONTS = "DejaVu Sans Mono,Liberation Mono,Courier New,monospace"
_CARD = re.compile(r'(?m)^\t(\w+) \[label=("(?:[^"\\]|\\.)*"|\S+)(.*?)\]$')
_LABELS = re.compile(r"(?m)^(\tedge \[.*fontsize=)[\d.]+")
_SIZE = re.compile(r" (?:width|height)=[\d.]+")
_CELL = 6  # points: the side of a cell of a heat map
_BAR = (40, 4)  # points: the least width of a colour bar, and its height
_PLAIN = 'BORDER="0" CELLBORDER="0" CELLSPACING="0"'


def for_dot(source: str, overlay: Overlay) -> str:
    """The DOT of a picture, its cards as tables.

    Args:
        source: its cards as boxes of a fixed size.
        overlay: the lines of each card, and the theme.
    """

    def card(found: re.Match[str]) -> str:
        name, _, rest = found.groups()
        part = overlay.cards.get(name)
        if part is None:  # of the user's own
            return found[0]
        table = _table(part, overlay)
        look = f"fixedsize=false margin=0.06{_SIZE.sub('', rest)}"
        return f"\t{name} [label=<{table}> {look}]"

    source = _CARD.sub(card, source).replace("[xlabel=", "[label=")
    source = _LABELS.sub(rf"\g<1>{LABEL:g}", source)  # they stay where dot puts them
    return source.replace("fontname=Courier", f'fontname="{_DOT_FONTS}"')


def _table(part: CardOverlay, overlay: Overlay) -> str:
    rows = (
        f"<TR><TD>{_row([_field(field, overlay) for field in row])}</TD></TR>"
        for row in part.rows
    )
    return f'<TABLE {_PLAIN} CELLPADDING="1">{"".join(rows)}</TABLE>'


def _row(fields: list[str]) -> str:
    if len(fields) == 1:
        return fields[0]
    cells = "".join(f"<TD>{field}</TD>" for field in fields)
    return f'<TABLE {_PLAIN} CELLPADDING="4"><TR>{cells}</TR></TABLE>'


def _field(lines: Field, overlay: Overlay) -> str:
    shown = filter(None, (_line(line, overlay) for line in lines))
    inside = "".join(f"<TR><TD>{line}</TD></TR>" for line in shown)
    return f'<TABLE {_PLAIN} CELLPADDING="0">{inside}</TABLE>' if inside else "&#160;"


def _line(line: Line, overlay: Overlay) -> str:
    """A line of a card, or what can be shown of its chart; "" for nothing."""
    if line.chart is not None:
        return _map(line.chart, overlay.theme)
    colour = getattr(overlay.theme, line.role)
    shown = escape(line.text).replace("\\", "&#92;").replace("&#32;", "&#160;")
    size = f'POINT-SIZE="{line.size:g}"'
    return f'<FONT COLOR="{colour}" {size}>{shown or "&#160;"}</FONT>'


def _map(chart: Chart, theme: Theme) -> str:
    """A heat map above its colour bar; "" of a histogram."""
    cells, bar = chart.colours(theme), chart.bar(theme)
    if not cells:
        return ""
    width = max(_CELL * len(cells[0]), _BAR[0])
    tables = [_cells(cells), *([_bar(bar, width)] if bar else [])]
    rows = "".join(f"<TR><TD>{table}</TD></TR>" for table in tables)
    return f'<TABLE {_PLAIN} CELLPADDING="1">{rows}</TABLE>'


def _cells(colours: list[list[str]]) -> str:
    """The cells; those between slices have no colour."""
    rows = ("".join(_box(colour, _CELL, _CELL) for colour in row) for row in colours)
    body = "".join(f"<TR>{row}</TR>" for row in rows)
    return _fixed(body, _CELL * len(colours[0]), _CELL * len(colours))


def _bar(pieces: list[tuple[str, float]], width: int) -> str:
    """The pieces of a bar, in whole points."""
    ends = accumulate((share * width for _, share in pieces), initial=0.0)
    sides = [round(end) for end in ends]
    boxes = (
        _box(colour, end - start, _BAR[1])
        for (colour, _), start, end in zip(pieces, sides, sides[1:], strict=False)
        if end > start
    )
    return _fixed(f"<TR>{''.join(boxes)}</TR>", width, _BAR[1])


def _box(colour: str, width: int, height: int) -> str:
    fill = f'BGCOLOR="{colour}" ' if colour else ""
    return f'<TD {fill}FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="{height}"></TD>'


def _fixed(body: str, width: int, height: int) -> str:
    """A table that is not stretched."""
    size = f'FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="{height}"'
    return f'<TABLE {_PLAIN} CELLPADDING="0" {size}>{body}</TABLE>'
