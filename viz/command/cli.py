"""The command `chainrule`: an expression, its gradients, and where they come from.

    chainrule "(a*b + c) * f" a=2 b=-3 c=10 f=-2 --save graph.png

Everything is computed and every file is written before the first line is printed. So a
mistake leaves one message, on stderr, and the exit status 2.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import io
import os
import re
import sys
import textwrap
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np

from engine import DISTRIBUTION, Tensor, data_of, topological_order
from viz.command.check import CHECK, SEED, CheckError, check_answers, seeds
from viz.command.expression import CONSTANTS, Expression, normal
from viz.command.grammar import FUNCTIONS
from viz.command.parser import ExpressionError
from viz.lesson.explain import explain
from viz.lesson.steps import steps
from viz.lesson.symbols import Symbols
from viz.picture.draw import draw
from viz.words.names import Names
from viz.words.numbers import aligned, number
from viz.words.text import shorten, visible, width

_MOST_OPS = 24  # ops in the table
_SHOWN_WIDTH = 60  # characters of an expression, or of a list of names, in a message
_USAGE = "chainrule EXPRESSION [NAME=NUMBER ...] [options]"
_ABOUT = "Differentiate an expression, and show where each gradient comes from."
_EXAMPLES = f"""\
An expression is made of numbers, names, + - * / % **, parentheses and functions.
Put it in quotes: * and ( mean something to the shell. Names are as in Python (w1, λ),
and each needs a value; {" and ".join(CONSTANTS)} have one. The functions are NumPy's:

{textwrap.fill(" ".join(FUNCTIONS), 80, initial_indent="  ", subsequent_indent="  ")}

examples:
  chainrule "(a*b + c) * f" a=2 b=-3 c=10 f=-2
  chainrule "tanh(w*x + b)" w=0.5 x=2 b=-1 --save neuron.png --save neuron.svg
  chainrule "x**2 * sin(x)" x=1.5 --wrt x --steps lesson.html
  chainrule "-log(1 / (1 + exp(-x)))" x=.5

Answers to an exercise are checked by `chainrule check exercise.py answers.json ...`.
"""


class CommandError(ValueError):
    """A mistake in the command line, or a file that can't be written."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: its arguments; those of the process if None.

    Returns:
        The exit status: 0, or 2 after a mistake, with a message on stderr. As in
        shells, 130 if interrupted, 141 if the reader of the output stopped (`| head`).
    """
    _escape_what_cannot_be_encoded()
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        print(_answer(words), flush=True)
    except ExpressionError as error:
        return _refused(error.pointing())
    except (CommandError, CheckError) as error:
        return _refused(str(error))
    except KeyboardInterrupt:
        return 130
    except OSError as error:  # the reader stopped (`| head`), or the disk is full
        # Python flushes the output once more, which must go somewhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141 if isinstance(error, BrokenPipeError) else _refused(str(error))
    return 0


def _refused(message: str) -> int:
    print(f"chainrule: {message}", file=sys.stderr)
    return 2


def _escape_what_cannot_be_encoded() -> None:
    """Write `\\u2202` where the output's encoding has no ∂, as on Windows."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


# --- the arguments -------------------------------------------------------------------

_OPTION = re.compile(r"-h|--[a-z][a-z-]*(=.*)?", re.DOTALL)
_WITH_VALUE = ("--wrt", "--save", "--steps")
_WRT = "explain the gradient with respect to this name alone; may be repeated"
_SAVE = (
    "save the picture, by its ending: .png, .svg, .pdf, .html, .dot; may be repeated"
)
_STEPS = "save a page that goes forward and back, step by step"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise CommandError(f"{visible(message)}; chainrule --help lists the options")


def _parser() -> _Parser:
    parser = _Parser(
        prog="chainrule",
        usage=_USAGE,
        description=_ABOUT,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        add_help=False,
    )
    add = parser.add_argument
    add("words", nargs="*", help=argparse.SUPPRESS)
    add("--wrt", metavar="NAME", action="append", default=[], help=_WRT)
    add("--save", metavar="FILE", action="append", default=[], help=_SAVE)
    add("--steps", metavar="FILE", help=_STEPS)
    add("--version", action="store_true", help="show the version")
    add("-h", "--help", action="store_true", help="show this page")
    return parser


def _options_first(argv: Sequence[str]) -> list[str]:
    """Options first, then `--` and the rest: an expression may begin with a minus."""
    options: list[str] = []
    words: list[str] = []
    waiting = iter(argv)
    for word in waiting:
        if word == "--":
            words += waiting
        elif not _OPTION.fullmatch(word):
            words.append(word)
        else:
            value = next(waiting, None) if word in _WITH_VALUE else None
            options.append(word if value is None else f"{word}={value}")
    return [*options, "--", *words]


def _version() -> str:
    try:
        return importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:  # run from the source folder
        return "(not installed)"


# --- the answer -----------------------------------------------------------------------


def _answer(argv: Sequence[str]) -> str:
    """All that will be printed. Files have been written when it returns."""
    if argv[:1] == [CHECK] and any(word.endswith(".py") for word in argv[1:2]):
        return check_answers(argv[1:])
    if argv[:1] == [SEED] and "--key" in argv:
        return seeds(argv[1:])
    parser = _parser()
    asked = parser.parse_args(_options_first(argv))
    if asked.help:
        return parser.format_help().rstrip()
    if asked.version:
        return f"chainrule {_version()}"
    with np.errstate(all="ignore"):  # an infinite slope is printed, as ∞
        return _differentiated(asked)


def _differentiated(asked: argparse.Namespace) -> str:
    """The result, a table of gradients, where they come from, and what was written."""
    if not asked.words:
        raise CommandError(f"an expression is needed; usage: {_USAGE}")
    expression = Expression(asked.words[0])
    result, leaves = expression.graph(expression.values(asked.words[1:]))
    chosen = [_chosen(name, leaves) for name in asked.wrt] or list(leaves.values())
    head = (
        f"{shorten(visible(str(expression)), _SHOWN_WIDTH)} = {number(data_of(result))}"
    )
    if not isinstance(result, Tensor):
        _check_nothing_to_write(asked)
        return f"{head}\n\nNo name has a value: there is nothing to differentiate by."
    result.backward()
    blocks = [head, _table(result, leaves.values()), *_explained(result, chosen)]
    return "\n\n".join([*blocks, *_written(result, asked)])


def _chosen(name: str, leaves: Mapping[str, Tensor]) -> Tensor:
    if normal(name) not in leaves:
        known = shorten(", ".join(leaves), _SHOWN_WIDTH) or "none"
        raise CommandError(f"--wrt {name!r:.60}: the names with a value are {known}")
    return leaves[normal(name)]


def _table(result: Tensor, leaves: Collection[Tensor]) -> str:
    """A line for each name and each op: its value and its gradient."""
    symbols = Symbols(result, None)
    ops = [x for x in topological_order([result]) if x.parents]
    shown, hidden = [*leaves, *ops[:_MOST_OPS]], len(ops[_MOST_OPS:])
    made = [f"{symbols.of(x)} = {symbols.expression(x)}" for x in ops[:_MOST_OPS]]
    columns = [
        _column("", [*map(symbols.of, leaves), *made], left=True),
        _column("value", aligned([number(x.item()) for x in shown])),
        _column("gradient", aligned([number(x.grad) for x in shown])),
    ]
    lines = ["   ".join(row).rstrip() for row in zip(*columns, strict=True)]
    return "\n".join([*lines, f"… {hidden:,} more"] if hidden else lines)


def _column(title: str, entries: list[str], *, left: bool = False) -> list[str]:
    cells = [title, *entries]
    most = max(map(width, cells))
    blanks = [" " * (most - width(cell)) for cell in cells]
    pairs = zip(cells, blanks, strict=True)
    return [cell + blank if left else blank + cell for cell, blank in pairs]


def _explained(result: Tensor, chosen: Iterable[Tensor]) -> list[str]:
    return [str(explain(result, x)) for x in dict.fromkeys(chosen)]


def _check_nothing_to_write(asked: argparse.Namespace) -> None:
    if asked.save or asked.steps is not None:
        raise CommandError(
            "no name has a value, so there is no graph to draw; write a name for one "
            "of the numbers"
        )


def _written(result: Tensor, asked: argparse.Namespace) -> list[str]:
    """Write the files that were asked for. Returns a line for each."""
    names = Names(None, graph=result).made_up  # as printed
    lines = [_saved(draw(result, names=names).save, path) for path in asked.save]
    if asked.steps is not None:
        lines.append(_saved(lambda path: steps(result, path, names=names), asked.steps))
    return ["\n".join(lines)] if lines else []


def _saved(save: Callable[[str], Path], path: str) -> str:
    try:
        with warnings.catch_warnings(record=True) as caught:  # no line of this file
            warnings.simplefilter("always")
            lines = [f"Wrote {visible(str(save(path)))}"]
        return "\n".join([*lines, *(f"  {warning.message}" for warning in caught)])
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        raise CommandError(visible(str(error))) from error
