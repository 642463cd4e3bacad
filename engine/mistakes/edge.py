"""One edge of the backward pass, asked for alone: what an operand gets from an op.

The mistakes are those in its own lines. They can be made at other gradients of the op
than that of the pass: at 1, what the operand gets is the local derivative.
"""

from __future__ import annotations

import ast
import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from engine.mistakes.compare import Tolerance, agrees, as_answer, off
from engine.mistakes.diagnosis import best, matches
from engine.mistakes.finding import Finding
from engine.mistakes.outcomes import Made, Match, Outcome, in_lines
from engine.mistakes.script import BEFORE
from engine.mistakes.source import script_of_edge
from engine.mistakes.wording import mention
from engine.tensor import Tensor

# Of an answer computed with numbers of four digits, as a page shows them.
FOUR_DIGITS = Tolerance(relative=3e-4)
_MOST = 150  # mistakes that an edge offers


class Mistake(NamedTuple):
    """A mistake that may be made at an edge.

    Attributes:
        match: how it is said.
        made: the lines with it.
    """

    match: Match
    made: Made


class Edge:
    """One edge: the lines that it has in the backward pass, and what goes wrong there.

    Args:
        node: the op.
        slot: the place of the operand.
        name_of: what the user calls a Tensor, or an array.
        gradient: of the op.
        before: what came back to the operand earlier, if this is to be added to it.

    Attributes:
        script: the program: the value of the op, and what goes back.
        wanted: the variable of what the operand has then.

    Raises:
        ValueError: if what goes back can't be written out.
    """

    def __init__(
        self,
        node: Tensor,
        slot: int,
        name_of: Callable[[Any], str],
        gradient: Any,
        before: Any = None,
    ) -> None:
        found = script_of_edge(node, slot, name_of, gradient, before)
        if found is None:
            raise ValueError(f"edge: what {node.op} gives back can't be written out")
        self.script, self.wanted = found

    @functools.cached_property
    def mistakes(self) -> list[Mistake]:
        """Those in its lines, in the order in which they are tried."""
        return list(self._mistakes())[:_MOST]

    def right(self, given: Mapping[str, Any] | None = None) -> Any:
        """What the operand gets.

        Args:
            given: variable -> what it is instead; that of the op's gradient is
                `script.seed`.
        """
        return self.script.run(self.wanted, {}, given)

    def wrong(self, mistake: Mistake, given: Mapping[str, Any] | None = None) -> Any:
        """What it gets with a mistake; None if that can't be run."""
        return mistake.made.script.run(self.wanted, mistake.made.lines, given)

    def backward(self, mistake: Mistake | None = None) -> list[ast.stmt]:
        """The lines of the backward pass, with a mistake perhaps."""
        script = mistake.made.script if mistake else self.script
        lines = mistake.made.lines if mistake else {}
        numbers = range(self.script.backward + 1, len(script.statements))
        return [lines.get(i, script.statements[i].tree) for i in numbers]

    @property
    def reads_the_value(self) -> bool:
        """Whether the value of the op is needed going back."""
        script = self.script
        lines = script.statements[script.backward + 1 :]
        return any(script.loss in line.reads for line in lines)

    @property
    def shapes(self) -> tuple[tuple[int, ...], str, str, tuple[int, ...]]:
        """The shape of what the operand gets, the operand's name, and the op's name and
        shape."""
        script = self.script
        name = mention(script, script.own_value(self.wanted))
        shape = np.shape(script.values[script.loss])
        return np.shape(self.right()), name, mention(script, script.loss), shape

    def findings_of_shape(self, shape: tuple[int, ...]) -> list[Finding]:
        """What is wrong with a shape that was given for what the operand gets."""
        right, name, result, shape_of_result = self.shapes
        if tuple(shape) == right:
            return []
        if tuple(shape) == right[::-1]:
            return [Finding("transposed", "Rows and columns are exchanged.")]
        if tuple(shape) == shape_of_result:
            text = f"That is the shape of {result}, which it goes back through."
            return [Finding("shape", text)]
        text = (
            f"A gradient has one number for each number of its value, here of {name}."
        )
        return [Finding("shape", text)]

    def findings(
        self,
        answer: Any,
        given: Mapping[str, Any] | None = None,
        entry: tuple[int, ...] | None = None,
        more: Iterable[Outcome] = (),
        wanted: Callable[[Mistake], bool] | None = None,
    ) -> list[Finding]:
        """What is wrong with an answer: at most three findings, best first.

        Args:
            answer: a number, or an array; that of one entry a number.
            given: as above.
            entry: the index of the entry that is asked, if it is one alone.
            more: other mistakes, and what each gives.
            wanted: whether a mistake may be made here; None allows all.

        Returns:
            None of them if the answer is right, to the digits that it has.
        """
        given_answer = as_answer("edge", answer)
        whole = self.right(given)
        right = _entry(whole, entry)
        if _is_right(given_answer, right):
            return []
        tried = (
            (lambda match=mistake.match: match, self._at(mistake, given, entry, whole))
            for mistake in self.mistakes
            if wanted is None or wanted(mistake)
        )
        all_tried = itertools.chain(more, tried)
        found = best(matches(all_tried, given_answer, right, FOUR_DIGITS, zero=True))
        name = mention(self.script, self.script.own_value(self.wanted))
        return found or [off(given_answer, right, name, FOUR_DIGITS)]

    def _at(self, mistake: Mistake, given: Any, entry: Any, right: Any) -> Any:
        wrong = self.wrong(mistake, given)
        fits = wrong is not None and np.shape(wrong) == np.shape(right)
        return _entry(wrong, entry) if fits else None

    def _mistakes(self) -> Iterator[Mistake]:
        seen = set()
        for made in in_lines(self.script, self.wanted):
            if min(made.lines) <= self.script.backward:
                continue  # on the way forward
            match = made.say()
            lines = tuple((i, ast.dump(tree)) for i, tree in made.lines.items())
            if (match.text, lines) not in seen:
                seen.add((match.text, lines))
                yield Mistake(match, made)

    @property
    def before(self) -> str:
        """The variable of what came back earlier; "" if nothing did."""
        return BEFORE if BEFORE in self.script.inputs else ""


def _is_right(answer: np.ndarray, right: Any) -> bool:
    """Whether it agrees; and NaN is right where nothing else is."""
    unknown = bool(np.isnan(answer).all() and np.isnan(right).all())
    same = answer.shape == np.shape(right)
    return agrees(answer, right, FOUR_DIGITS) or (same and unknown)


def _entry(x: Any, entry: tuple[int, ...] | None) -> Any:
    return x if entry is None or x is None else np.asarray(x)[entry]
