"""The transcript: a tape as JSON, for the script that walks through it.

Every node and every step is given by its place in a list, with its numbers and its
texts as the picture has them. With each step back come the questions about it. Where
the page can compute all lines of the graph (recipes.py), it gets these lines and can do
all of it again from other numbers; then it writes the numbers itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import Tensor, data_of, mistakes
from viz.lesson.asked import (
    ENTRY,
    FORMULA,
    LOCAL,
    PRODUCT,
    SHAPE,
    SUM,
    Asked,
    is_local,
    why_still,
)
from viz.lesson.nudge import loss_at
from viz.lesson.recipes import Recipe, as_array, formula_tree
from viz.lesson.symbols import Symbols
from viz.lesson.tape import Backward, Forward, Seed, Tape
from viz.picture.scene import REFERENCE, Scene
from viz.words.convention import convention
from viz.words.local_derivative import local_number
from viz.words.names import NAMELESS
from viz.words.numbers import in_a_line, is_numpy, rows, size_of, value_lines
from viz.words.source import source_line

MOST_ASKED = 120  # steps back up to which the page asks
RAISE = 0.01  # what a leaf is raised by at the end


class Transcript:
    """All that the page shows, ready for JSON: its nodes, and its steps.

    Args:
        tape: the steps.
        symbols: what the tensors are called.
        scene: the cards and edges of the picture.
        twins: tensor of the tape -> the one that is drawn.
    """

    def __init__(
        self, tape: Tape, symbols: Symbols, scene: Scene, twins: dict[Tensor, Tensor]
    ) -> None:
        self._tape = tape
        self._symbols = symbols
        self._order = {x: i for i, x in enumerate(tape.gradients)}
        cards = list(enumerate(scene.cards))
        self._card = {id(c.held): i for i, c in cards if c.kind != REFERENCE}
        self._references = [(i, id(c.held)) for i, c in cards if c.kind == REFERENCE]
        place = {card: i for i, card in cards}
        self._edge = {
            (id(edge.head.held), edge.slot): {"edge": i, "tail": place[edge.tail]}
            for i, edge in enumerate(scene.edges)
        }
        self._twins = twins
        self._index = {id(twin): self._order[x] for x, twin in twins.items()}
        self._texts: dict[str, int] = {}  # sentences -> their places
        self._asked = self._all_asked()
        self._still = why_still(tape, symbols, self._asked)

    def _all_asked(self) -> dict[Backward, Asked]:
        steps = [event for event in self._tape if isinstance(event, Backward)]
        asks = len(steps) <= MOST_ASKED
        with np.errstate(all="ignore"):
            return {step: Asked(step, self._symbols, asks=asks) for step in steps}

    def all(self) -> dict[str, Any]:
        """The nodes, operands first; the steps; and whether numbers can be changed."""
        steps = [self._step(event) for event in self._tape]
        return {
            "still": self._still,
            "nodes": [self._node(x) for x in self._tape.gradients],
            "references": [
                [card, self._index[held]]
                for card, held in self._references
                if held in self._index
            ],
            "steps": steps,
            "texts": [*self._texts],
            "raise": self._raised(),
        }

    # --- nodes ------------------------------------------------------------------------

    def _node(self, x: Tensor) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "name": self._symbols.of(x).strip() or NAMELESS,
            "full": self._symbols.full(x),
            "card": self._card[id(self._twins[x])],
            "uses": len(self._tape.arrivals.get(x, ())),
        }
        if self._still:
            entry["value"] = value_lines(x.data)
        if x.shape:
            entry["shape"] = list(x.shape)
        if is_numpy(x.data) and (size_of(x) == 1 or not self._still):
            entry["number"] = as_array(x.data)
        if x.parents:
            entry["expression"] = self._symbols.expression(x)
            entry["op"] = x.op
            entry["operands"] = [self._operand(y) for y in x.parents]
            if line := source_line(x):
                entry["line"] = list(line)
        return entry

    def _operand(self, y: Any) -> Any:
        """Which node it is; or its numbers, if it is a constant that the page uses."""
        if isinstance(y, Tensor) and y in self._order:
            return {"node": self._order[y]}
        known = is_numpy(data_of(y)) and (size_of(y) == 1 or not self._still)
        return {"number": as_array(y)} if known else {}

    # --- steps ------------------------------------------------------------------------

    def _step(self, event: Any) -> dict[str, Any]:
        if isinstance(event, Forward):
            return {"kind": "forward", "node": self._order[event.node]}
        if isinstance(event, Seed):
            return {"kind": "seed", "node": self._order[event.node]}
        return self._back(event)

    def _back(self, step: Backward) -> dict[str, Any]:
        node, slot = step.node, step.slot
        # Of other numbers the formula may be true: there the page itself looks.
        formulas = self._symbols.formulas
        symbol = formulas.local if self._still else formulas.factor
        return {
            "kind": "backward",
            "node": self._order[node],
            "slot": slot,
            "operand": self._order[step.operand],
            "arrived": step.arrived,
            **self._edge[id(self._twins[node]), slot],
            "term": "".join(map(str, self._symbols.term(self._tape.loss, node, slot))),
            "symbol": symbol(node, slot),
            **self._amounts(step),
            **self._questions(step),
        }

    def _amounts(self, step: Backward) -> dict[str, Any]:
        """What is carried: in words, or where the page can compute it as numbers."""
        entry: dict[str, Any] = {}
        parts = {
            "upstream": step.upstream,
            "contribution": step.contribution,
            "before": step.before,
            "after": step.after,
        }
        given = {word: part for word, part in parts.items() if part is not None}
        local = local_number(step.node, step.slot)
        if self._still:  # else the page writes the numbers, as they are then
            entry |= {word: in_a_line(part) for word, part in given.items()}
            if convention(step.node, step.slot):
                entry["convention"] = True
        if local is None:
            entry["local"] = self._symbols.formulas.lines(step.node, step.slot)
        if local is not None:
            entry["numbers"] = {word: as_array(part) for word, part in given.items()}
            entry["numbers"]["local"] = as_array(local)
        if not self._still:
            recipe = self._asked[step].recipe
            assert recipe is not None  # of each edge, where numbers can be changed
            entry |= recipe.lines()
            formula = formula_tree(step.node, step.slot) if local is not None else None
            if formula is not None:
                entry["formula"] = formula
        return entry

    # --- questions --------------------------------------------------------------------

    def _questions(self, step: Backward) -> dict[str, Any]:
        asked = self._asked[step]
        if not asked.kinds:
            return {}
        entry: dict[str, Any] = {"asked": asked.kinds}
        if SHAPE in asked.kinds and asked.edge is not None:
            entry["shape"] = list(asked.edge.shapes)
        if FORMULA in asked.kinds:
            entry["choices"] = [
                [text, self._text(said) if said else -1]
                for text, said in asked.formulas
            ]
        if ENTRY in asked.kinds:
            entry["entry"] = list(asked.entry)
            entry["given"] = self._given(step)
        if self._still:
            entry["answers"] = {
                kind: self._answers(asked, kind)
                for kind in asked.kinds
                if kind in (LOCAL, PRODUCT, SUM, ENTRY)
            }
        else:
            entry["wrong"] = self._mistakes(asked.recipe)
            if LOCAL in asked.kinds:
                entry["more"] = [
                    [*self._said(match), word]
                    for match, word, _ in asked.more_of_local()
                ]
            if (total := asked.total_recipe) is not None:
                entry["total"] = {**total.lines(), "wrong": self._mistakes(total)}
        return entry

    def _answers(self, asked: Asked, kind: str) -> dict[str, Any]:
        """The right answer to a question, and those that mistakes give."""
        right, wrong = asked.answers(kind)
        more = asked.more_of_local() if kind == LOCAL else []
        return {
            "right": as_array(right),
            "wrong": [
                *([*self._said(match), as_array(x)] for match, _, x in more),
                *(
                    [*self._said(mistake.match), None if x is None else as_array(x)]
                    for mistake, x in wrong
                ),
            ],
        }

    def _mistakes(self, recipe: Recipe | None) -> list[Any]:
        """The mistakes in the lines of an edge, which the page makes itself."""
        assert recipe is not None
        return [
            [*self._said(m.match), recipe.mistake(m), int(is_local(m))]
            for m in recipe.edge.mistakes
        ]

    def _said(self, match: mistakes.Match) -> tuple[int, int, float]:
        """The sentence of a mistake, its kind, and how far-fetched it is."""
        kind = [*mistakes.KINDS].index(match.kind.split("/")[0])
        return self._text(match.text), kind, match.cost

    def _text(self, sentence: str) -> int:
        return self._texts.setdefault(sentence, len(self._texts))

    def _given(self, step: Backward) -> list[Any]:
        """What an entry is computed from: what it is called, its numbers, and the word
        for it in the lines of a recipe."""
        node, of = step.node, self._symbols.of
        found = {"g": (f"∂{of(node)}", step.upstream)}
        for i, x in enumerate(node.parents):
            if np.ndim(data_of(x)):
                found[f"x{i}"] = of(x), data_of(x)
        edge = self._asked[step].edge
        if edge is not None and edge.reads_the_value:
            found["y"] = of(node), node.data
        if step.before is not None:
            found["s"] = f"∂{of(step.operand)} so far", step.before
        given = {name: (x, word) for word, (name, x) in found.items()}
        return [[name, rows(np.asarray(x)), word] for name, (x, word) in given.items()]

    def _raised(self) -> dict[str, Any] | None:
        """The leaf that the page begins and ends with, and what raising it does."""
        leaves = [x for x in self._tape.gradients if not x.parents and x.size]
        leaves = [x for x in leaves if is_numpy(x.data)]
        telling = [x for x in leaves if np.any(self._tape.gradients[x])]
        for x in telling or leaves:
            gradient = np.asarray(self._tape.gradients[x])
            entry = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
            entry = tuple(int(i) for i in entry)
            order = [node for node in self._tape.gradients if node.parents]
            after = loss_at(order, self._tape.loss, x, entry, RAISE)
            if after is not None and np.isfinite(gradient[entry]):
                return {
                    "leaf": self._order[x],
                    "entry": list(entry),
                    "by": RAISE,
                    "gradient": as_array(gradient[entry]),
                    "before": as_array(self._tape.loss.data.reshape(())),
                    "after": as_array(after),
                }
        return None
