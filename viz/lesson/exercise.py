"""`exercise`: gradients of one's own program, asked instead of told.

What is asked is checked by recomputing it; a wrong answer is told its mistake
(engine.mistakes), and one that follows from an own mistake before it is right.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from engine import Tensor, mistakes
from viz.lesson.answers import as_text
from viz.lesson.hints import hint
from viz.lesson.marks import Mark, Report
from viz.lesson.questions import Named, Question
from viz.lesson.redrawn import redrawn
from viz.lesson.sheet import Sheet
from viz.lesson.tape import check_loss
from viz.picture.files import check_place, write
from viz.words.names import Names

_HINTS = 3


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
    named = Named(loss, known)
    wanted = [ask] if isinstance(ask, str | Tensor) else list(ask)
    asked = [named.question(x) for x in wanted]
    if not asked:
        raise ValueError("exercise: ask is empty, and must name what is asked")
    twice = {name for name, _ in asked if [n for n, _ in asked].count(name) > 1}
    if twice:
        raise ValueError(f"exercise: {sorted(twice)[0]} is asked twice")
    copy, constants = redrawn(loss, known.full, seed)
    pairs = named.constants.items()
    kept = {name: constants.get(id(x), x) for name, x in pairs}
    return Exercise(copy, asked, kept, seed)


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
        seed: str | int | None,
    ) -> None:
        self._loss, self._constants, self._seed = loss, dict(constants), seed
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
        self._right: dict[str, bool] = {}

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
        questions = list(self._questions.values())
        script = self._script()
        return Sheet(self._loss, script, self._constants, questions, self._seed)

    __repr__ = __str__

    @property
    def points(self) -> int:
        """How many questions have a right answer: of each the last one counts."""
        return sum(self._right.values())

    def check(
        self, answers: Mapping[str, Any] | None = None, /, **by_name: Any
    ) -> Report:
        """Check answers: those given here, in the light of all that were given before.

        Args:
            answers: name -> number, array, or lists of numbers; None, or `...`, is no
                answer yet.
            by_name: the same, `check(w1=..., b1=...)`. An answer may be rounded, to two
                digits or more. It is right, too, if it follows from an answer before it
                that is wrong itself.

        Returns:
            The marks, printed a line each.

        Raises:
            TypeError: if a name was not asked, or an answer is not of real numbers.
        """
        given = {**(answers or {}), **by_name}
        given = {n: x for n, x in given.items() if x is not None and x is not ...}
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
            self._right[mark.name] = mark.right
        return Report(marks, len(self._questions))

    def _mark(self, script: mistakes.Script, question: Question) -> Mark:
        name, wanted = question.name, question.gradient
        answer = self._answers[name]
        found = mistakes.findings(script, wanted, answer, self._loss, question.tensor)
        if not found:
            return Mark(name, True, "", ())
        before = self._before(script, question)
        wrong = {n: q for n, q in before.items() if not self._is_right(script, q)}
        for names in (*([n] for n in wrong), [*wrong], [*before]):
            if self._follows(script, question, {n: before[n] for n in names}):
                own = " and ".join(wrong[n].name for n in names if n in wrong)
                return Mark(name, True, own, ())
        others = {n: q for n, q in wrong.items() if n != wanted}
        if others and found[0].kind in mistakes.UNNAMED:
            found = self._after(script, question, others) or found
        return Mark(name, False, "", tuple(found))

    def _is_right(self, script: mistakes.Script, question: Question) -> bool:
        """Whether an answer is right by itself, and not for what it follows from."""
        gradient = question.gradient
        right, tolerance = script.values[gradient], script.tolerance(gradient)
        return mistakes.agrees(self._answers[question.name], right, tolerance)

    def _follows(
        self,
        script: mistakes.Script,
        question: Question,
        before: Mapping[str, Question],
    ) -> bool:
        """Whether an answer is what comes of some answers before it."""
        answer, wanted = self._answers[question.name], question.gradient
        given = {n: self._answers[q.name] for n, q in before.items()}
        if wanted in given:  # a sum hands the same gradient on
            return np.array_equal(given[wanted], answer)
        new = script.run(wanted, {}, given) if given else None
        tolerance = script.tolerance(wanted)
        return new is not None and mistakes.agrees(answer, new, tolerance)

    def _after(
        self,
        script: mistakes.Script,
        question: Question,
        wrong: Mapping[str, Question],
    ) -> list[mistakes.Finding]:
        """A mistake that was made on top of those before."""
        given = {n: self._answers[q.name] for n, q in wrong.items()}
        other = script.with_answers(given)
        if other is None:
            return []
        answer = self._answers[question.name]
        found = mistakes.findings(other, question.gradient, answer)
        return found if found and found[0].kind not in mistakes.UNNAMED else []

    def _before(
        self, script: mistakes.Script, question: Question
    ) -> dict[str, Question]:
        """The questions whose answers another may follow from: by the variable of the
        gradient, those nearest to the question first."""
        steps = script.needed(question.gradient)
        order = {x: i for i, x in enumerate(script.gradients)}
        found = {}
        for other in self._questions.values():
            line = script.first.get(other.gradient, -1)
            same = other.gradient == question.gradient
            # A sum hands one gradient on: then the value that is nearer to the result.
            nearer = order[other.tensor] > order[question.tensor]
            if nearer if same else line in steps:
                found[other.gradient] = other
        found = {n: q for n, q in found.items() if self._is_usable(script, q)}
        near = sorted(found, key=lambda n: steps[script.first[n]])
        return {n: found[n] for n in near}

    def _is_usable(self, script: mistakes.Script, question: Question) -> bool:
        """Whether there is an answer, and something can be computed from it."""
        answer = self._answers.get(question.name)
        if answer is None or answer.shape != np.shape(script.values[question.gradient]):
            return False
        return bool(answer.any()) and bool(np.isfinite(answer).all())

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

        The first checks all answers in an exercise that is made anew, so it does not
        matter what was changed. Each of the others is a point: an assert for a
        question, with the sentence of the mistake if it fails. In nbgrader the first
        is a locked cell and the others are autograded tests; in otter the first is a
        cell of the notebook, and the others are the tests.

        Args:
            module: the file, without `.py`, whose function `sheet` makes the exercise.
            variables: question -> the variable of the notebook that the answer is in;
                that of the same name if left out.
        """
        if unknown := variables.keys() - self._questions.keys():
            raise ValueError(f"exercise: {sorted(unknown)[0]!r} was not asked")
        pairs = [(name, variables.get(name, name)) for name in self.asked]
        answers = ", ".join(f"{name}={variable}" for name, variable in pairs)
        head = (
            f"from {module} import sheet\n\nseed = {self._seed!r}\n"
            f"report = sheet(seed).check({answers})"
        )
        tests = [
            f'assert report["{name}"].right, report["{name}"].text'
            for name in self.asked
        ]
        return "\n\n".join([head, *tests])

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
