"""Marks: what a check of answers says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from engine import mistakes

RIGHT = "right"


class Mark(NamedTuple):
    """One answer, checked.

    Attributes:
        name: of the question.
        right: whether it is right, also one that follows from an own mistake before.
        follows: the answer, wrong itself, that it follows from; or "".
        findings: what is wrong, best first.
    """

    name: str
    right: bool
    follows: str
    findings: tuple[mistakes.Finding, ...]

    @property
    def text(self) -> str:
        """What is said of it: `right`, or the sentences of what is wrong."""
        if self.follows:
            return f"{RIGHT}, given your {self.follows}"
        if self.right:
            return RIGHT
        first, *rest = (finding.text for finding in self.findings)
        return " ".join([first, *(f"Or perhaps: {text}" for text in rest)])


class Report(Mapping[str, Mark]):
    """The marks of a check, by the names of the questions; printed, a line for each.

    Attributes:
        points: how many of its answers are right.
        of: how many questions the exercise has.
        right: whether all of the answers that were given are.
    """

    def __init__(self, marks: list[Mark], of: int) -> None:
        self._marks = {mark.name: mark for mark in marks}
        self.of = of

    def __getitem__(self, name: str) -> Mark:
        return self._marks[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._marks)

    def __len__(self) -> int:
        return len(self._marks)

    @property
    def points(self) -> int:
        return sum(mark.right for mark in self._marks.values())

    @property
    def right(self) -> bool:
        return all(mark.right for mark in self._marks.values())

    def __str__(self) -> str:
        wide = max(map(len, self._marks), default=0)
        lines = [f"{n:<{wide}}  {mark.text}" for n, mark in self._marks.items()]
        return "\n".join([*lines, f"{self.points} of {points(self.of)}"])

    __repr__ = __str__


def points(n: int) -> str:
    """`1 point`, `3 points`."""
    return f"{n} point" if n == 1 else f"{n} points"
