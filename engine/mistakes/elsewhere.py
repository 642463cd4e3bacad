"""Mistakes that are not in one line: a parameter that was updated too early, a column
against a row, the diagonal of a Jacobian.

Each function yields `(kind, sentence, answer)`: what the mistake gives.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import numpy as np

from engine.mistakes.place import with_names
from engine.mistakes.script import Script
from engine.mistakes.wording import as_written, mention

_RATES = (1.0, 0.5, 0.1, 0.05, 0.01, 0.001)  # learning rates that people take
_MOST_ENTRIES = 64  # of an array whose Jacobian is looked at; and rows of a column
_MOST_PAIRS = 16
Wrong = tuple[str, str, Any]


def stepped(script: Script, wanted: str, answer: np.ndarray) -> Iterator[Wrong]:
    """A parameter was updated, and what went back through it afterwards is off."""
    right = script.run(wanted)
    for tensor, gradient in script.gradients.items():
        w = script.variables[tensor]
        if tensor.parents or gradient == wanted or w not in script.inputs:
            continue
        lines = with_another(script, wanted, w)
        if not lines:
            continue

        def after(
            rate: float, w: str = w, g: str = gradient, lines: Any = lines
        ) -> Any:
            new = script.values[w] - rate * script.values[g]
            return script.run(wanted, lines, {ANOTHER: new})

        sentence = (
            f"The parameter `{w}` was updated before it was used in the backward pass. "
            "Compute all gradients first, then update."
        )
        for rate in (*_RATES, *_rate(answer, right, after(1.0))):
            yield "stepped", sentence, after(rate)


ANOTHER = "__another__"  # the variable of what stands in the place of a value


def with_another(script: Script, wanted: str, name: str) -> dict[int, ast.stmt]:
    """The backward lines that read a value, reading another one instead."""

    other = {name: ast.Name(ANOTHER, ast.Load())}
    needed = script.needed_lines(wanted)
    lines = [i for i in script.reading.get(name, ()) if i >= script.backward]
    return {
        i: with_names(script.statements[i].tree, other) for i in lines if i in needed
    }


def _rate(answer: np.ndarray, right: Any, after: Any) -> Iterator[float]:
    """The learning rate that fits best, if there are entries enough to tell."""
    if np.size(right) < 3 or not np.shape(after) == np.shape(right) == answer.shape:
        return
    way = after - right
    square = float(np.sum(way * way))
    rate = float(np.sum((answer - right) * way)) / square if square else 0.0
    if rate > 0:
        yield rate


def column_against_row(script: Script, wanted: str) -> Iterator[Wrong]:
    """(n, 1) against (n,), which NumPy makes an (n, n) of: every row with every entry.

    A mean over all pairs is the mean over n programs, in each of which the row is
    turned by one more place.
    """
    for n in sorted(_columns_of(script)):
        rows = {
            name: value
            for name, value in script.inputs.items()
            if _is_column_or_row(value, n) and np.asarray(value).dtype.kind == "f"
        }
        several = [rows] if len(rows) > 1 else []
        for turned in (*({name: x} for name, x in rows.items()), *several):
            yield from _against(script, wanted, turned, n)


def _columns_of(script: Script) -> set[int]:
    """The lengths of all that is a column."""
    shapes = map(np.shape, script.arrays.values())
    lengths = {shape[0] for shape in shapes if shape[1:] == (1,)}
    return {n for n in lengths if 2 <= n <= _MOST_ENTRIES}


def _is_column_or_row(x: Any, n: int) -> bool:
    return np.shape(x) in ((n,), (n, 1))


def _against(
    script: Script, wanted: str, rows: dict[str, Any], n: int
) -> Iterator[Wrong]:
    turns = [{x: np.roll(v, -k, axis=0) for x, v in rows.items()} for k in range(n)]
    runs = [script.run(wanted, {}, turned) for turned in turns]
    if any(run is None for run in runs):
        return
    sentence = (
        f"A column of shape ({n}, 1) met {' and '.join(rows)} of shape ({n},), and "
        f"NumPy made ({n}, {n}) of them: every entry was compared with every other."
    )
    total = sum(runs)
    yield "broadcast", sentence, total / n
    yield "broadcast", sentence, total
    for g in script.on_the_way(wanted):
        if _is_column_or_row(script.values[g], n):
            # Row i, column j: what entry i gets beside entry j of the row.
            table, places = np.zeros((n, n)), np.arange(n)
            for k, turned in enumerate(turns):
                found = script.run(g, {}, turned)
                table[places, (places + k) % n] = np.ravel(found)
            yield "broadcast", sentence, script.run(wanted, {}, {g: table})


def left_out(script: Script, wanted: str) -> Iterator[Wrong]:
    """What depends on the tensor, too, taken as a constant: one value, or two."""
    names = [g for g in script.on_the_way(wanted) if g not in (wanted, script.seed)]
    names = names[:_MOST_PAIRS]
    for i, one in enumerate(names):
        for other in names[i:]:
            both = dict.fromkeys((one, other))
            zeros = {g: np.zeros(np.shape(script.values[g])) for g in both}
            values = [f"`{as_written(script, script.own_value(g))}`" for g in both]
            taken = " and ".join(dict.fromkeys(values))
            sentence = (
                f"You treated {taken} as a constant, but it depends on what you "
                "differentiate by, too."
            )
            yield "use", sentence, script.run(wanted, {}, zeros)


def those_of_another(script: Script, wanted: str) -> Iterator[Wrong]:
    """The gradient of another tensor."""
    shape = np.shape(script.values[wanted])
    for gradient in script.tensors:
        name = script.own_value(gradient)
        other = gradient != wanted and not script.is_step(wanted, gradient)
        if other and np.shape(script.values[gradient]) == shape:
            sentence = f"That is the gradient of `{mention(script, name)}`."
            yield "swapped/another", sentence, script.values[gradient]


def diagonals(script: Script, wanted: str) -> Iterator[Wrong]:
    """The way through several ops, as if each output depended on its own input only."""
    names = script.on_the_way(wanted)
    small = [g for g in names if 2 <= np.size(script.values[g]) <= _MOST_ENTRIES]
    left = _MOST_PAIRS
    for below in small:
        for above in small:
            shape = np.shape(script.values[below])
            if above == below or np.shape(script.values[above]) != shape or not left:
                continue
            if script.first[above] not in script.needed_lines(below):
                continue
            left -= 1
            slopes = _diagonal(script, below, above)
            if slopes is None:
                continue
            g = slopes * script.values[above]
            value, of = (mention(script, script.own_value(g)) for g in (above, below))
            sentence = (
                f"Every entry of `{value}` depends on several entries of `{of}`: this "
                "is the diagonal of the Jacobian alone."
            )
            yield "diagonal", sentence, script.run(wanted, {}, {below: g})


def _diagonal(script: Script, below: str, above: str) -> np.ndarray | None:
    """The diagonal of a Jacobian, if it is not all of it, and all goes through it."""
    zeros = np.zeros(np.shape(script.values[above]))
    if below == above or np.any(_given(script, below, above, zeros)):
        return None
    slopes, others = np.zeros(zeros.shape), 0.0
    for index in np.ndindex(zeros.shape):
        one = zeros.copy()
        one[index] = 1.0
        row = _given(script, below, above, one)
        if np.shape(row) != zeros.shape:
            return None
        slopes[index] = row[index]
        others = max(others, float(np.abs(row).sum() - abs(row[index])))
    return slopes if others > 0 else None


def _given(script: Script, below: str, above: str, g: np.ndarray) -> Any:
    found = script.run(below, {}, {above: g})
    return np.nan if found is None else found
