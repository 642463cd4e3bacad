"""A function, recorded: called on arrays that write, and made a program."""

from __future__ import annotations

import gc
import inspect
from collections.abc import Callable
from operator import is_
from types import FrameType
from typing import Any, NamedTuple

import numpy as np

from engine.compilation.classes import look_at_class
from engine.compilation.copies import copy_to_record
from engine.compilation.float_words import Untranslated
from engine.compilation.floats import Floats
from engine.compilation.forms import (
    PLAIN,
    Other,
    Refused,
    dtype_of,
    is_an_object,
    is_named_tuple,
)
from engine.compilation.lines import OTHERWISE, Lines
from engine.compilation.outside import Outside, fits, keys_fit
from engine.compilation.program import Body, Bound, Program, released, text_of
from engine.compilation.tape import Tape
from engine.tensor import Tensor
from engine.written.array import Writing
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
        TypeError: if f can't be compiled; it says why, and what to do.
        Other: if it is to run as it is.
    """
    tape, lines = Tape(), Lines(name)
    outside = Outside(tape, lines, changing)
    try:
        given = _Arguments(outside, _words(f, args))
        call = given.begun(args)
        lines.lines.append(_OUTSIDE)
        result = copy_to_record(outside, f)(*call)
        outside.draws.check()
        given.check()
        if tape.refused is not None:  # f has caught it
            raise Other(str(tape.refused) or "it catches an error", told=True)
        counted = outside.counted()
        bound = [Bound(*place) for place in outside.changed()]
        _restore_hooks(tape, outside)
        made, body = _written(name, tape, lines, result, bound)
        made = made._replace(counted=counted)
        if floats and made.trial is not None and not bound:
            made = _on_floats(made, name, body, lines, result, args)
    finally:
        outside.forget()
        tape.close()
    del result, bound, call, given, body
    _check_that_none_is_left(tape)
    return made


def _written(
    name: str,
    tape: Tape,
    lines: Lines,
    result: Any,
    bound: list[Bound],
) -> tuple[Recorded, Body]:
    values = [result, *(b.value for b in bound)]
    for b in bound:
        _check_bound(b)
    inputs = {step: step.users for step in tape.inputs}
    body = Body(tape.steps, inputs, values, lines)
    sizes = {
        called: getattr(step.value, "nbytes", 0)
        for step, called in body._called.items()
        if step.kind not in ("input", "constant", "rule")
    }
    what = "what f returned"
    given = text_of(result, body.text, lines, what)
    new = [
        text_of(b.value, body.text, lines, f"what f keeps in {b.words}") for b in bound
    ]
    ends = [f"{b.place} = {text}" for b, text in zip(bound, new, strict=True)]
    steps = [*body.lines]
    if lines.lines[-1] == _OUTSIDE:
        del lines.lines[-1]
    body_lines = released([*steps, *ends, f"return {given}"], sizes)
    whole = [_ARGUMENTS, *lines.look_ups(), _PROGRAM, *body_lines]
    program = Program(name, whole, lines.namespace)
    trial = None
    if not tape.called:
        pair = f"return {given}, ({''.join(f'{text}, ' for text in new)})"
        trial = Program(name, [*lines.look_ups(), *steps, pair], dict(lines.namespace))
    ways = [line for line in lines.lines if not line.startswith(("if ", "    ", "#"))]
    places = "".join(f"{b.place}, " for b in bound)
    now = Program(name, [*ways, f"return ({places})"], dict(lines.namespace))
    constants = [
        x for x in lines.namespace.values() if isinstance(x, np.ndarray | np.generic)
    ]
    stacked, counted = tape.stacked, frozenset[Any]()
    return Recorded(program, trial, now, whole, constants, stacked, counted), body


def _on_floats(
    made: Recorded,
    name: str,
    body: Body,
    lines: Lines,
    result: Any,
    args: tuple[Any, ...],
) -> Recorded:
    """The same with lines on Python's floats, if it can have them, and they agree."""
    assert made.trial is not None
    start = made.program.lines.index(_PROGRAM) + 1
    before, on_numpy = made.program.lines[:start], made.program.lines[start:]
    try:
        floats = Floats(body, result, lines)
    except Untranslated:
        return made
    whole = [*before, *floats.whole, _ON_NUMPY, *on_numpy]
    program = Program(name, whole, dict(lines.namespace))
    with np.errstate(all="ignore"):
        ours, theirs = program.run(args), made.trial.run(args)
    if ours is OTHERWISE or theirs is OTHERWISE or not floats.agrees(ours, theirs[0]):
        return made
    return made._replace(program=program)


def _check_bound(b: Bound) -> None:
    if isinstance(b.value, Tensor):
        raise Refused(
            f"compiled: f keeps a Tensor in {b.words}, which the program, that has no "
            "graph, would not do again; keep its array, t.data, or return it"
        )


class _Arguments:
    """The arguments of a recorded call, and the lines that take them apart."""

    def __init__(self, outside: Outside, words: list[str]) -> None:
        self.outside, self.words = outside, words
        self.tape, self.lines = outside.tape, outside.lines
        self._given: list[tuple[Any, list[Any]]] = []

    def check(self) -> None:
        """Raise if f has changed a list or a dict that it was given."""
        for x, before in self._given:
            now = flat(x)
            if len(now) != len(before) or not all(map(is_, now, before)):
                raise Refused(
                    f"compiled: f changes a {type(x).__name__} that it was given, "
                    "which the program would not do again; return what is new"
                )

    def begun(self, args: tuple[Any, ...]) -> list[Any]:
        lines = self.lines
        names = [lines.name(word) for word in self.words]
        comma = "," if len(names) == 1 else ""
        lines.lines.append(f"{', '.join(names) or '()'}{comma} = args")
        return [
            self._one(x, name, word)
            for x, name, word in zip(args, names, self.words, strict=True)
        ]

    def _one(self, x: Any, name: str, word: str) -> Any:
        kind, lines = type(x), self.lines
        if kind is np.ndarray:
            lines.require(*fits(lines, name, x))
            return self._begun(x, name)
        if x is None or x is True or x is False:
            lines.require(f"{name} is {x}")
            return x
        if kind in (float, int) or isinstance(x, np.generic):
            lines.require(f"{name}.__class__ is {lines.bind(kind)}")
            return self._begun(x, name)
        if kind in PLAIN:
            known = lines.bind(x)
            lines.require(
                f"{name}.__class__ is {lines.bind(kind)}", f"{name} == {known}"
            )
            return x
        if kind is dict:
            lines.require(f"{name}.__class__ is dict", *keys_fit(lines, name, x))
            places = map(lines.literal, x)
            parts = [
                self._part(v, f"{name}[{place}]", f"{word}_{k}")
                for (k, v), place in zip(x.items(), places, strict=True)
            ]
            made = dict(zip(x, parts, strict=True))
            self._given.append((made, flat(made)))
            return made
        if kind in (tuple, list) or is_named_tuple(kind):
            look_at_class(self.outside, kind, makes=True)
            known = lines.bind(kind)
            lines.require(f"{name}.__class__ is {known}", f"len({name}) == {len(x)}")
            fields = getattr(kind, "_fields", range(len(x)))
            parts = [
                self._part(v, f"{name}[{i}]", f"{word}_{field}")
                for i, (v, field) in enumerate(zip(x, fields, strict=True))
            ]
            if kind is list:
                self._given.append((parts, [*parts]))
                return parts
            return kind(*parts) if is_named_tuple(kind) else kind(parts)
        if is_an_object(x):
            return self.outside.stand_in(x, name, word)
        raise Other(f"an argument is a {kind.__name__}")

    def _part(self, x: Any, way: str, word: str) -> Any:
        return self._one(x, self.lines.local(way, word), word)

    def _begun(self, x: Any, name: str) -> Writing:
        if isinstance(x, np.ndarray | np.generic):
            dtype_of(x)
        made = self.tape.given(x, kept=False)
        made.step.users = name
        return made


def flat(x: Any) -> list[Any]:
    """The keys and values of a dict, or the entries of a list."""
    return [part for pair in x.items() for part in pair] if type(x) is dict else [*x]


def _words(f: Callable[..., Any], args: tuple[Any, ...]) -> list[str]:
    """What the function calls its arguments."""
    try:
        known = [*inspect.signature(f).parameters.values()]
    except (TypeError, ValueError):  # it is no function of Python's
        known = []
    several = inspect.Parameter.VAR_POSITIONAL
    words = [
        p.name for p in known if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    rest = next((p.name for p in known if p.kind is several), "arg")
    words += [f"{rest}_{i}" for i in range(len(args) - len(words))]
    return words[: len(args)]


def _restore_hooks(tape: Tape, outside: Outside) -> None:
    """Have hooks call what is outside, and not the copies of it."""
    for step in tape.steps:
        if step.kind in ("hook", "call"):
            step.call = outside.real(step.call)
            step.args = tuple(
                x if isinstance(x, Step) else outside.real(x) for x in step.args
            )


def _check_that_none_is_left(tape: Tape) -> None:
    """Raise if an array that writes has outlived its recording."""
    if not tape.alive():
        return
    gc.collect()  # a cycle of the user's may hold it until then
    left = tape.alive()
    if left:
        raise Refused(
            f"compiled: f keeps an array of the recording, in {_holder_of(left)}, and "
            "the program would not do that again; return it"
        )


def _holder_of(left: list[Any]) -> str:
    """Where it is kept, in words."""
    seen = {id(left)}
    level: list[Any] = list(left)
    for _ in range(4):
        above: list[Any] = []
        for x in level:
            for holder in gc.get_referrers(x):
                if (
                    id(holder) in seen
                    or isinstance(holder, FrameType)
                    or holder is level
                ):
                    continue
                seen.add(id(holder))
                words = _named(holder, x)
                if words:
                    return words
                above.append(holder)
        level = above
    return "something that f calls"


def _named(holder: Any, x: Any) -> str:
    """A variable of a module, or an attribute; "" for what the engine keeps."""
    own = holder if isinstance(holder, dict) else getattr(holder, "__dict__", {})
    key = next((k for k, v in own.items() if v is x), None)
    if not isinstance(key, str):
        return ""
    if "__name__" in own and "__builtins__" in own:
        return f"the global {key!r}"
    owners = gc.get_referrers(holder) if holder is own else [holder]
    for owner in owners:
        kind = type(owner)
        ours = kind.__module__.startswith("engine.")
        if not ours and getattr(owner, "__dict__", None) is own:
            return f"{key!r} of a {kind.__name__}"
    return ""


__all__ = ["OTHERWISE", "Recorded", "recorded"]
