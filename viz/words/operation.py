"""What an op computes, and of what: `a × b`, `sum(h, axis=0)`, `p[arange(5), labels]`.

As the user wrote it, as far as the graph tells: options that are NumPy's defaults are
left out, text stands in quotes, and an array that is an option or an index has its
name. An operand is called by its name; a plain number without one by its digits;
anything else without a name is a dot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from engine import Tensor, data_of
from viz.words.names import Names, is_plain_number
from viz.words.numbers import nested, number, shape_of, size_of
from viz.words.text import name_label, quoted, shorten, visible

_SIGNS = {
    "add": "+",
    "subtract": "-",
    "multiply": "×",
    "divide": "/",
    "power": "**",
    "matmul": "@",
}
# What one writes without its name.
_PLAIN_OPTIONS = {"shape", "axes", "subscripts", "axis1", "axis2", "a_min", "a_max"}
_PLAIN_OPTIONS |= {"dtype"}
_QUIET_OPTIONS = {  # op or "" for all -> what says nothing that one has to see
    "": {"eps"},  # against a division by 0
    "einsum": {"optimize"},
}
_DEFAULTS = {  # of options that are not None or False, by op
    ("concatenate", "axis"): 0,
    ("stack", "axis"): 0,
    ("var", "ddof"): 0,
    ("std", "ddof"): 0,
}
_ENTRY = re.compile(r"(.*)\[(\d+)\]")  # of a list
_OF_LISTS = {"concatenate", "stack"}  # ops that take their operands as a list
_MOST_OPERANDS = 4  # named in an expression; an edge comes from each
_OPTION_WIDTH = 40  # characters of a shape, axes or subscripts that are shown
_TEXT_WIDTH = 16  # the same of any other text or object
_MOST_ENTRIES = 6  # of an index that are written out
_FIRST = 2  # entries that are, of a longer one
_FEWEST = 3  # from here on 0, 1, 2 is arange(3)

# Ops whose operands may change places.
COMMUTATIVE = {"add", "multiply", "maximum", "minimum", "fmax", "fmin", "hypot"}
COMMUTATIVE |= {"logaddexp", "logaddexp2"}

_Called = Callable[[Any], str]  # what an array is called, or ""


def expression(node: Tensor, operands: list[str], names: Names | None = None) -> str:
    """What an op computes of its operands: `a × b`, `sum(h, axis=0)`.

    Args:
        node: the op.
        operands: what they are called.
        names: of the arrays in its options and indices.
    """
    called = names.short if names else lambda _: ""
    options = list(_options(node, called))
    if node.op in _SIGNS and len(operands) == 2 and not options:
        return f"{operands[0]} {_SIGNS[node.op]} {operands[1]}"
    if node.op == "negative" and len(operands) == 1 and not options:
        return f"-{operands[0]}"
    if node.op == "getitem":
        return f"{operands[0]}[{_index((node.options or {}).get('index'), called)}]"
    if node.op == "transpose" and not options:
        return f"{operands[0]}.T"
    if len(operands) > _MOST_OPERANDS:
        operands = in_ranges(operands)
    if len(operands) > _MOST_OPERANDS:
        hidden = len(operands) - _MOST_OPERANDS + 1
        operands = [*operands[: _MOST_OPERANDS - 1], f"… {hidden} more"]
    if node.op in _OF_LISTS:
        operands = [f"[{', '.join(operands)}]"]
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


# --- options --------------------------------------------------------------------------


def _options(node: Tensor, called: _Called) -> Iterator[str]:
    """The options of an op that are not as NumPy has them."""
    quiet = _QUIET_OPTIONS[""] | _QUIET_OPTIONS.get(node.op, set())
    given = node.options or {}
    for key, value in given.items():
        if key in quiet or _is_default(node.op, key, value, given):
            continue
        if key in _PLAIN_OPTIONS:
            yield _option(value, called, _OPTION_WIDTH) or key
        elif key == "index":
            yield f"index=[{_index(value, called)}]"
        elif _is_array(value):
            yield _named(key, called(value))
        else:
            width = _OPTION_WIDTH if isinstance(value, tuple) else _TEXT_WIDTH
            yield f"{key}={_option(value, called, width)}"


def _named(key: str, name: str) -> str:
    """An array that is an option: `mask`, or `weights=w` if the user calls it so."""
    return f"{key}={name}" if name and name.rpartition(".")[2] != key else key


def _is_default(op: str, key: str, value: Any, given: dict[str, Any]) -> bool:
    """Whether an option says nothing: it is None, False, or NumPy's default."""
    if (op, key) in _DEFAULTS:
        return bool(value == _DEFAULTS[op, key])
    if key == "a_min":  # before which stands the other
        return value is None and given.get("a_max") is None
    return value is None or value is False


def _is_array(value: Any) -> bool:
    """Whether an option is an array of several entries."""
    return isinstance(value, np.ndarray) and value.size > 1


def _option(value: Any, called: _Called, width: int) -> str:
    """An option in at most so many characters; "" of an array without a name."""
    if _is_array(value):
        return called(value)
    if isinstance(value, np.ndarray):
        return nested(value.tolist()) if value.size else f"array{shape_of(value)}"
    if isinstance(value, np.dtype | type):
        return name_label(str(getattr(value, "__name__", value)))
    return shorten(_literal(value), width)


def _literal(value: Any) -> str:
    """A value as one writes it: text in double quotes, NumPy's numbers as Python's."""
    if isinstance(value, np.generic):
        value = value.item()
    if type(value) is tuple:
        inside = ", ".join(map(_literal, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if type(value) is list:
        return f"[{', '.join(map(_literal, value))}]"
    return quoted(value) if isinstance(value, str) else visible(repr(value))


# --- an index -------------------------------------------------------------------------


def _index(index: Any, called: _Called) -> str:
    """An index as one writes it: `1:, 0`, `arange(5), labels`."""
    if isinstance(index, tuple):
        return ", ".join(_index(part, called) for part in index)
    if isinstance(index, slice):
        ends = ["" if x is None else str(x) for x in (index.start, index.stop)]
        step = [] if index.step in (None, 1) else [str(index.step)]
        return ":".join(ends + step)
    if isinstance(index, np.ndarray):
        return called(index) or _entries(index)
    if isinstance(index, list):
        return _list(index)
    return "..." if index is ... else shorten(_literal(index), _OPTION_WIDTH)


def _entries(index: np.ndarray) -> str:
    """An array without a name: a few integers; else `…`."""
    if index.ndim != 1 or index.dtype.kind not in "iu":
        return number(index.item()) if not index.ndim else "…"
    if index.size >= _FEWEST and (index == np.arange(index.size)).all():
        return f"arange({index.size})"
    return _list(index.tolist())


def _list(entries: Sequence[Any]) -> str:
    """`[0, 2, 1]`, and of many entries `[0, 2, … 4 more]`; nested ones are `…`."""
    if any(isinstance(entry, list | tuple | np.ndarray) for entry in entries):
        return "…"
    more = len(entries) - _FIRST if len(entries) > _MOST_ENTRIES else 0
    shown = [_literal(entry) for entry in entries[: _FIRST if more else None]]
    return f"[{', '.join([*shown, *[f'… {more} more'] * bool(more)])}]"


def is_scalar_op(node: Tensor) -> bool:
    """Whether an op and all its operands hold one number each."""
    return node.size == 1 and all(size_of(parent) == 1 for parent in node.parents)
