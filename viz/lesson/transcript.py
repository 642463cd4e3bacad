"""The transcript: a tape as JSON, for the script that walks through it.

Every node and every step is given by its place in a list, with its numbers in full and
its texts as the picture has them. Where every value is one float64 and every op is a
rule of ours that is in the script's table (scalars.js), the script can compute all of
it anew from other numbers; then it is given no texts, for it writes them.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import numpy as np

from engine import Tensor, data_of
from viz.lesson.symbols import Symbols
from viz.lesson.tape import Backward, Forward, Seed, Tape
from viz.picture.scene import REFERENCE, Scene
from viz.words.convention import convention
from viz.words.local_derivative import local_number
from viz.words.names import NAMELESS
from viz.words.numbers import in_a_line, is_numpy, size_of, value_lines
from viz.words.trouble import stale_ids

_SCALARS = Path(__file__).with_name("scalars.js")


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
        self._live = all(map(_is_live, tape.gradients)) and not stale_ids(
            list(tape.gradients)
        )

    def all(self) -> dict[str, Any]:
        """The nodes, operands first; the steps; and whether numbers can be changed."""
        return {
            "live": self._live,
            "nodes": [self._node(x) for x in self._tape.gradients],
            "references": [
                [card, self._index[held]]
                for card, held in self._references
                if held in self._index
            ],
            "steps": [self._step(event) for event in self._tape],
        }

    def _node(self, x: Tensor) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "name": self._symbols.of(x).strip() or NAMELESS,
            "full": self._symbols.full(x),
            "card": self._card[id(self._twins[x])],
            "uses": len(self._tape.arrivals.get(x, ())),
        }
        if not self._live:
            entry["value"] = value_lines(x.data)
        if size_of(x) == 1 and is_numpy(x.data):
            entry["number"] = _json_number(x.data)
        if x.parents:
            entry["expression"] = self._symbols.expression(x)
            entry["op"] = x.op
            entry["operands"] = [self._operand(y) for y in x.parents]
        return entry

    def _operand(self, y: Any) -> Any:
        """Which node it is; or its number, if it is a constant that has one."""
        if isinstance(y, Tensor) and y in self._order:
            return {"node": self._order[y]}
        alone = size_of(y) == 1 and is_numpy(data_of(y))
        return {"number": _json_number(y)} if alone else {}

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
        symbol = formulas.factor if self._live else formulas.local
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
        if not self._live:  # else the page writes the numbers, as they are then
            entry |= {word: in_a_line(part) for word, part in given.items()}
            entry["local"] = self._symbols.formulas.lines(step.node, step.slot)
            if convention(step.node, step.slot):
                entry["convention"] = True
        local = local_number(step.node, step.slot)
        if local is not None:
            entry["numbers"] = {
                word: _json_number(part) for word, part in given.items()
            }
            entry["numbers"]["local"] = _json_number(local)
        return entry


def _is_live(x: Tensor) -> bool:
    """Whether the page's script can compute a Tensor: a float64, by a rule it knows."""
    if type(x.data) is not np.float64 or x.options:
        return False
    ours = getattr(x.rule, "__module__", "").startswith(("engine.rules.", "nn."))
    known = not x.parents or (ours and x.op in live_ops())
    return known and all(
        type(data_of(y)) in (int, float, np.float64) for y in x.parents
    )


@functools.cache
def live_ops() -> frozenset[str]:
    """The names of the ops in the table of scalars.js."""
    return frozenset(re.findall(r"(?m)^  (\w+): \[", _SCALARS.read_text("utf-8")))


def _json_number(value: Any) -> float | str:
    """A number as JSON can say it: NaN and ∞ as words that JavaScript reads."""
    x = float(np.asarray(data_of(value)).reshape(()))
    if np.isfinite(x):
        return x
    return "NaN" if np.isnan(x) else "Infinity" if x > 0 else "-Infinity"
