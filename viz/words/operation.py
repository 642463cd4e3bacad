"""What an op computes, and of what: `a × b`, `sum(h, axis=0)`.

An operand is called by its name; a plain number without one by its digits; anything
else without a name is a dot.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from engine import Tensor, data_of
from viz.words.names import Names, is_plain_number
from viz.words.numbers import nested, number, shape_of, size_of
from viz.words.text import name_label, shorten, visible

_SIGNS = {
    "add": "+",
    "subtract": "-",
    "multiply": "×",
    "divide": "/",
    "power": "**",
    "matmul": "@",
}
_PLAIN_OPTIONS = {"shape", "axes", "subscripts"}  # one writes them without their name
_QUIET_OPTIONS = {"eps"}  # against a division by 0: nothing that one has to see
_ENTRY = re.compile(r"(.*)\[(\d+)\]")  # of a list
_MOST_OPERANDS = 4  # named in an expression; an edge comes from each
_OPTION_WIDTH = 16  # characters of an option that an expression shows

# Ops whose operands may change places.
COMMUTATIVE = {"add", "multiply", "maximum", "minimum", "fmax", "fmin", "hypot"}
COMMUTATIVE |= {"logaddexp", "logaddexp2"}


def expression(node: Tensor, operands: list[str]) -> str:
    """What an op computes of its operands: `a × b`, `sum(h, axis=0)`."""
    options = [
        _option(value)
        if key in _PLAIN_OPTIONS
        else key
        if _is_array(value)
        else f"index=[{_index(value)}]"
        if key == "index"
        else f"{key}={_option(value)}"
        for key, value in (node.options or {}).items()
        if value is not None and value is not False and key not in _QUIET_OPTIONS
    ]
    if node.op in _SIGNS and len(operands) == 2 and not options:
        return f"{operands[0]} {_SIGNS[node.op]} {operands[1]}"
    if node.op == "negative" and len(operands) == 1 and not options:
        return f"-{operands[0]}"
    if node.op == "getitem":
        return f"{operands[0]}[{_index((node.options or {}).get('index'))}]"
    if node.op == "transpose" and not options:
        return f"{operands[0]}.T"
    if len(operands) > _MOST_OPERANDS:
        operands = in_ranges(operands)
    if len(operands) > _MOST_OPERANDS:
        hidden = len(operands) - _MOST_OPERANDS + 1
        operands = [*operands[: _MOST_OPERANDS - 1], f"… {hidden} more"]
    listed = options + operands if node.op == "einsum" else operands + options
    return f"{name_label(node.op)}({', '.join(listed)})"


def operand_name(parent: Any, names: Names) -> str:
    """An operand as an expression names it: its name, a plain number, or ""."""
    name = names.short(parent)
    return number(data_of(parent)) if not name and is_plain_number(parent) else name


def in_ranges(names: Iterable[str]) -> list[str]:
    """Names with those that count up in one: `xs[0 … 999]`."""
    found: list[tuple[str, int, int]] = []  # a list, from where, to where; or a name
    for name in names:
        entry = _ENTRY.fullmatch(name)
        held, place = (entry[1], int(entry[2])) if entry else (name, -1)
        if found and entry and found[-1][0] == held and found[-1][2] == place - 1:
            found[-1] = (held, found[-1][1], place)
        else:
            found.append((held, place, place))
    return [_range(*run) for run in found]


def _range(held: str, first: int, last: int) -> str:
    if first < 0:
        return held
    return f"{held}[{first}]" if first == last else f"{held}[{first} … {last}]"


def _index(index: Any) -> str:
    """An index as one writes it: `1:, 0`; an array in it is `…`."""
    if isinstance(index, tuple):
        return ", ".join(map(_index, index)) + "," * (len(index) == 1)
    if isinstance(index, slice):
        ends = ["" if x is None else str(x) for x in (index.start, index.stop)]
        step = [] if index.step is None else [str(index.step)]
        return ":".join(ends + step)
    if index is ... or isinstance(index, np.ndarray | list):
        return "…" if index is not ... else "..."
    return shorten(visible(repr(index)), _OPTION_WIDTH)


def _is_array(value: Any) -> bool:
    """Whether an option is an array, which its name stands for."""
    return isinstance(value, np.ndarray) and value.size > 1


def _option(value: Any) -> str:
    """An option in a few characters."""
    if isinstance(value, np.ndarray):
        return nested(value.tolist()) if value.size <= 1 else f"array{shape_of(value)}"
    return shorten(visible(repr(value)), _OPTION_WIDTH)


def is_scalar_op(node: Tensor) -> bool:
    """Whether an op and all its operands hold one number each."""
    return node.size == 1 and all(size_of(parent) == 1 for parent in node.parents)
