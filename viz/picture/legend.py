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
from viz.picture.lines import CHANGED, MAYBE_CHANGED, STALE, Line
from viz.words.names import NAMELESS
from viz.words.numbers import NEARLY_ZERO, NOISE, NOT_RUN, number

_DOT = re.compile(rf"(?<![^ (-]){NAMELESS}(?![^ ,)])")  # alone, or an operand
_ROUNDS = re.compile(r" · [\d,]+ rounds$")  # of the title of a loop
FONT_SIZE = "8"  # points; nothing else in a picture is as small
_WIDTH = 72  # characters of a line at least
_SHARE = 0.9  # of the width of a picture, which is only estimated
_SEPARATOR = " · "
ENTRIES = {  # what there is to explain -> the words, and the role of their colour
    "parameter": ("{parameter_word}: parameter or input", "parameter"),
    "operation": ("{operation_word}: operation", "muted"),
    "constant": ("dashed: constant", "muted"),
    "loss": ("thickest border: the result", "loss"),
    "folded": ("▣: folded, several cards in one", "muted"),
    "state": ("↻: a loop, one round drawn; dotted: to the next", "muted"),
    "rounds": ("line: largest |∂| of each round, first to last", "gradient"),
    "given": ("gives ∂: what comes back from all that is folded", "gradient"),
    "array": ("of an array: least … greatest", "muted"),
    "map": ("cells: {positive_word} above 0, {negative_word} below", "positive"),
    "slopes": ("cells of ∂: {rising_word} above 0, {falling_word} below", "rising"),
    "bar": ("colour bar: least … greatest, a tick at 0", "muted"),
    "not a number": ("crossed: NaN", "nan"),
    "histogram": (
        "bars: how many entries lie where; hollow below 0, {operation_word} at 0",
        "muted",
    ),
    "made up": ("{letter}1, {letter}2, …: names given here", "muted"),
    "nameless": ("·: without a name", "muted"),
    "gradient": ("∂: gradient", "gradient"),
    "noise": (f"{NEARLY_ZERO}: less than {number(NOISE)} of the largest", "gradient"),
    "sum": ("Σ: summed over axes that NumPy had spread", "gradient"),
    "edge": ("◂ ×: local derivative", "gradient"),
    "formula": ("◂: what goes back to the operand", "gradient"),
    "ones": ("no ◂: goes back as it is, ×1", "gradient"),
    "scale": ("{stronger_word}: larger |∂|", "gradient"),
    "values": ("{stronger_word}: larger |value|", "value"),
    "roles": ("filled by what it is", "muted"),
    "reference": ("↗: drawn elsewhere", "muted"),
    "dead": ("†: lets no gradient through", "ink"),
    "saturated": ("† saturated: lets under 1 % of the gradient through", "ink"),
    "changed": ("changed since: after something was computed from it", "stale"),
    "suspect": ("changed since?: this, or another operand of the same op", "stale"),
    "stale": ("out of date: computed before something was changed", "stale"),
    "nan": ("{nan_word} ring: where NaN or ∞ began", "nan"),
    "way": ("{nan_word} line: where it went on", "nan"),
}

_OF_MARKS = {CHANGED: "changed", MAYBE_CHANGED: "suspect", STALE: "stale"}


def kinds_of_lines(lines: Iterable[Line]) -> Iterator[str]:
    """What the legend has to explain of the lines of a card."""
    for line in lines:
        if line.chart is not None:
            yield line.chart.kind
            if line.chart.states:
                yield line.chart.states
            if line.chart.has_nan:
                yield "not a number"
        if line.role == "muted" and _DOT.search(_ROUNDS.sub("", line.text)):
            yield "nameless"
        if line.role == "gradient" and line.text.strip() not in ("", NOT_RUN):
            yield "gradient"
        if line.role == "gradient" and NEARLY_ZERO in line.text:
            yield "noise"
        if line.role == "stale":
            yield _OF_MARKS[line.text]
        if line.text.startswith(DEAD):
            yield "saturated" if line.text.endswith("saturated") else "dead"


def kinds_of_label(text: str) -> Iterator[str]:
    """What the legend has to explain of the label of an edge."""
    if text.startswith("×"):
        yield "edge"
    else:
        yield "given" if text.startswith(GIVES) else "formula"
    if "Σ" in text:
        yield "sum"


def legend_label(
    kinds: Mapping[str, Scales | None],
    theme: Theme,
    width: float = 0.0,
    letter: str = "v",
) -> str:
    """The DOT label that explains what is present, in the order of ENTRIES.

    Args:
        kinds: what is present -> its scales, if it has any.
        theme: says what colours are called.
        width: of the picture, in points.
        letter: of names that were made up.
    """
    most = max(_WIDTH, int(_SHARE * width / (0.6 * float(FONT_SIZE))))
    order = list(ENTRIES).index  # a kind without an entry is a mistake of ours
    shown = sorted(kinds, key=order)
    if theme.rising_word == theme.positive_word and "map" in kinds:
        shown = [kind for kind in shown if kind != "slopes"]  # the same in grey
    words = (_words(kind, theme, kinds[kind], letter) for kind in shown)
    lines = (f"{escape(line)}\\l" for line in _wrapped(words, most))
    return as_written("".join(lines))


def _words(
    kind: str, theme: Theme, scales: Scales | None = None, letter: str = "v"
) -> str:
    terms = {f: getattr(theme, f) for f in theme.__slots__ if f.endswith("_word")}
    words = ENTRIES[kind][0].format(**terms, letter=letter)
    return words + (_ends(scales) if scales else "")


def _ends(scales: Scales) -> str:
    """From where to where scales go, if there is more than one magnitude."""
    numbers, arrays = (
        " to ".join(map(number, dict.fromkeys(scale.ends)))
        for scale in (scales.numbers, scales.arrays)
    )
    if numbers and arrays:
        return f", numbers {numbers}, arrays' largest {arrays}"
    if " to " not in numbers + arrays:
        return ""
    return f", arrays' largest {arrays}" if arrays else f", from {numbers}"


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
