"""The same picture for the program `dot`, which has what the embedded Graphviz lacks.

A record can have one colour of text and no chart, a table can have both. So where `dot`
makes the file (PDF, EPS), each card of the DOT, a record, is written again as a table:
same fields, same ports, and the lines in the colours of the theme. A histogram, which
no table can show, leaves no room behind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from viz.picture.colours import Theme
from viz.picture.lines import Line
from viz.picture.svg import Overlay

_DOT_FONTS = "DejaVu Sans Mono,Liberation Mono,Courier New,monospace"
_CARD = re.compile(r'(?m)^\t(\w+) \[label=("(?:[^"\\]|\\.)*"|\S+)(.*?)\]$')
_PARTS = re.compile(r"[{}|]|<(\w+)>|(?:[^{}|<\\]|\\.)+")
_CELL = 6  # points: the side of a cell of a heat map
_PLAIN = 'BORDER="0" CELLBORDER="0" CELLSPACING="0"'


def for_dot(source: str, overlay: Overlay) -> str:
    """The DOT of a picture, its cards as tables.

    Args:
        source: its cards as records.
        overlay: the lines of each card, and the theme.
    """

    def card(found: re.Match[str]) -> str:
        name, label, rest = found.groups()
        part = overlay.cards.get(name)
        if part is None:  # of the user's own
            return found[0]
        fields, lines = _fields(label.strip('"')), iter(part.lines)
        table = _table(fields, lines, overlay.theme, rows=overlay.horizontal)
        return f"\t{name} [label=<{table}> shape=box margin=0{rest}]"

    source = _CARD.sub(card, source)
    return source.replace("fontname=Courier", f'fontname="{_DOT_FONTS}"')


# A field is its port and its text, or the fields inside its braces.
_Field = tuple[str, str] | list["_Field"]


def _fields(record: str) -> list[_Field]:
    """The fields of a record, braces as lists."""
    outer: list[list[_Field]] = []
    fields: list[_Field] = [("", "")]
    for part in _PARTS.finditer(record):
        text, last = part[0], fields[-1]
        if text == "{":
            outer.append(fields)
            fields = [("", "")]
        elif text == "}":
            outer[-1][-1] = fields
            fields = outer.pop()
        elif text == "|":
            fields.append(("", ""))
        elif isinstance(last, tuple):
            fields[-1] = (part[1], last[1]) if part[1] else (last[0], last[1] + text)
    return fields


def _table(
    fields: list[_Field], lines: Iterator[Line], theme: Theme, *, rows: bool
) -> str:
    """Fields in a column or in a row; braces switch between the two."""
    cells = [_cell(field, lines, theme, rows=not rows) for field in fields]
    if rows:
        body = "<HR/>".join(f"<TR>{cell}</TR>" for cell in cells)
    else:
        body = f"<TR>{'<VR/>'.join(cells)}</TR>"
    return f"<TABLE {_PLAIN}>{body}</TABLE>"


def _cell(field: _Field, lines: Iterator[Line], theme: Theme, *, rows: bool) -> str:
    if isinstance(field, list):
        return f"<TD>{_table(field, lines, theme, rows=rows)}</TD>"
    port, text = field
    shown = [_line(t, next(lines), theme) for t in text.split("\\n")]
    place = f' PORT="{port}"' if port else ""
    inside = "".join(f"<TR><TD>{line}</TD></TR>" for line in shown if line)
    table = f'<TABLE {_PLAIN} CELLPADDING="1">{inside}</TABLE>'
    return f'<TD{place} CELLPADDING="4">{table}</TD>'


def _line(text: str, line: Line, theme: Theme) -> str:
    """A line of a card, or what can be shown of its chart; "" for nothing."""
    if line.chart is not None:
        return _cells(line.chart.colours(theme))
    if line.role == "room":
        return ""
    shown = text.replace("&#32;", "&#160;").replace("\\\\", "&#92;&#92;")
    return f'<FONT COLOR="{getattr(theme, line.role)}">{shown or "&#160;"}</FONT>'


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
