"""What a card says: what was computed, its value and its gradient.

A card has the same lines in the same order for everything: small, the name of a leaf or
the op (`e = a × b`); then the value; and under it, or beside it, the gradient. A number
among the operands stands in the op (`3 × d`), and has no card.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any, NamedTuple

from engine import Tensor
from viz.picture.card_layout import row_width
from viz.picture.colours import Magnitude
from viz.picture.fold_cards import FOLD, fold_rows, unrolled_rows, variable_rows
from viz.picture.lines import (
    NOTE,
    Field,
    Line,
    Shown,
    number_rows,
    sized,
    title_lines,
)
from viz.picture.loops import Variable
from viz.picture.marks import Marks, Trouble
from viz.picture.scene import (
    CONSTANT,
    PARAMETER,
    REFERENCE,
    STATE,
    Card,
    Edge,
    Fold,
    Scene,
    shown_by,
)
from viz.picture.sums import SUM_WIDTH, Shared, sum_rows
from viz.words.names import NAMELESS, RESULT, Names
from viz.words.operation import COMMUTATIVE, expression, operand_name
from viz.words.text import visible
from viz.words.trouble import dead_units, saturated_units

DEAD = "†"


class CardWords(NamedTuple):
    """What the picture says of a card.

    Attributes:
        card: of the scene.
        title: what it is called, not shortened.
        name: the whole name of what it shows, as the user wrote it; or "".
        made_up: a name that it shows and that is none of the user's: v1; or "".
        operands: what it was computed from, in order, numbers too; a leaf has none.
        rows: all lines, from top to bottom; the fields of a row stand side by side.
        magnitude: the largest |gradient| of what it shows, without the 1 that the
            pass began with, and without rounding noise.
        stale: whether a value no longer follows from the inputs, or a leaf is what
            was changed, for all that is known.
        ring: whether NaN or ∞ began here.
        way: the slots through which they came; or, where only gradients have them, out
            of which they went back.
    """

    card: Card
    title: str
    name: str
    made_up: str
    operands: list[str]
    rows: list[list[Field]]
    magnitude: Magnitude
    stale: bool
    ring: bool
    way: frozenset[int]

    @property
    def lines(self) -> list[Line]:
        """All lines, in the order in which they are drawn."""
        return [line for row in self.rows for field in row for line in field]


def worded_cards(
    scene: Scene,
    names: Names,
    show: Shown,
    magnitudes: Mapping[Card, Magnitude],
    trouble: Trouble,
) -> list[CardWords]:
    """What the cards of a scene say, in their order.

    Args:
        scene: what there is.
        names: what its tensors are called.
        show: what is said of them.
        magnitudes: of the gradients of the cards.
        trouble: what is wrong in the graph.
    """
    marks = Marks(scene, trouble)
    operands: dict[Card, list[Any]] = {card: [] for card in scene.cards}
    uses: dict[int, list[Edge]] = {}
    for edge in scene.edges:
        operands[edge.head].append(edge.operand)
        uses.setdefault(id(edge.operand), []).append(edge)
    found, shared, unrolled = [], Shared(scene), _first_cards(scene)
    for card in scene.cards:
        mark = marks.change(card)
        title, rows = _title_and_rows(card, names, show, mark)
        if "sum" in show.parts and card.kind != REFERENCE:
            rows += sum_rows(card.held, uses.get(id(card.held), []), shared)
        if card.kind not in (REFERENCE, PARAMETER, CONSTANT):
            shown = (edge for x in shown_by(card) for edge in uses.get(id(x), []))
            rows += _elsewhere(list(shown), names)
        rows += unrolled_rows(unrolled[card], names) if card in unrolled else []
        known = getattr(card.held, "parents", operands[card])
        found.append(
            CardWords(
                card=card,
                title=title,
                name=_whole_name(card, names),
                made_up=next(_made_up(card, names), ""),
                operands=[operand_name(x, names) or NAMELESS for x in known],
                rows=rows,
                magnitude=magnitudes[card],
                stale=bool(mark),
                ring=marks.ring(card),
                way=marks.way(card),
            )
        )
    return found


def _first_cards(scene: Scene) -> dict[Card, Fold]:
    """The card of the first variable of each loop that is drawn, and what the rounds
    that are not drawn are."""
    states = [card for card in scene.cards if card.kind == STATE]
    firsts = {card.held.loop: card for card in reversed(states)}
    return {card: scene.hidden[loop] for loop, card in firsts.items()}


def _elsewhere(uses: list[Edge], names: Names) -> list[list[Field]]:
    """`to v8 ↗`: the ops that use a value in another column."""
    heads = [shown_by(e.head)[-1] for e in uses if e.tail.kind == REFERENCE]
    if not heads:
        return []
    called = dict.fromkeys(names.short(x) or NAMELESS for x in heads)
    text = f"to {', '.join(called)} ↗"
    return [[[Line(line, "muted", NOTE) for line in wrap(text, SUM_WIDTH)]]]


def _whole_name(card: Card, names: Names) -> str:
    """The name of the one thing that a card shows; "" of a fold."""
    return "" if isinstance(card.held, Fold) else names.full(shown_by(card)[0])


def _made_up(card: Card, names: Names) -> Iterator[str]:
    """The names that a card shows and that are none of the user's."""
    found = (names.short(x) for x in shown_by(card) if names.is_made_up(x))
    return (name for name in found if name not in ("", RESULT))


def to_mention(scene: Scene, names: Names) -> Iterator[Any]:
    """What needs a name though the user gave it none: what is drawn, what is
    pointed at from afar, and operands of which the order matters."""
    yield from scene.referred()
    yield from (x for x in scene.results if x.parents)
    for card in scene.cards:
        if getattr(card.held, "op", "") and card.held.op not in COMMUTATIVE:
            nameless = [x for x in card.held.parents if not operand_name(x, names)]
            yield from nameless if len(nameless) > 1 else ()


def _title_and_rows(
    card: Card, names: Names, show: Shown, mark: str
) -> tuple[str, list[list[Field]]]:
    """The title of a card, and its rows; `mark` is what is said on changed data."""
    held = card.held
    if card.kind == REFERENCE:
        text = f"{names.short(shown_by(card)[0])} ↗"  # which is drawn elsewhere
        return text, [[title_lines(text)]]
    if isinstance(held, Fold):
        title = f"{FOLD} {visible(held.title)}"
        return title, fold_rows(held, names, show, mark)
    if isinstance(held, Variable):
        return variable_rows(held, names, show, mark)
    is_leaf = card.kind in (PARAMETER, CONSTANT)
    title = names.short(held) if is_leaf else _title(card, names)
    size = sized(held, show)
    said = title.endswith(f"{size.lstrip()})")  # by reshape
    words = title if said else f"{title}{size}" if title else size.strip()
    numbers = number_rows(held, show)
    wide = max([show.title, *map(row_width, numbers)])
    rows = [[title_lines(words, names.short(held), wide)]] if words else []
    rows += numbers
    rows += [[[Line(mark, "stale", NOTE)]]] if mark else []
    rows += [] if is_leaf else _remarks(held)
    return title or NAMELESS, rows or [[title_lines(NAMELESS)]]


def _remarks(node: Tensor) -> list[list[Field]]:
    """What else is said of an op."""
    remarks = [
        _of_units(*dead_units(node), "dead"),
        _of_units(*saturated_units(node), "saturated"),
    ]
    return [
        [[Line(f"{DEAD} {words}", size=NOTE, part="dead")]]
        for words in remarks
        if words
    ]


def _title(card: Card, names: Names) -> str:
    """`e = a × b`; without a name `a × b`."""
    node = card.held
    operands = [operand_name(parent, names) or NAMELESS for parent in node.parents]
    words = expression(node, operands, names)
    name = names.short(node)
    return f"{name} = {words}" if name else words


def _of_units(some: int, units: int, word: str) -> str:
    """`dead` of one unit, `3 of 8 units dead` of some, "" of none."""
    if not some:
        return ""
    return word if units == 1 else f"{some} of {units} units {word}"


def noted(words: CardWords, note: str | None) -> CardWords:
    """A card that says one thing more, at the bottom."""
    if note is None:
        return words
    lines = [Line(line, "muted", NOTE) for line in wrap(note, SUM_WIDTH)]
    return words._replace(rows=[*words.rows, [lines]])


# --- lines of a least width ---------------------------------------------------------


def widened(words: CardWords, min_widths: Mapping[str, int]) -> CardWords:
    """A card whose lines take at least so many characters, by the part they are of.

    Args:
        words: of the card.
        min_widths: "value" or "grad" -> characters, for what a script puts there later.
    """
    if not min_widths:
        return words

    def centred(line: Line) -> Line:
        return line._replace(text=line.text.center(min_widths.get(line.part, 0)))

    return words._replace(
        rows=[[list(map(centred, field)) for field in row] for row in words.rows]
    )
