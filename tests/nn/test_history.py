"""History: what it says in a line, and in a figure."""

import sys
from itertools import combinations

import numpy as np
import pytest

from nn import History

HISTORY = History(
    loss=[2.0, 1.0, 0.5],
    validation_loss=[2.0, 1.2, 1.3],
    metric=[0.5, 0.8, 0.7],
    metric_name="accuracy",
    best=1,
)


def test_losses_and_accuracy_have_curves_by_epoch():
    figure = HISTORY.plot()
    losses, share = figure.axes
    named = {line.get_label(): line for line in losses.lines}
    assert named["training"].get_xdata().tolist() == [1, 2, 3]
    assert named["training"].get_ydata().tolist() == [2.0, 1.0, 0.5]
    assert named["validation"].get_ydata().tolist() == [2.0, 1.2, 1.3]
    assert share.lines[0].get_ydata().tolist() == [0.5, 0.8, 0.7]
    assert (losses.get_ylabel(), share.get_ylabel()) == ("loss", "accuracy")
    assert share.get_xlabel() == "epoch"
    assert {text.get_text() for text in losses.texts} >= {"best"}


def test_each_curve_is_named_where_it_ends_and_no_name_lies_on_another():
    figure = HISTORY.plot()
    losses, share = figure.axes
    names = {text.get_text(): text for text in losses.texts}
    assert names["training"].xy == (3, 0.5)
    assert names["validation"].xy == (3, 1.3)
    assert names["training"].get_color() == losses.lines[0].get_color()
    assert [text.get_text() for text in share.texts] == ["validation"]
    for loss in (0.95, 1.0, 1.05):
        alike = History(loss=[2.0, loss], validation_loss=[2.0, 1.0], best=1).plot()
        alike.draw_without_rendering()
        boxes = [text.get_window_extent() for text in alike.axes[0].texts]
        assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
        assert all(alike.bbox.containsx(box.x1) for box in boxes)


def test_a_curve_is_named_at_its_last_finite_number():
    (losses,) = (
        History(loss=[3.0, 2.0, np.inf], validation_loss=[np.nan] * 3).plot().axes
    )
    assert [(text.get_text(), text.xy) for text in losses.texts] == [
        ("training", (2, 2.0))
    ]


def test_epochs_are_whole_numbers_from_1():
    for n in (1, 2, 3, 40):
        figure = History(loss=[1.0] * n).plot()
        figure.draw_without_rendering()
        (axes,) = figure.axes
        low, high = axes.get_xlim()
        ticks = [x for x in axes.get_xticks() if low <= x <= high]
        assert ticks
        assert all(x == round(x) >= 1 for x in ticks)


def test_without_validation_there_is_one_curve():
    figure = History(loss=[2.0]).plot()
    (losses,) = figure.axes
    assert len(losses.lines) == 1
    assert losses.lines[0].get_marker() == "o"  # one epoch is a point


def test_losses_below_0_are_drawn_where_they_are():
    (losses,) = History(loss=[-5.0, -6.0, -7.0]).plot().axes
    low, high = losses.get_ylim()
    assert low < -7 < -5 < high


def test_a_training_of_no_epoch_is_an_empty_figure(tmp_path):
    History().plot().savefig(tmp_path / "empty.png")


def test_without_matplotlib_the_cure_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match="needs matplotlib: pip install matplotlib"):
        HISTORY.plot()


def test_a_history_reads_as_one_line():
    assert str(HISTORY) == (
        "3 epochs in 0.0 s, loss 0.5; best after epoch 2: validation loss 1.2, "
        "accuracy 0.800"
    )
    assert repr(HISTORY) == str(HISTORY)  # as a notebook shows what train() gives
