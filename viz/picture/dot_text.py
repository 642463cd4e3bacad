"""Text as DOT: no name can end a string or be taken for markup.

Every character that means something to Graphviz is written as a numeric entity, so that
the picture shows the text as it was given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import graphviz  # type: ignore[import-untyped]  # has no hints

from viz.words.text import visible

# What Graphviz reads in a label, or in one of a user's own shape.
_SPECIAL = {ord(c): f"&#{ord(c)};" for c in '"{}|<>& '}
_PLAIN = re.compile("[a-z]+|[0-9.]+")
_IN_LABELS = _SPECIAL | {ord("\\"): "\\\\"}
_IN_TOOLTIPS = _SPECIAL | {ord("\\"): "\\" * 4}  # these are read twice


def escape(text: str) -> str:
    """`text` for a DOT label: Graphviz shows exactly these characters."""
    return text.translate(_IN_LABELS)


def label(lines: Iterable[str]) -> str:
    """Lines of text as one DOT label, centred line under line."""
    return "\\n".join(map(escape, lines))


def tooltip(text: str) -> str:
    """`text` as a DOT tooltip."""
    return visible(text).translate(_IN_TOOLTIPS)


def statement(head: str, attributes: Mapping[str, str]) -> str:
    """A card or an edge as a line of DOT: as the graphviz package does, but sooner.

    Args:
        head: `n0`, or `n0 -> n1`.
        attributes: no text has a quote in it.
    """
    names = sorted(attributes, key=lambda name: (name != "label", name))
    written = " ".join(f"{name}={_value(name, attributes[name])}" for name in names)
    return f"\t{head} [{written}]\n" if written else f"\t{head}\n"


def _value(name: str, value: str) -> str:
    """Of a text any word may be one of DOT's own."""
    is_plain = name not in ("label", "tooltip") and _PLAIN.fullmatch(value)
    return value if is_plain else f'"{value}"'


def as_written(source: str) -> str:
    """DOT text that the graphviz package must not take for HTML."""
    return graphviz.nohtml(source)
