"""What each mistake gives: all of them made, one at a time, and run.

Those in one line come with what they have in common with the same mistake elsewhere:
who writes a loop, or copies a line, makes it in all of them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from engine.mistakes.edits import Edit, edits_of
from engine.mistakes.elsewhere import (
    column_against_row,
    diagonals,
    left_out,
    stepped,
    those_of_another,
)
from engine.mistakes.passes import wrong_passes
from engine.mistakes.script import Script
from engine.mistakes.sentences import sentence
from engine.mistakes.spellings import spellings
from engine.mistakes.steps import backwards_in_time, other_slopes, without_its_mask
from engine.tensor import Tensor

# Lines that a change is looked for in: of the backward pass, and of the forward pass.
MOST_LINES, _MOST_FORWARD = 120, 40
_MOST_RUNS, _MOST_SPELT = 3_000, 1_000
_MOST_ENTRIES = 400_000_000  # that all runs together may compute
# How far-fetched a mistake is, where several give the same numbers: most are 0.
_COSTS = {
    **{"own value": 0.3, "own value/other": 0.5, "input or output": 0.3},
    **{"upstream/uniform": 0.6, "upstream/other": 1.5, "upstream/value": 1.5},
    **{"factor": 1, "factor/twice": 3, "factor/value": 1.5, "factor/all": 1.5},
    **{"mean/above": 0.4, "mean/less": 0.5, "mean/other": 1.3, "mean/twice": 1.5},
    **{"mean/sum": 0.3, "mean/mean": 0.3, "sum": 0.15, "sum/extra": 3, "axis": 1},
    **{"exponent/lower": 0.5, "exponent/square": 0.5, "gate/other": 0.4, "shape": 2},
    **{"swapped": 0.5, "swapped/quotient": 1, "swapped/another": 1.2, "inverse": 0.75},
    **{"added": 1.5, "split": 0.5, "broadcast": 0.5, "order": 0.5, "stepped": 1.5},
    **{"not zeroed": 2, "not zeroed/often": 3, "not zeroed/inner": 0.6},
}
# Added for each step away; where a mistake is in several lines, or in the forward pass,
# in another spelling of a line, or in none; where an addend of several has it.
_PER_STEP, _ALIKE, _FORWARD = 0.2, 0.5, 1.0
_SPELT, _WHOLE, _PARTIAL = 0.1, 0.1, 0.7


class Match(NamedTuple):
    """A mistake, as it is said.

    Attributes:
        kind: a word of KINDS, perhaps with one more after a slash.
        text: its sentence.
        cost: how far-fetched it is.
        through: the variable of the op that it is at; "" if it is not in one line.
    """

    kind: str
    text: str
    cost: float
    through: str = ""


# What a mistake gives, and a function that says it.
Outcome = tuple[Callable[[], Match], Any]


def outcomes(
    script: Script,
    wanted: str,
    answer: np.ndarray,
    loss: Tensor | None,
    x: Tensor | None,
) -> Iterator[Outcome]:
    """All mistakes, and the gradient that each gives; None if it can't be run.

    Args:
        script: the program.
        wanted: the variable of the gradient.
        answer: the learning rate of a parameter updated too early is fitted to it.
        loss: the graph, for passes that go wrong as a whole; or None.
        x: the tensor of the graph whose gradient it is.
    """
    for kind, text, given in _of_the_whole(script, wanted, answer, loss, x):
        cost = _COSTS.get(kind, 0) + _WHOLE
        yield partial(Match, kind, text, cost), given
    for made in in_lines(script, wanted):
        yield made.say, made.script.run(wanted, made.lines)


class Made(NamedTuple):
    """A mistake in lines of a program.

    Attributes:
        say: a function that says it.
        script: the program, perhaps with another spelling of a line.
        lines: line -> what stands there instead.
    """

    say: Callable[[], Match]
    script: Script
    lines: dict[int, ast.stmt]


def in_lines(script: Script, wanted: str) -> Iterator[Made]:
    """The mistakes in one line, in other spellings of it, and in all lines alike."""
    alike: dict[tuple[str, bool], list[Edit]] = {}
    for edit, steps in edits_before(script, wanted):
        for key in edit.alike:
            forward = edit.line < script.backward
            alike.setdefault((key, forward), []).append(edit)
        say = partial(_match, script, edit, _PER_STEP * steps)
        yield Made(say, script, changed(script, [edit]))
    yield from _in_other_spellings(script, wanted)
    for same in alike.values():
        if len(same) > 1:
            say = partial(_match, script, same[0], _ALIKE, alike=True)
            yield Made(say, script, changed(script, same))


def _in_other_spellings(script: Script, wanted: str) -> Iterator[Made]:
    left = _MOST_SPELT
    for other, line in spellings(script, wanted):
        if left <= 0:
            return
        cost = _PER_STEP * script.needed(wanted)[line] + _SPELT
        alike: dict[str, list[Edit]] = {}
        for edit in edits_of(other, line):
            left -= 1
            alike.setdefault(edit.alike[-1], []).append(edit)
            say = partial(_match, other, edit, cost)
            yield Made(say, other, changed(other, [edit]))
        for same in alike.values():
            if len(same) > 1:
                say = partial(_match, other, same[0], cost + _ALIKE)
                yield Made(say, other, changed(other, same))


def edits_before(script: Script, wanted: str) -> Iterator[tuple[Edit, int]]:
    """The changes of all lines, the nearest first, and how far each is."""
    lines = sorted(script.needed(wanted).items(), key=lambda pair: (pair[1], pair[0]))
    left = min(_MOST_RUNS, _MOST_ENTRIES // max(script.size, 1))
    back = [pair for pair in lines if pair[0] > script.backward][:MOST_LINES]
    forward = [pair for pair in lines if pair[0] < script.backward][:_MOST_FORWARD]
    for line, steps in (*back, *forward):
        for edit in edits_of(script, line):
            left -= 1
            if left <= 0:
                return
            yield edit, steps


def changed(script: Script, edits: Sequence[Edit]) -> dict[int, ast.stmt]:
    """The lines with all of some changes; of several of one place with the first."""
    found: dict[int, ast.stmt] = {}
    places: set[tuple[int, Any]] = set()
    for edit in edits:
        tree = found.get(edit.line, script.statements[edit.line].tree)
        if (edit.line, edit.way) not in places:
            found[edit.line] = edit.of(tree)
            places.add((edit.line, edit.way))
    return found


def _of_the_whole(
    script: Script,
    wanted: str,
    answer: np.ndarray,
    loss: Tensor | None,
    x: Tensor | None,
) -> Iterator[tuple[str, str, Any]]:
    """Mistakes that are not in one line: their kind, sentence, and what they give."""
    if loss is not None and x is not None:
        yield from wrong_passes(loss, x)
    yield from stepped(script, wanted, answer)
    yield from column_against_row(script, wanted)
    yield from left_out(script, wanted)
    yield from other_slopes(script, wanted)
    yield from backwards_in_time(script, wanted)
    yield from without_its_mask(script, wanted)
    yield from diagonals(script, wanted)
    yield from those_of_another(script, wanted)


def _match(script: Script, edit: Edit, cost: float, *, alike: bool = False) -> Match:
    kind, text = edit.kind, sentence(script, edit, alike=alike)
    cost += _COSTS.get(kind, _COSTS.get(kind.split("/")[0], 0))
    cost += _FORWARD * (edit.line < script.backward) + _PARTIAL * edit.partial
    return Match(kind, text, cost, edit.through)
