"""Reading a picture back: the cards and edges of an SVG, as a person sees them.

Nothing here knows how viz draws. A card is a group of texts, each at its place; an edge
says where it comes from and where it goes; edges stand in the order of the operands.
"""

import re
import xml.etree.ElementTree as ET
from typing import NamedTuple

SVG = "{http://www.w3.org/2000/svg}"
TITLE = "{http://www.w3.org/1999/xlink}title"


class Text(NamedTuple):
    text: str
    x: float
    y: float
    size: float


class Card(NamedTuple):
    ident: str
    looks: str  # its classes: "card", "card stale", "reference"
    texts: list[Text]
    tooltip: str

    @property
    def lines(self):
        return [text.text for text in self.texts]


class Edge(NamedTuple):
    tail: Card
    head: Card
    lines: list[str]


class Picture(NamedTuple):
    cards: dict[str, Card]
    edges: list[Edge]
    groups: list[str]
    legend: list[str]

    def texts(self):
        """Every text, in an order that does not depend on the layout."""
        found = [self.groups, self.legend]
        found += [card.lines for card in self.cards.values()]
        found += [edge.lines for edge in self.edges]
        return found

    def shape(self):
        """How large the texts of each card are, which cards the edges join, which of
        these have a label (a long one is cut into lines), and how many frames are
        there."""
        found = self.cards.values()
        cards = [(c.ident, c.looks, [t.size for t in c.texts]) for c in found]
        edges = [(e.tail.ident, e.head.ident, bool(e.lines)) for e in self.edges]
        return cards, edges, len(self.groups)


def as_read(text):
    """A text as all texts of a Picture are: Graphviz writes a run of spaces so."""
    return text.replace("\xa0", " ")


def read(svg):
    """The Picture that an SVG shows."""
    root = ET.fromstring(svg)
    groups = {}
    for group in root.iter(f"{SVG}g"):
        if group.get("class"):
            kind, _, looks = group.get("class").partition(" ")
            groups.setdefault(kind, []).append((group, looks))
    found = (_card(group, looks) for group, looks in groups.get("node", []))
    cards = {card.ident: card for card in sorted(found, key=lambda c: int(c.ident[1:]))}
    # Graphviz draws edges in its own order, and numbers them in that of the source; the
    # pictures of a page that are inside others have no numbers.
    edges = sorted(
        groups.get("edge", []), key=lambda e: int(e[0].get("id", "edge0")[4:])
    )
    return Picture(
        cards,
        [_edge(group, cards) for group, _ in edges],
        [_texts(group)[0].text for group, _ in groups.get("cluster", [])],
        [_text(child).text for child in root[0] if child.tag == f"{SVG}text"],
    )


def _card(group, looks):
    link = next(group.iter(f"{SVG}a"), None)
    tooltip = "" if link is None else as_read(link.get(TITLE))
    return Card(group.findtext(f"{SVG}title"), looks, _texts(group), tooltip)


def _edge(group, cards):
    tail, head = re.match(r"(\w+)[:\w]*->(\w+)", group.findtext(f"{SVG}title")).groups()
    return Edge(cards[tail], cards[head], [t.text for t in _texts(group)])


def _texts(group):
    return [_text(element) for element in group.iter(f"{SVG}text")]


def _text(element):
    text = as_read("".join(element.itertext()))
    return Text(text, *(float(element.get(a)) for a in ("x", "y", "font-size")))
