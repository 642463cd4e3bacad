"""The text of a program on its way: its lines, and what the names in them stand for."""

from __future__ import annotations

import builtins
import keyword
import math
import operator
import unicodedata
from typing import Any

import numpy as np

OTHERWISE = object()  # what a program returns that it was not recorded for
_TAKEN = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "np"})


class Lines:
    """Lines of Python, and the namespace in which they run.

    Args:
        function: the name of the program, which nothing else may have.
    """

    def __init__(self, function: str) -> None:
        self.lines: list[str] = []
        self.namespace: dict[str, Any] = {"np": np, "otherwise": OTHERWISE}
        self._bound: dict[int, tuple[str, Any]] = {}
        self._used = {*_TAKEN, "otherwise", "args", function}
        self._counts: dict[str, int] = {}

    def bind(self, x: Any, wish: str = "") -> str:
        """The name under which the program knows an object."""
        if id(x) not in self._bound:
            wish = wish or _own_name(x) or "k"
            name = self.name(wish)
            self._bound[id(x)] = name, x
            self.namespace[name] = x
        return self._bound[id(x)][0]

    def literal(self, key: Any) -> str:
        """A key of a dict, or an index, in Python's words."""
        return repr(key) if type(key) in (int, str, bool) else self.bind(key)

    def name(self, wish: str) -> str:
        """A name like the wish that Python takes, and that nothing else has."""
        wish = unicodedata.normalize("NFKC", wish)  # as Python reads its names
        word = "".join(c if f"v{c}".isidentifier() else " " for c in wish)
        word = "_".join(word.split()) or "v"
        word = word if word.isidentifier() else f"v{word}"
        name = f"{word}_" if word in _TAKEN else word
        while name in self._used:
            self._counts[word] = n = self._counts.get(word, 1) + 1
            name = f"{word}{n}"
        self._used.add(name)
        return name

    def local(self, expression: str, wish: str) -> str:
        """The name of a variable that a line stores an expression in."""
        name = self.name(wish)
        self.lines.append(f"{name} = {expression}")
        return name

    def look_ups(self) -> list[str]:
        """The lines; where one raises, something is no longer there."""
        if not self.lines:
            return []
        lines = [f"    {line}" for line in self.lines]
        return ["try:", *lines, "except Exception:", "    return otherwise"]

    def require(self, *conditions: str) -> None:
        """Lines that end the program where a condition does not hold."""
        each = [f"({c})" if " or " in c else c for c in conditions]
        self.lines += [f"if not ({' and '.join(each)}):", "    return otherwise"]


def _own_name(x: Any) -> str:
    """The name of a function, a class or a module."""
    try:
        name = getattr(x, "__name__", "")
    except Exception:  # an object may answer all that it is asked in its own way
        return ""
    return name if isinstance(name, str) else ""


def same_objects(x: tuple[Any, ...], recorded: tuple[Any, ...]) -> bool:
    return len(x) == len(recorded) and all(map(operator.is_, x, recorded))


class Same:
    """Whether plain values are those that were recorded.

    NaN is NaN, 0.0 is not -0.0, and 1 is not True.

    Args:
        recorded: a number or a word, or a list, tuple or dict of such.
    """

    __slots__ = ("_kinds", "_recorded", "_words", "_zeros")

    def __init__(self, recorded: Any) -> None:
        self._recorded, self._words = recorded, repr(recorded)
        flat = type(recorded) in (list, tuple)
        self._kinds = [*map(type, recorded)] if flat else None
        self._zeros = flat and any(x == 0 or type(x) is tuple for x in recorded)

    def __call__(self, x: Any) -> bool:
        recorded = self._recorded
        if x is recorded or type(x) is not type(recorded):
            return x is recorded
        if self._kinds is not None and not self._zeros and x == recorded:
            return [*map(type, x)] == self._kinds
        if isinstance(x, float) and x != x:
            return math.copysign(1, x) == math.copysign(1, recorded)
        return repr(x) == self._words
