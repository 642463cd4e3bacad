"""A card as a Graphviz record: its fields in boxes, with a port where an edge arrives.

A record is text, `{{<p0>a|<p1>b}|{title|value|gradient}}`. Graphviz draws the fields of
one in a row or, in braces, in a column, and swaps the two when the graph runs from left
to right. It writes the lines in the order of `CardWords.lines`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from viz.picture.cards import CardWords
from viz.picture.dot_text import escape
from viz.picture.lines import Field, Line
from viz.picture.scene import CONSTANT, PARAMETER, REFERENCE


def record(words: CardWords, *, horizontal: bool) -> str:
    """The label of a card.

    Args:
        words: of the card. The slots of an op stand where its edges arrive, left or on
            top; the edge of the first arrives at port `p0`. Beside them stand the rows.
            An edge from the first of a fold's outputs leaves at port `o0`.
        horizontal: whether the graph runs from left to right.
    """
    if words.card.kind == REFERENCE:
        return escape(words.title)
    if words.card.kind in (PARAMETER, CONSTANT):
        (fields,) = words.rows
        row = "|".join(map(_field, fields))
        return f"{{{row}}}" if horizontal else row
    column = [_row(row) for row in words.rows]
    first = len(column) - len(words.outputs)
    for i in range(len(words.outputs)):
        column[first + i] = _with_port(f"<o{i}>", column[first + i])
    joined = "|".join(column)
    arrivals = "|".join(f"<p{i}>{escape(slot)}" for i, slot in enumerate(words.slots))
    if not words.slots:  # all that it was computed from is folded with it
        return joined if horizontal else f"{{{joined}}}"
    if horizontal:
        return f"{{{{{arrivals}}}|{{{joined}}}}}"
    return f"{{{{{arrivals}}}|{joined}}}"


def _row(row: Sequence[Field]) -> str:
    fields = "|".join(map(_field, row))
    return f"{{{fields}}}" if len(row) > 1 else fields


def _with_port(port: str, row: str) -> str:
    """A row with a port, where an edge leaves: on the last of its fields."""
    head, bar, last = row.rpartition("|")
    return f"{head}{bar}{port}{last}"


def _field(lines: Iterable[Line]) -> str:
    return "\\n".join(escape(line.text) for line in lines)
