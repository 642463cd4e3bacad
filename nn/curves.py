"""Curves: how the losses and the metric went, drawn with matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nn.training import History

# Okabe and Ito's blue and vermilion, which those who see few colours tell apart.
TRAINING, VALIDATION = "#0072B2", "#D55E00"


def plot(history: History) -> Any:
    """A figure of matplotlib: losses by epoch, and below the metric, if any."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError(
            "History.plot needs matplotlib: pip install matplotlib"
        ) from None
    rows = 2 if history.metric else 1
    figure = Figure(figsize=(6.4, 3.2 * rows), layout="constrained")
    axes = figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0]
    _curve(axes[0], history.loss, "training", TRAINING)
    _curve(axes[0], history.validation_loss, "validation", VALIDATION)
    axes[0].set_ylabel("loss")
    if not any(loss < 0 for loss in history.loss + history.validation_loss):
        axes[0].set_ylim(bottom=0)
    if history.metric:
        _curve(axes[1], history.metric, "validation", VALIDATION)
        axes[1].set_ylabel(history.metric_name)
    for one in axes:
        one.spines[["top", "right"]].set_visible(False)
        if one.lines:
            one.legend(frameon=False, labelcolor="linecolor", loc="center right")
        if history.best is not None:
            one.axvline(history.best + 1, color="#999999", linewidth=0.8, zorder=0)
    if history.best is not None:
        axes[0].annotate(
            "best",
            (history.best + 1, 1),
            xycoords=("data", "axes fraction"),
            xytext=(3, -10),
            textcoords="offset points",
            color="#666666",
        )
    axes[-1].set_xlabel("epoch")
    axes[-1].xaxis.get_major_locator().set_params(integer=True)
    return figure


def _curve(axes: Any, numbers: list[float], word: str, color: str) -> None:
    if numbers:
        epochs = range(1, len(numbers) + 1)
        axes.plot(
            epochs, numbers, color=color, label=word, marker="o" * (len(numbers) < 2)
        )
