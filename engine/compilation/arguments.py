"""The arguments of a recorded call, and the lines that take them apart."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from operator import is_
from typing import Any

import numpy as np

from engine.compilation.classes import look_at_class
from engine.compilation.forms import (
    PLAIN,
    Other,
    Refused,
    dtype_of,
    is_an_object,
    is_named_tuple,
)
from engine.compilation.outside import Outside, fits, keys_fit
from engine.written.array import Writing


class Arguments:
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


def words_of(f: Callable[..., Any], args: tuple[Any, ...]) -> list[str]:
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
