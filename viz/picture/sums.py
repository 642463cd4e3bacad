"""What a gradient is the sum of: `= 55.5 + 83.3`, `Σ over 200 rounds`.

Where ops use something several times, its gradient is the sum of what comes back from
each use. Of a few numbers the terms are written out; of what all rounds of a loop use,
of which one is drawn, how many rounds there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Any

import numpy as np

from engine import Tensor, data_of
from viz.picture.lines import NOTE, Field, Line
from viz.picture.loops import Loop
from viz.picture.scene import Edge, Fold, Scene
from viz.words.local_derivative import given_back
from viz.words.numbers import is_numpy, number

MOST_TERMS = 6  # of a sum that is written out
SUM_WIDTH = 24  # characters of a line of it


class Shared:
    """What the rounds of loops have in common.

    Args:
        scene: in which one round of each loop is drawn.
    """

    def __init__(self, scene: Scene) -> None:
        self._cards = scene.loops
        self._rounds = {loop: _uses(loop) for loop in scene.loops}

    def rounds(self, held: Any, uses: Sequence[Edge]) -> str:
        """`Σ over 200 rounds`, and whether something else uses it too; "" where no
        loop that is drawn uses it in several rounds."""
        for loop, rounds in self._rounds.items():
            if rounds[id(held)] > 1:
                inside = self._cards[loop]
                elsewhere = (e for e in uses if e.head not in inside)
                others = " and other uses" * any(
                    not _begins(loop, e) for e in elsewhere
                )
                return f"Σ over {rounds[id(held)]:,} rounds{others}"
        return ""


def _uses(loop: Loop) -> Counter[int]:
    """By the id of what the last round uses from outside: how many rounds use it."""
    made = {id(op) for op in loop.hidden}
    last = {id(x) for op in loop.drawn for x in op.parents} - made
    rounds = [*loop.rounds, loop.begun]
    return Counter(key for ops in rounds for key in last & set(_operands(ops)))


def _begins(loop: Loop, edge: Edge) -> bool:
    """Whether an edge goes into the round that has only begun."""
    begun, held = set(map(id, loop.begun)), edge.head.held
    ops = held.ops if isinstance(held, Fold) else [held if edge.op is None else edge.op]
    return all(id(op) in begun for op in ops if id(edge.operand) in _operands([op]))


def _operands(ops: Sequence[Tensor | None]) -> Iterator[int]:
    return (id(x) for op in ops if op is not None for x in op.parents)


def sum_rows(held: Any, uses: Sequence[Edge], shared: Shared) -> list[list[Field]]:
    """The row that says what a gradient is the sum of; none where it is no sum.

    Args:
        held: what the card shows.
        uses: the edges from it.
        shared: what the rounds of loops have in common.
    """
    if getattr(held, "grad", None) is None:
        return []
    rounds = shared.rounds(held, uses)
    text = rounds or _sum(uses)
    lines = [line.replace("\xa0", " ") for line in wrap(text, SUM_WIDTH)]
    said = [Line(line, "gradient", NOTE, part="sum") for line in lines]
    return [[said]] if said else []


def _sum(uses: Sequence[Edge]) -> str:
    """`= 55.5 + 83.3`: what a number that is used several times gets from each use."""
    if len(uses) < 2 or not all(isinstance(e.head.held, Tensor) for e in uses):
        return ""
    shares = [
        given_back(e.head.held, e.slot) for e in uses if e.head.held.grad_fns[e.slot]
    ]
    if any(share is None or share.size != 1 for share in shares):
        return ""
    each = [share.item() for share in shares]  # type: ignore[union-attr]
    terms = list(map(number, each))
    if not 2 <= len(terms) <= MOST_TERMS or not _comes_to(uses[0].operand, each):
        return ""
    signed = [f"({t})" if t.startswith("-") else t for t in terms]
    return " ".join(["=", signed[0], *(f"+\xa0{t}" for t in signed[1:])])


def _comes_to(operand: Tensor, shares: list[float]) -> bool:
    """Whether a gradient is the sum of its shares: passes may have added up, or gone
    along other ways than those that are drawn."""
    gradient = data_of(operand.grad)
    if gradient is None or not is_numpy(gradient):
        return False
    with np.errstate(all="ignore"):
        total, scale = sum(shares), max(map(abs, shares))
        return bool(
            np.isclose(
                float(np.asarray(gradient).item()),
                total,
                rtol=1e-6,
                atol=1e-6 * scale if scale < np.inf else 0.0,
                equal_nan=True,
            )
        )
