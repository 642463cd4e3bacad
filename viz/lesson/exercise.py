"""`exercise`: gradients of one's own program, asked instead of told.

What is asked is checked by recomputing it; a wrong answer is told its mistake
(engine.mistakes), and one that follows from an own mistake before it is right.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from engine import Tensor, mistakes
from viz.lesson.answers import as_text
from viz.lesson.hints import hint
from viz.lesson.marks import Mark, Report
from viz.lesson.redrawn import redrawn
from viz.lesson.sheet import Sheet
from viz.lesson.tape import check_loss
from viz.picture.files import check_place, write
from viz.words.names import Names

_GRADIENT = "g_"  # begins the name of a line that is blanked out
_HINTS = 3


class Question(NamedTuple):
    """One thing that is asked.

    Attributes:
        name: by which it is answered: `w1`, or of a line `g_w1`.
        tensor: whose gradient is asked.
        gradient: the variable of that gradient in the program.
        line: whether the line is asked that sets it.
    """

    name: str
    tensor: Tensor
    gradient: str
    line: bool


def exercise(
    loss: Tensor,
    ask: Iterable[Tensor | str],
    *,
    seed: str | int | None = None,
    names: Mapping[str, Any] | None = None,
) -> Exercise:
    """An exercise made of a program of one's own: which gradients does it have?

    Args:
        loss: a Tensor of one element.
        ask: what is asked: a Tensor, or its name, for its gradient; a name with `g_`
            before it, `"g_w1"`, for a line of the program that `code` prints, which is
            then shown with this line blank. Of a line the value is asked, too.
        seed: text or a number, such as a student's, by which the numbers of the leaves
            are drawn anew, near those of the program; None leaves them as they are.
        names: variable name -> tensor; `names=locals()` calls every tensor by its
            variable; a tensor's own `name=` wins.

    Returns:
        The exercise: print it, check answers, ask for hints, save it.

    Raises:
        TypeError: if the loss is not a Tensor, or the seed is no text or number.
        ValueError: if the loss holds more than one element; if something asked has no
            name, or no gradient; if nothing is asked, or something twice; if no numbers
            could be drawn.
        RuntimeError: if nothing was recorded.
    """
    check_loss("exercise", loss)
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, str | int)):
        raise TypeError(
            f"exercise: seed is {seed!r:.40}, and must be a text or a whole number"
        )
    known = Names(names, graph=loss, caller="exercise")
    named = _Named(loss, known)
    wanted = [ask] if isinstance(ask, str | Tensor) else list(ask)
    asked = [named.question(x) for x in wanted]
    if not asked:
        raise ValueError("exercise: ask is empty, and must name what is asked")
    twice = {name for name, _ in asked if [n for n, _ in asked].count(name) > 1}
    if twice:
        raise ValueError(f"exercise: {sorted(twice)[0]} is asked twice")
    return Exercise(redrawn(loss, known.full, seed), asked, named.constants)


class _Named:
    """The tensors of a graph by their names, for what is asked."""

    def __init__(self, loss: Tensor, names: Names) -> None:
        self._script = mistakes.script_of_graph(loss, names.full)
        self._names = names
        pairs = self._script.variables.items()
        self._variables = {
            name: x
            for x, name in pairs
            if name in self._script.own and x in self._script.gradients
        }
        leaves = {name for x, name in pairs if not x.parents}
        inputs = self._script.inputs.items()
        self.constants = {name: x for name, x in inputs if name not in leaves}

    def question(self, x: Any) -> tuple[str, str]:
        """The name of a question, and the variable of the tensor that it is about."""
        if isinstance(x, Tensor):
            variable = self._script.variables.get(x, "")
            if x not in self._script.gradients:
                raise ValueError(
                    f"exercise: the loss has no gradient with respect to {x!r}, which "
                    "is asked"
                )
            if variable not in self._variables:
                raise ValueError(
                    f"exercise: {x!r} is asked and has no name; pass names=locals()"
                )
            return variable, variable
        if not isinstance(x, str):
            raise TypeError(
                f"exercise: {x!r:.60} is asked, and must be a Tensor or a name"
            )
        line = x.startswith(_GRADIENT) and x not in self._variables
        variable = x.removeprefix(_GRADIENT) if line else x
        if variable not in self._variables:
            variable = self._by_full_name(variable)
        return (f"{_GRADIENT}{variable}" if line else variable), variable

    def _by_full_name(self, name: str) -> str:
        """The variable of what is called `layers.0.w`, which is `layers_0_w`."""
        for variable, x in self._variables.items():
            if self._names.full(x) == name:
                return variable
        known = ", ".join(self._variables) or "none"
        raise ValueError(
            f"exercise: {name!r:.60} is asked; what has a name and a gradient: {known}"
        )


class Exercise:
    """Questions about the gradients of a program, and their answers, checked.

    Print it, or save it as a page, for the sheet; compute with `values`; then `check`.
    It holds no gradient: each check computes them anew.

    Attributes:
        values: name -> the number or array that the sheet gives; yours to change.
        asked: the names of the questions, in order.
        attempts: name -> how many times it was answered.
        hints: name -> how many hints were given.
    """

    def __init__(
        self,
        loss: Tensor,
        asked: list[tuple[str, str]],
        constants: Mapping[str, Any],
    ) -> None:
        self._loss, self._constants = loss, dict(constants)
        script = self._script()
        tensors = {name: x for x, name in reversed(script.variables.items())}
        self._questions = {
            name: Question(name, x, script.gradients[x], name != variable)
            for name, variable in asked
            for x in [tensors[variable]]
        }
        self._check_lines()
        self.values = {name: np.copy(x)[()] for name, x in script.inputs.items()}
        self.asked = tuple(self._questions)
        self.attempts = dict.fromkeys(self.asked, 0)
        self.hints = dict.fromkeys(self.asked, 0)
        self._answers: dict[str, np.ndarray] = {}
        self._right: set[str] = set()

    def _check_lines(self) -> None:
        """Refuse to ask for a line by the name of another value."""
        for name, _, gradient, line in self._questions.values():
            if line and gradient != name:
                raise ValueError(
                    f"exercise: {name} is asked, and is the same as {gradient}, which "
                    "has the line"
                )

    def _script(self) -> mistakes.Script:
        known = Names(self._constants, graph=self._loss, caller="exercise")
        return mistakes.script_of_graph(self._loss, known.full)

    def __str__(self) -> str:
        return self._sheet().text()

    def _sheet(self) -> Sheet:
        return Sheet(self._loss, self._constants, list(self._questions.values()))

    __repr__ = __str__

    @property
    def points(self) -> int:
        """How many questions have been answered right."""
        return len(self._right)

    def check(
        self, answers: Mapping[str, Any] | None = None, /, **by_name: Any
    ) -> Report:
        """Check answers: those given here, in the light of all that were given before.

        Args:
            answers: name -> number, array, or lists of numbers.
            by_name: the same, `check(w1=..., b1=...)`. An answer may be rounded, to two
                digits or more. It is right, too, if it follows from an answer before it
                that is wrong itself.

        Returns:
            The marks, printed a line each.

        Raises:
            TypeError: if a name was not asked, or an answer is not of real numbers.
        """
        given = {**(answers or {}), **by_name}
        if unknown := given.keys() - self._questions.keys():
            raise TypeError(
                f"exercise: {sorted(map(str, unknown))[0]!r} was not asked; the "
                f"questions are {', '.join(self.asked)}"
            )
        arrays = {n: mistakes.as_answer(f"exercise: {n}", x) for n, x in given.items()}
        self._answers |= arrays
        script = self._script()
        marks = [self._mark(script, self._questions[name]) for name in arrays]
        for mark in marks:
            self.attempts[mark.name] += 1
            self._right |= {mark.name} if mark.right else set()
        return Report(marks, len(self._questions))

    def _mark(self, script: mistakes.Script, question: Question) -> Mark:
        name, wanted = question.name, question.gradient
        answer = self._answers[name]
        found = mistakes.findings(script, wanted, answer, self._loss, question.tensor)
        if not found:
            return Mark(name, True, "", ())
        wrong = self._wrong_before(script, wanted)
        for names in ([*wrong], *([name] for name in wrong)):
            given = {n: self._answers[wrong[n]] for n in names}
            if given and mistakes.agrees(answer, script.run(wanted, {}, given)):
                return Mark(name, True, " and ".join(wrong[n] for n in names), ())
        if wrong and found[0].kind in mistakes.UNNAMED:
            found = self._after(script, question, wrong) or found
        return Mark(name, False, "", tuple(found))

    def _after(
        self, script: mistakes.Script, question: Question, wrong: Mapping[str, str]
    ) -> list[mistakes.Finding]:
        """A mistake that was made on top of those before."""
        given = {n: self._answers[name] for n, name in wrong.items()}
        other = script.with_answers(given)
        if other is None:
            return []
        answer = self._answers[question.name]
        found = mistakes.findings(other, question.gradient, answer)
        return found if found and found[0].kind not in mistakes.UNNAMED else []

    def _wrong_before(self, script: mistakes.Script, wanted: str) -> dict[str, str]:
        """The own answers, wrong themselves, that another may follow from: the variable
        of each, and its name."""
        before = script.needed(wanted)
        return {
            q.gradient: q.name
            for q in self._questions.values()
            if q.name in self._answers and self._is_usable(script, q, wanted, before)
        }

    def _is_usable(
        self,
        script: mistakes.Script,
        question: Question,
        wanted: str,
        before: Mapping[int, int],
    ) -> bool:
        """Whether an answer is wrong, and something can be computed from it."""
        gradient, answer = (
            script.gradients[question.tensor],
            self._answers[question.name],
        )
        right = script.values[gradient]
        earlier = gradient != wanted and script.first.get(gradient) in before
        tells = answer.shape == np.shape(right) and bool(answer.any())
        tells = tells and bool(np.isfinite(answer).all())
        return earlier and tells and not mistakes.agrees(answer, right)

    def hint(self, name: str) -> str:
        """The next of three hints for a question; the third again after that.

        Raises:
            ValueError: if the name was not asked.
        """
        if name not in self._questions:
            raise ValueError(
                f"exercise: {name!r:.60} was not asked; the questions are "
                f"{', '.join(self.asked)}"
            )
        self.hints[name] = step = min(self.hints[name] + 1, _HINTS)
        return hint(self._script(), self._questions[name].tensor, step)

    def cell(self, module: str, **variables: str) -> str:
        """The cells of a notebook that test the answers: for nbgrader, or for otter.

        Each holds an assert for one question, with the sentence of the mistake if it
        fails. The exercise is made anew in it, so it does not matter what was changed.

        Args:
            module: the file, without `.py`, whose function `sheet` makes the exercise.
            variables: question -> the variable of the notebook that the answer is in;
                that of the same name if left out.
        """
        if unknown := variables.keys() - self._questions.keys():
            raise ValueError(f"exercise: {sorted(unknown)[0]!r} was not asked")
        tests = [
            f"report = sheet(seed).check({name}={variables.get(name, name)})\n"
            f"assert report.right, str(report)"
            for name in self.asked
        ]
        return "\n\n".join([f"from {module} import sheet", *tests])

    def save(self, path: str | os.PathLike[str], *, student: str = "") -> Path:
        """Write the sheet, as a page to print, or the answers given so far.

        Args:
            path: ends with `.html` for the sheet, with `.json` for the answers.
            student: whose answers they are, for `chainrule check`.

        Raises:
            ValueError: if the path has another ending, or there are no answers; if one
                of them is not finite.
            OSError: if there is no such folder, or it can't be written to.
        """
        path = Path(path)
        ending = path.suffix.lower()
        if ending not in (".html", ".json"):
            raise ValueError(
                f"exercise: {path.name!r} must end with .html, for the sheet, or with "
                ".json, for the answers"
            )
        if ending == ".json" and not self._answers:
            raise ValueError("exercise: no answer was given yet; check(...) takes them")
        check_place("exercise", path)
        if ending == ".json":
            content = as_text(self._answers, student)
        else:
            content = self._sheet().page()
        write(path, content.encode())
        return path
