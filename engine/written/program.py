"""A record as a program: the steps that are needed, in lines with names.

What is trivial is left out (a reshape to the same shape, a copy that nobody writes to).
A step that is used once, and that the user has not named, stands in the line that uses
it, while that line stays readable.
"""

from __future__ import annotations

import builtins
import keyword
import math
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from engine.written.arguments import arrays_in, contents, parts
from engine.written.record import Step
from engine.written.text import ATOM, Words
from engine.written.tidy import Tidied

# In characters: of a line, of what may stand inside another one, and of what may stand
# in several.
LONGEST, FOLDED, SHORT = 84, 56, 16
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


class _Words(Words):
    """Python as a program has it: with the names of well-known numbers."""

    def _literal(self, x: Any) -> str:
        if type(x) is float and x in _NUMBERS:
            return _NUMBERS[x]
        if callable(x) and not isinstance(x, type):
            raise TypeError(
                f"code: a function of NumPy's was given the function {x.__name__!r}, "
                "which can't be written out"
            )
        plain = isinstance(x, str) and x.isprintable() and not {*x} & {*'"\\'}
        return f'"{x}"' if plain else super()._literal(x)

    def _call(self, function: str, args: Any, step: Step) -> str:
        return super()._call(
            "abs" if function == "np.absolute" else function, args, step
        )


_LARGEST = sys.float_info.max
_NUMBERS = {
    **{math.pi: "np.pi", math.e: "np.e"},
    **{_LARGEST: "np.finfo(float).max", -_LARGEST: "-np.finfo(float).max"},
}


class Program:
    """A straight-line program.

    Args:
        steps: all of a record, in order.
        results: the steps whose values are wanted.
        names: of steps that have one: for each a line is written.
        hints: what other steps may be called, if they get a line.
        arrays: what plain arrays may be called, by their ids, if they get one.
        gradients: of the steps that are called g_x, the step that x is.

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
        arrays: Mapping[int, str] | None = None,
        gradients: Mapping[Step, Step] | None = None,
    ) -> None:
        tidied = Tidied(steps, names, results)
        self._meant = meant = tidied.meant
        self._names = {meant(s): n for s, n in reversed(list(names.items()))}
        self._hints = {meant(s): n for s, n in reversed(list(hints.items()))}
        pairs = (gradients or {}).items()
        self._values = {meant(g): meant(x) for g, x in reversed(list(pairs))}
        self._called: dict[Step, str] = {}
        self._used: set[str] = set()
        self._counts: dict[str, int] = {}
        self._arrays: dict[Any, str] = {}
        self._array_hints = dict(arrays or {})
        called, known = self._called, self._arrays  # of self it would be a cycle
        self._words = _Words(called.get, known.get)
        self._uses: dict[Step, int] = {}
        self._users: dict[Step, Step] = {}
        self._array_uses: dict[Any, int] = {}
        live = self._live(tidied.steps, [meant(step) for step in results])
        self._written_to = {s.args[0] for s in live if s.kind == "set"}
        self._asked = _asks_a_number(live)
        self.inputs = {self._name(s): s for s in live if s.kind == "input"}
        self.rules: dict[str, Any] = {}
        self.lines = [line for step in live for line in self._lines(step)]

    def text(self, step: Step) -> str:
        """A result as a line may use it: its name, or what it computes."""
        return self._words.text(self._meant(step))

    def _live(self, steps: Sequence[Step], results: Sequence[Step]) -> list[Step]:
        """The steps that the results need, in order; counts how often each is used."""
        held = [s.args[0] for s in steps if s.kind in ("value", "shape")]
        wanted = {*results, *held}
        self._uses = dict.fromkeys(results, 1)
        kept = []
        for step in reversed(steps):
            about = step.kind in STATEMENTS and step.args[0] in wanted
            if step not in wanted and not about:
                continue
            kept.append(step)
            for part in parts([step.args, step.options]):
                wanted.add(part)
                self._uses[part] = self._uses.get(part, 0) + 1
                self._users[part] = step
            for x in arrays_in([step.args, step.options]):
                key = contents(x)
                self._array_uses[key] = self._array_uses.get(key, 0) + 1
            if step.kind in ("set", "shape"):  # which are about what has a name
                self._uses[step.args[0]] += 1
        return kept[::-1]

    def _lines(self, step: Step) -> Iterator[Line]:
        """The line of a step, after those of parts that are too long for it.

        None if it is an input, or stands where it is used.
        """
        if step.kind in ("input", "back") or step in self._called:
            return
        if step.kind == "item" and step.args[0].kind == "rule":  # of several results
            return
        if step not in self._names and step.kind not in (*STATEMENTS, "rule"):
            text, binds = self._expression(step)
            if self._is_folded(step, len(text)):
                self._words.folded[step] = text, binds
                return
        yield from self._own_line(step)

    def _own_line(self, step: Step) -> Iterator[Line]:
        if self._array_uses:
            yield from self._array_lines(step, step)
        if step.kind == "rule":
            yield self._rule(step)
            return
        text = self._text(step, self._wish)
        while len(text) > LONGEST and (part := self._longest_part(step)) is not None:
            self._words.folded.clear()  # the texts that this part is in
            yield from self._own_line(part)
            text = self._text(step, self._wish)
        yield Line(step, self._text(step, self._name))

    def _text(self, step: Step, name: Callable[[Step], str]) -> str:
        if step.kind in STATEMENTS:
            return self._words.statement(step)
        text, _ = self._expression(step)
        return f"{name(step)} = {text}"

    def _expression(self, step: Step) -> tuple[str, int]:
        if step.kind == "seed" and not self._asked and step.value.dtype == np.float64:
            return "1.0", ATOM  # which has no methods, and widens nothing
        return self._words.expression(step)

    def _array_lines(self, step: Step, line: Step) -> Iterator[Line]:
        """The lines of plain arrays that it uses, and that others use, too."""
        for x in arrays_in([step.args, step.options]):
            key = contents(x)
            text = self._words.text(x)
            if self._array_uses[key] == 1 or key in self._arrays or len(text) <= SHORT:
                continue
            wish = self._array_hints.get(id(x), "constant")
            self._arrays[key] = name = self._variable(wish)
            self._words.folded.clear()
            yield Line(line, f"{name} = {text}")
        for part in parts([step.args, step.options]):
            if part not in self._called:
                yield from self._array_lines(part, line)

    def _is_folded(self, step: Step, length: int) -> bool:
        """Whether it stands in the lines that use it."""
        if length <= SHORT and self._is_view(step):
            return True
        user = self._users.get(step)
        alone = user is not None and user.kind == "operator" and len(user.args) == 1
        room = FOLDED + SHORT if alone else FOLDED  # below a minus it may be longer
        return self._uses[step] == 1 and length <= room

    def _is_view(self, step: Step) -> bool:
        """Whether it only shows a part of an array that has a name: x.T, x[0]."""
        if step.kind not in ("attribute", "index") or step.args[0] in self._written_to:
            return False
        index = step.args[1:]
        simple = all(type(i) in (int, slice, tuple, type(None)) for i in index)
        return step.args[0] in self._called and simple and not list(parts(index))

    def _longest_part(self, step: Step) -> Step | None:
        """What gets a line of its own where a line is too long."""
        folded = [x for x in parts([step.args, step.options]) if x not in self._called]
        sizes = {x: len(self._words.text(x)) for x in folded}
        part = max(sizes, key=sizes.__getitem__, default=None)
        return part if part is not None and sizes[part] >= SHORT else None

    def _rule(self, step: Step) -> Line:
        rule = self._variable(step.name)
        self.rules[rule] = step.call
        return Line(step, self._words.rule(rule, step, self._name_if_used))

    def _name_if_used(self, step: Step) -> str:
        return self._name(step) if step in self._uses else "_"

    def _name(self, step: Step) -> str:
        self._called[step] = name = self._variable(self._wish(step))
        return name

    def _wish(self, step: Step) -> str:
        value = self._called.get(self._values.get(step, step))
        if value is not None:
            return f"g_{value}"
        of_rule = step.assigned if len(step.assigned) > 1 else ""  # not a rule's x or y
        return self._names.get(step) or self._hints.get(step) or of_rule or "v"

    def _variable(self, wish: str) -> str:
        """A name like the wish that Python takes, and that nothing else has."""
        wish = unicodedata.normalize("NFKC", wish)  # as Python reads its names
        word = "".join(c if f"v{c}".isidentifier() else " " for c in wish)
        word = "_".join(word.split())  # of `ws[0].b`, `ws_0_b`
        word = word if word.isidentifier() else f"v{word}"
        word = f"{word}_" if word in _TAKEN else word
        name = word
        while name in self._used:
            self._counts[word] = n = self._counts.get(word, 1) + 1
            name = f"{word}{n}"
        self._used.add(name)
        return name


def _asks_a_number(steps: Sequence[Step]) -> bool:
    """Whether a method is asked of the seed, or of what Python makes of it."""
    numbers: set[Step] = set()
    for step in steps:
        of = [x for x in step.args if isinstance(x, Step)]
        if step.kind in ("method", "attribute", "index") and of[0] in numbers:
            return True
        plain = not any(isinstance(x, np.ndarray) and x.ndim for x in step.args)
        if step.kind == "seed" or (
            step.kind == "operator" and plain and numbers.issuperset(of)
        ):
            numbers.add(step)
    return False
