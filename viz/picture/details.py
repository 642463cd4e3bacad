"""What a picture has no room for: every card's numbers in full, for a page.

A card shows four digits and a chart, and a page can be asked for the rest. What it may
show later is copied when the picture is drawn, so that no tensor is kept alive and a
page that is saved after a step of training still has the numbers of the drawing. Only
the formatting waits (entries.py).
"""

from __future__ import annotations

import numbers
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from engine import Tensor, data_of
from viz.picture.cards import CardWords
from viz.picture.cells import cell_numbers
from viz.picture.edges import GIVES, EdgeWords
from viz.picture.entries import Entries, Json, copied
from viz.picture.fold_cards import hidden
from viz.picture.lines import Field
from viz.picture.loops import Variable
from viz.picture.scene import (
    CONSTANT,
    FOLDED,
    LOSS,
    OPERATION,
    PARAMETER,
    REFERENCE,
    STATE,
    Fold,
    around,
    shown_by,
)
from viz.picture.sparkline import Profile
from viz.words.local_derivative import given_back
from viz.words.numbers import (
    NO_GRADIENT,
    NOT_RUN,
    gradient_size,
    is_numpy,
    number,
    shape_of,
    size_of,
    value_lines,
)
from viz.words.source import SourceLine, source_line

_MOST_ROUNDS = 1000  # of a loop, of which |∂| is said
GIVEN = 10_000  # entries up to which it is computed how large a gradient goes back
_KINDS = {  # as the legend calls them
    PARAMETER: "parameter or input",
    CONSTANT: "constant",
    OPERATION: "operation",
    LOSS: "the result",
    REFERENCE: "drawn elsewhere",
    FOLDED: "several cards in one",
    STATE: "what a round of a loop begins with",
}

Noted = dict[str, Any]  # the same, with what is still to be written out


class _Cells(NamedTuple):
    """The numbers in the cells of the heat maps of a card, in the rows of it."""

    rows: list[list[Field]]

    def written(self) -> Json:
        """As the card would write them, by what they are of: one text for each map."""
        return dict(cell_numbers(self.rows))


class Details:
    """All that can be asked about a picture.

    Args:
        cards: what its cards say.
        edges: what its edges say.
        given: what is known of the gradients that go back along edges, by the `id()` of
            an op and the place of its operand; what it lacks is added.
    """

    def __init__(
        self,
        cards: Iterable[CardWords],
        edges: Iterable[EdgeWords],
        given: dict[tuple[int, int], str] | None = None,
    ) -> None:
        cards, given = list(cards), {} if given is None else given
        drawn = (c.card for c in cards if c.card.kind != REFERENCE)
        idents = {id(x): card.ident for card in drawn for x in shown_by(card)}
        folds = ((words.card.ident, words.card.held) for words in cards)
        self.folds = {i: _way_in(held) for i, held in folds if isinstance(held, Fold)}
        self._cards = {words.card.ident: _noted(words, idents) for words in cards}
        self._edges: list[tuple[Json, list[tuple[float, float]]]] = [
            (
                {
                    "tail": words.edge.tail.ident,
                    "head": words.edge.head.ident,
                    "slot": words.edge.slot,
                    "lines": [*words.lines, *_given(words, given)],
                },
                _factors(words),
            )
            for words in edges
        ]

    def written(self) -> Json:
        """All of it, ready for JSON.

        Returns:
            `cards`, by ident: the kind, title, full name, shape, dtype, value and
            gradient of each; `edges`, in walk order: the tail, head, slot and lines of
            each, and for numbers what comes from above, times the local derivative.
        """
        return {
            "cards": {ident: _written(noted) for ident, noted in self._cards.items()},
            "edges": [
                edge | {"lines": [*edge["lines"], *map(_product, factors)]}
                for edge, factors in self._edges
            ],
        }


def _way_in(fold: Fold) -> tuple[int, str]:
    """By which the inside of a fold is found, and the label that opens it or ""."""
    labels = (group[0] for op in fold.ops[:1] for group in around(op.group))
    return id(fold), next((x for x in map(str, labels) if x == fold.title), "")


def _written(noted: Noted) -> Json:
    return {
        word: known.written() if isinstance(known, Entries | _Cells) else known
        for word, known in noted.items()
    }


# --- when the picture is drawn --------------------------------------------------------


def _noted(words: CardWords, idents: dict[int, str]) -> Noted:
    """What is known of a card; a reference says where that is drawn."""
    held = words.card.held
    noted: Noted = {
        "kind": _KINDS[words.card.kind],
        "title": words.title,
        "name": words.name,
    }
    if any(line.chart is not None for line in words.lines):
        noted["cells"] = _Cells(words.rows)
    if words.card.kind == REFERENCE and id(held) in idents:
        return noted | {"drawn": idents[id(held)]}
    if isinstance(held, Fold):
        outputs = [output for output in held.outputs if len(held.outputs) == 1]
        noted["hides"] = hidden(held)
        return noted | (_numbers(outputs[0]) if outputs else {})
    if isinstance(held, Variable):
        noted["rounds"] = list(map(number, Profile(held).sizes[:_MOST_ROUNDS]))
    if isinstance(held, Tensor) and held.parents:
        noted["slots"] = words.operands
        line = source_line(held)
        noted |= {"line": [_place(line), line.text]} if line else {}
    return noted | _numbers(shown_by(words.card)[0])


def _place(line: SourceLine) -> str:
    """`train.py:12`; in a notebook `line 12`."""
    return f"{line.file}:{line.number}" if line.file else f"line {line.number}"


def _numbers(held: Any) -> Noted:
    """Shape, dtype, value and gradient."""
    data = data_of(held)
    if not hasattr(data, "shape") and not isinstance(data, numbers.Number):
        return {"value": {"lines": value_lines(data)}}
    return {
        "shape": str(shape_of(data)),
        "dtype": str(getattr(data, "dtype", type(data).__name__)),
        "value": copied(data),
        "gradient": _gradient(held),
    }


def _given(words: EdgeWords, known: dict[tuple[int, int], str]) -> list[str]:
    """`gives ∂ up to ±0.3`: the size of what goes back along an edge of arrays."""
    edge = words.edge
    op = edge.head.held if edge.op is None else edge.op
    is_one = isinstance(op, Tensor) and not edge.several
    if words.factor is not None or not words.lines or not is_one:
        return []
    key = id(op), edge.slot
    if key not in known:
        small = max(size_of(op), size_of(edge.operand)) <= GIVEN
        share = given_back(op, edge.slot) if small else None
        known[key] = "" if share is None else f"{GIVES} {gradient_size(share)}"
    return [known[key]] if known[key] else []


def _factors(words: EdgeWords) -> list[tuple[float, float]]:
    """What comes from above and the local derivative, if both are numbers."""
    if words.factor is None:
        return []
    edge = words.edge
    above = data_of((shown_by(edge.head)[0] if edge.op is None else edge.op).grad)
    known = above is not None and is_numpy(above)
    return [(float(np.asarray(above).item()), words.factor)] if known else []


def _gradient(held: Any) -> Entries | Json:
    if not getattr(held, "requires_grad", False):
        return {"note": NO_GRADIENT}
    if held.grad is None:
        return {"note": NOT_RUN}
    return copied(data_of(held.grad))


# --- when a page is made --------------------------------------------------------------


def _product(factors: tuple[float, float]) -> str:
    """`83.3 × 1.0 = 83.3`"""
    with np.errstate(all="ignore"):
        share = number(np.float64(factors[0]) * factors[1])
    above, local = map(number, factors)
    return f"{above} × {f'({local})' if local[0] == '-' else local} = {share}"
