"""Where a long formula is broken into lines: as a person would, before an operator."""

from __future__ import annotations

import re

_DEEPEST = 4  # brackets in brackets that are cut; an index is not
_OPERATORS = frozenset("◂=+-×·/@&|<>") | {"<=", ">=", "==", "!=", "**"}
_WHOLE = re.compile(r"Σ ax[ei]s [\d, ]+|(?:copied to )?\([\d, -]+\)")  # is not cut


def in_lines(formula: str, width: int) -> list[str]:
    """A formula in lines, cut before an operator or after a comma: outside of all
    brackets if that is enough, else inside of one pair, and so on.

    Args:
        formula: or a title; one part is never cut, however long.
        width: characters of a line, if it can be cut so.
    """
    if len(formula) <= width:
        return [formula]
    for depth in range(_DEEPEST):
        parts = _parts(formula, depth)
        if max(map(len, parts)) <= width:
            break
    lines = [""]
    for part in parts:
        if lines[-1] and len(lines[-1]) + 1 + len(part) > width:
            lines.append("")
        gap = "  " if part[0] == "Σ" else " "
        lines[-1] = f"{lines[-1]}{gap}{part}".lstrip()
    return lines


def _parts(formula: str, most: int) -> list[str]:
    """A formula, cut at the spaces that lie in at most so many brackets; an operator
    stays with what follows."""
    whole = {i for found in _WHOLE.finditer(formula) for i in range(*found.span())}
    parts, depth = [""], 0
    for i, c in enumerate(formula):
        depth += (c == "(") - (c == ")") + _DEEPEST * ((c == "[") - (c == "]"))
        if c != " " or depth > most or i in whole or parts[-1] in _OPERATORS:
            parts[-1] += c
        elif parts[-1]:
            parts.append("")
    return [part for part in parts if part]
