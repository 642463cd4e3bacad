"""The sheet of an exercise: the program, its numbers, and what is asked."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine import Tensor, mistakes
from viz.lesson.code import code
from viz.lesson.questions import Question
from viz.picture.draw import draw
from viz.picture.page import filled
from viz.words.text import visible

TITLE = "Find the gradients"
_BLANK = "________"
_HOW = (
    "Answer with a number, or with an array of the shape that is given. Give two "
    "digits at least, better four: then a mistake can be named."
)
_TEMPLATE = Path(__file__).with_name("sheet.html")
_MOST = 200  # entries of an array that are written out


class Sheet:
    """What an exercise shows.

    Args:
        loss: the graph, each Tensor with its name.
        script: its program.
        constants: name -> plain array of it.
        questions: what is asked.
        seed: what the numbers were drawn by; or None.
    """

    def __init__(
        self,
        loss: Tensor,
        script: mistakes.Script,
        constants: Mapping[str, Any],
        questions: Sequence[Question],
        seed: str | int | None,
    ) -> None:
        self._loss, self._script = loss, script
        self._constants, self._questions = constants, questions
        self._title = TITLE if seed is None else f"{TITLE} ({seed})"
        self._code = code(loss, names=constants)
        lines = any(question.line for question in questions)
        self._blanks = {question.gradient for question in questions} if lines else set()

    def text(self) -> str:
        """The sheet, to be printed in a terminal or a notebook."""
        asked = self._asked()
        wide = max(len(name) for name, _ in asked)
        lines = [
            f"{i:>3}.  {name:<{wide}}  {what}"
            for i, (name, what) in enumerate(asked, 1)
        ]
        given = (f"{name} = {x}" for name, x in self._given())
        numbers = ["with these numbers:", "\n".join(given)]
        parts = [self._title, self._program(), *numbers, "\n".join(lines), _HOW]
        return "\n\n".join(parts)

    def page(self) -> str:
        """The sheet as a page of HTML, to be printed: a file without a script."""
        picture = draw(
            self._loss,
            names=self._constants,
            show=("value", "shape"),
            color=None,
            edge_labels=False,
            legend=False,
        )
        svg = picture.svg()
        rows = (
            f"<li><b>{_escaped(name)}</b>, {_escaped(what)}<div></div></li>"
            for name, what in self._asked()
        )
        given = "\n".join(f"{name} = {x}" for name, x in self._given())
        filling = {
            "title": self._title,
            "picture": svg[svg.index("<svg") :],
            "program": _escaped(self._program()),
            "given": _escaped(given),
            "questions": "\n".join(rows),
            "how": _escaped(_HOW),
        }
        return filled(_TEMPLATE.read_text("utf-8"), filling)

    def _program(self) -> str:
        """The forward pass; where lines are asked, the backward pass with blanks."""
        lines = str(self._code).split("\n")
        places = {line.strip(): i for i, line in enumerate(lines)}
        begin, middle = places["# forward"], places["# backward"]
        if self._blanks:
            return "\n".join(self._blanked(lines[begin:-1]))
        return self._as_written() or "\n".join(x[4:] for x in lines[begin + 1 : middle])

    def _as_written(self) -> str:
        """A line for each name of the user's; "" if one is too long."""
        script = self._script
        if not self._constants.keys() <= script.own:  # an array without a name
            return ""
        names = [n for n in script.nodes if n in script.own or n == script.loss]
        names.sort(key=lambda name: script.first.get(name, -1))
        lines = [mistakes.as_written(script, name) for name in names]
        short = all(
            "…" not in line and name in script.first
            for name, line in zip(names, lines, strict=True)
        )
        return "\n".join(lines) if short else ""

    def _blanked(self, lines: list[str]) -> Iterator[str]:
        """The lines of the program, without what is asked."""
        inside = False
        for line in lines:
            found = re.match(r" {4}(\w+) = ", line)
            if inside:
                inside = line != "    )"
            elif found and found[1] in self._blanks:
                yield f"{found[1]} = {_BLANK}"
                inside = line.endswith("(")
            else:
                yield line[4:]

    def _given(self) -> Iterator[tuple[str, str]]:
        """Each array that the program begins with, written out as NumPy reads it."""
        for name, x in self._code.arguments.items():
            array = np.asarray(x)
            text = np.array2string(
                array, separator=", ", floatmode="unique", threshold=_MOST
            )
            inner = text.replace("\n", "\n" + " " * (len(name) + 3))
            yield name, inner if array.ndim else repr(array.item())

    def _asked(self) -> list[tuple[str, str]]:
        """The name of each question, and what it is about."""
        result = next(iter(re.findall(r"return (\w+),", str(self._code))), "loss")
        found = []
        for question in self._questions:
            shape = question.tensor.shape
            size = f"of shape {shape}" if shape else "a number"
            what = f"∂{result}/∂{question.name}"
            what = "the value of the blank line" if question.line else what
            found.append((question.name, f"{what}, {size}"))
        return found


def _escaped(text: str) -> str:
    return html.escape("\n".join(map(visible, text.split("\n"))))
