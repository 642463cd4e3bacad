"""Curves: how the losses and the accuracy went, drawn with matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nn.training import History

# Okabe and Ito's blue and vermilion, which those who see few colours tell apart.
TRAINING, VALIDATION = "#0072B2", "#D55E00"


def plot(history: History) -> Any:
    """A figure of matplotlib: losses by epoch, and below the accuracy, if any."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError(
            "History.plot needs matplotlib: pip install matplotlib"
        ) from None
    rows = 2 if history.accuracy else 1
    figure = Figure(figsize=(6.4, 3.2 * rows), layout="constrained")
    axes = figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0]
    _curve(axes[0], history.loss, "training", TRAINING)
    _curve(axes[0], history.validation_loss, "validation", VALIDATION)
    axes[0].set_ylabel("loss")
    axes[0].set_ylim(bottom=0)
    if history.accuracy:
        _curve(axes[1], history.accuracy, "validation", VALIDATION)
        axes[1].set_ylabel("accuracy")
    for one in axes:
        one.spines[["top", "right"]].set_visible(False)
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
            fontsize=9,
        )
    axes[-1].set_xlabel("epoch")
    axes[-1].xaxis.get_major_locator().set_params(integer=True)
    return figure


def _curve(axes: Any, numbers: list[float], word: str, color: str) -> None:
    """A line with its name at its end."""
    if not numbers:
        return
    epochs = range(1, len(numbers) + 1)
    marker = "o" if len(numbers) == 1 else None
    axes.plot(epochs, numbers, color=color, marker=marker)
    axes.annotate(
        word,
        (epochs[-1], numbers[-1]),
        xytext=(4, 0),
        textcoords="offset points",
        color=color,
        va="center",
        annotation_clip=False,
    )
