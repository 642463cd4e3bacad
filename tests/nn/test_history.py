"""History: what it says in a line, and in a figure."""

import sys

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
    assert losses.texts[0].get_text() == "best"


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
