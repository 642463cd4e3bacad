"""A record as a program: the steps that are needed, in lines with names.

What is trivial is left out (a reshape to the same shape, a copy that nobody writes to).
A step that is used once, and that the user has not named, stands in the line that uses
it, while that line stays readable.
"""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from engine.written.record import Step
from engine.written.text import Words

FOLDED = 50  # characters of what may stand inside another line
_TAKEN = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "np"})


STATEMENTS = frozenset({"set", "value", "shape"})  # whose lines have no value


class Line(NamedTuple):
    """One line of a program.

    Attributes:
        step: what it computes.
        text: `name = expression`, or a write into an array.
    """

    step: Step
    text: str


class Program:
    """A straight-line program.

    Args:
        steps: all of a record, in order.
        results: the steps whose values are wanted.
        names: of steps that have one: for each a line is written.
        hints: what other steps may be called, if they get a line.

    Attributes:
        inputs: name -> the step of an array that the program begins with.
        lines: the others.
        rules: name -> rule, for those that could not be written out.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        results: Sequence[Step],
        names: Mapping[Step, str],
        hints: Mapping[Step, str],
    ) -> None:
        self._same: dict[Step, Step] = {}
        for step in steps:
            other = repeated(step)
            if other is not None:
                self._same[step] = self._meant(other)
        self._names = {self._meant(s): n for s, n in reversed(list(names.items()))}
        self._hints = {self._meant(s): n for s, n in reversed(list(hints.items()))}
        self._called: dict[Step, str] = {}
        self._used: set[str] = set()
        called, same = self._called, self._same  # of self it would be a cycle
        self._words = Words(lambda step: called.get(same.get(step, step)))
        self._uses: dict[Step, int] = {}
        live = self._live([_shortened(step) for step in steps], results)
        self._asked = _asks_a_number(live, self._meant)
        self.inputs = {self._name(s): s for s in live if s.kind == "input"}
        self.rules: dict[str, Any] = {}
        self.lines = [line for s in live if (line := self._line(s)) is not None]

    def text(self, step: Step) -> str:
        """A result as a line may use it: its name, or what it computes."""
        return self._words.text(step)

    def _meant(self, step: Step) -> Step:
        return self._same.get(step, step)

    def _live(self, steps: Sequence[Step], results: Sequence[Step]) -> list[Step]:
        """The steps that the results need, in order; counts how often each is used."""
        held = [s.args[0] for s in steps if s.kind in ("value", "shape")]
        wanted = {self._meant(step) for step in (*results, *held)}
        self._uses = {self._meant(step): 1 for step in results}
        kept = []
        for step in reversed(steps):
            about = step.kind in STATEMENTS and self._meant(step.args[0]) in wanted
            if step in self._same or (step not in wanted and not about):
                continue
            kept.append(step)
            for part in map(self._meant, _parts([step.args, step.options])):
                wanted.add(part)
                self._uses[part] = (
                    self._uses.get(part, 0) + 1 + (step.kind in ("set", "shape"))
                )
        return kept[::-1]

    def _line(self, step: Step) -> Line | None:
        """The line of a step; None if it is an input, or stands where it is used."""
        if step.kind in ("input", "back") or step in self._called:
            return None
        if step.kind == "item" and step.args[0].kind == "rule":  # of several results
            return None
        if step.kind in STATEMENTS:
            return Line(step, self._words.statement(step))
        if step.kind == "rule":
            return self._rule(step)
        text, _ = self._words.expression(step)
        if step.kind == "seed" and not self._asked and step.value.dtype == np.float64:
            text = "1.0"  # which has no methods, and widens nothing
        once = self._uses[step] == 1 and len(text) <= FOLDED
        if step not in self._names and once:
            return None
        return Line(step, f"{self._name(step)} = {text}")

    def _rule(self, step: Step) -> Line:
        """A call of a rule, which returns its value and the closures."""
        rule = self._variable(step.name)
        self.rules[rule] = step.call
        words = [*map(self._words.text, step.args)]
        words += [f"{k}={self._words.text(v)}" for k, v in step.options.items()]
        made = ", ".join(map(self._pattern, step.value))
        return Line(step, f"{made} = {rule}({', '.join(words)})")

    def _pattern(self, part: Any) -> str:
        """The names that results are bound to; _ for those that nobody needs."""
        if isinstance(part, tuple):
            inside = ", ".join(map(self._pattern, part))
            return f"({inside},)" if len(part) == 1 else f"({inside})"
        return self._name(part) if part in self._uses else "_"

    def _name(self, step: Step) -> str:
        wish = self._names.get(step) or self._hints.get(step) or step.assigned or "v"
        self._called[step] = name = self._variable(wish)
        return name

    def _variable(self, wish: str) -> str:
        """A name like the wish that Python takes, and that nothing else has."""
        word = "".join(c if c.isidentifier() or c.isdigit() else "_" for c in wish)
        word = word if word.isidentifier() else f"v{word}"
        word = f"{word}_" if word in _TAKEN else word
        name, n = word, 2
        while name in self._used:
            name, n = f"{word}{n}", n + 1
        self._used.add(name)
        return name


def _asks_a_number(steps: Sequence[Step], meant: Callable[[Step], Step]) -> bool:
    """Whether a method is asked of the seed, or of what Python makes of it."""
    numbers: set[Step] = set()
    for step in steps:
        parts = [meant(x) for x in step.args if isinstance(x, Step)]
        if step.kind in ("method", "attribute", "index") and parts[0] in numbers:
            return True
        plain = not any(isinstance(x, np.ndarray) and x.ndim for x in step.args)
        of_numbers = step.kind == "operator" and plain and numbers.issuperset(parts)
        if step.kind == "seed" or of_numbers:
            numbers.add(step)
    return False


def _shortened(step: Step) -> Step:
    """The same value in fewer words, where the pass makes two steps of one."""
    x = step.args[0] if step.args else None
    if not isinstance(x, Step) or x.kind != "method":
        return step
    if step.name == "np.broadcast_to" and x.name == "reshape":
        number, *_ = x.args  # got axes of length 1 first: the rules of sums
        step.args = (number if number.value.ndim == 0 else x, *step.args[1:])
    if step.kind == "method" and step.name == "reshape" and x.name == "sum":
        axes = x.options.get("axis")
        if x.options.get("keepdims") and _squeezed(x.value, axes) == step.value.shape:
            step.name, step.args, step.options = "sum", x.args, {"axis": axes}
    return step


def _squeezed(x: Any, axes: Any) -> tuple[int, ...]:
    return np.squeeze(x, axis=axes).shape


def repeated(step: Step) -> Step | None:
    """The step whose value a trivial one only repeats; None if it is not trivial."""
    if step.kind == "operator" and len(step.args) == 2:
        x, y = step.args
        one_right = type(y) in (int, float) and y == 1 and step.name in ("*", "/", "**")
        one_left = type(x) in (int, float) and x == 1 and step.name == "*"
        other = x if one_right else y if one_left else None
    elif (
        step.kind == "method" and step.name in ("reshape", "astype", "copy", "squeeze")
    ) or step.name == "np.broadcast_to":
        other = step.args[0]
    else:
        return None
    return (
        other if isinstance(other, Step) and _alike(other.value, step.value) else None
    )


def _alike(x: Any, y: Any) -> bool:
    arrays = (
        isinstance(x, np.ndarray | np.generic),
        isinstance(y, np.ndarray | np.generic),
    )
    return all(arrays) and x.shape == y.shape and x.dtype == y.dtype


def _parts(x: Any) -> Iterable[Step]:
    """The steps in arguments of any form."""
    if isinstance(x, Step):
        yield x
    elif isinstance(x, tuple | list):
        for part in x:
            yield from _parts(part)
    elif isinstance(x, dict):
        yield from _parts(list(x.values()))
    elif isinstance(x, slice):
        yield from _parts([x.start, x.stop, x.step])
