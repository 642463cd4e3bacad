"""What a card says: its title, its slots, its value and its gradient.

A card has the same lines in the same order for everything. A leaf reads
`name | value | ∂ gradient`; an op has a column with a slot per operand and, beside it,
the title (`e = a × b`), the value and the gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from engine import Tensor, data_of
from viz.picture.fold_cards import FOLD, fold_rows, listed_outputs
from viz.picture.lines import CHANGED, Field, Line, number_rows, value_and_gradient
from viz.picture.scene import CONSTANT, LOSS, PARAMETER, REFERENCE, Card, Fold, Scene
from viz.words.names import NAMELESS, Names
from viz.words.numbers import (
    is_numpy,
    magnitude,
)
from viz.words.operation import expression, operand_name, slots
from viz.words.text import visible
from viz.words.trouble import dead_units, origins, stale_ids

DEAD = "†"


class CardWords(NamedTuple):
    """What the picture says of a card.

    Attributes:
        card: of the scene.
        title: what it is called, not shortened.
        name: the whole name of what it shows, as the user wrote it; or "".
        slots: what stands where its edges arrive, in their order; a leaf has none.
        rows: all other lines, from top to bottom; the fields of a row stand side by
            side.
        outputs: of a fold with several outputs, those that have a row each: the last.
        magnitude: the largest |gradient| of what it shows, or 0.
        stale: whether a value no longer follows from the inputs.
        ring: whether NaN or ∞ began here.
    """

    card: Card
    title: str
    name: str
    slots: list[str]
    rows: list[list[Field]]
    outputs: list[Tensor]
    magnitude: float
    stale: bool
    ring: bool

    @property
    def lines(self) -> list[Line]:
        """All lines, in the order in which they are drawn."""
        below = [line for row in self.rows for field in row for line in field]
        return [Line(slot) for slot in self.slots] + below


def worded_cards(
    scene: Scene,
    names: Names,
    show: frozenset[str],
    changed: Mapping[int, bool],
) -> list[CardWords]:
    """What the cards of a scene say, in their order.

    Args:
        scene: what there is.
        names: what its tensors are called.
        show: "value", "grad" and "shape", or some of them.
        changed: as in `stale_ids`, what is known of it.
    """
    stale, began = stale_ids(scene.order, changed), origins(scene.order)
    operands: dict[Card, list[Any]] = {}
    for edge in scene.edges:
        operands.setdefault(edge.head, []).append(edge.operand)
    found = []
    for card in scene.cards:
        is_stale, has_ring = _is_among(stale, card), _is_among(began, card)
        title, arrivals, rows = _title_slots_rows(
            card, operands.get(card, []), names, show, stale=is_stale
        )
        found.append(
            CardWords(
                card=card,
                title=title,
                name=names.full(card.held),
                slots=arrivals,
                rows=rows,
                outputs=listed_outputs(card.held),
                magnitude=largest_magnitude(magnitude, card),
                stale=is_stale,
                ring=has_ring,
            )
        )
    return found


def largest_magnitude(magnitude_of: Callable[[Any], float], card: Card) -> float:
    """The magnitude of what a card shows; of a fold, the largest of its outputs."""
    held = card.held.outputs if isinstance(card.held, Fold) else [card.held]
    return max(map(magnitude_of, held), default=0.0)


def _is_among(ids: set[int], card: Card) -> bool:
    """Whether one of the tensors of a card is among those with these ids; a reference
    says nothing of what is drawn elsewhere."""
    if card.kind == REFERENCE or not ids:
        return False
    if isinstance(card.held, Fold):
        return any(id(x) in ids for x in (*card.held.ops, *card.held.leaves))
    return id(card.held) in ids


def _title_slots_rows(
    card: Card, operands: list[Any], names: Names, show: frozenset[str], *, stale: bool
) -> tuple[str, list[str], list[list[Field]]]:
    """The title, the slots and the rows of a card."""
    held = card.held
    if card.kind == REFERENCE:
        text = f"{names.short(held)} ↗"  # a leaf that is drawn elsewhere
        return text, [], [[[Line(text)]]]
    if isinstance(held, Fold):
        arrivals = [operand_name(operand, names) or NAMELESS for operand in operands]
        rows = fold_rows(held, names, show, stale=stale)
        return f"{FOLD} {visible(held.title)}", arrivals, rows
    if card.kind in (PARAMETER, CONSTANT):
        return names.short(held) or NAMELESS, [], [_leaf_fields(held, names, show)]
    title = _title(card, names)
    return title, slots(held, names), _op_rows(card, title, show, stale=stale)


# --- leaves and ops -----------------------------------------------------------------


def _leaf_fields(held: Any, names: Names, show: frozenset[str]) -> list[Field]:
    """The fields of a leaf's card, left to right."""
    name = names.short(held)
    fields = [[Line(name)]] if name else []
    fields += value_and_gradient(held, show)
    return fields or [[Line(NAMELESS)]]


def _op_rows(
    card: Card, title: str, show: frozenset[str], *, stale: bool
) -> list[list[Field]]:
    """The fields of an op's right column, top to bottom; some stand side by side."""
    node = card.held
    rows = [[[Line(title)]]]
    rows += number_rows(node, show, arrow=card.kind != LOSS)
    last = len(rows) - ("grad" in show)
    rows[last:last] = [[[Line(CHANGED, "stale")]]] if stale else []
    dead = _dead_text(node)
    rows += [[[Line(f"{DEAD} {dead}", part="dead")]]] if dead else []
    return rows


def _title(card: Card, names: Names) -> str:
    """`e = a × b`; without a name `a × b`; on what is drawn, with the word `loss`."""
    node = card.held
    name = names.short(node)
    operands = [operand_name(parent, names) or NAMELESS for parent in node.parents]
    words = expression(node, operands)
    words = f"{name} = {words}" if name else words
    if card.kind != LOSS:
        return words
    role = "loss" if _is_loss(node) else "output"
    return words if name == role else f"{words} {role}"


def _is_loss(node: Tensor) -> bool:
    """Whether the pass began here, or may: one number whose gradient is 1."""
    gradient = data_of(node.grad)
    known = gradient is not None and is_numpy(gradient)  # others are not computed
    return node.size == 1 and (not known or bool(gradient == 1))


def _dead_text(node: Tensor) -> str:
    """`dead` of one unit, `3 of 8 units dead` of some, "" of none."""
    dead, units = dead_units(node)
    if not dead:
        return ""
    return "dead" if units == 1 else f"{dead} of {units} units dead"


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
