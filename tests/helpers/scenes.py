"""The scene of a tensor, as `draw` makes it, and what its cards and edges say."""

from viz.picture.cards import to_mention, worded_cards
from viz.picture.edges import worded_edges
from viz.picture.folding import folded
from viz.picture.lines import Shown
from viz.picture.magnitudes import gradients
from viz.picture.marks import trouble_in
from viz.picture.scene import read
from viz.words.formula import Formulas
from viz.words.names import Names

ALL = frozenset(("value", "grad", "shape"))


def scene(tensor, most=None):
    return folded(read(tensor), most)


def cards(tensor, names=None, show=ALL, most=None):
    return worded(tensor, names, show, most)[0]


def edges(tensor, most=None, names=None):
    return worded(tensor, names, ALL, most)[1]


def worded(tensor, names, show, most):
    found = scene(tensor, most)
    known = Names(names, graph=tensor)
    for held in to_mention(found, known):
        known.mention(held)
    formulas = Formulas(known)
    magnitudes, noise = gradients(found.cards)
    said = worded_edges(found.edges, formulas, noise, {})
    shown = Shown(frozenset(show), noise)
    trouble = trouble_in(found.order, formulas.changed)
    return worded_cards(found, known, shown, magnitudes, trouble), said
