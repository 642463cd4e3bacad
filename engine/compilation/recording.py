"""A function, recorded: called on arrays that write, and made a program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from engine.compilation.arguments import Arguments, words_of
from engine.compilation.changes import Bound, bound, counted
from engine.compilation.copies import copy_to_record
from engine.compilation.float_words import Untranslated
from engine.compilation.floats import Floats
from engine.compilation.forms import Other
from engine.compilation.leftovers import check_that_none_is_left
from engine.compilation.lines import OTHERWISE, Lines
from engine.compilation.outside import Outside
from engine.compilation.program import Body, Program, released, text_of
from engine.compilation.tape import Tape
from engine.written.record import Step

_ARGUMENTS = "# what it was recorded for"
_OUTSIDE = "# from outside"
_ON_NUMPY = "# the same on NumPy"
_PROGRAM = "# what it computes"


class Recorded(NamedTuple):
    """What came of it.

    Attributes:
        program: to be run; lines on Python's floats are in it if all is scalars.
        trial: the same on NumPy, but that it binds nothing: it returns the results, and
            beside them what would be bound; None if it can't be tried, as hooks would
            run.
        now: returns what is there now.
        lines: those of the program on NumPy, and
        constants: the arrays in it, which two records must have alike.
        stacked: whether rows of a Jacobian are computed at once: products of matrices
            may then differ from those of one row in their last bits.
        counted: the numbers outside that f has bound anew: the ids of what holds them,
            and their keys.
    """

    program: Program
    trial: Program | None
    now: Program
    lines: list[str]
    constants: list[Any]
    stacked: bool
    counted: frozenset[tuple[int, Any]]

    def is_like(self, other: Recorded) -> bool:
        """Whether two records of the same call say the same."""
        pairs = zip(self.constants, other.constants, strict=False)
        alike = len(self.constants) == len(other.constants)
        same = alike and self.lines == other.lines
        return same and all(same_bits(x, y) for x, y in pairs)

    def is_for(self, args: tuple[Any, ...]) -> bool:
        """Whether it would run; not known if it calls what has effects."""
        return self.trial is None or self.trial.run(args) is not OTHERWISE

    def unlike(self, args: tuple[Any, ...]) -> str:
        """What is not as it was recorded, in words."""
        if self.trial is None:
            return "something is another one"
        return self.trial.stops(args)


def same_bits(x: Any, y: Any) -> bool:
    """Whether two arrays, or scalars of NumPy, are the same to the last bit."""
    return x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes()


def recorded(
    f: Callable[..., Any],
    name: str,
    args: tuple[Any, ...],
    changing: frozenset[tuple[int, Any]] = frozenset(),
    *,
    floats: bool = False,
) -> Recorded:
    """Record a function where it is called.

    Args:
        f: the function.
        name: what the program is called.
        args: in one tuple.
        changing: numbers outside that are arguments of the program, as in `counted`.
        floats: whether scalars may be computed on Python's floats.

    Raises:
        Refused: if f can't be compiled; it says why, and what to do.
        Other: if it is to run as it is.
    """
    tape, lines = Tape(), Lines(name)
    outside = Outside(tape, lines, changing)
    try:
        result = _called(f, args, outside)
        counts, binds = counted(outside), bound(outside)
        _restore_hooks(tape, outside)
        text = _Text(name, tape, lines, result, binds)
        made = text.recorded(counts)
        if floats and made.trial is not None and not binds:
            made = text.on_floats(made, result, args)
    finally:
        outside.forget()
        tape.close()
    del result, binds, text
    check_that_none_is_left(tape)
    return made


def _called(f: Callable[..., Any], args: tuple[Any, ...], outside: Outside) -> Any:
    """What a copy of f returns for arrays that write."""
    given = Arguments(outside, words_of(f, args))
    call = given.begun(args)
    outside.lines.lines.append(_OUTSIDE)
    result = copy_to_record(outside, f)(*call)
    outside.draws.check()
    given.check()
    refused = outside.tape.refused
    if refused is not None:  # f has caught it
        raise Other(str(refused) or "it catches an error", told=True)
    return result


class _Text:
    """The texts of a recorded function: those of all its programs."""

    def __init__(
        self, name: str, tape: Tape, lines: Lines, result: Any, binds: list[Bound]
    ) -> None:
        self._name, self._tape, self._lines, self._binds = name, tape, lines, binds
        inputs = {step: step.users for step in tape.inputs}
        self._body = body = Body(
            tape.steps, inputs, [result, *(b.value for b in binds)], lines
        )
        self._given = text_of(result, body.text, lines, "what f returned")
        self._new = [
            text_of(b.value, body.text, lines, f"what f keeps in {b.words}")
            for b in binds
        ]
        if lines.lines[-1] == _OUTSIDE:
            del lines.lines[-1]

    def recorded(self, counts: frozenset[tuple[int, Any]]) -> Recorded:
        lines, known = self._whole(), self._lines.namespace
        arrays = np.ndarray, np.generic
        return Recorded(
            program=Program(self._name, lines, known),
            trial=None if self._tape.called else self._trial(),
            now=self._now(),
            lines=lines,
            constants=[x for x in known.values() if isinstance(x, arrays)],
            stacked=self._tape.stacked,
            counted=counts,
        )

    def on_floats(self, made: Recorded, result: Any, args: tuple[Any, ...]) -> Recorded:
        """With lines on Python's floats, if it can have them, and they agree."""
        assert made.trial is not None
        lines, start = self._lines, made.lines.index(_PROGRAM) + 1
        try:
            floats = Floats(self._body, result, lines)
        except Untranslated:
            return made
        before, on_numpy = made.lines[:start], made.lines[start:]
        whole = [*before, *floats.whole, _ON_NUMPY, *on_numpy]
        program = Program(self._name, whole, lines.namespace)
        with np.errstate(all="ignore"):
            ours, theirs = program.run(args), made.trial.run(args)
        other = ours is OTHERWISE or theirs is OTHERWISE
        if other or not floats.agrees(ours, theirs[0]):
            return made
        return made._replace(program=program)

    def _whole(self) -> list[str]:
        """All lines: look-ups, what is computed, what is bound, what is returned."""
        pairs = zip(self._binds, self._new, strict=True)
        ends = [f"{b.place} = {text}" for b, text in pairs]
        lines = [*self._body.lines, *ends, f"return {self._given}"]
        lines = released(lines, self._body.sizes())
        return [_ARGUMENTS, *self._lines.look_ups(), _PROGRAM, *lines]

    def _trial(self) -> Program:
        """The same, but it returns what would be bound."""
        pair = f"return {self._given}, ({''.join(f'{text}, ' for text in self._new)})"
        lines = [*self._lines.look_ups(), *self._body.lines, pair]
        return Program(self._name, lines, self._lines.namespace)

    def _now(self) -> Program:
        """It returns what is where the program would bind."""
        ways = [
            line
            for line in self._lines.lines
            if not line.startswith(("if ", "    ", "#"))
        ]
        places = "".join(f"{b.place}, " for b in self._binds)
        return Program(self._name, [*ways, f"return ({places})"], self._lines.namespace)


def _restore_hooks(tape: Tape, outside: Outside) -> None:
    """Have hooks call what is outside, and not the copies of it."""
    for step in tape.steps:
        if step.kind in ("hook", "call"):
            step.call = outside.real(step.call)
            step.args = tuple(
                x if isinstance(x, Step) else outside.real(x) for x in step.args
            )
