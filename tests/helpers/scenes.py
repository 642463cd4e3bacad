"""The scene of a tensor, as `draw` makes it, and what its cards and edges say."""

import itertools
from collections.abc import Iterable

import numpy as np

from viz.picture.cards import to_mention, worded_cards
from viz.picture.edges import worded_edges
from viz.picture.folding import folded
from viz.picture.lines import Shown
from viz.picture.magnitudes import gradients
from viz.picture.marks import trouble_in
from viz.picture.scene import FOLDED, STATE, read
from viz.words.formula import Formulas
from viz.words.names import Names

_OPS = (np.sin, np.tanh, np.arctan)
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


def various(t, n, since=0):
    """A chain of `n` ops in which nothing is repeated: by a word without squares, of
    the differences of the Thue-Morse sequence, or a part of it."""
    parities = [i.bit_count() % 2 for i in range(since, since + n + 1)]
    for before, after in itertools.pairwise(parities):
        t = _OPS[after - before + 1](t)
    return t


def ops_on(cards: Iterable):
    """All ops that some cards stand for."""
    loops = {}
    for card in cards:
        if card.kind == STATE:
            loops[id(card.held.loop)] = card.held.loop
        elif card.kind == FOLDED:
            yield from card.held.ops
        elif getattr(card.held, "parents", ()):
            yield card.held
    for loop in loops.values():
        yield from loop.hidden
