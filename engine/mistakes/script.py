"""A written program in which lines can be changed, and what they lead to run again.

Every tensor of the graph has a line, and every gradient: `g_h` is that of `h`. So a
mistake on the way back is a change of one line, or of all that are alike.
"""

from __future__ import annotations

import ast
import copy
import functools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from engine.mistakes.compare import Tolerance
from engine.mistakes.statement import NOT_RUN, compiled, parsed
from engine.tensor import Tensor
from engine.written.program import Program
from engine.written.record import Step
from engine.written.replay import Replay

BEFORE = "came_before"  # the variable of what an operand has got from other ops
LARGEST = 1 << 22  # entries of an array that a changed line may make
_NEAR = 4  # steps between two values that may be mistaken for each other


class Script:
    """The program of a graph, line by line, with all values.

    Args:
        replayed: the graph, written down.
        program: its program, with a line for every value and every gradient.
        own: the values that have a name of the user's.
        operand: of an op alone, to which its gradient is only handed on, perhaps: that
            is a line, too.

    Attributes:
        statements: the lines, in order.
        backward: the first of them that belongs to the backward pass.
        scope: what the lines know besides: NumPy, and rules that are called whole.
        inputs: variable -> the array that the program begins with.
        values: variable -> what is in it.
        variables: Tensor -> the variable of its value.
        gradients: Tensor -> the variable of its gradient.
        loss: the variable of the result.
        seed: that of its gradient.
        carrying: the variables that depend on the gradient of the result: gradients,
            and parts of them.
        own: the variables that have a name of the user's.
        nodes: the variable of a value -> the Tensor that a rule has made.
        is_edge: whether it is one op alone, with the gradient of that given.
        leaves: the variables of the Tensors that no rule has made.
        said: what wording.py has said of variables.
        inlined: what it has put in the place of some.
    """

    def __init__(
        self,
        replayed: Replay,
        program: Program,
        own: set[Step],
        operand: Tensor | None = None,
    ) -> None:
        self.statements = [parsed(line.text) for line in program.lines]
        self.scope: dict[str, Any] = {"np": np, **program.rules}
        if any("scipy.special" in line.text for line in program.lines):
            exec("import scipy.special", self.scope)
        text = program.text
        self.variables = {t: text(step) for t, step in replayed.values.items()}
        self.gradients = {t: text(step) for t, step in replayed.gradients.items()}
        self.inputs = {name: step.value for name, step in program.inputs.items()}
        self.own = frozenset({text(step) for step in own})
        self.nodes = {name: t for t, name in self.variables.items() if t.parents}
        self.leaves = {n for t, n in self.variables.items() if not t.parents}
        self.said: dict[str, str] = {}
        self.inlined: dict[str, ast.expr | None] = {}
        self.seed = self.gradients[replayed.loss]
        self.loss = self.variables[replayed.loss]
        self.is_edge = operand is not None
        if operand is not None and self.gradients[operand] == self.seed:
            self.gradients[operand] = g = f"{self.seed}_"
            self.statements.append(parsed(f"{g} = {self.seed}"))
        self._compiled: dict[int, Any] = {}
        self._before: dict[str, dict[str, int]] = {}
        self._dirty: dict[frozenset[str], frozenset[str]] = {}
        self._needed: dict[str, frozenset[int]] = {}
        self.values = dict(self.inputs)
        for i in range(len(self.statements)):
            exec(self._code(i), self.scope, self.values)
        begins = {self.seed, BEFORE} & {self.seed, *self.inputs}
        self.carrying = self._reached(frozenset(begins))
        begun = self.setting.get(self.seed) or self.needed_lines(self.loss)
        self.backward = max(begun, default=0)

    @property
    def size(self) -> int:
        """How many entries all its values have."""
        return sum(np.size(x) for x in self.arrays.values())

    @functools.cached_property
    def arrays(self) -> dict[str, Any]:
        """The values that are arrays or numbers; others are tuples, or closures."""
        kinds = np.ndarray | np.generic | float | int
        return {name: x for name, x in self.values.items() if isinstance(x, kinds)}

    @functools.cached_property
    def setting(self) -> dict[str, list[int]]:
        """Variable -> the lines that set it, or write into it."""
        found: dict[str, list[int]] = {}
        for i, statement in enumerate(self.statements):
            for name in statement.sets:
                found.setdefault(name, []).append(i)
        return found

    @functools.cached_property
    def reading(self) -> dict[str, list[int]]:
        """Variable -> the lines that read it."""
        found: dict[str, list[int]] = {}
        for i, statement in enumerate(self.statements):
            for name in statement.reads - statement.sets:
                found.setdefault(name, []).append(i)
        return found

    def tolerance(self, gradient: str) -> Tolerance:
        """How far an answer may be off, by the dtype and by what cancels on the way."""
        lines = self.needed_lines(gradient)
        names = {n for i in lines for n in self.statements[i].sets & self.carrying}
        values = [np.asarray(self.arrays[n]) for n in names if n in self.arrays]
        floats = [x for x in values if x.dtype.kind == "f"]
        eps = max((float(np.finfo(x.dtype).eps) for x in floats), default=0.0)
        sizes = [np.abs(x[np.isfinite(x)]).max(initial=0.0) for x in floats]
        noise = 16 * eps * float(max(sizes, default=0.0))
        return Tolerance(max(1e-5, 16 * eps), noise)

    def needed(self, variable: str) -> dict[int, int]:
        """The lines that a variable depends on: how many steps before it each is."""
        found: dict[int, int] = {}
        waiting = [(variable, 0)]
        for name, steps in waiting:
            for i in self.setting.get(name, ()):
                if i not in found:
                    found[i] = steps
                    waiting += [(read, steps + 1) for read in self.statements[i].reads]
        return found

    def run(
        self,
        wanted: str,
        changes: Mapping[int, ast.stmt] | None = None,
        given: Mapping[str, Any] | None = None,
    ) -> Any:
        """The value of a variable after changes; None if they can't be run.

        Args:
            wanted: the variable.
            changes: line -> what stands there instead.
            given: variable -> what it is instead, whatever its line says.
        """
        changes, given = changes or {}, given or {}
        new = {name for i in changes for name in self.statements[i].sets}
        dirty = self._changed(frozenset(new | given.keys()))
        local = {**self.values, **given}
        try:
            with np.errstate(all="ignore"):
                for i in sorted(self.needed_lines(wanted)):
                    sets = self.statements[i].sets
                    if sets & dirty and not sets <= given.keys():
                        code = compiled(changes[i]) if i in changes else self._code(i)
                        exec(code, self.scope, local)
                        self._own_what_is_written_to(i, local)
        except NOT_RUN:
            return None
        return local.get(wanted)

    def _own_what_is_written_to(self, line: int, values: dict[str, Any]) -> None:
        """A changed line may have given it the memory of another variable."""
        for name in self.statements[line].sets:
            lines = self.setting[name]
            if len(lines) > 1 and lines[0] == line:
                values[name] = np.array(values[name])

    def needed_lines(self, variable: str) -> frozenset[int]:
        """The lines that a variable depends on."""
        if variable not in self._needed:
            self._needed[variable] = frozenset(self.needed(variable))
        return self._needed[variable]

    def _changed(self, names: frozenset[str]) -> frozenset[str]:
        if names not in self._dirty:
            self._dirty[names] = self._reached(names)
        return self._dirty[names]

    def _reached(self, names: frozenset[str]) -> frozenset[str]:
        """The variables, with all that depend on them."""
        found, before = set(names), -1
        while len(found) != before:  # a write into an array comes after it is made
            before = len(found)
            for statement in self.statements:
                if not found.isdisjoint(statement.reads | statement.sets):
                    found |= statement.sets
        return frozenset(found)

    def _code(self, i: int) -> Any:
        if i not in self._compiled:
            self._compiled[i] = compiled(self.statements[i].tree)
        return self._compiled[i]

    def spelled(
        self, gradient: str, text: str, given: Mapping[str, Any], above: str
    ) -> Script | None:
        """A copy in which one line sets a gradient, and it is this one.

        Args:
            gradient: the variable that it sets; None comes back if several lines do.
            text: the line.
            given: other variables that it reads.
            above: the gradient that it begins with.
        """
        lines = self.setting.get(gradient, ())
        if len(lines) != 1 or given.keys() & self.values.keys():
            return None
        line = parsed(text)
        found = copy.copy(self)
        for cached in ("arrays", "setting", "reading", "first", "tensors", "_ops"):
            found.__dict__.pop(cached, None)
        found.statements = list(self.statements)
        found.statements[lines[0]] = line
        found.values = {**self.values, **given}
        found._compiled, found._dirty = dict(self._compiled), {}
        found._before, found._needed = {}, {}
        found._compiled.pop(lines[0], None)
        found.values[gradient] = found.run(gradient, {lines[0]: line.tree})
        found._ops = {**self._ops, (gradient, above): self.own_value(above)}
        return found if found.values[gradient] is not None else None

    def with_answers(self, given: Mapping[str, Any]) -> Script | None:
        """A copy in which some gradients are what somebody else has computed."""
        if any(len(self.setting.get(name, ())) != 1 for name in given):
            return None
        found: Script | None = self
        for name, x in given.items():
            word = f"answer_{name}"
            found = found and found.spelled(name, f"{name} = {word}", {word: x}, name)
        if found is None:
            return None
        new = {n: found.run(n, {}, given) for n in found._changed(frozenset(given))}
        found.values |= new
        return None if any(x is None for x in new.values()) else found

    # --- how the lines belong together ------------------------------------------------

    @functools.cached_property
    def first(self) -> dict[str, int]:
        """Variable -> the line that makes it."""
        return {name: lines[0] for name, lines in self.setting.items()}

    @functools.cached_property
    def tensors(self) -> dict[str, list[Tensor]]:
        """The variable of a gradient -> tensors that have it; a sum passes it on."""
        found: dict[str, list[Tensor]] = {}
        for tensor, name in self.gradients.items():
            found.setdefault(name, []).append(tensor)
        return found

    @functools.cached_property
    def _ops(self) -> dict[tuple[str, str], str]:
        """The variables of two gradients -> that of the op between them."""
        return {
            (self.gradients[x], above): self.variables[node]
            for node, above in self.gradients.items()
            for x in node.parents
            if isinstance(x, Tensor) and x in self.gradients
        }

    def on_the_way(self, wanted: str) -> list[str]:
        """The gradients that one is computed from, the nearest first; itself, too."""
        steps = self.needed(wanted)
        found = [g for g in self.tensors if self.first.get(g, -1) in steps]
        return sorted(found, key=lambda g: steps[self.first[g]])

    def own_value(self, gradient: str) -> str:
        """The variable of the value that a gradient belongs to; or ""."""
        tensors = self.tensors.get(gradient)
        return self.variables[tensors[0]] if tensors else ""

    def through(self, line: int, names: frozenset[str]) -> str:
        """The variable of the op that a line goes back through.

        Args:
            line: the line.
            names: the variables in the part of it that is looked at.
        """
        target = self._gradient_for(line)
        for above in self._gradients_in(names):
            if (target, above) in self._ops:
                return self._ops[target, above]
        return next((v for (g, _), v in self._ops.items() if g == target), "")

    def between(self, below: str, above: str) -> str:
        """The variable of the op between two gradients; or ""."""
        return self._ops.get((below, above), "")

    def is_step(self, below: str, above: str) -> bool:
        """Whether one op is between two gradients."""
        return (below, above) in self._ops

    def _gradient_for(self, line: int) -> str:
        """The gradient that a line is a part of."""
        waiting, seen = [*self.statements[line].sets], set()
        for name in waiting:
            if name in self.tensors:
                return name
            for i in self.reading.get(name, ()):
                if i not in seen:
                    seen.add(i)
                    waiting += self.statements[i].sets
        return ""

    def _gradients_in(self, names: frozenset[str]) -> Iterator[str]:
        """The gradients that some variables were computed from, themselves first."""
        waiting, seen = sorted(names & self.carrying), set(names)
        for name in waiting:
            if name in self.tensors:
                yield name
                continue
            for i in self.setting.get(name, ()):
                new = self.statements[i].reads & self.carrying - seen
                seen |= new
                waiting += sorted(new)

    def reads_of(self, variable: str) -> frozenset[str]:
        """The variables in the line that makes a variable."""
        i = self.first.get(variable)
        return frozenset() if i is None else self.statements[i].reads

    def before(self, variable: str) -> dict[str, int]:
        """The values that one was computed from: how many steps before, up to four."""
        if variable not in self._before:
            found: dict[str, int] = {}
            names = {variable}
            for steps in range(1, _NEAR + 1):
                names = {x for name in names for x in self.reads_of(name)}
                found = {**dict.fromkeys(names, steps), **found}
            self._before[variable] = found
        return self._before[variable]
