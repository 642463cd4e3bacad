"""The legend: one small line under the picture that says what its looks mean.

Only what is there is explained, in words that need no colour to be read (`dashed:
constant`). It is the label of the graph, so that it goes wherever the DOT goes; in an
SVG each entry is drawn in the colour that it names.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping

from viz.picture.cards import DEAD
from viz.picture.colours import Scales, Theme
from viz.picture.dot_text import as_written, escape
from viz.picture.edges import GIVES
from viz.picture.lines import MAYBE_CHANGED, Line
from viz.words.names import NAMELESS
from viz.words.numbers import NEARLY_ZERO, NOISE, NOT_RUN, number

_DOT = re.compile(rf"(?<![^ (-]){NAMELESS}(?![^ ,)])")  # alone, or an operand
FONT_SIZE = "8"  # points; nothing else in a picture is as small
_WIDTH = 72  # characters of a line at least
_SHARE = 0.9  # of the width of a picture, which is only estimated
_SEPARATOR = " · "
ENTRIES = {  # what there is to explain -> the words, and the role of their colour
    "parameter": ("{parameter_word}: parameter or input", "parameter"),
    "operation": ("{operation_word}: operation", "muted"),
    "constant": ("dashed: constant", "muted"),
    "loss": ("thick: what is drawn", "loss"),
    "folded": ("▣: folded, several cards in one", "muted"),
    "given": ("gives ∂: what comes back from all that is folded", "gradient"),
    "array": ("of an array: least … greatest", "muted"),
    "map": ("cells: {positive_word} above 0, {negative_word} below", "positive"),
    "slopes": ("cells of ∂: {rising_word} above 0, {falling_word} below", "rising"),
    "not a number": ("crossed: NaN", "nan"),
    "histogram": (
        "bars: how many entries lie where, of which {operation_word} are 0",
        "muted",
    ),
    "made up": ("v1, v2, …: names given here", "muted"),
    "nameless": ("·: without a name", "muted"),
    "gradient": ("∂: gradient", "gradient"),
    "noise": (f"{NEARLY_ZERO}: less than {number(NOISE)} of the largest", "gradient"),
    "edge": ("◂ ×: local derivative", "gradient"),
    "formula": ("◂: what goes back to the operand", "gradient"),
    "ones": ("no ◂: goes back as it is, ×1", "gradient"),
    "scale": ("{stronger_word}: larger |∂|", "gradient"),
    "values": ("{stronger_word}: larger |value|", "value"),
    "roles": ("filled by what it is", "muted"),
    "reference": ("↗: drawn elsewhere", "parameter"),
    "dead": ("†: lets no gradient through", "ink"),
    "stale": ("changed since: an input is newer than what came of it", "stale"),
    "suspect": ("changed since?: this, or another number of the same op", "stale"),
    "nan": ("{nan_word} ring: where NaN or ∞ began", "nan"),
    "way": ("thick {nan_word} line: where it went on", "nan"),
}


def kinds_of_lines(lines: Iterable[Line]) -> Iterator[str]:
    """What the legend has to explain of the lines of a card."""
    for line in lines:
        if line.chart is not None:
            yield from (line.chart.kind, "array")
            if line.chart.has_nan:
                yield "not a number"
        if line.role == "muted" and _DOT.search(line.text):
            yield "nameless"
        if line.role == "gradient" and line.text.strip() not in ("", NOT_RUN):
            yield "gradient"
        if line.role == "gradient" and NEARLY_ZERO in line.text:
            yield "noise"
        if line.role == "stale":
            yield "suspect" if line.text == MAYBE_CHANGED else "stale"
        if line.text.startswith(DEAD):
            yield "dead"


def kind_of_label(text: str) -> str:
    """What the legend has to explain of the label of an edge."""
    if text.startswith("×"):
        return "edge"
    return "given" if text.startswith(GIVES) else "formula"


def legend_label(
    kinds: Mapping[str, Scales | None], theme: Theme, width: float = 0.0
) -> str:
    """The DOT label that explains what is present, in the order of ENTRIES.

    Args:
        kinds: what is present -> its scales, if it has any.
        theme: says what colours are called.
        width: of the picture, in points.
    """
    most = max(_WIDTH, int(_SHARE * width / (0.6 * float(FONT_SIZE))))
    order = list(ENTRIES).index  # a kind without an entry is a mistake of ours
    words = (_words(kind, theme, kinds[kind]) for kind in sorted(kinds, key=order))
    lines = (f"{escape(line)}\\l" for line in _wrapped(words, most))
    return as_written("".join(lines))


def _words(kind: str, theme: Theme, scales: Scales | None = None) -> str:
    terms = {f: getattr(theme, f) for f in theme.__slots__ if f.endswith("_word")}
    return ENTRIES[kind][0].format(**terms) + (_ends(scales) if scales else "")


def _ends(scales: Scales) -> str:
    """From where to where scales go, if there is more than one magnitude."""
    numbers, arrays = (
        f"{number(ends[0])} to {number(ends[1])}" if ends else ""
        for ends in (scales.numbers.ends, scales.arrays.ends)
    )
    if not arrays:
        return f", from {numbers}" if numbers else ""
    of_arrays = f", arrays' largest {arrays}"
    return f", numbers {numbers}{of_arrays}" if numbers else of_arrays


def _wrapped(entries: Iterable[str], most: int) -> Iterator[str]:
    line = ""
    for entry in entries:
        joined = f"{line}{_SEPARATOR}{entry}" if line else entry
        if len(joined) > most:
            yield line
            joined = entry
        line = joined
    if line:
        yield line


def coloured(svg: str, theme: Theme) -> str:
    """The SVG with each entry of its legend in the entry's colour."""
    inks = {_words(k, theme): getattr(theme, r) for k, (_, r) in ENTRIES.items()}

    def spans(line: re.Match[str]) -> str:
        return _SEPARATOR.join(
            f'<tspan fill="{_ink(entry, inks, theme)}">{entry}</tspan>'
            for entry in line[0].split(_SEPARATOR)
        )

    def lines() -> Iterator[str]:
        for line in svg.split("\n"):
            ours = f' font-size="{FONT_SIZE}.00"' in line  # nothing else is as small
            yield re.sub("(?<=>).+(?=</text>$)", spans, line) if ours else line

    return "\n".join(lines())


def _ink(entry: str, inks: Mapping[str, str], theme: Theme) -> str:
    """The colour of an entry of an SVG, which may end with the ends of its scales."""
    said = html.unescape(entry)  # Graphviz writes - as an entity
    found = (ink for words, ink in inks.items() if said.startswith(words))
    return next(found, theme.muted)
