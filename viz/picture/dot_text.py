"""Text as DOT: no name can break a record, end a string or be taken for markup.

Every character that means something to Graphviz is written as a numeric entity, so that
the picture shows the text as it was given.
"""

from __future__ import annotations

from collections.abc import Iterable

import graphviz  # type: ignore[import-untyped]  # has no hints

from viz.words.text import visible

# What Graphviz reads in a label; of a run of spaces a record would keep only one.
_SPECIAL = frozenset('"{}|<>& ')


def escape(text: str, *, backslash: str = "\\\\") -> str:
    """`text` for a DOT label: Graphviz shows exactly these characters."""
    return "".join(
        f"&#{ord(c)};" if c in _SPECIAL else backslash if c == "\\" else c for c in text
    )


def label(lines: Iterable[str]) -> str:
    """Lines of text as one DOT label, centred line under line."""
    return as_written("\\n".join(map(escape, lines)))


def tooltip(text: str) -> str:
    """`text` as a DOT tooltip, in which Graphviz reads backslashes twice."""
    return as_written(escape(visible(text), backslash="\\\\\\\\"))


def as_written(source: str) -> str:
    """DOT text that the graphviz package must not take for HTML."""
    return graphviz.nohtml(source)
