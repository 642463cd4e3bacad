"""A tape as a program: the text that is run, and the function that Python makes of it.

First come the look-ups: what the arguments must be, and what is outside. Then the
steps that are needed, in order; one that is used once, and that the user has not named,
stands in the line that uses it. In the end what f has bound anew is bound, and the
results are returned. A result that shares memory with an argument, a constant or
another result is copied.
"""

from __future__ import annotations

import linecache
import re
import weakref
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import count
from typing import Any

import numpy as np

from engine._node import data_of
from engine._once import wait
from engine.compilation.exact import Exact, operands
from engine.compilation.forms import Other, Refused
from engine.compilation.lines import Lines
from engine.compilation.words import Exactly
from engine.tensor import Tensor
from engine.written.arguments import parts
from engine.written.array import Writing
from engine.written.record import Step

FOLDED = 56  # in characters: what may stand inside a line
_LARGE = 4_096  # bytes of an array that is dropped after its last use
_HELD = frozenset({"value", "shape", "plain"})
_STATEMENTS = _HELD | {"set"}
# Functions that raise at some arrays, which f may ask: is it definite?
_RAISING = frozenset(
    f"np.linalg.{name}"
    for name in ("cholesky", "inv", "solve", "eigh", "eig", "svd", "tensorinv", "lstsq")
)
_number = count(1)


class Body:
    """The lines that compute.

    Args:
        steps: of a tape, in order.
        inputs: the variables of those that the look-ups have made.
        results: all values that the program gives, in any form.
        lines: get the names.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        inputs: dict[Step, str],
        results: Any,
        lines: Lines,
    ) -> None:
        exact = Exact(steps)
        self._lines, self._exact = lines, exact
        self.meant, self.inputs = exact.meant, inputs
        self._called = dict(inputs)
        self._uses: dict[Step, int] = {}
        self._user: dict[Step, Step] = {}
        called, bind = self._called, lines.bind
        self._words = Exactly(called.get, bind)
        self.results = [exact.meant(s) for s in _steps_in(results)]
        self.live = self._live(exact.steps)
        self._effects: list[str] = []  # what was drawn so far
        self._hooked = False
        self.lines: list[str] = []
        for step in self.live:
            self.lines += self._of(step)
        self._roots = {step: self._root(step) for step in self.results}

    def text(self, step: Step) -> str:
        """A result by its name; of a constant a copy, for it is given away."""
        meant = self._exact.meant(step)
        text = self._words.text(meant)
        return f'{text}.copy("K")' if self._is_shared(meant) else text

    def sizes(self) -> dict[str, int]:
        """Of each variable that a line makes how many bytes it has."""
        return {
            name: getattr(step.value, "nbytes", 0)
            for step, name in self._called.items()
            if step.kind not in ("input", "constant", "rule")
        }

    def name(self, step: Step) -> str | None:
        """The variable of a step, if it has one."""
        return self._called.get(step)

    def _live(self, steps: Sequence[Step]) -> list[Step]:
        """The steps that are needed, in order; counts how often each is used."""
        for step in self.results:
            self._uses[step] = self._uses.get(step, 0) + 2  # each gets a line
        wanted, kept = set(self.results), []
        for step in reversed(steps):
            if not _is_needed(step, wanted):
                continue
            kept.append(step)
            for x in operands(step):
                wanted.add(x)
                self._uses[x] = self._uses.get(x, 0) + 1
                self._user[x] = step
        return kept[::-1]

    def _of(self, step: Step) -> Iterator[str]:
        """The line of a step; none if it has a name, or stands where it is used."""
        if step in self._called or step.kind in ("input", "back"):
            return
        if step.kind == "item" and step.args[0].kind == "rule":
            return
        if step.kind == "constant":
            self._called[step] = self._lines.bind(step.value, step.users or "k")
            return
        if step.kind == "reload":
            yield f"{self._name(step)} = {step.name}"
        elif step.kind == "rule":
            rule = self._lines.bind(step.call, step.name)
            yield self._words.rule(rule, step, self._name_if_used)
        elif step.kind in _STATEMENTS:
            yield from self._statement(step)
        else:
            text, binds = self._words.expression(step)
            if self._is_folded(step, len(text)):
                self._words.folded[step] = text, binds
            else:
                yield f"{self._name(step)} = {text}"
            if step.kind == "call" and step.name:
                self._effects.append(self._called[step])
            self._hooked = self._hooked or step.kind == "hook"

    def _statement(self, step: Step) -> Iterator[str]:
        text, value = self._words.text, step.value
        if step.kind == "set":
            if step.name not in ("", "+=", "-=", "in place"):
                yield self._words._call(step.name, step.args, step)
            elif step.name == "in place":
                x, sign, y = step.args
                yield f"{text(x)} {sign}= {text(y)}"
            else:
                x, index, y = step.args
                place = f"{text(x)}[{self._words._index(index)}]"
                yield f"{place} {step.name or '='} {text(y)}"
            return
        if self._hooked:
            why = "it decides by values after a hook, which runs but once"
            raise Other(why, told=True)
        x = step.args[0]
        if step.kind == "shape":
            condition = f"{text(x, 20)}.shape != {value}"
        elif type(value) is bool and step.kind == "value":
            condition = f"not {text(x, 7)}" if value else text(x)
        else:
            condition = f"{text(x, 7)} != {text(value)}"
        yield f"if {condition}:"
        if self._effects:
            results = ", ".join(self._effects)
            yield f"    {self._lines.bind(wait)}({results})"
        yield "    return otherwise"

    def _is_folded(self, step: Step, length: int) -> bool:
        """Whether it stands in the lines that use it."""
        if step.users or step.kind in ("hook", "call", "closure"):
            return False
        if self._uses.get(step) != 1 or step in self._exact.anchored:
            return False
        user = self._user.get(step)
        if user is None or user.kind in ("rule",):
            return False
        return length <= FOLDED

    def _name_if_used(self, step: Step) -> str:
        return self._name(step) if step in self._uses else "_"

    def _name(self, step: Step) -> str:
        of_rule = step.assigned if len(step.assigned) > 1 else ""
        self._called[step] = name = self._lines.name(step.users or of_rule or "v")
        return name

    # --- memory -----------------------------------------------------------------------

    def _root(self, step: Step) -> Step:
        """The step whose memory one shows."""
        while step.kind not in ("input", "constant", "rule", "call", "hook"):
            is_view = isinstance(step.value, np.ndarray) and (
                step.value.base is not None or step.kind == "item"
            )
            x = _owner(step) if is_view else None
            if x is None:
                return step
            step = x
        return step

    def _is_shared(self, step: Step) -> bool:
        """Whether a result shares memory with what others hold."""
        if not isinstance(step.value, np.ndarray):
            return False
        root = self._roots[step]
        if root.kind in ("input", "constant", "rule", "call", "hook", "reload"):
            return True
        if root.kind in ("item", "closure") or root.value.base is not None:
            return True  # of what is not known
        return list(self._roots.values()).count(root) > 1 or (
            self.results.count(step) > 1
        )


def _is_needed(step: Step, wanted: set[Step]) -> bool:
    """Whether a program needs a step, of which it needs those of `wanted`."""
    if step.kind == "set":
        return step.args[0] in wanted
    if _may_raise(step):  # as f may want it to
        return True
    if step.kind in _HELD:  # of a constant it is so
        return step.args[0].kind != "constant"
    return (
        step in wanted
        or step.kind == "hook"
        or (step.kind == "call" and step.name != "")
    )


def _may_raise(step: Step) -> bool:
    """Whether it raises at some values: a matrix, an index, or a divisor of 0."""
    if step.kind == "operator" and type(step.value) in (int, float, complex):
        return step.name in ("/", "//", "%", "**")  # of Python's numbers
    if step.kind == "operator" and step.name == "**":
        return step.value.dtype.kind in "iu"
    if step.kind == "index":
        return any(np.asarray(x.value).dtype != bool for x in parts([step.args[1]]))
    return step.kind == "function" and step.name in _RAISING


def _owner(step: Step) -> Step | None:
    """The operand that a step shows a part of, as far as is known."""
    for x in operands(step):
        if isinstance(x.value, np.ndarray) and np.may_share_memory(x.value, step.value):
            return x
    return None


def _steps_in(x: Any) -> Iterator[Step]:
    """The steps of results of any form."""
    if isinstance(x, Tensor):
        x = x.data
    if isinstance(x, Writing):
        yield x.step
    elif isinstance(x, dict):
        for part in x.values():
            yield from _steps_in(part)
    elif isinstance(x, tuple | list):
        for part in x:
            yield from _steps_in(part)


def text_of(x: Any, text: Callable[[Step], str], lines: Lines, what: str) -> str:
    """A result of any form, in Python's words.

    Raises:
        TypeError: if something else than numbers and arrays is in it.
    """
    if isinstance(x, Tensor):
        x = data_of(x)
    if isinstance(x, Writing):
        return text(x.step)
    if isinstance(x, dict) and type(x) is dict:
        keys = [k.step.value if isinstance(k, Writing) else k for k in x]  # are held
        parts = [
            f"{lines.literal(k)}: {text_of(v, text, lines, what)}"
            for k, v in zip(keys, x.values(), strict=True)
        ]
        return f"{{{', '.join(parts)}}}"
    if isinstance(x, tuple | list):
        words = ", ".join(text_of(v, text, lines, what) for v in x)
        if type(x) is list:
            return f"[{words}]"
        if hasattr(x, "_fields"):
            return f"{lines.bind(type(x))}({words})"
        if type(x) is tuple:
            return f"({words},)" if len(x) == 1 else f"({words})"
    if isinstance(x, np.ndarray):
        return f'{lines.bind(x)}.copy("K")'
    if x is None or x is True or x is False:
        return repr(x)
    if isinstance(x, int | float | str | bytes | np.generic):
        return lines.bind(x)
    raise Refused(
        f"compiled: {what} is a {type(x).__name__}, and must be numbers and arrays, in "
        "tuples, lists and dicts"
    )


def released(lines: Sequence[str], sizes: dict[str, int]) -> list[str]:
    """The lines, each with what large arrays are dropped after it."""
    last: dict[str, int] = {}
    for i, line in enumerate(lines):
        for word in re.findall(r"[^\W\d]\w*", line):
            if sizes.get(word, 0) >= _LARGE:
                last[word] = i
    dropped: dict[int, list[str]] = {}
    for word, i in last.items():
        while lines[i + 1 :] and lines[i + 1].startswith(" "):  # not inside an if
            i += 1
        dropped.setdefault(i, []).append(word)
    made: list[str] = []
    for i, line in enumerate(lines):
        made.append(line)
        if i in dropped and i < len(lines) - 1 and not line.endswith(":"):
            made.append(f"del {', '.join(dropped[i])}")
    return made


class Program:
    """A function that Python has made of text.

    Attributes:
        lines: all of it, without the first one.
        text: all of it.
        run: takes the arguments, in one tuple; returns the results, or `OTHERWISE`.
            Python compiles the text when it is first asked for.
    """

    def __init__(
        self, name: str, lines: Sequence[str], namespace: dict[str, Any]
    ) -> None:
        self.lines, self._name, self._namespace = lines, name, namespace
        self.text = _function(name, lines)

    @cached_property
    def run(self) -> Callable[..., Any]:
        file = f"<compiled {self._name} {next(_number)}>"
        text = [f"{line}\n" for line in self.text.splitlines()]
        linecache.cache[file] = (len(self.text), None, text, file)
        weakref.finalize(self, linecache.cache.pop, file, None)
        return self._made(self.text, file)

    def stops(self, args: tuple[Any, ...]) -> str:
        """Why it was not recorded for such arguments, in words."""
        lines, last = [], ""
        for line in self.lines:
            last = line.strip() if line.strip().startswith("if ") else last
            lines.append(
                line.replace("return otherwise", f"return {_words_of(last)!r}")
            )
        found = self._made(_function(self._name, lines), "<compiled>")(args)
        return found if type(found) is str else "something is another one"

    def _made(self, text: str, file: str) -> Callable[..., Any]:
        namespace = dict(self._namespace)
        exec(compile(f"{text}\n", file, "exec"), namespace)
        made: Callable[..., Any] = namespace[self._name]
        return made


def _function(name: str, lines: Sequence[str]) -> str:
    return "\n".join([f"def {name}(args):", *(f"    {line}" for line in lines)])


def _words_of(condition: str) -> str:
    """What it says where a program stops: a name outside, or the condition."""
    names = re.findall(r"\['(\w+)'\]", condition)
    if names and "of_" in condition:
        return f"{names[-1]!r} is another one"
    return f"`{condition}` goes the other way"
