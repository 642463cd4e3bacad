"""What Graphviz can't draw on a card: texts of several sizes and colours, charts.

Graphviz writes the texts of a card small, where it likes; here they get their places,
sizes and colours, and charts are drawn. Labels of edges get an outline in the colour of
the paper: they read on any line.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from math import inf
from typing import NamedTuple

from viz.picture.arrows import touching
from viz.picture.card_layout import Layout, laid_out
from viz.picture.cards import CardWords
from viz.picture.colours import Theme
from viz.picture.frame_boxes import FrameBox, framed
from viz.picture.geometry import EDGE, border
from viz.picture.labels import Crowded, crowded, placed
from viz.picture.legend import coloured
from viz.picture.lines import LABEL, Field, Line
from viz.picture.margins import equal
from viz.picture.render import scaled

_CSS_FONTS = "DejaVu Sans Mono, Menlo, Consolas, Liberation Mono, monospace"
_TEXT = re.compile(r"<text [^>]*>[^<]*</text>\n")
_NODE = re.compile(
    r'(?s)<g id="\w+" class="node [^"]*">\n<title>(\w+)</title>.*?</g>\n<'
)
_MOST_CELLS = 4096  # of a picture that have titles: 60 bytes each
_FIRM = re.compile("^ | $|(?<= ) ")  # spaces that SVG could drop


class CardOverlay(NamedTuple):
    """What is still to be drawn on one card: its lines, and a ring or none."""

    rows: list[list[Field]]
    layout: Layout
    ring: bool = False

    @property
    def texts(self) -> list[str]:
        """What Graphviz has written on it."""
        lines = (line for row in self.rows for field in row for line in field)
        return [line.text for line in lines if line.chart is None and line.text]


class Overlay(NamedTuple):
    """What is still to be drawn on a picture.

    Attributes:
        theme: the colours.
        cards: by ident, what is to be drawn on a card.
        frames: what is drawn around cards.
        scale: of the whole.
        hovers: whether a browser shows the number of a cell that one points at.
    """

    theme: Theme
    cards: Mapping[str, CardOverlay]
    frames: Sequence[FrameBox]
    scale: float = 1.0
    hovers: bool = False


def overlay(
    cards: Iterable[CardWords],
    frames: Sequence[FrameBox],
    theme: Theme,
    scale: float = 1.0,
) -> Overlay:
    """What is to be drawn over Graphviz's picture of these cards."""
    parts = {
        words.card.ident: CardOverlay(words.rows, laid_out(words.rows), words.ring)
        for words in cards
    }
    return Overlay(theme, parts, frames, scale)


def overlaid(svg: str, overlay: Overlay, room: tuple[float, float] = (inf, inf)) -> str:
    """Graphviz's SVG with our font, and all that it could not draw.

    No label is mistaken for markup: Graphviz writes quotes and < as entities.

    Args:
        svg: of Graphviz.
        overlay: what it could not draw.
        room: width and height in points of where the picture is looked at.
    """
    theme, hovers = overlay.theme, overlay.hovers and _cells(overlay) <= _MOST_CELLS
    svg = touching(svg, {ident for ident, card in overlay.cards.items() if card.ring})
    svg = framed(svg, overlay.frames, theme)

    def card(found: re.Match[str]) -> str:
        part = overlay.cards.get(found[1])
        return found[0] if part is None else _card(found[0], part, theme, hovers=hovers)

    svg = svg.replace('font-family="Courier,monospace"', f'font-family="{_CSS_FONTS}"')
    svg = _NODE.sub(card, svg)
    svg = EDGE.sub(lambda edge: _outlined(edge[0], theme), svg)
    svg = placed(svg, LABEL)
    svg = equal(coloured(svg, theme), room)
    return svg if overlay.scale == 1 else scaled(svg, overlay.scale)


def crowded_labels(svg: str, overlay: Overlay) -> Crowded:
    """The edges of Graphviz's SVG whose labels have no good place."""
    return crowded(framed(svg, overlay.frames, overlay.theme), LABEL)


def _cells(overlay: Overlay) -> int:
    """How many cells of heat maps there are."""
    lines = (
        place.line for card in overlay.cards.values() for place in card.layout.placed
    )
    charts = (line.chart for line in lines if line.chart is not None)
    return sum(len(chart.cells.entries) for chart in charts if chart.cells is not None)


def _card(card: str, part: CardOverlay, theme: Theme, *, hovers: bool) -> str:
    """A card with its lines in their places; one that the user wrote stays."""
    texts = _TEXT.findall(card)
    if texts and list(map(_read, texts)) == list(map(_bare, part.texts)):
        drawn = "".join(_items(card, part, theme, hovers=hovers))
        before, after = card.index(texts[0]), card.index(texts[-1]) + len(texts[-1])
        card = card[:before] + drawn + card[after:]
    return _ringed(card, theme) if part.ring else card


def _read(text: str) -> str:
    return _bare(html.unescape(re.sub(r"<[^>]*>", "", text)))


def _bare(text: str) -> str:
    """A text without the spaces that Graphviz writes in its own way."""
    return text.replace("\xa0", " ").strip()


def _items(
    card: str, part: CardOverlay, theme: Theme, *, hovers: bool
) -> Iterator[str]:
    """The lines of a card as SVG."""
    left, top, *_ = border(card) or (0.0, 0.0)
    for line, x, y in part.layout.placed:
        if line.chart is not None:
            inside = line.chart.draw(theme)
            if hovers and line.chart.cells is not None:
                inside += line.chart.cells.titles
            yield f"<g {_looks(line, left + x, top + y)}>{inside}</g>\n"
        elif line.text:
            yield _text(line, left + x, top + y, theme)


def _looks(line: Line, x: float, y: float) -> str:
    """The attributes of a chart: its place; of a map also where its cells are."""
    cells = line.chart.cells if line.chart is not None else None
    said = [
        f'class="{f"chart {line.part}".rstrip()}"',
        *([cells.attributes] if cells is not None else []),
        f'transform="translate({x:.2f} {y:.2f})"',
    ]
    return " ".join(said)


def _text(line: Line, x: float, y: float, theme: Theme) -> str:
    name = f'class="{line.part}" ' if line.part else ""
    shown = _FIRM.sub("&#160;", escape(line.text))
    if line.lead:
        lead = _FIRM.sub("&#160;", escape(line.lead))
        rest = shown.removeprefix(lead)
        shown = f'<tspan fill="{theme.ink}">{lead}</tspan>{rest}'
    return (
        f'<text {name}xml:space="preserve" text-anchor="middle" x="{x:.2f}" '
        f'y="{y:.2f}" font-family="{_CSS_FONTS}" font-size="{line.size:.2f}" '
        f'fill="{getattr(theme, line.role)}">{shown}</text>\n'
    )


def _ringed(card: str, theme: Theme) -> str:
    """A card with a ring around it, under its own border."""
    look = f'class="ring" fill="none" stroke="{theme.nan}" stroke-width="6"'
    ring = rf"<path {look}\1/>\n\g<0>"
    return re.sub(r'<path [^>]*( d="[^"]*")', ring, card, count=1)


def _outlined(edge: str, theme: Theme) -> str:
    """An edge whose label stands out, without the space that kept it clear."""
    outline = f'paint-order="stroke" stroke="{theme.paper}" stroke-width="3"'
    edge = edge.replace("<text ", f"<text {outline} ")
    return re.sub(r"> (.*) </text>", r">\1</text>", edge)
