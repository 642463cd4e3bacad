"""The scene of a tensor, as `draw` makes it, and what its cards and edges say."""

from viz.picture.cards import worded_cards
from viz.picture.edges import worded_edges
from viz.picture.folding import folded
from viz.picture.scene import read
from viz.words.names import Names

ALL = frozenset(("value", "grad", "shape"))


def scene(tensor, most=None):
    return folded(read(tensor), most)


def cards(tensor, names=None, show=ALL, most=None):
    found = scene(tensor, most)
    return worded_cards(found, Names(names, pointed_at=found.referred()), show)


def edges(tensor, most=None):
    return worded_edges(scene(tensor, most).edges)
