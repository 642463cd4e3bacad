"""Many passes at once: the steps of one pass, computed for a stack of gradients.

A Jacobian takes a pass for each entry of the result, and all do the same: only the
gradient that they begin with differs. So one pass is run and written down, and each of
its steps is computed again for all gradients, stacked along a new first axis. A kind of
step that has no rule for that (batching.py) is computed row by row, and stacked.

    dependent   the steps that depend on the gradient at the beginning
    batched     what they give for a stack of such gradients
    Rows        the stacked results so far
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Any

import numpy as np

from engine.written.arguments import parts, replaced
from engine.written.array import Writing, steps_in, values_in
from engine.written.batching import index_of_rows, is_like, performed, rule_of
from engine.written.record import Record, Step
from engine.written.whole import call_whole


class NotBatchedError(Exception):
    """The pass can't be computed for a stack of gradients; each needs its own."""


def dependent(steps: Sequence[Step], place: Step) -> dict[Step, None]:
    """The steps that depend on a place, in order, as the keys of a dict.

    So do all arrays that are written to: what they hold depends on when it is asked.
    """
    filled = {s.args[0] for s in steps if s.kind == "set"}
    found: dict[Step, None] = {}
    for step in steps:
        given = parts([step.args, step.options])
        if step in filled or any(x is place or x in found for x in given):
            found[step] = None
    return found


def batched(
    record: Record, steps: Sequence[Step], place: Step, stacked: Any, wanted: list[Step]
) -> list[Any | None]:
    """The results of a pass for each of several gradients to begin with.

    Args:
        record: what the pass was written down in.
        steps: those of the pass, in order.
        place: that of the gradient which the pass began with.
        stacked: the gradients to begin with, along the first axis. If it is an array
            that writes, what is computed here is written down, too.
        wanted: the steps whose results are wanted.

    Returns:
        For each step its results along the first axis; None if it does not depend on
        the gradient.

    Raises:
        NotBatchedError: if the way that the pass goes depends on the gradient, or the
            shape of an array, or the place of a write; or if the pass writes into what
            somebody else may hold.
    """
    found = dependent(steps, place)
    _check(steps, found)
    rows = Rows(record, place, stacked)
    for step in _needed(found, wanted):
        rows.add(step)
    return [rows.stacked.get(step) for step in wanted]


def _check(steps: Sequence[Step], found: Container[Step]) -> None:
    for step in steps:
        asked = step.kind == "value" and step in found
        fills = step.kind == "set" and not _is_fresh(step.args[0], found)
        if asked or fills or _of_own_rule(step, found):
            raise NotBatchedError


def _needed(steps: Iterable[Step], wanted: Iterable[Step]) -> list[Step]:
    """The steps that results need, in order; not those that only hold a shape."""
    needed, kept = {*wanted}, []
    for step in reversed([*steps]):
        fills = step.kind == "set" and step.args[0] in needed
        if step in needed or fills:
            needed.update(parts([step.args, step.options]))
            kept.append(step)
    return kept[::-1]


def _of_own_rule(step: Step, found: Container[Step]) -> bool:
    """Whether it calls a closure of a rule that depends on the gradient."""
    return step.kind == "closure" and step.args[0].args[0] in found


def _is_fresh(step: Step, found: Container[Step]) -> bool:
    """Whether the pass has made an array that nobody else holds."""
    copied = step.kind == "operator" or step.name in ("copy", "np.copy")
    return step in found and (copied or is_like(step))


class Rows:
    """The results so far, for a stack of gradients.

    Attributes:
        count: how many gradients there are.
        stacked: step -> its results along the first axis; for a step of several results
            a tuple of these.
    """

    def __init__(self, record: Record, place: Step, stacked: Any) -> None:
        self._record = record if isinstance(stacked, Writing) else None
        self.count = len(stacked)
        self.stacked: dict[Step, Any] = {place: stacked}

    def add(self, step: Step) -> None:
        if step.kind == "set":
            self._write(step)
            return
        if step.kind == "item":
            several = self.stacked[step.args[0]]
            whole = step.args[0].kind == "rule"
            self.stacked[step] = several if whole else several[int(step.name)]
            return
        rule = None if self.depends(step.options) else rule_of(step)
        made = rule(self, step) if rule else None
        if made is None:
            made = self._one_by_one(step)
        elif not is_like(step) and not self.depends([step.args, step.options]):
            made = np.repeat(made[None], self.count, axis=0)  # it is written to later
        self.stacked[step] = made
        if isinstance(made, Writing):  # a line is called as that of one pass would be
            made.step.assigned = step.assigned

    # --- what rules ask ---------------------------------------------------------------

    def depends(self, x: Any) -> bool:
        """Whether an argument of any form has rows."""
        return any(part in self.stacked for part in parts(x))

    def given(self, x: Any) -> Any:
        """An argument of any form, with its stacks, or with what all rows share."""
        return replaced(self._given, x)

    def wide(self, x: Any, ndim: int) -> Any:
        """An argument, its rows with axes of length 1 in front, up to ndim of them."""
        more = ndim - x.value.ndim if isinstance(x, Step) and x in self.stacked else 0
        if more < 0:  # what is assigned may have more axes of length 1
            return self.stacked[x].reshape((self.count, *x.value.shape[-more:]))
        x = self.given(x)
        return x[(slice(None), *(None,) * more)] if more else x

    def _given(self, step: Step) -> Any:
        if step in self.stacked:
            return self.stacked[step]
        return step.value if self._record is None else Writing(self._record, step)

    # --- what has no rule -------------------------------------------------------------

    def _one_by_one(self, step: Step) -> Any:
        return _stack([self._row(step, i) for i in range(self.count)])

    def _row(self, step: Step, i: int) -> Any:
        def of_row(x: Step) -> Any:
            return self.stacked[x][i] if x in self.stacked else self._given(x)

        if step.kind == "closure":
            return self._closed(step.args[0], replaced(of_row, step.args[1]))
        args, options = replaced(of_row, [step.args, step.options])
        if step.kind != "rule":
            return performed(step, args, options)
        if self._record is None:
            return step.call(*args, **options)[0]
        return call_whole(self._record, step.call, args, options)[0]

    def _closed(self, back: Step, g: Any) -> Any:
        """What a closure gives back that can't be written out."""
        value = back.value(values_in(g))
        if self._record is None:
            return value
        args = (back, steps_in(g))
        return self._record.kept(Step("closure", "", args, {}, value))

    def _write(self, step: Step) -> None:
        """Write into an array of all rows what one pass has written into its own."""
        target, index, *values = step.args
        found = None if self.depends(index) else index_of_rows(index)
        if found is None:
            raise NotBatchedError
        shifted, axis = found
        ndim = np.ndim(target.value[_values(index)])
        values = [self._placed(value, ndim, axis) for value in values]
        into, shifted = self.stacked[target], self.given(shifted)
        if step.name:
            performed(step, [into, shifted, *values], {})
        else:
            into[shifted] = values[0]

    def _placed(self, x: Any, ndim: int, axis: int) -> Any:
        """What is written, with the axis of the rows where the index has it."""
        if not axis or not isinstance(x, Step | np.ndarray):
            return self.wide(x, ndim)
        if self.depends(x):
            return np.moveaxis(self.wide(x, ndim), 0, axis)
        x = self.given(x)  # the same for all rows
        shape = (1,) * (ndim - x.ndim) + x.shape
        return x.reshape((*shape[:axis], 1, *shape[axis:]))


def _values(x: Any) -> Any:
    return replaced(lambda step: step.value, x)


def _stack(rows: list[Any]) -> Any:
    if isinstance(rows[0], tuple | list):
        return tuple(_stack(list(column)) for column in zip(*rows, strict=True))
    if len({np.shape(row) for row in rows}) > 1:  # a shape that depends on numbers
        raise NotBatchedError
    return np.stack(rows)
