"""History: how a training went, in numbers and as curves."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

# Okabe and Ito's blue and vermilion, which those who see few colours tell apart.
TRAINING, VALIDATION = "#0072B2", "#D55E00"


@dataclass
class History:
    """How a training went, a number for each epoch.

    Attributes:
        loss: the mean over the examples of an epoch, each before its step.
        validation_loss: after the epoch; empty without validation.
        metric: what the metric gave for the validation examples; or empty.
        metric_name: such as `accuracy`.
        best: the epoch of the least validation loss, from 0; None without validation.
        stopped: why it ended before its last epoch: `patience`, `interrupted`, or `by
            the callback`; else empty.
        seconds: how long it took.
    """

    loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    metric: list[float] = field(default_factory=list)
    metric_name: str = ""
    best: int | None = None
    stopped: str = ""
    seconds: float = 0.0

    def plot(self) -> Any:
        """Curves of the losses, and of the metric, as a figure of matplotlib."""
        try:
            from matplotlib.figure import Figure
        except ImportError:
            raise ImportError(
                "History.plot needs matplotlib: pip install matplotlib"
            ) from None
        rows = 2 if self.metric else 1
        figure = Figure(figsize=(6.4, 3.2 * rows), layout="constrained")
        axes = figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0]
        _losses(axes[0], self)
        if self.metric:
            _curves(axes[1], [(self.metric, "validation", VALIDATION)])
            axes[1].set_ylabel(self.metric_name)
        for one in axes:
            one.spines[["top", "right"]].set_visible(False)
            if self.best is not None:
                one.axvline(self.best + 1, color="#999999", linewidth=0.8, zorder=0)
        axes[-1].set_xlim(0.5, max(len(self.loss), 1) + 0.5)
        axes[-1].set_xlabel("epoch")
        axes[-1].xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        return figure

    def __repr__(self) -> str:
        """One line: `12 epochs in 3.1 s, loss 0.031; best after epoch 9: ...`."""
        n = len(self.loss)
        text = f"{n} epoch{'s' * (n != 1)} in {self.seconds:.1f} s"
        if self.loss:
            text += f", loss {self.loss[-1]:.3g}"
        if self.stopped:
            text += f", {self.stopped}"
        if self.best is not None:
            text += f"; best after epoch {self.best + 1}: validation loss "
            text += f"{self.validation_loss[self.best]:.3g}"
            if self.metric:
                text += f", {self.metric_name} {self.metric[self.best]:.3f}"
        return text


def _losses(axes: Any, history: History) -> None:
    training = (history.loss, "training", TRAINING)
    _curves(axes, [training, (history.validation_loss, "validation", VALIDATION)])
    axes.set_ylabel("loss")
    if not any(loss < 0 for loss in history.loss + history.validation_loss):
        axes.set_ylim(bottom=0)
    if history.best is not None:
        axes.annotate(
            "best",
            (history.best + 1, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 2),
            textcoords="offset points",
            color="#666666",
            ha="center",
        )


def _curves(axes: Any, curves: list[tuple[list[float], str, str]]) -> None:
    """Lines, and where each ends its name; the lower name hangs, the upper stands."""
    ends = []
    for numbers, word, color in curves:
        epochs, marker = range(1, len(numbers) + 1), "o" * (len(numbers) < 2)
        if numbers:
            axes.plot(epochs, numbers, color=color, label=word, marker=marker)
        finite = [(y, x) for x, y in enumerate(numbers, 1) if math.isfinite(y)]
        ends += [(*finite[-1], word, color)] if finite else []
    sides = [("top", -1), ("bottom", 1)] if len(ends) > 1 else [("center", 0)]
    for (y, x, word, color), (side, up) in zip(sorted(ends), sides, strict=False):
        axes.annotate(
            word,
            (x, y),
            xytext=(6, up),
            textcoords="offset points",
            color=color,
            va=side,
        )
