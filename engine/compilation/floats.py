"""The lines that compute on Python's floats, where all of a program is scalars.

An operation on Python's floats takes a tenth of one on NumPy's scalars. The lines stand
in a `try` before those for NumPy: whatever raises, and whatever comes out infinite or
NaN, is computed again by NumPy. So is what went another way by a rounded number.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from engine.compilation.exact import operands
from engine.compilation.float_words import (
    FLOAT,
    PYTHON,
    OnFloats,
    Untranslated,
    is_rounded,
    kind_of,
    needs_names,
    repeats,
)
from engine.compilation.forms import leaves_of
from engine.compilation.lines import Lines
from engine.compilation.program import FOLDED, Body, text_of
from engine.written.record import Step
from engine.written.text import ATOM

_FEW = 16  # results whose sum is written out
_ULPS = 4  # by which a function of `math` may differ from NumPy's


class Floats:
    """The lines that compute.

    Args:
        body: the lines on NumPy.
        result: what the function returned, in any form.
        lines: get the names.

    Attributes:
        whole: all lines, with the return of the results.

    Raises:
        Untranslated: if there is a step without a translation.
    """

    def __init__(self, body: Body, result: Any, lines: Lines) -> None:
        self._body, self._lines = body, lines
        self._same: dict[Step, Any] = {}
        self._names: dict[Step, str] = {}
        self._rounded: set[Step] = set()
        self._words = OnFloats(self._names.get, lines.bind, self._meant)
        if not any(map(_is_numpys, body.live)):
            raise Untranslated("it is on Python's numbers anyway")
        self._find_repeated()
        self._uses, self._user = self._counted()
        inside = [*self._begun()]
        for step in body.live:
            inside += self._of(step)
        given = text_of(result, self._given, lines, "what f returned")
        self.whole = [
            "try:",
            *(f"    {line}" for line in inside),
            f"    if {self._sum()} * 0.0 == 0.0:  # if all are finite",
            f"        return {given}",
            "except (ArithmeticError, ValueError, TypeError):",
            "    pass  # NumPy says what comes out",
        ]

    def agrees(self, ours: Any, theirs: Any) -> bool:
        """Whether results are those of NumPy, as far as `math` has its last bits."""
        live = self._body.live
        values = [abs(float(s.value)) for s in live if _is_float(s)]
        largest = max(filter(math.isfinite, values), default=0.0)
        off = _ULPS * len(live) * np.finfo(float).eps * largest
        pairs = zip(leaves_of(ours), leaves_of(theirs), strict=True)
        return all(type(x) is type(y) and _is_near(x, y, off) for x, y in pairs)

    # --- results ----------------------------------------------------------------------

    def _given(self, step: Step) -> str:
        """A result of the class that it has on NumPy."""
        step = self._body.meant(step)
        if step.kind in ("input", "constant"):
            return self._body.text(step)
        kind, value = kind_of(step), step.value
        if kind == PYTHON:
            return self._words.text(step)
        if kind == FLOAT and not isinstance(value, np.float64 | np.ndarray):
            raise Untranslated("an integer of NumPy's")
        text = self._words.number(step) if kind == FLOAT else self._words.text(step)
        if isinstance(value, np.ndarray):
            return f"np.array({text})"
        return f"{self._lines.bind(type(value))}({text})"

    def _sum(self) -> str:
        """What is infinite or NaN if one of the results is."""
        floats = dict.fromkeys(s for s in self._body.results if kind_of(s) == FLOAT)
        words = [self._words.number(step, ATOM) for step in floats]
        if len(words) < 2:
            return "".join(words) or "0.0"
        few = len(words) < _FEW
        return f"({' + '.join(words)})" if few else f"sum([{', '.join(words)}])"

    # --- which steps there are --------------------------------------------------------

    def _find_repeated(self) -> None:
        """The steps that stand for another one, or for a number."""
        seen: set[Step] = set()
        for step in self._body.live:
            if step.kind == "set":
                self._same[step.args[0]] = self._filled(step, seen)
            elif step.kind not in ("input", "constant", "value") and repeats(step):
                self._same[step] = step.args[0]
            seen.update(operands(step))

    def _filled(self, step: Step, seen: set[Step]) -> Any:
        """What a fresh array of one number is filled with before it is used."""
        x, index, y = step.args if len(step.args) == 3 else (None, None, None)
        is_fresh = x and x.kind == "function" and x.name == "np.zeros_like"
        whole = is_fresh and not step.name and index in ((), ...)
        if not whole or x in seen or kind_of(x) != FLOAT:
            raise Untranslated("a write")
        return y

    def _meant(self, x: Any) -> Any:
        while isinstance(x, Step) and x in self._same:
            x = self._same[x]
        return x

    def _counted(self) -> tuple[dict[Step, int], dict[Step, Step]]:
        """How often each step is used, and by which last."""
        uses: dict[Any, int] = {}
        user: dict[Any, Step] = {}
        for step in self._body.results:
            uses[self._meant(step)] = 2  # each gets a line
        for step in self._body.live:
            if step in self._same or step.kind == "set":
                continue
            for x in map(self._meant, operands(step)):
                uses[x] = uses.get(x, 0) + 1
                user[x] = step
        return uses, user

    # --- lines ------------------------------------------------------------------------

    def _begun(self) -> Iterator[str]:
        """Arguments of NumPy's as floats."""
        for step, name in self._body.inputs.items():
            if step not in self._uses:
                continue
            kind = kind_of(step)
            self._names[step] = name
            if kind != PYTHON:
                self._names[step] = called = self._lines.name(name)
                kind = "bool" if isinstance(step.value, np.bool_) else "float"
                yield f"{called} = {kind}({name})"  # which is sooner than .item()

    def _of(self, step: Step) -> Iterator[str]:
        if step in self._same or step.kind in ("input", "constant", "set"):
            return
        parts = set(map(self._meant, operands(step)))
        if is_rounded(step) or not self._rounded.isdisjoint(parts):
            self._rounded.add(step)
        if step.kind == "value":
            yield from self._held(step)
            return
        text, binds = self._words.expression(step)
        if self._is_folded(step, len(text)):
            self._words.folded[step] = text, binds
        else:
            name = self._body.name(step) or self._lines.name("v")
            self._names[step] = name
            yield f"{name} = {text}"

    def _is_folded(self, step: Step, length: int) -> bool:
        """Whether it stands in the line that uses it."""
        if step.users or self._uses[step] != 1 or length > FOLDED:
            return False
        return not needs_names(self._user[step])

    def _held(self, step: Step) -> Iterator[str]:
        """What must be so; where it hangs on a last bit, NumPy decides."""
        x, value = step.args[0], step.value
        text = self._words.number if kind_of(x) == FLOAT else self._words.text
        if type(value) is bool:
            yield f"if not {text(x, ATOM)}:" if value else f"if {text(x)}:"
        elif kind_of(x) == PYTHON:
            yield f"if {text(x, ATOM)} != {value!r}:"
        else:
            raise Untranslated("an integer of NumPy's")
        rounded = step in self._rounded
        yield "    raise ArithmeticError" if rounded else "    return otherwise"


def _is_numpys(step: Step) -> bool:
    return step.kind != "constant" and isinstance(step.value, np.generic | np.ndarray)


def _is_float(step: Step) -> bool:
    return np.ndim(step.value) == 0 and isinstance(
        step.value, float | np.float64 | np.ndarray
    )


def _is_near(x: Any, y: Any, off: float) -> bool:
    if not isinstance(x, float | np.ndarray):
        return bool(x == y)
    return bool(x == y or (x != x and y != y) or abs(x - y) <= off)
