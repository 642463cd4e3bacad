"""The sheet of an exercise: the program, its numbers, and what is asked."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import Tensor
from viz.lesson.code import code
from viz.picture.draw import draw
from viz.picture.page import filled
from viz.words.text import visible

if TYPE_CHECKING:
    from viz.lesson.exercise import Question

TITLE = "Which gradients does it have?"
_BLANK = "________"
_HOW = (
    "Answer with a number, or with an array of the shape that is given. Two digits "
    "will do; with four, a mistake can be named."
)
_TEMPLATE = Path(__file__).with_name("sheet.html")
_MOST = 200  # entries of an array that are written out


class Sheet:
    """What an exercise shows.

    Args:
        loss: the graph, each Tensor with its name.
        constants: name -> plain array of it.
        questions: what is asked.
    """

    def __init__(
        self, loss: Tensor, constants: Mapping[str, Any], questions: Sequence[Question]
    ) -> None:
        self._loss, self._constants, self._questions = loss, constants, questions
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
        parts = [TITLE, self._program(), "where", "\n".join(given), "\n".join(lines)]
        return "\n\n".join([*parts, _HOW])

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
            "title": TITLE,
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
        if not self._blanks:
            return "\n".join(line[4:] for line in lines[begin + 1 : middle])
        return "\n".join(self._blanked(lines[begin:-1]))

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
