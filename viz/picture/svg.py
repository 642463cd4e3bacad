"""What Graphviz can't draw on a card: two colours of text, a ring, a chart.

Graphviz writes the texts of a card in the order of its lines, so a list of lines says
what becomes of each: its colour, or a chart in its place. Labels of edges get an
outline in the colour of the paper: they read on any line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from viz.picture.cards import CardWords
from viz.picture.charts import LINE
from viz.picture.colours import Theme
from viz.picture.legend import coloured
from viz.picture.lines import Line

_CSS_FONTS = "DejaVu Sans Mono, Menlo, Consolas, Liberation Mono, monospace"
_TEXT = re.compile(r"<text [^>]*>[^<]*</text>\n")
_NODE = re.compile(
    r'(?s)<g id="\w+" class="node [^"]*">\n<title>(\w+)</title>.*?</g>\n<'
)
EDGE_ELEMENT = re.compile(r'(?s)<g id="\w+" class="edge">.*?</g>')
_CLEAR = 2.0  # points more between an edge and the label above it
_ASCENT = 10.4  # points from the top of a line to its base line


class CardOverlay(NamedTuple):
    """What is still to be drawn on one card: its lines in order, and a ring or none."""

    lines: Sequence[Line]
    ring: bool = False


class Overlay(NamedTuple):
    """What is still to be drawn on a picture.

    Attributes:
        theme: the colours.
        horizontal: whether the graph runs from left to right: then the label of an edge
            stands just above it, else beside it.
        cards: by ident, what is to be drawn on a card.
    """

    theme: Theme
    horizontal: bool
    cards: Mapping[str, CardOverlay]


def overlay(cards: Iterable[CardWords], theme: Theme, *, horizontal: bool) -> Overlay:
    """What is to be drawn over Graphviz's picture of these cards."""
    parts = {words.card.ident: CardOverlay(words.lines, words.ring) for words in cards}
    return Overlay(theme, horizontal, parts)


def overlaid(svg: str, overlay: Overlay) -> str:
    """Graphviz's SVG with our font, and all that it could not draw.

    No label is mistaken for markup: Graphviz writes quotes and < as entities.
    """
    theme = overlay.theme

    def card(found: re.Match[str]) -> str:
        part = overlay.cards.get(found[1])
        return found[0] if part is None else _card(found[0], part, theme)

    svg = svg.replace('font-family="Courier,monospace"', f'font-family="{_CSS_FONTS}"')
    svg = _NODE.sub(card, svg)
    raised = overlay.horizontal
    svg = EDGE_ELEMENT.sub(lambda edge: _outlined(edge[0], theme, raised=raised), svg)
    return coloured(svg, theme)


def _card(card: str, part: CardOverlay, theme: Theme) -> str:
    lines = iter(part.lines)
    card = _TEXT.sub(lambda text: _line(text[0], next(lines, None), theme), card)
    return _ringed(card, theme) if part.ring else card


def _line(text: str, line: Line | None, theme: Theme) -> str:
    if line is None:  # the user added to the card
        return text
    if line.chart is not None:
        x, y = (float(v) for v in re.findall(r' [xy]="([-\d.]+)"', text)[:2])
        left, top = x - line.chart.width / 2, y - _ASCENT + (LINE - 11) / 2
        place = f'transform="translate({left:.2f} {top:.2f})"'
        kind = f"chart {line.part}".rstrip()
        return f'<g class="{kind}" {place}>{line.chart.draw(theme)}</g>\n'
    if line.role == "room":
        return ""
    if line.part:
        text = text.replace("<text ", f'<text class="{line.part}" ', 1)
    if line.role == "ink":
        return text
    ink = getattr(theme, line.role)
    return re.sub(r' fill="[^"]*"', f' fill="{ink}"', text, count=1)


def _ringed(card: str, theme: Theme) -> str:
    """A card with a ring around it, under its own border."""
    look = f'class="ring" fill="none" stroke="{theme.nan}" stroke-width="9"'
    ring = rf"<path {look}\1/>\n\g<0>"
    return re.sub(r'<path [^>]*( d="[^"]*")', ring, card, count=1)


def _raised(y: re.Match[str]) -> str:
    return f' y="{float(y[1]) - _CLEAR:.2f}"'


def _outlined(edge: str, theme: Theme, *, raised: bool) -> str:
    """An edge whose label stands out, without the space that kept it clear."""
    outline = f'paint-order="stroke" stroke="{theme.paper}" stroke-width="3"'
    if raised:
        edge = re.sub(r' y="([-\d.]+)"', _raised, edge)
    edge = edge.replace("<text ", f"<text {outline} ")
    return re.sub(r"> (.*) </text>", r">\1</text>", edge)
