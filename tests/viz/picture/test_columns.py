"""A tall picture in columns: nothing is lost, and every column can stand alone."""

import numpy as np
import pytest
from helpers.scenes import scene

from engine import Tensor
from viz.picture.columns import in_columns, ranks_of
from viz.picture.scene import REFERENCE


def chain(length):
    h = Tensor(np.ones(3), name="x")
    for i in range(length):
        h = np.tanh(h * Tensor(np.ones(3), name=f"w{i}"))
    return h


def test_an_edge_goes_down_and_the_top_has_rank_0():
    found = scene(chain(5))
    ranks = ranks_of(found)
    assert min(ranks.values()) == 0
    assert all(ranks[e.tail] < ranks[e.head] for e in found.edges)


@pytest.mark.parametrize("columns", [2, 3, 5])
def test_every_op_and_every_operand_is_still_there(columns):
    whole = scene(chain(12))
    heights = [10.0] * (max(ranks_of(whole).values()) + 1)
    cut = in_columns(whole, heights, columns)
    assert cut.cards[: len(whole.cards)] == whole.cards
    assert [(e.head, e.slot) for e in cut.edges] == [
        (e.head, e.slot) for e in whole.edges
    ]
    assert all(e.tail.held is e.operand for e in cut.edges)
    assert set(cut.column.values()) == set(range(columns))


def test_no_edge_runs_from_one_column_to_another():
    whole = scene(chain(12))
    cut = in_columns(whole, [10.0] * 25, 3)
    assert all(cut.column[e.tail] == cut.column[e.head] for e in cut.edges)
    new = cut.cards[len(whole.cards) :]
    assert [card.kind for card in new] == [REFERENCE] * 2
    assert len({card.ident for card in cut.cards}) == len(cut.cards)


def test_a_leaf_stands_where_it_is_used():
    cut = in_columns(scene(chain(12)), [10.0] * 25, 4)
    for edge in cut.edges:
        if edge.tail.held.name.startswith("w"):
            assert edge.tail.kind != REFERENCE


def test_it_is_cut_where_fewest_edges_pass():
    x = Tensor(np.ones(3), name="x")
    y = x
    for _ in range(2):
        y = np.tanh(y) + np.cos(y)  # two edges pass wherever it is cut
    y = np.exp(np.sin(y))  # and here one
    for _ in range(2):
        y = np.tanh(y) + np.cos(y)
    whole = scene(y)
    ranks = ranks_of(whole)
    heights = [10.0] * (max(ranks.values()) + 1)
    heights[-1] += 30.0  # now the middle is at the top of a rank that two edges enter
    cut = in_columns(whole, heights, 2)
    assert len(cut.cards) == len(whole.cards) + 1
