"""The same picture for the program `dot`, which has what the embedded Graphviz lacks.

A plain card has one colour of text and no chart, a table can have both. So where `dot`
makes the file (PDF, EPS), each card of the DOT is written again as a table, with its
lines in their sizes and in the colours of the theme. A histogram, which no table can
show, leaves no room behind.
"""

from __future__ import annotations

import re

from viz.picture.dot_text import escape
from viz.picture.lines import LABEL, Field, Line
from viz.picture.svg import CardOverlay, Overlay

_DOT_FONTS = "DejaVu Sans Mono,Liberation Mono,Courier New,monospace"
_CARD = re.compile(r'(?m)^\t(\w+) \[label=("(?:[^"\\]|\\.)*"|\S+)(.*?)\]$')
_LABELS = re.compile(r"(?m)^(\tedge \[.*fontsize=)[\d.]+")
_SIZE = re.compile(r" (?:width|height)=[\d.]+")
_CELL = 6  # points: the side of a cell of a heat map
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
        return _cells(line.chart.colours(overlay.theme))
    colour = getattr(overlay.theme, line.role)
    shown = escape(line.text).replace("\\", "&#92;").replace("&#32;", "&#160;")
    size = f'POINT-SIZE="{line.size:g}"'
    return f'<FONT COLOR="{colour}" {size}>{shown or "&#160;"}</FONT>'


def _cells(colours: list[list[str]]) -> str:
    """A heat map."""
    rows = (
        "".join(
            f'<TD BGCOLOR="{colour}" FIXEDSIZE="TRUE" WIDTH="{_CELL}" '
            f'HEIGHT="{_CELL}"></TD>'
            for colour in row
        )
        for row in colours
    )
    body = "".join(f"<TR>{row}</TR>" for row in rows)
    if not body:
        return ""
    width, height = _CELL * len(colours[0]), _CELL * len(colours)
    # Without a fixed size it would be stretched.
    size = f'FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="{height}"'
    return f'<TABLE {_PLAIN} CELLPADDING="0" {size}>{body}</TABLE>'
