"""History: how a training went, in numbers and as curves."""

from __future__ import annotations

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
            _curve(axes[1], self.metric, "validation", VALIDATION)
            axes[1].set_ylabel(self.metric_name)
        for one in axes:
            _finish(one, self.best)
        axes[-1].set_xlabel("epoch")
        axes[-1].xaxis.get_major_locator().set_params(integer=True)
        return figure

    def __str__(self) -> str:
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
    _curve(axes, history.loss, "training", TRAINING)
    _curve(axes, history.validation_loss, "validation", VALIDATION)
    axes.set_ylabel("loss")
    if not any(loss < 0 for loss in history.loss + history.validation_loss):
        axes.set_ylim(bottom=0)
    if history.best is not None:
        axes.annotate(
            "best",
            (history.best + 1, 1),
            xycoords=("data", "axes fraction"),
            xytext=(3, -10),
            textcoords="offset points",
            color="#666666",
        )


def _curve(axes: Any, numbers: list[float], word: str, color: str) -> None:
    if numbers:
        epochs = range(1, len(numbers) + 1)
        axes.plot(
            epochs, numbers, color=color, label=word, marker="o" * (len(numbers) < 2)
        )


def _finish(axes: Any, best: int | None) -> None:
    """Names in the colours of their curves, and a line where it was best."""
    axes.spines[["top", "right"]].set_visible(False)
    if axes.lines:
        axes.legend(frameon=False, labelcolor="linecolor", loc="center right")
    if best is not None:
        axes.axvline(best + 1, color="#999999", linewidth=0.8, zorder=0)
