"""A card as a Graphviz record: its fields in boxes, with a port where an edge arrives.

The one idea: a record is text, `{{<p0>a|<p1>b}|{title|value|gradient}}`. Graphviz draws
the fields of one in a row or, in braces, in a column, and swaps the two when the graph
runs from left to right. Beside the text stand the lines of the card in the order in
which they are drawn, from which svg.py colours them.

What the fields say is in cards.py and folded.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from viz.cards import Field, Line
from viz.labels import escape


class Record(NamedTuple):
    """The label of a card, and its lines in the order in which they are drawn."""

    label: str
    lines: list[Line]


def line_record(text: str) -> Record:
    """A card of one line."""
    return Record(escape(text), [Line(text)])


def leaf_record(fields: Sequence[Field], *, horizontal: bool) -> Record:
    """Fields side by side.

    Args:
        fields: of a leaf, from left to right.
        horizontal: whether the graph runs from left to right.
    """
    row = "|".join(map(_field, fields))
    label = f"{{{row}}}" if horizontal else row
    return Record(label, [line for field in fields for line in field])


def op_record(
    slots: Sequence[str],
    rows: Sequence[Sequence[Field]],
    *,
    horizontal: bool,
    outputs: int = 0,
) -> Record:
    """Slots where the edges arrive, left or on top, and rows of fields beside them.

    Args:
        slots: what each says; the edge of the first arrives at port `p0`.
        rows: from top to bottom.
        horizontal: whether the graph runs from left to right.
        outputs: how many of the last rows an edge leaves from, the first at port `o0`.
    """
    arrivals = "|".join(f"<p{i}>{escape(slot)}" for i, slot in enumerate(slots))
    column = [_row(row) for row in rows]
    for i in range(outputs):
        row = i - outputs
        column[row] = _with_port(f"<o{i}>", column[row])
    joined = "|".join(column)
    if not slots:  # all that it was computed from is folded with it
        label = joined if horizontal else f"{{{joined}}}"
    elif horizontal:
        label = f"{{{{{arrivals}}}|{{{joined}}}}}"
    else:
        label = f"{{{{{arrivals}}}|{joined}}}"
    lines = [Line(slot) for slot in slots]
    return Record(label, lines + [line for row in rows for f in row for line in f])


def with_room(fields: list[Field], room: Mapping[str, int]) -> list[Field]:
    """Fields in which each line is so many characters wide, by the part that it is of;
    at the least."""
    if not room:
        return fields
    return [
        [line._replace(text=line.text.center(room.get(line.part, 0))) for line in f]
        for f in fields
    ]


def _row(row: Sequence[Field]) -> str:
    fields = "|".join(map(_field, row))
    return f"{{{fields}}}" if len(row) > 1 else fields


def _with_port(port: str, row: str) -> str:
    """A row an edge leaves from; where it has several fields, from the last."""
    head, bar, last = row.rpartition("|")
    return f"{head}{bar}{port}{last}"


def _field(lines: Iterable[Line]) -> str:
    return "\\n".join(escape(line.text) for line in lines)
