"""What a picture has no room for: every card's numbers in full, as plain text.

The one idea: a card shows four digits and a chart, and a page (page.py) can be asked
for the rest. So the numbers are written out when the picture is drawn, in as many
digits as read back to the same number, and nothing here keeps a tensor alive. What a
card is called, and what an edge says, is the picture's own text.

Titles and slots come from cards.py, the lines of an edge from edges.py, and numbers in
four digits from numbers.py.
"""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from engine import Tensor
from viz.boxes import Box
from viz.cards import NAMELESS, reference_text, slots, title
from viz.folded import FOLD, hidden
from viz.labels import visible
from viz.names import Names
from viz.numbers import (
    NO_GRADIENT,
    NOT_RUN,
    aligned,
    as_table,
    is_numpy,
    mean,
    nested,
    plain,
    shape_of,
    value_lines,
)
from viz.walk import CONSTANT, FOLDED, LOSS, OPERATION, PARAMETER, REFERENCE, Card, Walk

WRITTEN = 256  # entries up to which an array is written out
FIRST = 16  # entries of a larger one that are
FOREIGN = "of another library: nothing is computed for a picture"
_KINDS = {  # as the legend calls them
    PARAMETER: "parameter or input",
    CONSTANT: "constant",
    OPERATION: "operation",
    LOSS: "what is drawn",
    REFERENCE: "drawn elsewhere",
    FOLDED: "several cards in one",
}
_NOT_FINITE = {"nan": "NaN", "inf": "∞", "-inf": "-∞"}  # as on the cards


def facts(walk: Walk, names: Names, edge_lines: list[list[str]]) -> dict[str, Any]:
    """All that can be asked about a picture, ready for JSON.

    Args:
        walk: its cards and edges.
        names: what its tensors are called.
        edge_lines: what each edge of the walk says.

    Returns:
        `cards`, by ident: the kind, title, full name, shape, dtype, value and gradient
        of each; `edges`, in walk order: the tail, head, slot and lines of each.
    """
    leaves = (card for card in walk.cards if card.kind in (PARAMETER, CONSTANT))
    drawn = {id(leaf.held): leaf.ident for leaf in leaves}
    edges = (
        {"tail": e.tail.ident, "head": e.head.ident, "slot": e.slot, "lines": lines}
        for e, lines in zip(walk.edges, edge_lines, strict=True)
    )
    return {
        "cards": {card.ident: _card(card, names, drawn) for card in walk.cards},
        "edges": list(edges),
    }


def _card(card: Card, names: Names, drawn: dict[int, str]) -> dict[str, Any]:
    """What is known of a card; a reference tells where its leaf is drawn."""
    held = card.held
    told: dict[str, Any] = {
        "kind": _KINDS[card.kind],
        "title": _title(card, names),
        "name": names.full(held),
    }
    if card.kind == REFERENCE and id(held) in drawn:
        return told | {"drawn": drawn[id(held)]}
    if isinstance(held, Box):
        outputs = [output for output in held.outputs if len(held.outputs) == 1]
        told["hides"] = hidden(held)
        return told | (_numbers(outputs[0]) if outputs else {})
    if _is_op(card):
        told["slots"] = slots(held, names)
    return told | _numbers(held)


def _title(card: Card, names: Names) -> str:
    if card.kind == REFERENCE:
        return reference_text(card, names)
    if isinstance(card.held, Box):
        return f"{FOLD} {visible(card.held.title)}"
    if _is_op(card):
        return title(card, names)
    return names.short(card.held) or NAMELESS


def _is_op(card: Card) -> bool:
    return isinstance(card.held, Tensor) and bool(card.held.parents)


def _numbers(held: Any) -> dict[str, Any]:
    """Shape, dtype, value and gradient."""
    data = plain(held)
    if not hasattr(data, "shape") and not isinstance(data, numbers.Number):
        return {"value": {"lines": value_lines(data)}}
    return {
        "shape": str(shape_of(data)),
        "dtype": str(getattr(data, "dtype", type(data).__name__)),
        "value": _written(data),
        "gradient": _gradient(held),
    }


def _gradient(held: Any) -> dict[str, Any]:
    if not getattr(held, "requires_grad", False):
        return {"note": NO_GRADIENT}
    if held.grad is None:
        return {"note": NOT_RUN}
    return _written(plain(held.grad))


def _written(data: Any) -> dict[str, Any]:
    """The entries of an array, or of a large one the first ones and a summary."""
    if not is_numpy(data):
        return {"note": FOREIGN}
    array = np.asarray(data)
    if array.dtype.kind not in "biufc":  # an integer of 30 digits, a fraction
        return {"lines": value_lines(data) if array.ndim else [str(data)]}
    if array.size <= WRITTEN:
        return {"lines": _rows(array)}
    return {
        "summary": _summary(array),
        "note": f"the first {FIRST} of {array.size} entries",
        "lines": aligned(_exact(array.ravel()[:FIRST])),
    }


def _summary(array: np.ndarray) -> list[list[str]]:
    """What is said of all entries: pairs of a word and a number."""
    if array.dtype.kind in "bc":  # of which there is no least
        return [["all", line] for line in value_lines(array)[1:]]
    three = {"min": array.min(), "mean": mean(array), "max": array.max()}
    return [[word, _exact(np.asarray(n))[0]] for word, n in three.items()]


def _rows(array: np.ndarray) -> list[str]:
    """A line per entry of a vector, per row of a matrix; point under point."""
    if not array.size:
        return [nested(array.tolist())]
    texts = _exact(array)
    width = as_table(array).shape[1] if array.ndim > 1 else 1
    columns = [aligned(texts[i::width]) for i in range(width)]
    return ["  ".join(row).rstrip() for row in zip(*columns, strict=True)]


def _exact(array: np.ndarray) -> list[str]:
    """Each entry in as many digits as its dtype needs to read back the same."""
    short = array.dtype in (np.float32, np.float16, np.complex64, np.longdouble)
    flat = array.ravel()
    entries = list(flat) if short else flat.tolist()  # 0.1, not 0.10000000149011612
    return [_NOT_FINITE.get(text, text) for text in map(str, entries)]
