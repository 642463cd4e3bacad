"""Of several layouts, the one in which least is in the way of something else."""

import numpy as np
import pytest
from helpers.gallery import PROGRAMS

from viz import draw
from viz.picture import tangles
from viz.picture.fit import Room
from viz.picture.geometry import EDGE, line_of
from viz.picture.render import to_svg
from viz.picture.tangles import crossings, untangled

ACROSS = np.array([[float(x), 50.0] for x in range(0, 101, 4)])
DOWN = np.array([[50.5, float(y)] for y in range(0, 101, 4)])


@pytest.mark.parametrize(
    ("lines", "n"),
    [
        ([], 0),
        ([ACROSS], 0),
        ([ACROSS, DOWN], 1),
        ([ACROSS, DOWN, DOWN + [20.0, 0.0]], 2),
        ([ACROSS, ACROSS + [0.0, 5.0]], 0),  # side by side
        ([ACROSS, DOWN + [0.0, 200.0]], 0),
        ([ACROSS, np.array([[0.0, 50.0], [30.0, 90.0]])], 0),  # from one card
        (
            [
                ACROSS,
                np.array([[0.0, 90.0], [92.0, 52.0], [98.0, 48.0], [100.0, 50.0]]),
            ],
            0,
        ),
    ],
)
def test_lines_cross_where_they_have_no_end_in_common(lines, n):
    assert crossings(lines) == n


def drawn(name):
    tensor, names = PROGRAMS[name]()
    return draw(tensor, names=names)


def tangled(name):
    """The pictures of a program, each in DOT as Graphviz lays it out at first."""
    for forms in drawn(name)._ways:
        for form in forms:
            yield form, to_svg(form.digraph.source)


def faults(svg, overlay):
    lines = [line_of(edge) for edge in EDGE.findall(svg)]
    return crossings(lines) + len(tangles.crowded_labels(svg, overlay))


ROOM = Room(800, 1800, grows=False)


@pytest.mark.parametrize("name", ["autoencoder", "batch_norm"])
def test_the_layout_with_the_fewest_faults_is_kept(name):
    better = 0
    for form, svg in tangled(name):
        before = faults(svg, form.overlay)
        source, after = untangled(form.digraph, svg, form.overlay, ROOM)
        assert source == str(form.digraph.source)  # what the drawing then shows
        assert after == to_svg(source)
        assert faults(after, form.overlay) <= before
        better += faults(after, form.overlay) < before
    assert better


def test_a_layout_without_faults_is_not_changed(monkeypatch):
    form, svg = next(tangled("neuron"))
    monkeypatch.setattr(tangles, "to_svg", None)
    assert untangled(form.digraph, svg, form.overlay, ROOM) == (
        form.digraph.source,
        svg,
    )


def test_one_that_is_much_smaller_is_not_taken():
    narrow = Room(40, 1800, grows=False)  # in which nothing can be read
    for form, svg in tangled("batch_norm"):
        before = narrow.score(*tangles.size_of_svg(svg))
        _, after = untangled(form.digraph, svg, form.overlay, narrow)
        assert narrow.score(*tangles.size_of_svg(after)) >= 0.97 * before


def test_a_graph_of_many_edges_is_laid_out_once(monkeypatch):
    form, svg = next(tangled("autoencoder"))
    monkeypatch.setattr(tangles, "_MANY", 3)
    monkeypatch.setattr(tangles, "to_svg", None)
    assert untangled(form.digraph, svg, form.overlay, ROOM)[1] == svg
