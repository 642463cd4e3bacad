"""A scene in words, in all looks and forms that may be read where it is seen.

What a look says may take less room, and a form is a direction and a number of columns.
Each picture is made whole; the layouts decide later which is best (drawing.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from engine import Tensor
from viz.picture.card_layout import stacked
from viz.picture.cards import noted, to_mention, widened, worded_cards
from viz.picture.colours import THEMES
from viz.picture.columns import in_columns
from viz.picture.details import Details
from viz.picture.dot import to_dot
from viz.picture.drawing import Drawn
from viz.picture.edges import Within, aside, worded_edges
from viz.picture.fit import (
    Form,
    Look,
    Words,
    best_forms,
    is_hopeless,
    is_readable,
    is_surely_readable,
    looks,
)
from viz.picture.fold_cards import in_round
from viz.picture.frame_boxes import frame_boxes
from viz.picture.frames import frames
from viz.picture.lines import NARROW_TITLE, SMALLEST, TITLE_WIDTH, Rows, Shown
from viz.picture.magnitudes import gradients
from viz.picture.marks import Trouble, trouble_in
from viz.picture.options import Options
from viz.picture.scene import Fold, Scene
from viz.picture.svg import overlay
from viz.picture.tangles import Aside
from viz.words.detail import in_detail
from viz.words.formula import Formulas
from viz.words.names import Names


class Known:
    """What is found out of a graph once, however often it is worded.

    Args:
        names: what everything is called.
    """

    def __init__(self, names: Names) -> None:
        self.names, self.formulas = names, Formulas(names)
        self.within: dict[Fold, Within] = {}
        self.rows: Rows = {}
        self.given: dict[tuple[int, int], str] = {}
        self._trouble: Trouble | None = None

    def trouble_in(self, order: list[Tensor]) -> Trouble:
        if self._trouble is None:
            self._trouble = trouble_in(order, self.formulas.changed)
        return self._trouble


class Outer(NamedTuple):
    """What a picture that is inside another has to know of that.

    Attributes:
        notes: what else is said on the card of a value, by its `id()`.
        noise: the size below which a gradient is rounding noise there.
    """

    notes: Mapping[int, str]
    noise: float


ALONE = Outer({}, 0.0)


def ways_of(
    scene: Scene, known: Known, options: Options
) -> tuple[list[list[Drawn]], bool]:
    """The scene in the looks that may be readable, and whether the last surely is."""
    ways: list[list[Drawn]] = []
    for look in looks(options):
        forms, drawn = in_look(look, scene, known, options)
        if is_readable(forms, options):
            ways.append(list(drawn))
        if is_surely_readable(forms, options):
            return ways, True
        if is_hopeless(forms, options):
            break
    return ways, False


def in_look(
    look: Look,
    scene: Scene,
    known: Known,
    options: Options,
    outer: Outer = ALONE,
) -> tuple[list[Form], Iterator[Drawn]]:
    """The best forms of a scene in a look, and the pictures, which are made as they are
    asked for."""
    options = replace(options, tight=look.tight)
    with in_detail(look.detail):
        words = _worded(scene, known, options, outer)
        forms = best_forms(words, options)
    return forms, _in_forms(words, forms, look, known, options)


def _in_forms(
    words: Words,
    forms: Iterable[Form],
    look: Look,
    known: Known,
    options: Options,
) -> Iterator[Drawn]:
    for form in forms:
        with in_detail(look.detail):
            cut = words
            if form.columns > 1:
                parts = in_columns(words.scene, form.heights, form.columns)
                cut = _worded(parts, known, options)
            drawn = _drawn(cut, form, known, options)
        yield drawn


def _worded(
    scene: Scene,
    known: Known,
    options: Options,
    outer: Outer = ALONE,
) -> Words:
    for loop in scene.loops:
        for variable in loop.variables:
            known.names.call(variable.before, in_round(variable, known.names))
    for held in to_mention(scene, known.names):
        known.names.mention(held)
    magnitudes, noise = gradients(scene.cards, outer.noise)
    title = NARROW_TITLE if options.tight else TITLE_WIDTH
    show = Shown(options.show, noise, title, known.rows)
    # First the edges: they give names that cards show.
    edges = worded_edges(scene.edges, known.formulas, noise, known.within)
    trouble = known.trouble_in(scene.order)
    cards = worded_cards(scene, known.names, show, magnitudes, trouble)
    cards = [noted(words, outer.notes.get(id(words.card.held))) for words in cards]
    return Words(scene, [widened(words, options.min_widths) for words in cards], edges)


def _drawn(words: Words, form: Form, known: Known, options: Options) -> Drawn:
    options = replace(options, direction=form.direction)
    cards = words.cards
    if form.stacked:
        cards = [card._replace(rows=stacked(card.rows)) for card in cards]
    around = frame_boxes(frames(words.scene)) if options.groups else []
    theme = THEMES[options.theme]
    over = overlay(cards, around, theme, options.font_size / SMALLEST)
    graph = to_dot(
        cards,
        words.edges,
        options,
        {ident: part.layout for ident, part in over.cards.items()},
        backs=words.scene.backs,
        crossings=words.scene.crossings,
        width=form.width,
    )
    asides = [Aside(*aside(edge, known.names)) for edge in words.edges]
    return Drawn(form, graph, over, Details(cards, words.edges, known.given), asides)
