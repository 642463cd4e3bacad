"""Lines of a formula as LaTeX, which notebooks typeset.

Only fractions are mathematics here; everything else is text from outside. A character
that means something to TeX or to HTML is written as its command, so a name shows as
typed and can't get out of the formula.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from viz.lesson.symbols import Partial

_COMMANDS = {
    "\\": r"\backslash",
    "{": r"\lbrace",
    "}": r"\rbrace",
    "<": r"\lt",
    ">": r"\gt",
    "~": r"\sim",
    "^": r"\wedge",
    "$": r"\$",
    "%": r"\%",
    "#": r"\#",
    "&": r"\&",
    "_": r"\_",
    "`": r"\text{‘}",  # which MathJax pairs up
    "·": r"\cdot",
}
_RUN = re.compile("[^{}]+|.".format("".join(map(re.escape, _COMMANDS))), re.DOTALL)


def as_latex(rows: Iterable[tuple[Sequence[str | Partial], str]]) -> str:
    """Rows of a text and a remark beside it, in two columns, as one formula."""
    lines = (f"{_formula(parts)} & {text(remark)}" for parts, remark in rows)
    table = r" \\ ".join(lines)
    return rf"$\displaystyle\begin{{array}}{{ll}} {table} \end{{array}}$"


def _formula(parts: Sequence[str | Partial]) -> str:
    return "".join(
        rf"\frac{{\partial {text(p.of)}}}{{\partial {text(p.by)}}}"
        if isinstance(p, Partial)
        else text(p)
        for p in parts
    )


def text(words: str) -> str:
    """Words as they are typed."""
    return "".join(
        f"{_COMMANDS[run]} " if run in _COMMANDS else rf"\text{{{run}}}"
        for run in _RUN.findall(words)
    )
